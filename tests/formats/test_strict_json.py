"""JSON is read strictly, and never exhausts the machine."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selu_lint.errors import SeluLintError
from selu_lint.limits import DEFAULT, Limits
from selu_lint.storage.strict_json import decode, parse

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.slow
@given(VALUES)
def test_reads_what_json_writes(value: object) -> None:
    assert parse(json.dumps(value), DEFAULT) == value


@pytest.mark.parametrize("text", ['{"a": 1, "a": 1}', '[{"b": {"x": 1, "y": 2, "x": 3}}]'])
def test_refuses_keys_that_stand_twice(text: str) -> None:
    with pytest.raises(SeluLintError, match="stands twice in one object"):
        parse(text, DEFAULT)


def test_a_key_with_control_characters_is_escaped() -> None:
    with pytest.raises(SeluLintError) as error:
        parse(r'{"\u001b[31m\n": 1, "\u001b[31m\n": 1}', DEFAULT)
    assert str(error.value).isprintable()


def test_takes_what_keras_writes_for_infinity() -> None:
    assert math.isnan(parse("NaN", DEFAULT))
    assert parse("[-Infinity]", DEFAULT) == [-math.inf]


@pytest.mark.parametrize("depth", [2, 5])
@pytest.mark.parametrize(("start", "end"), [("[", "]"), ('{"a":', "}")])
def test_depth_is_counted_exactly(depth: int, start: str, end: str) -> None:
    text = start * depth + "1" + end * depth
    parse(text, Limits(json_depth=depth))
    with pytest.raises(SeluLintError, match=f"more than {depth - 1} deep"):
        parse(text, Limits(json_depth=depth - 1))


@pytest.mark.parametrize("depth", [500, 5_000, 200_000])
@pytest.mark.parametrize(("start", "end"), [("[", "]"), ('{"a":', "}")])
def test_thousands_of_levels_are_one_line(depth: int, start: str, end: str) -> None:
    with pytest.raises(SeluLintError, match="nested more than 400 deep"):
        parse(start * depth + "1" + end * depth, DEFAULT)


def test_size_is_limited() -> None:
    with pytest.raises(SeluLintError, match=r"takes more than 3 bytes.*'json-bytes'"):
        parse("1234", Limits(json_bytes=3))
    with pytest.raises(SeluLintError, match=r"takes more than 3 bytes.*'json-bytes'"):
        decode(b"1234", Limits(json_bytes=3))


@pytest.mark.parametrize("text", ["[{},{},{}]", '{"a":[1,2],"b":3}', '["a","b","c","d"]'])
def test_values_are_counted(text: str) -> None:
    parse(text, Limits(json_values=6))
    with pytest.raises(SeluLintError, match=r"has more than 1 values.*'json-values'"):
        parse(text, Limits(json_values=1))


def test_what_stands_in_texts_is_no_value() -> None:
    parse(json.dumps(["a,b,c,{[", '\\",[', "\\"]), Limits(json_values=5))
