"""The bytes that values have in a weights file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

FLOATS = frozenset({"float16", "bfloat16", "float32", "float64"})
"""The types that kernels are drawn in."""


def stored_bytes(values: NDArray[Any], dtype: str) -> bytes:
    """Return values rounded to a type of ``FLOATS``, as little-endian bytes."""
    import numpy as np

    if dtype != "bfloat16":
        return values.astype(np.dtype(dtype).newbyteorder("<")).tobytes()
    words = values.astype("<f4").view("<u4")
    # Round to the nearest, to the even one of two.
    words = (words + 0x7FFF + ((words >> 16) & 1)) >> 16
    return bytes(words.astype("<u2").tobytes())
