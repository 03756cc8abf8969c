"""The kernels of Keras layers: their shapes, and how many terms each output sums (fan-in)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from selu_lint.model.layer_kinds import (
    CONVOLUTIONS,
    DEPTHWISE_CONVOLUTIONS,
    GATES,
    LOCALLY_CONNECTED,
    RECURRENT,
    SEPARABLE_CONVOLUTIONS,
    TRANSPOSED_CONVOLUTIONS,
)

Shape = tuple[int | None, ...]
"""A tensor's shape with the batch in front; None is an unknown dimension."""

_MOST_WEIGHTS = 1 << 62

FanAxes = tuple[tuple[int, ...], tuple[int, ...]]
"""``input_axes`` and ``output_axes`` of an initializer: what its fans are counted along."""


class Kernel(NamedTuple):
    """A kernel as its layer stores and uses it.

    Attributes
    ----------
    shape : tuple of int
        Shape of the variable.
    fan_in : float
        Terms that each output sums: the true fan-in.
    keras_fan_in, keras_fan_out : float
        The fans that Keras's VarianceScaling counts (``compute_fans``).
    """

    shape: tuple[int, ...]
    fan_in: float
    keras_fan_in: float
    keras_fan_out: float

    @property
    def keras_fans(self) -> tuple[float, float]:
        """Both fans that Keras counts."""
        return self.keras_fan_in, self.keras_fan_out

    @property
    def miscounted(self) -> bool:
        """Whether Keras counts another fan-in than the true one."""
        return abs(self.keras_fan_in - self.fan_in) > 1e-6 * self.fan_in


def keras_fans(shape: tuple[int, ...], axes: FanAxes | None = None) -> tuple[float, float]:
    """Return (fan-in, fan-out) of a variable as ``keras.initializers.compute_fans`` counts them.

    Axes that the shape does not have are taken for not given.
    """
    rank = len(shape)
    if axes is not None and all(-rank <= axis < rank for part in axes for axis in part):
        inputs, outputs = axes
        return math.prod(shape[axis] for axis in inputs), math.prod(shape[axis] for axis in outputs)
    if not shape:
        return 1, 1
    if len(shape) == 1:
        return shape[0], shape[0]
    receptive_field = math.prod(shape[:-2])
    return shape[-2] * receptive_field, shape[-1] * receptive_field


def numbers(value: object, rank: int, least: int = 1) -> tuple[int, ...] | None:
    """Return a config value such as ``kernel_size`` as ``rank`` integers, or None."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = [value] * rank
    if not isinstance(value, list | tuple) or len(value) != rank:
        return None
    if not all(isinstance(n, int) and not isinstance(n, bool) and n >= least for n in value):
        return None
    return tuple(value)


def rank_of(class_name: str) -> int:
    """Return the number of spatial dimensions in a class name: 2 for ``Conv2DTranspose``."""
    return next((int(digit) for digit in class_name if digit in "123"), 0)


def kernel_size(class_name: str, config: Mapping[str, Any]) -> tuple[int, ...] | None:
    """Return the spatial size of a convolution's kernel, in the keys of Keras 1, 2 or 3."""
    rank = rank_of(class_name)
    if "kernel_size" in config:
        return numbers(config["kernel_size"], rank)
    old = {1: ("filter_length",), 2: ("nb_row", "nb_col")}.get(
        rank, tuple(f"kernel_dim{axis}" for axis in (1, 2, 3))
    )
    return numbers([config.get(key) for key in old], rank)


def positive(config: Mapping[str, Any], *keys: str, default: int | None = None) -> int | None:
    """Return the first of these config keys as a positive integer."""
    value = next((config[key] for key in keys if key in config), default)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def channels_first(config: Mapping[str, Any]) -> bool:
    """Whether the channels stand before the spatial dimensions (``dim_ordering`` in Keras 1)."""
    return config.get("data_format") == "channels_first" or config.get("dim_ordering") == "th"


def noise_shape(class_name: str, config: Mapping[str, Any]) -> list[int | None] | None:
    """Return the ``noise_shape`` of a dropout: 1 at each axis along which it drops all or nothing.

    A SpatialDropoutND drops whole channels; any other says it itself, or drops each element alone.
    """
    if not class_name.startswith("SpatialDropout"):
        shape: list[int | None] | None = config.get("noise_shape")
        return shape
    ones: list[int | None] = [1] * rank_of(class_name)
    return [None, None, *ones] if channels_first(config) else [None, *ones, None]


