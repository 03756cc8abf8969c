"""Tests of the closed forms: against the design's numbers, the paper's, SciPy and quadrature."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selu_lint.theory.activation_functions import activation_function
from selu_lint.theory.gaussian import (
    SMALLEST_CLOSED_VARIANCE,
    elu_fourth_moment,
    elu_hermite_coefficients,
    elu_moments,
    gaussian_expectation,
    hermite_coefficients,
    lognormal_average,
    scaled_complementary_error_function,
)
from selu_lint.theory.moments import (
    ALPHA,
    LAMBDA,
    SATURATION,
    SQUARED_SATURATION,
    alpha_dropout_noise_share,
    dropout_noise_share,
    matched_alpha_rate,
    selu,
    signal_spent,
)
from tests.stationary import (
    GAIN_OF_EXPLOSION,
    GAIN_OF_EXTINCTION,
    selu_moments,
    selu_slopes,
    stationary_second_moment,
)

rates = st.floats(0, 0.99)
_SELU = activation_function("selu")
assert _SELU is not None
correlation_slope = _SELU.correlation_slope
correlation_map = _SELU.correlation


def to_digits(value: float, digits: int = 4) -> float:
    return float(f"{value:.{digits - 1}e}")


def test_the_constants_of_the_paper_solve_its_fixed_point_equations() -> None:
    # Klambauer et al. (2017), equation (14).
    root, e = math.erfc(1 / math.sqrt(2)), math.e
    alpha = -math.sqrt(2 / math.pi) / (root * math.sqrt(e) - 1)
    square = (
        2 * math.erfc(math.sqrt(2)) * e**2
        + math.pi * root**2 * e
        - 2 * (2 + math.pi) * root * math.sqrt(e)
        + math.pi
        + 2
    )
    scale = (1 - root * math.sqrt(e)) * math.sqrt(2 * math.pi) / math.sqrt(square)
    assert pytest.approx(alpha, rel=1e-14) == ALPHA
    assert pytest.approx(scale, rel=1e-14) == LAMBDA
    second = selu_moments(1.0).second
    assert second == pytest.approx(1, abs=1e-14)
    assert selu_moments(1.0).mean == pytest.approx(0, abs=1e-15)
    assert (LAMBDA, ALPHA) == (1.0507009873554805, 1.6732632423543772)


def test_the_jacobian_of_the_paper_at_its_fixed_point() -> None:
    # Klambauer et al. (2017), equation (6): for weights of sum 0 and sum of squares 1.
    step = 1e-4
    above, below = selu_moments(1 + step), selu_moments(1 - step)
    mean_by_variance = (above.mean - below.mean) / (2 * step)
    variance_by_variance = (above.variance - below.variance) / (2 * step)
    assert mean_by_variance == pytest.approx(0.088834, abs=1e-6)
    assert variance_by_variance == pytest.approx(0.782648, abs=1e-6)


def test_a_is_the_squared_saturation() -> None:
    assert to_digits(SQUARED_SATURATION, 5) == 3.0909
    assert selu(-50.0) == pytest.approx(SATURATION)


@pytest.mark.parametrize(
    ("gain", "second"), [(0.64, 0.1305), (1.0, 1.0), (1.25, 2.298), (1.5, 5.718)]
)
def test_stationary_second_moments(gain: float, second: float) -> None:
    assert to_digits(stationary_second_moment(gain)) == second


def test_gains_at_which_activations_die_out_or_grow() -> None:
    assert to_digits(GAIN_OF_EXTINCTION) == 0.4768
    assert to_digits(GAIN_OF_EXPLOSION, 5) == 1.8116
    assert stationary_second_moment(GAIN_OF_EXTINCTION) == 0
    assert stationary_second_moment(0.0) == 0
    assert stationary_second_moment(GAIN_OF_EXPLOSION) == math.inf
    assert stationary_second_moment(2.0) == math.inf
    assert 0 < stationary_second_moment(0.478) < 1e-3
    assert 1e2 < stationary_second_moment(1.81) < math.inf


def test_gains_of_the_design() -> None:
    # GlorotUniform's gain is 2·fan_in/(fan_in + fan_out), and Dropout(p) multiplies by 1/(1 − p).
    assert to_digits(1 / (2 / GAIN_OF_EXPLOSION - 1), 2) == 9.6
    assert to_digits(1 - 1 / GAIN_OF_EXPLOSION, 3) == 0.448


@given(st.floats(0.5, 1.8))
def test_the_stationary_second_moment_is_a_fixed_point(gain: float) -> None:
    second = stationary_second_moment(gain)
    assert selu_moments(gain * second).second == pytest.approx(second, rel=1e-9)


@pytest.mark.parametrize(("rate", "share"), [(0.1, 0.313), (0.25, 0.577), (0.0, 0.0)])
def test_noise_shares(rate: float, share: float) -> None:
    assert dropout_noise_share(rate) == rate
    assert round(alpha_dropout_noise_share(rate), 3) == pytest.approx(share, abs=5.1e-4)


@pytest.mark.parametrize(
    ("rate", "matched"), [(0.1, 0.0264), (0.2, 0.0576), (0.25, 0.0753), (0.5, 0.1964), (0.0, 0.0)]
)
def test_noise_matched_rates(rate: float, matched: float) -> None:
    assert round(matched_alpha_rate(rate), 4) == matched


def test_the_advice_of_the_paper_in_rates_of_dropout() -> None:
    assert round(alpha_dropout_noise_share(0.05), 2) == 0.18
    assert round(alpha_dropout_noise_share(0.1), 2) == 0.31


@given(rates)
def test_matched_rates_have_the_same_noise(rate: float) -> None:
    matched = matched_alpha_rate(rate)
    q = (1 - rate) * (1 + SQUARED_SATURATION) / (1 + (1 - rate) * SQUARED_SATURATION)
    assert matched == pytest.approx(1 - q, abs=1e-12)
    assert 0 <= matched <= rate
    assert alpha_dropout_noise_share(matched) == pytest.approx(rate, abs=1e-9)


@pytest.mark.parametrize("rate", [-0.1, 1.0, 2.0, math.nan])
def test_rates_out_of_range_are_refused(rate: float) -> None:
    for function in (dropout_noise_share, alpha_dropout_noise_share, matched_alpha_rate):
        with pytest.raises(ValueError, match="dropout rate"):
            function(rate)


@pytest.mark.slow
def test_erfcx_against_scipy() -> None:
    special = pytest.importorskip("scipy.special")
    for index in range(-2000, 40000):
        x = index / 100
        expected = float(special.erfcx(x))
        assert scaled_complementary_error_function(x) == pytest.approx(expected, rel=1e-13)
    assert scaled_complementary_error_function(1e150) == pytest.approx(
        1 / (math.sqrt(math.pi) * 1e150)
    )
    assert scaled_complementary_error_function(-40) == math.inf


def moments_by_quadrature(q: float, mean: float) -> tuple[float, float]:
    """Integrate on either side of SELU's bend with SciPy."""
    integrate = pytest.importorskip("scipy.integrate")
    deviation = math.sqrt(q)
    bend = max(min(-mean / deviation, 39.0), -39.0)

    def integral(power: int) -> float:
        def integrand(z: float) -> float:
            density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
            return selu(mean + deviation * z) ** power * density

        # Exponentials as narrow as 1/deviation need nodes close to the bend.
        near = [bend - width for width in (30 / deviation, 3 / deviation) if width < 39 + bend]
        edges = [-40.0, *near, bend, 40.0]
        return math.fsum(
            integrate.quad(integrand, a, b, epsabs=0, epsrel=1e-12, limit=200)[0]
            for a, b in itertools.pairwise(edges)
        )

    return integral(1), integral(2)


