"""Shape inference through the common layers, for files that do not store their shapes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from selu_lint.model.category_shapes import ENCODINGS, encoded
from selu_lint.model.kernels import Shape, channels_first, kernel_size, numbers, positive, rank_of
from selu_lint.model.layer_kinds import (
    ACTIVATIONS,
    ADAPTIVE_POOLINGS,
    ALL_DROPOUTS,
    AUGMENTATIONS,
    CONVOLUTIONS,
    DEPTHWISE_CONVOLUTIONS,
    LOCALLY_CONNECTED,
    MERGES,
    NORMALIZATIONS,
    POOLINGS,
    PREPROCESSING,
    RECURRENT,
    SEPARABLE_CONVOLUTIONS,
    TRANSPOSED_CONVOLUTIONS,
)
from selu_lint.model.tensor_shapes import OPERATIONS, PRODUCTS, operated, product, reshaped

_RESIZINGS = frozenset({"Resizing", "CenterCrop", "RandomCrop"})
_SAME_SHAPE = (
    ALL_DROPOUTS
    | NORMALIZATIONS
    | PREPROCESSING
    | (frozenset(ACTIVATIONS) - {"Glu"})
    | {"Activation", "Masking", "Identity", "ActivityRegularization", "InputLayer"}
    | {"Cast", "Copy", "StopGradient", "Highway"}
    | (AUGMENTATIONS - {"RandomCrop", "RandomHeight", "RandomWidth"})
)


def as_shape(value: object) -> Shape | None:
    """Return a JSON value as a shape, or None if it is none (nested lists are not)."""
    if isinstance(value, dict) and value.get("class_name") in ("__tuple__", "TensorShape"):
        value = value.get("items")
    if not isinstance(value, list | tuple) or not value or len(value) > 32:
        return None
    dimensions = []
    for size in value:
        if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 0):
            return None
        dimensions.append(size)
    return tuple(dimensions)


def output_shape(
    class_name: str, config: Mapping[str, Any], inputs: Sequence[Shape | None]
) -> Shape | None:
    """Return the shape of a layer's output for these input shapes; None where it is not known.

    Source: ``compute_output_shape`` of the Keras layer.
    """
    if not inputs or inputs[0] is None:
        return None
    shape = inputs[0]
    if class_name in _SAME_SHAPE:
        return shape
    if class_name in PRODUCTS:
        return product(class_name, config, inputs)
    if class_name in MERGES:
        return _merged(class_name, config, inputs)
    if class_name in ENCODINGS:
        return encoded(class_name, config, shape)
    if class_name in OPERATIONS:
        return operated(class_name, config, shape)
    if class_name in _RESIZINGS:
        return _resized(config, shape)
    if class_name in ("Dense", "MaxoutDense", "RandomFourierFeatures"):
        return (*shape[:-1], positive(config, "units", "output_dim"))
    if class_name == "Embedding":
        return (*shape, positive(config, "output_dim"))
    if class_name in ("Flatten", "Reshape", "Permute", "RepeatVector"):
        return _reshaped(class_name, config, shape)
    if class_name in RECURRENT:
        return _recurrent(class_name, config, shape)
    rank = rank_of(class_name)
    if not rank or len(shape) != rank + 2:
        return None
    first = channels_first(config)
    space, channels = (shape[2:], shape[1]) if first else (shape[1:-1], shape[-1])
    spatial = _spatial(class_name, config, space)
    if class_name.startswith("Global"):
        return (
            (shape[0], *([1] * rank), channels) if config.get("keepdims") else (shape[0], channels)
        )
    if spatial is None:
        return None
    if class_name in DEPTHWISE_CONVOLUTIONS:
        multiplier = positive(config, "depth_multiplier", default=1)
        channels = channels * multiplier if channels and multiplier else None
    elif (
        class_name
        in CONVOLUTIONS | SEPARABLE_CONVOLUTIONS | TRANSPOSED_CONVOLUTIONS | LOCALLY_CONNECTED
    ):
        channels = positive(config, "filters", "nb_filter")
    return (shape[0], channels, *spatial) if first else (shape[0], *spatial, channels)


def _spatial(class_name: str, config: Mapping[str, Any], space: Shape) -> Shape | None:
    rank = len(space)
    if class_name in ADAPTIVE_POOLINGS:
        return numbers(config.get("output_size"), rank)
    if class_name.startswith("UpSampling"):
        factors = numbers(config.get("size", 2), rank)
        return factors and tuple(n and n * f for n, f in zip(space, factors, strict=True))
    if class_name.startswith(("ZeroPadding", "Cropping")):
        return _padded(class_name, config, space)
    dilation: tuple[int, ...] | None = (1,) * rank
    if class_name in POOLINGS:
        size = numbers(config.get("pool_size", config.get("pool_length", 2)), rank)
        strides = config.get("strides", config.get("stride"))
        steps = size if strides is None else numbers(strides, rank)
    else:
        size = kernel_size(class_name, config)
        steps = numbers(config.get("strides", config.get("subsample", 1)), rank)
        dilation = numbers(config.get("dilation_rate", 1), rank)
    if size is None or steps is None or dilation is None:
        return None
    axes = list(zip(space, size, steps, dilation, strict=True))
    if class_name in TRANSPOSED_CONVOLUTIONS:
        return _transposed(axes, config)
    return _windows(axes, config)


_Axis = tuple[int | None, int, int, int]
"""How large an axis is and its window, how far that steps, and its dilation."""


def _transposed(axes: Sequence[_Axis], config: Mapping[str, Any]) -> Shape | None:
    padding, given = config.get("padding"), config.get("output_padding")
    added = (None,) * len(axes) if given is None else numbers(given, len(axes), least=0)
    if added is None or padding not in ("same", "valid"):
        return None
    result: list[int | None] = []
    for (n, k, step, rate), more in zip(axes, added, strict=True):
        reach = (k - 1) * rate + 1
        if n is None:
            result.append(None)
        elif more is None:
            result.append(n * step + (max(reach - step, 0) if padding == "valid" else 0))
        else:
            result.append((n - 1) * step + (reach if padding == "valid" else reach % 2) + more)
    return tuple(result)


def _windows(axes: Sequence[_Axis], config: Mapping[str, Any]) -> Shape | None:
    padding = config.get("padding", config.get("border_mode", "valid"))
    result: list[int | None] = []
    for n, k, step, rate in axes:
        if n is None:
            result.append(None)
        elif padding == "valid":
            result.append(max(0, n - (k - 1) * rate - 1 + step) // step)
        elif padding in ("same", "causal"):
            result.append(-(-n // step))
        else:
            return None
    return tuple(result)


def _padded(class_name: str, config: Mapping[str, Any], space: Shape) -> Shape | None:
    amount = config.get("padding", config.get("cropping", 1))
    pairs = amount if isinstance(amount, list) else [amount] * len(space)
    if len(space) == 1 and len(pairs) == 2:
        pairs = [pairs]
    if len(pairs) != len(space):
        return None
    sign = -1 if class_name.startswith("Cropping") else 1
    result: list[int | None] = []
    for n, pair in zip(space, pairs, strict=True):
        both = pair if isinstance(pair, list) else [pair, pair]
        if len(both) != 2 or not all(isinstance(k, int) for k in both):
            return None
        result.append(None if n is None else max(0, n + sign * sum(both)))
    return tuple(result)


def _resized(config: Mapping[str, Any], shape: Shape) -> Shape | None:
    if len(shape) not in (3, 4):
        return None
    size = (positive(config, "height"), positive(config, "width"))
    first = channels_first(config)
    return (*shape[:-2], *size) if first else (*shape[:-3], *size, shape[-1])


def _reshaped(class_name: str, config: Mapping[str, Any], shape: Shape) -> Shape | None:
    rest = shape[1:]
    count = math.prod(n for n in rest if n is not None) if None not in rest else None
    if class_name == "Flatten":
        return (shape[0], count)
    if class_name == "RepeatVector":
        return (shape[0], positive(config, "n"), *rest)
    if class_name == "Permute":
        dims = as_shape(config.get("dims"))
        if dims is None or sorted(d or 0 for d in dims) != list(range(1, len(shape))):
            return None
        return (shape[0], *(shape[d or 0] for d in dims))
    if "shape" in config:
        return reshaped(config["shape"], shape)
    target = config.get("target_shape")
    if not isinstance(target, list) or not all(isinstance(n, int) for n in target):
        return None
    known = math.prod(n for n in target if n > 0)
    filled = count // known if count is not None and known else None
    return (shape[0], *(n if n > 0 else filled for n in target))


def _recurrent(class_name: str, config: Mapping[str, Any], shape: Shape) -> Shape | None:
    if class_name.startswith("ConvLSTM"):
        return _convolved_steps(class_name, config, shape)
    units = positive(config, "units", "output_dim")
    if units is None:
        return None
    if config.get("return_sequences"):
        return (*shape[:2], units)
    return (shape[0], units)


def _convolved_steps(class_name: str, config: Mapping[str, Any], shape: Shape) -> Shape | None:
    """Return the shape behind a ConvLSTM, a convolution of each step."""
    as_convolution = class_name.replace("ConvLSTM", "Conv")
    result = output_shape(as_convolution, config, [(*shape[:1], *shape[2:])])
    if result is None or not config.get("return_sequences"):
        return result
    return (*shape[:2], *result[1:])


def _merged(
    class_name: str, config: Mapping[str, Any], inputs: Sequence[Shape | None]
) -> Shape | None:
    shapes = [shape for shape in inputs if shape is not None]
    if len(shapes) != len(inputs) or len({len(shape) for shape in shapes}) != 1:
        return None
    if class_name != "Concatenate":
        return _broadcast(shapes)
    axis = config.get("axis", config.get("concat_axis", -1))
    if not isinstance(axis, int) or not -len(shapes[0]) <= axis < len(shapes[0]):
        return None
    sizes = [shape[axis] for shape in shapes]
    joined = list(shapes[0])
    joined[axis] = sum(n for n in sizes if n is not None) if None not in sizes else None
    return tuple(joined)


def _broadcast(shapes: Sequence[Shape]) -> Shape | None:
    result: list[int | None] = []
    for sizes in zip(*shapes, strict=True):
        longer = set(sizes) - {1}
        # A size that is not known is 1 or that of the others.
        known = longer - {None} or longer
        if len(known) > 1:
            return None
        result.append(next(iter(known), 1))
    return tuple(result)
