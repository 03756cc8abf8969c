"""All that rules say of the fixtures and of their own cases: ``python -m tests.golden`` writes it.

`fixtures/findings.txt` changes only on purpose, with the change of a rule or of a sentence.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import selu_lint
from selu_lint.findings import Finding
from selu_lint.rule import find_rules
from selu_lint.settings import Settings
from selu_lint.testing import findings_in

FIXTURES = Path(__file__).parents[1] / "fixtures"
FILE = FIXTURES / "findings.txt"
FOLDERS = ("archives", "keras_folder", "models", "saved_models", "without_selu")


def text() -> str:
    """Return what the file is to hold."""
    return "".join(f"{line}\n" for line in [*_of_cases(), *_of_fixtures()])


def _of_cases() -> Iterator[str]:
    for rule in find_rules():
        for case in rule.cases().invalid:
            yield f"{rule.code}: {case.about}"
            yield from _lines(findings_in(rule, case))


def _of_fixtures() -> Iterator[str]:
    """Yield the findings of each fixture, those with the same findings together."""
    settings = Settings(weights=True, extend_select=("SELU",))
    alike: dict[tuple[str, ...], list[str]] = {}
    for folder in FOLDERS:
        for file in selu_lint.check(FIXTURES / folder, settings=settings).files:
            path = Path(file.path).relative_to(FIXTURES).as_posix()
            lines = [f"  error: {file.error}"] if file.error is not None else _lines(file.findings)
            alike.setdefault(tuple(lines), []).append(path)
    for found, paths in alike.items():
        yield from paths
        yield from found or ["  nothing"]


def _lines(findings: Iterable[Finding]) -> Iterator[str]:
    for finding in findings:
        place = finding.layer or "(model)"
        yield f"  {finding.code} {finding.severity.value} {place}: {finding.message}"
        yield f"    {json.dumps(_rounded(finding.data), ensure_ascii=False)}"
        if finding.write:
            yield f"    write: {finding.write}"
        if finding.fix is not None:
            unsafe = f"; unsafe: {finding.fix.unsafe}" if finding.fix.unsafe else ""
            yield f"    fix: {finding.fix.description}{unsafe}"
        if finding.unfixable is not None:
            yield f"    no fix: {finding.unfixable}"


def _rounded(value: Any) -> Any:
    """Return numbers with as many digits as every platform has in common."""
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(each) for each in value]
    return value


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
