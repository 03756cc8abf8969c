"""Writing replacements into the text of a file; every other character stays."""

from __future__ import annotations

import json
from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator

from selu_lint.findings import Replacement
from selu_lint.model.source_text import Cell, SourceText
from selu_lint.source.repair.listing import Listing

_SPACE = " \t\r\n"


def in_order(replacements: Iterable[Replacement]) -> list[Replacement]:
    """Return replacements from the start of the code to its end, each once."""
    return sorted(dict.fromkeys(replacements), key=_span)


class Taken:
    """What of the code is replaced already."""

    def __init__(self) -> None:
        self._replacements: list[Replacement] = []

    def take(self, *wanted: Replacement) -> bool:
        """Take what replacements want, unless others want something else for the same characters.

        Those that are given together do not overlap.
        """
        new = []
        for each in wanted:
            near = list(self._near(each))
            if each in near:
                continue
            if any(each.start < other.end and other.start < each.end for other in near):
                return False
            new.append(each)
        for each in new:
            insort(self._replacements, each, key=_span)
        return True

    def _near(self, wanted: Replacement) -> Iterator[Replacement]:
        # None overlap, so that they end in the order in which they start.
        first = bisect_right(self._replacements, wanted.end, key=lambda each: each.start)
        for each in reversed(self._replacements[:first]):
            if each.end < wanted.start:
                return
            yield each


def _span(replacement: Replacement) -> tuple[int, int]:
    return replacement.start, replacement.end


def written(listing: Listing, replacements: Iterable[Replacement]) -> str:
    """Return the text of the file with replacements made, which do not clash.

    Raises
    ------
    ValueError
        If something else stands where one is to be made.
    """
    text, parts, position = listing.text, [], 0
    for each in in_order(replacements):
        if listing.code[each.start : each.end] != each.old:
            raise ValueError(f"something else than {each.old!r} stands there")
        start, end = (
            text.offset(*listing.line_and_column(place)) for place in (each.start, each.end)
        )
        parts += [text.raw[position:start], _as_written(listing, each)]
        position = end
    return "".join([*parts, text.raw[position:]])


def _as_written(listing: Listing, each: Replacement) -> str:
    text = listing.text
    if not text.cells:
        return each.new.replace("\n", text.newline)
    line, _ = listing.line_and_column(each.start)
    cell = next(cell for cell in reversed(text.cells) if cell.first_line <= line)
    ascii_only = text.raw.isascii()
    lines = [json.dumps(part, ensure_ascii=ascii_only)[1:-1] for part in each.new.split("\n")]
    return _line_end(text, cell).join(lines)


def _line_end(text: SourceText, cell: Cell) -> str:
    """Return how the JSON text of a cell goes from one line to the next."""
    start = cell.strings[0][0] - 1
    before = text.raw[:start].rstrip(_SPACE)
    if not before.endswith("["):
        return r"\n"
    if len(cell.strings) > 1:
        between = text.raw[cell.strings[0][1] + 1 : cell.strings[1][0] - 1]
    else:
        between = "," + text.raw[len(before) : start]
    return rf'\n"{between}"'
