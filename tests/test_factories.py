"""Paths that name code, and code that gives no model; see test_factories_keras for models."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import selu_lint
from selu_lint.code import Code, from_command_line
from selu_lint.processes.factories import FactoryError, read
from tests.commands.command import run
from tests.processes import runs, wait


@pytest.mark.parametrize(
    "path",
    ["package:build", "package.module:build", "a/b-c/file.py:build", "file.py:Class.method"],
)
def test_what_names_code(path: str) -> None:
    assert isinstance(from_command_line(path), Code)


@pytest.mark.parametrize(
    "path",
    [
        "model.keras",
        "C:\\model.keras",
        "https://host/model.keras",
        "s3://bucket/file.py:build",
        "-",
        "a:b:c",
        "x:1",
        "a/b:c",
    ],
)
def test_what_names_none(path: str) -> None:
    assert not isinstance(from_command_line(path), Code)


def test_a_file_of_that_name_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("package:build").write_text("{}")
    Path("other:build").symlink_to("nowhere")
    for name in ("package:build", "other:build"):
        assert not isinstance(from_command_line(name), Code)


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which a link to nowhere has the name of code that lies beside it."""
    (tmp_path / "evil.py").write_text("open('ran', 'w').close()\nclass build: keras = 1\n")
    (tmp_path / "evil.py:build.keras").symlink_to("nowhere")
    monkeypatch.chdir(tmp_path)
    return tmp_path


_PLANTED = "./evil.py:build.keras"


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "."),
        ("check", "--jobs", "2", ".", "evil.py"),
        ("check", _PLANTED),
        ("check", "--pass-over", "evil.py:build"),
        ("fix", "--in-place", "."),
        ("fix", "--in-place", "--pass-over", "evil.py:build"),
        ("profile", _PLANTED),
    ],
)
def test_nothing_that_lies_in_a_folder_is_code(planted: Path, arguments: tuple[str, ...]) -> None:
    done = run(*arguments, cwd=planted)
    assert done.returncode == (0 if "." in arguments else 2)
    assert not (planted / "ran").exists()


def test_text_is_never_code_to_the_functions(planted: Path) -> None:
    assert len(selu_lint.check(_PLANTED).errors) == 1
    assert len(selu_lint.fix(_PLANTED).errors) == 1
    for function in (selu_lint.check, selu_lint.fix, selu_lint.profile):
        with pytest.raises(selu_lint.SeluLintError, match="no such file"):
            function("evil.py:build")
    assert not Path("ran").exists()


def test_code_says_first_that_it_runs(planted: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Path("loud.py").write_text("import sys\nsys.stderr.write('runs')\nbuild = 3\n")
    (file,) = selu_lint.check(Code("loud.py:build")).files
    assert file.error == "build is a int, neither a Keras model nor a function"
    assert capfd.readouterr().err == ("loud.py:build: running this code, in a process of its own\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    "code, message",
    [
        ("def build(): raise ValueError('no\\ndata')", "build() failed: ValueError: no"),
        ("1 / 0", "cannot be imported: ZeroDivisionError: division by zero"),
        ("def build(:", "cannot be imported: SyntaxError"),
        ("def other(): pass", "there is no build in"),
        ("build = 3", "build is a int, neither a Keras model nor a function"),
        ("def build(): return []", "build() gives a list, not a Keras model"),
        ("def build(x): pass", "build() failed: TypeError"),
        ("import sys\nsys.exit(3)", "cannot be imported: SystemExit: 3"),
        ("import os\ndef build(): os._exit(9)", "its code ended the process (exit code 9)"),
    ],
)
def test_code_that_gives_no_model_gets_one_line(tmp_path: Path, code: str, message: str) -> None:
    path = tmp_path / "code.py"
    path.write_text(code)
    with pytest.raises(FactoryError) as caught:
        read(Code(f"{path}:build"))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_code_that_is_not_there() -> None:
    with pytest.raises(FactoryError, match=r"nowhere\.py cannot be imported: FileNotFoundError"):
        read(Code("nowhere.py:build"))
    with pytest.raises(FactoryError, match="no_such_package cannot be imported: ModuleNotFound"):
        read(Code("no_such_package:build"))


def test_the_command_says_that_code_runs_and_keeps_its_traceback_for_verbose(
    tmp_path: Path,
) -> None:
    code = "print('said by the code')\ndef build():\n    raise ValueError('no data')\n"
    (tmp_path / "code.py").write_text(code)
    done = run("check", "code.py:build", cwd=tmp_path)
    assert done.returncode == 2
    assert "code.py:build: running this code, in a process of its own" in done.stderr
    assert "build() failed: ValueError: no data" in done.stdout
    assert "said by the code" not in done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [(), ("--diff",), ("-o", "out.keras"), ("--in-place",)])
