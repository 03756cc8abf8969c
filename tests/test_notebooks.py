"""What a notebook shows of the results, and what Python tells of the package."""

from __future__ import annotations

import json
import pydoc
from pathlib import Path

import pytest

import selu_lint
from tests.commands.command import BROKEN, CLEAN, run


def test_results_show_themselves_as_the_command_does(tmp_path: Path) -> None:
    report = selu_lint.check(BROKEN)
    assert f"{report}\n" == run("check", BROKEN).stdout
    fixed = selu_lint.fix(BROKEN, output=tmp_path / "out.keras")
    assert "4 findings repaired (2 for a new training only)" in str(fixed)
    assert f"{selu_lint.profile(BROKEN)}\n" == run("profile", BROKEN).stdout


def test_notebooks_get_tables_with_the_code_to_paste(tmp_path: Path) -> None:
    report = selu_lint.check(BROKEN)._repr_html_()
    assert "<table>" in report
    assert "AlphaDropout(0.0753, name=&quot;drop_conv&quot;)" in report
    assert "<script" not in report
    fixed = selu_lint.fix(BROKEN, output=tmp_path / "out.keras")._repr_html_()
    assert fixed.startswith("<pre>")
    profile = selu_lint.profile(BROKEN)._repr_html_()
    assert profile.startswith('<iframe srcdoc="&lt;!doctype html&gt;')
    assert "<svg" not in profile


def test_results_are_plain_data_on_request(tmp_path: Path) -> None:
    report = selu_lint.check([BROKEN, CLEAN])
    assert report.to_dict() == json.loads(run("check", "--format", "json", BROKEN, CLEAN).stdout)
    assert selu_lint.profile(BROKEN).to_dict()["before"]["verdict"] == "trains"
    fixed = selu_lint.fix(BROKEN, output=tmp_path / "out.keras").to_dict()
    assert fixed["summary"]["repaired"] == 4
    json.dumps(fixed)


@pytest.mark.slow
def test_a_profile_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    profile = selu_lint.profile(BROKEN)
    profile.plot(str(tmp_path / "p.png"))
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")
    assert len(profile.plot().axes) == 2


def test_rules_are_chosen_by_name() -> None:
    report = selu_lint.check(BROKEN, select=["dropout-after-selu"])
    assert {finding.code for finding in report.findings} == {"SELU002"}
    with pytest.raises(selu_lint.SeluLintError, match="did you mean SELU001"):
        selu_lint.check(BROKEN, select=["SELU0O1"])


def test_python_lists_the_interface() -> None:
    assert dir(selu_lint) == sorted([*selu_lint.__all__, "__version__"])
    told = "".join(pydoc.plain(pydoc.render_doc(selu_lint)).split())
    for name in ("check(path", "fix(path", "profile(model", "classReport"):
        assert name in told
