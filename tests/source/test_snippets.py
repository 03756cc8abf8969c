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


BY_HAND = {
    "constants": "return 1.0507009 * K.switch(x > 0, x, 1.6732632 * (K.exp(x) - 1))",
    "names": "return S * tf.where(x > 0, x, A * tf.exp(x) - A)",
    "elu": "return S * tf.nn.elu(x) if A else x",
}


@pytest.mark.parametrize("name", BY_HAND)
def test_a_function_with_the_constants_of_selu_is_taken_for_it(name: str) -> None:
    code = (
        "import tensorflow as tf\nfrom keras import backend as K\n"
        "from keras.layers import Dense\nA, S = 1.67326324, 1.05070098\n"
        f"def own(x):\n    {BY_HAND[name]}\nDense(3, activation=own)\n"
    )
    (finding,) = check(code).findings
    assert (finding.code, finding.confidence) == ("SELU001", Confidence.LIKELY)
    assert finding.message.endswith(", if `own` is SELU, whose constants it has")
    others = code.replace("1.05070098", "1.06").replace("1.0507009", "1.06")
    assert not check(others).findings
