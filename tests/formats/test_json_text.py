"""Every character of an architecture stays but those of the values that change."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selu_lint.findings import ABSENT, Edit
from selu_lint.formats.writing.json_text import edit_text
from selu_lint.model.edits import EditConflictError, apply_edits

_MODEL: dict[str, Any] = {"class_name": "S", "config": {"layers": [{"rate": 0.5}, {"é": 1}]}}


def test_keeps_the_form_of_json_dumps() -> None:
    edits = [Edit("/config/layers/0/rate", 0.5, {"a": [1, None]})]
    edited = edit_text(json.dumps(_MODEL), _MODEL, edits)
    assert edited == json.dumps(apply_edits(_MODEL, edits))


def test_keeps_indents_numbers_and_letters() -> None:
    text = '{\n  "class_name": "S",\n  "x": 1.50e1,\n  "é": "é",\n  "rate" : 0.5\n}\n'
    edited = edit_text(text, json.loads(text), [Edit("/rate", 0.5, 0.1)])
    assert edited == text.replace("0.5", "0.1")


def test_adds_and_removes_keys_in_an_indented_text() -> None:
    text = '{\n  "a": 1,\n  "b": 2,\n  "c": 3\n}'
    edits = [Edit("/c", 3, ABSENT), Edit("/b", 2, ABSENT), Edit("/d", ABSENT, 4)]
    assert edit_text(text, json.loads(text), edits) == '{\n  "a": 1, "d": 4\n}'
    assert edit_text(text, json.loads(text), edits[:1]) == '{\n  "a": 1,\n  "b": 2\n}'
    removed = edit_text(text, json.loads(text), [Edit("/a", 1, ABSENT)])
    assert removed == '{\n  "b": 2,\n  "c": 3\n}'
    added = edit_text(text, json.loads(text), edits[2:])
    assert added == '{\n  "a": 1,\n  "b": 2,\n  "c": 3,\n  "d": 4\n}'


def test_keeps_compact_separators() -> None:
    text = json.dumps(_MODEL, separators=(",", ":"))
    edited = edit_text(text, _MODEL, [Edit("/config/layers/1/x", ABSENT, {"b": [1, 2]})])
    assert edited == text.replace('"\\u00e9":1', '"\\u00e9":1,"x":{"b":[1,2]}')


def test_fills_and_empties_objects() -> None:
    assert edit_text("{ }", {}, [Edit("/a", ABSENT, 1)]) == '{ "a":1 }'
    assert edit_text('{ "a" : 1 }', {"a": 1}, [Edit("/a", 1, ABSENT)]) == "{ }"


def test_refuses_what_does_not_hold() -> None:
    with pytest.raises(EditConflictError):
        edit_text(json.dumps(_MODEL), _MODEL, [Edit("/class_name", "T", "U")])


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def _pointers(value: Any, pointer: str = "") -> list[tuple[str, Any]]:
    items: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        items = [(k.replace("~", "~0").replace("/", "~1"), v) for k, v in value.items()]
    elif isinstance(value, list):
        items = [(str(index), v) for index, v in enumerate(value)]
    below = [found for key, v in items for found in _pointers(v, f"{pointer}/{key}")]
    return [(f"{pointer}/{key}", v) for key, v in items] + below


@given(st.dictionaries(st.text(), _VALUES, min_size=1, max_size=4), _VALUES, st.data())
def test_any_text_becomes_what_the_edits_say(
    model: dict[str, Any], new: Any, data: st.DataObject
) -> None:
    pointer, old = data.draw(st.sampled_from(_pointers(model)))
    indent = data.draw(st.sampled_from([None, 0, 1, "\t"]))
    separators = data.draw(st.sampled_from([(",", ":"), (" , ", " : "), (", ", ": ")]))
    text = json.dumps(model, indent=indent, separators=separators, ensure_ascii=False)
    edits = [Edit(pointer, old, new)]
    assert json.loads(edit_text(text, model, edits)) == apply_edits(model, edits)
