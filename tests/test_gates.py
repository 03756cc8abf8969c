"""Gates in both directions: what they hold back, and what passes once it is asked for."""

from __future__ import annotations

import importlib
import importlib.util
import io
import math
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import h5py
import numpy as np
import pytest

import selu_lint
from selu_lint.analysis.trainability import band
from selu_lint.cases import layer, sequential
from selu_lint.config.configuration_file import read as read_configuration
from selu_lint.config.suppressions import Suppressions
from selu_lint.errors import SeluLintError
from selu_lint.findings import Finding, Severity
from selu_lint.fixing import file_fixer, saved_model_fixer
from selu_lint.formats import read
from selu_lint.processes.keras_files import given_to_keras
from selu_lint.report import FileReport
from selu_lint.rule import find_rules
from tests.commands.command import BROKEN, FIXTURES

CODE = sequential((8,), layer("Lambda", "own", function="own"))
SAVED_MODEL = FIXTURES / "saved_models" / "tf2.15" / "cnn_broken"


def test_keras_gets_code_of_a_file_only_if_it_is_trusted(tmp_path: Path) -> None:
    document = read(str(BROKEN))._replace(architecture=CODE)
    with pytest.raises(SeluLintError, match=r"Lambda.*--trust-code"):
        given_to_keras(document, str(BROKEN), str(tmp_path), "model", False)
    assert list(tmp_path.iterdir()) == []
    given = given_to_keras(document, str(BROKEN), str(tmp_path), "model", True)
    assert Path(given["path"]).is_file()


def test_a_saved_model_is_built_with_code_only_if_that_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks: list[Any] = []

    def ask(program: str, task: Any, *_: object) -> dict[str, Any]:
        tasks.append(task)
        return {}

    monkeypatch.setattr(saved_model_fixer, "ask_keras", ask)
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda n: n == "tf_keras" or find_spec(n))
    drawing: Any = SimpleNamespace(drawn=())
    given = (read(str(SAVED_MODEL)), CODE, drawing, str(tmp_path / "result"))
    with pytest.raises(SeluLintError, match=r"Lambda.*--trust-code"):
        saved_model_fixer._build(*given, False)
    assert tasks == []
    saved_model_fixer._build(*given, True)
    assert tasks[0]["trust_code"] is True


def test_a_result_in_which_something_else_is_found_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(shutil.copy(BROKEN, tmp_path))
    reads: list[str] = []
    really_read = file_fixer.read

    def reading(path: str, *more: Any) -> Any:
        reads.append(path)
        return really_read(path, *more)

    def check(self: Any, graph: Any) -> Iterator[Finding]:
        if len(reads) > 1:
            yield self.finding("dense", "only in what was written")

    (rule,) = (rule for rule in find_rules() if rule.code == "SELU013")
    monkeypatch.setattr(file_fixer, "read", reading)
    monkeypatch.setattr(rule, "check", check)
    (file,) = selu_lint.fix(path).files
    assert file.error == "the result would still have SELU013 in dense; not written"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "table",
    ["SELU = 'note'\nSELU00 = 'info'\nSELU001 = 'warning'", "SELU001 = 'warning'\nSELU = 'note'"],
)
def test_the_longest_prefix_decides_on_a_severity(table: str, tmp_path: Path) -> None:
    (tmp_path / "selu-lint.toml").write_text(f"[severity]\n{table}")
    configuration = read_configuration(tmp_path / "selu-lint.toml")
    assert configuration is not None
    found = selu_lint.check(BROKEN).files[0].findings
    report = Suppressions().apply(configuration, FileReport(str(BROKEN), findings=found))
    severities = {finding.code: finding.severity for finding in report.findings}
    assert severities["SELU001"] is Severity.WARNING
    assert severities["SELU002"] is (Severity.INFO if "SELU00 " in table else Severity.NOTE)


@pytest.mark.parametrize(
    ("mean", "variance", "healthy"),
    [
        (0.0, 1.0, True), (0.0, 0.8, True), (0.0, 1.5, True), (-0.1, 1.0, True), (0.1, 1.0, True),
        (0.0, 0.79, False), (0.0, 1.51, False), (-0.11, 1.0, False), (0.11, 1.0, False),
    ],
)  # fmt: skip
def test_the_domain_ends_where_the_message_says(
    mean: float, variance: float, healthy: bool
) -> None:
    module: Any = importlib.import_module("selu_lint.rules.selu012_moments_leave_domain")
    state = SimpleNamespace(mean=mean, variance=variance)
    assert module._is_inside(state) is healthy


def test_what_a_network_may_spend_goes_with_its_width_and_depth() -> None:
    assert band(64, 64, depth=0) == pytest.approx((14.685, 17.483), abs=1e-3)
    assert band(64, 64, depth=10) == pytest.approx((11.685, 17.483), abs=1e-3)
    assert band(16, 128, depth=0) == pytest.approx((9.228, 20.872), abs=1e-3)
    assert band(1024, 1024, depth=10) == pytest.approx((23.209, 31.201), abs=1e-3)
    assert band(64, math.inf, depth=60) == pytest.approx((0.0, 38.126), abs=1e-3)
    assert band(1, 0, depth=0) == pytest.approx((1.703, 2.027), abs=1e-3)


def _with_seeds(path: Path) -> Path:
    """Write the broken model with a seed in the group of each Dropout, as trained ones have."""
    with zipfile.ZipFile(BROKEN) as old, zipfile.ZipFile(path, "w") as new:
        weights = io.BytesIO(old.read("model.weights.h5"))
        with h5py.File(weights, "r+") as file:
            file["layers/dropout/seed_generator/vars/0"] = np.array([1, 7], "u4")
            file["layers/dropout_1/seed_generator/vars/0"] = np.array([2, 7], "u4")
        for name in ("metadata.json", "config.json"):
            new.writestr(name, old.read(name))
        new.writestr("model.weights.h5", weights.getvalue())
    return path


def test_a_layer_of_another_class_takes_its_group_of_weights_along(tmp_path: Path) -> None:
    path = _with_seeds(tmp_path / "model.keras")
    (file,) = selu_lint.fix(path).files
    assert file.error is None
    with zipfile.ZipFile(str(file.output)) as archive:
        weights = io.BytesIO(archive.read("model.weights.h5"))
    with h5py.File(weights) as stored:
        assert "layers/dropout" not in stored
        assert list(stored["layers/alpha_dropout/seed_generator/vars/0"]) == [1, 7]
        assert list(stored["layers/alpha_dropout_1/seed_generator/vars/0"]) == [2, 7]
