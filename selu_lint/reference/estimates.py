"""Mean, standard deviation and Student's interval of a few runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Estimate:
    """A mean and how well it is known.

    Attributes
    ----------
    n : int
        Number of runs.
    mean : float
        Their mean.
    sd : float or None
        Their standard deviation (n - 1); None for a single run.
    low, high : float or None
        Student's 95 % interval of the mean; None for a single run.
    """

    n: int
    mean: float
    sd: float | None = None
    low: float | None = None
    high: float | None = None


def estimate(values: Sequence[float]) -> Estimate | None:
    """Return the estimate of the mean; None without values."""
    n = len(values)
    if not n:
        return None
    mean = math.fsum(values) / n
    if n == 1:
        return Estimate(n, mean)
    sd = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1))
    half = student_quantile(0.975, n - 1) * sd / math.sqrt(n)
    return Estimate(n, mean, sd, mean - half, mean + half)


def student_quantile(probability: float, freedom: int) -> float:
    """Return the quantile of Student's distribution, for probabilities of at least 0.5.

    Parameters
    ----------
    probability : float
        From 0.5 to below 1.
    freedom : int
        Degrees of freedom, at least 1.
    """
    low, high = 0.0, 1.0
    while _student_distribution(high, freedom) < probability:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        if _student_distribution(middle, freedom) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _student_distribution(t: float, freedom: int) -> float:
    """Return P(T <= t), t >= 0, by the finite series for whole degrees of freedom.

    Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.7.3 and 26.7.4.
    """
    angle = math.atan(t / math.sqrt(freedom))
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = freedom % 2
    term = total = cosine if odd else 1.0
    if freedom == 1:
        total = 0.0
    for k in range(2 + odd, freedom - 1, 2):
        term *= cosine**2 * (k - 1) / k
        total += term
    between = 2 / math.pi * (angle + sine * total) if odd else sine * total
    return 0.5 + between / 2
