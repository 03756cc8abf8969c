"""Compares two models in Keras; a program for a confined process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from selu_lint.errors import one_line
from selu_lint.live.inputs import dtype_of
from selu_lint.processes.keras_loading import import_keras, load

_UNKNOWN_SIZES = (8, 32, 128, 224)
_BATCH = 4


def answer(task: Mapping[str, Any]) -> dict[str, Any]:
    """Carry out a task; a failure is an answer with its ``error``."""
    try:
        return compare(task)
    except Exception as error:
        return {"error": one_line(error)}


def compare(task: Mapping[str, Any]) -> dict[str, Any]:
    """Return the largest difference of two models' outputs, and the gains of drawn kernels.

    Where more weights differ than kernels were drawn, only how many: ``changed``.

    Parameters
    ----------
    task : dict
        ``library``; ``original`` and ``result``, see `selu_lint.processes.keras_loading.load`;
        ``same_weights``, whether the result runs with the original's; ``trust_code`` and
        ``kernels``; see `selu_lint.fixing.verification`.
    """
    keras = import_keras(task["library"], task["trust_code"])
    before, after = (load(keras, task[name], task["trust_code"]) for name in ("original", "result"))
    gains = [
        [each["layer"], each["slot"], _gain(after, each["layer"], each["slot"], each["fan_in"])]
        for each in task["kernels"]
    ]
    old, new = before.get_weights(), after.get_weights()
    changed = sum(one.tobytes() != other.tobytes() for one, other in zip(old, new, strict=True))
    if not task["same_weights"] and changed > len(gains):
        return {"changed": changed, "drawn": len(gains)}
    after.set_weights(old)
    return {
        "library": f"{task['library']} {keras.__version__}",
        "largest_difference": _difference(before, after),
        "gains": [gain for gain in gains if gain[2] is not None],
    }


def _difference(before: Any, after: Any) -> float:
    import numpy as np

    failure: Exception | None = None
    for size in _UNKNOWN_SIZES:
        for whole_numbers in (False, True):
            inputs = _inputs(before, size, whole_numbers)
            try:
                pairs = list(zip(_run(before, inputs), _run(after, inputs), strict=True))
            except Exception as error:
                # A lookup wants small numbers, a stack of poolings a large picture.
                failure = failure or error
                continue
            return max(
                (
                    0.0
                    if np.array_equal(old, new, equal_nan=True)
                    else float(np.nanmax(np.abs(old.astype("float64") - new.astype("float64"))))
                    for old, new in pairs
                ),
                default=0.0,
            )
    raise failure or RuntimeError("the model has no inputs")


def _inputs(model: Any, unknown: int, whole_numbers: bool) -> list[Any]:
    import numpy as np

    generator = np.random.default_rng(0)
    inputs = []
    for tensor in model.inputs:
        shape = [_BATCH, *(size or unknown for size in tensor.shape[1:])]
        dtype = dtype_of(tensor)
        values: Any = generator.standard_normal(shape)
        if whole_numbers or "int" in dtype or dtype == "bool":
            values = generator.integers(0, 2, shape)
        inputs.append(values.astype("float32" if dtype == "bfloat16" else dtype))
    return inputs


def _run(model: Any, inputs: list[Any]) -> list[Any]:
    import numpy as np

    outputs = model(inputs[0] if len(inputs) == 1 else inputs, training=False)
    return [np.asarray(each) for each in _leaves(outputs)]


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for each in value:
            yield from _leaves(each)
    else:
        yield value


def _gain(model: Any, path: str, slot: str, fan_in: float) -> float | None:
    """Return fan-in × mean of the squared values of a kernel; None if it was not found."""
    import numpy as np

    layer = model
    for name in path.split("/"):
        layer = _member(layer, name)
    stem = slot.removesuffix("_initializer")
    holder = getattr(layer, "cell", layer)
    for name in (f"{stem}_kernel", stem, "_kernel"):
        kernel = getattr(holder, name, None)
        if kernel is not None and hasattr(kernel, "shape"):
            values = np.asarray(kernel).astype("float64")
            return float(np.mean(values**2) * fan_in)
    return None


def _member(layer: Any, name: str) -> Any:
    for attribute in ("layers", "layer", "forward_layer", "backward_layer"):
        found = getattr(layer, attribute, None)
        for each in found if isinstance(found, list) else [found]:
            if getattr(each, "name", None) == name:
                return each
    return None
