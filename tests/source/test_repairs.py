"""Repairs of source code: where they are written and how, and that the rest stays."""

from __future__ import annotations

import ast
import functools
import json
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from selu_lint.findings import Severity
from selu_lint.limits import DEFAULT
from selu_lint.linter import lint
from selu_lint.model.document import NOTEBOOK, Document
from selu_lint.model.source_text import SourceText
from selu_lint.settings import Settings
from selu_lint.source import checking
from selu_lint.source.checking import Examination
from selu_lint.source.reading import python_text, read_text
from selu_lint.source.repair import planning, rounds
from selu_lint.source.repair.repairs import Repair
from tests.quick import one_in
from tests.source.snippets import Snippet, read_snippets

PAIRS = Path(__file__).parents[2] / "fixtures" / "source" / "repairs.txt"
HEAD = "from keras import Input, Sequential\nfrom keras.layers import Dense, Dropout\n"


class Pair(NamedTuple):
    """A program before and after its repair."""

    name: str
    before: str
    after: str
    unsafe: bool


def read_pairs() -> list[Pair]:
    pairs = []
    for part in re.split(r"(?m)^=== ", PAIRS.read_text(encoding="utf-8"))[1:]:
        head, _, body = part.partition("\n")
        before, mark, after = re.split(r"(?m)^(--- after.*)\n", body)
        pairs.append(Pair(head.split()[0], before, after, "unsafe" in mark))
    return pairs


def repair(
    text: SourceText, unsafe: bool = False, settings: Settings | None = None
) -> rounds.Repaired:
    settings = settings or Settings()

    def examine(document: Document) -> Examination:
        return checking.examine(document, settings, functools.partial(lint, settings=settings))

    return rounds.repair(Document(text.path, text.kind, None, None, code=text), examine, unsafe)


def fixed(code: str, unsafe: bool = False, settings: Settings | None = None) -> str:
    document = repair(python_text(code, "train.py", DEFAULT), unsafe, settings).document
    assert document.code is not None
    return document.code.raw


def reasons(code: str) -> list[str]:
    return [
        each.reason
        for each in repair(python_text(code, "train.py", DEFAULT)).remaining
        if each.finding.severity >= Severity.WARNING
    ]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("pair", read_pairs(), ids=lambda pair: pair.name)
def test_pairs(pair: Pair, newline: str) -> None:
    before, after = (text.replace("\n", newline) for text in (pair.before, pair.after))
    assert fixed(before, pair.unsafe) == after
    assert fixed(after, pair.unsafe) == after


@functools.cache
def repaired(code: str) -> rounds.Repaired:
    return repair(python_text(code, "train.py", DEFAULT))


SNIPPETS = [*read_snippets("snippets.txt"), *read_snippets("scripts.txt")]


@pytest.mark.parametrize("snippet", one_in(3, SNIPPETS), ids=lambda each: each.name)
def test_what_is_found_in_a_snippet_is_repaired_or_has_a_reason(snippet: Snippet) -> None:
    result = repaired(snippet.code)
    after = result.document.code
    assert after is not None
    for each in result.remaining:
        assert each.reason
        # S06 asks which of its layers are AlphaDropout: one more makes its second model another.
        if snippet.name != "S06" or each.finding.code != "SELU002":
            assert "left out" not in each.reason
            assert each.finding.fix is None or each.finding.fix.unsafe
    if not result.applied:
        assert after.raw == snippet.code
        return
    ast.parse(after.raw)
    again = repair(after)
    assert again.applied == ()
    assert len(again.remaining) == len(result.remaining)


@pytest.mark.slow
def test_most_of_what_is_found_in_the_snippets_is_repaired() -> None:
    results = [repaired(each.code) for each in read_snippets("snippets.txt")]
    left = [
        each.finding
        for result in results
        for each in result.remaining
        if each.finding.severity is Severity.ERROR and each.finding.fix is None
    ]
    assert sum(len(result.applied) for result in results) >= 117
    assert len(left) <= 20


