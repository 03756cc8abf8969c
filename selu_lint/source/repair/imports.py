"""The imports that bring what repairs name."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from selu_lint.findings import Replacement
from selu_lint.source.repair.listing import Listing
from selu_lint.source.repair.names import FUNCTIONS, Imported

_HOMES = ("layers", "initializers")
_JOINED = frozenset({"layers", "noise", "initializers", "keras"})


class Needed(NamedTuple):
    """A name that a repair writes.

    Attributes
    ----------
    name : str
        The name.
    beside : str
        A name whose import it comes beside: that of what it replaces.
    node : ast.Name
        Where that stands.
    replaces : bool
        Whether it stands in its place, so that the other may not be needed any longer.
    home : str
        The part of Keras that it lies in, where it is another: ``initializers``.
    """

    name: str
    beside: str
    node: ast.Name
    replaces: bool = True
    home: str = ""


def imported_as(listing: Listing, node: ast.Name) -> str | None:
    """Return what a name is in the module that it is imported from.

    None where something else than an import binds it; the name itself where nothing does, or only
    ``import *`` can.
    """
    found = _bindings(listing, node)
    if found:
        names = {each.alias.name for each in found}
        return names.pop() if len(names) == 1 else None
    return None if listing.names.is_bound(node.id) else node.id


def name_for(listing: Listing, node: ast.Name, wanted: str, home: str = "") -> str | None:
    """Return by which name something can be had where a name stands; None if that is taken."""
    for each in _visible(listing, node):
        module = each.statement.module or ""
        if each.alias.name == wanted and ("keras" in module or not home):
            return each.bound
    return None if listing.names.is_bound(wanted) else wanted


def replacements(listing: Listing, needed: Iterable[Needed]) -> list[Replacement]:
    """Return what is to be changed in the imports so that all names are there."""
    wanted: dict[tuple[int, str], tuple[Imported, list[Needed]]] = {}
    needed = list(needed)
    named = {need.name for need in needed}
    for need in needed:
        for each in _bindings(listing, need.node) or _stars(listing, need):
            key = (id(each.alias), need.name)
            wanted.setdefault(key, (each, []))[1].append(need)
    found: list[Replacement] = []
    for each, needs in wanted.values():
        # Repairs that go both ways replace a name here and need it there.
        replaced = each.bound not in named and all(need.replaces for need in needs)
        found += _import(listing, each, needs, replaced and _is_unused(listing, each, needs))
    return found


def _import(
    listing: Listing, each: Imported, needs: Sequence[Needed], left_out: bool
) -> Iterator[Replacement]:
    need = needs[0]
    has = any(other.bound == need.name for other in _visible(listing, need.node))
    module = _home(each.statement, need)
    if not has and module == each.statement.module and each.statement.level == 0:
        new = need.name if left_out else f"{need.name}, {listing.of(each.alias)}"
        if each.alias.name == "*":
            return
        yield listing.replace_node(each.alias, new)
        return
    only = len(each.statement.names) == 1
    if not has:
        start, end = listing.span(each.statement)
        line = f"from {module} import {need.name}"
        if left_out and only:
            yield listing.replace(start, end, line)
            return
        indent = listing.before(start)
        between = "; " if indent.strip() else f"\n{indent}"
        yield listing.replace(end, end, f"{between}{line}")
    if left_out and not only:
        yield from _without(listing, each)


def _home(statement: ast.ImportFrom, need: Needed) -> str:
    """Return the module that a name is imported from, beside a statement for another one."""
    module = statement.module or ""
    parts = module.split(".")
    place = next((parts.index(home) for home in _HOMES if home in parts), None)
    if need.home and need.home not in parts:
        before = parts if place is None else parts[:place]
        return ".".join([*before, need.home])
    if place is None or parts[-1] in _JOINED:
        return module
    return ".".join(parts[: place + 1])


def _without(listing: Listing, each: Imported) -> Iterator[Replacement]:
    """Take a name out of an import of several, unless a comment stands beside it."""
    spans = [listing.span(alias) for alias in each.statement.names]
    place = next(i for i, alias in enumerate(each.statement.names) if alias is each.alias)
    if place:
        start, end = spans[place - 1][1], spans[place][1]
    else:
        start, end = spans[0][0], spans[1][0]
    if "#" not in listing.code[start:end]:
        yield listing.replace(start, end, "")


def _is_unused(listing: Listing, each: Imported, needs: Sequence[Needed]) -> bool:
    """Whether nothing needs an imported name any longer."""
    if os.path.basename(listing.text.path) == "__init__.py":
        return False
    names, replaced = listing.names, {id(need.node) for need in needs}
    return not names.is_meant(each.bound) and all(
        id(node) in replaced for node in names.uses.get(each.bound, ())
    )


def _bindings(listing: Listing, node: ast.Name) -> list[Imported]:
    """Return the imports that bind a name, those of the innermost scope that has any."""
    for scope in _scopes(listing, node):
        found = [each for each in listing.names.imports(scope) if each.bound == node.id]
        if found:
            return found
    return []


def _visible(listing: Listing, node: ast.Name) -> Iterator[Imported]:
    return (each for scope in _scopes(listing, node) for each in listing.names.imports(scope))


def _stars(listing: Listing, need: Needed) -> list[Imported]:
    """Return a star import of Keras's layers, if a name of elsewhere is needed."""
    if not need.home:
        return []
    return [
        each
        for each in listing.names.imports(listing.text.tree)
        if each.alias.name == "*" and "layers" in (each.statement.module or "").split(".")
    ][:1]


def _scopes(listing: Listing, node: ast.AST) -> Iterator[ast.AST]:
    current: ast.AST | None = node
    while current is not None:
        if isinstance(current, FUNCTIONS):
            yield current
        current = listing.parent(current)
    yield listing.text.tree
