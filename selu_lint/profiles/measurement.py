"""Runs the real model on a batch and takes the mean and variance of each layer's outputs.

The one part of a profile that executes the model, and only when it is asked for: in a confined
process.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from selu_lint.analysis.inputs import STANDARD, Premise, stated
from selu_lint.analysis.statistics import Channels
from selu_lint.errors import SeluLintError, one_line
from selu_lint.model.dialects import Dialect
from selu_lint.model.document import Document
from selu_lint.processes.children import ask_keras, working_folder
from selu_lint.processes.keras_files import given_to_keras
from selu_lint.processes.keras_loading import import_keras, load
from selu_lint.profiles.profiling import Measured

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EXAMPLES = 256


def measured(
    document: Document,
    path: str,
    data: str | None,
    premises: Mapping[str, Channels],
    trust_code: bool,
    built: bool = False,
) -> dict[str, Measured]:
    """Load a saved model with the Keras generation that wrote it, and measure it.

    Parameters
    ----------
    document : Document
        The model, or the one that it is a repaired form of.
    path : str
        Where it lies.
    data, premises :
        See `measure`.
    trust_code : bool
        Whether what the file names may run.
    built : bool
        Whether it is a SavedModel that selu-lint built.

    Raises
    ------
    SeluLintError
        If it cannot be loaded or run.
    """
    dialect = Dialect.of(document.keras_version, document.architecture)
    with working_folder() as folder:
        given = given_to_keras(document, path, folder, "model", trust_code, built)
        task = {
            "library": "keras" if dialect.generation >= 3 else "tf_keras",
            "model": given,
            "data": None if data is None else os.path.abspath(data),
            "premises": premises,
            "trust_code": trust_code,
        }
        found = ask_keras(
            "selu_lint.profiles.measurement", task, document.limits, given["size"], folder
        )
    if "error" in found:
        raise SeluLintError(f"not measured: {found['error']}")
    return {name: Measured(*moments) for name, moments in found["layers"].items()}


def answer(task: Mapping[str, Any]) -> dict[str, Any]:
    """Carry out a task; a failure is an answer with its ``error``."""
    try:
        keras = import_keras(task["library"], task["trust_code"])
        model = load(keras, task["model"], task["trust_code"])
        premises = {path: Channels(*map(tuple, each)) for path, each in task["premises"].items()}
        layers = measure(model, task["data"], premises)
        return {"layers": {name: tuple(vars(each).values()) for name, each in layers.items()}}
    except Exception as error:
        return {"error": one_line(error)}


def read_data(path: str) -> NDArray[np.float64]:
    """Read the inputs in an ``.npy`` file, examples first.

    Raises
    ------
    SeluLintError
        If it holds no numbers.
    """
    import numpy as np

    try:
        values = np.load(path, allow_pickle=False)
        numbers = np.asarray(values, dtype="float64")
    except (OSError, ValueError) as error:
        raise SeluLintError(f"{path} is no .npy file of numbers: {error}") from None
    if numbers.ndim < 2 or not numbers.size or not np.isfinite(numbers).all():
        raise SeluLintError(f"{path} holds no examples of finite numbers, one row each")
    return numbers


def moments_of(values: NDArray[np.float64]) -> Premise:
    """Return mean and variance of each channel, the last axis, as the premise of a prediction."""
    axes = tuple(range(values.ndim - 1))
    means, variances = values.mean(axis=axes), values.var(axis=axes)
    return stated(Channels(tuple(means.tolist()), tuple(variances.tolist())), "measured")


def measure(
    model: Any, data: str | None = None, premises: Mapping[str, Channels] | None = None
) -> dict[str, Measured]:
    """Return mean and variance of the output of each layer, by its name, in both modes.

    Parameters
    ----------
    model : keras.Model
        Sequential or functional; layers inside of nested models are not measured.
    data : str, optional
        An ``.npy`` file with the inputs, examples first; by default 256 normal ones.
    premises : Mapping of str to Channels, optional
        The moments of normal inputs, by the input's path; N(0, 1) where none are given.

    Raises
    ------
    SeluLintError
        If the model has no known input shape, or the data do not fit it.
    """
    keras = _package_of(model)
    inputs = _inputs(model, data, premises or {})
    given = inputs[0] if len(inputs) == 1 else inputs
    layers = [layer for layer in model.layers if type(layer).__name__ != "InputLayer"]
    try:
        outputs = [_output_of(layer) for layer in layers]
        probe = keras.Model(model.inputs, outputs)
        inference = probe(given, training=False)
        training = probe(given, training=True)
    except Exception as error:
        reason = str(error).partition("\n")[0]
        raise SeluLintError(f"the model cannot be run on these inputs: {reason}") from None
    if len(layers) == 1:
        inference, training = [inference], [training]
    return {
        layer.name: Measured(*_moments(calm), *_moments(noisy))
        for layer, calm, noisy in zip(layers, inference, training, strict=True)
    }


def _package_of(model: Any) -> Any:
    from selu_lint.live.built_model import keras_of

    keras = keras_of(model)
    if keras is None:
        raise SeluLintError("only a Keras model can be measured")
    return keras


def _output_of(layer: Any) -> Any:
    output = layer.get_output_at(0) if hasattr(layer, "get_output_at") else layer.output
    return output[0] if isinstance(output, list | tuple) else output


def _inputs(model: Any, data: str | None, premises: Mapping[str, Channels]) -> list[Any]:
    import numpy as np

    shapes = [tuple(tensor.shape) for tensor in model.inputs or ()]
    if not shapes:
        raise SeluLintError("the model has no inputs yet: build it on data first")
    if data is not None:
        values = read_data(data)
        if len(shapes) != 1 or values.shape[1:] != shapes[0][1:]:
            raise SeluLintError(f"{data} has shape {values.shape}, the model takes {shapes}")
        return [values.astype("float32")]
    if any(None in shape[1:] for shape in shapes):
        raise SeluLintError("the model leaves input sizes open: give inputs with --data file.npy")
    generator, made = np.random.default_rng(0), []
    for tensor, shape in zip(model.inputs, shapes, strict=True):
        # A tensor of Keras 3 has a name of its own; a premise is one of its layer.
        channels = premises.get(tensor._keras_history[0].name, STANDARD)
        normal = generator.standard_normal((EXAMPLES, *shape[1:]))
        spread = np.sqrt(np.asarray(channels.variances))
        made.append((np.asarray(channels.means) + spread * normal).astype("float32"))
    return made


def _moments(tensor: Any) -> tuple[float, float]:
    from selu_lint.live.built_model import values_of

    values = values_of(tensor).astype("float64")
    return float(values.mean()), float(values.var())
