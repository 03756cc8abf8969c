"""Propagation through padding, flattening and pooling: layers that act along the axes of images."""

from __future__ import annotations

import math
from collections.abc import Sequence

from selu_lint.theory.borders import Axis, padded, pooled
from selu_lint.theory.distributions import Distribution, Normal, SharedDropout
from selu_lint.theory.propagation import dropout, remapped
from selu_lint.theory.states import SMALLEST_SECOND_MOMENT, State, constant_state

_COUNTS_AS_NORMAL = 32
"""From so many values on, their mean is taken to be normal."""


def flatten(state: State, positions: float) -> State:
    """Return the state behind Flatten, which lets a kernel sum over so many positions."""
    return state._replace(width=state.width * positions, profiles=())


def zero_padding(state: State, axes: Sequence[tuple[int, int, int]]) -> State:
    """Return the state behind ZeroPadding.

    Parameters
    ----------
    state : State
        What is padded.
    axes : sequence of (int, int, int)
        Along each axis the size of the input, zeros before and zeros behind it.
    """
    if state.overflows:
        return state
    kept, profiles = padded(state.profiles, axes)
    apart = state.correlations.positions * kept
    before = state.distribution
    return state._replace(
        mean=state.mean * kept,
        second=state.second * kept,
        correlations=state.correlations._replace(positions=apart),
        kurtosis=state.kurtosis / kept,
        distribution=before and before.diluted(1 - kept, 0.0),
        profiles=profiles,
    )


def average_pooling(state: State, count: int, axes: Sequence[Axis] = ()) -> State:
    """Return the state behind the mean of ``count`` positions.

    The variance is divided by ``count`` if they are independent; correlated ones keep more of it:
    E[x²] becomes E[x²]·(1/n + (1 − 1/n)·c) with the correlation c of neighbours. Pooling spends
    none of the signal budget: it averages signal and noise alike.
    """
    if state.overflows or count <= 1:
        return state
    own, near = 1 / count, _within(state, axes)
    share = own + (1 - own) * near
    second = state.second * share
    if second < SMALLEST_SECOND_MOMENT:
        return constant_state(0.0, state.width, state.origins)
    before = state.distribution
    after: Distribution | None = None
    variance = max(second - state.mean**2, 0.0)
    if count >= _COUNTS_AS_NORMAL or isinstance(before, Normal):
        after = Normal(mean=state.mean, variance=variance, spread=state.spread)
    elif before is not None and state.variance > 0:
        mean, stretch = state.mean, math.sqrt(variance * count / state.variance)
        after = before.average(count).mapped(lambda x: mean + stretch * (x - mean))
    # Different positions of different passes agree in what both kinds of correlation share.
    correlations = state.correlations.mapped(lambda c: (own * c + (1 - own) * min(c, near)) / share)
    return state._replace(
        second=second,
        correlations=correlations.with_places_of(state.correlations.mapped(lambda c: c / share)),
        kurtosis=3 + (state.kurtosis - 3) / count,
        distribution=after,
        profiles=pooled(state.profiles, axes),
    )


def _within(state: State, axes: Sequence[Axis]) -> float:
    """Return the correlation of two positions of one window."""
    whole = axes and all(axis.window >= axis.size for axis in axes)
    return state.correlations.positions if whole else state.correlations.neighbours


def maximum_pooling(state: State, count: int, axes: Sequence[Axis] = ()) -> State | None:
    """Return the state behind the largest of ``count`` positions, or None if it is not known.

    From the distribution before it, with neighbours joined by a normal copula. Pooling spends none
    of the signal budget, see `average_pooling`.
    """
    if state.overflows or count <= 1:
        return state
    before = state.distribution
    if before is None:
        return None
    if state.variance < SMALLEST_SECOND_MOMENT:
        return constant_state(state.mean, state.width, state.origins)
    if isinstance(before, SharedDropout):
        # What drops whole windows can as well drop their maximum.
        kept = 1 - before.rate
        correlations = state.correlations.mapped(lambda c: c / kept)
        whole = state._replace(
            second=state.second * kept,
            correlations=correlations.with_places_of(state.correlations),
            kurtosis=state.kurtosis * kept,
            distribution=before.source,
        )
        behind = maximum_pooling(whole, count, axes)
        return behind and dropout(behind, before.rate, shared=True)._replace(spent=state.spent)
    near = state.centered(_within(state, axes))
    after = before.maximum(count, near)
    variance, linear = after.moments.variance, before.maximum_regression(count)
    joint = after.covariance_of_two / variance if variance > 0 else 1.0

    def centered(k: float) -> float:
        if k < near:
            return joint * k / near
        own = (k - near) / (1 - near) if near < 1 else 0.0
        return joint + (1 - joint) * (linear * own + (1 - linear) * own**2)

    return remapped(state, after, centered)._replace(profiles=pooled(state.profiles, axes))
