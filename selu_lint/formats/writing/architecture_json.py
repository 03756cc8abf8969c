"""Writing an architecture JSON file with another architecture."""

from __future__ import annotations

import codecs
import json
from typing import BinaryIO

from selu_lint.errors import SeluLintError
from selu_lint.formats.enclosed import put_back

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def write(source: BinaryIO, target: BinaryIO, text: str) -> None:
    """Write a new architecture, in its place and in the encoding of the old file.

    Raises
    ------
    SeluLintError
        If the file holds JSON inside a JSON string in a form that cannot be kept.
    """
    source.seek(0)
    data = source.read()
    marks = ((mark, encoding) for mark, encoding in _MARKS if data.startswith(mark))
    mark, encoding = next(marks, (b"", json.detect_encoding(data)))
    old = data[len(mark) :].decode(encoding)
    target.write(mark + rewrapped(old, text).encode(encoding))


def rewrapped(old: str, text: str) -> str:
    """Return the text where the old one stood: inside other JSON, or in a string of it.

    Raises
    ------
    SeluLintError
        If the old one is JSON inside a JSON string in a form that cannot be kept.
    """
    stripped = old.strip()
    if not stripped.startswith('"'):
        return put_back(old, text)
    inner = json.loads(stripped)
    if json.dumps(inner) != stripped:
        raise SeluLintError("JSON inside a JSON string as json.dumps does not write it")
    return old.replace(stripped, json.dumps(put_back(inner, text)))
