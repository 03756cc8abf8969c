"""``selu-lint fix`` over the files of a project: baselines, processes, reports in files."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.command import BROKEN, run

SOURCE = """\
from keras.layers import Dense, Dropout
def build():
    first = Dense(3, activation="selu", bias_initializer="ones")
    return Dropout(0.2)(first(x))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "models").mkdir()
    for name in ("a", "b", "c"):
        shutil.copy(BROKEN, tmp_path / "models" / f"{name}.keras")
    (tmp_path / "train.py").write_text(SOURCE)
    return tmp_path


def record(project: Path) -> None:
    run("check", "--write-baseline", "known.json", ".", cwd=project)


def report_of(project: Path, *words: str) -> dict[str, object]:
    result = run("fix", "--format", "json", *words, cwd=project)
    report: dict[str, object] = json.loads(result.stdout)
    return {**report, "code": result.returncode}


@pytest.mark.parametrize("configured", [False, True])
def test_what_the_baseline_knows_is_neither_repaired_nor_reported(
    project: Path, configured: bool
) -> None:
    record(project)
    if configured:
        (project / "selu-lint.toml").write_text('baseline = "known.json"')
    result = run("fix", *([] if configured else ["--baseline", "known.json"]), ".", cwd=project)
    assert result.returncode == 0
    assert result.stdout == (
        "Nothing to repair in 4 files. Nothing was written. 15 accepted findings were left.\n"
    )
    assert (project / "train.py").read_text() == SOURCE
    assert len(list((project / "models").iterdir())) == 3


def test_what_the_baseline_does_not_know_is_repaired(project: Path) -> None:
    run("check", "--ignore", "SELU005", "--write-baseline", "known.json", ".", cwd=project)
    new = "    second = Dense(4, activation='selu')\n"
    (project / "train.py").write_text(SOURCE.replace("    return", f"{new}    return"))
    report = report_of(project, "--baseline", "known.json", "train.py")
    (file,) = report["files"]  # type: ignore[misc, attr-defined]
    assert [each["code"] for each in file["applied"]] == ["SELU005", "SELU001"]
    assert [each["code"] for each in file["hidden"]] == ["SELU001", "SELU002"]
    assert report["summary"]["hidden"] == 2  # type: ignore[index]
    # The call of the known finding has another text now.
    repaired = (project / "train.py").read_text()
    assert 'first = Dense(3, activation="selu", bias_initializer="zeros")' in repaired
    assert "Dense(4, activation='selu', kernel_initializer='lecun_normal')" in repaired
    assert "Dropout(0.2)" in repaired


def test_a_baseline_that_cannot_be_read_is_an_error(project: Path) -> None:
    result = run("fix", "--baseline", "none.json", "models", cwd=project)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("Error: cannot read the baseline none.json: ")
    assert result.stderr.count("\n") == 1


def test_a_report_may_go_into_a_file(project: Path) -> None:
    shown = run("fix", "--diff", "--output-file", "-", "models", cwd=project).stdout
    result = run("fix", "--diff", "--output-file", "report", "models", cwd=project)
    assert result.stdout == ""
    assert (project / "report").read_text() == shown
    result = run("fix", "--diff", "--output-file", "none/report", "models", cwd=project)
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)


@pytest.mark.slow
def test_several_processes_do_what_one_does(project: Path) -> None:
    record(project)
    (project / "selu-lint.toml").write_text(
        'baseline = "known.json"\nper-file-ignores = { "c.keras" = ["SELU001"] }'
    )
    shutil.copy(BROKEN, project / "models" / "d.keras")
    (project / "models" / "e.keras").write_bytes(b"PK")
    other = Path(shutil.copytree(project, project.parent / "other"))
    reports = [
        report_of(place, "--seed", "1", "--redraw", "always", "--jobs", jobs, ".")
        for place, jobs in ((project, "1"), (other, "2"))
    ]
    assert json.dumps(reports[1]).replace(" --jobs 2", "") == json.dumps(reports[0]).replace(
        " --jobs 1", ""
    )
    assert reports[0]["code"] == 2
    for path in sorted(project.rglob("*.*")):
        if path.is_file():
            assert (other / path.relative_to(project)).read_bytes() == path.read_bytes()


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a terminal")
def test_progress_is_shown_on_a_terminal(project: Path) -> None:
    for number in range(20):
        shutil.copy(project / "train.py", project / f"train{number}.py")
    terminal, end = os.openpty()
    command = [sys.executable, "-m", "selu_lint", "fix", "--diff", "--jobs", "1", "."]
    subprocess.run(command, cwd=project, stdout=subprocess.DEVNULL, stderr=end, check=False)
    os.close(end)
    shown = os.read(terminal, 4096).decode()
    os.close(terminal)
    assert shown == "\r10 of 24 files\r20 of 24 files\r24 of 24 files\r\x1b[K"
