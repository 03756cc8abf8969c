"""Checks in several processes: same result as in one, and ended by Ctrl-C at once."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from selu_lint import linter
from selu_lint.config import project
from selu_lint.config.configuration import Configuration
from selu_lint.config.discovery import Finder
from selu_lint.parallel import check_in_processes
from selu_lint.report import FileReport
from selu_lint.settings import Settings
from tests.commands.command import BROKEN, CLEAN, MODELS, run, run_process
from tests.quick import one_in

needs_signals = pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    models = [BROKEN, CLEAN, MODELS / "functional.h5", MODELS / "separable.json"]
    for index in range(60):
        source = models[index % len(models)]
        shutil.copy(source, tmp_path / f"{index:02}{source.suffix}")
    (tmp_path / "32.keras").write_bytes(BROKEN.read_bytes()[:1000])
    return tmp_path


@pytest.mark.slow
def test_result_and_order_do_not_depend_on_the_number_of_processes(registry: Path):
    options = ("check", ".", "--format", "json")
    reports = [run_process(*options, "--jobs", jobs, cwd=registry) for jobs in ("1", "3", "auto")]
    assert len({report.stdout for report in reports}) == 1
    assert {report.returncode for report in reports} == {2}
    paths = [file["path"] for file in json.loads(reports[0].stdout)["files"]]
    assert len(paths) == 60
    assert paths == sorted(paths)


@pytest.mark.parametrize("jobs", ["0", "-1", "many", "1.5"])
def test_number_of_processes_is_checked(jobs: str):
    result = run("check", CLEAN, "--jobs", jobs)
    assert result.returncode == 2
    assert "neither a number of processes nor auto" in result.stderr


def test_standard_input_is_read_with_several_processes_asked_for(registry: Path):
    options = ("check", "-", "00.keras", "--jobs", "2")
    result = run_process(*options, cwd=registry, stdin=BROKEN.read_bytes())
    assert "2 files checked: 8 findings" in result.stdout


def _killed_by_one(path: str, settings: Settings, rules: object = None) -> FileReport:
    if path == "17":
        os.kill(os.getpid(), signal.SIGKILL)
    return FileReport(path)


@pytest.mark.skipif(
    multiprocessing.get_start_method() != "fork", reason="a patch reaches forked processes only"
)
def test_a_file_that_kills_its_process_takes_no_other_with_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(linter, "check_file", _killed_by_one)
    tasks = [(str(index), Settings()) for index in range(40)]
    reports = dict(check_in_processes(tasks, 2))
    assert sorted(reports) == list(range(40))
    failed = {index: report.error for index, report in reports.items() if report.error}
    assert list(failed) == [17]
    assert "it may need more memory" in failed[17]


def _opened_once_it_is_read(pipe: Path, process: subprocess.Popen[str]) -> int:
    """Return the writing end of a pipe that a process, or one of its own, opens for reading."""
    while process.poll() is None:
        with contextlib.suppress(OSError):
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        time.sleep(0.01)
    raise AssertionError("it has ended")


@needs_signals
@pytest.mark.parametrize("jobs", one_in(2, ["1", "2"]))
def test_interrupt_reports_what_was_done_so_far(tmp_path: Path, jobs: str):
    # Reading from a pipe that nobody writes to takes forever.
    shutil.copy(BROKEN, tmp_path / "a.keras")
    for name in ("b.keras", "c.keras", "d.keras"):
        os.mkfifo(tmp_path / name)
    files = ("a.keras", "b.keras", "c.keras", "d.keras")
    command = [sys.executable, "-m", "selu_lint", "check", *files, "--jobs", jobs]
    command += ["--write-baseline", "known.json"]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    read = [tmp_path / name for name in files[1 : int(jobs) + 1]]
    writers: list[int] = []
    try:
        # Once every worker reads from a pipe, the first file is done.
        writers += (_opened_once_it_is_read(each, process) for each in read)
        # A terminal sends it to the workers, too.
        os.killpg(process.pid, signal.SIGINT)
        output, errors = process.communicate()
    finally:
        process.kill()
        for each in writers:
            os.close(each)
    assert process.returncode == 130
    # The report of the first file may still be on its way from another process.
    done = "1 file checked: 4 findings" in output
    assert done or jobs == "2"
    assert errors == (
        "note: known.json: not written, because not every file was checked\n"
        f"interrupted: {4 - done} files were not checked\n"
    )
    assert not (tmp_path / "known.json").exists()
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


@needs_signals
def test_ctrl_c_keeps_what_several_processes_have_reported(tmp_path: Path):
    shutil.copy(BROKEN, tmp_path / "a.keras")
    pipes = [tmp_path / name for name in ("b.keras", "c.keras", "d.keras")]
    for pipe in pipes:
        os.mkfifo(pipe)

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    files = [str(path) for path in (tmp_path / "a.keras", *pipes)]
    outcome = project.check(files, Finder(Configuration()), jobs=2, progress=interrupt)
    assert [(file.path, len(file.findings)) for file in outcome.report.files] == [(files[0], 4)]
    assert outcome.missing == 3
