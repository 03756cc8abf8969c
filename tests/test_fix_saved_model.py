"""Repairs of SavedModels as far as they take no tf_keras: what is refused, and why."""

from __future__ import annotations

import math
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import selu_lint
from selu_lint.errors import SeluLintError
from selu_lint.formats import read
from selu_lint.settings import Settings
from selu_lint.storage.folder_replacement import replacing_folder

_MODELS = Path(__file__).parent.parent / "fixtures" / "saved_models"


def _copy(tmp_path: Path, name: str) -> Path:
    return Path(shutil.copytree(_MODELS / name, tmp_path / "model"))


def _error(path: Path, **options: object) -> str:
    report = selu_lint.fix(path, **options)  # type: ignore[call-overload]
    assert report.exit_code() == 2
    error = report.files[0].error
    assert error is not None
    assert "\n" not in error
    return error


@pytest.fixture
def without_tf_keras(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tf_keras", None)


@pytest.mark.usefixtures("without_tf_keras")
def test_without_tf_keras_one_line_says_what_to_install(tmp_path: Path) -> None:
    path = _copy(tmp_path, "tf2.15/cnn_broken")
    assert "pip install 'selu-lint[tensorflow]'" in _error(path)
    assert _error(path, in_place=True).startswith("a SavedModel holds traced functions")
    assert [each.name for each in tmp_path.iterdir()] == ["model"]


@pytest.mark.usefixtures("without_tf_keras")
def test_without_tf_keras_what_would_change_is_shown(tmp_path: Path) -> None:
    report = selu_lint.fix(_copy(tmp_path, "tf2.15/cnn_broken"), dry_run=True)
    assert [each.code for each in report.applied] == ["SELU001", "SELU002", "SELU001", "SELU002"]
    assert report.exit_code(diff=True) == 1


@pytest.mark.parametrize(
    "name", ["keras3.15-tf/cnn_broken_export", "tf2.21/module", "tf2.21/tf1_resource"]
)
def test_an_export_is_not_written_anew_and_the_reason_is_said(tmp_path: Path, name: str) -> None:
    model = _copy(tmp_path, name)
    error = _error(model, output=tmp_path / "fixed")
    assert error.startswith("an inference-only export")
    assert "fix the model that it was exported from" in error
    _assert_left_as_it_is(model, error)


def test_a_subclassed_model_is_not_written_anew_and_the_reason_is_said(tmp_path: Path) -> None:
    model = _copy(tmp_path, "tf2.21/subclassed")
    error = _error(model, output=tmp_path / "fixed")
    assert "code is not in its SavedModel" in error
    _assert_left_as_it_is(model, error)


def _assert_left_as_it_is(model: Path, reason: str) -> None:
    """Where nothing can be repaired, a fix finds what a check does, and ends as that does."""
    report, checked = selu_lint.fix(model), selu_lint.check(model)
    assert report.exit_code() == checked.exit_code()
    assert [each.finding for each in report.remaining] == list(checked.findings)
    assert {each.reason for each in report.remaining} <= {reason}
    assert [each.name for each in model.parent.iterdir()] == [model.name]


def test_a_clean_model_is_not_touched(tmp_path: Path) -> None:
    report = selu_lint.fix(_copy(tmp_path, "tf2.15/cnn_clean"))
    assert (report.output, report.exit_code()) == (None, 0)
    assert [each.name for each in tmp_path.iterdir()] == ["model"]


@pytest.mark.usefixtures("without_tf_keras")
def test_a_clean_model_is_copied_whole(tmp_path: Path) -> None:
    path = _copy(tmp_path, "tf2.15/cnn_clean")
    report = selu_lint.fix(path / "saved_model.pb", output=tmp_path / "copy")
    assert report.exit_code() == 0
    files = [each.relative_to(path) for each in path.rglob("*") if each.is_file()]
    assert files
    for file in files:
        assert (tmp_path / "copy" / file).read_bytes() == (path / file).read_bytes()


@pytest.mark.usefixtures("without_tf_keras")
def test_links_out_of_a_copied_folder_stay_links(tmp_path: Path) -> None:
    path = _copy(tmp_path, "tf2.15/cnn_clean")
    (tmp_path / "secret").write_text("secret")
    (path / "assets").mkdir(exist_ok=True)
    (path / "assets" / "words.txt").symlink_to(tmp_path / "secret")
    assert selu_lint.fix(path, output=tmp_path / "copy").exit_code() == 0
    assert (tmp_path / "copy" / "assets" / "words.txt").is_symlink()


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    (target / "old").write_text("old")

    def write(fails: bool, overwrite: bool = True, fits: bool = True) -> None:
        with replacing_folder(str(target), str(target), overwrite, lambda path: fits) as draft:
            Path(draft, "new").write_text("new")
            if fails:
                raise SeluLintError("no")

    for arguments in ((True,), (False, False), (False, True, False)):
        with pytest.raises(SeluLintError):
            write(*arguments)
        assert [each.name for each in tmp_path.rglob("*")] == ["target", "old"]
    write(fails=False)
    assert [each.name for each in tmp_path.rglob("*")] == ["target", "new"]


_VICTIM = """
import os, signal, sys
import selu_lint

source, target, place = sys.argv[1], sys.argv[2], int(sys.argv[3])
rename, calls = os.rename, 0

def tick():
    global calls
    if calls == place:
        os.kill(os.getpid(), signal.SIGKILL)
    calls += 1

def counted(*arguments):
    tick()
    rename(*arguments)
    tick()

os.rename = counted
selu_lint.fix(source, output=target, force=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def _content(folder: Path) -> dict[str, bytes]:
    files = (each for each in folder.rglob("*") if each.is_file())
    return {str(each.relative_to(folder)): each.read_bytes() for each in files}


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
@pytest.mark.parametrize("place", range(5))
def test_killed_at_a_rename_the_old_or_the_new_folder_is_there(tmp_path: Path, place: int) -> None:
    """Before and after the two renames of a replacement, the last time when all is done."""
    source, target = _MODELS / "tf2.15" / "cnn_clean", tmp_path / "model"
    shutil.copytree(_MODELS / "tf2.12" / "cnn_clean", target)
    (tmp_path / ".model.other.selu-lint-abcdef01.old").mkdir()
    old, new = _content(target), _content(source)
    command = [sys.executable, "-c", _VICTIM, str(source), str(target), str(place)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    hidden = [_content(each) for each in tmp_path.glob(".model.*.old")]
    assert (old in hidden) == (place in (1, 2, 3))
    assert target.exists() == (place not in (1, 2))
    if target.exists():
        assert _content(target) == (old if place == 0 else new)
    report = selu_lint.fix(target, in_place=True)
    assert report.exit_code() == 0
    assert _content(target) == (new if place > 2 else old)
    assert selu_lint.fix(source, output=target, force=True).exit_code() == 0
    assert _content(target) == new


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_result_is_written_over_what_a_killed_process_renamed_away(tmp_path: Path) -> None:
    source, target = _MODELS / "tf2.15" / "cnn_clean", tmp_path / "model"
    old = shutil.copytree(
        _MODELS / "tf2.12" / "cnn_clean", tmp_path / ".model.selu-lint-a1b2c3d4.old"
    )
    refused = selu_lint.fix(source, output=target)
    assert "already there" in (refused.files[0].error or "")
    assert _content(target) == _content(_MODELS / "tf2.12" / "cnn_clean")
    assert not Path(old).exists()
    assert selu_lint.fix(source, output=target, force=True).exit_code() == 0
    assert [each.name for each in tmp_path.iterdir()] == ["model"]
    assert _content(target) == _content(source)


def test_nothing_is_renamed_by_a_dry_run(tmp_path: Path) -> None:
    shutil.copytree(_MODELS / "tf2.12" / "cnn_clean", tmp_path / ".model.selu-lint-a1b2c3d4.old")
    with pytest.raises(SeluLintError, match="no such file"):
        selu_lint.fix(tmp_path / "model", dry_run=True)
    assert [each.name for each in tmp_path.iterdir()] == [".model.selu-lint-a1b2c3d4.old"]


def test_the_gain_of_exported_kernels_is_measured_only_on_request() -> None:
    path = _MODELS / "keras3.15-tf" / "cnn_broken_export"
    measured = list(selu_lint.check(path, settings=Settings(weights=True)).findings)
    gains = {each.layer: each.data.get("measured_gain") for each in measured if each.layer}
    weights = read(str(path)).weights
    assert weights is not None
    assert gains
    for name, gain in gains.items():
        values = weights.read(weights.variables(name)[0])
        assert gain == pytest.approx((values**2).mean() * math.prod(values.shape[:-1]), rel=1e-5)
    assert any("has gain" in each.message for each in measured)
    assert not any("measured_gain" in each.data for each in selu_lint.check(path).findings)
