"""Choosing repairs: findings of an architecture in, its repaired form and what stays out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from selu_lint.findings import Edit, Finding
from selu_lint.fixing.fix_report import Remaining
from selu_lint.linter import check_document
from selu_lint.model.document import Document
from selu_lint.model.edits import Selection, apply_edits, conflict
from selu_lint.report import FileReport
from selu_lint.settings import Settings

_MOST_ROUNDS = 20

Check = Callable[[Document], FileReport]
"""Checks a model and leaves out what is suppressed."""

Key = tuple[str, str, tuple[str, ...]]
"""What makes two fixes the same: code, layer, and what is edited or only drawn anew."""


@dataclass(frozen=True)
class Repaired:
    """An architecture after its repairs.

    Attributes
    ----------
    document : Document
        The model with the repaired architecture and its old weights.
    edits : tuple of Edit
        All edits, in the order in which they were applied.
    applied : tuple of Finding
        The findings that they repair.
    remaining : tuple of Remaining
        What is still found, and why.
    hidden : tuple of Finding
        What is accepted, and left as it is.
    """

    document: Document
    edits: tuple[Edit, ...]
    applied: tuple[Finding, ...]
    remaining: tuple[Remaining, ...]
    hidden: tuple[Finding, ...] = ()


def repair(document: Document, check: Check, unsafe_fixes: bool = False) -> Repaired:
    """Repair an architecture until nothing repairable is found.

    Each round repairs what does not clash and checks the result again, since one repair can bring
    another finding to light.

    Parameters
    ----------
    document : Document
        The model.
    check : callable
        Checks it.
    unsafe_fixes : bool
        Whether unsafe repairs are applied too.

    Raises
    ------
    SeluLintError
        If the architecture is no Keras model.
    """
    edits: list[Edit] = []
    applied: dict[Key, Finding] = {}
    report = check(document)
    for _ in range(_MOST_ROUNDS):
        chosen, new = _choose(document.architecture or {}, report, unsafe_fixes, applied)
        if not chosen:
            break
        architecture = apply_edits(document.architecture or {}, new)
        document = document._replace(architecture=architecture, text=None)
        edits.extend(new)
        applied.update(chosen)
        report = check(document)
    remaining = tuple(
        Remaining(finding, _why(document.architecture or {}, finding, unsafe_fixes, applied))
        for finding in report.findings
        if not _only_redraws(finding) or _key(finding) not in applied
    )
    return Repaired(document, tuple(edits), tuple(applied.values()), remaining, report.hidden)


@dataclass(frozen=True)
class Checker:
    """What checks models.

    Attributes
    ----------
    settings : Settings
        Which rules run and how.
    acceptance : callable, optional
        Hides in a report what is accepted.
    """

    settings: Settings
    acceptance: Callable[[FileReport], FileReport] | None = None

    def __call__(self, document: Document) -> FileReport:
        """Check a model."""
        return self.without_accepted(check_document(document, self.settings))

    def without_accepted(self, report: FileReport) -> FileReport:
        """Return a report in which what is accepted is hidden."""
        return report if self.acceptance is None else self.acceptance(report)


def _choose(
    architecture: Mapping[str, Any],
    report: FileReport,
    unsafe_fixes: bool,
    applied: Mapping[Key, Finding],
) -> tuple[dict[Key, Finding], list[Edit]]:
    """Return the findings to repair in this round, and their edits."""
    chosen: dict[Key, Finding] = {}
    edits = Selection()
    for finding in report.findings:
        fix, key = finding.fix, _key(finding)
        if fix is None or key in applied or (fix.unsafe is not None and not unsafe_fixes):
            continue
        if edits.clash(fix.edits) is None and conflict(architecture, fix.edits) is None:
            chosen[key] = finding
            edits.add(fix.edits)
    return chosen, list(edits)


def _why(
    architecture: Mapping[str, Any],
    finding: Finding,
    unsafe_fixes: bool,
    applied: Mapping[Key, Finding],
) -> str:
    fix = finding.fix
    if fix is None:
        return finding.unfixable or "there is no automatic repair"
    if fix.unsafe is not None and not unsafe_fixes:
        return f"its repair is unsafe: {fix.unsafe}; --unsafe-fixes applies it"
    if _key(finding) in applied:
        return "its repair and that of another finding undo each other"
    return conflict(architecture, fix.edits) or "its repair clashes with that of another finding"


def _only_redraws(finding: Finding) -> bool:
    return finding.fix is not None and not finding.fix.edits


def _key(finding: Finding) -> Key:
    fix = finding.fix
    places = () if fix is None else tuple(edit.pointer for edit in fix.edits)
    if fix is not None and not places:
        places = tuple(redraw.slot for redraw in fix.redraws)
    return finding.code, finding.layer, places
