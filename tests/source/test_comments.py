"""Comments in source code accept findings, and those that accept nothing are told."""

from __future__ import annotations

import ast

import pytest

from selu_lint.findings import Finding, Severity
from selu_lint.limits import DEFAULT
from selu_lint.source import comments
from selu_lint.source.comments import Applied
from selu_lint.source.reading import python_text

RULES = {"SELU001": "non-lecun-initializer", "SELU002": "dropout-after-selu"}


def applied(code: str, *, selected: str = "SELU") -> Applied:
    """Apply the comments of code in which each Dense has a SELU001, each Dropout a SELU002."""
    text = python_text(code, "a.py", DEFAULT)
    codes = {"Dense": "SELU001", "Dropout": "SELU002"}
    findings = [
        Finding(codes[node.func.id], "", Severity.ERROR, "", "", place=text.place(node))
        for node in ast.walk(text.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in codes
    ]
    return comments.apply(text, findings, lambda code: code.startswith(selected))


def hidden(code: str) -> list[str]:
    return [finding.code for finding in applied(code).hidden]


@pytest.mark.parametrize(
    "comment",
    [
        "# selu-lint: ignore[SELU001] measured",
        "# selu-lint: ignore[SELU001, SELU002] measured",
        "# selu-lint: ignore[selu00]: measured",
        "# selu-lint: ignore - measured",
        "# noqa: SELU001",
        "# NOQA:F401,SELU001",
        "# noqa",
        "# the first layer # noqa: SELU001 # type: ignore",
    ],
)
def test_a_comment_hides_what_it_names(comment):
    assert hidden(f"Dense(1)  {comment}\nDense(2)\n") == ["SELU001"]


@pytest.mark.parametrize(
    "comment",
    [
        "# selu-lint: ignore[SELU002] measured",
        "# selu-lint: ignore[] measured",
        "# noqa: F401",
        "# noqaselu",
        "; '# noqa'",
    ],
)
def test_other_comments_hide_nothing(comment):
    assert hidden(f"Dense(1)  {comment}\n") == []


def test_a_comment_is_about_the_calls_of_its_line():
    code = (
        "f([\n    Dense(1),{0}\n    Dense(\n{1}        2,{2}\n"
        "        a=[{3}\n    1]{4}\n    ),{5}\n])\n"
    )
    expected = [1, 0, 1, 1, 0, 1]
    for index, count in enumerate(expected):
        blanks = ["", "        # empty\n", "", "", "", ""]
        blanks[index] = "  # noqa\n" if index == 1 else "  # noqa"
        assert len(hidden(code.format(*blanks))) == count, index


def test_a_comment_about_the_file_stands_before_the_first_statement():
    comment = "# selu-lint: ignore-file[SELU001] an experiment\n"
    code = "Dense(1)\nDropout(2)\n"
    assert hidden(comment + code) == ["SELU001"]
    assert hidden(f'"""Docstring."""\n{comment}{code}') == ["SELU001"]
    late = applied(code + comment)
    assert late.hidden == ()
    assert late.notes == (
        "3: ignore-file[SELU001] stands behind the first statement, where it does nothing",
    )


def test_the_reason_is_told():
    assert applied("Dense(1)  # selu-lint: ignore[SELU001]: wide enough \n").reasons == (
        "ignored in the source: wide enough",
    )
    assert applied("Dense(1)  # noqa\n").reasons == ("ignored in the source",)


@pytest.mark.parametrize(
    ("code", "notes"),
    [
        ("x = 1  # selu-lint: ignore[SELU001] x\n", ["1: ignore[SELU001] matches no finding"]),
        ("x = 1  # noqa: SELU001, F401\n", ["1: noqa: SELU001 matches no finding"]),
        ("x = 1  # noqa\n", []),
        ("x = 1  # noqa: F401\n", []),
        ("# selu-lint: ignore-file x\n", ["1: ignore-file matches no finding"]),
        (
            "Dense(1)  # selu-lint: ignore[SELU001]\n",
            ["1: ignore[SELU001] gives no reason; write it behind"],
        ),
    ],
)
def test_what_is_to_be_said_of_comments(code, notes):
    assert list(applied(code).notes) == notes


def test_a_comment_about_a_rule_that_does_not_run_is_not_called_unused():
    code = "x = 1  # selu-lint: ignore[SELU001] x\n"
    assert applied(code, selected="SELU002").notes == ()
