"""The code of a file as one text, and where its nodes stand in it."""

from __future__ import annotations

import ast
from bisect import bisect_right
from functools import cached_property

from selu_lint.findings import Replacement
from selu_lint.model.source_text import SourceText, line_starts
from selu_lint.source.repair.names import Names


class Listing:
    r"""The code of a file: its lines, those of all cells of a notebook, joined with ``\n``.

    Attributes
    ----------
    text : SourceText
        The file.
    code : str
        Its code.
    """

    def __init__(self, text: SourceText) -> None:
        self.text = text
        self.code = "\n".join(text.lines)
        self._starts = line_starts(self.code)

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Return from where to where in the code a node is written."""
        line, column, end_line, end_column = self.text.characters(node)
        return self._starts[line - 1] + column, self._starts[end_line - 1] + end_column

    def of(self, node: ast.AST) -> str:
        """Return the code of a node."""
        start, end = self.span(node)
        return self.code[start:end]

    def line_and_column(self, position: int) -> tuple[int, int]:
        """Return the line, from 1, and the character in it, from 0, of a place in the code."""
        line = bisect_right(self._starts, position)
        return line, position - self._starts[line - 1]

    def before(self, position: int) -> str:
        """Return what stands in a line before a place."""
        return self.code[position - self.line_and_column(position)[1] : position]

    def replace(self, start: int, end: int, new: str) -> Replacement:
        """Return the replacement of what stands there."""
        ends = (*self.line_and_column(start), *self.line_and_column(end))
        return Replacement(start, end, self.code[start:end], new, self.text.between(*ends))

    def replace_node(self, node: ast.AST, new: str) -> Replacement:
        """Return the replacement of a node."""
        return self.replace(*self.span(node), new)

    def parent(self, node: ast.AST) -> ast.AST | None:
        """Return the node around a node; keywords are none."""
        parents = self.names.parents
        found = parents.get(id(node))
        return parents.get(id(found)) if isinstance(found, ast.keyword) else found

    def keyword(self, node: ast.AST) -> ast.keyword | None:
        """Return the keyword that a value is given by."""
        found = self.names.parents.get(id(node))
        return found if isinstance(found, ast.keyword) else None

    @cached_property
    def names(self) -> Names:
        """The names of the file."""
        return Names(self.text.tree)

    @cached_property
    def mark(self) -> str:
        """The quotes that the file is mostly written with."""
        return "'" if self.code.count("'") > self.code.count('"') else '"'
