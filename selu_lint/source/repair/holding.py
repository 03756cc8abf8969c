"""Comparing repaired code with what it should be, before it is written."""

from __future__ import annotations

import ast
import json
import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from selu_lint.findings import Replacement
from selu_lint.model.config_values import finite_number
from selu_lint.model.dialects import read_initializer
from selu_lint.model.edits import EditConflictError, apply_edits
from selu_lint.model.layer_kinds import ALL_DROPOUTS
from selu_lint.source.analysis import Analysis
from selu_lint.source.graph import SourcePath
from selu_lint.source.repair.listing import Listing
from selu_lint.source.repair.names import Names
from selu_lint.source.repair.uses import Change, Uses
from selu_lint.source.serializing import is_initializer

_TOLERANCE = 1e-3
_BODIES = ("body", "orelse", "finalbody", "handlers", "cases")


def fault(
    before: Listing,
    after: Listing,
    uses: Uses,
    analysis: Analysis,
    changes: Iterable[Change],
    replacements: Sequence[Replacement],
) -> str:
    """Return why repaired code is not what it should be; nothing if it is.

    Parameters
    ----------
    before, after : Listing
        The code before and after.
    uses : Uses
        What it made before.
    analysis : Analysis
        What it makes.
    changes : iterable of Change
        What should have become of what it made.
    replacements : sequence of Replacement
        What was written.
    """
    if after.text.recovered:
        return "the result could not be read as a whole"
    if not _same_elsewhere(before, after, replacements):
        return "more than the edited statements would change"
    if _unbound(before.names, after.names):
        return "the result would name what nothing binds"
    try:
        expected = _described(_edited(uses.paths, changes))
    except EditConflictError:
        return "its repairs contradict each other"
    found = _described(
        (each.architecture, each.calls)
        for each in (*(graph.path for graph in analysis.graphs), *analysis.others)
    )
    if expected.keys() != found.keys():
        return "the result would build something else than it should"
    for key, rates in expected.items():
        if not _close(rates, found[key]):
            return "the result would have other rates than it should"
    return ""


def _unbound(before: Names, after: Names) -> bool:
    """Whether names have lost what bound them, or are new where everything was bound."""
    new = after.unbound - before.unbound
    return bool(new) and (not before.unbound or any(map(before.is_bound, new)))


def _edited(
    paths: Sequence[SourcePath], changes: Iterable[Change]
) -> Iterator[tuple[Mapping[str, Any], object]]:
    edits: dict[int, dict[str, Any]] = {}
    for number, edit in changes:
        known = edits.setdefault(number, {}).setdefault(edit.pointer, edit)
        if known != edit:
            raise EditConflictError(edit.pointer)
    for number, path in enumerate(paths):
        yield apply_edits(path.architecture, edits.get(number, {}).values()), path.calls


def _described(models: Iterable[tuple[Mapping[str, Any], object]]) -> dict[str, set[Any]]:
    """Return what models are, their rates apart, which a computation gives only nearly."""
    found: dict[str, set[Any]] = {}
    for architecture, calls in models:
        rates: list[float] = []
        layers = [_plain(each, rates) for each in architecture["config"]["layers"]]
        key = json.dumps([layers, calls], sort_keys=True, default=str)
        found.setdefault(key, set()).add(tuple(rates))
    return found


def _plain(serialized: Mapping[str, Any], rates: list[float]) -> dict[str, Any]:
    """Return a layer with its initializers as what they draw, and its rate taken out."""
    plain: dict[str, Any] = {}
    dropout = serialized["class_name"] in ALL_DROPOUTS
    for key, value in serialized["config"].items():
        if key in ("layer", "cell") and isinstance(value, dict):
            plain[key] = _plain(value, rates)
        elif is_initializer(key):
            drawn = read_initializer(value)
            plain[key] = str(drawn._replace(name="")) if drawn.known else value
        elif dropout and key in ("rate", "p") and (rate := finite_number(value)) is not None:
            rates.append(rate)
            plain["rate"] = "a number"
        else:
            plain["rate" if dropout and key == "p" else key] = value
    return {"class_name": serialized["class_name"], "config": plain}


def _close(expected: set[tuple[float, ...]], found: set[tuple[float, ...]]) -> bool:
    return all(any(_near(one, other) for other in found) for one in expected) and all(
        any(_near(one, other) for one in expected) for other in found
    )


def _near(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    pairs = zip(one, other, strict=True)
    return all(math.isclose(a, b, rel_tol=_TOLERANCE, abs_tol=1e-4) for a, b in pairs)


class _Statement(NamedTuple):
    node: ast.AST
    own: str
    around: _Statement | None


def _same_elsewhere(before: Listing, after: Listing, written: Sequence[Replacement]) -> bool:
    """Whether the statements that no replacement lies in are what they were, in their order."""
    old = list(_statements(before.text.tree))
    new = iter(_statements(after.text.tree))
    touched = _around(before, old, written)
    for statement in old:
        found, same = next(new, None), id(statement.node) not in touched
        if found is not None and isinstance(found.node, ast.ImportFrom):
            expected = isinstance(statement.node, ast.ImportFrom)
            if not expected or (same and found.own != statement.own):
                # One that was added stands behind another.
                found = next(new, None)
        if found is None or type(found.node) is not type(statement.node):
            return False
        if same and found.own != statement.own:
            return False
    return all(isinstance(each.node, ast.ImportFrom) for each in new)


def _around(
    listing: Listing, statements: Sequence[_Statement], written: Iterable[Replacement]
) -> set[int]:
    """Return the innermost statements that replacements lie in, by their identities."""
    spans = {
        id(each.node): listing.span(each.node)
        for each in statements
        if hasattr(each.node, "lineno")
    }
    placed = sorted(
        (each for each in statements if id(each.node) in spans),
        key=lambda each: spans[id(each.node)][0],
    )
    starts = [spans[id(each.node)][0] for each in placed]
    found: set[int] = set()
    for each in written:
        last = bisect_right(starts, each.start)
        statement = placed[last - 1] if last else None
        while statement is not None:
            if id(statement.node) in spans and each.end <= spans[id(statement.node)][1]:
                found.add(id(statement.node))
                break
            statement = statement.around
    return found


def _statements(node: ast.AST, around: _Statement | None = None) -> Iterator[_Statement]:
    """Yield the statements of a tree in order, each with what is its own and in no other."""
    for name in _BODIES:
        for each in getattr(node, name, None) or ():
            if not isinstance(each, ast.AST) or isinstance(each, ast.expr):
                continue
            own = [
                (field, ast.dump(value) if isinstance(value, ast.AST) else _dumped(value))
                for field, value in ast.iter_fields(each)
                if field not in _BODIES
            ]
            statement = _Statement(each, str(own), around)
            yield statement
            yield from _statements(each, statement)


def _dumped(value: object) -> str:
    if isinstance(value, list):
        return str([ast.dump(each) if isinstance(each, ast.AST) else each for each in value])
    return repr(value)
