"""SELU011 on files that Keras wrote, and on draws."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import selu_lint
from selu_lint.analysis.stored_kernels import StoredKernel
from selu_lint.model.initializers import initializer_of, truncated_normal_stddev
from selu_lint.model.kernels import Kernel
from selu_lint.rule import find_rules
from selu_lint.settings import Settings

MODELS = Path(__file__).parent.parent.parent / "fixtures" / "models"
FILES = sorted(path for path in MODELS.glob("*/*") if path.suffix in (".keras", ".h5"))
SHAPES = [(64, 10), (1000, 100), (300, 300), (20, 400)]


def _drawn(name: str, shape: tuple[int, int], seed: int) -> tuple[StoredKernel, Kernel]:
    random = np.random.default_rng(seed)
    fan_in, fan_out = shape
    initializer = initializer_of(name, {})
    variance = initializer.second_moment((fan_in, fan_out))
    assert variance is not None
    if initializer.distribution == "uniform":
        values = random.uniform(-1, 1, shape) * np.sqrt(3 * variance)
    else:
        values = random.standard_normal((4 * fan_in, fan_out))
        values = values[np.abs(values) < 2][: fan_in * fan_out] * truncated_normal_stddev(variance)
    stored = StoredKernel(values.size, float((values**2).mean()), float(np.abs(values).max()))
    return stored, Kernel(shape, fan_in, fan_in, fan_out)


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_a_draw_fits_its_own_initializer(shape: tuple[int, int]) -> None:
    for seed in range(200):
        stored, kernel = _drawn("LecunNormal", shape, seed)
        assert stored.fits(1 / kernel.fan_in)


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(1000, 100), (300, 200), (20, 400)])
@pytest.mark.parametrize("name", ["GlorotUniform", "GlorotNormal", "HeUniform", "HeNormal"])
def test_a_draw_tells_its_initializer(name: str, shape: tuple[int, int]) -> None:
    for seed in range(20):
        stored, kernel = _drawn(name, shape, seed)
        assert not stored.fits(1 / kernel.fan_in)
        assert stored.looks_like(kernel) == name


def test_what_no_initializer_draws_looks_like_none() -> None:
    _, kernel = _drawn("HeNormal", (300, 300), 0)
    assert StoredKernel(90_000, 7.0, 9.0).looks_like(kernel) is None


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_keras_drew_is_not_found(path: Path) -> None:
    report = selu_lint.check(path, settings=Settings(select=("SELU011",)))
    assert [file.error for file in report.files] == [None]
    assert report.findings == ()


def test_it_runs_where_weights_may_be_read_or_it_is_selected() -> None:
    (rule,) = (rule for rule in find_rules() if rule.code == "SELU011")
    assert not rule.is_selected(Settings())
    assert rule.is_selected(Settings(weights=True))
    assert rule.is_selected(Settings(select=("SELU011",)))
    assert not rule.is_selected(Settings(weights=True, ignore=("SELU011",)))
