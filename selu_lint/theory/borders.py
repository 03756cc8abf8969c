"""How the borders of an image change its second moment: zero padding and what convolutions sum.

The second moment at a position is the mean one times a factor per axis, its profile. A profile has
the mean 1 over its axis. An unknown one is uniform.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

Profile = tuple[float, ...]


class Axis(NamedTuple):
    """What a convolution or a pooling does along one axis.

    Attributes
    ----------
    size : int
        Positions of its input.
    window : int
        Size of the kernel or of the pool.
    stride, dilation : int
        Its steps.
    padding : {"valid", "same", "causal"}
        As in Keras.
    """

    size: int
    window: int
    stride: int = 1
    dilation: int = 1
    padding: Literal["valid", "same", "causal"] = "valid"

    def taps(self) -> tuple[range, ...]:
        """Return the positions that each output looks at, some of them outside of the input."""
        extent = (self.window - 1) * self.dilation + 1
        outputs, first = -(-self.size // self.stride), 0
        if self.padding == "valid":
            outputs = max((self.size - extent) // self.stride + 1, 0)
        elif self.padding == "causal":
            first = 1 - extent
        else:
            first = -(max((outputs - 1) * self.stride + extent - self.size, 0) // 2)
        starts = range(first, first + outputs * self.stride, self.stride)
        return tuple(range(start, start + extent, self.dilation) for start in starts)


def convolved(
    profiles: Sequence[Profile], axes: Sequence[Axis]
) -> tuple[float, tuple[Profile, ...]]:
    """Return the share of its gain that a convolution reaches, and the profiles behind it.

    The share is below 1 where taps fall on padding.

    Parameters
    ----------
    profiles : sequence of Profile
        One for each axis, or none where they are not known.
    axes : sequence of Axis
        What it does along each axis.
    """
    sums = [
        [
            math.fsum(profile[tap] for tap in taps if 0 <= tap < axis.size) / axis.window
            for taps in rows
        ]
        for profile, axis, rows in _matched(profiles, axes)
    ]
    share = math.prod(_mean(values) for values in sums)
    return share, tuple(normalized(values) for values in sums)


def agreement(profiles: Sequence[Profile], axes: Sequence[Axis]) -> tuple[float, float]:
    """Return how a convolution changes the correlation of two positions, and of neighbours.

    Where borders are padded, a position there lacks taps that others have. Neighbours are those of
    windows of two. The parameters are those of `convolved`.

    Returns
    -------
    tuple of float
        The factors of both correlations.
    """
    apart, near = 1.0, 1.0
    for profile, axis, rows in _matched(profiles, axes):
        sizes = [math.sqrt(value) for value in profile]
        seen = [
            [sizes[place] if 0 <= place < axis.size else 0.0 for place in places]
            for places in zip(*rows, strict=True)
        ]
        own = math.fsum(size**2 for row in seen for size in row) / max(len(rows), 1)
        if own == 0:
            continue
        apart *= math.fsum(_mean(row) ** 2 for row in seen) / own / _mean(sizes) ** 2
        pairs = [
            first * second
            for row in seen
            for first, second in zip(row[::2], row[1::2], strict=False)
        ]
        near *= 1 + (_mean(pairs) * axis.window / own if pairs else 1.0)
    # A window of two along each axis has neighbours along one axis and along several.
    return apart, (near - 1) / (2 ** len(axes) - 1) if axes else 1.0


def pooled(profiles: Sequence[Profile], axes: Sequence[Axis]) -> tuple[Profile, ...]:
    """Return the profiles behind a pooling, which leaves padding out."""
    return tuple(
        normalized([_mean([profile[tap] for tap in taps if 0 <= tap < axis.size]) for taps in rows])
        for profile, axis, rows in _matched(profiles, axes)
    )


def padded(
    profiles: Sequence[Profile], axes: Sequence[tuple[int, int, int]]
) -> tuple[float, tuple[Profile, ...]]:
    """Return the share of positions that ZeroPadding leaves to values, and the profiles behind it.

    Parameters
    ----------
    profiles : sequence of Profile
        One for each axis, or none where they are not known.
    axes : sequence of (int, int, int)
        Size of the input, zeros before and zeros behind it.
    """
    known = profiles if len(profiles) == len(axes) else [(1.0,) * size for size, _, _ in axes]
    longer = [
        (*(0.0,) * before, *profile, *(0.0,) * behind)
        for profile, (_, before, behind) in zip(known, axes, strict=True)
    ]
    share = math.prod(size / (size + before + behind) for size, before, behind in axes)
    return share, tuple(normalized(values) for values in longer)


def raised(profiles: Sequence[Profile], exponent: float) -> tuple[Profile, ...]:
    """Return the profiles behind a map of second moments that acts as this power."""
    return tuple(normalized([value**exponent for value in profile]) for profile in profiles)


def diluted(profiles: Sequence[Profile], share: float) -> tuple[Profile, ...]:
    """Return the profiles after something uniform was added, with ``share`` of what was there."""
    if share == 1:
        return tuple(profiles)
    part = share ** (1 / max(len(profiles), 1))
    return tuple(tuple(part * value + 1 - part for value in profile) for profile in profiles)


def relative_variance(profiles: Sequence[Profile]) -> float:
    """Return the relative variance of the second moment over the positions."""
    return math.prod(_mean([value**2 for value in profile]) for profile in profiles) - 1


def normalized(values: Sequence[float]) -> Profile:
    """Return the values divided by their mean; uniform ones if all are 0."""
    mean = _mean(values)
    return tuple(value / mean for value in values) if mean > 0 else (1.0,) * len(values)


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else 0.0


def _matched(
    profiles: Sequence[Profile], axes: Sequence[Axis]
) -> list[tuple[Profile, Axis, tuple[range, ...]]]:
    known = len(profiles) == len(axes) and all(
        len(profile) == axis.size for profile, axis in zip(profiles, axes, strict=True)
    )
    used = profiles if known else [(1.0,) * axis.size for axis in axes]
    return [(profile, axis, axis.taps()) for profile, axis in zip(used, axes, strict=True)]
