"""Repairing code in rounds: what is chosen is written, read again, and held against the plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from selu_lint.errors import SeluLintError
from selu_lint.findings import Finding, Severity
from selu_lint.model.document import Document
from selu_lint.report import FileReport
from selu_lint.source.analysis import analyse
from selu_lint.source.checking import Examination, key_of
from selu_lint.source.reading import read_text
from selu_lint.source.repair import imports
from selu_lint.source.repair.holding import fault
from selu_lint.source.repair.listing import Listing
from selu_lint.source.repair.repairs import Repair
from selu_lint.source.repair.uses import Uses
from selu_lint.source.repair.writing import clash, written

_MOST_ROUNDS = 20

Examine = Callable[[Document], Examination]
"""Checks a document of source code; its report is without what is suppressed."""


class Stays(NamedTuple):
    """A finding that stays, and why."""

    finding: Finding
    reason: str


@dataclass(frozen=True)
class Repaired:
    """A file of source code after its repairs.

    Attributes
    ----------
    document : Document
        The file as it is to be.
    applied : tuple of Finding
        The findings that are repaired.
    remaining : tuple of Stays
        What is still found.
    """

    document: Document
    applied: tuple[Finding, ...]
    remaining: tuple[Stays, ...]


class _Round(NamedTuple):
    document: Document
    examined: Examination


def repair(document: Document, examine: Examine, unsafe_fixes: bool) -> Repaired:
    """Repair a file until nothing repairable is found in it; nothing is written.

    Raises
    ------
    SeluLintError
        If it cannot be checked.
    """
    current = _Round(document, examine(document))
    applied: list[Finding] = []
    for _ in range(_MOST_ROUNDS):
        chosen = _chosen(current.examined, unsafe_fixes)
        done, after, reasons = _best(current, examine, chosen)
        if not done:
            break
        applied += done
        current = after
    else:
        reasons = {}
    remaining = tuple(
        Stays(each, reasons.get(key_of(each)) or _why(each, unsafe_fixes))
        for each in current.examined.report.findings
    )
    return Repaired(current.document, tuple(applied), remaining)


def _chosen(examined: Examination, unsafe_fixes: bool) -> list[Finding]:
    """Return the findings to repair together: those whose repairs do not clash."""
    chosen: list[Finding] = []
    taken: list[Repair] = []
    for finding in examined.report.findings:
        found = examined.repairs.get(key_of(finding))
        if finding.fix is None or found is None or (finding.fix.unsafe and not unsafe_fixes):
            continue
        if any(clash(found.replacements, each.replacements) for each in taken):
            continue
        chosen.append(finding)
        taken.append(found)
    return chosen


def _best(
    current: _Round, examine: Examine, chosen: Sequence[Finding]
) -> tuple[list[Finding], _Round, dict[object, str]]:
    """Return what can be repaired together, the file then, and why the rest cannot."""
    if not chosen:
        return [], current, {}
    after = _attempt(current, examine, chosen)
    if isinstance(after, _Round):
        return list(chosen), after, {}
    done, reasons, best = list[Finding](), dict[object, str](), current
    for each in chosen:
        tried = _attempt(current, examine, [*done, each]) if len(chosen) > 1 else after
        if isinstance(tried, _Round):
            done, best = [*done, each], tried
        else:
            reasons[key_of(each)] = f"its repair is left out: {tried}"
    return done, best, reasons


def _attempt(current: _Round, examine: Examine, chosen: Iterable[Finding]) -> _Round | str:
    """Return the file with findings repaired, or why it would not be what it should be."""
    text, before = current.document.code, current.examined
    if text is None:
        return "there is nothing to repair"
    listing = Listing(text)
    repairs = [before.repairs[key_of(each)] for each in chosen]
    replacements = [one for each in repairs for one in each.replacements]
    brought = imports.replacements(listing, [one for each in repairs for one in each.needed])
    if clash(brought, [*replacements, *brought]):
        return "the imports that it needs clash"
    try:
        document = _read(current.document, written(listing, [*replacements, *brought]))
        examined = examine(document)
    except (SeluLintError, ValueError) as error:
        return f"the result cannot be read: {error}"
    if document.code is None:
        return "the result cannot be read"
    analysis = examined.analysis
    if not analysis.graphs:
        analysis = analyse(document.code, document.limits, without_selu=True)
    reason = fault(
        listing,
        Listing(document.code),
        Uses(before.analysis),
        analysis,
        [one for each in repairs for one in each.changes],
        [*replacements, *brought],
    )
    return reason or _worse(before.report, examined.report) or _Round(document, examined)


def _read(document: Document, raw: str) -> Document:
    encoding = "utf-8" if document.code is None else document.code.encoding
    data = raw.encode(encoding)
    text = read_text(data, document.path, document.format, document.limits, passes_over=False)
    return document._replace(code=text, text=raw)


def _worse(before: FileReport, after: FileReport) -> str:
    """Return what is found after a repair that was not found before."""
    counts = [
        Counter(each.code for each in report.findings if each.severity > Severity.NOTE)
        for report in (before, after)
    ]
    return "".join(f"it would bring {code} about" for code in sorted(counts[1] - counts[0])[:1])


def _why(finding: Finding, unsafe_fixes: bool) -> str:
    fix = finding.fix
    if fix is None:
        return finding.unfixable or "there is no automatic repair"
    if fix.unsafe is not None and not unsafe_fixes:
        return f"its repair is unsafe: {fix.unsafe}; --unsafe-fixes applies it"
    return "its repair clashes with that of another finding"
