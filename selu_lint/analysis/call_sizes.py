"""The sizes that the theory needs of a call: how wide it is, and what it does along each axis."""

from __future__ import annotations

import math
from typing import Any, Literal

from selu_lint.model.kernels import (
    Shape,
    channels_first,
    channels_of,
    kernel_size,
    numbers,
    rank_of,
)
from selu_lint.model.layer_kinds import ADAPTIVE_POOLINGS, ALL_POOLINGS, POOLINGS
from selu_lint.model.layers import Call
from selu_lint.theory.borders import Axis

_MOST_TAPS = 1 << 22


def width_of(call: Call) -> float:
    """Return the number of independent values behind a call: its channels or units."""
    channels = channels_of(call.layer.config, call.output_shape)
    return float(channels) if channels else math.inf


def _space(call: Call, shape: Shape | None) -> tuple[int, ...] | None:
    """Return the spatial sizes of a tensor; None where one is not known."""
    if shape is None or len(shape) < 3:
        return None
    space = shape[2:] if channels_first(call.layer.config) else shape[1:-1]
    known = tuple(size for size in space if size is not None and size > 0)
    return known if len(known) == len(space) else None


def positions_of(call: Call, shape: Shape | None) -> float | None:
    """Return the number of positions in a tensor; None where it is not known."""
    space = _space(call, shape)
    if space is not None:
        return float(math.prod(space))
    return 1.0 if shape is not None and len(shape) == 2 else None


def windows_of(call: Call) -> tuple[int, ...] | None:
    """Return the sizes of what a convolution or pooling looks at; None where not known."""
    kind, config = call.layer.class_name, call.layer.config
    if kind.startswith("Global"):
        return _space(call, call.input_shape)
    if kind in ADAPTIVE_POOLINGS:
        return _equal_windows(_space(call, call.input_shape), _space(call, call.output_shape))
    if kind in POOLINGS:
        return numbers(config.get("pool_size", config.get("pool_length", 2)), rank_of(kind))
    return kernel_size(kind, config) if rank_of(kind) else None


def _equal_windows(
    before: tuple[int, ...] | None, behind: tuple[int, ...] | None
) -> tuple[int, ...] | None:
    """Return the windows of an adaptive pooling; None where they are not all of one size."""
    if before is None or behind is None:
        return None
    pairs = list(zip(before, behind, strict=True))
    if any(size % count for size, count in pairs):
        return None
    return tuple(size // count for size, count in pairs)


def axes_of(call: Call) -> list[Axis]:
    """Return what a convolution or pooling does along each axis; none where it is not known."""
    kind, config = call.layer.class_name, call.layer.config
    windows, space = windows_of(call), _space(call, call.input_shape)
    if windows is None or space is None or len(space) != len(windows):
        return []
    default: Any = list(windows) if kind in ALL_POOLINGS else 1
    strides = numbers(config.get("strides") or config.get("subsample") or default, len(space))
    dilation = numbers(config.get("dilation_rate", 1), len(space))
    padding = config.get("padding", config.get("border_mode", "valid"))
    if strides is None or dilation is None or padding not in ("valid", "same", "causal"):
        return []
    # Sizes that no memory holds: what their borders do is not worth counting.
    if any(size * window > _MOST_TAPS for size, window in zip(space, windows, strict=True)):
        return []
    how: Literal["valid", "same", "causal"] = padding
    return [
        Axis(size, window, stride, rate, how)
        for size, window, stride, rate in zip(space, windows, strides, dilation, strict=True)
    ]


def padded_axes(call: Call) -> list[tuple[int, int, int]] | None:
    """Return size, zeros before and zeros behind along each axis; None where not known."""
    given, behind = _space(call, call.input_shape), _space(call, call.output_shape)
    if given is None or behind is None or max(behind) > _MOST_TAPS:
        return None
    padding = call.layer.config.get("padding", 1)
    axes = []
    for axis, (size, longer) in enumerate(zip(given, behind, strict=True)):
        before = (longer - size) // 2
        if isinstance(padding, list) and len(padding) == len(given) > 1:
            pair = padding[axis]
            first = pair[0] if isinstance(pair, list) and pair else pair
            before = first if isinstance(first, int) else before
        axes.append((size, before, longer - size - before))
    return axes
