"""No output of a command goes through a link or into anything but a file."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import selu_lint
from selu_lint.errors import SeluLintError
from selu_lint.reference.records import Records
from tests.commands.command import BROKEN, FIXTURES, run

_SAVED = FIXTURES / "saved_models" / "tf2.15" / "cnn_clean"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a model and links to a file and to nowhere, both in another folder."""
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim" / "file").write_text("theirs")
    made = tmp_path / "models"
    made.mkdir()
    shutil.copy(BROKEN, made / "model.keras")
    (made / "link").symlink_to("../victim/file")
    (made / "nowhere").symlink_to("../victim/new")
    os.mkfifo(made / "pipe")
    return made


def untouched(folder: Path) -> bool:
    victim = folder.parent / "victim"
    return [(each.name, each.read_text()) for each in victim.iterdir()] == [("file", "theirs")]


@pytest.mark.slow
@pytest.mark.parametrize("force", [(), ("--force",)])
@pytest.mark.parametrize("leads_to", ["../victim/file", "../victim/new"])
def test_a_planted_result_is_not_followed(
    folder: Path, leads_to: str, force: tuple[str, ...]
) -> None:
    (folder / "model.fixed.keras").symlink_to(leads_to)
    done = run("fix", "model.keras", *force, cwd=folder)
    assert done.returncode == 2
    assert "model.fixed.keras: it is a link, and only files are replaced" in done.stdout
    assert untouched(folder)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["link", "nowhere", "pipe"])
@pytest.mark.parametrize(
    "arguments",
    [
        ("fix", "model.keras", "--force", "-o"),
        ("check", "model.keras", "--output-file"),
        ("check", "model.keras", "--write-baseline"),
    ],
)
def test_what_is_no_file_is_refused_as_output(
    folder: Path, arguments: tuple[str, ...], name: str
) -> None:
    done = run(*arguments, name, cwd=folder)
    assert done.returncode == 2
    kind = "a pipe" if name == "pipe" else "a link"
    assert f"it is {kind}, and only files are replaced" in done.stdout + done.stderr
    assert untouched(folder)


@pytest.mark.slow
def test_a_plot_replaces_only_files(folder: Path) -> None:
    pytest.importorskip("matplotlib")
    for suffix in (".png", ".html"):
        (folder / f"plot{suffix}").symlink_to("../victim/file")
        done = run("profile", "model.keras", "--plot", f"plot{suffix}", cwd=folder)
        assert done.returncode == 2
        assert "it is a link, and only files are replaced" in done.stderr
    assert untouched(folder)


def test_a_planted_temporary_file_of_a_baseline_is_not_followed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getpid", lambda: 7)
    (folder / ".known.json.7").symlink_to("../victim/file")
    from selu_lint.config import baseline

    baseline.write(selu_lint.check(folder / "model.keras"), folder / "known.json")
    assert untouched(folder)


def test_the_records_of_the_trainer_are_a_file(folder: Path) -> None:
    (folder / "runs.jsonl").symlink_to("../victim/new")
    with pytest.raises(SeluLintError, match="it is a link"):
        Records(folder)
    assert untouched(folder)


@pytest.mark.slow
def test_folders_below_an_output_are_no_links(folder: Path) -> None:
    (folder / "sub").mkdir()
    shutil.copy(BROKEN, folder / "sub" / "deep.keras")
    out = folder.parent / "out"
    out.mkdir()
    (out / "sub").symlink_to("../victim")
    done = run("fix", "models", "-o", "out/", cwd=folder.parent)
    assert done.returncode == 2
    assert "cannot write below" in done.stdout
    assert (out / "model.keras").exists()
    assert untouched(folder)


@pytest.mark.slow
def test_a_link_that_is_named_is_fixed_where_it_leads(folder: Path) -> None:
    (folder / "latest.keras").symlink_to("model.keras")
    done = run("fix", "--in-place", "latest.keras", cwd=folder)
    assert done.returncode == 0
    assert (folder / "latest.keras").is_symlink()
    assert run("check", "model.keras", cwd=folder).returncode == 0


