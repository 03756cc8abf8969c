"""The groups of ``model.weights.h5`` that get other names when layers get other classes.

Keras finds a layer's group by its class and a counter, such as ``layers/dropout_1``. Dropouts keep
nothing in theirs, so nothing has to move for them; but where a layer with variables is counted
together with a replaced one, its group has to be renumbered.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from selu_lint.formats.hdf5_reader.file import Node, open_root
from selu_lint.limits import Limits
from selu_lint.model.dialects import snake_case
from selu_lint.model.layer_tree import LayerTree, Place
from selu_lint.processes import hdf5_library

Renames = tuple[tuple[str, str], ...]
"""Paths of groups before and after."""


def renames(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    open_weights: Callable[[], Node],
    limits: Limits,
) -> Renames:
    """Return the groups that have to move, deepest first.

    Parameters
    ----------
    old, new : Mapping
        The architecture before and after; only classes differ.
    open_weights : callable
        Opens the weights file; called only where a name changes.
    limits : Limits
        Bounds on the layers and on how deep their groups lie.
    """
    found: list[tuple[str, str]] = []
    lists = [
        moved
        for moved in _lists(LayerTree(old, limits).root, LayerTree(new, limits).root, "")
        if any(before != after for before, after in moved)
    ]
    if not lists:
        return ()
    root, depth = open_weights(), limits.object_depth
    for moved in lists:
        there = [(before, after) for before, after in moved if root.find(before) is not None]
        changed = [root.find(before) for before, after in there if before != after]
        if any(_holds_data(node, depth, limits) for node in changed):
            found += [(before, after) for before, after in there if before != after]
    return tuple(sorted(found, key=lambda pair: (-pair[0].count("/"), pair)))


def _lists(old: Place, new: Place, path: str) -> Iterator[list[tuple[str, str]]]:
    """Yield, for each list of layers, the paths of their groups before and after."""
    names = [_names(place) for place in (old, new)]
    moved: dict[str, list[tuple[str, str]]] = {}
    for before, after in zip(old.children, new.children, strict=True):
        own = names[0][before]
        if before.listed:
            moved.setdefault(before.attribute, []).append(
                (f"{path}{own}", f"{path}{names[1][after]}")
            )
        yield from _lists(before, after, f"{path}{own}/")
    yield from moved.values()


def _names(owner: Place) -> dict[Place, str]:
    counts: dict[tuple[str, str], int] = {}
    names: dict[Place, str] = {}
    for place in owner.children:
        if not place.listed:
            names[place] = place.attribute
            continue
        stem = snake_case(place.class_name)
        if place.operation:
            names[place] = f"{place.attribute}/{stem}"
            continue
        count = counts.get((place.attribute, stem), 0)
        counts[place.attribute, stem] = count + 1
        names[place] = f"{place.attribute}/{stem}_{count}" if count else f"{place.attribute}/{stem}"
    return names


def _holds_data(node: Node | None, depth: int, limits: Limits) -> bool:
    if node is None or node.is_dataset:
        return node is not None
    if not depth:
        raise limits.exceeded("object_depth", "groups in the weights are nested", "deep")
    return any(_holds_data(node.child(name), depth - 1, limits) for name in node.links)


def move(path: str, moved: Renames, limits: Limits) -> None:
    """Rename groups of the weights file at a path.

    Raises
    ------
    SeluLintError
        If the file is broken, or the HDF5 library cannot change it.
    """
    if not moved:
        return
    with open(path, "rb") as file:
        names = open_root(file, limits).links
    groups = itertools.groupby(_as_stored(moved, names), lambda pair: pair[0].rpartition("/")[0])
    hdf5_library.change(path, moves=[step for _, pairs in groups for step in _steps(list(pairs))])


def _as_stored(moved: Renames, names: Iterable[str]) -> Renames:
    """Return the renames as a file needs them whose names Windows joined, with backslashes."""
    folded = [name for name in names if "\\" in name]
    if not folded:
        return moved
    new = {before.replace("/", "\\"): after.replace("/", "\\") for before, after in moved}
    found = []
    for name in folded:
        parts = name.split("\\")
        # Each group around it, and it itself, may get another name.
        after = list(parts)
        for length in range(len(parts), 0, -1):
            to = new.get("\\".join(parts[:length]))
            if to is not None:
                after[length - 1] = to.rpartition("\\")[2]
        if after != parts:
            found.append((name, "\\".join(after)))
    return tuple(found)


def _steps(moved: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield how groups of one list move; names may be swapped, so all step aside first."""
    aside = [f"{before.rpartition('/')[0]}/.moving_{n}" for n, (before, _) in enumerate(moved)]
    yield from ((before, other) for (before, _), other in zip(moved, aside, strict=True))
    yield from ((other, after) for (_, after), other in zip(moved, aside, strict=True))
