"""Paths that name code, and code that gives no model; see test_factories_keras for models."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from selu_lint.factories import FactoryError, is_factory, read
from tests.commands.command import run


@pytest.mark.parametrize(
    "path",
    ["package:build", "package.module:build", "a/b-c/file.py:build", "file.py:Class.method"],
)
def test_what_names_code(path: str) -> None:
    assert is_factory(path)


@pytest.mark.parametrize(
    "path",
    ["model.keras", "C:\\model.keras", "https://host/model.keras", "-", "a:b:c", "x:1", "a/b:c"],
)
def test_what_names_none(path: str) -> None:
    assert not is_factory(path)


def test_a_file_of_that_name_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("package:build").write_text("{}")
    assert not is_factory("package:build")


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
        read(f"{path}:build")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_code_that_is_not_there() -> None:
    with pytest.raises(FactoryError, match=r"nowhere\.py cannot be imported: FileNotFoundError"):
        read("nowhere.py:build")
    with pytest.raises(FactoryError, match="no_such_package cannot be imported: ModuleNotFound"):
        read("no_such_package:build")


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
        read(f"{tmp_path}/code.py:build")
    assert list(folder.iterdir()) == []
