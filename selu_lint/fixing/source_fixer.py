"""Repairing files of source code: in place, whole or not at all."""

from __future__ import annotations

import os
import sys
from dataclasses import replace

from selu_lint.errors import SeluLintError
from selu_lint.fixing.fix_report import CodeChange, FileFix, Remaining
from selu_lint.fixing.repairs import Checker
from selu_lint.linter import lint
from selu_lint.model.document import PYTHON, SOURCE_SUFFIXES, Document
from selu_lint.source import checking, reading
from selu_lint.source.checking import Examination
from selu_lint.source.repair.rounds import Repaired, repair
from selu_lint.storage.atomic import replacing
from selu_lint.storage.byte_source import read_regular


def fix(
    document: Document,
    target: str | None,
    unsafe_fixes: bool,
    check: Checker,
    *,
    copies: bool,
    overwrite: bool,
) -> FileFix:
    """Repair a file of source code.

    Parameters
    ----------
    document : Document
        The file.
    target : str or None
        Where the result goes; None to write nothing.
    unsafe_fixes : bool
        Whether unsafe repairs are made, too.
    check : Checker
        What checks it.
    copies : bool
        Whether a result is written where nothing is repaired.
    overwrite : bool
        Whether it may replace a file that is there.

    Raises
    ------
    SeluLintError
        If it cannot be read or written; then it is what it was.
    """
    repaired = _repaired(document, unsafe_fixes, check)
    result = _report(document, repaired)
    if target is None or not (result.applied or copies):
        return result
    data = read_regular(document.path, document.limits.notebook_bytes)
    new = _encoded(data, document, repaired.document)
    if not overwrite and os.path.isfile(target) and not os.path.islink(target):
        with open(target, "rb") as there:
            if there.read() == new:
                return replace(result, output=target, already_there=True)
    # A link that the user named leads to the file that is fixed.
    place = target if copies else os.path.realpath(target)
    with replacing(place, document.path, overwrite) as draft:
        draft.file.write(new)
        draft.file.flush()
        with open(draft.path, "rb") as written:
            if written.read() != new:
                raise SeluLintError("the result could not be read back; not written")
        if read_regular(document.path, document.limits.notebook_bytes) != data:
            raise SeluLintError("the file changed while it was fixed; fix it again")
        links = os.stat(place).st_nlink - 1 if os.path.isfile(place) else 0
    return replace(result, output=target, other_names=links)


def fix_input(name: str, unsafe_fixes: bool, check: Checker) -> FileFix:
    """Repair source code from standard input; the result holds what is to be written.

    Parameters
    ----------
    name : str
        What the file is called.
    unsafe_fixes : bool
        Whether unsafe repairs are made, too.
    check : Checker
        What checks it.

    Raises
    ------
    SeluLintError
        If it cannot be read.
    """
    limits = check.settings.limits
    data = sys.stdin.buffer.read(limits.notebook_bytes + 1)
    kind = SOURCE_SUFFIXES.get(os.path.splitext(name)[1].lower(), PYTHON)
    text = reading.read_text(data, name, kind, limits)
    raw = None if text is None else text.raw
    document = Document(name, kind, None, None, text=raw, limits=limits, code=text)
    repaired = _repaired(document, unsafe_fixes, check)
    return replace(_report(document, repaired), result=_encoded(data, document, repaired.document))


def _repaired(document: Document, unsafe_fixes: bool, check: Checker) -> Repaired:
    settings = check.settings

    def examine(current: Document) -> Examination:
        found = checking.examine(current, settings, lambda graph: lint(graph, settings))
        return replace(found, report=check.without_accepted(found.report))

    return repair(document, examine, unsafe_fixes)


def _report(document: Document, repaired: Repaired) -> FileFix:
    return FileFix(
        document.path,
        format=document.format,
        applied=repaired.applied,
        remaining=tuple(Remaining(*each) for each in repaired.remaining),
        code=_changes(document, repaired.document),
        hidden=repaired.hidden,
    )


def _encoded(data: bytes, before: Document, after: Document) -> bytes:
    """Return the bytes of a repaired file.

    Raises
    ------
    SeluLintError
        If the file is not what was read, or its encoding cannot be written.
    """
    old, new = before.code, after.code
    if old is None or new is None or old.raw == new.raw:
        return data
    try:
        if old.raw.encode(old.encoding) == data:
            return new.raw.encode(old.encoding)
    except UnicodeEncodeError:
        pass
    raise SeluLintError("it changed while it was fixed, or is written in an unusual encoding")


def _changes(before: Document, after: Document) -> tuple[CodeChange, ...]:
    old, new = before.code, after.code
    if old is None or new is None or old.raw == new.raw:
        return ()
    if not old.cells:
        return (CodeChange(None, old.lines, new.lines),)
    return tuple(
        CodeChange(one.number, one.lines, other.lines)
        for one, other in zip(old.cells, new.cells, strict=True)
        if one.lines != other.lines
    )
