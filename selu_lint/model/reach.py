"""Layers that reach a place, or are reached from it: the nearest by name, whether there are more.

A fact that is united along a graph stays small, however many layers there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

_KEPT = 16
_NAMED = 3


class Reach:
    """Some layers, the nearest first.

    Printed it names three of them and counts the rest; iterated it yields the paths, sorted.

    Parameters
    ----------
    nearest : tuple of (int, str)
        The 16 nearest: distance, in any measure that grows with it, and path.
    more : bool
        Whether there are more than these.
    """

    def __init__(self, nearest: tuple[tuple[int, str], ...] = (), more: bool = False) -> None:
        self.nearest = nearest
        self.more = more

    def __bool__(self) -> bool:
        return bool(self.nearest)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(path for _, path in self.nearest))

    def __str__(self) -> str:
        return self.text(self.named)

    @property
    def named(self) -> tuple[str, ...]:
        """The paths of those that a sentence names, sorted."""
        return tuple(sorted(path for _, path in self.nearest[:_NAMED]))

    def text(self, names: Sequence[str]) -> str:
        """Return names of those that are ``named``, and how many more there are."""
        rest, few = len(self.nearest) - len(names), ", ".join(names)
        if self.more:
            return f"{few} and more than {rest} others"
        return f"{few} and {rest} {'other' if rest == 1 else 'others'}" if rest else few

    def data(self, key: str) -> dict[str, Any]:
        """Return the paths as a finding's data: under ``key``, and whether there are more."""
        found: dict[str, Any] = {key: list(self)}
        return found | {f"{key}_more": True} if self.more else found


def united(reaches: Iterable[Reach]) -> Reach:
    """Return the nearest of all, each once."""
    given = [reach for reach in reaches if reach]
    if len(given) < 2:
        return given[0] if given else Reach()
    found: dict[str, int] = {}
    for distance, path in (each for reach in given for each in reach.nearest):
        found[path] = min(distance, found.get(path, distance))
    order = sorted((distance, path) for path, distance in found.items())
    more = len(order) > _KEPT or any(reach.more for reach in given)
    return Reach(tuple(order[:_KEPT]), more)
