"""What SELU and dropout do to the moments of a signal, in closed form.

Everything here is a scalar formula on the standard library, so that rules can call it at no cost.
Propagation through whole layers stands in :mod:`selu_lint.theory.propagation`.

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

LAMBDA = 1.0507009873554804934193349852946
"""Scale of SELU, λ in [1]_."""

ALPHA = 1.6732632423543772848170429916717
"""Depth of SELU's negative branch before scaling, α in [1]_."""

SATURATION = -LAMBDA * ALPHA
"""What SELU tends to for very negative inputs, −λα = −1.7581; AlphaDropout drops to it."""

SQUARED_SATURATION = SATURATION**2
"""(λα)² = 3.0909, the A of the noise formulas below."""


HEALTHY_MEAN, HEALTHY_VARIANCE = (-0.1, 0.1), (0.8, 1.5)
"""The domain of theorem 1 of [1]_, in which SELU pulls mean and variance to 0 and 1."""


def selu(x: float) -> float:
    """Return λx for positive x, else λα(eˣ − 1)."""
    return LAMBDA * x if x > 0 else LAMBDA * ALPHA * math.expm1(x)


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


def _checked(rate: float) -> float:
    if not 0 <= rate < 1:
        raise ValueError(f"a dropout rate is in [0, 1), not {rate}")
    return rate


def signal_spent(decay: float) -> float:
    """Return −ln χ, what a layer takes of signal or gradient, in nepers; infinite if all of it.

    Networks train while the sum over their layers is small (Schoenholz et al. [2]_): up to what,
    `selu_lint.analysis.trainability` says.
    """
    return -math.log(decay) if decay > 0 else math.inf
