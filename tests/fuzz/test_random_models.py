"""Random models of every kind of layer: no rule crashes, and a repair does what it claims."""

from __future__ import annotations

import json
import warnings
from random import Random
from typing import Any

import pytest

from selu_lint.findings import CRASH_CODE
from selu_lint.fixing.repairs import Checker, repair
from selu_lint.linter import check_document
from selu_lint.model.document import Document
from selu_lint.profiles.profiling import profile_document
from selu_lint.settings import Settings
from tests.fuzz.models import model
from tests.quick import one_in

_SETTINGS = Settings(extend_select=("SELU",))
_CHECK = Checker(_SETTINGS)


def _document(architecture: dict[str, Any]) -> Document:
    text = json.dumps(architecture)
    version = "3.8.0" if "module" in architecture else "2.15.0"
    return Document("m.json", "architecture-json", version, json.loads(text), text=text)


@pytest.mark.parametrize("part", one_in(2, [range(25), range(25, 250)]), ids=repr)
def test_rules_repairs_and_profile_of_any_model(part: range) -> None:
    for seed in part:
        _hold(_document(model(Random(seed), extreme=seed % 2 == 0)), unsafe=seed % 4 < 2)


def _hold(document: Document, unsafe: bool) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = check_document(document, _SETTINGS).findings
        profile_document(document, _SETTINGS)
        repaired = repair(document, _CHECK, unsafe)
        again = repair(repaired.document, _CHECK, unsafe)
    assert [each for each in found if each.code == CRASH_CODE] == []
    assert again.edits == ()
    claimed = {(each.code, each.layer) for each in repaired.applied if each.fix and each.fix.edits}
    told = {(each.finding.code, each.finding.layer) for each in repaired.remaining}
    left = {(each.finding.code, each.finding.layer) for each in again.remaining}
    assert claimed & left <= told
    assert (repaired.document.architecture == document.architecture) == (repaired.edits == ())
    assert json.dumps(document.architecture) == document.text
