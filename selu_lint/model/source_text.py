"""The text of a source file: its tree, and where each node of the tree stands in the file."""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

from selu_lint.findings import Place

_NEWLINE = re.compile(r"\r\n|\r|\n")
_WIDEST = 200


def line_starts(text: str) -> list[int]:
    """Return the offset of the first character of each line, as Python counts lines."""
    return [0, *(found.end() for found in _NEWLINE.finditer(text))]


def lines_of(text: str) -> list[str]:
    """Return the lines of a text without their ends, as Python counts lines."""
    return _NEWLINE.split(text)


@dataclass(frozen=True)
class Cell:
    """The code of one cell of a notebook.

    Attributes
    ----------
    number : int
        Its number, counted from 1 over cells of every kind.
    first_line : int
        The line of the tree, counted from 1, that its first line is.
    lines : tuple of str
        Its lines without their ends.
    starts : tuple of int
        Offset in its code of the first character of each line.
    strings : tuple of (int, int)
        The JSON strings that hold it: from where to where in the notebook, without quotes.
    """

    number: int
    first_line: int
    lines: tuple[str, ...]
    starts: tuple[int, ...]
    strings: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class SourceText:
    """A file of source code as it was read.

    Attributes
    ----------
    path : str
        The path that the user named.
    kind : str
        ``python`` or ``notebook``.
    raw : str
        The text of the file with its newlines, without a byte order mark; of a notebook its JSON.
    newline : str
        How its lines end.
    tree : ast.Module
        What was parsed. The cells of a notebook stand in order in one tree, and their lines are
        counted through, so that a node alone says where it stands.
    lines : tuple of str
        The lines of the code as they are written, without their ends.
    parsed : tuple of str
        The lines that were parsed; another text only where a line could not be.
    starts : tuple of int
        Offset in ``raw`` of each line; () for a notebook.
    cells : tuple of Cell
        The cells of a notebook that hold code.
    unread : tuple of str
        What was not read, one line each.
    recovered : bool
        Whether some of it could not be read as it is written, magics aside; such a file is never
        edited.
    broken : str
        Why a Python file does not parse as it is written; empty if it does.
    encoding : str
        What makes the bytes of the file of ``raw``, with its byte order mark if it has one.
    """

    path: str
    kind: str
    raw: str
    newline: str
    tree: ast.Module
    lines: tuple[str, ...]
    parsed: tuple[str, ...]
    starts: tuple[int, ...] = ()
    cells: tuple[Cell, ...] = ()
    unread: tuple[str, ...] = ()
    recovered: bool = False
    broken: str = ""
    encoding: str = "utf-8"

    def place(self, node: ast.AST) -> Place:
        """Return where a node stands."""
        return self.between(*self.characters(node))

    def between(self, line: int, column: int, end_line: int, end_column: int) -> Place:
        """Return the place between two characters of the code, as `characters` gives them."""
        text = self.lines[line - 1].strip()[:_WIDEST]
        code = "".join(self._code(line, column, end_line, end_column)[:_WIDEST].split())
        if not self.cells:
            return Place(line, column + 1, end_line, end_column + 1, text=text, code=code)
        cell = self._cell(line)
        start = self._row_and_column(self.offset(line, column))
        end = self._row_and_column(self.offset(end_line, end_column))
        inside = line - cell.first_line + 1
        return Place(*start, *end, cell.number, inside, column + 1, text, code)

    def where(self, line: int) -> str:
        """Return how messages name a line of the tree: ``12``, or ``cell 3:2`` in a notebook."""
        if not self.cells:
            return str(line)
        cell = self._cell(line)
        return f"cell {cell.number}:{line - cell.first_line + 1}"

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Return from where to where in ``raw`` a node is written."""
        line, column, end_line, end_column = self.characters(node)
        return self.offset(line, column), self.offset(end_line, end_column)

    def _code(self, line: int, column: int, end_line: int, end_column: int) -> str:
        lines = list(self.lines[line - 1 : end_line])
        lines[-1] = lines[-1][:end_column]
        lines[0] = lines[0][column:]
        return "\n".join(lines)

    def offset(self, line: int, column: int) -> int:
        """Return where in ``raw`` a character of the code stands.

        Parameters
        ----------
        line : int
            Line of the tree, counted from 1.
        column : int
            Character in that line, counted from 0; the length of the line for its end.
        """
        if not self.cells:
            return self.starts[line - 1] + column
        cell = self._cell(line)
        offsets = self._offsets(cell)
        return offsets[cell.starts[line - cell.first_line] + column]

    def characters(self, node: ast.AST) -> tuple[int, int, int, int]:
        """Return line and column of a node's start and end; columns are characters from 0."""
        line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        end_line = getattr(node, "end_lineno", None) or line
        end_column = getattr(node, "end_col_offset", None) or column
        return line, self._column(line, column), end_line, self._column(end_line, end_column)

    def _column(self, line: int, encoded: int) -> int:
        """Return the character in the written line for a column of `ast`, which counts bytes."""
        parsed, written = self.parsed[line - 1], self.lines[line - 1]
        column = encoded
        if not parsed.isascii():
            column = len(parsed.encode()[:encoded].decode(errors="ignore"))
        if parsed != written and written.endswith(parsed.lstrip()):
            column += len(written) - len(parsed)
        return max(0, min(column, len(written)))

    def _cell(self, line: int) -> Cell:
        index = bisect_right(self.cells, line, key=lambda cell: cell.first_line) - 1
        return self.cells[max(index, 0)]

    def _offsets(self, cell: Cell) -> list[int]:
        """Return where each character of a cell, and its end, stands in the notebook."""
        found = self._known_offsets.get(cell.number)
        if found is None:
            found = [
                character.start()
                for start, end in cell.strings
                for character in _CHARACTER.finditer(self.raw, start, end)
            ]
            found.append(cell.strings[-1][1] if cell.strings else 0)
            self._known_offsets[cell.number] = found
        return found

    @cached_property
    def _known_offsets(self) -> dict[int, list[int]]:
        return {}

    @cached_property
    def _rows(self) -> list[int]:
        return line_starts(self.raw)

    def _row_and_column(self, offset: int) -> tuple[int, int]:
        row = bisect_right(self._rows, offset)
        return row, offset - self._rows[row - 1] + 1


# A character of a JSON string: an escaped pair of surrogates is one.
_CHARACTER = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\\]", re.S
)