def test_fix_runs_no_code_and_says_what_repairs_a_built_model(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "code.py").write_text("open('ran', 'w').close()\ndef build(): pass\n")
    done = run("fix", "--quiet", "code.py:build", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    (line,) = done.stdout.splitlines()
    assert line.startswith("code.py:build: ")
    assert "repair the model that it builds in Python, with selu_lint.fix(model)" in line
    assert [path.name for path in tmp_path.iterdir()] == ["code.py"]


def test_verbose_shows_the_traceback(tmp_path: Path) -> None:
    code = "def build():\n    raise ValueError('no data')\n"
    (tmp_path / "code.py").write_text(code)
    command = [sys.executable, "-m", "selu_lint", "check", "--verbose", "code.py:build"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 2
    assert "line 2, in build" in done.stderr


def test_no_temporary_folder_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "code.py").write_text("build = 3")
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    with pytest.raises(FactoryError):
        read(Code(f"{tmp_path}/code.py:build"))
    assert list(folder.iterdir()) == []


_SLEEPS = """
import os, subprocess, sys, time

def build():
    print("waits for data", file=sys.stderr, flush=True)
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
    with open("pids.part", "w") as file:
        print(os.getpid(), child.pid, file=file)
    os.replace("pids.part", "pids")
    time.sleep(300)
"""


def _pids(folder: Path) -> list[int]:
    wait(lambda: (folder / "pids").exists())
    return [int(pid) for pid in (folder / "pids").read_text().split()]


needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at /proc")


@needs_proc
def test_code_that_takes_too_long_is_ended_with_its_children(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text(_SLEEPS)
    done = run("check", "-v", "--quiet", "--build-timeout", "8", "code.py:build", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == (
        "code.py:build: error: its code took longer than 8 seconds and was ended; "
        "--build-timeout allows more\n"
    )
    assert "waits for data" in done.stderr
    pids = _pids(tmp_path)
    assert len(pids) == 2
    wait(lambda: not any(map(runs, pids)))


@pytest.mark.slow
@needs_proc
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_code_ends_with_the_check_that_runs_it(tmp_path: Path, ending: signal.Signals) -> None:
    (tmp_path / "code.py").write_text(_SLEEPS)
    command = [sys.executable, "-m", "selu_lint", "check", "code.py:build"]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    try:
        pids = _pids(tmp_path)
        assert all(map(runs, pids))
        process.send_signal(ending)
        assert process.wait(30) in (130, -ending)
    finally:
        process.kill()
        process.wait()
    wait(lambda: not any(map(runs, pids)))


def test_code_gets_no_standard_input(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text("def build(): return input('yes? ')")
    with pytest.raises(FactoryError, match=r"build\(\) failed: EOFError"):
        read(Code(f"{tmp_path}/code.py:build"))


@pytest.mark.parametrize("seconds", ["0", "-1", "soon"])
def test_the_timeout_is_a_positive_number(seconds: str) -> None:
    done = run("check", "--build-timeout", seconds, "code.py:build")
    assert done.returncode == 2
    assert "--build-timeout" in done.stderr
