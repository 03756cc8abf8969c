"""What small programs give: each construct of Python and Keras that people write."""

from __future__ import annotations

import functools

import pytest

from selu_lint.findings import Confidence, Severity
from selu_lint.linter import lint
from selu_lint.model.document import Document
from selu_lint.report import FileReport
from selu_lint.settings import Settings
from selu_lint.source import checking
from selu_lint.source.reading import python_text
from tests.source.snippets import FILES, Snippet, read_snippets

SETTINGS = Settings(confidence=Confidence.POSSIBLE)


def check(code: str) -> FileReport:
    """Return the report of a program."""
    text = python_text(code, "train.py", SETTINGS.limits)
    document = Document("train.py", "python", None, None, code=text)
    return checking.check(document, SETTINGS, functools.partial(lint, settings=SETTINGS))


PROGRAMS = [each for file in FILES for each in read_snippets(file)]


@pytest.mark.slow
@pytest.mark.parametrize("snippet", PROGRAMS, ids=lambda each: each.name)
def test_gives_what_its_marks_say(snippet: Snippet) -> None:
    """Notes and infos count only where a mark names them."""
    report = check(snippet.code)
    assert report.error is None
    assert not report.crashed
    marked = {code for _, code, _ in snippet.expected}
    found = {
        (finding.place.line if finding.place else 0, finding.code): finding.confidence
        for finding in report.findings
        if finding.severity >= Severity.WARNING or finding.code in marked
    }
    may = snippet.marked("?")
    told = {key for key in found if key not in may}
    assert told == snippet.marked("!") | snippet.marked("~")
    likely = {key for key in told if found[key] is not Confidence.CERTAIN}
    assert likely == snippet.marked("~")
