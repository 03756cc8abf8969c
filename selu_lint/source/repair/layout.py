"""Adding arguments and items to what is written, in its own layout."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from selu_lint.findings import Replacement
from selu_lint.source.repair.listing import Listing


def add_keyword(listing: Listing, call: ast.Call, name: str, value: str) -> Replacement:
    """Return the replacement that gives a call one more argument."""
    return _add(listing, call, [*call.args, *call.keywords], f"{name}={value}")


def add_item(listing: Listing, table: ast.Dict, key: str, value: str) -> Replacement:
    """Return the replacement that gives a dict one more item."""
    return _add(listing, table, table.values, f"{key}: {value}")


def quote(listing: Listing, node: ast.expr | None) -> str:
    """Return the quotes that a node or, if it has none, the file is written with."""
    for each in ast.walk(node) if node is not None else ():
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            mark = listing.of(each).lstrip("rRbBuUfF")[:1]
            if mark in ("'", '"'):
                return mark
    return listing.mark


def _add(listing: Listing, node: ast.expr, held: Iterable[ast.AST], added: str) -> Replacement:
    """Put text behind the last of what stands in a pair of brackets."""
    closing = listing.span(node)[1] - 1
    spans = [listing.span(each) for each in held]
    if not spans:
        return listing.replace(closing, closing, added)
    start, end = max(spans, key=lambda span: span[1])
    end, comma = _behind(listing.code, end, closing)
    indent = listing.before(start)
    between = f"\n{indent}" if not indent.strip() else " "
    if comma:
        return listing.replace(comma, comma, f"{between}{added},")
    return listing.replace(end, end, f",{between}{added}")


def _behind(code: str, position: int, closing: int) -> tuple[int, int]:
    """Return where the last argument ends, its own brackets included, and a comma behind it."""
    end, comma = position, 0
    while position < closing:
        if code[position] == "#":
            position = code.index("\n", position)
        elif code[position] == ")":
            end = position + 1
        elif code[position] == ",":
            comma = position + 1
        position += 1
    return end, comma
