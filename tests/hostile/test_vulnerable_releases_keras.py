"""The hostile models are real attacks: they run in Keras, and never in what selu-lint starts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.command import run
from tests.hostile.test_nothing_executed import HOSTILE, MARKER, MODELS

pytestmark = pytest.mark.keras

_LOADS = """
import importlib, os, sys, traceback
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
library, model, trusting = sys.argv[1:]
keras = importlib.import_module(library)
if trusting == "trusting":
    importlib.import_module(f"{library}.src.saving.serialization_lib").enable_unsafe_deserialization()
if model.endswith(".json"):
    keras.models.model_from_json(open(model).read())
else:
    keras.models.load_model(model, compile=False, safe_mode=trusting != "trusting")
"""
_VULNERABLE = [*filter(None, os.environ.get("SELU_LINT_VULNERABLE_KERAS", "").split(os.pathsep))]


def _ran(python: str, library: str, name: str, folder: Path, trusting: bool = False) -> bool:
    shutil.copy(HOSTILE / name, folder)
    trust = "trusting" if trusting else "safe"
    command = [python, "-c", _LOADS, library, name, trust]
    subprocess.run(command, cwd=folder, capture_output=True, check=False)
    marker = folder / MARKER
    ran = marker.exists()
    marker.unlink(missing_ok=True)
    return ran


@pytest.mark.skipif(not _VULNERABLE, reason="needs interpreters with vulnerable releases")
@pytest.mark.parametrize(
    "name",
    ["cve_2025_1550_module.keras", "cve_2025_8747_get_file.keras", "cve_2025_9905_lambda.h5"],
)
def test_attacks_work_in_a_vulnerable_release(name: str, tmp_path: Path) -> None:
    assert any(_ran(python, "keras", name, tmp_path) for python in _VULNERABLE)


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="marshalled code of Python 3.11")
@pytest.mark.parametrize(
    "library, name",
    [
        ("keras", "cve_2024_3660_lambda_bytecode.keras"),
        ("keras", "cve_2025_9905_lambda.h5"),
        ("tf_keras", "tensorflow_function.h5"),
    ],
)
def test_attacks_work_where_code_is_trusted(library: str, name: str, tmp_path: Path) -> None:
    pytest.importorskip(library)
    assert _ran(sys.executable, library, name, tmp_path, trusting=True)


@pytest.mark.parametrize("name", [name for name in MODELS if "shape_bomb" not in name])
def test_no_attack_works_through_selu_lint(name: str, tmp_path: Path) -> None:
    """Those that only ask Keras for other files get as far as the confined process."""
    pytest.importorskip("tf_keras")
    shutil.copy(HOSTILE / name, tmp_path)
    for arguments in (("fix", "--verify"), ("profile", "--measure")):
        done = run(*arguments, name, cwd=tmp_path)
        assert done.returncode == 2, done.stdout
        said = done.stdout + done.stderr
        assert "does not know to be harmless" in said or "leads out of it" in said
    assert [each.name for each in tmp_path.iterdir()] == [name]
