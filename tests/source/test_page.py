"""The example of the page on source code prints what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from selu_lint.cli import main

PAGE = Path(__file__).parents[2] / "docs" / "source.md"


def test_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    text = PAGE.read_text(encoding="utf-8")
    program, printed = (
        re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)[0]
        for language in ("py", "text")
    )
    monkeypatch.chdir(tmp_path)
    Path("train.py").write_text(program)
    assert CliRunner().invoke(main, ["check", "train.py"]).stdout == printed
