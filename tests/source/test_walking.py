"""Which files of a directory are checked as source code, and what is said of the others."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import selu_lint
from selu_lint.cli import main
from selu_lint.errors import SeluLintWarning
from selu_lint.formats import find_models
from tests.commands.command import BROKEN, CLEAN, POINTER

CODE = "import keras\n\nkeras.layers.Dense(3, 'selu', kernel_initializer='lecun_normal')\n"
NOTEBOOK = json.dumps(
    {"cells": [{"cell_type": "code", "source": CODE}], "metadata": {}, "nbformat": 4}
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(*names: str, text: str = CODE) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def checked(*arguments: str) -> list[tuple[str, str]]:
    """Return path and format of each file that a check reports."""
    files = json.loads(run("check", "--format", "json", *arguments).stdout)["files"]
    return [(file["path"].removeprefix("./"), file["format"]) for file in files]


def test_models_and_source_are_found_together():
    write("a.py", "deep/b.PYW", "nb.ipynb", text=CODE)
    Path("nb.ipynb").write_text(NOTEBOOK)
    write("other.py", text="import keras\n")
    shutil.copy(BROKEN, "m.keras")
    assert checked(".") == [
        ("a.py", "python"),
        ("deep/b.PYW", "python"),
        ("m.keras", "keras-archive"),
        ("nb.ipynb", "notebook"),
    ]
    assert [path.removeprefix("./") for path in find_models(".")] == ["m.keras"]


def test_source_is_told_by_suffix_shebang_or_the_keys_of_a_notebook():
    write("tool", text=f"#!/usr/bin/env python3\n{CODE}")
    write("nb.json", "plain", text=NOTEBOOK)
    write("empty.py", text="")
    assert checked("tool", "nb.json", "plain", "empty.py") == [
        ("tool", "python"),
        ("nb.json", "notebook"),
        ("plain", "notebook"),
        ("empty.py", "python"),
    ]
    shutil.copy(CLEAN, "model.py")
    assert checked("model.py", ".")[:1] == [("model.py", "keras-archive")]


@pytest.mark.parametrize("name", [".venv", "venv", "site-packages", ".tox", "node_modules", ".git"])
def test_what_is_installed_is_left_out_unless_named(name):
    write(f"{name}/a.py", f"lib/{name}/b.py", "c.py")
    assert checked(".") == [("c.py", "python")]
    assert checked(name) == [(f"{name}/a.py", "python")]


def test_a_virtual_environment_is_left_out_whatever_its_name():
    write("environment/pyvenv.cfg", "environment/lib/a.py", "b.py")
    assert checked(".") == [("b.py", "python")]


def test_models_lie_where_the_users_code_does_not():
    write("build/a.py", "ignored/b.py", "c.py", "x/d.py")
    for place in ("build", "ignored", "."):
        shutil.copy(CLEAN, Path(place) / "m.keras")
    Path(".gitignore").write_text("ignored/\n*.keras\nd.py\n")
    assert [path for path, _ in checked(".")] == [
        "build/m.keras",
        "c.py",
        "ignored/m.keras",
        "m.keras",
    ]


def test_a_gitignore_further_down_takes_back():
    write("x/a.py", "x/b.py", "y/a.py")
    Path(".gitignore").write_text("a.py\n")
    Path("x/.gitignore").write_text("!a.py\n")
    assert [path for path, _ in checked(".")] == ["x/a.py", "x/b.py"]


def test_a_tree_with_nothing_to_check_is_clean_and_says_what_was_looked_at():
    write("src/a.py", "src/b.py", text="import keras\n")
    Path("empty").mkdir()
    result = run("check", "src", "empty")
    assert (result.exit_code, result.stdout) == (0, "0 files checked.\n")
    assert result.stderr.splitlines() == [
        "note: src: no Keras models in it, and no SELU of Keras in 2 Python files and notebooks",
        "note: empty: neither Keras models nor Python files in it",
    ]
    with pytest.warns(SeluLintWarning, match="no SELU of Keras in 2 Python files") as warned:
        assert selu_lint.check("src").files == ()
    assert warned[0].filename == __file__


def test_source_that_cannot_be_parsed_is_noted_where_it_was_found_and_an_error_where_named():
    broken = "keras selu = = 1\n"
    write("a.py", text=broken)
    write("nb.ipynb", text='{"nbformat": 4, "keras": "selu"')
    write("r.ipynb", text=NOTEBOOK.replace('"metadata": {}', f'"metadata": {json.dumps(R)}'))
    result = run("check", ".")
    assert result.exit_code == 0
    assert [line.split(": ")[1:3] for line in result.stderr.splitlines()] == [
        ["./a.py", "passed over"],
        ["./nb.ipynb", "passed over"],
        ["./r.ipynb", "passed over"],
    ]
    for name, said in (("a.py", "no Python"), ("nb.ipynb", "broken JSON"), ("r.ipynb", "of R")):
        named = run("check", name)
        assert named.exit_code == 2
        assert said in named.stdout
        assert run("check", "--pass-over", name).exit_code == 0


R = {"language_info": {"name": "R"}}


def test_notes_on_comments_name_file_and_line():
    write("a.py", text=f"{CODE}x = 1  # selu-lint: ignore[SELU001] old\n")
    assert run("check", "a.py").stderr == "note: a.py:4: ignore[SELU001] matches no finding\n"
    assert run("check", "-q", "a.py").stderr == ""


def test_a_pointer_is_no_source():
    Path("a.py").write_bytes(POINTER)
    assert "Git LFS pointer" in run("check", "a.py").stdout


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_pipes_and_links_are_not_opened(folder: Path):
    os.mkfifo("pipe.py")
    write("real/a.py")
    os.symlink("real/a.py", "link.py")
    result = run("check", ".")
    assert "not followed: 2" in result.stderr
    assert checked(".") == [("real/a.py", "python")]
