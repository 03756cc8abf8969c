"""The fuzz target on a few hundred inputs of each format; the long run is in docs/fuzzing.md."""

from __future__ import annotations

import sys

import pytest

from tests.fuzz.__main__ import FORMATS, fuzz

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs SIGALRM")


@pytest.mark.parametrize("kind", FORMATS)
def test_damaged_models_show_no_bug(kind: str) -> None:
    outcomes, bugs = fuzz(kind, range(200), seed=1)
    assert not bugs
    assert outcomes["read"] > 0
    assert outcomes["refused"] > 10


def test_a_crash_of_a_rule_is_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.fuzz import targets

    def crash(self: object, graph: object) -> None:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(targets._RULES[0], "check", crash)
    outcomes, bugs = fuzz("json", range(20), seed=1)
    assert outcomes["bug"] > 0
    assert any("ZeroDivisionError" in bug for bug in bugs)
