"""What SELU and dropout do to the moments of a signal, in closed form.

Everything here is a scalar formula on the standard library, so that rules can call it at no cost.
Propagation through whole layers stands in :mod:`selu_lint.propagation`.

References
----------
.. [1] Klambauer, Unterthiner, Mayr and Hochreiter (2017), "Self-Normalizing Neural Networks",
   https://arxiv.org/abs/1706.02515
.. [2] Schoenholz, Gilmer, Ganguli and Sohl-Dickstein (2017), "Deep Information Propagation",
   https://arxiv.org/abs/1611.01232
.. [3] Srivastava et al. (2014), "Dropout: A Simple Way to Prevent Neural Networks from
   Overfitting", Journal of Machine Learning Research 15
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal

from selu_lint.gaussian import (
    Moments,
    Slopes,
    elu_moments,
    elu_slopes,
    gaussian_expectation,
)

LAMBDA = 1.0507009873554804934193349852946
"""Scale of SELU, λ in [1]_."""

ALPHA = 1.6732632423543772848170429916717
"""Depth of SELU's negative branch before scaling, α in [1]_."""

SATURATION = -LAMBDA * ALPHA
"""What SELU tends to for very negative inputs, −λα = −1.7581; AlphaDropout drops to it."""

SQUARED_SATURATION = SATURATION**2
"""(λα)² = 3.0909, the A of the noise formulas below."""

GAIN_OF_EXTINCTION = 2 / (LAMBDA**2 * (1 + ALPHA**2))
"""0.4768. Below this gain the activations of a deep SELU network die out.

For small q the second moment of selu(z) tends to λ²(1 + α²)q/2: SELU is a leaky ReLU there.
"""

GAIN_OF_EXPLOSION = 2 / LAMBDA**2
"""1.8116. From this gain on the activations of a deep SELU network grow without end.

For large q the second moment of selu(z) tends to λ²q/2: SELU is a scaled ReLU there.
"""

SIGNAL_BUDGET = 6.0
"""How much the signal may shrink, in nepers, on the longest path of a network that trains.

Schoenholz et al. [2]_ find networks to train up to a depth of about six times the depth scale
ξ = −1/ln χ, that is while the sum of −ln χ over the layers stays below 6.
"""

DropoutKind = Literal["dropout", "alpha"]
"""``alpha`` is AlphaDropout; ``dropout`` is Dropout, SpatialDropout or GaussianDropout."""


def selu(x: float) -> float:
    """Return λx for positive x, else λα(eˣ − 1)."""
    return LAMBDA * x if x > 0 else LAMBDA * ALPHA * math.expm1(x)


def selu_moments(q: float, mean: float = 0.0) -> Moments:
    """Return the moments of selu(z) for z ~ N(mean, q).

    For mean 0 and σ = √q, after equations (4) and (5) of [1]_:

    * E[selu(z)] = λσ/√(2π) + (λα/2)·(erfcx(σ/√2) − 1)
    * E[selu(z)²] = λ²q/2 + (λ²α²/2)·(erfcx(√2·σ) − 2·erfcx(σ/√2) + 1)

    The fixed point of the paper is ``selu_moments(1) == Moments(0, 1)``.

    Parameters
    ----------
    q : float
        Variance of the pre-activation, 0 or more.
    mean : float
        Mean of the pre-activation.

    Raises
    ------
    ValueError
        If ``q`` is negative or not a number.
    """
    return elu_moments(q, mean, scale=LAMBDA, alpha=ALPHA)


def selu_slopes(q: float, mean: float = 0.0) -> Slopes:
    """Return the moments of selu'(z) for z ~ N(mean, q).

    selu' is λ for positive z, else λα·eᶻ; for mean 0:

    * E[selu'(z)] = λ/2 + (λα/2)·erfcx(√(q/2))
    * E[selu'(z)²] = λ²/2 + (λ²α²/2)·erfcx(√(2q))
    """
    return elu_slopes(q, mean, scale=LAMBDA, alpha=ALPHA)


