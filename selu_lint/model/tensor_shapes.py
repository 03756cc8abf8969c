"""Shapes behind products of tensors, attention, and the operations that take tensors apart."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from selu_lint.model.kernels import Shape, einsum_sizes

PRODUCTS = frozenset({"Dot", "Attention", "AdditiveAttention", "MultiHeadAttention", "EinsumDense"})
OPERATIONS = frozenset({"GetItem", "ExpandDims", "Squeeze", "Transpose"})
_ELLIPSIS = "__ellipsis__"


def product(
    class_name: str, config: Mapping[str, Any], inputs: Sequence[Shape | None]
) -> Shape | None:
    """Return the shape of a product of tensors; None where it is not known."""
    first = inputs[0]
    second = inputs[1] if len(inputs) > 1 else None
    if first is None:
        return None
    if class_name == "EinsumDense":
        return _einsum(config, first)
    if class_name == "MultiHeadAttention":
        wanted = config.get("output_shape")
        last = wanted if isinstance(wanted, list) else [wanted or first[-1]]
        return (*first[:-1], *last) if all(isinstance(n, int | None) for n in last) else None
    if second is None:
        return None
    return _dot(config, first, second) if class_name == "Dot" else (*first[:-1], second[-1])


def _dot(config: Mapping[str, Any], first: Shape, second: Shape) -> Shape | None:
    axes = config.get("axes", config.get("dot_axes", -1))
    pair = axes if isinstance(axes, list) else [axes, axes]
    if len(pair) != 2 or not all(isinstance(axis, int) for axis in pair):
        return None
    left, right = list(first), list(second)
    for axis, shape in zip(pair, (left, right), strict=True):
        if not -len(shape) <= axis < len(shape):
            return None
        del shape[axis]
    result = (*left, *right[1:])
    return result if len(result) > 1 else (*result, 1)


def _einsum(config: Mapping[str, Any], shape: Shape) -> Shape | None:
    """Return the output of an EinsumDense: by the letters of its equation, an ellipsis in front."""
    found = einsum_sizes(config, shape)
    if found is None:
        return None
    inputs, output, sizes = found
    front, dots, letters = output.rpartition("...")
    if not dots:
        return (shape[0], *(sizes.get(letter) for letter in output[1:]))
    own = len(inputs.rpartition("...")[2])
    kept = shape[: len(shape) - own] if len(shape) >= own else ()
    return (*kept, *(sizes.get(letter) for letter in front + letters)) if kept else None


def operated(class_name: str, arguments: Mapping[str, Any], shape: Shape) -> Shape | None:
    """Return the shape behind an operation that moves elements; None where it is not known.

    Parameters
    ----------
    class_name : str
        One of ``OPERATIONS``.
    arguments : Mapping
        What it was called with besides the tensor.
    shape : shape
        The shape of the tensor.
    """
    if class_name == "GetItem":
        return _sliced(arguments.get("slice_spec"), shape)
    axis = arguments.get("axis")
    if class_name == "Transpose":
        order = arguments.get("perm", arguments.get("axes"))
        if not isinstance(order, list) or sorted(map(str, order)) != sorted(
            map(str, range(len(shape)))
        ):
            return None
        return tuple(shape[place] for place in order)
    rank = len(shape) + (class_name == "ExpandDims")
    if not isinstance(axis, int) or not -rank <= axis < rank:
        return None
    place = axis % rank
    if class_name == "ExpandDims":
        return (*shape[:place], 1, *shape[place:])
    return (*shape[:place], *shape[place + 1 :]) if shape[place] == 1 else None


def _sliced(spec: object, shape: Shape) -> Shape | None:
    items = spec if isinstance(spec, list) else [spec]
    if spec is None or sum(map(_is_ellipsis, items)) > 1:
        return None
    taken = sum(item is not None and not _is_ellipsis(item) for item in items)
    if taken > len(shape):
        return None
    result: list[int | None] = []
    left = list(shape)
    for item in items:
        if item is None:
            result.append(1)
        elif _is_ellipsis(item):
            between = len(shape) - taken
            result += left[:between]
            del left[:between]
        elif isinstance(item, dict):
            result.append(_length(item, left.pop(0)))
        elif isinstance(item, int):
            left.pop(0)
        else:
            return None
    return (*result, *left) or None


def _is_ellipsis(item: object) -> bool:
    return isinstance(item, dict) and item.get("class_name") == _ELLIPSIS


def _length(item: Mapping[str, Any], size: int | None) -> int | None:
    parts = [item.get(key) for key in ("start", "stop", "step")]
    if not all(isinstance(part, int | None) for part in parts) or parts[2] == 0:
        return None
    if parts == [None, None, None] or size is None:
        return size
    return len(range(*slice(*parts).indices(size)))


def reshaped(target: object, shape: Shape) -> Shape | None:
    """Return a shape with a batch in front that fills one of -1, as ``tf.reshape`` does."""
    if not isinstance(target, list) or not target or not all(isinstance(n, int) for n in target):
        return None
    rest = shape[1:]
    if target[0] != -1 or None in rest:
        return None
    known = math.prod(target[1:])
    return (shape[0], *target[1:]) if known == math.prod(n or 0 for n in rest) else None
