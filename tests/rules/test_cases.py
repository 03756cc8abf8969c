"""Every rule finds what its own cases say, and its fixes make of them what they say."""

from __future__ import annotations

import importlib
import inspect
import json

import numpy as np
import pytest
from numpy.typing import NDArray

from selu_lint.findings import Finding
from selu_lint.model.document import Document, Variable
from selu_lint.model.edits import apply_edits
from selu_lint.model.graph_builder import build_graph
from selu_lint.rule import Rule, find_rules
from selu_lint.settings import Settings
from tests.cases import Case

SECTIONS = ("What it does", "Why is this bad?", "Example", "Fix safety", "References")


def _of(rule: type[Rule], name: str) -> tuple[Case, ...]:
    module = rule.__module__.rpartition(".")[2]
    return getattr(importlib.import_module(f"tests.rules.cases.{module}"), name)


def _cases(name: str) -> list[tuple[type[Rule], Case]]:
    return [(rule, case) for rule in find_rules() for case in _of(rule, name)]


def _label(value: object) -> str:
    return value.about if isinstance(value, Case) else getattr(value, "code", "")


class _Weights:
    """Kernels with the mean square that a case names, and biases of zeros."""

    def __init__(self, case: Case) -> None:
        self._kernels = case.kernels

    def variables(self, layer: str) -> tuple[Variable, ...]:
        if layer not in self._kernels:
            return ()
        shape = self._kernels[layer][0]
        return (
            Variable("kernel", layer, shape, "float32"),
            Variable("bias", layer, shape[-1:], "float32"),
        )

    def read(self, variable: Variable) -> NDArray[np.generic]:
        square = self._kernels[variable.location][1] if variable.name == "kernel" else 0.0
        return np.full(variable.shape, np.sqrt(square), np.float32)

    def iterations(self) -> int | None:
        return None


def _check(rule: type[Rule], case: Case, architecture: object) -> list[Finding]:
    # Through JSON, as a file would give it: tuples become lists.
    plain = json.loads(json.dumps(architecture))
    weights = _Weights(case) if case.kernels else None
    document = Document("case", "architecture-json", case.keras_version, plain, weights)
    return list(rule(Settings(**case.settings)).check(build_graph(document)))


@pytest.mark.parametrize(("rule", "case"), _cases("VALID"), ids=_label)
def test_valid_case(rule: type[Rule], case: Case) -> None:
    assert _check(rule, case, case.architecture) == []


@pytest.mark.parametrize(("rule", "case"), _cases("INVALID"), ids=_label)
def test_invalid_case(rule: type[Rule], case: Case) -> None:
    findings = _check(rule, case, case.architecture)
    assert tuple(finding.layer for finding in findings) == case.layers
    for finding in findings:
        assert finding.message
        assert "\n" not in finding.message
        json.dumps(finding.data, allow_nan=False)
    edits = [edit for finding in findings if finding.fix for edit in finding.fix.edits]
    if case.fixed is None:
        assert edits == []
        return
    fixed = apply_edits(json.loads(json.dumps(case.architecture)), edits)
    assert fixed == json.loads(json.dumps(case.fixed))
    assert _check(rule, case, fixed) == []


@pytest.mark.parametrize("rule", find_rules(), ids=_label)
def test_rule_is_documented(rule: type[Rule]) -> None:
    text = inspect.getdoc(rule)
    assert text is not None
    first, _, rest = text.partition("\n")
    assert first.endswith(".")
    lines = rest.split("\n")
    for section in SECTIONS:
        place = lines.index(section)
        assert set(lines[place + 1]) == {"-"}
        assert lines[place + 2].strip()


@pytest.mark.parametrize("rule", find_rules(), ids=_label)
def test_rule_has_cases(rule: type[Rule]) -> None:
    assert _of(rule, "VALID")
    assert _of(rule, "INVALID") or rule.code in ("SELU903", "SELU907")


def test_codes_and_names_are_unique_and_well_formed() -> None:
    rules = find_rules()
    assert len({rule.code for rule in rules}) == len(rules)
    assert len({rule.name for rule in rules}) == len(rules)
    for rule in rules:
        assert rule.code.startswith("SELU")
        assert rule.code[4:].isdecimal()
        assert rule.__module__.rpartition(".")[2].startswith(rule.code.lower())
        assert rule.name == rule.name.lower().replace("_", "-")
