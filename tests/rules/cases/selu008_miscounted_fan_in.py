"""Cases of SELU008."""

from __future__ import annotations

from typing import Any

from tests.cases import Case, initializer, layer, sequential


def _scaled(scale: float, **config: Any) -> dict[str, Any]:
    told = {"scale": scale, "mode": "fan_in", "distribution": "truncated_normal", "seed": None}
    return initializer("VarianceScaling", **told, **config)


def _depthwise(initial: object, channels: int | None = 4) -> dict[str, Any]:
    convolution = layer(
        "DepthwiseConv2D",
        "depthwise",
        kernel_size=[3, 3],
        activation="selu",
        depthwise_initializer=initial,
    )
    return sequential((8, 8, channels), convolution)


def _transposed(initial: object, filters: int, strides: int) -> dict[str, Any]:
    convolution = layer(
        "Conv2DTranspose",
        "transposed",
        filters=filters,
        kernel_size=[4, 4],
        strides=[strides, strides],
        activation="selu",
        kernel_initializer=initial,
    )
    return sequential((8, 8, 4), convolution)


def _einsum(initial: object) -> dict[str, Any]:
    heads = layer(
        "EinsumDense",
        "heads",
        equation="abc,cde->abde",
        output_shape=[None, 2, 5],
        activation="selu",
        kernel_initializer=initial,
    )
    return sequential((7, 6), heads)


_LECUN = initializer("LecunNormal", seed=None)


_AXES = {"input_axes": None, "output_axes": None}


VALID = (
    Case("a depthwise kernel on one channel", _depthwise(_LECUN, channels=1)),
    Case("the scale that makes up for it", _depthwise(_scaled(4.0))),
    Case("another initializer is SELU001's matter", _depthwise("he_normal")),
    Case("an unknown number of channels", _depthwise(_LECUN, channels=None)),
    Case("transposed, as many channels out as in", _transposed(_LECUN, filters=4, strides=1)),
    Case("Keras 3.15 counts by the equation", _einsum(_LECUN)),
    Case(
        "axes tell that it does", _einsum(initializer("LecunNormal", **_AXES)), keras_version=None
    ),
    Case(
        "axes of the author's own",
        _depthwise(initializer("LecunNormal", input_axes=[0, 1], output_axes=[2, 3])),
    ),
)


INVALID = (
    Case("depthwise", _depthwise(_LECUN), ("depthwise",), _depthwise(_scaled(4.0))),
    Case(
        "by name, in Keras 2.3",
        _depthwise("lecun_normal"),
        ("depthwise",),
        _depthwise(
            {
                "class_name": "VarianceScaling",
                "config": {"scale": 4.0, "mode": "fan_in", "distribution": "normal", "seed": None},
            }
        ),
        keras_version="2.3.1",
    ),
    Case(
        "the depthwise half of a separable convolution",
        sequential(
            (8, 8, 4),
            layer(
                "SeparableConv2D",
                "separable",
                kernel_size=[3, 3],
                filters=7,
                activation="selu",
                depthwise_initializer=_LECUN,
                pointwise_initializer=_LECUN,
            ),
        ),
        ("separable",),
        sequential(
            (8, 8, 4),
            layer(
                "SeparableConv2D",
                "separable",
                kernel_size=[3, 3],
                filters=7,
                activation="selu",
                depthwise_initializer=_scaled(4.0),
                pointwise_initializer=_LECUN,
            ),
        ),
    ),
    Case(
        "transposed with strides",
        _transposed(_LECUN, filters=8, strides=2),
        ("transposed",),
        _transposed(_scaled(8.0), filters=8, strides=2),
    ),
    Case(
        "EinsumDense before Keras 3.15",
        _einsum(_LECUN),
        ("heads",),
        _einsum(_scaled(12 / 6)),
        keras_version="3.12.0",
    ),
    Case(
        "axes that are wrong",
        _depthwise(initializer("LecunNormal", seed=None, input_axes=[2], output_axes=[3])),
        ("depthwise",),
        _depthwise(_scaled(4 / 9, input_axes=[2], output_axes=[3])),
    ),
)
