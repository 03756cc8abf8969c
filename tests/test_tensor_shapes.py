"""Shapes behind operations that take tensors apart, against those of NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from selu_lint.model.tensor_shapes import operated, product, reshaped

SHAPE = (5, 1, 4, 6)
ARRAY = np.zeros(SHAPE)
ELLIPSIS = {"class_name": "__ellipsis__", "config": {}}
ORDER = [2, 0, 3, 1]


def written(part: Any) -> Any:
    """Return a part of an index as Keras writes it."""
    if isinstance(part, slice):
        return {"start": part.start, "stop": part.stop, "step": part.step}
    return ELLIPSIS if part is ... else part


@pytest.mark.parametrize(
    "index",
    [
        (slice(None), 0),
        (slice(1, 4), slice(None), slice(None, None, 2)),
        (slice(None), slice(None), slice(-3, None), slice(9, 0, -2)),
        (..., 2),
        (slice(None), ..., slice(2)),
        (None, ..., None, 1),
        (0, 0, slice(None)),
        (slice(None), 0, 1, ..., 3),
        3,
        None,
    ],
    ids=str,
)
def test_a_part_of_a_tensor(index: Any) -> None:
    spec = [written(each) for each in index] if isinstance(index, tuple) else written(index)
    expected = ARRAY[index].shape
    if index is None:
        # A spec of None is one that is missing.
        expected = None
    assert operated("GetItem", {"slice_spec": spec}, SHAPE) == expected


@pytest.mark.parametrize(
    "spec",
    [
        [0] * 5,
        [ELLIPSIS, ELLIPSIS],
        ["a"],
        [{"start": "a", "stop": None, "step": None}],
        [{"start": None, "stop": 2, "step": 0}],
        [0, 0, 0, 0],
    ],
)
def test_what_is_no_part_of_a_tensor_has_no_shape(spec: Any) -> None:
    found = operated("GetItem", {"slice_spec": spec}, SHAPE)
    # Of a part whose length cannot be told, the other sizes are known.
    assert found is None or found == (None, *SHAPE[1:])


def test_a_part_along_a_size_that_is_not_known() -> None:
    spec = [written(slice(None)), written(slice(None)), written(slice(2))]
    assert operated("GetItem", {"slice_spec": spec}, (None, None, None)) == (None, None, None)


@pytest.mark.parametrize("axis", range(-7, 8))
@pytest.mark.parametrize(
    ("operation", "real"), [("ExpandDims", np.expand_dims), ("Squeeze", np.squeeze)]
)
def test_an_axis_more_or_less(operation: str, real: Any, axis: int) -> None:
    try:
        expected = real(ARRAY, axis).shape
    except ValueError:
        expected = None
    assert operated(operation, {"axis": axis}, SHAPE) == expected


@pytest.mark.parametrize("arguments", [{"perm": ORDER}, {"axes": ORDER}])
def test_another_order_of_axes(arguments: Mapping[str, Any]) -> None:
    assert operated("Transpose", arguments, SHAPE) == np.transpose(ARRAY, ORDER).shape


@pytest.mark.parametrize("order", [None, [0, 1, 2], [0, 1, 2, 2], [0, 1, 2, 4], "0123"])
def test_what_is_no_order_of_axes(order: Any) -> None:
    assert operated("Transpose", {"axes": order}, SHAPE) is None


@pytest.mark.parametrize("axis", [None, "1", 0.0, [1]])
@pytest.mark.parametrize("operation", ["ExpandDims", "Squeeze"])
def test_what_is_no_axis(operation: str, axis: Any) -> None:
    assert operated(operation, {"axis": axis}, SHAPE) is None


def test_nothing_is_left_to_squeeze() -> None:
    assert operated("Squeeze", {"axis": 0}, (1,)) == ()
    assert operated("Squeeze", {"axis": 0}, ()) is None
    assert operated("ExpandDims", {"axis": 0}, ()) == (1,)


@pytest.mark.parametrize(
    ("target", "shape", "expected"),
    [
        ([-1, 24], (None, 4, 6), (None, 24)),
        ([-1, 3, 8], (None, 4, 6), (None, 3, 8)),
        ([-1, 25], (None, 4, 6), None),
        ([2, 12], (None, 4, 6), None),
        ([-1, 24], (None, None, 6), None),
        ([], (None, 4), None),
        (["a"], (None, 4), None),
        (None, (None, 4), None),
    ],
)
def test_a_reshape_that_keeps_the_batch(target: Any, shape: Any, expected: Any) -> None:
    assert reshaped(target, shape) == expected


@pytest.mark.parametrize(
    ("axes", "one", "other"),
    [
        (2, (5, 7, 6), (5, 3, 6)),
        (-1, (5, 7, 6), (5, 3, 6)),
        ([1, 2], (5, 3, 6), (5, 2, 3)),
        (1, (5, 6), (5, 6)),
    ],
)
def test_a_product_along_axes(axes: Any, one: tuple[int, ...], other: tuple[int, ...]) -> None:
    pair = axes if isinstance(axes, list) else [axes, axes]
    # NumPy is given what stands behind the batch.
    behind = [axis - (axis > 0) for axis in pair]
    each = np.tensordot(np.zeros(one[1:]), np.zeros(other[1:]), behind)
    assert product("Dot", {"axes": axes}, [one, other]) == (5, *(each.shape or (1,)))


@pytest.mark.parametrize("axes", [[1], [1, 2, 1], ["a", "b"], 3, [1, -4], None])
def test_axes_that_are_none(axes: Any) -> None:
    assert product("Dot", {"axes": axes}, [(5, 7, 6), (5, 3, 6)]) is None


@pytest.mark.parametrize("kind", ["Dot", "Attention", "EinsumDense", "MultiHeadAttention"])
def test_products_of_what_is_not_known(kind: str) -> None:
    assert product(kind, {"equation": "no"}, [None, (5, 3, 6)]) is None
    known = product(kind, {"equation": "no"}, [(5, 7, 6)])
    assert known == ((5, 7, 6) if kind == "MultiHeadAttention" else None)