@pytest.mark.parametrize(
    "before, after",
    [
        (
            "from keras.layers.core import Dense, Dropout",
            "from keras.layers.core import Dense\nfrom keras.layers import AlphaDropout",
        ),
        (
            "from keras.layers.core import Dropout\nfrom keras.layers import Dense",
            "from keras.layers import AlphaDropout\nfrom keras.layers import Dense",
        ),
        (
            "from keras.layers.noise import Dropout; from keras.layers import Dense",
            "from keras.layers.noise import AlphaDropout; from keras.layers import Dense",
        ),
        (
            "import os; from keras.layers.core import Dense, Dropout; x = 1",
            "import os; from keras.layers.core import Dense; "
            "from keras.layers import AlphaDropout; x = 1",
        ),
        (
            "from keras.layers import AlphaDropout as AD, Dense, Dropout",
            "from keras.layers import AlphaDropout as AD, Dense",
        ),
        (
            "from keras.layers import AlphaDropout, Dense\nfrom keras.layers import Dropout",
            "from keras.layers import AlphaDropout, Dense\nfrom keras.layers import Dropout",
        ),
        (
            "try:\n    from keras.layers import Dense, Dropout\n"
            "except ImportError:\n    from tensorflow.keras.layers import Dense, Dropout",
            "try:\n    from keras.layers import Dense, AlphaDropout\n"
            "except ImportError:\n    from tensorflow.keras.layers import Dense, AlphaDropout",
        ),
        ("from keras.layers import *", "from keras.layers import *"),
        (
            "__all__ = ['Dropout']\nfrom keras.layers import Dense, Dropout",
            "__all__ = ['Dropout']\nfrom keras.layers import Dense, AlphaDropout, Dropout",
        ),
    ],
)
def test_imports(before: str, after: str) -> None:
    code = "\nfrom keras import Sequential\nSequential([Dense(3, 'selu'{}), {}(0.5{})])\n"
    name = "AD" if " AD" in before else "AlphaDropout"
    given = ", kernel_initializer='lecun_normal'"
    result = fixed(before + code.format("", "Dropout", ""))
    assert result == after + code.format(given, f"{name}", "").replace("(0.5)", "(0.1964)")


def test_an_import_in_a_function_is_changed_there() -> None:
    code = "def net():\n    from keras.layers import Dense, {}\n    from keras import Sequential\n"
    code += "    return Sequential([Dense(3, 'selu'{}), {}({})])\n"
    given = ", kernel_initializer='lecun_normal'"
    alpha = "AlphaDropout"
    assert fixed(code.format("Dropout", "", "Dropout", 0.5)) == code.format(
        alpha, given, alpha, 0.1964
    )


def test_another_name_of_dropout_makes_room() -> None:
    code = "from keras import Sequential\nfrom keras.layers import Dense, {}\n"
    code += "Sequential([Dense(3, 'selu', kernel_initializer='lecun_normal'), {}])\n"
    repaired = code.format("AlphaDropout", "AlphaDropout(0.1964)")
    assert fixed(code.format("Dropout as Drop", "Drop(0.5)")) == repaired


def test_a_name_that_is_taken_is_left() -> None:
    code = HEAD + "class AlphaDropout: ...\n"
    code += "Sequential([Dense(3, 'selu', kernel_initializer='lecun_normal'), Dropout(0.5)])\n"
    assert fixed(code) == code
    assert reasons(code) == ["the file gives the name AlphaDropout to something else"]


@pytest.mark.parametrize(
    "head, made, brought, written",
    [
        (
            "from keras import Input, layers",
            "layers.",
            "from keras import Input, initializers, layers",
            "initializers.VarianceScaling(scale=32.0)",
        ),
        (
            "from keras import Input\nfrom keras.layers import DepthwiseConv2D",
            "",
            "from keras import Input\nfrom keras.layers import DepthwiseConv2D\n"
            "from keras.initializers import VarianceScaling",
            "VarianceScaling(scale=32.0)",
        ),
        (
            "from keras.layers import *",
            "",
            "from keras.layers import *\nfrom keras.initializers import VarianceScaling",
            "VarianceScaling(scale=32.0)",
        ),
        (
            "from tensorflow import keras\nfrom keras import Input",
            "keras.layers.",
            "from tensorflow import keras\nfrom keras import Input",
            "keras.initializers.VarianceScaling(scale=32.0)",
        ),
    ],
)
def test_a_miscounted_kernel_gets_variance_scaling(
    head: str, made: str, brought: str, written: str
) -> None:
    code = "\n{}DepthwiseConv2D(3, activation='selu'{})(Input((16, 16, 32)))\n"
    given = f", depthwise_initializer={written}"
    assert fixed(head + code.format(made, "")) == brought + code.format(made, given)


@pytest.mark.parametrize(
    "old, new",
    [
        ("initializers.he_normal(seed=3)", "initializers.lecun_normal(seed=3)"),
        ("initializers.HeNormal()", "initializers.LecunNormal()"),
        ("initializers.RandomUniform(-0.1, 0.1)", "'lecun_normal'"),
        ("initializers.RandomUniform(seed=s())", "initializers.VarianceScaling(seed=s())"),
        ("'he_' 'normal'", "'lecun_normal'"),
        ("('HeNormal')", "('LecunNormal')"),
        ("None", "'lecun_normal'"),
    ],
)
def test_initializers_keep_their_style_and_seed(old: str, new: str) -> None:
    code = "from keras import initializers, layers\n"
    code += "layers.Dense(3, activation='selu', kernel_initializer={})\n"
    assert fixed(code.format(old)) == code.format(new)


