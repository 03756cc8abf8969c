"""Reading values of a layer's config, which may be anything that JSON can hold."""

from __future__ import annotations

import math


def finite_number(value: object) -> float | None:
    """Return a JSON value as a finite number; None if it is none (true and false are not)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
