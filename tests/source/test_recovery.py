"""Reading on where text does not parse."""

from __future__ import annotations

import ast
import sys

import pytest

from selu_lint.errors import SeluLintError
from selu_lint.limits import DEFAULT
from selu_lint.source.reading import python_text


def layers(code: str) -> list[str]:
    text = python_text(code, "a.py", DEFAULT)
    assert text.recovered
    assert len(text.parsed) == len(text.lines)
    return sorted(
        text.raw[slice(*text.span(node))]
        for node in ast.walk(text.tree)
        if isinstance(node, ast.Call) and text.raw[slice(*text.span(node))].startswith("Dense")
    )


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        ('print "a", \\\n  "b"\nDense(1)\n', ["Dense(1)"]),
        ('if x:\n    print "%s" % (\n        y)\n    Dense(1)\n', ["Dense(1)"]),
        ("exec 'x = 1'\nDense(1)\n", ["Dense(1)"]),
        pytest.param(
            "try:\n    Dense(1)\nexcept KeyError, e:\n    Dense(2)\n",
            ["Dense(1)", "Dense(2)"],
            marks=pytest.mark.skipif(sys.version_info >= (3, 14), reason="is Python there"),
        ),
        ("raise KeyError, 'x'\nDense(1)\n", ["Dense(1)"]),
        ("if x:\n        Dense(1)\n\tDense(2)\n", ["Dense(1)", "Dense(2)"]),
        ("def f(x)\n    Dense(1)\n", ["Dense(1)"]),
        ("def f(a, (b, c)):\n    Dense(1)\n", ["Dense(1)"]),
        ("x = = 3\nDense(1)\n", ["Dense(1)"]),
        ("if x:\n\nDense(1)\n", ["Dense(1)"]),
        ("Dense(1)\n    Dense(2)\nDense(3)\n", ["Dense(1)", "Dense(3)"]),
        ("x = 0777\nDense(1)\n", ["Dense(1)"]),
        ("Dense(1)\nx\0y\nDense(2)\n", ["Dense(1)", "Dense(2)"]),
        ("try:\n    Dense(1)\nDense(2)\n", ["Dense(1)", "Dense(2)"]),
        ("if x:\n    Dense(1)\nelse oops:\n    Dense(2)\n", ["Dense(1)", "Dense(2)"]),
    ],
)
def test_what_parses_is_read(broken, expected):
    assert layers(broken) == expected


def test_notes_name_the_lines():
    text = python_text("x = = 1\nx = = 2\nf()\nx = = 3\n", "a.py", DEFAULT)
    assert text.unread == ("lines 1-2, 4 were not read: no Python that can be parsed",)


def test_what_is_no_python_is_refused_in_one_line():
    with pytest.raises(SeluLintError, match=r"it is no Python: .* at line 1"):
        python_text("} else {\n" * 200, "a.py", DEFAULT)
