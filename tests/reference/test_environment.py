"""A record says which code made it."""

from __future__ import annotations

import re

import pytest

from selu_lint.reference import environment


def test_versions_name_what_shapes_a_result() -> None:
    found = environment.versions()
    assert {"python", "numpy", "selu-lint"} <= set(found)


def test_the_revision_can_travel_in_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(environment.VARIABLE, "0123abc")
    assert environment.revision() == "0123abc"


def test_the_revision_is_a_commit_or_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(environment.VARIABLE, raising=False)
    found = environment.revision()
    assert found is None or re.fullmatch(r"[0-9a-f]{40,64}(-dirty)?", found)


def test_no_git_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(environment.VARIABLE, raising=False)
    monkeypatch.setenv("PATH", "")
    assert environment.revision() is None