@pytest.mark.parametrize(
    "old, new",
    [
        ("Dense((3), 'selu')", "Dense((3), 'selu', kernel_initializer='lecun_normal')"),
        ("Dense(3, ('selu'))", "Dense(3, ('selu'), kernel_initializer='lecun_normal')"),
        (
            "Dense(3,\n      'selu'  # a ) and a ,\n      )",
            "Dense(3,\n      'selu',\n"
            "      kernel_initializer='lecun_normal'  # a ) and a ,\n      )",
        ),
        (
            "Dense(3, 'selu',\n      name='é', )",
            "Dense(3, 'selu',\n      name='é',\n      kernel_initializer='lecun_normal', )",
        ),
        (
            "Dense(\n\t3,\n\t*['selu'],\n)",
            "Dense(\n\t3,\n\t*['selu'],\n\tkernel_initializer='lecun_normal',\n)",
        ),
        (
            "Dense(3, 'selu', **{})",
            "Dense(3, 'selu', **{}, kernel_initializer='lecun_normal')",
        ),
    ],
)
def test_layout(old: str, new: str) -> None:
    head = "from keras.layers import Dense\n"
    assert fixed(f"{head}ä = {old}; b = 1\n") == f"{head}ä = {new}; b = 1\n"


@pytest.mark.parametrize(
    "lines, written",
    [
        ("def net(p):\n    return {}", "p / (4.0909 - 3.0909 * p)"),
        ("def net(p):\n    p.rate = 1\n    return {}", "p.q / (4.0909 - 3.0909 * p.q)"),
        ("def net(p):\n    return {}", "p['q'] / (4.0909 - 3.0909 * p['q'])"),
        ("def net(p):\n    return {}", "(p / 2) / (4.0909 - 3.0909 * (p / 2))"),
        ("RATE = 0.5\nprint(RATE)\n{}", "RATE / (4.0909 - 3.0909 * RATE)"),
        ("{}", "0.1964"),
    ],
)
def test_rates(lines: str, written: str) -> None:
    rate = "1 / 2" if written == "0.1964" else written.split(" / (")[0].removeprefix("(")
    rate = rate.removesuffix(")")
    layers = "Sequential([Dense(3, 'selu', kernel_initializer='lecun_normal'), {}])\n"
    code = HEAD + lines.format(layers.format(f"Dropout({rate})"))
    repaired = code.replace(f"Dropout({rate})", f"AlphaDropout({written})")
    assert fixed(code) == repaired.replace("Dense, Dropout", "Dense, AlphaDropout")


def test_a_rate_may_be_kept() -> None:
    code = HEAD + "def net(hp):\n"
    code += "    return Sequential([Dense(3, 'selu', kernel_initializer='lecun_normal'), {}])\n"
    kept = fixed(code.format("Dropout(hp.Float())"), settings=Settings(alpha_rate="keep"))
    assert "AlphaDropout(hp.Float())" in kept


def test_only_the_callers_with_selu_are_changed() -> None:
    code = "from keras.layers import Dense\n"
    code += "def cell(n, act, init='he_normal'):\n"
    code += "    return Dense(n, activation=act, kernel_initializer=init)\n"
    code += "cell(3, 'selu'{})\ncell(3, 'relu')\ncell(4, 'selu', {})\n"
    given = code.format(", init='lecun_normal'", "'lecun_normal'")
    assert fixed(code.format("", "'glorot_normal'")) == given


def test_a_helper_of_others_is_asked_only_if_that_is_wanted() -> None:
    code = "from keras.layers import Dense\n"
    code += "def cell(n, act):\n    return Dense(n, activation=act{})\n"
    code += "cell(3, 'selu')\ncell(3, 'relu')\n"
    before = code.format("")
    assert fixed(before) == before
    asked = ", kernel_initializer='lecun_normal' if act == 'selu' else 'glorot_uniform'"
    assert fixed(before, unsafe=True) == code.format(asked)


def test_a_class_that_takes_no_more_is_changed_inside() -> None:
    code = "from keras.layers import Dense\nclass Hidden(Dense):\n"
    code += "    def __init__(self, units):\n"
    code += "        super().__init__(units, activation='selu'{})\nHidden(4)\n"
    assert fixed(code.format("")) == code.format(", kernel_initializer='lecun_normal'")


def test_a_comment_that_accepts_a_finding_keeps_its_line() -> None:
    code = "from keras.layers import Dense\n"
    code += "Dense(3, 'selu')  # selu-lint: ignore[SELU001] on purpose\n"
    assert fixed(code) == code


