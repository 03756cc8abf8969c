from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selu_lint.errors import SeluLintError
from selu_lint.findings import Finding, Severity
from selu_lint.report import FileReport, Report
from selu_lint.reports import Style, render
from selu_lint.reports.text import columns, headed
from selu_lint.wording import plural, printable, totals
from tests.reports.samples import BIAS, CLEAN, REPORT, TWO, report_with_name


def test_report_is_grouped_aligned_and_summed_up():
    assert render(REPORT).splitlines() == [
        "models/two.keras: 2 findings, 1 hidden",
        "  conv          SELU001 error  kernel_initializer is GlorotUniform (gain 0.06); "
        "a SELU layer needs LecunNormal  [fixable]",
        "  block/drop_1  SELU002 error  Dropout(0.25) follows SELU of conv; use AlphaDropout"
        "                             [unsafe fix]",
        "one.h5: 2 findings",
        "  conv     SELU005 warning  bias_initializer is Ones",
        "  (model)  SELU901 note     the subclassed model Net does not list its layers",
        "broken.keras: error: the zip archive is cut off; copy the file again",
        "",
        "3 files checked: 4 findings (2 errors, 1 warning, 1 note) in 2 files, 1 hidden; "
        "1 file could not be checked. `selu-lint fix` would repair 1, with --unsafe-fixes 1 more.",
        "For the reasons: `selu-lint rule SELU001` (or SELU002, SELU005, SELU901).",
    ]


def test_a_built_model_is_repaired_in_python():
    built = TWO._replace(path="package:build", format="live")
    safe = built._replace(findings=built.findings[:1])
    unsafe = built._replace(findings=built.findings[1:])
    both = "`selu_lint.fix(model)` in Python would repair 1, with unsafe_fixes=True 1 more."
    assert totals(Report((built,))).endswith(f" (2 errors), 1 hidden. {both}")
    assert totals(Report((safe,))).endswith(" `selu_lint.fix(model)` in Python would repair 1.")
    assert totals(Report((unsafe,))).endswith(
        " `selu_lint.fix(model, unsafe_fixes=True)` in Python would repair 1."
    )
    assert totals(Report((TWO, built))).endswith(
        f" `selu-lint fix` would repair 1, with --unsafe-fixes 1 more. {both}"
    )


def test_clean_report_is_one_line():
    assert render(Report((CLEAN,))) == "1 file checked: no findings.\n"
    assert render(Report((CLEAN,)), style=Style(quiet=True)) == ""


def test_quiet_leaves_out_the_totals():
    assert render(REPORT, style=Style(quiet=True)) == "".join(
        render(REPORT).splitlines(keepends=True)[:-3]
    )


def test_color_only_adds_escapes():
    colored = render(REPORT, style=Style(color=True))
    assert "\x1b[31m" in colored
    assert re.sub(r"\x1b\[\d+m", "", colored) == render(REPORT)


@pytest.mark.parametrize("width", [120, 100, 80])
def test_wrapping_keeps_within_the_width_and_every_word(width: int):
    wrapped = render(REPORT, style=Style(width=width))
    assert wrapped.split() == render(REPORT).split()
    assert max(len(line) for line in wrapped.splitlines()) <= width


def test_narrow_terminal_gives_messages_lines_of_their_own():
    lines = render(Report((TWO,)), style=Style(width=50, quiet=True)).splitlines()
    assert lines[1] == "  conv          SELU001 error"
    assert lines[2] == "    kernel_initializer is GlorotUniform (gain"
    assert max(map(len, lines)) <= 50


@pytest.mark.parametrize("width", [None, 30, 60])
@pytest.mark.parametrize("color", [False, True])
def test_a_heading_wraps_and_keeps_its_words(width: int | None, color: bool):
    text = "borderline, as the signal fades by 4.2 nepers; networks like this train up to 3.8"
    lines = list(headed("a model.keras", text, Style(color, width), "yellow"))
    plain = [re.sub(r"\x1b\[\d+m", "", line) for line in lines]
    assert " ".join(plain).split() == f"a model.keras: {text}".split()
    assert max(map(len, plain)) <= (width or 1000)
    assert (len(lines) == 1) == (width is None)
    assert lines[0].startswith("\x1b[1ma model.keras\x1b[0m:") == color


def test_names_from_files_cannot_steer_the_terminal():
    text = render(report_with_name("a\x1b[2J\r\nb\u202e\udcff"), style=Style(color=False))
    assert "\x1b" not in text
    assert "\r" not in text
    assert "a\\x1b[2J\\r\\nb\\u202e\\udcff" in text
    assert text.count("\n") == 6


@given(st.text())
def test_printable_text_is_one_printable_line(text: str):
    escaped = printable(text)
    assert escaped.isprintable()
    assert printable(escaped) == escaped
    escaped.encode()


def test_wide_characters_are_aligned_by_columns():
    findings = tuple(
        Finding("SELU005", "n", Severity.ERROR, layer, "message") for layer in ("密集層", "dense_1")
    )
    lines = render(Report((FileReport("m", findings=findings),))).splitlines()[1:3]
    assert len({columns(line.partition("SELU")[0]) for line in lines}) == 1


def test_one_long_layer_name_does_not_push_the_others_away():
    findings = (
        BIAS,
        Finding("SELU005", "n", Severity.WARNING, "x" * 100, "message"),
    )
    lines = render(Report((FileReport("m", findings=findings),))).splitlines()
    assert lines[1].index("SELU005") == 44
    assert lines[2].index("SELU005") == 85


@pytest.mark.parametrize(
    ("count", "noun", "expected"),
    [(1, "file", "1 file"), (0, "file", "0 files"), (2, "info", "2 infos")],
)
def test_plural(count: int, noun: str, expected: str):
    assert plural(count, noun) == expected


def test_unknown_format_is_named():
    with pytest.raises(
        SeluLintError, match="no report format 'xml'; there are text, concise, json"
    ):
        render(REPORT, "xml")
