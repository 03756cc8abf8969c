"""The rule in CONTRIBUTING.md, by its words alone: it keeps to its cases and runs."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from selu_lint.rule import find_rules
from selu_lint.testing import check_cases

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_the_rule_of_the_page_is_one_that_can_be_added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = re.search(r"as `rules/(\w+)\.py`", PAGE)
    program = re.search(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert named is not None
    assert program is not None
    (tmp_path / f"{named[1]}.py").write_text(program[1], encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "modules", {**sys.modules})
    (rule,) = set(find_rules([named[1]])) - set(find_rules())
    assert named[1].startswith(rule.code.lower())
    assert rule.is_fixable()
    check_cases(rule)
