"""What is done with each damaged input, and what counts as a bug."""

from __future__ import annotations

import os
import signal
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

import selu_lint
from selu_lint.errors import SeluLintError
from selu_lint.findings import CRASH_CODE
from selu_lint.fixing import repairs
from selu_lint.fixing.fix_report import FileFix
from selu_lint.fixing.repairs import Checker, repair
from selu_lint.formats import read
from selu_lint.formats.saved_model import tensor_bundle
from selu_lint.linter import check_document, selected_rules
from selu_lint.model.document import SOURCE_FORMATS, Document
from selu_lint.processes import children, hdf5_library
from selu_lint.profiles.profiling import profile_document
from selu_lint.profiles.source_profiles import profile_source
from selu_lint.report import FileReport, Report
from selu_lint.reports import FORMATS, profile_text, render
from selu_lint.settings import Settings
from selu_lint.wording import as_json
from tests.fuzz import forked

SECONDS = 20
"""Processor time that one input may take; small as they are, a hundredth of that is usual."""

_MEMORY = 3 << 30
_SETTINGS = Settings(extend_select=("SELU",), weights=True)
_CHECK = Checker(_SETTINGS)
_RULES = selected_rules(_SETTINGS)


def limit_memory() -> None:
    """Let the process have no more memory than an input may need."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


def complaint(path: Path, share: int | None, whole: bool = False) -> tuple[str, str]:
    """Check, repair and profile a model, and return what came of it, and a bug if there is one.

    Parameters
    ----------
    path : Path
        A file or folder.
    share : int or None
        Every input is checked; by this number, every fourth is repaired twice, every fourth is
        profiled, and of every fiftieth the repaired model is written to a file and read back. Of
        programs every other is repaired, written, and repaired again. Reports are written in each
        format in turn. None is for an input that is checked only.
    whole : bool
        Whether every input is repaired and profiled, too.

    Returns
    -------
    outcome, bug : str
        ``refused`` or ``read``; one line, empty where nothing is wrong.
    """
    signal.signal(signal.SIGPROF, _too_slow)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        return "read", _use(path, share, whole)
    except SeluLintError as error:
        line = str(error)
        if "more memory than there is" in line:
            return "refused", f"needed too much memory: {line}"
        if not line.isprintable() or len(line) > 400:
            return "refused", f"no printable line: {line!r}"
        return "refused", ""
    except Exception as error:
        return "refused", _described(error)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _use(path: Path, share: int | None, whole: bool) -> str:
    check = _once_each()
    with ExitStack() as stack:
        # Nothing of an index that is changed would be read: its checksum would be wrong.
        unchecked = patch.object(tensor_bundle, "_is_intact", lambda data, checksum: True)
        stack.enter_context(unchecked)
        stack.enter_context(patch.object(repairs, "check_document", check))
        for module in (children, hdf5_library):
            stack.enter_context(patch.object(module, "run", forked.run))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("error")
        # Files of a model that was not wanted any more are closed with it.
        warnings.simplefilter("ignore", ResourceWarning)
        document = read(path)
        report = check(document)
        for finding in report.findings:
            if finding.code == CRASH_CODE:
                return f"crash: {finding.data}"
        if share is None:
            return ""
        render(Report((report,)), list(FORMATS)[share % len(FORMATS)])
        if document.format in SOURCE_FORMATS:
            if share % 4 == 1:
                found = profile_source(document, _SETTINGS)
                profile_text.render(found)
                as_json(found.to_dict())
            return _code_repaired_twice(path, unsafe=share % 4 == 2) if share % 2 == 0 else ""
        if whole or share % 4 == 1:
            profile = profile_document(document, _SETTINGS)
            profile_text.render(profile)
            as_json(profile.to_dict())
        if share % 50 == 0:
            fixed = _fixed(path, path.parent / "fixed")
            if fixed.details or (fixed.error is not None and "the result" in fixed.error):
                return f"written wrong: {fixed.error} {fixed.details[-300:]!r}"
        return _repaired_twice(document) if whole or share % 4 == 0 else ""


def _once_each() -> Callable[..., FileReport]:
    """Return what checks documents, each once: repairs and the profile check the same again."""
    known: list[tuple[Document, FileReport]] = []

    def check(document: Document, *_: object) -> FileReport:
        for other, report in known:
            if other is document:
                return report
        known.append((document, check_document(document, _SETTINGS, _RULES)))
        return known[-1][1]

    return check


def _fixed(path: Path, output: Path, unsafe: bool = False) -> FileFix:
    fixed = selu_lint.fix(
        path, output=output, force=True, seed=0, unsafe_fixes=unsafe, settings=_SETTINGS
    )
    return fixed.files[0]


def _code_repaired_twice(path: Path, unsafe: bool) -> str:
    """Repair a program twice and return what the repairs break."""
    once_path, twice_path = path.with_stem("once"), path.with_stem("twice")
    once = _fixed(path, once_path, unsafe)
    if once.error is not None:
        return f"not repaired: {once.error} {once.details[-300:]!r}" if once.details else ""
    twice = _fixed(once_path, twice_path, unsafe)
    if twice.error is not None:
        return f"cannot be repaired again: {twice.error} {twice.details[-300:]!r}"
    if twice.applied or twice_path.read_bytes() != once_path.read_bytes():
        return f"not idempotent: {[(each.code, each.layer) for each in twice.applied[:1]]}"
    return ""


def _repaired_twice(document: Document) -> str:
    """Hold a repair against its promises and return what it breaks."""
    repaired = repair(document, _CHECK)
    if not repaired.applied:
        return ""
    again = repair(repaired.document, _CHECK)
    if again.edits:
        return f"not idempotent: {again.edits[0]}"
    claimed = {(each.code, each.layer) for each in repaired.applied if each.fix and each.fix.edits}
    told = {(each.finding.code, each.finding.layer) for each in repaired.remaining}
    left = {(each.finding.code, each.finding.layer) for each in again.remaining}
    if claimed & left - told:
        return f"not removed: {sorted(claimed & left - told)[0]}"
    return ""


def _too_slow(*_: object) -> None:
    raise TimeoutError(f"took more than {SECONDS} s")


def _described(error: BaseException) -> str:
    trace, place = error.__traceback__, ""
    while trace is not None:
        code = trace.tb_frame.f_code
        if "selu_lint" in code.co_filename or "rules" in code.co_filename:
            place = f"{os.path.basename(code.co_filename)}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__} at {place}: {str(error)[:150]!r}"
