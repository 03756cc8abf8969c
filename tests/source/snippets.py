"""Small programs with the findings that they must give: ``fixtures/source/*.txt``.

A program begins with ``=== name | group | title``. ``#! CODE`` marks a finding of its line, ``#~
CODE`` one that is likely, ``#? CODE`` one that may be reported or not.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

_MARK = re.compile(r"[ \t]*#([!~?]) (SELU\d{3})")
_FIXTURES = Path(__file__).parents[2] / "fixtures" / "source"

FILES = ("snippets.txt", "scripts.txt", "constructs.txt")


class Snippet(NamedTuple):
    """A program.

    Attributes
    ----------
    name, title : str
        What it is called, and what it is about.
    code : str
        Its text without marks.
    expected : frozenset of (int, str, str)
        Line, code, and mark of what it gives.
    """

    name: str
    title: str
    code: str
    expected: frozenset[tuple[int, str, str]]

    def marked(self, mark: str) -> set[tuple[int, str]]:
        """Return line and code of what has a mark."""
        return {(line, code) for line, code, given in self.expected if given == mark}


def read_snippets(file: str) -> list[Snippet]:
    """Return the programs of a file."""
    text = (_FIXTURES / file).read_text(encoding="utf-8")
    snippets = []
    for part in re.split(r"(?m)^=== ", text)[1:]:
        head, _, body = part.partition("\n")
        name, _, title = (each.strip() for each in head.split("|"))
        expected = frozenset(
            (number, code, mark)
            for number, line in enumerate(body.splitlines(), 1)
            for mark, code in _MARK.findall(line)
        )
        snippets.append(Snippet(name, title, _MARK.sub("", body), expected))
    return snippets
