"""Distributions of activations as sets of weighted points: exact enough for moments and maxima."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate

from selu_lint.theory.gaussian import Moments

Points = tuple[tuple[float, float], ...]
"""Values in ascending order, each with its probability."""

_MOST_POINTS = 400
_FEW_POINTS = 162
_POINTS = "computed points"


class Distribution:
    """The distribution of an activation over units, inputs and draws of the weights.

    The points are computed when they are first needed: most layers need only moments.

    Parameters
    ----------
    sources : tuple of Distribution
        Those whose points its own are computed from.
    build : callable
        Returns the points.
    """

    def __init__(
        self, sources: tuple[Distribution, ...] = (), build: Callable[[], Points] = tuple
    ) -> None:
        self.sources = sources
        self.build = build

    @property
    def points(self) -> Points:
        """The values and their probabilities."""
        # Without recursion: behind a sum of a thousand layers stand a thousand distributions.
        pending = [self]
        while pending:
            left = [source for source in pending[-1].sources if _POINTS not in vars(source)]
            if left:
                pending += left
                continue
            last = pending.pop()
            if _POINTS not in vars(last):
                vars(last)[_POINTS] = last._built()
        points: Points = vars(self)[_POINTS]
        return points

    def _built(self) -> Points:
        return self.build()

    @cached_property
    def moments(self) -> Moments:
        """Mean and second moment of the points."""
        return Moments(
            math.fsum(weight * value for value, weight in self.points),
            math.fsum(weight * value**2 for value, weight in self.points),
        )

    @property
    def fourth_moment(self) -> float:
        """E[x⁴] of the points."""
        return math.fsum(weight * value**4 for value, weight in self.points)

    def covariance(self, function: Callable[[float], float]) -> float:
        """Return the covariance of x and function(x)."""
        mean = self.moments.mean
        return math.fsum(weight * (value - mean) * function(value) for value, weight in self.points)

    def mapped(self, function: Callable[[float], float]) -> Distribution:
        """Return the distribution of function(x)."""
        return _derived(
            lambda: _ordered((function(value), weight) for value, weight in self.points), self
        )

    def diluted(self, share: float, atom: float) -> Distribution:
        """Return the distribution in which ``share`` of the values became ``atom``."""
        return Diluted(self, share, atom)

    def plus(self, other: Distribution) -> Distribution:
        """Return the distribution of the sum of two independent values."""
        return _derived(lambda: _sum(self.points, other.points), self, other)

    def average(self, count: int) -> Distribution:
        """Return the distribution of the mean of ``count`` independent values."""

        def build() -> Points:
            total: Points = ((0.0, 1.0),)
            power, left = self.points, count
            while left:
                if left % 2:
                    total = _sum(total, power)
                left //= 2
                if left:
                    power = _sum(power, power)
            return tuple((value / count, weight) for value, weight in total)

        return _derived(build, self)

    def maximum(self, count: float, correlation: float = 0.0) -> Maximum:
        """Return the distribution of the largest of ``count`` values.

        Any two of the values have this correlation, and are joined by a normal copula.
        """
        return Maximum(self, count, correlation)

    def maximum_regression(self, count: float) -> float:
        """Return the share of the variance of a maximum that is linear in its values.

        For the maximum T of ``count`` independent x: count·cov(x₁, T)²/(var(x)·var(T)).
        """
        below, first, product = 0.0, 0.0, 0.0
        last = 0.0
        for value, weight in self.points:
            below += weight
            first += weight * value
            here = first * below ** (count - 1)
            product += value * (here - last)
            last = here
        largest = self.maximum(count).moments
        covariance = product - self.moments.mean * largest.mean
        variances = self.moments.variance * largest.variance
        return min(max(count * covariance**2 / variances, 0.0), 1.0) if variances > 0 else 1.0


def normal_points(mean: float, variance: float) -> Points:
    """Return N(mean, variance) as points, a twentieth of a deviation apart."""
    step, deviation = 1 / 20, math.sqrt(variance)
    scale = step / math.sqrt(2 * math.pi)
    return tuple(
        (mean + deviation * index * step, scale * math.exp(-((index * step) ** 2) / 2))
        for index in range(-160, 161)
    )


class Normal(Distribution):
    """A normal distribution, such as a kernel makes of any input.

    Parameters
    ----------
    mean, variance : float
        Its moments.
    spread : float
        Relative variance of ``variance`` over inputs and draws of the weights, which finite width
        causes.
    """

    def __init__(self, mean: float = 0.0, variance: float = 1.0, spread: float = 0.0) -> None:
        super().__init__()
        self.mean, self.variance, self.spread = mean, variance, spread

    def _built(self) -> Points:
        return normal_points(self.mean, self.variance)


class Diluted(Distribution):
    """A distribution of which a share became one value, independently at each position.

    Parameters
    ----------
    source : Distribution
        The distribution before.
    share, atom : float
        How much of it became which value.
    """

    def __init__(self, source: Distribution, share: float, atom: float) -> None:
        super().__init__((source,))
        self.source, self.share, self.atom = source, share, atom

    def _built(self) -> Points:
        return _ordered([*_scaled(self.source.points, 1 - self.share), (self.atom, self.share)])

    def maximum(self, count: float, correlation: float = 0.0) -> Maximum:
        """Return the distribution of the largest of ``count`` values, see `Distribution`.

        The normal copula joins what the values were before: their covariance is that of the values
        over the square of the share that is left.
        """
        left = (1 - self.share) ** 2 * self.source.moments.variance
        before = correlation * self.moments.variance / left if left > 0 else 0.0
        return Maximum(self.source, count, before, self.share, self.atom)


class Maximum(Distribution):
    """The distribution of the largest of several values, joined by a normal copula.

    Parameters
    ----------
    source : Distribution
        The values.
    count, correlation : float
        How many there are, and the correlation of any two of them.
    share, atom : float
        How much of them then became which value, independently of each other.
    """

    def __init__(
        self,
        source: Distribution,
        count: float,
        correlation: float,
        share: float = 0.0,
        atom: float = 0.0,
    ) -> None:
        super().__init__((source,))
        self.source, self.count, self.correlation = source, count, correlation
        self.share, self.atom = share, atom
        self._covariance = 0.0

    @property
    def covariance_of_two(self) -> float:
        """The covariance of two such maxima, if all their values are correlated alike."""
        return self._covariance if self.points else 0.0

    def _built(self) -> Points:
        values = [value for value, _ in self.source.points]
        cumulative = list(accumulate(weight for _, weight in self.source.points))
        joined = _copula_correlation(self.source, cumulative, self.correlation)
        if self.share > 0:
            place = bisect_left(values, self.atom)
            values.insert(place, self.atom)
            cumulative.insert(place, cumulative[place - 1] if place else 0.0)
        dropped = [self.share if value >= self.atom else 0.0 for value in values]
        powers, means = [0.0] * len(values), []
        for weight, below in _given_what_is_common(cumulative, joined):
            largest = [
                (u * (1 - self.share) + atoms) ** self.count
                for u, atoms in zip(below[:-1], dropped, strict=False)
            ]
            for k, power in enumerate(largest):
                powers[k] += weight * power
            steps = zip(largest, values, values[1:], strict=False)
            mean = values[-1] - math.fsum(power * (above - value) for power, value, above in steps)
            means.append((mean, weight))
        powers[-1] = 1.0
        mean = math.fsum(weight * mean for mean, weight in means)
        self._covariance = math.fsum(weight * (each - mean) ** 2 for each, weight in means)
        return tuple(
            (value, max(power - previous, 0.0))
            for value, power, previous in zip(values, powers, [0.0, *powers], strict=False)
        )


class SharedDropout(Distribution):
    """The distribution behind a dropout that drops all positions of a channel together.

    Parameters
    ----------
    source : Distribution
        The distribution before it.
    rate : float
        Its rate.
    """

    def __init__(self, source: Distribution, rate: float) -> None:
        super().__init__((source,))
        self.source, self.rate = source, rate

    def _built(self) -> Points:
        return dropped(self.source, self.rate).points


def dropped(source: Distribution, rate: float) -> Distribution:
    """Return the distribution behind Dropout(rate)."""
    return source.mapped(lambda x: x / (1 - rate)).diluted(rate, 0.0)


def mixture(parts: Sequence[tuple[Distribution, float]]) -> Distribution:
    """Return the mixture of distributions with these probabilities."""
    return _derived(
        lambda: _ordered(point for part, share in parts for point in _scaled(part.points, share)),
        *(part for part, _ in parts),
    )


def _derived(build: Callable[[], Points], *sources: Distribution) -> Distribution:
    return Distribution(sources, build)


def _scaled(points: Points, share: float) -> Iterable[tuple[float, float]]:
    return ((value, share * weight) for value, weight in points)


def _ordered(points: Iterable[tuple[float, float]], most: int = _MOST_POINTS) -> Points:
    """Return the points in ascending order, equal ones joined, thinned out if there are many."""
    ordered: list[tuple[float, float]] = []
    for value, weight in sorted(points):
        if ordered and ordered[-1][0] == value:
            ordered[-1] = (value, ordered[-1][1] + weight)
        else:
            ordered.append((value, weight))
    return tuple(ordered) if len(ordered) <= most else _thinned(ordered)


def _sum(left: Points, right: Points) -> Points:
    left, right = _ordered(left, _FEW_POINTS), _ordered(right, _FEW_POINTS)
    return _ordered(((a + b, v * w) for a, v in left for b, w in right), _FEW_POINTS)


_EDGES = tuple(math.erfc(-index / 10 / math.sqrt(2)) / 2 for index in range(-80, 81))


def _thinned(points: Sequence[tuple[float, float]]) -> Points:
    """Return at most 162 points with the same mean and variance, fine in the tails."""
    masses = [0.0] * (len(_EDGES) + 1)
    totals = [0.0] * (len(_EDGES) + 1)
    below = 0.0
    for value, weight in points:
        index = bisect_left(_EDGES, below + weight / 2)
        masses[index] += weight
        totals[index] += weight * value
        below += weight
    merged = [(total / mass, mass) for total, mass in zip(totals, masses, strict=True) if mass > 0]
    mean = math.fsum(weight * value for value, weight in points)
    wanted = math.fsum(weight * (value - mean) ** 2 for value, weight in points)
    kept = math.fsum(weight * (value - mean) ** 2 for value, weight in merged)
    stretch = math.sqrt(wanted / kept) if kept > 0 else 1.0
    return tuple((mean + stretch * (value - mean), weight) for value, weight in merged)


def _copula_correlation(
    source: Distribution, cumulative: Sequence[float], correlation: float
) -> float:
    """Return the correlation of the normal variables that values of this correlation map from.

    Where the share L of the variance is linear in the normal variables, and these have the
    correlation ρ, the values have about L·ρ + (1 − L)·ρ².
    """
    if correlation < 1e-9:
        return 0.0
    values = [value for value, _ in source.points]
    covariance = math.fsum(
        math.exp(-(threshold**2) / 2) * (above - value) / math.sqrt(2 * math.pi)
        for threshold, value, above in zip(
            _thresholds(cumulative), values, values[1:], strict=False
        )
    )
    variance = source.moments.variance
    linear = min(covariance**2 / variance, 1.0) if variance > 0 else 1.0
    root = math.sqrt(linear**2 + 4 * (1 - linear) * correlation)
    return min(2 * correlation / (linear + root), 1.0)


def _thresholds(cumulative: Sequence[float]) -> list[float]:
    from statistics import NormalDist

    inverse = NormalDist().inv_cdf
    return [inverse(u) if 0 < u < 1 else math.copysign(math.inf, u - 0.5) for u in cumulative]


def _given_what_is_common(
    cumulative: Sequence[float], correlation: float
) -> Iterator[tuple[float, list[float]]]:
    """Yield weights and the cumulative probabilities given what the values have in common."""
    if correlation == 0:
        yield 1.0, [min(u, 1.0) for u in cumulative]
        return
    shared, own = math.sqrt(correlation), math.sqrt(max(1 - correlation, 1e-9))
    thresholds = _thresholds(cumulative)
    for index in range(-24, 25):
        common = index / 4
        weight = math.exp(-(common**2) / 2) / (4 * math.sqrt(2 * math.pi))
        scaled = ((threshold - shared * common) / own for threshold in thresholds)
        yield weight, [math.erfc(-z / math.sqrt(2)) / 2 for z in scaled]
