"""Edits are applied where their precondition holds, and nowhere else."""

from __future__ import annotations

import copy

import pytest

from selu_lint.findings import ABSENT, Edit
from selu_lint.model.edits import EditConflictError, Selection, apply_edits, conflict

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
    chosen = Selection()
    edit = Edit("/a/b", 1, 2)
    assert chosen.add([edit]) == [edit]
    assert chosen.clash([Edit("/a/c", 1, 2)]) is None
    assert chosen.clash([edit]) is None
    assert chosen.clash([Edit("/a/b", 1, 3)]) == "/a/b"
    assert chosen.clash([Edit("/a/b/c", 1, 2)]) == "/a/b/c"
    assert chosen.clash([Edit("/a", {}, 2)]) == "/a"
    assert chosen.clash([Edit("", {}, 2)]) == ""
    assert chosen.clash([Edit("/a/bc", 1, 2)]) is None


def test_chooses_each_edit_once() -> None:
    chosen = Selection()
    one, other = Edit("/a/b", 1, 2), Edit("/c", 1, 2)
    chosen.add([one])
    assert chosen.add([one, other]) == [other]
    assert list(chosen) == [one, other]


@pytest.mark.parametrize(
    "edits",
    [
        [Edit("/class_name", "Sequential", "A"), Edit("/class_name", "A", "B")],
        [Edit("/config", _MODEL["config"], {"a": 1}), Edit("/config/a", 1, 2)],
        [Edit("/config/layers/0/config/rate", 0.5, 0.1)],
        [Edit("/config/layers/0/config/rate", 0.4, 0.1)],
        [Edit("/config", _MODEL["config"], {"a": 1}), Edit("/config/a", 2, 3)],
        [Edit("/config/none/rate", ABSENT, 0.1)],
    ],
)
def test_a_conflict_is_what_applying_would_raise(edits: list[Edit]) -> None:
    raised = None
    try:
        apply_edits(_MODEL, edits)
    except EditConflictError as error:
        raised = str(error)
    assert conflict(_MODEL, edits) == raised
