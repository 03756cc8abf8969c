"""Repairing code in rounds: what is chosen is written, read again, and compared with the plan."""

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
from selu_lint.source.repair.uses import Uses
from selu_lint.source.repair.writing import Taken, written

_MOST_ROUNDS = 20
_MOST_ATTEMPTS = 200

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
    hidden : tuple of Finding
        What is accepted, and left as it is.
    """

    document: Document
    applied: tuple[Finding, ...]
    remaining: tuple[Stays, ...]
    hidden: tuple[Finding, ...] = ()


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
    attempts = _Attempts(examine)
    for _ in range(_MOST_ROUNDS):
        chosen = _chosen(current.examined, unsafe_fixes)
        done, after, reasons = _best(current, attempts, chosen)
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
    hidden = current.examined.report.hidden
    return Repaired(current.document, tuple(applied), remaining, hidden)


def _chosen(examined: Examination, unsafe_fixes: bool) -> list[Finding]:
    """Return the findings to repair together: those whose repairs do not clash."""
    taken = Taken()
    return [
        finding
        for finding in examined.report.findings
        if finding.fix is not None
        and (unsafe_fixes or not finding.fix.unsafe)
        and (found := examined.repairs.get(key_of(finding))) is not None
        and taken.take(*found.replacements)
    ]


def _best(
    current: _Round, attempts: _Attempts, chosen: Sequence[Finding]
) -> tuple[list[Finding], _Round, dict[object, str]]:
    """Return what can be repaired together, the file then, and why the rest cannot."""
    done, best, reasons = list[Finding](), current, dict[object, str]()
    pending = [list(chosen)] if chosen else []
    while pending:
        group = pending.pop()
        after = attempts.one(current, [*done, *group])
        if isinstance(after, _Round):
            done, best = [*done, *group], after
        elif len(group) == 1:
            reasons[key_of(group[0])] = f"its repair is left out: {after}"
        else:
            # Halves, so that one that cannot be made costs few attempts, however many can.
            half = len(group) // 2
            pending += [group[half:], group[:half]]
    return done, best, reasons


class _Attempts:
    """Attempts to repair a file: each reads the whole of it, and their number is bounded."""

    def __init__(self, examine: Examine) -> None:
        self._examine = examine
        self._left = _MOST_ATTEMPTS

    def one(self, current: _Round, chosen: Iterable[Finding]) -> _Round | str:
        """Return the file with findings repaired, or why it would not be what it should be."""
        if not self._left:
            return "too many repairs of this file could not be made"
        self._left -= 1
        text, before = current.document.code, current.examined
        if text is None:
            return "there is nothing to repair"
        listing = Listing(text)
        repairs = [before.repairs[key_of(each)] for each in chosen]
        replacements = [one for each in repairs for one in each.replacements]
        brought = imports.replacements(listing, [one for each in repairs for one in each.needed])
        taken = Taken()
        if not all(taken.take(each) for each in (*replacements, *brought)):
            return "what it needs clashes with other repairs"
        try:
            document = _read(current.document, written(listing, [*replacements, *brought]))
            examined = self._examine(document)
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
