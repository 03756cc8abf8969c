"""Tests of propagation through Rescaling and normalization."""

from __future__ import annotations

import math

import pytest

from selu_lint.theory.activation_functions import activation_function
from selu_lint.theory.moments import selu
from selu_lint.theory.normalization import NormalizationKind, normalization, rescale
from selu_lint.theory.propagation import activation, kernel
from selu_lint.theory.states import input_state
from tests.states import LOUD, OVERFLOWN


def test_rescaling() -> None:
    state = rescale(LOUD, 2.0, -1.0)
    assert state.mean == pytest.approx(2 * LOUD.mean - 1)
    assert state.second == pytest.approx(4 * LOUD.second - 4 * LOUD.mean + 1)
    assert state.distribution is not None
    assert state.distribution.moments.second == pytest.approx(state.second, rel=1e-3)
    assert rescale(LOUD, 1.0) == LOUD
    assert rescale(LOUD, 0.0).second == 0
    assert rescale(OVERFLOWN, 2.0).overflows
    pixels = rescale(input_state(127.0, 75.0**2), 1 / 255)
    assert pixels.mean == pytest.approx(127 / 255)
    assert pixels.correlations.inputs == pytest.approx(
        input_state(127.0, 75.0**2).correlations.inputs
    )


@pytest.mark.parametrize(
    ("kind", "mean", "second"),
    [("batch", 0.0, 1.0), ("instance", 0.0, 1.0), ("layer", 0.0, 1.0), ("rms", None, 1.0)],
)
def test_normalizations(kind: NormalizationKind, mean: float | None, second: float) -> None:
    state = normalization(LOUD, kind, epsilon=0.0)
    assert state is not None
    assert state.second == pytest.approx(second)
    expected = LOUD.mean / math.sqrt(LOUD.second) if mean is None else mean
    assert state.mean == pytest.approx(expected)
    scaled = normalization(LOUD, kind, epsilon=0.0, factor=3.0, offset=1.0)
    assert scaled is not None
    assert scaled.mean == pytest.approx(3 * expected + 1)


def test_normalization_by_sampling_a_network() -> None:
    numpy = pytest.importorskip("numpy")
    rng = numpy.random.default_rng(0)
    x = numpy.vectorize(selu)(rng.standard_normal((256, 512)) * math.sqrt(2))
    z = x @ rng.standard_normal((512, 512)) / math.sqrt(512)
    z = (z - z.mean(axis=0)) / numpy.sqrt(z.var(axis=0) + 1e-3)
    relu, function = numpy.maximum(z, 0), activation_function("relu")
    assert function is not None
    normalized = normalization(kernel(LOUD, 1.0, "dense"), "batch")
    assert normalized is not None
    state = activation(normalized, function)
    assert state is not None
    assert state.second == pytest.approx(float((relu**2).mean()), rel=0.02)
    assert state.mean == pytest.approx(float(relu.mean()), rel=0.02)


def test_unit_normalization_needs_the_width() -> None:
    assert normalization(LOUD, "unit") is None
    state = normalization(LOUD._replace(width=100), "unit")
    assert state is not None
    assert state.second == pytest.approx(0.01)
    assert state.mean == pytest.approx(LOUD.mean / math.sqrt(100 * LOUD.second))


def test_what_cannot_be_normalized() -> None:
    assert normalization(OVERFLOWN, "batch") is None
    assert normalization(kernel(input_state(), 0.0, "zeros"), "layer") is None
    assert normalization(kernel(input_state(), 0.0, "zeros", bias_mean=1.0), "layer") is None


def test_epsilon_shows_where_activations_die_out() -> None:
    quiet = kernel(input_state(), 1e-3, "quiet")
    state = normalization(quiet, "batch", epsilon=1e-3)
    assert state is not None
    assert state.second == pytest.approx(0.5)
