"""Ways to damage bytes and JSON, each drawn from a random generator."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

Path = tuple[str | int, ...]

_NUMBERS = (0, 1, 2, 8, 127, 128, 255, 256, 0xFFFF, 1 << 31, (1 << 32) - 1, 1 << 40, (1 << 64) - 1)
_SCALARS: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 3, 7, 1 << 31, 1 << 63, -(1 << 63), 10**30, 0.0, -0.0, 0.5,
    1.0, -1.0, 1e-308, 1e308, float("inf"), float("-inf"), float("nan"), "", "selu", "lecun_normal",
    "GlorotUniform", "VarianceScaling", "Dropout", "Dense", "Functional", "Sequential", "Lambda",
    "TimeDistributed", "Bidirectional", "channels_first", "same", "\x1b[2J", "a\nb", "\ud800",
    "\u202e", "/", "..", "None", "x" * 5000,
)  # fmt: skip
_CONTAINERS: tuple[Any, ...] = (
    [], {}, [[]], [None], [None, None], [0, 0, 0], [-1], [1 << 40] * 4, {"class_name": "Dense"},
    {"class_name": None, "config": None}, {"class_name": "__tuple__", "items": [None]},
    {"class_name": "VarianceScaling", "config": {"scale": -1, "mode": 3, "distribution": []}},
)  # fmt: skip


def damaged(data: bytes, others: Sequence[bytes], random: random.Random) -> bytes:
    """Return bytes with bits turned, numbers set, parts moved, spliced in or cut off."""
    result = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
        place = random.randrange(len(result) + 1)
        size = random.choice((1, 2, 4, 8))
        kind = random.randrange(7)
        if kind == 0 and place < len(result):
            result[place] ^= 1 << random.randrange(8)
        elif kind == 1:
            number = random.choice(_NUMBERS) % (1 << 8 * size)
            result[place : place + size] = number.to_bytes(size, "little")
        elif kind == 2 and place < len(result):
            result[place] = random.randrange(256)
        elif kind == 3:
            source = random.randrange(len(result) + 1)
            length = 8 * random.randrange(1, 65)
            result[place : place + length] = result[source : source + length]
        elif kind == 4:
            other = random.choice(others)
            source = random.randrange(len(other) + 1)
            length = random.choice((8, 64, 512, 4096))
            result[place : place + length] = other[source : source + length]
        elif kind == 5:
            del result[place : place + random.choice((1, 8, 512))]
        elif kind == 6 and random.random() < 0.3:
            del result[place:]
    return bytes(result)


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the path of keys and indices of every value inside JSON data."""
    if path:
        yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from paths(inner, (*path, index))


def altered(value: Any, places: Sequence[Path], pool: Sequence[Any], random: random.Random) -> Any:
    """Return JSON data of which some values are replaced, dropped, doubled or moved.

    Parameters
    ----------
    value : JSON data
        The original, which is not changed.
    places : sequence of paths
        Those of `paths` of the original.
    pool : sequence of JSON data
        Values of any model, to be put in.
    random : random.Random
        Decides.
    """
    for _ in range(random.choice((1, 1, 2, 3, 5))):
        place = random.choice(places)
        change = random.randrange(8)
        if change == 0:
            new: Any = random.choice(_CONTAINERS)
        elif change <= 3:
            new = random.choice(_SCALARS)
        elif change <= 5:
            new = random.choice(pool)
        else:
            new = (_drop, _double, _wrap, _nest)[random.randrange(4)]
        value = _set(value, place, new)
    return value


def _drop(value: Any) -> list[Any]:
    return []


def _double(value: Any) -> list[Any]:
    return [value, value]


def _wrap(value: Any) -> list[Any]:
    return [[value]]


def _nest(value: Any) -> list[Any]:
    return [{"class_name": "Wrapper", "config": {"name": "w", "layer": value}}]


def _set(value: Any, path: Path, new: Any) -> Any:
    """Return a copy with the value at the path replaced; the same where there is no such path."""
    key, rest = path[0], path[1:]
    if isinstance(value, dict) and key in value:
        if rest:
            return {**value, key: _set(value[key], rest, new)}
        if new is _drop:
            return {name: inner for name, inner in value.items() if name != key}
        return {**value, key: new(value[key])[0] if callable(new) else new}
    if isinstance(value, list) and isinstance(key, int) and key < len(value):
        if rest:
            inner = [_set(value[key], rest, new)]
        else:
            inner = new(value[key]) if callable(new) else [new]
        return [*value[:key], *inner, *value[key + 1 :]]
    return value
