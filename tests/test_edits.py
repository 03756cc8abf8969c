"""Edits are applied where their precondition holds, and nowhere else."""

from __future__ import annotations

import copy

import pytest

from selu_lint.edits import EditConflictError, apply_edits, clashes
from selu_lint.findings import ABSENT, Edit

_MODEL = {
    "class_name": "Sequential",
    "config": {"layers": [{"config": {"rate": 0.5, "a/b": 1}}, {"config": {"rate": 0.25}}]},
}


def test_replaces_and_keeps_the_order_and_the_original() -> None:
    before = copy.deepcopy(_MODEL)
    edited = apply_edits(_MODEL, [Edit("/config/layers/0/config/rate", 0.5, 0.1)])
    assert before == _MODEL
    assert list(edited["config"]["layers"][0]["config"].items()) == [("rate", 0.1), ("a/b", 1)]
    assert edited["config"]["layers"][1] is _MODEL["config"]["layers"][1]  # type: ignore[index]


def test_adds_and_removes_keys() -> None:
    edits = [
        Edit("/config/layers/1/config/noise_shape", ABSENT, None),
        Edit("/config/layers/1/config/rate", 0.25, ABSENT),
        Edit("/config/layers/0/config/a~1b", 1, 2),
    ]
    layers = apply_edits(_MODEL, edits)["config"]["layers"]
    assert layers == [{"config": {"rate": 0.5, "a/b": 2}}, {"config": {"noise_shape": None}}]


def test_replaces_an_item_of_a_list() -> None:
    edited = apply_edits({"config": [1, 2]}, [Edit("/config/1", 2, 3)])
    assert edited == {"config": [1, 3]}


@pytest.mark.parametrize(
    "edit",
    [
        Edit("/config/layers/0/config/rate", 0.4, 0.1),
        Edit("/config/layers/0/config/a~1b", True, 2),
        Edit("/config/layers/0/config/a~1b", 1.0, 2),
        Edit("/config/layers/0/config/rate", ABSENT, 0.1),
        Edit("/config/layers/7/config/rate", 0.5, 0.1),
        Edit("/config/layers/7/config/rate", ABSENT, 0.1),
        Edit("/config/none/rate", ABSENT, 0.1),
        Edit("/class_name/rate", ABSENT, 0.1),
        Edit("/config/layers/-", ABSENT, 0.1),
        Edit("", _MODEL, {}),
    ],
)
def test_refuses_where_something_else_stands(edit: Edit) -> None:
    with pytest.raises(EditConflictError, match="conflict"):
        apply_edits(_MODEL, [edit])


def test_preconditions_are_held_against_the_edits_before() -> None:
    edits = [Edit("/class_name", "Sequential", "A"), Edit("/class_name", "A", "B")]
    assert apply_edits(_MODEL, edits)["class_name"] == "B"


def test_clashes() -> None:
    one = [Edit("/a/b", 1, 2)]
    assert clashes(one, [Edit("/a/c", 1, 2)]) is None
    assert clashes(one, one) is None
    assert clashes(one, [Edit("/a/b", 1, 3)]) == "/a/b"
    assert clashes(one, [Edit("/a/b/c", 1, 2)]) == "/a/b/c"
    assert clashes(one, [Edit("/a", {}, 2)]) == "/a"
    assert clashes(one, [Edit("/a/bc", 1, 2)]) is None
