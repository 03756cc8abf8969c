"""Every rule finds what its own cases say, and its fixes make of them what they say."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import pytest

from selu_lint.findings import ABSENT, Edit, Finding, Fix, Severity
from selu_lint.model.graph import ModelGraph
from selu_lint.rule import SECTIONS, Rule, find_rules
from selu_lint.testing import Case, Cases, check_cases, layer, sequential

# What they report is in no architecture that a case could hold.
_WITHOUT_INVALID = ("SELU900", "SELU903", "SELU907")


@pytest.mark.parametrize("rule", find_rules(), ids=lambda rule: rule.code)
def test_cases(rule: type[Rule]) -> None:
    if rule.code not in _WITHOUT_INVALID:
        check_cases(rule)
        return
    with pytest.raises(AssertionError) as caught:
        check_cases(rule)
    assert str(caught.value).splitlines()[1:] == ["it needs valid cases and invalid ones"]


@pytest.mark.parametrize("rule", find_rules(), ids=lambda rule: rule.code)
def test_rule_is_documented(rule: type[Rule]) -> None:
    first, _, rest = (inspect.getdoc(rule) or "").partition("\n")
    assert first.endswith(".")
    lines = rest.split("\n")
    for section in SECTIONS:
        assert lines[lines.index(section) + 2].strip()


def test_codes_and_names_are_well_formed() -> None:
    for rule in find_rules():
        assert rule.code.startswith("SELU")
        assert rule.code[4:].isdecimal()
        assert rule.__module__.rpartition(".")[2].startswith(rule.code.lower())
        assert rule.name == rule.name.lower().replace("_", "-")


def test_rules_that_are_fixable() -> None:
    fixable = {rule.code for rule in find_rules() if rule.is_fixable()}
    assert fixable == {"SELU001", "SELU002", "SELU003", "SELU004", "SELU005", "SELU008"}


_SECTIONS = "".join(f"{section}\n---\nText.\n\n" for section in SECTIONS)


def _rule(cases: Cases, new: object = 0.2, message: str = "too much") -> type[Rule]:
    """Return a rule that finds every Dropout of 0.5, and makes another rate of it."""

    class Half(Rule):
        __doc__ = f"Half.\n\n{_SECTIONS}"
        code = "OWN001"
        name = "half"
        severity = Severity.INFO

        def check(self, graph: ModelGraph) -> Iterator[Finding]:
            for place, each in enumerate(graph.layers):
                if each.config.get("rate") == 0.5:
                    edit = Edit(f"/config/layers/{place}/config/rate", 0.5, new)
                    fix = None if new is ABSENT else Fix("lower it", (edit,))
                    yield self.finding(each.path, message, fix=fix)

        @staticmethod
        def cases() -> Cases:
            return cases

    return Half


def _model(rate: float) -> dict[str, Any]:
    return sequential((8,), layer("Dropout", "drop", rate=rate))


_VALID = Case("low", _model(0.2))
_INVALID = Case("high", _model(0.5), ("drop",), _model(0.2))


def test_a_rule_that_keeps_to_its_cases_passes() -> None:
    check_cases(_rule(Cases((_VALID,), (_INVALID,))))


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        (_rule(Cases((_VALID,))), "it needs valid cases and invalid ones"),
        (_rule(Cases((_VALID, Case("no", _model(0.5))), (_INVALID,))), "no: a valid case, but"),
        (_rule(Cases((_VALID,), (Case("no", _model(0.5), ("a",)),))), "found in ('drop',), not"),
        (_rule(Cases((_VALID,), (Case("no", _model(0.2)),))), "no: found in (), not in ()"),
        (_rule(Cases((_VALID,), (_INVALID,)), new=0.3), "high: the fix makes"),
        (_rule(Cases((_VALID,), (Case("no", _model(0.5), ("drop",)),))), "no: a fix that the case"),
        (
            _rule(Cases((_VALID,), (Case("no", _model(0.5), ("drop",), _model(0.5)),)), new=0.5),
            "no: still found after the fix",
        ),
        (_rule(Cases((_VALID,), (_INVALID,)), message="a\nb"), "high: a message must be one line"),
    ],
)
def test_a_rule_that_does_not_keep_to_its_cases_fails(rule: type[Rule], problem: str) -> None:
    with pytest.raises(AssertionError) as caught:
        check_cases(rule)
    assert problem in str(caught.value)


@pytest.mark.parametrize("missing", ["code", "name", "severity", "References"])
def test_a_rule_that_lacks_something_is_refused(missing: str) -> None:
    sections = _SECTIONS.replace(missing, "Sources")
    members = {"code": "OWN001", "name": "own", "severity": Severity.INFO, "__doc__": sections}
    members.pop(missing, None)
    with pytest.raises(TypeError, match=missing):
        type("Own", (Rule,), members)