@lru_cache(maxsize=1024)
def stationary_second_moment(gain: float) -> float:
    """Return the second moment to which a deep SELU network with this gain settles.

    The m with m = E[selu(z)²], z ~ N(0, gain·m): 1 for gain 1, 0.1305 for 0.64, 2.298 for 1.25.
    0 up to `GAIN_OF_EXTINCTION`, infinite from `GAIN_OF_EXPLOSION` on.
    """
    if not gain > GAIN_OF_EXTINCTION:
        return 0.0
    if gain >= GAIN_OF_EXPLOSION:
        return math.inf
    below, above = -50.0, 50.0
    # E[selu(z)²]/q falls with q, so the root is unique and bisection in the logarithm finds it.
    for _ in range(200):
        middle = (below + above) / 2
        if below == middle or middle == above:
            break
        if selu_moments(math.exp(middle)).second * gain > math.exp(middle):
            below = middle
        else:
            above = middle
    return math.exp(below) / gain


def dropout_noise_share(rate: float) -> float:
    """Return the share of the second moment behind Dropout(rate) that is noise: the rate itself.

    Dropout [3]_ keeps a value with probability 1 − p and divides it by 1 − p, so the second moment
    grows by 1/(1 − p) while two passes agree only in the former second moment: s = p. The same
    holds for SpatialDropout and for GaussianDropout, whose noise has the variance p/(1 − p).

    Raises
    ------
    ValueError
        If the rate is not in [0, 1).
    """
    return _checked(rate)


def alpha_dropout_noise_share(rate: float) -> float:
    """Return the share of a unit-variance signal behind AlphaDropout(rate) that is noise.

    s = 1 − q/(1 + A(1 − q)) with q = 1 − rate and A = (λα)² [1]_: AlphaDropout multiplies by
    a = (q + Aq(1 − q))^(−1/2) to keep the variance, so two passes agree in a²q² of it.
    AlphaDropout(0.1) has 0.313, the noise of Dropout(0.313).

    Raises
    ------
    ValueError
        If the rate is not in [0, 1).
    """
    kept = 1 - _checked(rate)
    return 1 - kept / (1 + SQUARED_SATURATION * (1 - kept))


def matched_alpha_rate(rate: float) -> float:
    """Return the rate of the AlphaDropout that is as noisy as Dropout(rate).

    The r with ``alpha_dropout_noise_share(r) == rate``: 1 − r = (1 − p)(1 + A)/(1 + (1 − p)A).
    Dropout 0.1 → 0.0264, 0.25 → 0.0753, 0.5 → 0.1964.

    Raises
    ------
    ValueError
        If the rate is not in [0, 1).
    """
    p = _checked(rate)
    return p / (1 + (1 - p) * SQUARED_SATURATION)


def matched_dropout_rate(alpha_rate: float) -> float:
    """Return the rate of the Dropout that is as noisy as AlphaDropout(alpha_rate).

    The inverse of `matched_alpha_rate`.

    Raises
    ------
    ValueError
        If the rate is not in [0, 1).
    """
    return alpha_dropout_noise_share(alpha_rate)


def _checked(rate: float) -> float:
    if not 0 <= rate < 1:
        raise ValueError(f"a dropout rate is in [0, 1), not {rate}")
    return rate


