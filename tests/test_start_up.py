"""A check imports what it needs and no more, so that it starts in no time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import selu_lint
from selu_lint.cases import layer, sequential
from tests.commands.command import BROKEN, MODELS
from tests.quick import one_in

HEAVY = {
    "asyncio",
    "concurrent.futures",
    "dataclasses",
    "difflib",
    "fsspec",
    "google.protobuf",
    "h5py",
    "importlib.metadata",
    "keras",
    "multiprocessing",
    "numpy",
    "pathlib",
    "signal",
    "tempfile",
    "tensorflow",
    "tomli",
    "tomllib",
    "urllib.parse",
    "xml.etree.ElementTree",
}
# What click and the reader of zip archives import by themselves is their choice.
PROGRAM = """
import click, json, sys, zipfile
before = set(sys.modules)
from selu_lint.cli import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    assert end.code in (0, 1), end.code
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def modules(folder: Path, *arguments: str | Path) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "name", one_in(3, ["cnn_broken.keras", "cnn_broken.h5", "cnn_broken.json"])
)
def test_check_of_one_file_imports_nothing_heavy(tmp_path: Path, name: str):
    assert modules(tmp_path, "check", MODELS / name) & HEAVY == set()


def test_check_of_one_file_imports_only_these_modules_of_its_own(tmp_path: Path):
    imported = modules(tmp_path, "check", BROKEN)
    own = {name for name in imported if name.startswith("selu_lint.")}
    assert {name for name in own if name.startswith("selu_lint.reports.")} == {
        "selu_lint.reports.groups",
        "selu_lint.reports.text",
    }
    assert {name for name in own if name.startswith("selu_lint.commands.")} == {
        "selu_lint.commands.check",
        "selu_lint.commands.options",
    }
    unused = ("fixing", "config.baseline", "config.configuration_file", "storage.globs")
    unused += ("config.suppressions", "parallel", "rule_codes", "source.checking", "source.reading")
    assert own & {f"selu_lint.{name}" for name in unused} == set()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cnn_broken.keras", "cnn_broken.h5"])
def test_a_fix_imports_no_native_code_that_reads_strangers_files(tmp_path: Path, name: str):
    arguments = ("--redraw", "always", "--output", tmp_path / name)
    assert "h5py" not in modules(tmp_path, "fix", MODELS / name, *arguments)
    assert (tmp_path / name).exists()


def analysis_of(folder: Path, *layers: dict[str, Any]) -> set[str]:
    """Return what a check of a model imports of the theory and of the analysis over it."""
    (folder / "model.json").write_text(json.dumps(sequential((8,), *layers)))
    rooms = ("selu_lint.theory.", "selu_lint.analysis.")
    return {name for name in modules(folder, "check", "model.json") if name.startswith(rooms)}


def test_a_check_that_finds_nothing_imports_nothing_to_advise(tmp_path: Path):
    (tmp_path / "model.json").write_text(json.dumps(sequential((8,), SELU, HEAD)))
    imported = modules(tmp_path, "check", "model.json")
    assert {name for name in imported if name.startswith("selu_lint.source")} == set()
    assert {"selu_lint.advice", "selu_lint.model.edits"} & imported == set()


def dense(name: str, activation: str, initializer: str) -> dict[str, Any]:
    return layer("Dense", name, units=8, activation=activation, kernel_initializer=initializer)


HEAD = dense("head", "softmax", "glorot_uniform")
SELU = dense("selu", "selu", "lecun_normal")
FORECAST = "selu_lint.analysis.forecast"
ALWAYS = {
    "selu_lint.analysis.lecun",
    "selu_lint.analysis.near_selu",
    "selu_lint.analysis.noise_repairs",
    "selu_lint.analysis.pixels",
    "selu_lint.theory.gaussian",
    "selu_lint.theory.moments",
}


@pytest.mark.parametrize(
    "layers",
    one_in(
        3,
        [
            [dense("relu", "relu", "he_normal"), layer("Dropout", "drop", rate=0.5), HEAD],
            [SELU, HEAD],
            [layer("Dropout", "drop", rate=0.5), SELU, HEAD],
        ],
    ),
    ids=["no SELU", "one SELU", "a dropout in front of SELU"],
)
def test_no_forecast_is_made_where_nothing_can_be_found_by_one(
    tmp_path: Path, layers: list[dict[str, Any]]
):
    assert analysis_of(tmp_path, *layers) == ALWAYS


@pytest.mark.slow
@pytest.mark.parametrize(
    "between",
    [layer("AlphaDropout", "drop", rate=0.05), dense("linear", "linear", "he_normal")],
    ids=["what SELU007 judges", "what SELU012 judges"],
)
def test_a_forecast_is_made_where_one_is_needed(tmp_path: Path, between: dict[str, Any]):
    assert FORECAST in analysis_of(tmp_path, SELU, between, SELU, HEAD)


@pytest.mark.slow
def test_toml_parser_is_imported_where_a_configuration_was_found(tmp_path: Path):
    (tmp_path / "selu-lint.toml").write_text("ignore = ['SELU002']")
    (tmp_path / "model.keras").write_bytes(BROKEN.read_bytes())
    assert {"tomllib", "tomli"} & modules(tmp_path, "check", "model.keras")


@pytest.mark.parametrize("name", selu_lint.__all__)
def test_every_public_name_is_there(name: str):
    assert getattr(selu_lint, name).__module__.startswith("selu_lint.")
