"""The code cells of a notebook (nbformat 2 to 4), with their magics taken out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from selu_lint.errors import NotAModelError, SeluLintError
from selu_lint.limits import LimitError, Limits
from selu_lint.source.parsing import parse
from selu_lint.source.scanning import indent_of, scan, statement_end
from selu_lint.storage import json_spans, strict_json
from selu_lint.storage.json_spans import Span

# Cell magics whose body is Python that runs as it stands.
_PYTHON_BODY = frozenset(
    {"capture", "debug", "heat", "lprun", "memit", "mprun", "notify", "prun", "snakeviz", "time"}
    | {"timeit", "wandb"}
)
_LINE = re.compile(r"\s*(?:[%!?]|[\w.,() ]+=\s*(?:!|%[a-zA-Z])|[/,;]\w)|.*\?\s*$")
_TIMED = re.compile(r"(\s*)%time(?:it)?\s+(?!-)(?=\S)")


class CodeCell(NamedTuple):
    """A code cell as it is written.

    Attributes
    ----------
    number : int
        Counted from 1 over cells of every kind.
    code : str
        Its source.
    strings : tuple of (int, int)
        The JSON strings that hold it, without their quotes.
    """

    number: int
    code: str
    strings: tuple[Span, ...]


def read(data: bytes, limits: Limits) -> tuple[str, list[CodeCell]]:
    """Return the text of a notebook and its code cells.

    Raises
    ------
    NotAModelError
        If it is no notebook, or one of another language.
    SeluLintError
        If it is broken or past a limit.
    """
    raw = strict_json.decode(data, limits)
    try:
        content = strict_json.parse(raw, limits)
    except LimitError as error:
        raise LimitError(str(error).replace("the architecture", "the notebook")) from None
    except SeluLintError as error:
        raise NotAModelError(str(error)) from None
    if not is_notebook(content):
        raise NotAModelError("no notebook: its JSON has no cells")
    language = _language(content)
    if language not in ("python", ""):
        raise NotAModelError(f"a notebook of {language}, not of Python")
    return raw, list(_code_cells(raw, limits))


def is_notebook(content: Any) -> bool:
    """Whether a JSON value is a notebook."""
    if not isinstance(content, dict) or "nbformat" not in content:
        return False
    return isinstance(content.get("cells", content.get("worksheets")), list)


def _language(content: Mapping[str, Any]) -> str:
    """Return the language of a notebook's kernel in small letters; empty if it does not say."""
    metadata = content.get("metadata")
    for key, inner in (("language_info", "name"), ("kernelspec", "language")):
        about = metadata.get(key) if isinstance(metadata, dict) else None
        name = about.get(inner) if isinstance(about, dict) else None
        if isinstance(name, str) and name:
            lower = name.lower()
            return "python" if lower.startswith(("python", "ipython")) else name[:40]
    return ""


def _code_cells(raw: str, limits: Limits) -> Iterator[CodeCell]:
    number = strings = 0
    for key, span in json_spans.members(raw, json_spans.value(raw)):
        sheets = json_spans.items(raw, span) if key == "worksheets" else ()
        lists = [found for sheet in sheets for name, found in _members(raw, sheet, "cells")]
        for cells in [span] if key == "cells" else lists:
            for cell in json_spans.items(raw, cells):
                number += 1
                for found in _code_cell(raw, number, dict(json_spans.members(raw, cell))):
                    strings += len(found.strings)
                    if strings > limits.source_nodes:
                        raise limits.exceeded("source_nodes", "its code has", "lines")
                    yield found


def _members(raw: str, span: Span, name: str) -> Iterator[tuple[str, Span]]:
    return ((key, found) for key, found in json_spans.members(raw, span) if key == name)


def _code_cell(raw: str, number: int, members: Mapping[str, Span]) -> Iterator[CodeCell]:
    written = members.get("source", members.get("input"))
    if written is None or _text(raw, members.get("cell_type")) != "code":
        return
    # A cell of nbformat 3 names its language.
    if "language" in members and not _text(raw, members["language"]).startswith("python"):
        return
    spans = [written] if raw[written[0]] == '"' else list(json_spans.items(raw, written))
    strings = [span for span in spans if raw[span[0]] == '"']
    code = "".join(_text(raw, span) for span in strings)
    if code.strip():
        yield CodeCell(number, code, tuple((start + 1, end - 1) for start, end in strings))


def _text(raw: str, span: Span | None) -> str:
    found = json_spans.decoded(raw, span) if span is not None else ""
    return found if isinstance(found, str) else ""


def without_magics(lines: Sequence[str]) -> list[str]:
    """Return the lines of a cell, those that only IPython understands replaced.

    A cell in another language gives lines without anything in them.
    """
    first = next((index for index, line in enumerate(lines) if line.strip()), 0)
    words = lines[first].strip().split() if lines else []
    if words and words[0].startswith("%%"):
        if words[0][2:] not in _PYTHON_BODY:
            return [""] * len(lines)
        return [*lines[:first], "", *without_magics(lines[first + 1 :])]
    if not any(map(_LINE.match, lines)) or _parses(lines):
        return list(lines)
    found, scanned = list(lines), scan(lines)
    for index, line in enumerate(lines):
        if scanned[index].inside or not _LINE.match(line):
            continue
        if timed := _TIMED.match(line):
            found[index] = timed[1] + line[timed.end() :]
            continue
        found[index] = indent_of(line) + "pass"
        end = statement_end(scanned, index) if line.rstrip().endswith("\\") else index + 1
        found[index + 1 : end] = [""] * (end - index - 1)
    return found


def _parses(lines: Sequence[str]) -> bool:
    try:
        parse("\n".join(lines))
    except SyntaxError:
        return False
    return True