def test_code_that_was_not_read_as_it_is_written_is_left() -> None:
    code = "from keras.layers import Dense\nDense(3, 'selu')\nif:\n"
    assert fixed(code) == code
    assert "not edited" in reasons(code)[0]


def notebook(*cells: object) -> str:
    sources = [
        {"cell_type": "code", "source": each, "id": "é", "outputs": [{"text": "\u00e9"}]}
        for each in cells
    ]
    content = {"metadata": {"x": 1.50}, "cells": sources, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(content, indent=2) + "\n\n"


@pytest.mark.parametrize("as_lines", [True, False])
@pytest.mark.parametrize("ensure_ascii", [True, False])
def test_a_notebook_keeps_all_but_the_code(as_lines: bool, ensure_ascii: bool) -> None:
    first = ["from keras.layers import (\n", "  Dense,\n", "  {}\n", ")\n", "from keras import *\n"]
    second = ["%time m = Sequential([\n", '  Dense(3, "selu", name="ü"{}), # "\\t"\n', "  {}])"]
    third = ['Dense(\n  3,\n  "selu"{}\n)']

    def text(*parts: str) -> str:
        first_, second_, third_, *rest = parts
        cells: list[list[str]] = [
            [line.format(first_) if "{}" in line else line for line in first],
            [second[0], second[1].format(second_), second[2].format(third_)],
            "".join(third).format(*rest).splitlines(keepends=True),
        ]
        shown = [cell if as_lines else "".join(cell) for cell in cells]
        content = json.loads(notebook(*shown))
        return json.dumps(content, indent=2, ensure_ascii=ensure_ascii) + "\n\n"

    given = 'kernel_initializer="lecun_normal"'
    before = text("Dropout", "", "Dropout(0.5)", "")
    after = text("AlphaDropout", f", {given}", "AlphaDropout(0.1964)", f",\n  {given}")
    read = read_text(before.encode(), "a.ipynb", NOTEBOOK, DEFAULT)
    assert read is not None
    result = repair(read)
    assert result.document.code is not None
    assert result.document.code.raw == after
    assert len(result.applied) == 3


WRONG = {
    "would build something else": ("'selu'", "'relu'"),
    "cannot be read": ("'selu'", "'selu"),
    "more than the edited": ("Dense(3, 'selu')\nx = 1", "Dense(3, 'selu')\nx = 2"),
}


@pytest.mark.parametrize("said", WRONG)
def test_a_result_that_is_not_what_it_should_be_is_left_out(
    said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "from keras.layers import Dense\nDense(3, 'selu')\nx = 1\n"
    old, new = WRONG[said]
    write = planning.Planner.repair

    def wrong(planner: planning.Planner, *given: object) -> Repair:
        found = write(planner, *given)  # type: ignore[arg-type]
        start = code.index(old)
        replaced = planner._listing.replace(start, start + len(old), new)
        return found._replace(replacements=(replaced,))

    monkeypatch.setattr(planning.Planner, "repair", wrong)
    assert fixed(code) == code
    assert said in reasons(code)[0]


def test_one_wrong_repair_does_not_hold_up_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "from keras.layers import Dense\nDense(3, 'selu')\nDense(4, 'selu')\n"
    write = planning.Planner.repair

    def wrong(planner: planning.Planner, *given: object) -> Repair:
        found = write(planner, *given)  # type: ignore[arg-type]
        each = found.replacements[0]
        if each.start > code.index("Dense(4"):
            return found
        return found._replace(replacements=(each._replace(new=each.new.replace("lecun", "he")),))

    monkeypatch.setattr(planning.Planner, "repair", wrong)
    given = ", kernel_initializer='lecun_normal'"
    assert fixed(code) == code.replace("(4, 'selu'", f"(4, 'selu'{given}")


def test_a_program_is_followed_the_same_way_each_time() -> None:
    # Its paths ask whether new objects are true; which they were went by Python's identities.
    code = """\
import functools
from keras import Input, Sequential
from keras.layers import Dense, Dropout

def logged(f):
    @functools.wraps(f)
    def inner(*args, **kwargs):
        return f(*args, **kwargs)
    return inner

@logged
def block(x, n):
    if n == 0:
        return x
    x = x(n, activation='selu', kernel_initializer='lecun_normal')(x)
    return block(Dropout(0.1)(x), n - 1)

def parts():
    yield Dense(5, activation='selu')
    yield Dense(1)

block(3, Input((3,)))
Sequential(list(parts()))
"""
    after = code.replace(
        "(5, activation='selu'", "(5, activation='selu', kernel_initializer='lecun_normal'"
    )
    garbage: list[object] = []
    for count in range(20):
        garbage.append([object() for _ in range(37 * count)])
        assert fixed(code) == after
