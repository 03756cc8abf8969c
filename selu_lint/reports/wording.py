"""Wording that the formats share: counts, totals, and names made safe to print."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable

from selu_lint.findings import Finding, Severity
from selu_lint.report import Report

SEVERITIES = (Severity.ERROR, Severity.WARNING, Severity.INFO, Severity.NOTE)
"""The severities, worst first."""

_PLURALS = {"is": "are", "info": "infos"}


def printable(text: str) -> str:
    r"""Escape what a file's names must not do to a terminal or a log.

    Control characters, line breaks, direction marks and lone surrogates become Python escapes
    such as ``\x1b``.
    """
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else ascii(character)[1:-1] for character in text
    )


def posix(path: str) -> str:
    """Return a path as services name it: with ``/``, and without a leading ``./``."""
    if "://" in path:
        return path
    if os.sep != "/":
        path = path.replace(os.sep, "/")
    return path.removeprefix("./")


def plural(count: int, noun: str) -> str:
    """Return ``1 file``, ``2 files``."""
    if count == 1:
        return f"1 {noun}"
    return f"{count} {_PLURALS.get(noun, noun + 's')}"


def severities(findings: Iterable[Finding]) -> str:
    """Return the counts by severity, worst first: ``3 errors, 1 warning``."""
    counts = Counter(finding.severity for finding in findings)
    return ", ".join(plural(counts[s], s.value) for s in SEVERITIES if counts[s])


def fix_counts(findings: Iterable[Finding]) -> tuple[int, int]:
    """Return how many findings have a safe fix and how many an unsafe one."""
    fixes = [finding.fix for finding in findings if finding.fix is not None]
    unsafe = sum(fix.unsafe is not None for fix in fixes)
    return len(fixes) - unsafe, unsafe


def totals(report: Report) -> str:
    """Return one line: files, findings by severity, what is hidden, what can be repaired."""
    findings = list(report.findings)
    checked = len(report.files) - len(report.errors)
    line = f"{plural(checked, 'file')} checked"
    if findings:
        line += f": {plural(len(findings), 'finding')} ({severities(findings)})"
        affected = sum(bool(file.findings) for file in report.files)
        if checked > 1:
            line += f" in {plural(affected, 'file')}"
    else:
        line += ": no findings"
    hidden = sum(len(file.hidden) for file in report.files)
    if hidden:
        line += f", {hidden} hidden"
    if report.errors:
        line += f"; {plural(len(report.errors), 'file')} could not be checked"
    return line + "." + repairs(report)


def repairs(report: Report) -> str:
    """Return the sentences, each after a space, that say what would repair how many findings."""
    files = [each for file in report.files if file.format != "live" for each in file.findings]
    built = [each for file in report.files if file.format == "live" for each in file.findings]
    return _repairs(
        files, "`selu-lint fix`", "--unsafe-fixes", "`selu-lint fix --unsafe-fixes`"
    ) + _repairs(
        built,
        "`selu_lint.fix(model)` in Python",
        "unsafe_fixes=True",
        "`selu_lint.fix(model, unsafe_fixes=True)` in Python",
    )


def _repairs(findings: Iterable[Finding], command: str, option: str, unsafely: str) -> str:
    safe, unsafe = fix_counts(findings)
    if safe and unsafe:
        return f" {command} would repair {safe}, with {option} {unsafe} more."
    if safe:
        return f" {command} would repair {safe}."
    if unsafe:
        return f" {unsafely} would repair {unsafe}."
    return ""
