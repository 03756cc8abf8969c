"""Tests of the moments of activation functions, against sampling and closed forms."""

from __future__ import annotations

import math

import pytest

from selu_lint.theory.activation_functions import activation_function

NAMES = (
    "selu", "elu", "relu", "leaky_relu", "gelu", "tanh", "sigmoid", "softplus", "softsign", "silu",
    "swish", "mish", "relu6", "linear",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("q", "mean"), [(1.0, 0.0), (4.0, 0.7), (0.01, -0.05)])
def test_moments_and_correlations_by_sampling(name: str, q: float, mean: float) -> None:
    numpy = pytest.importorskip("numpy")
    function = activation_function(name)
    assert function is not None
    rng = numpy.random.default_rng(0)
    u, noise = rng.standard_normal((2, 100_000))
    u, noise = numpy.concatenate([u, -u]), numpy.concatenate([noise, -noise])
    v = 0.6 * u + 0.8 * noise
    apply = numpy.vectorize(function.function, otypes=[float])
    x, y = apply(mean + math.sqrt(q) * u), apply(mean + math.sqrt(q) * v)
    moments = function.moments(q, mean)
    scale = math.sqrt(moments.second)
    assert moments.mean == pytest.approx(float(x.mean()), abs=0.02 * scale)
    assert moments.second == pytest.approx(float((x**2).mean()), rel=0.03)
    assert function.fourth_moment(q, mean) == pytest.approx(float((x**4).mean()), rel=0.08)
    sampled = float((x * y).mean()) / float((x**2).mean())
    assert function.correlation(0.6, q, mean) == pytest.approx(sampled, abs=0.015)


@pytest.mark.parametrize("name", NAMES)
def test_correlations_end_where_they_must(name: str) -> None:
    function = activation_function(name)
    assert function is not None
    zero, one, step = (function.correlation(c, 1.3, 0.2) for c in (0.0, 1.0, 1e-4))
    moments = function.moments(1.3, 0.2)
    assert zero == pytest.approx(moments.mean**2 / moments.second, abs=1e-9)
    assert one == pytest.approx(1, abs=1e-9)
    assert function.correlation_slope(0.0, 1.3, 0.2) == pytest.approx(
        (step - zero) / 1e-4, rel=1e-2
    )


def test_relu_has_the_arc_cosine_kernel() -> None:
    # Cho and Saul (2009), "Kernel Methods for Deep Learning", equation (6).
    relu = activation_function("relu")
    assert relu is not None
    for c in (0.0, 0.3, 0.8):
        angle = math.acos(c)
        expected = (math.sin(angle) + (math.pi - angle) * c) / math.pi
        slope = relu.correlation_slope(c, 5.0)
        assert relu.correlation(c, 5.0) == pytest.approx(expected, abs=1e-4)
        assert slope == pytest.approx((math.pi - angle) / math.pi, abs=1e-2)
    assert relu.moments(2.0).second == pytest.approx(1.0)
    assert relu.moments(2.0).mean == pytest.approx(1 / math.sqrt(math.pi))


@pytest.mark.parametrize("q", [1e-8, 1e-3, 1.0, 1e3, 1e8])
def test_quadrature_is_good_for_any_variance(q: float) -> None:
    elu, leaky = activation_function("elu", 0.0), activation_function("leaky_relu", 0.1)
    relu, tanh = activation_function("relu"), activation_function("tanh")
    assert elu is not None
    assert leaky is not None
    assert relu is not None
    assert tanh is not None
    assert relu.moments(q).second == pytest.approx(elu.moments(q).second, rel=1e-9)
    assert leaky.moments(q).second == pytest.approx(q * (1 + 0.01) / 2, rel=1e-9)
    assert tanh.moments(q).second <= min(1.0, q)
    if q <= 1e-3:
        assert tanh.moments(q).second == pytest.approx(q, rel=3 * q)


def test_slopes_of_the_negative_branch() -> None:
    elu, relu = activation_function("elu", 0.5), activation_function("relu", 0.1)
    leaky = activation_function("leaky_relu")
    assert elu is not None
    assert relu is not None
    assert leaky is not None
    assert elu.function(-50.0) == pytest.approx(-0.5)
    assert relu.function(-1.0) == pytest.approx(-0.1)
    assert leaky.function(-1.0) == pytest.approx(-0.2)


@pytest.mark.parametrize("name", ["softmax", "hard_sigmoid", "my_activation", ""])
def test_what_is_not_predicted(name: str) -> None:
    assert activation_function(name) is None


def test_functions_do_not_overflow() -> None:
    for name in NAMES:
        function = activation_function(name)
        assert function is not None
        for x in (-1e4, -700.0, 0.0, 700.0, 1e4):
            assert math.isfinite(function.function(x))
    relu = activation_function("relu")
    assert relu is not None
    assert relu.moments(math.inf).second == math.inf
