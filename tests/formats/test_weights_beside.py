"""Weights that lie beside an architecture are the model's: one model, not two halves of one."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

import selu_lint
from selu_lint.formats import find_models, read
from selu_lint.formats.passed_over import PassedOver
from selu_lint.settings import Settings

MODELS = Path(__file__).parents[2] / "fixtures" / "models"
SETTINGS = Settings(extend_select=("SELU",), weights=True)
Weights = Callable[[Path, Path], None]


def of_keras_3(whole: Path, target: Path) -> None:
    with zipfile.ZipFile(whole.with_suffix(".keras")) as archive:
        target.write_bytes(archive.read("model.weights.h5"))


def of_keras_2(whole: Path, target: Path) -> None:
    with h5py.File(whole.with_suffix(".h5")) as old, h5py.File(target, "w") as new:
        for name in old["model_weights"]:
            old["model_weights"].copy(name, new)
        for name, value in old["model_weights"].attrs.items():
            new.attrs[name] = value


PAIRS = [
    ("keras3.15-tf/cnn_broken", of_keras_3, ".weights.h5"),
    ("keras3.15-tf/functional", of_keras_3, ".weights.h5"),
    ("tf2.15/cnn_broken", of_keras_3, ".weights.h5"),
    ("tf2.4/cnn_broken", of_keras_2, ".h5"),
    ("keras2.2.4/cnn_broken", of_keras_2, "_weights.h5"),
]


def beside(name: str, make: Weights, suffix: str, folder: Path) -> Path:
    path = Path(shutil.copy(MODELS / f"{name}.json", folder / "model.json"))
    make(MODELS / name, folder / f"model{suffix}")
    return path


@pytest.mark.parametrize(("name", "make", "suffix"), PAIRS)
def test_the_weights_are_those_of_the_whole_model(
    name: str, make: Weights, suffix: str, tmp_path: Path
) -> None:
    path = beside(name, make, suffix, tmp_path)
    whole = read((MODELS / name).with_suffix(".keras" if make is of_keras_3 else ".h5")).weights
    ours = read(path).weights
    assert whole is not None
    assert ours is not None
    compared = 0
    for layer in ("conv", "hidden", "shared", "block/block_dense", "td/td_inner"):
        for one, other in zip(ours.variables(layer), whole.variables(layer), strict=True):
            np.testing.assert_array_equal(ours.read(one), whole.read(other))
            compared += 1
    assert compared >= 4


@pytest.mark.parametrize(("name", "make", "suffix"), PAIRS)
def test_a_walk_finds_one_model(name: str, make: Weights, suffix: str, tmp_path: Path) -> None:
    path = beside(name, make, suffix, tmp_path)
    met = PassedOver()
    assert list(find_models(tmp_path, skipped=met)) == [str(path)]
    assert not list(met.lines)
    measured = selu_lint.check(path, settings=SETTINGS).findings
    assert "SELU906" in {finding.code for finding in measured}


def test_a_fix_leaves_the_weights_as_they_are(tmp_path: Path) -> None:
    path = beside("keras3.15-tf/cnn_broken", of_keras_3, ".weights.h5", tmp_path)
    weights = tmp_path / "model.weights.h5"
    before = weights.read_bytes()
    report = selu_lint.fix(path, in_place=True, redraw="always", settings=SETTINGS).files[0]
    assert report.error is None
    assert report.applied
    assert weights.read_bytes() == before


def test_what_is_no_weights_of_the_model_is_left_alone(tmp_path: Path) -> None:
    path = Path(shutil.copy(MODELS / "tf2.4/cnn_broken.json", tmp_path / "model.json"))
    plain = [finding.message for finding in selu_lint.check(path).findings]
    other = tmp_path / "model.h5"
    shutil.copy(MODELS / "tf2.4/cnn_broken.h5", other)
    assert read(path).weights is None
    other.write_bytes(b"nothing")
    assert read(path).weights is None
    other.unlink()
    elsewhere = tmp_path / "elsewhere.h5"
    of_keras_2(MODELS / "tf2.4/cnn_broken", elsewhere)
    other.symlink_to(elsewhere)
    assert read(path).weights is None
    assert [finding.message for finding in selu_lint.check(path).findings] == plain
