"""Conditions that a file does not decide: what is built where they hold and where they do not."""

from __future__ import annotations

import pytest

from selu_lint.findings import Confidence
from tests.source.test_snippets import check

_CODE = """\
import argparse
import sys
import keras
import settings
from keras.layers import Dense
from settings import MODE
if {condition}:
    Dense(1, activation="selu")
else:
    Dense(2, activation="selu")
"""
_OPEN = (
    "settings.plain", "not settings.plain", "settings.plain is True", "settings.part.plain",
    "settings.mode == 'wide'", "settings.mode in ('wide', 'deep')", "'wide' in settings.modes",
    "MODE", "MODE != 'wide'", "MODE is None", "settings.depth > 3", "isinstance(MODE, str)",
    "settings.plain and not settings.wide", "sys.argv", "sys.platform == 'win32'",
    "settings.ready()", "len(settings.modes) > 1", "{'a': True, 'b': False}[MODE]",
)  # fmt: skip
_DECIDED = (
    "keras", "keras.layers", "Dense", "keras.activations.selu", "len", "settings", "not None",
)  # fmt: skip


def _lines(condition: str) -> list[int]:
    findings = check(_CODE.replace("{condition}", condition)).findings
    return sorted(each.place.line for each in findings if each.code == "SELU001" and each.place)


@pytest.mark.parametrize("condition", _OPEN)
def test_both_sides_of_what_another_module_holds_are_followed(condition: str) -> None:
    assert _lines(condition) == [8, 10]


@pytest.mark.parametrize("condition", _DECIDED)
def test_modules_functions_and_classes_are_true(condition: str) -> None:
    assert _lines(condition) == [8]


@pytest.mark.parametrize(
    "held",
    ["import settings\nif settings.act == 'selu':", "from settings import act\nif act == 'selu':"],
)
def test_a_condition_tells_what_another_module_holds(held: str) -> None:
    name = "act" if held.startswith("from") else "settings.act"
    code = f"from keras.layers import Dense\n{held}\n    Dense(1, activation={name})\n"
    (finding,) = (each for each in check(code).findings if each.code == "SELU001")
    assert finding.confidence is Confidence.LIKELY
    assert finding.assumptions == ("`act` is 'selu'",)
