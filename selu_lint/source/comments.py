"""Comments that accept findings: ``# selu-lint: ignore[SELU001] reason``, ``# noqa: SELU001``."""

from __future__ import annotations

import ast
import re
import tokenize
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from selu_lint.findings import Finding
from selu_lint.model.source_text import SourceText
from selu_lint.report import IN_SOURCE

_OWN = re.compile(r"#\s*selu-lint:\s*(ignore(?:-file)?)\b(?:\s*\[([^\]]*)\])?[\s:-]*(.*)")
_SHARED = re.compile(r"#\s*noqa\b(?::\s*([A-Z]+[0-9]+(?:[\s,]+[A-Z]+[0-9]+)*))?", re.IGNORECASE)
_CODE = re.compile(r"[A-Za-z]+[0-9]*")
_OURS = "SELU"


class Ignore(NamedTuple):
    """A comment that accepts findings.

    Attributes
    ----------
    line : int
        Its line of the tree.
    codes : tuple of str
        Codes or prefixes; empty for all.
    whole_file : bool
        Whether it is about all of the file.
    reason : str
        Why they are accepted; empty if it does not say.
    shared : bool
        Whether it is a ``noqa``, which other tools read, too.
    """

    line: int
    codes: tuple[str, ...]
    whole_file: bool = False
    reason: str = ""
    shared: bool = False

    def covers(self, code: str) -> bool:
        """Whether it is about the rule with this code."""
        return not self.codes or code.startswith(self.codes)

    def __str__(self) -> str:
        """Return it as it is written."""
        if self.shared:
            return f"noqa: {', '.join(self.codes)}"
        codes = f"[{', '.join(self.codes)}]" if self.codes else ""
        return f"ignore{'-file' if self.whole_file else ''}{codes}"


class Applied(NamedTuple):
    """What comments make of findings.

    Attributes
    ----------
    shown, hidden : tuple of Finding
        Those that no comment accepts, and the others.
    reasons : tuple of str
        Why each of the others is hidden.
    notes : tuple of str
        What is to be said of the comments: which accept nothing.
    """

    shown: tuple[Finding, ...]
    hidden: tuple[Finding, ...] = ()
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def apply(text: SourceText, findings: Sequence[Finding], runs: Callable[[str], bool]) -> Applied:
    """Return the findings without those that a comment accepts.

    A comment is about the calls that begin or end in its line, or that have an argument which
    begins there.

    Parameters
    ----------
    text : SourceText
        The file.
    findings : sequence of Finding
        What was found in it.
    runs : callable
        Whether a code or prefix was looked for; a comment about another one is not called unused.
    """
    ignores = list(_ignores(text))
    if not ignores:
        return Applied(tuple(findings))
    whole, late = _whole_file(text, ignores)
    by_line: dict[int, list[Ignore]] = {}
    for ignore in ignores:
        if not ignore.whole_file:
            by_line.setdefault(ignore.line, []).append(ignore)
    lines = _lines_of_calls(text) if by_line else {}
    shown, hidden, reasons, used = [], [], [], set[Ignore]()
    for finding in findings:
        near = () if finding.place is None else lines.get(finding.place[:4], ())
        about = [*whole, *(each for line in near for each in by_line.get(line, ()))]
        found = [ignore for ignore in about if ignore.covers(finding.code)]
        used.update(found)
        if found:
            hidden.append(finding)
            reason = next((each.reason for each in found if each.reason), "")
            reasons.append(f"{IN_SOURCE}: {reason}" if reason else IN_SOURCE)
        else:
            shown.append(finding)
    return Applied(
        tuple(shown), tuple(hidden), tuple(reasons), tuple(_notes(text, ignores, used, late, runs))
    )


def _notes(
    text: SourceText,
    ignores: Iterable[Ignore],
    used: set[Ignore],
    late: set[Ignore],
    runs: Callable[[str], bool],
) -> Iterator[str]:
    for ignore in ignores:
        place = text.where(ignore.line)
        if ignore in late:
            yield f"{place}: {ignore} stands behind the first statement, where it does nothing"
        elif ignore not in used and all(map(runs, ignore.codes)):
            if not ignore.shared or ignore.codes:
                yield f"{place}: {ignore} matches no finding"
        elif ignore in used and not ignore.reason and not ignore.shared:
            yield f"{place}: {ignore} gives no reason; write it behind"


def _whole_file(text: SourceText, ignores: Iterable[Ignore]) -> tuple[list[Ignore], set[Ignore]]:
    """Return the comments about the whole file, and those that stand too late to be."""
    body = text.tree.body
    first = next((each.lineno for each in body if not _is_docstring(each)), len(text.lines) + 1)
    found = [ignore for ignore in ignores if ignore.whole_file]
    return (
        [ignore for ignore in found if ignore.line < first],
        {ignore for ignore in found if ignore.line >= first},
    )


def _is_docstring(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _lines_of_calls(text: SourceText) -> dict[tuple[object, ...], set[int]]:
    """Return by place the lines of the tree in which a comment is about the call there."""
    lines: dict[tuple[object, ...], set[int]] = {}
    for node in ast.walk(text.tree):
        if isinstance(node, ast.Call):
            arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
            begins = {node.lineno, *(each.lineno for each in arguments)}
            lines[text.place(node)[:4]] = begins | {node.end_lineno or node.lineno}
    return lines


def _ignores(text: SourceText) -> Iterator[Ignore]:
    """Yield the comments of a file that accept findings."""
    if not any("#" in line and _is_about_us(line) for line in text.parsed):
        return
    lines = iter([f"{line}\n" for line in text.parsed])
    try:
        for token in tokenize.generate_tokens(lambda: next(lines, "")):
            if token.type == tokenize.COMMENT:
                yield from _ignore(token.start[0], token.string)
    except (tokenize.TokenError, SyntaxError):
        # What was read of a broken file up to here counts.
        return


def _is_about_us(line: str) -> bool:
    return "selu-lint:" in line or "noqa" in line.lower()


def _ignore(line: int, comment: str) -> Iterator[Ignore]:
    for own in _OWN.finditer(comment):
        codes = () if own[2] is None else _codes(own[2])
        if codes or own[2] is None:
            yield Ignore(line, codes, own[1] == "ignore-file", own[3].strip())
    for shared in _SHARED.finditer(comment):
        codes = tuple(code for code in _codes(shared[1] or "") if code.startswith(_OURS))
        if codes or not shared[1]:
            yield Ignore(line, codes, shared=True)


def _codes(text: str) -> tuple[str, ...]:
    return tuple(code.upper() for code in _CODE.findall(text))
