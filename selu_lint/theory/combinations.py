"""Propagation through pooling, merges and normalization: layers that combine values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from selu_lint.theory.borders import Axis, Profile, diluted, normalized, padded, pooled
from selu_lint.theory.distributions import Distribution, Normal, SharedDropout, mixture
from selu_lint.theory.moments import signal_spent
from selu_lint.theory.propagation import dropout, partly_linear
from selu_lint.theory.states import SMALLEST_SECOND_MOMENT, Correlations, State, constant_state

_COUNTS_AS_NORMAL = 32
"""From so many values on, their mean is taken to be normal."""

_MOST_ORIGINS = 1000

NormalizationKind = Literal["batch", "layer", "instance", "rms", "unit"]
"""``layer`` also stands for GroupNormalization of large groups."""


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
    before = state.distribution
    return state._replace(
        mean=state.mean * kept,
        second=state.second * kept,
        kurtosis=state.kurtosis / kept,
        distribution=before and before.diluted(1 - kept, 0.0),
        profiles=profiles,
    )


def rescale(state: State, factor: float, offset: float = 0.0) -> State:
    """Return the state behind Rescaling or Normalization: factor·x + offset."""
    if state.overflows or (factor == 1 and offset == 0):
        return state
    second = factor**2 * state.second + 2 * factor * offset * state.mean + offset**2
    if second < SMALLEST_SECOND_MOMENT:
        return constant_state(0.0, state.width, state.origins)
    share = factor**2 * state.second / second
    before = state.distribution
    if isinstance(before, Normal):
        after: Distribution | None = Normal(
            factor * before.mean + offset, factor**2 * before.variance, before.spread
        )
    else:
        after = before and before.mapped(lambda x: factor * x + offset)
    return state._replace(
        mean=factor * state.mean + offset,
        second=second,
        correlations=state.correlations.mapped(lambda c: 1 - share * (1 - c)),
        spent=state.spent + signal_spent(share),
        spread=state.spread * share**2,
        distribution=after,
        profiles=diluted(state.profiles, min(share, 1.0)),
    )


def average_pooling(state: State, count: int, axes: Sequence[Axis] = ()) -> State:
    """Return the state behind the mean of ``count`` positions.

    The variance is divided by ``count`` if they are independent; correlated ones keep more of it:
    E[x²] becomes E[x²]·(1/n + (1 − 1/n)·c) with the correlation c of neighbours. Pooling spends
    none of the signal budget: it averages signal and noise alike.
    """
    if state.overflows or count <= 1:
        return state
    own, near = 1 / count, state.correlations.neighbours
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
        correlations=correlations._replace(neighbours=min(near / share, 1.0)),
        kurtosis=3 + (state.kurtosis - 3) / count,
        distribution=after,
        profiles=pooled(state.profiles, axes),
    )


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
            correlations=correlations._replace(neighbours=state.correlations.neighbours),
            kurtosis=state.kurtosis * kept,
            distribution=before.source,
        )
        behind = maximum_pooling(whole, count, axes)
        return behind and dropout(behind, before.rate, shared=True)._replace(spent=state.spent)
    near = max(state.correlations.neighbours - state.mean**2 / state.second, 0.0)
    after = before.maximum(count, near * state.second / state.variance)
    pooled_state, _ = partly_linear(state, after, before.maximum_regression(count))
    return pooled_state._replace(profiles=pooled(state.profiles, axes))


def concatenate(parts: Sequence[tuple[State, float]]) -> State | None:
    """Return the state behind Concatenate of states with so many channels each.

    Their moments are averaged. None if one overflows and another does not.

    Raises
    ------
    ValueError
        If there is no part, or one without channels.
    """
    if not parts or any(channels <= 0 for _, channels in parts):
        raise ValueError("Concatenate needs parts with one channel or more")
    states = [state for state, _ in parts]
    total = sum(channels for _, channels in parts)
    shares = [channels / total for _, channels in parts]
    if any(state.overflows for state in states):
        return states[0] if all(state.overflows for state in states) else None
    second = math.fsum(share * state.second for state, share in zip(states, shares, strict=True))
    distributions = [
        (state.distribution, share) for state, share in zip(states, shares, strict=True)
    ]
    known = [(part, share) for part, share in distributions if part is not None]
    return _merged(
        states,
        [share * state.second for state, share in zip(states, shares, strict=True)],
        mean=math.fsum(share * state.mean for state, share in zip(states, shares, strict=True)),
        second=second,
        width=math.fsum(state.width for state in states),
        distribution=mixture(known) if len(known) == len(states) else None,
        kurtosis=math.fsum(
            share * state.kurtosis * (state.second / second) ** 2 if second else share
            for state, share in zip(states, shares, strict=True)
        ),
    )


def linear_combination(states: Sequence[State], factors: Sequence[float]) -> State | None:
    """Return the state behind Add (factors 1), Subtract (1, −1) or Average (1/n).

    E[(x + y)²] = E[x²] + E[y²] + 2·E[x]·E[y] if x and y go back to different draws of weights.
    None if they do not, as in x + Dropout(x), if they go back to more than a thousand draws, or if
    values overflow.

    Raises
    ------
    ValueError
        If there is no state, or not a factor for each.
    """
    if not states or len(states) != len(factors):
        raise ValueError("a linear combination needs a factor for each of its states")
    count = sum(len(state.origins) for state in states)
    if count > _MOST_ORIGINS or any(state.overflows for state in states):
        return None
    if len(_origins_of(states)) < count:
        return None
    pairs = list(zip(states, factors, strict=True))
    mean = math.fsum(factor * state.mean for state, factor in pairs)
    squares = [factor**2 * state.second for state, factor in pairs]
    common = _common_of(pairs)
    second = math.fsum(squares) + common
    excess = math.fsum(
        (state.kurtosis - 3) * square**2 for (state, _), square in zip(pairs, squares, strict=True)
    )
    return _merged(
        states,
        squares,
        mean=mean,
        second=second,
        width=min(state.width for state in states),
        distribution=_combined([rescale(state, factor).distribution for state, factor in pairs]),
        kurtosis=3 + excess / second**2 if second > 0 else 3.0,
        common=common,
        crossed=_crossed_of(pairs),
    )


def _common_of(pairs: Sequence[tuple[State, float]]) -> float:
    """Return the sum of 2·E[f·x]·E[g·y]·exp(√(ln(1 + spread x)·ln(1 + spread y))/4) over all pairs.

    Both means go with the root of a second moment that fluctuates over draws, log-normal, for both
    alike. The exponential is taken term by term, Σ (r·s)ᵏ/k!, so that a sum of many is no sum over
    pairs.
    """
    roots = [math.sqrt(math.log1p(state.spread)) / 2 for state, _ in pairs]
    largest = max(roots) ** 2
    if math.isinf(largest):
        return math.inf
    powers = [factor * state.mean for state, factor in pairs]
    total, term, k = 0.0, 1.0, 0
    while k <= largest or term > 1e-17:
        total += math.fsum(powers) ** 2 - math.fsum(power**2 for power in powers)
        k += 1
        term *= largest / k
        powers = [power * root / math.sqrt(k) for power, root in zip(powers, roots, strict=True)]
    return total


def _crossed_of(pairs: Sequence[tuple[State, float]]) -> float:
    """Return the sum of 4·Var[f·x]·Var[g·y]/(the smaller of the widths) over all pairs."""
    total = behind = 0.0
    for state, factor in sorted(pairs, key=lambda pair: -pair[0].width):
        variance = factor**2 * state.variance
        total += 4 * variance * behind / state.width
        behind += variance
    return total


def _combined(distributions: Sequence[Distribution | None]) -> Distribution | None:
    """Return the distribution of the sum of independent values, normal if all of them are."""
    total = distributions[0]
    for part in distributions[1:]:
        if total is None or part is None:
            return None
        if isinstance(total, Normal) and isinstance(part, Normal):
            variance = total.variance + part.variance
            deviation = (
                math.sqrt(total.spread) * total.variance + math.sqrt(part.spread) * part.variance
            )
            total = Normal(
                mean=total.mean + part.mean,
                variance=variance,
                spread=(deviation / variance) ** 2 if variance > 0 else 0.0,
            )
        else:
            total = total.plus(part)
    return total


def _merged(
    states: Sequence[State],
    squares: Sequence[float],
    mean: float,
    second: float,
    width: float,
    distribution: Distribution | None,
    kurtosis: float,
    common: float = 0.0,
    crossed: float = 0.0,
) -> State:
    """Return the state of merged values whose parts contribute ``squares`` to ``second``.

    To the second moment ``common`` comes from their means, to its variance over draws ``crossed``
    from the sum of their products.
    """
    origins = _origins_of(states)
    if second < SMALLEST_SECOND_MOMENT:
        return constant_state(0.0, width, origins)
    shares = [square / second for square in squares]

    def averaged(values: Sequence[float]) -> float:
        return math.fsum(share * value for share, value in zip(shares, values, strict=True))

    rest = common / second
    kept = averaged([math.exp(-state.spent) for state in states])
    return State(
        mean,
        second,
        Correlations(
            averaged([state.correlations.inputs for state in states]) + rest,
            averaged([state.correlations.repeats for state in states]) + rest,
            averaged([state.correlations.neighbours for state in states]) + rest,
        ).mapped(lambda c: c),
        signal_spent(kept),
        width,
        kurtosis=kurtosis,
        # The parts go back to common layers, so their fluctuations add up rather than average out.
        spread=averaged([math.sqrt(state.spread) for state in states]) ** 2 + crossed / second**2,
        origins=origins,
        distribution=distribution,
        profiles=_averaged_profiles([state.profiles for state in states], shares),
    )


def _origins_of(states: Sequence[State]) -> frozenset[str]:
    # Of more nothing is asked but that they are too many.
    many = (state.origins for state in states if len(state.origins) > _MOST_ORIGINS)
    return next(many, None) or frozenset().union(*(state.origins for state in states))


def _averaged_profiles(
    profiles: Sequence[tuple[Profile, ...]], shares: Sequence[float]
) -> tuple[Profile, ...]:
    """Return the mean of the profiles, uniform where their sizes differ."""
    if len({tuple(len(profile) for profile in axes) for axes in profiles}) != 1:
        return ()
    return tuple(
        normalized(
            [
                math.fsum(share * value for share, value in zip(shares, values, strict=True))
                for values in zip(*axis, strict=True)
            ]
        )
        for axis in zip(*profiles, strict=True)
    )


def normalization(
    state: State,
    kind: NormalizationKind,
    epsilon: float = 1e-3,
    factor: float = 1.0,
    offset: float = 0.0,
) -> State | None:
    """Return the state behind a normalization layer that uses the statistics of its input.

    What the normalized values have in common is their mean, and is taken away: by ``batch`` what
    all inputs and positions share in a channel, by ``layer`` what all channels share, by
    ``instance`` what all positions of a channel share; ``rms`` and ``unit`` take nothing away.
    BatchNormalization of an untrained model in inference is instead
    ``rescale(state, (1 + epsilon)**-0.5)``: its moving mean is 0 and its moving variance 1.

    Parameters
    ----------
    state : State
        What is normalized.
    kind : str
        The layer.
    epsilon : float
        What the layer adds to the variance.
    factor, offset : float
        Its ``gamma`` and ``beta``.

    Returns
    -------
    State or None
        None if nothing but what is taken away is there, or, for ``unit``, an unknown width.
    """
    if state.overflows or state.second < SMALLEST_SECOND_MOMENT:
        return None
    near = state.correlations.neighbours
    common = {
        "batch": min(state.correlations.inputs, near),
        "layer": state.mean**2 / state.second,
        "instance": near,
    }.get(kind, 0.0)
    common = max(common, state.mean**2 / state.second if kind in {"batch", "instance"} else 0.0)
    left = 1 - common
    if left < 1e-9 or (kind == "unit" and math.isinf(state.width)):
        return None
    if kind == "unit":
        epsilon = 0.0
    second = state.second * left / (state.second * left + epsilon)
    mean = state.mean * math.sqrt(second / state.second) if common == 0 else 0.0
    if kind == "unit":
        mean, second = mean / math.sqrt(state.width), second / state.width
    before = state.distribution
    after: Distribution | None = None
    if isinstance(before, Normal):
        after = Normal(mean=mean, variance=max(second - mean**2, 0.0))
    elif before is not None and state.variance > 0:
        # The shape is kept: exact but for what channels that differ in their means hide of it.
        stretch = math.sqrt((second - mean**2) / state.variance)
        shift = mean - stretch * state.mean
        after = before.mapped(lambda x: stretch * x + shift)
    normalized = state._replace(
        mean=mean,
        second=second,
        correlations=state.correlations.mapped(lambda c: (c - common) / left),
        spent=state.spent + signal_spent(1 / left),
        spread=0.0,
        distribution=after,
        profiles=() if kind in {"layer", "rms", "unit"} else state.profiles,
    )
    return rescale(normalized, factor, offset)
