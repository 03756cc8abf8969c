"""Kernel shapes and true fan-ins."""

from __future__ import annotations

from typing import Any

import pytest

from selu_lint.model.kernels import bias_shape, fan_axes, kernel_of, kernel_shape

KERNEL = "kernel_initializer"


@pytest.mark.parametrize(
    ("class_name", "config", "slot", "given", "shape", "fan_in"),
    [
        ("Dense", {"units": 5}, KERNEL, (None, 3), (3, 5), 3),
        ("Dense", {"output_dim": 5}, KERNEL, (None, 7, 3), (3, 5), 3),
        ("Conv2D", {"filters": 8, "kernel_size": [3, 5]}, KERNEL, (None, 9, 9, 4),
         (3, 5, 4, 8), 60),
        ("Conv2D", {"filters": 8, "kernel_size": 3, "groups": 2}, KERNEL, (None, 9, 9, 4),
         (3, 3, 2, 8), 18),
        ("Conv2D", {"nb_filter": 8, "nb_row": 3, "nb_col": 2, "dim_ordering": "th"}, KERNEL,
         (None, 4, 9, 9), (3, 2, 4, 8), 24),
        ("Conv1D", {"filters": 2, "kernel_size": [3], "data_format": "channels_first"}, KERNEL,
         (None, 6, 9), (3, 6, 2), 18),
        ("DepthwiseConv2D", {"kernel_size": [3, 3], "depth_multiplier": 2}, "depthwise_initializer",
         (None, 9, 9, 4), (3, 3, 4, 2), 9),
        ("SeparableConv2D", {"kernel_size": [3, 3], "filters": 7}, "depthwise_initializer",
         (None, 9, 9, 4), (3, 3, 4, 1), 9),
        ("SeparableConv2D", {"kernel_size": [3, 3], "filters": 7, "depth_multiplier": 2},
         "pointwise_initializer", (None, 9, 9, 4), (1, 1, 8, 7), 8),
        ("Conv2DTranspose", {"kernel_size": [4, 4], "filters": 7, "strides": [2, 2]}, KERNEL,
         (None, 9, 9, 4), (4, 4, 7, 4), 16),
        ("LSTM", {"units": 4}, KERNEL, (None, 9, 3), (3, 16), 3),
        ("GRU", {"units": 4}, KERNEL, (None, 9, 3), (3, 12), 3),
        ("EinsumDense", {"equation": "ab,bcd->acd", "output_shape": [2, 5]}, KERNEL, (None, 3),
         (3, 2, 5), 3),
        ("EinsumDense", {"equation": "...x,xy->...y", "output_shape": 5}, KERNEL, (None, 8, 3),
         (3, 5), 3),
        ("EinsumDense", {"equation": "abcd,cde->abe", "output_shape": [None, 5]}, KERNEL,
         (None, 8, 3, 2), (3, 2, 5), 6),
    ],
)  # fmt: skip
def test_shape_and_fan_in(
    class_name: str,
    config: dict[str, Any],
    slot: str,
    given: tuple[int | None, ...],
    shape: tuple[int, ...],
    fan_in: float,
) -> None:
    assert kernel_shape(class_name, config, slot, given) == shape
    kernel = kernel_of(class_name, config, slot, shape)
    assert kernel is not None
    assert kernel.fan_in == fan_in


@pytest.mark.parametrize(
    ("class_name", "config", "given"),
    [
        ("Dense", {"units": 5}, None),
        ("Dense", {"units": 5}, (None, None)),
        ("Dense", {"units": "5"}, (None, 3)),
        ("Conv2D", {"filters": 8, "kernel_size": [3]}, (None, 9, 9, 4)),
        ("Conv2D", {"filters": 8, "kernel_size": [3, 3], "groups": 3}, (None, 9, 9, 4)),
        ("EinsumDense", {"equation": 7}, (None, 3)),
        ("LocallyConnected2D", {"filters": 8, "kernel_size": [3, 3]}, (None, 9, 9, 4)),
        ("Whatever", {"kernel_size": [1]}, (None, 4)),
    ],
)
def test_unknown_shapes_are_none(
    class_name: str, config: dict[str, Any], given: tuple[int | None, ...] | None
) -> None:
    assert kernel_shape(class_name, config, KERNEL, given) is None


ATTENTION = {"equation": "abc,cde->abde", "output_shape": [None, 2, 5], "bias_axes": "de"}


@pytest.mark.parametrize(
    ("class_name", "config", "expected"),
    [
        ("Dense", {"units": 4}, (4,)),
        ("LSTM", {"units": 4}, None),
        ("EinsumDense", ATTENTION, (2, 5)),
        ("EinsumDense", {**ATTENTION, "bias_axes": "e"}, (5,)),
        # It is 1 along an axis behind its first that it does not have.
        ("EinsumDense", {**ATTENTION, "bias_axes": "d"}, (2, 1)),
        ("EinsumDense", {**ATTENTION, "bias_axes": "be"}, None),
        ("EinsumDense", {**ATTENTION, "bias_axes": "x"}, None),
        ("EinsumDense", {**ATTENTION, "bias_axes": None}, None),
        ("EinsumDense", {**ATTENTION, "output_shape": [None, 1 << 40, 1 << 40]}, None),
        ("EinsumDense", {**ATTENTION, "equation": "no"}, None),
    ],
)
def test_shape_of_a_bias(
    class_name: str, config: dict[str, Any], expected: tuple[int, ...] | None
) -> None:
    assert bias_shape(class_name, config, (None, 4)) == expected


@pytest.mark.parametrize(
    ("class_name", "initializer", "by_equation", "expected"),
    [
        ("EinsumDense", {}, True, ((0,), (1, 2))),
        ("EinsumDense", {}, False, None),
        ("Dense", {}, True, None),
        ("EinsumDense", {"input_axes": [1], "output_axes": [0, 2]}, False, ((1,), (0, 2))),
        ("EinsumDense", {"input_axes": [1], "output_axes": None}, True, ((0,), (1, 2))),
        ("EinsumDense", {"input_axes": [True], "output_axes": [0]}, False, None),
    ],
)
def test_axes_that_keras_counts_fans_along(
    class_name: str, initializer: dict[str, Any], by_equation: bool, expected: Any
) -> None:
    assert fan_axes(class_name, ATTENTION, initializer, by_equation) == expected


def test_the_fan_in_of_a_locally_connected_kernel_is_what_one_output_sums() -> None:
    kernel = kernel_of("LocallyConnected1D", {"filters": 6}, KERNEL, (7, 12, 6))
    assert kernel is not None
    assert kernel.fan_in == 12
    assert kernel_of("LocallyConnected1D", {"filters": 6}, KERNEL, (7, 12)) is None
