"""Expectations over normal random values, on the standard library alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

LARGEST_CLOSED_VARIANCE = 25.0
"""Up to here `elu_hermite_coefficients` are right to ten digits."""


SMALLEST_CLOSED_VARIANCE = 0.05
"""From here on `elu_fourth_moment` is right to ten digits."""


class Moments(NamedTuple):
    """Mean and second moment of a random value.

    Attributes
    ----------
    mean : float
        E[x].
    second : float
        E[x²].
    """

    mean: float
    second: float

    @property
    def variance(self) -> float:
        """E[x²] − E[x]², never negative."""
        return max(self.second - self.mean**2, 0.0)


class Slopes(NamedTuple):
    """Moments of the derivative of an activation.

    Attributes
    ----------
    mean : float
        E[f'(z)].
    second : float
        E[f'(z)²], which multiplies the squared gradient of each layer.
    """

    mean: float
    second: float


def scaled_complementary_error_function(x: float) -> float:
    """Return erfcx(x) = exp(x²)·erfc(x) without overflow for positive x.

    Below 5 by the definition, above by the continued fraction
    √π·erfcx(x) = 1/(x + (1/2)/(x + 1/(x + (3/2)/(x + ...)))) (Abramowitz and Stegun, 7.1.14).
    Infinite below about −26.6, where the value exceeds the largest float.
    """
    if x < 5:
        try:
            return math.exp(x * x) * math.erfc(x)
        except OverflowError:
            return math.inf
    denominator = x
    for term in range(40, 0, -1):
        denominator = x + term / 2 / denominator
    return 1 / (math.sqrt(math.pi) * denominator)


def elu_moments(q: float, mean: float = 0.0, scale: float = 1.0, alpha: float = 1.0) -> Moments:
    """Return the moments of scale·elu(z, alpha) for z ~ N(mean, q).

    With the scale and alpha of SELU these are equations (4) and (5) of Klambauer et al. 2017.

    Raises
    ------
    ValueError
        If ``q`` is negative or not a number.
    """
    if not q >= 0:
        raise ValueError(f"the variance of a pre-activation is 0 or more, not {q}")
    if math.isinf(q):
        return Moments(math.inf, math.inf)
    if q == 0 or abs(mean) > 1e8 * math.sqrt(q):
        value = mean if mean > 0 else alpha * math.expm1(mean)
        return Moments(scale * value, (scale * value) ** 2)
    deviation = math.sqrt(q)
    if mean == 0 and deviation < 0.25:
        first, second = _small_exponential_moments(deviation)
        return Moments(
            scale * (deviation / math.sqrt(2 * math.pi) + alpha * first),
            scale**2 * (q / 2 + alpha**2 * second),
        )
    ratio = mean / deviation
    negative = math.erfc(ratio / math.sqrt(2)) / 2
    positive = math.erfc(-ratio / math.sqrt(2)) / 2
    density = math.exp(-(ratio**2) / 2) / math.sqrt(2 * math.pi)
    linear = mean * positive + deviation * density
    square = (mean**2 + q) * positive + mean * deviation * density
    once = _exponential_below_zero(1, q, mean)
    twice = _exponential_below_zero(2, q, mean)
    return Moments(
        scale * (linear + alpha * (once - negative)),
        scale**2 * (square + alpha**2 * max(twice - 2 * once + negative, 0.0)),
    )


def _exponential_below_zero(rate: int, q: float, mean: float) -> float:
    """Return E[exp(rate·z); z < 0] for z ~ N(mean, q)."""
    argument = (mean + rate * q) / math.sqrt(2 * q)
    if argument > 0:
        return math.exp(-(mean**2) / (2 * q)) * scaled_complementary_error_function(argument) / 2
    return math.exp(rate * mean + rate**2 * q / 2) * math.erfc(argument) / 2


def elu_fourth_moment(q: float, mean: float = 0.0, scale: float = 1.0, alpha: float = 1.0) -> float:
    """Return E[(scale·elu(z, alpha))⁴] for z ~ N(mean, q), q at least `SMALLEST_CLOSED_VARIANCE`.

    Below, the powers of eᶻ cancel.
    """
    deviation = math.sqrt(q)
    ratio = mean / deviation
    moments = [
        math.erfc(-ratio / math.sqrt(2)) / 2,
        mean * math.erfc(-ratio / math.sqrt(2)) / 2
        + deviation * math.exp(-(ratio**2) / 2) / math.sqrt(2 * math.pi),
    ]
    for power in range(1, 4):
        moments.append(mean * moments[-1] + power * q * moments[-2])
    below = math.erfc(ratio / math.sqrt(2)) / 2
    for times, rate in ((-4, 1), (6, 2), (-4, 3), (1, 4)):
        below += times * _exponential_below_zero(rate, q, mean)
    return scale**4 * (moments[4] + alpha**4 * max(below, 0.0))


def _small_exponential_moments(deviation: float) -> tuple[float, float]:
    """Return E[(eᶻ − 1); z < 0] and E[(eᶻ − 1)²; z < 0] for z ~ N(0, deviation²).

    By the series erfcx(x) = Σ (−x)ⁿ/Γ(n/2 + 1): the closed form cancels for small deviations.
    """
    first = second = 0.0
    for n in range(40, 0, -1):
        power = (-deviation / math.sqrt(2)) ** n / math.gamma(n / 2 + 1)
        first += power
        second += power * (2**n - 2)
    return first / 2, second / 2


def elu_slopes(q: float, mean: float = 0.0, scale: float = 1.0, alpha: float = 1.0) -> Slopes:
    """Return the moments of the derivative of scale·elu(z, alpha) for z ~ N(mean, q).

    Raises
    ------
    ValueError
        If ``q`` is negative or not a number.
    """
    if not q >= 0:
        raise ValueError(f"the variance of a pre-activation is 0 or more, not {q}")
    if q == 0 or abs(mean) > 1e8 * math.sqrt(q):
        slope = scale if mean > 0 else scale * alpha * math.exp(mean)
        return Slopes(slope, slope**2)
    positive = math.erfc(-mean / math.sqrt(2 * q)) / 2
    return Slopes(
        scale * (positive + alpha * _exponential_below_zero(1, q, mean)),
        scale**2 * (positive + alpha**2 * _exponential_below_zero(2, q, mean)),
    )


def gaussian_expectation(function: Callable[[float], float], bend: float = 0.0) -> float:
    """Return E[function(z)] for z ~ N(0, 1), by a double exponential rule on either side of a bend.

    Its nodes crowd at the bend, so a kink or a jump there costs no accuracy, however narrow it is.
    """
    # Beyond 8 deviations no bend matters.
    nodes = _gaussian_nodes(bend if abs(bend) < 8 else 0.0)
    return math.fsum(weight * function(node) for node, weight in nodes)


@lru_cache(maxsize=256)
def _gaussian_nodes(bend: float) -> tuple[tuple[float, float], ...]:
    """Return nodes and weights: z = bend ± exp(t − exp(−t)), the trapezoid rule in t."""
    step = 1 / 16
    nodes = []
    for index in range(-64, 50):
        t = index * step
        distance = math.exp(t - math.exp(-t))
        for node in (bend + distance, bend - distance):
            density = math.exp(-(node**2) / 2) / math.sqrt(2 * math.pi)
            if density > 1e-40:
                nodes.append((node, step * distance * (1 + math.exp(-t)) * density))
    return tuple(nodes)


def hermite_coefficients(
    function: Callable[[float], float], bend: float = 0.0, count: int = 32
) -> tuple[float, ...]:
    """Return E[function(z)·hₙ(z)] for n = 0 to count − 1, hₙ the normalized Hermite polynomials.

    By Mehler's formula E[f(u)·f(v)] = Σ aₙ²·cⁿ for standard normal u and v with correlation c.
    """
    sums = [0.0] * count
    roots = [math.sqrt(n) for n in range(count + 1)]
    for node, weight in _gaussian_nodes(bend if abs(bend) < 8 else 0.0):
        previous, current = 0.0, 1.0
        value = weight * function(node)
        for n in range(count):
            sums[n] += value * current
            following = (node * current - roots[n] * previous) / roots[n + 1]
            previous, current = current, following
    return tuple(sums)


def elu_hermite_coefficients(
    q: float, mean: float = 0.0, scale: float = 1.0, alpha: float = 1.0, count: int = 32
) -> tuple[float, ...]:
    """Return `hermite_coefficients` of scale·elu(mean + √q·z, alpha), in closed form.

    aₙ = E[f'(z)·hₙ₋₁(z)]/√n, and integrals of Hermite polynomials over a half line, with or without
    eᶻ, follow from one another. For q up to
    `LARGEST_CLOSED_VARIANCE`: beyond, rounding errors grow.
    """
    deviation = math.sqrt(q)
    bend = -mean / deviation
    density = math.exp(-(bend**2) / 2) / math.sqrt(2 * math.pi)
    # Over z > bend of 1, and over z < bend of exp(mean + deviation·z).
    above = math.erfc(bend / math.sqrt(2)) / 2
    below = _exponential_below_zero(1, q, mean)
    coefficients = [elu_moments(q, mean, scale, alpha).mean]
    previous, current = 0.0, 1.0
    for n in range(1, count):
        coefficients.append(scale * deviation * (above + alpha * below) / math.sqrt(n))
        above = current * density / math.sqrt(n)
        below = (deviation * below - current * density) / math.sqrt(n)
        following = (bend * current - math.sqrt(n - 1) * previous) / math.sqrt(n)
        previous, current = current, following
    return tuple(coefficients)


def lognormal_average(
    function: Callable[[float], float], relative_variance: float, power: float = 0.0
) -> float:
    """Return E[function(x)] for a log-normal x of mean 1 with this relative variance.

    Five Gauss-Hermite nodes after tilting by x to ``power``: exact for function(x) = x**power, and
    good for what differs from it by a bounded factor, however wide x spreads.
    """
    if relative_variance <= 0:
        return function(1.0)
    square = math.log1p(relative_variance)
    total = 0.0
    for node, weight in _FIVE_NODES:
        x = math.exp(math.sqrt(square) * node + square * (power - 0.5))
        total += weight * function(x) / x**power
    return total * math.exp(square * (power**2 - power) / 2)


_OUTER, _INNER = math.sqrt(5 + math.sqrt(10)), math.sqrt(5 - math.sqrt(10))
_FIVE_NODES = (
    (0.0, 8 / 15),
    *((sign * _INNER, (7 + 2 * math.sqrt(10)) / 60) for sign in (-1, 1)),
    *((sign * _OUTER, (7 - 2 * math.sqrt(10)) / 60) for sign in (-1, 1)),
)
