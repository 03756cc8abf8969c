"""The profile of a model: predicted moments, noise and signal, layer by layer, with a verdict."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from selu_lint.document import Document, KerasModel
from selu_lint.forecast import forecast, gain_of
from selu_lint.graph import Call, ModelGraph
from selu_lint.graph_builder import build_graph
from selu_lint.moments import SIGNAL_BUDGET
from selu_lint.repairs import Checker, repair
from selu_lint.settings import Settings
from selu_lint.states import State

EXPLODED = 1e4
"""Second moment above which the activations count as exploded; a standardized network has 1."""

VANISHED = 1e-4
"""Second moment below which the activations count as dead."""


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
        What the layers so far took of the signal budget of 6.
    measured : Measured or None
        What was seen in the real model.
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
        ``trains``, ``signal lost at layer 19 of 32 (dense_19)``, ``variance explodes at dense_7``,
        ``activations die out at dense_7``, or ``unknown: ...``.
    """

    layers: tuple[LayerProfile, ...]
    verdict: str

    @property
    def trains(self) -> bool | None:
        """Whether it is predicted to train; None where that is unknown."""
        return None if self.verdict.startswith("unknown") else self.verdict == "trains"


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

    def as_json(self) -> dict[str, Any]:
        """Return the profile as JSON data; infinite numbers become null."""
        return {
            "version": 1,
            "path": self.path,
            "before": _prediction_json(self.before),
            "after": _prediction_json(self.after),
        }


def profile(
    model: str | os.PathLike[str] | KerasModel, *, settings: Settings | None = None
) -> Profile:
    """Predict the activations of a model from its architecture, as it is and as fixed.

    The model is not run: the numbers are those of the mean-field theory for standardized inputs
    and weights as the initializers draw them (`selu_lint.forecast`).

    Parameters
    ----------
    model : str, os.PathLike or a built Keras model
        The model.
    settings : Settings, optional
        What the repairs of the model look like (``select``, ``ignore``, ``alpha_rate``), and
        bounds on what is read (``limits``).

    Raises
    ------
    SeluLintError
        If it cannot be read.
    """
    settings = settings or Settings()
    if isinstance(model, str | os.PathLike):
        from selu_lint.linter import read_model

        document = read_model(os.fspath(model), settings)
    else:
        from selu_lint.formats import live

        document = live.read(model, settings.limits)
    return profile_document(document, settings)


def profile_document(document: Document, settings: Settings) -> Profile:
    """Predict the activations of a model that was read.

    Raises
    ------
    SeluLintError
        If its architecture is no Keras model.
    """
    graph = build_graph(document)
    repaired = repair(document, Checker(settings)).document if graph.layers else document
    return Profile(document.path, predict(graph), predict(build_graph(repaired)))


def predict(graph: ModelGraph) -> Prediction:
    """Predict the activations behind each call of a graph."""
    training, inference = forecast(graph, training=True), forecast(graph, training=False)
    rows = tuple(
        _row(graph, call, training[call], inference[call])
        for call in graph.calls
        if call.layer.class_name != "InputLayer"
    )
    return Prediction(rows, _verdict(graph, training))


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
        gain_of(graph, call),
        None if inference is None else inference.mean,
        None if inference is None else inference.variance,
        None if training is None else training.mean,
        None if training is None else training.variance,
        None if training is None else training.noise_share,
        None if training is None else training.spent,
    )


def _verdict(graph: ModelGraph, states: Mapping[Call, State | None]) -> str:
    """Return the verdict: the first layer at which something goes wrong, in order of the calls."""
    depths = _depths(graph)
    deepest = max(depths.values(), default=0)
    if not deepest:
        return "unknown: no SELU layer was found"
    unknown = ""
    for call in graph.calls:
        state = states[call]
        path = call.layer.path
        if not depths[call]:
            continue
        if state is None:
            # A head such as softmax has no prediction and needs none.
            behind = depths[call] < deepest or call.layer.applies_selu
            unknown = unknown or (f"unknown: no prediction at {path}" if behind else "")
        elif state.overflows or state.second > EXPLODED:
            return f"variance explodes at {path}"
        elif state.second < VANISHED:
            return f"activations die out at {path}"
        elif state.spent > SIGNAL_BUDGET:
            return f"signal lost at layer {depths[call]} of {deepest} ({path})"
    return unknown or "trains"


def _depths(graph: ModelGraph) -> dict[Call, int]:
    """Return for each call how many SELUs are on the longest path to it, itself included."""
    depths: dict[Call, int] = {}
    for call in graph.calls:
        before = max((depths[source] for source in call.inputs), default=0)
        depths[call] = before + call.layer.applies_selu
    return depths


def _prediction_json(prediction: Prediction) -> dict[str, Any]:
    return {
        "verdict": prediction.verdict,
        "trains": prediction.trains,
        "layers": [
            {
                key: _finite(value)
                for key, value in (
                    *vars(row).items(),
                    ("measured", row.measured and vars(row.measured)),
                )
            }
            for row in prediction.layers
        ],
    }


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
