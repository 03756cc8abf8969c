"""What SELU does to a normal signal, and what a deep network settles at: an oracle."""

from __future__ import annotations

import math

from selu_lint.theory.gaussian import Moments, Slopes, elu_moments, elu_slopes
from selu_lint.theory.moments import ALPHA, LAMBDA


def selu_moments(q: float, mean: float = 0.0) -> Moments:
    """Return the moments of selu(z) for z ~ N(mean, q).

    For mean 0 and σ = √q, after equations (4) and (5) of Klambauer et al. 2017:

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


GAIN_OF_EXTINCTION = 2 / (LAMBDA**2 * (1 + ALPHA**2))
"""0.4768. Below this gain the activations of a deep SELU network die out.

For small q the second moment of selu(z) tends to λ²(1 + α²)q/2: SELU is a leaky ReLU there.
"""

GAIN_OF_EXPLOSION = 2 / LAMBDA**2
"""1.8116. From this gain on the activations of a deep SELU network grow without end.

For large q the second moment of selu(z) tends to λ²q/2: SELU is a scaled ReLU there.
"""


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
