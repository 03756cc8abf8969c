"""Every message and every number over the fixtures is as it was, or was changed on purpose."""

from __future__ import annotations

from tests import golden


def test_findings_are_those_of_the_file() -> None:
    told = golden.text().splitlines()
    held = golden.FILE.read_text(encoding="utf-8").splitlines()
    assert told == held, "if that is on purpose: python -m tests.golden"