@pytest.mark.parametrize("exponent", range(-8, 9))
@pytest.mark.parametrize("shift", [0.0, 0.5, -2.0])
def test_moments_against_quadrature(exponent: int, shift: float) -> None:
    q = 10.0**exponent
    mean = shift * math.sqrt(q)
    first, second = moments_by_quadrature(q, mean)
    moments = selu_moments(q, mean)
    tolerance = 1e-10 if shift == 0 else 1e-6
    assert moments.mean == pytest.approx(first, rel=tolerance, abs=tolerance * math.sqrt(second))
    assert moments.second == pytest.approx(second, rel=tolerance)


@given(st.floats(-8, 8))
def test_moments_stay_between_their_limits(exponent: float) -> None:
    q = 10.0**exponent
    relative = selu_moments(q).second / q
    assert relative * (1 + 1e-9) >= 1 / GAIN_OF_EXPLOSION
    assert relative <= 1 / GAIN_OF_EXTINCTION * (1 + 1e-9)


def test_both_forms_for_small_variance_agree_where_they_meet() -> None:
    below, above = selu_moments(0.0625 * (1 - 1e-13)), selu_moments(0.0625)
    assert below.mean == pytest.approx(above.mean, rel=1e-12)
    assert below.second == pytest.approx(above.second, rel=1e-12)


def test_moments_at_the_ends() -> None:
    assert selu_moments(0.0).second == 0
    assert selu_moments(0.0, -1.0).mean == selu(-1.0)
    assert selu_moments(1e-300, 2.0).mean == pytest.approx(selu(2.0))
    assert selu_moments(math.inf).second == math.inf
    assert elu_moments(1.0, scale=1, alpha=0).second == pytest.approx(0.5)
    for wrong in (-1.0, math.nan):
        with pytest.raises(ValueError, match="variance"):
            selu_moments(wrong)
        with pytest.raises(ValueError, match="variance"):
            selu_slopes(wrong)