@lru_cache(maxsize=4096)
def correlation_map(correlation: float, q: float = 1.0, mean: float = 0.0) -> float:
    """Return C(c): how correlated two activations are if their pre-activations correlate by c.

    C(c) = E[selu(u)·selu(v)]/E[selu(u)²] for jointly normal u and v, each N(mean, q), with
    correlation c; equation (3) of [2]_. Not centered: C(0) is the square of the mean over the
    second moment, 0 at SELU's fixed point.

    Parameters
    ----------
    correlation : float
        c, from −1 to 1.
    q, mean : float
        Variance (0 excluded) and mean of the pre-activations.
    """
    if correlation >= 1:
        return 1.0
    rest = max(1 - correlation**2, 0.0) * q
    first, second = selu_moments(q, mean).mean, selu_moments(q, mean).second
    if correlation == 0:
        return first**2 / second
    deviation = math.sqrt(q)
    product = gaussian_expectation(
        lambda z: (
            selu(mean + deviation * z) * selu_moments(rest, mean + deviation * correlation * z).mean
        ),
        bend=-mean / deviation,
    )
    return product / second


def correlation_slope(correlation: float, q: float = 1.0, mean: float = 0.0) -> float:
    """Return C'(c), the slope of `correlation_map`.

    C'(c) = q·E[selu'(u)·selu'(v)]/E[selu(u)²] (Price's theorem). At gain 1 and q = 1:
    0.9707 at c = 0, which unrelated inputs reach, and 1.0716 at c = 1.
    """
    second = selu_moments(q, mean).second
    slopes = selu_slopes(q, mean)
    if correlation >= 1:
        return q * slopes.second / second
    if correlation == 0:
        return q * slopes.mean**2 / second
    rest = max(1 - correlation**2, 0.0) * q
    deviation = math.sqrt(q)

    def slope(z: float) -> float:
        here = selu_slopes(0.0, mean + deviation * z).mean
        return here * selu_slopes(rest, mean + deviation * correlation * z).mean

    return q * gaussian_expectation(slope, bend=-mean / deviation) / second


SELU_SIGNAL_DECAY = selu_slopes(1.0).mean ** 2
"""χ = C'(0) = E[selu'(z)]² = 0.9707, what a SELU layer with gain 1 and without noise keeps."""


def signal_decay(noise_share: float = 0.0, correlation: float = 0.0, q: float = 1.0) -> float:
    """Return χ = (1 − s)·C'(c), by which a SELU layer shrinks differences between inputs.

    Parameters
    ----------
    noise_share : float
        s of the dropout behind the layer, see `dropout_noise_share`.
    correlation, q : float
        Correlation and variance of the layer's pre-activations.
    """
    slope = (
        SELU_SIGNAL_DECAY if (correlation, q) == (0.0, 1.0) else correlation_slope(correlation, q)
    )
    return (1 - noise_share) * slope


def signal_spent(decay: float) -> float:
    """Return −ln χ, what a layer takes of the `SIGNAL_BUDGET`; infinite if nothing is left."""
    return -math.log(decay) if decay > 0 else math.inf


def largest_trainable_rate(
    depth: int,
    kind: DropoutKind = "alpha",
    dropouts: int | None = None,
    budget: float = SIGNAL_BUDGET,
) -> float | None:
    """Return the largest rate of dropout with which a SELU network of this depth trains.

    Solves depth·(−ln χ₀) − dropouts·ln(1 − s) = budget for the rate, χ₀ = `SELU_SIGNAL_DECAY`,
    with gain 1 in every layer.

    Parameters
    ----------
    depth : int
        SELU layers on the longest path.
    kind : {"alpha", "dropout"}
        Which dropout the rate is for.
    dropouts : int, optional
        How many of them are followed by a dropout; all if not given.
    budget : float
        What they may spend.

    Returns
    -------
    float or None
        The rate, in [0, 1); None if the depth alone exceeds the budget.

    Raises
    ------
    ValueError
        If there is no dropout, or a number is negative.
    """
    count = depth if dropouts is None else dropouts
    if depth < 0 or count <= 0:
        raise ValueError("a rate needs at least one dropout, and depth is 0 or more")
    left = budget - depth * signal_spent(SELU_SIGNAL_DECAY)
    if left < 0:
        return None
    share = -math.expm1(-left / count)
    return matched_alpha_rate(share) if kind == "alpha" else share
