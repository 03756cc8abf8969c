"""Propagation through merges: Concatenate and sums of layers."""

from __future__ import annotations

import math
from collections.abc import Sequence

from selu_lint.theory.borders import Profile, normalized
from selu_lint.theory.distributions import Distribution, Normal, mixture
from selu_lint.theory.moments import signal_spent
from selu_lint.theory.normalization import rescale
from selu_lint.theory.states import SMALLEST_SECOND_MOMENT, Correlations, State, constant_state

_MOST_ORIGINS = 1000


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
            *map(averaged, zip(*(state.correlations for state in states), strict=True))
        ).mapped(lambda c: c + rest),
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