def test_gaussian_expectation_of_polynomials_and_of_narrow_bends() -> None:
    assert gaussian_expectation(lambda z: 1.0) == pytest.approx(1, abs=1e-14)
    assert gaussian_expectation(lambda z: z**6) == pytest.approx(15, rel=1e-12)
    assert gaussian_expectation(lambda z: math.exp(-abs(z) * 1e4)) == pytest.approx(
        scaled_complementary_error_function(1e4 / math.sqrt(2)), rel=1e-10
    )


def test_hermite_coefficients_sum_to_the_second_moment() -> None:
    assert math.fsum(a**2 for a in hermite_coefficients(math.tanh)) == pytest.approx(
        gaussian_expectation(lambda z: math.tanh(z) ** 2), rel=1e-6
    )


@given(st.floats(0, 20), st.sampled_from([0.5, 1.0, 2.0]))
def test_lognormal_average_of_powers_is_exact(variance: float, power: float) -> None:
    expected = (1 + variance) ** ((power**2 - power) / 2)
    average = lognormal_average(lambda x: x**power, variance, power)
    assert average == pytest.approx(expected, rel=1e-12)


def test_lognormal_average_without_tilt() -> None:
    assert lognormal_average(lambda x: x, 0.1) == pytest.approx(1, rel=1e-6)
    assert lognormal_average(lambda x: x**2, 0.1) == pytest.approx(1.1, rel=1e-4)


@pytest.mark.parametrize(("correlation", "slope"), [(0.0, 0.9707), (1.0, 1.072), (0.5, 0.9945)])
def test_slope_of_the_correlation_map_at_the_fixed_point(correlation: float, slope: float) -> None:
    assert to_digits(correlation_slope(correlation, 1.0)) == slope


def test_the_signal_decays_to_independence_and_keeps_identity() -> None:
    assert correlation_map(0.0, 1.0) == pytest.approx(0, abs=1e-15)
    assert correlation_map(1.0, 1.0) == 1
    decay = selu_slopes(1.0).mean ** 2
    assert to_digits(decay) == 0.9707
    # A convex map from (0, 0) to (1, 1) cannot be steeper than 1 at 0.
    assert decay < 1 < selu_slopes(1.0).second


@pytest.mark.parametrize("q", [0.01, 1.0, 30.0])
@pytest.mark.parametrize("mean", [0.0, 0.7])
@pytest.mark.parametrize("correlation", [-0.4, 0.2, 0.6, 0.9])
def test_the_slope_is_the_derivative_of_the_map(q: float, mean: float, correlation: float) -> None:
    step = 1e-3
    rise = correlation_map(correlation + step, q, mean) - correlation_map(
        correlation - step, q, mean
    )
    assert correlation_slope(correlation, q, mean) == pytest.approx(rise / (2 * step), rel=1e-4)


@pytest.mark.slow
def test_the_map_of_correlations_by_sampling() -> None:
    numpy = pytest.importorskip("numpy")
    rng = numpy.random.default_rng(0)
    u, v = rng.standard_normal((2, 1_000_000))
    v = 0.6 * u + 0.8 * v

    function = numpy.vectorize(selu)
    u, v = function(1.5 * u + 0.3), function(1.5 * v + 0.3)
    sampled = float((u * v).mean() / (u * u).mean())
    assert correlation_map(0.6, 2.25, 0.3) == pytest.approx(sampled, abs=3e-3)


def test_what_is_spent() -> None:
    assert signal_spent(1.0) == 0
    assert signal_spent(math.exp(-2)) == pytest.approx(2)
    assert signal_spent(0.0) == math.inf


def test_importing_the_closed_forms_imports_nothing_heavy() -> None:
    code = (
        "import sys; import selu_lint.theory.moments, selu_lint.theory.merges;"
        "print([n for n in ('numpy', 'scipy', 'h5py', 'keras', 'tensorflow') if n in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stderr


def test_hermite_coefficients_far_from_the_bend() -> None:
    closed = elu_hermite_coefficients(0.125, 2.0, LAMBDA, ALPHA)
    # By quadrature with 40 digits (mpmath).
    exact = {2: -6.80870909556e-9, 10: -1.56815082091e-6, 30: 4.15981418697e-7}
    assert {n: closed[n] for n in exact} == pytest.approx(exact, rel=1e-9)


@given(st.floats(0.01, 25), st.floats(-3, 3))
def test_hermite_coefficients_and_fourth_moments_in_closed_form(q: float, mean: float) -> None:
    deviation, bend = math.sqrt(q), -mean / math.sqrt(q)

    def function(z: float) -> float:
        return selu(mean + deviation * z)

    closed = elu_hermite_coefficients(q, mean, LAMBDA, ALPHA)
    # Farther out the quadrature is the less exact one.
    if abs(bend) <= 4:
        assert closed == pytest.approx(hermite_coefficients(function, bend), abs=1e-7)
    if q >= SMALLEST_CLOSED_VARIANCE:
        fourth = gaussian_expectation(lambda z: function(z) ** 4, bend)
        assert elu_fourth_moment(q, mean, LAMBDA, ALPHA) == pytest.approx(fourth, rel=1e-6)
