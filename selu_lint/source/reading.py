"""Reading source code: from the bytes of a file to its text and tree. Nothing of it runs."""

from __future__ import annotations

import codecs
import json
import re
import tokenize
from collections.abc import Sequence
from dataclasses import replace
from typing import BinaryIO

from selu_lint.errors import NotAModelError
from selu_lint.limits import Limits
from selu_lint.model.document import NOTEBOOK, PYTHON, Document
from selu_lint.model.source_text import Cell, SourceText, line_starts, lines_of
from selu_lint.source import notebook
from selu_lint.source.notebook import CodeCell
from selu_lint.source.parsing import check_size, parse
from selu_lint.source.prefilter import matters
from selu_lint.source.recovery import recover

# Decoders of a few others take time that grows with the square of what they are given.
_ENCODINGS = re.compile(
    r"utf-?8(?:-sig)?|(?:us-?)?ascii|latin-?1|iso-?8859-?\d+|cp\d+|windows-\d+|koi8-[rut]"
    r"|gbk?|gb2312|gb18030|big5|shift-jis|sjis|euc-(?:jp|kr|cn)|mac-?(?:roman|cyrillic)"
)
_SURROGATES = re.compile("[\ud800-\udfff]")


def read(file: BinaryIO, path: str, kind: str, limits: Limits) -> Document:
    """Read a file of source code as a document; see `read_text`.

    Raises
    ------
    SeluLintError
        If it cannot be read.
    """
    file.seek(0)
    data = file.read(limits.notebook_bytes + 1)
    text = read_text(data, path, kind, limits)
    raw = None if text is None else text.raw
    return Document(path, kind, None, None, text=raw, limits=limits, code=text)


def read_text(
    data: bytes, path: str, kind: str, limits: Limits, passes_over: bool = True
) -> SourceText | None:
    """Read a file of source code.

    Parameters
    ----------
    data : bytes
        The content of the file.
    path : str
        The path that the user named.
    kind : str
        ``python`` or ``notebook``.
    limits : Limits
        Bounds on what is read.
    passes_over : bool
        Whether code that does not matter is passed over.

    Returns
    -------
    SourceText or None
        None for code that does not matter because it does not name SELU.

    Raises
    ------
    NotAModelError
        If it is a notebook of another language, or no notebook.
    SeluLintError
        If nothing of it can be parsed, or it is past a limit.
    """
    if kind == PYTHON and len(data) > limits.source_bytes:
        raise limits.exceeded("source_bytes", "its code takes")
    if len(data) > limits.notebook_bytes:
        raise limits.exceeded("notebook_bytes", "the notebook takes")
    if passes_over and not matters(data):
        return None
    if kind == PYTHON:
        raw, encoding, note = _decoded(data)
        return replace(python_text(raw, path, limits, note), encoding=encoding)
    raw, cells = notebook.read(data, limits)
    code = "\n".join(cell.code for cell in cells).encode(errors="replace")
    if passes_over and not matters(code):
        return None
    encoding = json.detect_encoding(data)
    return replace(_notebook_text(raw, cells, path, limits), encoding=encoding)


def python_text(raw: str, path: str, limits: Limits, note: str = "") -> SourceText:
    """Return the text of a Python file from what was decoded.

    Raises
    ------
    SeluLintError
        If nothing of it can be parsed, or it is past a limit.
    """
    check_size(raw, limits)
    lines = lines_of(raw)
    notes = [note] if note else []
    parsed, broken = _parseable(lines), ""
    try:
        tree = parse("\n".join(parsed))
    except SyntaxError as error:
        broken, recovered = f"it is no Python: {_said(error)}", recover(parsed)
        if recovered is None:
            raise NotAModelError(broken) from None
        tree, parsed = recovered.tree, recovered.lines
        notes += recovered.unread
    return SourceText(
        path,
        PYTHON,
        raw,
        _newline(raw),
        tree,
        tuple(lines),
        tuple(parsed),
        starts=tuple(line_starts(raw)),
        unread=tuple(notes),
        recovered=bool(notes),
        broken=broken,
    )


def _notebook_text(raw: str, written: Sequence[CodeCell], path: str, limits: Limits) -> SourceText:
    """Return the text of a notebook: each cell that parses, in order."""
    check_size("\n".join(cell.code for cell in written), limits)
    cells: list[Cell] = []
    parsed: list[str] = []
    for each in written:
        lines = lines_of(each.code)
        starts = tuple(line_starts(each.code))
        cells.append(Cell(each.number, len(parsed) + 1, tuple(lines), starts, each.strings))
        parsed += notebook.without_magics(_parseable(lines))
    notes: list[str] = []
    try:
        tree = parse("\n".join(parsed))
    except SyntaxError:
        for cell in cells:
            notes += _recover_cell(cell, parsed)
        tree = parse("\n".join(parsed))
    return SourceText(
        path,
        NOTEBOOK,
        raw,
        _newline(raw),
        tree,
        tuple(line for cell in cells for line in cell.lines),
        tuple(parsed),
        cells=tuple(cells),
        unread=tuple(notes),
        recovered=bool(notes),
    )


def _recover_cell(cell: Cell, parsed: list[str]) -> list[str]:
    """Replace the lines of a cell that do not parse, and return what was not read."""
    part = slice(cell.first_line - 1, cell.first_line - 1 + len(cell.lines))
    try:
        parse("\n".join(parsed[part]))
    except SyntaxError as error:
        recovered = recover(parsed[part])
        if recovered is None:
            parsed[part] = [""] * len(cell.lines)
            return [f"cell {cell.number} was not read: {_said(error)}"]
        parsed[part] = recovered.lines
        return [f"cell {cell.number}: {note}" for note in recovered.unread]
    return []


def _parseable(lines: list[str]) -> list[str]:
    """Return the lines without halves of characters, which the parser refuses."""
    return [_SURROGATES.sub("?", line) for line in lines]


def _said(error: SyntaxError) -> str:
    place = f" at line {error.lineno}" if error.lineno else ""
    return f"{error.msg}{place}"


def _newline(raw: str) -> str:
    found = re.search(r"\r\n|\r|\n", raw)
    return found[0] if found else "\n"


def _decoded(data: bytes) -> tuple[str, str, str]:
    """Return the text of a Python file, its encoding, and a note if that had to be guessed.

    The encoding is that of the language reference: UTF-8, or what a comment in the first two lines
    says (PEP 263).
    """
    try:
        name = tokenize.detect_encoding(iter(data.splitlines(keepends=True)[:2]).__next__)[0]
        if _ENCODINGS.fullmatch(name.lower().replace("_", "-")):
            return data.decode(name), name, ""
    except (SyntaxError, UnicodeDecodeError, LookupError):
        pass
    text = data.removeprefix(codecs.BOM_UTF8).decode("latin-1")
    return text, "latin-1", "its encoding is not known, so it was read as Latin-1"
