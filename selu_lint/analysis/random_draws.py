"""Which numbers Keras's random initializers can draw, bit for bit.

A uniform draw is a whole number of 2⁻²³ (2⁻²⁴ in PyTorch), times the width, plus the lower bound; a
normal draw is a float32 times the standard deviation. Only some of all float32 are such numbers,
and a training step leaves nearly no value among them: no statistic tells a kernel after a few small
steps from a draw, its bits do. Source: ``random_uniform`` and ``truncated_normal`` of TensorFlow,
``jax.random.uniform``, ``torch.Tensor.uniform_``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from selu_lint.model.initializers import Initializer, initializer_of, truncated_normal_stddev

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values: TypeAlias = NDArray[np.float32]
    Grid: TypeAlias = Callable[[Values], NDArray[np.bool_]]

_BLOCK = 1 << 20
_CERTAIN = 16.0
"""−ln of the chance that values which were all changed still look drawn: one in ten million."""

_LEAST_CHANCE = 0.25
_ROUNDED_BITS = 13
_CANDIDATES = (
    "GlorotUniform",
    "GlorotNormal",
    "HeUniform",
    "HeNormal",
    "LecunUniform",
    "LecunNormal",
)


def candidates(initializer: Initializer) -> Iterator[Initializer]:
    """Yield an initializer and the others of Keras that may have drawn before it was set."""
    yield initializer
    if initializer.distribution in ("normal", "uniform"):
        yield from (initializer_of(name, {}) for name in _CANDIDATES if name != initializer.name)


def is_draw(values: NDArray[np.generic], initializer: Initializer, moment: float) -> bool | None:
    """Whether every value is one that an initializer draws; None where their bits cannot tell.

    They cannot in other types than float32, for draws that are not scaled (Orthogonal), for
    standard deviations near a power of two, and for a handful of values.

    Parameters
    ----------
    values : array
        The values of a kernel.
    initializer : Initializer
        What may have drawn them.
    moment : float
        The second moment that it draws with.
    """
    import numpy as np

    variance = moment - initializer.mean**2
    if values.dtype != np.float32 or not values.size or not variance > 0:
        return None
    flat: Values = np.asarray(values, np.float32).ravel()
    grids = list(_grids(initializer, variance))
    if not grids:
        return None
    # Pruned values and those of a narrower type lie on many grids, and were not drawn.
    rounded = int(np.count_nonzero(flat.view(np.int32) & ((1 << _ROUNDED_BITS) - 1) == 0))
    if rounded > 2 + flat.size / 16:
        return False
    for grid in grids:
        if all(bool(grid(block).all()) for block in _blocks(flat)):
            by_chance = sum(int(grid(_beside(block)).sum()) for block in _blocks(flat)) / flat.size
            certainty = -np.unique(flat[:_BLOCK]).size * math.log(max(by_chance, _LEAST_CHANCE))
            return True if certainty >= _CERTAIN else None
    return False


def _grids(initializer: Initializer, variance: float) -> Iterator[Grid]:
    if initializer.distribution == "uniform":
        half = math.sqrt(3 * variance)
        for bits in (23, 24):
            for fused in (False, True):
                yield _uniform(initializer.mean - half, initializer.mean + half, bits, fused)
    elif initializer.distribution == "normal" and initializer.mean == 0:
        truncated = initializer.scale is not None or initializer.name.startswith("Truncated")
        deviation = truncated_normal_stddev(variance) if truncated else math.sqrt(variance)
        yield _scaled(deviation)
        # PyTorch scales the inverse error function.
        yield _scaled(deviation * math.sqrt(2))


def _uniform(low: float, high: float, bits: int, fused: bool) -> Grid:
    import numpy as np

    start = np.float32(low)
    width = np.float32(np.float32(high) - start)

    def holds(values: Values) -> NDArray[np.bool_]:
        nearest = np.rint((values.astype(np.float64) - float(start)) / float(width) * 2.0**bits)
        found = np.zeros(values.shape, bool)
        for step in (-1, 0, 1):
            share = (nearest + step) * 2.0**-bits
            if fused:
                drawn = (share * float(width) + float(start)).astype(np.float32)
            else:
                drawn = share.astype(np.float32) * width + start
            found |= (drawn == values) & (share >= 0) & (share < 1)
        return found

    return holds


def _scaled(deviation: float) -> Grid:
    import numpy as np

    factor = np.float32(deviation)

    def holds(values: Values) -> NDArray[np.bool_]:
        middle = values / factor
        found = np.zeros(values.shape, bool)
        for unscaled in (np.nextafter(middle, -np.inf), middle, np.nextafter(middle, np.inf)):
            found |= unscaled * factor == values
        return found

    return holds


def _beside(values: Values) -> Values:
    """Return numbers a few units in the last place away, as a training step leaves them."""
    import numpy as np

    index = np.arange(values.size)
    away = (index * 7919 % 61 + 1) * np.where(index % 2, 1, -1)
    return (values.view(np.int32) + away.astype(np.int32)).view(np.float32)


def _blocks(flat: Values) -> Iterator[Values]:
    return (flat[start : start + _BLOCK] for start in range(0, len(flat), _BLOCK))
