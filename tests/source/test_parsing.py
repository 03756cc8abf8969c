"""Code is counted before it is parsed, as parsing takes hundreds of times as much memory."""

from __future__ import annotations

import ast
import json
import sys
import warnings

import pytest

from selu_lint.limits import Limits
from selu_lint.source import notebook
from selu_lint.source.parsing import check_size, parse

LIMITS = Limits(source_nodes=100)


@pytest.mark.parametrize(
    "text",
    [
        "x = [" + "1, " * 50 + "]",
        "\n" * 101,
        "a" + ".b" * 60,
        "-" * 101 + "1",
        "f'" + "{a}" * 101 + "'",
        "rF'''" + "{a}\n" * 101 + "'''",
        "x = 'a'" + " 'b'" * 101,
    ],
)
def test_what_would_be_too_many_nodes_is_refused(text):
    with pytest.raises(Exception, match="more than 100 names, numbers, signs and lines"):
        check_size(text, LIMITS)


@pytest.mark.parametrize(
    "text",
    [
        "x = '" + "a b " * 100 + "'",
        '"""' + "a 'b' \n" * 100 + '"""',
        "# " + "a b 'c " * 100,
        "x = '{a}" + "{b}" * 100 + "'",
        "a" * 1000,
        "x = [" + "1, " * 40 + "]",
    ],
)
def test_what_makes_few_nodes_is_not(text):
    check_size(text, LIMITS)
    assert sum(1 for _ in ast.walk(ast.parse(text))) < 150


def test_a_long_string_of_many_values_is_refused():
    # Before Python 3.12 this takes a minute to parse.
    with pytest.raises(Exception, match="more than 300,000"):
        check_size("x = f'" + "{a}" * 90_000 + "'", Limits())


def test_strings_of_a_notebook_are_counted_too():
    cell = {"cell_type": "code", "source": ["a"] * 101}
    data = json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4}).encode()
    with pytest.raises(Exception, match="more than 100 lines"):
        notebook.read(data, LIMITS)


@pytest.mark.parametrize(
    "text",
    ["x = \0", "x = " + "(" * 300, "x = " + "9" * 5000, "x = '\ud800'", "é" * 3 + "\x80 = 1"],
)
def test_whatever_python_says_is_a_syntax_error(text):
    with pytest.raises(SyntaxError):
        parse(text)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="the parser of 3.10 ends the process")
@pytest.mark.parametrize("text", ["x = " + "-" * 50_000 + "1", "x = " + "not " * 50_000 + "a"])
def test_what_is_nested_too_deeply_is_a_syntax_error(text):
    with pytest.raises(SyntaxError, match="nested deeper than Python can follow"):
        parse(text)


def test_no_warning_of_the_code_is_shown():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert parse(r"x = '\d'; 1 is 1").body
