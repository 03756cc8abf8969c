"""Wording that the formats share: counts, totals, and names made safe to print."""

from __future__ import annotations

import json
import math
import os
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from selu_lint.findings import Finding, Severity
from selu_lint.report import FileReport, Report

SEVERITIES = (Severity.ERROR, Severity.WARNING, Severity.INFO, Severity.NOTE)
"""The severities, worst first."""

_LONGEST_WORD = 60
_LONGEST_NAME = 80
_PLURALS = {"is": "are", "info": "infos"}


# What is printable and shows nothing: fillers, variation selectors, blanks.
_INVISIBLE = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U00016fe4\U0001d159\U000e0100-\U000e01ef"
)


def printable(text: str) -> str:
    r"""Escape what a foreign word must not do to a terminal, a log or a service that reads it.

    Every word of a file, a path, a server or an exception passes here before it is printed.
    Control characters, line breaks, direction marks, invisible characters and lone surrogates
    become Python escapes such as ``\x1b``; so does a character of what GitHub Actions
    (``::error::``, ``##[error]``), Azure Pipelines (``##vso[task]``) or TeamCity
    (``##teamcity[...]``) take for a command.
    """
    if not text.isprintable():
        text = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
    if not text.isascii():
        text = re.sub(f"[{_INVISIBLE}]", lambda found: ascii(found[0])[1:-1], text)
    if "::" in text:
        text = re.sub(r"(?<!\S)::", r"\\x3a:", text)
    if "##" in text:
        text = re.sub(r"##(?=\w*\[)", r"#\\x23", text)
    return text


def shortened(text: str) -> str:
    """Return what a model says as people read it: printable, no word longer than a line."""
    ends = _LONGEST_NAME // 2
    return re.sub(
        rf"\S{{{_LONGEST_NAME + 1},}}",
        lambda word: f"{word[0][:ends]}…{word[0][-ends:]}",
        printable(text),
    )


def as_json(data: object) -> str:
    """Return data as strict JSON in ASCII, indented by two spaces, of which no line is a command.

    Raises
    ------
    ValueError
        If a number in it is not finite.
    """
    # In JSON a number sign stands in strings only.
    return f"{json.dumps(data, indent=2, allow_nan=False)}\n".replace("##", r"#\u0023")


def plain(value: object) -> Any:
    """Return a value as strict JSON can hold it: numbers that are not finite become null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, str | int) else str(value)


def posix(path: str) -> str:
    """Return a path as services name it: with ``/``, and without a leading ``./``."""
    if "://" in path:
        return path
    if os.sep != "/":
        path = path.replace(os.sep, "/")
    return path.removeprefix("./")


def nearest(word: str, known: Collection[str]) -> str:
    """Return the known word that was probably meant; nothing where none is near."""
    from difflib import get_close_matches

    if len(word) > _LONGEST_WORD:
        return ""
    # Codes are alike in every digit, so the one that starts the same way goes first.
    close = get_close_matches(word, known, n=5)
    return max(close, key=lambda each: _alike(word, each), default="")


def _alike(one: str, other: str) -> int:
    """Return how many characters two words start with alike."""
    pairs = zip(one, other, strict=False)
    return next((index for index, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def brief(value: object) -> str:
    """Return a value as messages show it, on one line."""
    try:
        text = repr(value)
    except ValueError:
        return "a number of thousands of digits"
    return text if len(text) <= _LONGEST_WORD else f"{text[: _LONGEST_WORD - 1]}…"


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
    fixes = [finding.fix for finding in findings if finding.fix is not None and finding.fixable]
    unsafe = sum(fix.unsafe is not None for fix in fixes)
    return len(fixes) - unsafe, unsafe


def band_in_words(least: float, most: float) -> str:
    """Return up to which nepers that its signal fades by a network trains, and from where not."""
    if least > 0:
        return (
            f"networks of this width and depth train up to {least:.1f} and not from {most:.1f} on"
        )
    return f"networks of this width and depth are borderline up to {most:.1f}"


def kernel_of(slot: str) -> str:
    """Return what an initializer slot draws: ``kernel``, ``depthwise kernel``."""
    what = slot.removesuffix("_initializer")
    return what if what == "kernel" else f"{what} kernel"


def named(path: str, kind: str) -> str:
    """Return a layer with its kind, ``merge (Add)``, unless its name says it: ``add_3``."""
    name = path.rpartition("/")[2]
    return path if _bare(name) == _bare(kind) else f"{path} ({kind})"


def _bare(name: str) -> str:
    return re.sub(r"[\W\d_]", "", name).lower()


def to_write(line: str) -> tuple[str, str]:
    """Return a finding's line of Keras and the word in front of it; of a comment, what it says."""
    return ("", line[2:]) if line.startswith("# ") else ("write ", line)


def explanation(findings: Collection[Finding]) -> str:
    """Return the line that names the pages about findings; empty if there are none."""
    worst: dict[str, int] = {}
    for finding in findings:
        if finding.code.startswith("SELU"):
            worst[finding.code] = max(worst.get(finding.code, 0), finding.severity.weight)
    codes = sorted(worst, key=lambda code: (-worst[code], code))
    if not codes:
        return ""
    others = f" (or {', '.join(codes[1:])})" if codes[1:] else ""
    return f"For the reasons: `selu-lint rule {codes[0]}`{others}."


def counted(file: FileReport) -> str:
    """Return how much was found in a file: ``2 findings, 1 hidden``."""
    hidden = f", {len(file.hidden)} hidden" if file.hidden else ""
    return f"{plural(len(file.findings), 'finding')}{hidden}"


def where(finding: Finding) -> str:
    """Return the place and the layer of a finding: ``12:9 hidden``; the whole file has none."""
    place = "" if finding.place is None else str(finding.place)
    return printable(f"{place} {finding.layer}".strip())


def totals(report: Report) -> str:
    """Return one line: files, findings by severity, what is hidden, what can be repaired."""
    findings = report.findings
    checked = len(report.files) - len(report.errors)
    line = f"{plural(checked, 'file')} checked"
    if findings:
        line += f": {plural(len(findings), 'finding')} ({severities(findings)})"
        affected = sum(bool(file.findings) for file in report.files)
        if checked > 1:
            line += f" in {plural(affected, 'file')}"
    elif checked:
        line += f": {_nothing_found(report)}"
    hidden = sum(len(file.hidden) for file in report.files)
    if hidden:
        line += f", {hidden} hidden"
    if report.errors:
        line += f"; {plural(len(report.errors), 'file')} could not be checked"
    return line + "." + repairs(report)


def _nothing_found(report: Report) -> str:
    """Return what there was to find nothing in: SELU layers, or none."""
    counts = [file.selu_layers for file in report.files if file.error is None]
    known = [count for count in counts if count is not None]
    if len(known) < len(counts):
        return "no findings"
    if sum(known):
        return f"{plural(sum(known), 'SELU layer')}, no findings"
    return f"no SELU layer in {'it' if len(counts) == 1 else 'them'}"


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
