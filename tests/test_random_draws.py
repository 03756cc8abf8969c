"""Draws are told from values that training moved, by their bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from selu_lint.analysis.random_draws import is_draw
from selu_lint.model.initializers import initializer_of

_SHAPE = (64, 96)
_UNIFORM = ("GlorotUniform", "HeUniform", "LecunUniform")
_NORMAL = ("GlorotNormal", "HeNormal", "LecunNormal", "RandomNormal")


def _drawn(name: str, seed: int, bits: int = 23, shape: tuple[int, ...] = _SHAPE) -> Any:
    """Draw as TensorFlow and PyTorch do, and return the second moment as well."""
    generator = np.random.default_rng(seed)
    moment = initializer_of(name, {}).second_moment(shape)
    assert moment is not None
    if name in _UNIFORM:
        low = np.float32(-((3 * moment) ** 0.5))
        share = (generator.integers(0, 2**bits, shape) * 2.0**-bits).astype("float32")
        return share * (-low - low) + low, moment
    cut = 1 if name == "RandomNormal" else 0.87962566103423978
    values = np.clip(generator.standard_normal(shape).astype("float32"), -2, 2)
    return values * np.float32(moment**0.5 / cut), moment


def _told(name: str, values: Any, moment: float) -> bool | None:
    return is_draw(np.asarray(values, "float32"), initializer_of(name, {}), moment)


@pytest.mark.parametrize("bits", [23, 24])
@pytest.mark.parametrize("name", [*_UNIFORM, *_NORMAL])
def test_every_draw_is_one(name: str, bits: int) -> None:
    for seed in range(20):
        assert _told(name, *_drawn(name, seed, bits)) is True


@pytest.mark.parametrize("name", [*_UNIFORM, *_NORMAL])
def test_values_that_were_moved_are_none(name: str) -> None:
    generator = np.random.default_rng(1)
    for seed in range(10):
        values, moment = _drawn(name, seed)
        step = generator.standard_normal(values.shape)
        for moved in (
            values + 1e-6 * step,
            values - 1e-5 * np.sign(step),
            values * np.float32(0.9999),
            values.astype("float16"),
            np.where(abs(values) < abs(values).max() / 8, 0, values),
            values + np.where(np.arange(64)[:, None] < 8, 1e-4 * step, 0),
        ):
            assert _told(name, moved, moment) is False


def test_rounded_values_on_a_coarse_grid_are_none() -> None:
    # Between bounds of ±0.25 every half-precision number lies on the grid of the draws.
    values, moment = _drawn("GlorotUniform", 0, shape=(32, 64))
    assert (3 * moment) ** 0.5 == 0.25
    assert _told("GlorotUniform", values.astype("float16"), moment) is False
    assert _told("GlorotUniform", values, moment) is True


@pytest.mark.parametrize("name", [*_UNIFORM, *_NORMAL, "Orthogonal"])
def test_few_values_other_types_and_other_draws_tell_nothing(name: str) -> None:
    if name == "Orthogonal":
        assert _told(name, np.eye(64), 1 / 64) is None
        return
    values, moment = _drawn(name, 0)
    initializer = initializer_of(name, {})
    assert is_draw(values.astype("float64"), initializer, moment) is None
    assert _told(name, np.full(_SHAPE, values[0, 0]), moment) is None
    few, moment = _drawn(name, 0, shape=(3, 2))
    assert _told(name, few, moment) is None


def test_a_deviation_of_a_power_of_two_draws_every_number() -> None:
    initializer = initializer_of("RandomNormal", {"stddev": 0.0625})
    values = np.random.default_rng(0).standard_normal(_SHAPE).astype("float32") * np.float32(0.0625)
    assert is_draw(values, initializer, 0.0625**2) is None
