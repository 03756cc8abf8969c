"""Ctrl-C while the command still imports what it needs."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from selu_lint.__main__ import _pass_over
from tests.commands.command import BROKEN
from tests.quick import one_in

PROGRAM = """
import sys
import time
from selu_lint.__main__ import main

module = sys.argv.pop(1)

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == module:
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupting())
main()
"""


@pytest.mark.parametrize(
    "module",
    one_in(
        4,
        [
            "selu_lint.cli",
            "click",
            "selu_lint.commands.check",
            "selu_lint.findings",
            "selu_lint.rules",
            "selu_lint.rules.selu007_dropout_exceeds_depth",
            "zipfile",
            "selu_lint.reports.text",
        ],
    ),
)
def test_ctrl_c_during_an_import_is_one_line(tmp_path: Path, module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, module, "check", str(BROKEN)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 130
    assert done.stderr.startswith("interrupted")
    assert done.stderr.count("\n") == 1


def test_ctrl_c_while_an_object_is_deleted_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    class Deleted:
        def __del__(self) -> None:
            raise KeyboardInterrupt

    def delete() -> None:
        Deleted()
        for _ in range(1000):
            time.sleep(0.01)

    monkeypatch.setattr(sys, "unraisablehook", _pass_over)
    with pytest.raises(KeyboardInterrupt):
        delete()
