"""Reading values of a layer's config, which may be anything that JSON can hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

UNKNOWN: Mapping[str, Any] = {"class_name": "unknown", "config": {}, "module": "source"}
"""Stands in source code for a value that is not known: no number, text or list."""

LARGEST = 2.0**128
"""From here on a number is infinite in single precision, in which Keras computes."""


def finite_number(value: object) -> float | None:
    """Return a JSON value as a number below `LARGEST`; None if it is none (true is none)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if abs(number) < LARGEST else None
