"""What stands in README.md and ``docs/`` to be typed, typed: every command and every program."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner

from selu_lint.cli import main
from selu_lint.config.configuration_file import read
from tests.commands.command import BROKEN, CLEAN, FIXTURES, MODELS

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Installing is what `.ci/run` does, and the tests are running already.
REPLACED = ("pip", "pytest")
NEEDS_KERAS = re.compile(r"--verify|--measure|selu-lint train|:\w+\s*(#.*)?$")
EXTRAS = {"dask": "distributed", "keras": "keras", "tensorflow": "tensorflow"}
PLAIN = os.environ.get("SELU_LINT_PLAIN_PYTHON", sys.executable)
"""The Python of an environment with what the README's first install gives, and nothing else."""


def blocks(*languages: str) -> list[tuple[str, str]]:
    return [
        (page.relative_to(ROOT).as_posix(), text)
        for page in PAGES
        for language, text in BLOCK.findall(page.read_text(encoding="utf-8"))
        if language in languages
    ]


def commands(text: str) -> list[str]:
    """The commands of a block, without prompts and what they print."""
    lines = text.replace("\\\n", " ").splitlines()
    if any(line.startswith("$ ") for line in lines):
        lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    return [line for line in lines if line.strip() and not line.startswith("#")]


COMMANDS = [
    (page, command) for page, text in blocks("bash", "console") for command in commands(text)
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files that the pages speak of, as in a checkout."""
    work = tmp_path / "work"
    (work / "models").mkdir(parents=True)
    # The package, too: where Python is started, it stands in front of what is installed.
    for name in ("fixtures", "rules", "selu_lint"):
        (work / name).symlink_to(ROOT / name)
    for name in ("model.keras", "models/model.keras", "a.keras"):
        shutil.copy(BROKEN, work / name)
    shutil.copy(CLEAN, work / "models" / "clean.keras")
    for name in ("other.h5", "b.h5"):
        shutil.copy(MODELS / "cnn_broken.h5", work / name)
    shutil.copy(MODELS / "cnn_broken.json", work / "architecture.json")
    (work / "src").mkdir()
    for name in ("train.py", "src/model.py"):
        (work / name).write_text('from keras.layers import Dense\n\nDense(3, activation="selu")\n')
    cell = {"cell_type": "code", "source": "Dense(3, 'selu')", "outputs": [], "metadata": {}}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    (work / "notebook.ipynb").write_text(json.dumps(notebook))
    (work / "known-findings.json").write_text('{"version": 1, "files": {}}')
    shutil.copy(work / "known-findings.json", work / "known.json")
    np.save(work / "inputs.npy", np.zeros((2, 8, 8, 1), np.float32))
    with np.load(FIXTURES / "mnist_sample.npz") as sample:
        np.savez(work / "mnist.npz", **{name: sample[name][:60] for name in sample.files})
    return work


def environment(python: str, folder: Path) -> dict[str, str]:
    """Variables under which the programs beside a Python are found, but for those replaced."""
    programs = folder.parent / "bin"
    programs.mkdir()
    for name in REPLACED:
        (programs / name).write_text('#!/bin/sh\necho "$0 $@"\n')
        (programs / name).chmod(0o755)
    path = [str(programs), str(Path(python).parent), os.environ["PATH"]]
    return {**os.environ, "PATH": os.pathsep.join(path)}


@pytest.mark.slow
@pytest.mark.parametrize(("page", "command"), [c for c in COMMANDS if not NEEDS_KERAS.search(c[1])])
def test_command(page: str, command: str, folder: Path):
    if "--plot" in command:
        pytest.importorskip("matplotlib")
    type_in(command, folder, sys.executable if "--plot" in command else PLAIN)


@pytest.mark.keras
@pytest.mark.parametrize("command", [text for _, text in COMMANDS if NEEDS_KERAS.search(text)])
def test_command_that_runs_keras(command: str, folder: Path):
    pytest.importorskip("tensorflow")
    type_in(command, folder, sys.executable)


def type_in(command: str, folder: Path, python: str) -> None:
    """Run a command in bash; it may find something, but is one that there is, and does not fail."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash")
    done = subprocess.run(
        [bash, "-c", command],
        cwd=folder,
        env=environment(python, folder),
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    for sign in ("Traceback", "Usage:", ": error: "):
        assert sign not in done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "command", [each for _, each in COMMANDS if re.match(r"selu-lint \w", each)]
)
def test_options(command: str):
    name, *words = shlex.split(command.partition(" | ")[0], comments=True)[1:]
    group = click.Context(main, info_name="selu-lint")
    found = main.get_command(group, name)
    assert found is not None
    found.make_context(name, words, parent=group)


@pytest.mark.parametrize(("page", "text"), blocks("python"))
def test_program(page: str, text: str, folder: Path, tmp_path: Path):
    modules = set(re.findall(r"^(?:import|from) (\w+)", text, re.MULTILINE))
    for module in modules & set(EXTRAS):
        pytest.importorskip(EXTRAS[module])
    program = tmp_path / "program.py"
    program.write_text(text)
    done = subprocess.run(
        [sys.executable if modules & set(EXTRAS) else PLAIN, program],
        env={**os.environ, "PYTHONPATH": str(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


def test_the_first_command_prints_what_the_readme_says(monkeypatch: pytest.MonkeyPatch):
    ((_, command), *_), ((_, printed), *_) = blocks("bash"), blocks("text")
    monkeypatch.chdir(ROOT)
    words = shlex.split(command.partition("selu-lint ")[2])
    assert CliRunner().invoke(main, words).stdout == printed


@pytest.mark.keras
def test_programs_about_built_models(monkeypatch: pytest.MonkeyPatch):
    keras = pytest.importorskip("keras")
    layers = [keras.layers.Dense(4, "selu", kernel_initializer="lecun_normal") for _ in range(2)]
    model = keras.Sequential([keras.Input((4,)), *layers])
    model.compile("sgd", "mse")
    scope = {
        "model": model,
        "build_model": lambda: model,
        "x": np.ones((2, 4)),
        "y": np.ones((2, 4)),
    }
    programs = [text for page, text in blocks("py") if page == "docs/built-models.md"]
    for text in programs:
        exec(text, scope)
    scope["test_the_network_normalizes_itself"]()
    assert len(programs) == 3


@pytest.mark.parametrize(("page", "text"), blocks("toml"))
def test_configuration(page: str, text: str, tmp_path: Path):
    name = "pyproject.toml" if "tool.selu-lint" in text else "selu-lint.toml"
    (tmp_path / name).write_text(text)
    assert read(tmp_path / name) is not None


def test_every_format_is_documented():
    from selu_lint.reports import FORMATS

    page = (ROOT / "docs" / "reports.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == list(FORMATS)


def test_registry_is_checked_with_dask_as_the_page_shows(folder: Path, tmp_path: Path):
    pytest.importorskip("distributed")
    (text,) = [each for page, each in blocks("python") if "dask" in each]
    (tmp_path / "program.py").write_text(text)
    done = subprocess.run(
        [sys.executable, tmp_path / "program.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "2 models, 4 findings\n"
