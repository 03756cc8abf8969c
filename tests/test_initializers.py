"""What initializers draw, against the formulas of Keras's documentation."""

from __future__ import annotations

import math
from typing import Any

import pytest

from selu_lint.model.dialects import read_initializer


@pytest.mark.parametrize(
    ("written", "name", "variance"),
    [
        ("lecun_normal", "LecunNormal", 1 / 30),
        ("LecunUniform", "LecunUniform", 1 / 30),
        ("glorot_uniform", "GlorotUniform", 2 / 40),
        ("keras.initializers.he_normal", "HeNormal", 2 / 30),
        ({"class_name": "HeUniform", "config": {"seed": 1}}, "HeUniform", 2 / 30),
        ({"class_name": "RandomNormal", "config": {"stddev": 0.1}}, None, 0.01),
        ({"class_name": "TruncatedNormal", "config": {"stddev": 0.1}}, None, 0.0077374),
        ({"class_name": "RandomUniform", "config": {"minval": -0.3, "maxval": 0.3}}, None, 0.03),
        ({"class_name": "Zeros", "config": {}}, "Zeros", 0.0),
        ({"class_name": "Constant", "config": {"value": 0.5}}, "Constant(0.5)", 0.25),
        ({"class_name": "Constant", "config": {}}, "Constant(0)", 0.0),
        ({"class_name": "Orthogonal", "config": {"gain": 2.0}}, "Orthogonal(gain=2)", 4 / 30),
        ({"class_name": "OrthogonalV2", "config": {}}, "Orthogonal", 1 / 30),
        ({"class_name": "Identity", "config": {"gain": 2.0}}, "Identity(gain=2)", 4 / 30),
        (
            {"class_name": "VarianceScaling",
             "config": {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform"}},
            "GlorotUniform", 2 / 40,
        ),
        (None, "GlorotUniform", 2 / 40),
    ],
)  # fmt: skip
def test_second_moment(written: Any, name: str | None, variance: float) -> None:
    initializer = read_initializer(written)
    if name is not None:
        assert initializer.name == name
    assert initializer.second_moment((30, 10)) == pytest.approx(variance, rel=1e-4)


@pytest.mark.parametrize(
    "written",
    [
        "lecun_normal",
        {"class_name": "LecunNormal", "config": {"seed": 1}},
        {"class_name": "VarianceScaling",
         "config": {"scale": 1.0, "mode": "fan_in", "distribution": "normal", "seed": None}},
        {"class_name": "VarianceScaling", "config": {"distribution": "truncated_normal"}},
        {"class_name": "VarianceScaling", "config": {"distribution": "untruncated_normal"}},
    ],
)  # fmt: skip
def test_is_lecun_normal(written: Any) -> None:
    assert read_initializer(written).is_lecun_normal


@pytest.mark.parametrize(
    "written",
    [
        "own>lecun_normal",
        {"module": "own", "class_name": "LecunNormal", "config": {}, "registered_name": "own>L"},
        {"class_name": "VarianceScaling", "config": {"scale": "1"}},
        {"class_name": "RandomNormal", "config": {"stddev": math.nan}},
        {"class_name": 7, "config": []},
        {},
    ],
)
def test_what_cannot_be_known_is_said_to_be_unknown(written: Any) -> None:
    initializer = read_initializer(written)
    assert not initializer.known
    assert initializer.second_moment((3, 3)) is None
