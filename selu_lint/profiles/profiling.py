"""The profile of a model: predicted moments, noise and signal, layer by layer, with a verdict."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from selu_lint.analysis.forecast import Assumptions, forecast
from selu_lint.analysis.inputs import Premise, premises, stated
from selu_lint.analysis.lecun import gain_of
from selu_lint.analysis.statistics import Channels
from selu_lint.analysis.trainability import verdict
from selu_lint.errors import SeluLintError
from selu_lint.fixing.repairs import Checker, repair
from selu_lint.model.document import SOURCE_FORMATS, Document, KerasModel
from selu_lint.model.graph import ModelGraph
from selu_lint.model.graph_builder import build_graph
from selu_lint.model.layers import Call
from selu_lint.report import writer
from selu_lint.settings import Settings
from selu_lint.theory.states import State
from selu_lint.wording import plain

LARGEST_INPUT = 1e30


@dataclass(frozen=True)
class Measured:
    """Mean and variance of the outputs of a layer, seen in the real model.

    Attributes
    ----------
    mean, variance : float
        In inference.
    training_mean, training_variance : float
        In training mode.
    """

    mean: float
    variance: float
    training_mean: float
    training_variance: float


@dataclass(frozen=True)
class LayerProfile:
    """What is predicted of the output of one call.

    Attributes
    ----------
    layer : str
        Path of the layer.
    class_name : str
        Its class.
    gain : float or None
        True fan-in × Var(w) of its kernels; None for a layer without, or where it is not known.
    mean, variance : float or None
        In inference; None where no prediction is made.
    training_mean, training_variance : float or None
        In training.
    noise_share : float or None
        Share of the second moment in training that is noise of the dropouts so far.
    signal_spent : float or None
        What the SELU layers so far took of the signal and of its gradient, in nepers.
    measured : Measured or None
        What was seen in the real model.
    applies_selu : bool
        Whether its activation is SELU.
    """

    layer: str
    class_name: str
    gain: float | None
    mean: float | None
    variance: float | None
    training_mean: float | None
    training_variance: float | None
    noise_share: float | None
    signal_spent: float | None
    measured: Measured | None = None
    applies_selu: bool = False

    @property
    def predicted(self) -> bool:
        """Whether a prediction is made."""
        return self.training_variance is not None


@dataclass(frozen=True)
class Prediction:
    """The layers of one model, and whether it trains.

    Attributes
    ----------
    layers : tuple of LayerProfile
        In an order in which a layer stands behind those that it takes from.
    verdict : str
        ``trains``, ``borderline: ...``, ``signal lost at dense_19, SELU layer 19 of 32``,
        ``variance explodes at ...``, ``activations die out at ...``, ``no verdict: ...`` or
        ``unknown: ...``.
    trains : bool or None
        Whether it is predicted to train; None where that is open.
    inputs : Mapping of str to Premise
        What each input was taken to be, by its path.
    band : (float, float)
        What networks of this width and depth spend and train, and from where on they do not.
    """

    layers: tuple[LayerProfile, ...]
    verdict: str
    trains: bool | None
    inputs: Mapping[str, Premise]
    band: tuple[float, float]

    @property
    def borderline(self) -> bool:
        """Whether it is between what trains and what does not."""
        return self.verdict.startswith("borderline")


@dataclass(frozen=True)
class Profile:
    """The profile of a model as it is and as ``fix`` would leave it.

    Attributes
    ----------
    path : str
        The model.
    before, after : Prediction
        As it is, and repaired (safe repairs, kernels drawn anew).
    """

    path: str
    before: Prediction
    after: Prediction

    @property
    def verdict(self) -> str:
        """The verdict on the model as it is."""
        return self.before.verdict

    def __str__(self) -> str:
        """Return the profile as text."""
        return str(writer("profile_text").render(self)).rstrip("\n")

    def _repr_html_(self) -> str:
        """Return the profile as a notebook shows it."""
        return str(writer("notebook").of_profile(self))

    def plot(self, path: str | None = None) -> Any:
        """Draw the profile into a .png, .svg or .html file, or return matplotlib's figure.

        Raises
        ------
        SeluLintError
            If matplotlib is missing, or the file has another suffix or cannot be written.
        """
        plots = writer("profile_plot")
        return plots.figure(self) if path is None else plots.write(self, path)

    def to_dict(self) -> dict[str, Any]:
        """Return the profile as plain data, as ``--format json`` writes it: no infinite numbers."""
        return {
            "version": 1,
            "path": self.path,
            "before": _prediction_json(self.before),
            "after": _prediction_json(self.after),
        }


def profile(
    model: str | os.PathLike[str] | KerasModel,
    *,
    settings: Settings | None = None,
    mean: float | None = None,
    deviation: float | None = None,
) -> Profile:
    """Predict the activations of a model from its architecture, as it is and as fixed.

    The model is not run: the numbers are those of the mean-field theory for weights as the
    initializers draw them (`selu_lint.analysis.forecast`), of inputs as the model itself shows them
    or as they are given; the profile says which.

    Parameters
    ----------
    model : str, os.PathLike or a built Keras model
        The model.
    settings : Settings, optional
        What the repairs of the model look like (``select``, ``ignore``, ``alpha_rate``), and
        bounds on what is read (``limits``).
    mean, deviation : float, optional
        Of the values of the inputs; 0 and 1 where only one is given.

    Raises
    ------
    SeluLintError
        If it cannot be read.
    ValueError
        If a setting has a value that it cannot have.
    """
    from selu_lint.linter import chosen, read_model

    settings = chosen(settings)
    if isinstance(model, str | os.PathLike):
        document = read_model(os.fspath(model), settings)
        if document.architecture is None and document.format in SOURCE_FORMATS:
            raise SeluLintError(
                "source code may build several models: see "
                "selu_lint.profiles.source_profiles.profile_source"
            )
    else:
        from selu_lint.live import built_model

        document = built_model.read(model, settings.limits)
    if mean is None and deviation is None:
        return profile_document(document, settings)
    spread = 1.0 if deviation is None else deviation
    return profile_document(document, settings, given_input(mean or 0.0, spread))


def given_input(mean: float, deviation: float) -> Premise:
    """Return the premise that the inputs have this mean and deviation.

    Raises
    ------
    SeluLintError
        If one of them is no number for that.
    """
    if not (abs(mean) < LARGEST_INPUT and 0 <= deviation < LARGEST_INPUT):
        raise SeluLintError("an input has a finite mean and a deviation of 0 or more")
    return stated(Channels((mean,), (deviation**2,)), "given")


def profile_document(
    document: Document, settings: Settings, given: Premise | None = None
) -> Profile:
    """Predict the activations of a model that was read, of inputs as the premise says.

    Raises
    ------
    SeluLintError
        If its architecture is no Keras model.
    """
    graph = build_graph(document)
    before = predict(graph, given)
    repaired = repair(document, Checker(settings)).document if graph.layers else document
    after = before if repaired is document else predict(build_graph(repaired), given)
    return Profile(document.path, before, after)


def predict(graph: ModelGraph, given: Premise | None = None) -> Prediction:
    """Predict the activations behind each call of a graph, of inputs as the premise says.

    Where none is given, `selu_lint.analysis.inputs.premises` says what the inputs are taken to be.
    Of a network without SELU nothing is predicted.

    Raises
    ------
    LimitError
        If it calls more layers than are to be predicted.
    """
    taken = premises(graph, given)
    training: Mapping[Call, State | None] = dict.fromkeys(graph.calls)
    inference = training
    if any(layer.applies_selu for layer in graph.layers):
        limits = graph.document.limits
        if len(graph.calls) > limits.profile_calls:
            raise limits.exceeded("profile_calls", "the model has", "calls of layers to predict")
        training = forecast(graph, Assumptions(training=True, inputs=taken))
        inference = forecast(graph, Assumptions(training=False, inputs=taken))
    rows = tuple(
        _row(graph, call, training[call], inference[call])
        for call in graph.calls
        if call.layer.class_name != "InputLayer"
    )
    found = verdict(graph, training, taken)
    told = {call.layer.path: premise for call, premise in taken.items()}
    return Prediction(rows, found.text, found.trains, told, found.band)


def with_measurements(prediction: Prediction, measured: Mapping[str, Measured]) -> Prediction:
    """Return a prediction with what was seen beside it, by layer path."""
    rows = tuple(replace(row, measured=measured.get(row.layer)) for row in prediction.layers)
    return replace(prediction, layers=rows)


def _row(
    graph: ModelGraph, call: Call, training: State | None, inference: State | None
) -> LayerProfile:
    return LayerProfile(
        call.layer.path,
        call.layer.class_name,
        gain_of(graph, call.layer),
        None if inference is None else inference.mean,
        None if inference is None else inference.variance,
        None if training is None else training.mean,
        None if training is None else training.variance,
        None if training is None else training.noise_share,
        None if training is None else training.spent,
        applies_selu=call.layer.applies_selu,
    )


def _prediction_json(prediction: Prediction) -> dict[str, Any]:
    return {
        "verdict": prediction.verdict,
        "trains": prediction.trains,
        "inputs": {path: premise.text for path, premise in prediction.inputs.items()},
        "band": list(prediction.band),
        "layers": [
            plain({**vars(row), "measured": row.measured and vars(row.measured)})
            for row in prediction.layers
        ],
    }