def channels_of(config: Mapping[str, Any], shape: Shape | None) -> int | None:
    """Return the number of channels of a tensor with a batch dimension."""
    if not shape or len(shape) < 2:
        return None
    return shape[1] if channels_first(config) else shape[-1]


def kernel_shape(
    class_name: str, config: Mapping[str, Any], slot: str, input_shape: Shape | None
) -> tuple[int, ...] | None:
    """Return the shape of the variable that a slot initializes; None where it is not known.

    Source: ``build`` of the Keras layer.
    """
    if class_name.startswith("ConvLSTM") and input_shape:
        # It is a convolution of each step.
        input_shape = (*input_shape[:1], *input_shape[2:])
    channels = channels_of(config, input_shape)
    if channels is None:
        return None
    if (class_name in GATES and "Conv" not in class_name) or class_name == "Dense":
        # Dense and recurrent kernels contract the last axis, whatever data_format says.
        channels = input_shape[-1] if input_shape else None
        units = positive(config, "units", "output_dim")
        return (channels, units * GATES.get(class_name, 1)) if channels and units else None
    if class_name == "EinsumDense":
        return _einsum_kernel_shape(config, input_shape)
    size = kernel_size(class_name, config)
    if size is None or class_name in LOCALLY_CONNECTED:
        return None
    multiplier = positive(config, "depth_multiplier", default=1)
    filters = positive(config, "filters", "nb_filter")
    if class_name in DEPTHWISE_CONVOLUTIONS or slot == "depthwise_initializer":
        return (*size, channels, multiplier) if multiplier else None
    if filters is None:
        return None
    if class_name in SEPARABLE_CONVOLUTIONS:
        ones = (1,) * len(size)
        return (*ones, channels * multiplier, filters) if multiplier else None
    if class_name in TRANSPOSED_CONVOLUTIONS:
        return (*size, filters, channels)
    if class_name in CONVOLUTIONS:
        groups = positive(config, "groups", default=1) or 1
        return (*size, channels // groups, filters) if channels % groups == 0 else None
    if class_name.startswith("ConvLSTM"):
        return (*size, channels, filters * GATES[class_name])
    return None


def fan_axes(
    class_name: str, config: Mapping[str, Any], initializer: Mapping[str, Any], by_equation: bool
) -> FanAxes | None:
    """Return the axes that Keras counts the fans of a kernel along; None for its usual count.

    Parameters
    ----------
    class_name : str
        Class of the layer.
    config, initializer : Mapping
        Config of the layer and of the initializer.
    by_equation : bool
        Whether the release gives the axes of its equation to EinsumDense's initializer.
    """
    stated = [_axes(initializer.get(key)) for key in ("input_axes", "output_axes")]
    if stated[0] is not None and stated[1] is not None:
        return stated[0], stated[1]
    parts = _equation(config) if class_name == "EinsumDense" and by_equation else None
    if parts is None:
        return None
    _, kernel, output = parts
    inputs = tuple(index for index, axis in enumerate(kernel) if axis not in output)
    return inputs, tuple(index for index, axis in enumerate(kernel) if axis in output)


def bias_shape(
    class_name: str, config: Mapping[str, Any], output_shape: Shape | None
) -> tuple[int, ...] | None:
    """Return the shape of a layer's bias; None where it is not known or the layer is recurrent.

    One number a unit or channel; EinsumDense has an axis for each from its first of ``bias_axes``
    on, of size 1 where it is none of them.
    """
    if class_name in RECURRENT:
        return None
    if class_name != "EinsumDense":
        channels = channels_of(config, output_shape)
        return (channels,) if channels and channels <= _MOST_WEIGHTS else None
    parts, axes = _equation(config), config.get("bias_axes")
    if parts is None or not isinstance(axes, str) or not axes:
        return None
    letters, sizes = parts[2].rpartition("...")[2], _output_sizes(parts[2], config)
    if any(axis not in letters for axis in axes):
        return None
    shape = [
        sizes.get(axis) if axis in axes else 1
        for axis in letters[min(letters.index(axis) for axis in axes) :]
    ]
    known = tuple(n for n in shape if n)
    return known if all(shape) and math.prod(known) <= _MOST_WEIGHTS else None


def _axes(value: object) -> tuple[int, ...] | None:
    if not isinstance(value, list | tuple):
        return None
    if not all(isinstance(axis, int) and not isinstance(axis, bool) for axis in value):
        return None
    return tuple(value)


def kernel_of(
    class_name: str,
    config: Mapping[str, Any],
    slot: str,
    shape: tuple[int, ...],
    axes: FanAxes | None = None,
) -> Kernel | None:
    """Return the kernel with its fans; None where the true fan-in is not known.

    A depthwise kernel (..., c, m) sums its receptive field only; a transposed one (..., out, in)
    sums ``in`` times the share of the receptive field that its strides let meet one output;
    an EinsumDense kernel sums the axes that the equation contracts.

    Parameters
    ----------
    class_name, config : str, Mapping
        Class and config of the layer.
    slot : str
        Name of the initializer slot.
    shape : tuple of int
        Shape of the variable.
    axes : FanAxes, optional
        The axes that Keras counts along, see `fan_axes`.
    """
    if not shape or min(shape) <= 0:
        return None
    keras_fan_in, keras_fan_out = keras_fans(shape, axes)
    if max(math.prod(shape), keras_fan_in, keras_fan_out) > _MOST_WEIGHTS:
        return None
    receptive_field = math.prod(shape[:-2])
    fan_in = float(keras_fans(shape)[0])
    if class_name in DEPTHWISE_CONVOLUTIONS or slot == "depthwise_initializer":
        fan_in = float(receptive_field)
    elif class_name in TRANSPOSED_CONVOLUTIONS:
        strides = numbers(config.get("strides", 1), rank_of(class_name)) or (1,)
        fan_in = max(1.0, receptive_field / math.prod(strides)) * shape[-1]
    elif class_name == "EinsumDense":
        contracted = _contracted_size(config, shape)
        if contracted is None:
            return None
        fan_in = float(contracted)
    elif class_name in LOCALLY_CONNECTED:
        if len(shape) != 3:
            return None
        fan_in = float(shape[1])
    return Kernel(shape, fan_in, float(keras_fan_in), float(keras_fan_out))


def _equation(config: Mapping[str, Any]) -> tuple[str, str, str] | None:
    equation = config.get("equation")
    if not isinstance(equation, str):
        return None
    left, arrow, output = equation.replace(" ", "").partition("->")
    inputs, comma, kernel = left.partition(",")
    return (inputs, kernel, output) if arrow and comma and kernel.isalpha() else None


def _contracted_size(config: Mapping[str, Any], shape: tuple[int, ...]) -> int | None:
    parts = _equation(config)
    if parts is None or len(parts[1]) != len(shape):
        return None
    return math.prod(
        size for axis, size in zip(parts[1], shape, strict=True) if axis not in parts[2]
    )


def einsum_sizes(
    config: Mapping[str, Any], input_shape: Shape
) -> tuple[str, str, dict[str, int | None]] | None:
    """Return the letters of an EinsumDense's input and output, and the sizes that they stand for.

    None where its equation is none. Those of the batch and of an ellipsis are left out.
    """
    parts = _equation(config)
    if parts is None:
        return None
    inputs, _, output = parts
    sizes = _output_sizes(output, config)
    for axis, size in _last_sizes(inputs, input_shape[1:]).items():
        sizes[axis] = size or sizes.get(axis)
    return inputs, output, sizes


def _einsum_kernel_shape(
    config: Mapping[str, Any], input_shape: Shape | None
) -> tuple[int, ...] | None:
    parts = _equation(config)
    found = None if input_shape is None else einsum_sizes(config, input_shape)
    if parts is None or found is None:
        return None
    shape = tuple(found[2].get(axis) for axis in parts[1])
    known = tuple(n for n in shape if n)
    return known if all(shape) and math.prod(known) <= _MOST_WEIGHTS else None


def _output_sizes(output: str, config: Mapping[str, Any]) -> dict[str, int | None]:
    given = config.get("output_shape")
    return _last_sizes(output, given if isinstance(given, list | tuple) else [given])


def _last_sizes(axes: str, shape: Sequence[object]) -> dict[str, int | None]:
    """Return the sizes of the last axes: the batch and an ellipsis stand in front."""
    letters = axes.rpartition("...")[2]
    return {
        axis: size if isinstance(size, int) else None
        for axis, size in zip(reversed(letters), reversed(shape), strict=False)
    }
