"""The activation functions of Keras that act on each element by itself, and their moments."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from selu_lint.theory.gaussian import (
    LARGEST_CLOSED_VARIANCE,
    SMALLEST_CLOSED_VARIANCE,
    Moments,
    elu_fourth_moment,
    elu_hermite_coefficients,
    elu_moments,
    elu_slopes,
    gaussian_expectation,
    hermite_coefficients,
)
from selu_lint.theory.moments import ALPHA, LAMBDA


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > 0 else math.exp(x) / (1 + math.exp(x))


def _softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def _gelu(x: float) -> float:
    return x * math.erfc(-x / math.sqrt(2)) / 2


def _silu(x: float) -> float:
    return x * _sigmoid(x)


_BY_NAME: dict[str, Callable[[float], float]] = {
    "gelu": _gelu,
    "linear": lambda x: x,
    "mish": lambda x: x * math.tanh(_softplus(x)),
    "relu": lambda x: max(x, 0.0),
    "relu6": lambda x: min(max(x, 0.0), 6.0),
    "sigmoid": _sigmoid,
    "silu": _silu,
    "softplus": _softplus,
    "softsign": lambda x: x / (1 + abs(x)),
    "swish": _silu,
    "tanh": math.tanh,
}


class ActivationFunction(NamedTuple):
    """An activation function whose effect on a distribution can be predicted.

    Attributes
    ----------
    name : str
        Its name in Keras.
    function : callable
        What it makes of one element.
    exponential : tuple of float, optional
        Scale and alpha, where it is ``scale·elu(x, alpha)``.
    """

    name: str
    function: Callable[[float], float]
    exponential: tuple[float, float] | None = None

    @lru_cache(maxsize=256)  # noqa: B019 (as below; averages ask for the same again)
    def moments(self, q: float, mean: float = 0.0) -> Moments:
        """Return the moments of f(z) for z ~ N(mean, q).

        In closed form for SELU and ELU, for the others by quadrature.
        """
        if self.exponential is not None:
            return elu_moments(q, mean, *self.exponential)
        if math.isinf(q):
            return Moments(math.inf, math.inf)
        return Moments(
            self._expectation(lambda value: value, q, mean),
            self._expectation(lambda value: value**2, q, mean),
        )

    def fourth_moment(self, q: float, mean: float = 0.0) -> float:
        """Return E[f(z)⁴] for z ~ N(mean, q), in closed form or by quadrature as `moments`."""
        if self.exponential is not None and q >= SMALLEST_CLOSED_VARIANCE and abs(mean) < 10:
            return elu_fourth_moment(q, mean, *self.exponential)
        return self._expectation(lambda value: value**4, q, mean)

    def correlation(self, before: float, q: float, mean: float = 0.0) -> float:
        """Return C(c) = E[f(u)·f(v)]/E[f(u)²] for u, v ~ N(mean, q) with correlation c.

        By Mehler's formula, with what 32 Hermite polynomials leave of E[f²] put into the 33rd.
        """
        if before in (0.0, 1.0):
            return before or self._shares(q, mean)[0]
        return math.fsum(share * before**n for n, share in enumerate(self._shares(q, mean)))

    def correlation_slope(self, before: float, q: float, mean: float = 0.0) -> float:
        """Return the slope C'(c) of `correlation`: q·E[f'(u)·f'(v)]/E[f(u)²] (Price's theorem)."""
        if before == 1 and self.exponential is not None:
            slopes = elu_slopes(q, mean, *self.exponential)
            return q * slopes.second / self.moments(q, mean).second
        shares = self._shares(q, mean)
        if before == 0:
            return shares[1]
        return math.fsum(n * share * before ** (n - 1) for n, share in enumerate(shares) if n)

    # As many as the layers of a deep network, each of which is asked for again and again.
    @lru_cache(maxsize=4096)  # noqa: B019 (the few functions that there are live as long as it)
    def _shares(self, q: float, mean: float) -> tuple[float, ...]:
        """Return the shares of E[f²] that the Hermite polynomials have."""
        deviation = math.sqrt(q)
        if self.exponential is not None and q <= LARGEST_CLOSED_VARIANCE:
            coefficients = elu_hermite_coefficients(q, mean, *self.exponential)
        else:
            coefficients = hermite_coefficients(
                lambda z: self.function(mean + deviation * z), bend=-mean / deviation
            )
        squares = [coefficient**2 for coefficient in coefficients]
        second = self.moments(q, mean).second
        squares.append(max(second - math.fsum(squares), 0.0))
        return tuple(square / second for square in squares)

    def _expectation(self, power: Callable[[float], float], q: float, mean: float) -> float:
        deviation = math.sqrt(q)
        bend = -mean / deviation if deviation else 0.0
        return gaussian_expectation(lambda z: power(self.function(mean + deviation * z)), bend)


@lru_cache(maxsize=256)
def activation_function(name: str, slope: float | None = None) -> ActivationFunction | None:
    """Return the activation function that Keras calls ``name``, or None if it is not predicted.

    Parameters
    ----------
    name : str
        Such as ``selu``, ``leaky_relu`` or ``gelu``. Functions that look at other elements, such
        as ``softmax``, are not predicted, nor is ``hard_sigmoid``, which changed between releases.
    slope : float, optional
        ``alpha`` of ``elu`` (1 if not given) or ``negative_slope`` of ``leaky_relu`` (0.2, as
        ``keras.activations.leaky_relu``; the layer LeakyReLU has 0.3) or ``relu`` (0).
    """
    if name in {"selu", "elu"}:
        scale, alpha = (LAMBDA, ALPHA) if name == "selu" else (1.0, 1.0 if slope is None else slope)
        return ActivationFunction(
            name, lambda x: scale * (x if x > 0 else alpha * math.expm1(x)), (scale, alpha)
        )
    if name == "leaky_relu" or (name == "relu" and slope):
        below = 0.2 if slope is None else slope
        return ActivationFunction(name, lambda x: x if x > 0 else below * x)
    function = _BY_NAME.get(name)
    return None if function is None else ActivationFunction(name, function)