def test_a_folder_is_replaced_only_where_it_is_one(folder: Path) -> None:
    target = shutil.copytree(_SAVED, folder.parent / "victim_model")
    before = sorted(target.rglob("*"))
    (folder / "result").symlink_to(target)
    report = selu_lint.fix(_SAVED, output=folder / "result", force=True)
    assert "is something else" in (report.files[0].error or "")
    assert (folder / "result").is_symlink()
    assert sorted(target.rglob("*")) == before


def test_a_copied_folder_gets_no_file_that_runs(tmp_path: Path) -> None:
    saved = shutil.copytree(_SAVED, tmp_path / "saved")
    (saved / "extra").mkdir()
    (saved / "extra" / "run.sh").write_text("#!/bin/sh")
    (saved / "extra" / "run.sh").chmod(0o4755)
    saved.chmod(0o2755)
    assert selu_lint.fix(saved, output=tmp_path / "copy").exit_code() == 0
    copied = tmp_path / "copy"
    assert stat.S_IMODE((copied / "extra" / "run.sh").stat().st_mode) == 0o644
    assert stat.S_IMODE(copied.stat().st_mode) == 0o755


@pytest.mark.slow
def test_a_second_run_over_a_folder_ends_as_the_first(tmp_path: Path) -> None:
    shutil.copy(BROKEN, tmp_path / "a.keras")
    shutil.copy(BROKEN.with_suffix(".h5"), tmp_path / "b.h5")
    shutil.copytree(FIXTURES / "keras_folder/keras3.15-tf/dense_broken", tmp_path / "c")
    (tmp_path / "alone.fixed.keras").write_bytes(BROKEN.read_bytes())
    command = ("fix", "--redraw", "never", ".")
    first = run(*command, cwd=tmp_path)
    assert first.returncode == 0, first.stdout
    assert (tmp_path / "alone.fixed.fixed.keras").exists()
    files = {each: each.read_bytes() for each in tmp_path.rglob("*.*") if each.is_file()}
    second = run(*command, cwd=tmp_path)
    assert second.returncode == 0, second.stdout
    assert second.stdout.count("the result was there already") == 4
    assert {each: each.read_bytes() for each in tmp_path.rglob("*.*") if each.is_file()} == files
    (tmp_path / "a.fixed.keras").write_bytes(b"something else")
    third = run(*command, cwd=tmp_path)
    assert third.returncode == 2
    assert "a.fixed.keras is already there; --force overwrites it" in third.stdout
    (tmp_path / "a.fixed.keras").unlink()
    assert selu_lint.fix(tmp_path, redraw="never").errors == ()


def test_hard_links_that_are_parted_are_told(folder: Path) -> None:
    os.link(folder / "model.keras", folder / "second.keras")
    done = run("fix", "--in-place", "model.keras", cwd=folder)
    assert done.returncode == 0
    assert "the file had 1 other hard link, which leads to what it was" in done.stdout
    assert (folder / "second.keras").read_bytes() == BROKEN.read_bytes()
    again = selu_lint.fix(folder / "second.keras", in_place=True)
    assert [file.other_names for file in again.files] == [0]


_ENDED = """
import os, signal, sys
from selu_lint.storage import atomic
from selu_lint.cli import main

if sys.argv[1] == "named":
    del os.O_TMPFILE
number = getattr(signal, sys.argv[2])
signal.signal(number, signal.SIG_DFL)
replace = os.replace

def ended(*arguments):
    os.kill(os.getpid(), number)
    replace(*arguments)

os.replace = ended
main(["fix", "--in-place", "model.keras"])
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "O_TMPFILE"), reason="needs files without a name")
@pytest.mark.parametrize("kind", ["named", "unnamed"])
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_signal_leaves_no_draft(tmp_path: Path, kind: str, name: str) -> None:
    model = Path(shutil.copy(BROKEN, tmp_path / "model.keras"))
    command = [sys.executable, "-c", _ENDED, kind, name]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == -getattr(signal, name)
    assert list(tmp_path.iterdir()) == [model]
    assert model.read_bytes() == BROKEN.read_bytes()
