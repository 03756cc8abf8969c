"""Reading on where text does not parse: Python 2, newer syntax, a broken line.

Lines are replaced in a copy, so that each that can be read keeps its number. What comes of it is
good for looking, not for editing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from selu_lint.source.parsing import parse
from selu_lint.source.scanning import indent_of, scan, statement_end

_STEPS = 60
_MOST_PARSED = 1 << 22
_STATEMENT = re.compile(r"\s*(?:print|exec)\b(?!\s*(?:[=.,:)\]]|\())")
_HANDLER = re.compile(r"(\s*except\s+)([^:]+?)\s*,\s*(\w+)\s*:(.*)")
_HEADER = re.compile(r"expected an indented block after .* on line (\d+)")
_CLAUSE = re.compile(r"\s*(elif|else|except|finally)\b")
_TRY = re.compile(r"\s*try\b")
_EMPTY_CLAUSES = {
    "elif": "elif True:",
    "else": "else:",
    "except": "except Exception:",
    "finally": "finally:",
}
_REPLACEMENTS = frozenset({*_EMPTY_CLAUSES.values(), "if True:"})


class Recovered(NamedTuple):
    """What could be read.

    Attributes
    ----------
    tree : ast.Module
        The tree of ``lines``.
    lines : list of str
        As many as there were.
    unread : tuple of str
        What was not read, one line each.
    """

    tree: ast.Module
    lines: list[str]
    unread: tuple[str, ...]


def recover(lines: Sequence[str]) -> Recovered | None:
    """Return the tree of lines of which some do not parse; None if too much is broken."""
    return _Recovery(lines).result()


class _Recovery:
    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = [line.replace("\0", " ") for line in lines]
        self._dropped: set[int] = set()
        self._python2 = False
        self._tabs = False

    def result(self) -> Recovered | None:
        size = sum(map(len, self._lines)) + len(self._lines)
        for _ in range(min(_STEPS, _MOST_PARSED // max(size, 1))):
            try:
                tree = parse("\n".join(self._lines))
            except SyntaxError as error:
                if error.lineno is None or not self._mend(error, error.lineno - 1):
                    return None
            else:
                return Recovered(tree, self._lines, tuple(self._notes()))
        return None

    def _mend(self, error: SyntaxError, index: int) -> bool:
        """Replace what is in the way; return whether anything was."""
        index = min(max(index, 0), len(self._lines) - 1)
        message = error.msg or ""
        before = list(self._lines)
        if isinstance(error, TabError) or "unindent does not match" in message:
            self._lines = [self._expanded(line) for line in self._lines]
            if self._lines != before:
                self._tabs = True
                return True
        if "print" in message or "exec" in message or _STATEMENT.match(self._lines[index]):
            self._blank_statements()
            if self._lines != before:
                return True
        if "unexpected indent" in message:
            self._blank_block(index)
        elif header := _HEADER.search(message):
            self._drop(int(header[1]) - 1)
        elif "expected 'except'" in message:
            self._drop(self._last_try(index))
        elif handler := _HANDLER.fullmatch(self._lines[index]):
            self._python2 = True
            self._lines[index] = f"{handler[1]}({handler[2]}) as {handler[3]}:{handler[4]}"
        elif message == "expected ':'" and not self._lines[index].rstrip().endswith(":"):
            self._dropped.add(index)
            self._lines[index] = f"{scan([self._lines[index]])[0].code}:"
        else:
            self._drop(index)
        return self._lines != before

    def _last_try(self, index: int) -> int:
        """Return the line of the ``try`` whose handlers are missing at a line."""
        tries = (each for each in range(index - 1, -1, -1) if _TRY.match(self._lines[each]))
        return next(tries, index)

    def _expanded(self, line: str) -> str:
        indent = indent_of(line)
        return indent.expandtabs(8) + line[len(indent) :] if "\t" in indent else line

    def _blank_statements(self) -> None:
        """Replace the statements that Python 3 made functions."""
        scanned = scan(self._lines)
        for index, line in enumerate(self._lines):
            if scanned[index].inside or not _STATEMENT.match(line):
                continue
            self._python2 = True
            for each in range(index, statement_end(scanned, index)):
                self._lines[each] = indent_of(line) + "pass" if each == index else ""

    def _blank_block(self, index: int) -> None:
        """Blank lines that stand deeper than they may."""
        depth = len(indent_of(self._lines[index]).expandtabs(8))
        while index < len(self._lines):
            line = self._lines[index]
            if line.strip() and len(indent_of(line).expandtabs(8)) < depth:
                break
            if line.strip():
                self._dropped.add(index)
            self._lines[index] = ""
            index += 1

    def _drop(self, index: int) -> None:
        """Replace a line by one that does nothing, and blank it if that did not help."""
        self._dropped.add(index)
        line = self._lines[index]
        indent = indent_of(line)
        code = scan([line])[0].code
        if code.endswith(":") and line[len(indent) :] not in _REPLACEMENTS:
            clause = _CLAUSE.match(line)
            self._lines[index] = indent + (_EMPTY_CLAUSES[clause[1]] if clause else "if True:")
        else:
            self._lines[index] = "" if line.strip() == "pass" else f"{indent}pass"

    def _notes(self) -> Iterable[str]:
        if self._python2:
            yield "Python 2: what only it understands was not read"
        if self._tabs:
            yield "tabs and blanks indent it together: a tab was taken for eight blanks"
        if self._dropped:
            numbers = _runs(sorted(index + 1 for index in self._dropped))
            noun, verb = ("line", "was") if len(self._dropped) == 1 else ("lines", "were")
            yield f"{noun} {numbers} {verb} not read: no Python that can be parsed"


def _runs(numbers: Sequence[int]) -> str:
    """Return numbers as people list them: ``3, 5-9``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    few = [f"{first}-{last}" if last > first else str(first) for first, last in runs[:8]]
    return ", ".join([*few, "..."] if len(runs) > 8 else few)
