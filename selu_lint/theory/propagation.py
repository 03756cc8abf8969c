"""How the distribution of the activations changes from layer to layer, from the architecture alone.

A mean-field theory over random draws of the weights: behind a kernel of zero-mean weights the
pre-activations are N(0, q), q = gain·E[x²] + bias variance, whatever the distribution of x [1]_
[2]_. Every function takes the `State` before a layer and returns the one behind it, or None where
no prediction can be made. For inference, leave dropout and noise out.

References
----------
.. [1] Poole et al. (2016), "Exponential expressivity in deep neural networks through transient
   chaos", https://arxiv.org/abs/1606.05340
.. [2] Schoenholz, Gilmer, Ganguli and Sohl-Dickstein (2017), "Deep Information Propagation",
   https://arxiv.org/abs/1611.01232
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from selu_lint.theory.activation_functions import ActivationFunction
from selu_lint.theory.borders import (
    Axis,
    Profile,
    agreement,
    convolved,
    diluted,
    raised,
    relative_variance,
)
from selu_lint.theory.distributions import Distribution, Normal, SharedDropout, dropped
from selu_lint.theory.gaussian import Moments, lognormal_average
from selu_lint.theory.moments import (
    SATURATION,
    SQUARED_SATURATION,
    dropout_noise_share,
    signal_spent,
)
from selu_lint.theory.states import (
    LARGEST_SECOND_MOMENT,
    SMALLEST_SECOND_MOMENT,
    State,
    constant_state,
    overflowed_state,
)


def kernel(
    state: State,
    gain: float,
    name: str,
    width: float = math.inf,
    bias_variance: float = 0.0,
    bias_mean: float = 0.0,
) -> State:
    """Return the state behind a kernel of zero-mean weights and its bias.

    q = gain·E[x²] + bias variance, exact for any distribution of x; the output is N(bias mean, q).

    Parameters
    ----------
    state : State
        What the kernel is applied to.
    gain : float
        True fan-in × Var(w), 0 or more.
    name : str
        The layer's path: its weights are independent of those of all others.
    width : float
        Its units.
    bias_variance, bias_mean : float
        Moments of the initial bias.
    """
    origins = frozenset({name})
    signal = gain * state.second if gain > 0 else 0.0
    q = signal + bias_variance
    second = q + bias_mean**2
    if second > LARGEST_SECOND_MOMENT:
        return overflowed_state(state)._replace(width=width, origins=origins)
    if q < SMALLEST_SECOND_MOMENT:
        return constant_state(bias_mean, width, origins)
    share = signal / second
    spread = state.spread * (signal / q) ** 2
    return State(
        bias_mean,
        second,
        state.correlations.mapped(lambda c: c * share + 1 - share),
        state.spent + signal_spent(share),
        width,
        spread=spread + 2 * (1 + spread) / width,
        origins=origins,
        distribution=Normal(mean=bias_mean, variance=q, spread=spread),
    )


def convolution(
    state: State,
    gain: float,
    name: str,
    channels: float,
    axes: Sequence[Axis],
    bias_variance: float = 0.0,
    bias_mean: float = 0.0,
) -> State:
    """Return the state behind a convolution, which sums less where it reaches over the border.

    Parameters
    ----------
    axes : sequence of Axis
        What it does along each axis of its input.
    channels : float
        How many channels it has.

    The other parameters are those of `kernel`.
    """
    share, profiles = convolved(state.profiles, axes)
    apart, near = agreement(state.profiles, axes)
    correlations = state.correlations._replace(
        positions=min(state.correlations.positions * apart, 1.0),
        neighbours=min(state.correlations.neighbours * near, 1.0),
    )
    before = state._replace(correlations=correlations)
    behind = kernel(before, gain * share, name, channels, bias_variance, bias_mean)
    if behind.overflows or behind.second == 0:
        return behind
    return behind._replace(profiles=diluted(profiles, gain * share * state.second / behind.second))


def activation(state: State, function: ActivationFunction) -> State | None:
    """Return the state behind an activation; None where the distribution before it is not known.

    Behind a kernel by the closed form or by quadrature, elsewhere on the points of the
    distribution.
    """
    before = state.distribution
    if function.name == "linear":
        return state
    if state.overflows:
        return None if function.function(1e6) < 1e5 else state
    if before is None:
        return None
    if state.variance < SMALLEST_SECOND_MOMENT:
        return constant_state(function.function(state.mean), state.width, state.origins)
    if isinstance(before, Normal):
        return _activation_of_normal(state, function, before)
    after = before.mapped(function.function)
    covariance = before.covariance(function.function)
    variances = before.moments.variance * after.moments.variance
    # The share of the variance behind it that comes from the linear part of the map.
    linear = min(covariance**2 / variances, 1.0) if variances > 0 else 1.0
    behind = remapped(state, after, lambda k: linear * k + (1 - linear) * k**2)
    if behind.variance == 0:
        return behind
    slope = linear + 2 * (1 - linear) * state.centered(state.correlations.inputs)
    shares = behind.variance / behind.second, state.variance / state.second
    return behind._replace(spent=state.spent + signal_spent(slope * shares[0] / shares[1]))


def _activation_of_normal(state: State, function: ActivationFunction, before: Normal) -> State:
    q, mean, spread = before.variance, before.mean, before.spread
    # Without an offset the function is nearly homogeneous: averages of its gain converge fast.
    power = 1.0 if mean == 0 and function.function(0.0) == 0 else 0.0

    def second_moment(factor: float) -> float:
        return function.moments(factor * q, mean).second

    places = relative_variance(state.profiles)
    varied = (1 + spread) * (1 + places) - 1
    second = lognormal_average(second_moment, varied, power)
    if not SMALLEST_SECOND_MOMENT < second < LARGEST_SECOND_MOMENT:
        return constant_state(0.0, state.width, state.origins)
    within = lognormal_average(second_moment, spread, power) if state.profiles else second
    relative = lognormal_average(lambda x: (second_moment(x) / within) ** 2, spread, 2 * power)
    kurtosis = function.fourth_moment(q, mean) / second_moment(1.0) ** 2
    pre = state.correlations.mapped(lambda c: (c * state.second - mean**2) / q)
    slope = function.correlation_slope(pre.inputs, q, mean)
    gradient = slope / function.correlation_slope(1.0, q, mean)
    return state._replace(
        mean=lognormal_average(lambda x: function.moments(x * q, mean).mean, varied, power / 2),
        second=second,
        correlations=pre.mapped(lambda c: function.correlation(c, q, mean)),
        spent=state.spent + signal_spent(slope * state.second / q) + signal_spent(gradient),
        kurtosis=kurtosis,
        spread=max(relative - 1, 0.0) + relative * (kurtosis - 1) / state.width,
        distribution=before.mapped(function.function),
        profiles=_behind_activation(state.profiles, second_moment),
    )


def _behind_activation(
    profiles: tuple[Profile, ...], second_moment: Callable[[float], float]
) -> tuple[Profile, ...]:
    if not profiles:
        return ()
    exponent = math.log(second_moment(1.05) / second_moment(0.95)) / math.log(1.05 / 0.95)
    return raised(profiles, exponent)


def remapped(state: State, after: Distribution, centered: Callable[[float], float]) -> State:
    """Return the state behind a map to a known distribution, with what is spent as it was.

    Parameters
    ----------
    centered : callable
        What the map makes of correlations of values less their means.
    """
    points = after.moments
    # The points are those of a mean position, pass and draw; the moments cover all of them.
    wider = state.second / state.distribution.moments.second if state.distribution else 1.0
    moments = Moments(points.mean * math.sqrt(wider), points.second * wider)
    if moments.variance < SMALLEST_SECOND_MOMENT or state.variance < SMALLEST_SECOND_MOMENT:
        return constant_state(moments.mean, state.width, state.origins)
    common = moments.mean**2 / moments.second
    kurtosis = after.fourth_moment / points.second**2
    return state._replace(
        mean=moments.mean,
        second=moments.second,
        correlations=state.correlations.mapped(
            lambda c: common + (1 - common) * centered(state.centered(c))
        ),
        kurtosis=kurtosis,
        spread=max(state.spread + (kurtosis - state.kurtosis) / state.width, 0.0),
        distribution=after,
    )


def dropout(state: State, rate: float, shared: bool = False) -> State:
    """Return the state behind Dropout in training, or SpatialDropout, whose masks are ``shared``.

    E[x²] becomes E[x²]/(1 − p), of which the share p is noise.

    Raises
    ------
    ValueError
        If the rate is not in [0, 1).
    """
    kept = 1 - dropout_noise_share(rate)
    after: Distribution | None = None
    if state.distribution is not None:
        after = (
            SharedDropout(state.distribution, rate) if shared else dropped(state.distribution, rate)
        )
    return _noisy(state, 1 / kept, shared)._replace(distribution=after)


def gaussian_dropout(state: State, rate: float) -> State:
    """Return the state behind GaussianDropout in training: x·N(1, p/(1 − p)).

    E[x²] becomes E[x²]/(1 − p), of which the share p is noise.

    Raises
    ------
    ValueError
        If the rate is not in [0, 1).
    """
    return _noisy(state, 1 / (1 - dropout_noise_share(rate)))._replace(distribution=None)


def gaussian_noise(state: State, deviation: float) -> State:
    """Return the state behind GaussianNoise in training: x + N(0, deviation²)."""
    if state.overflows or deviation <= 0:
        return state
    second = state.second + deviation**2
    before = state.distribution
    noise = Normal(mean=0.0, variance=deviation**2)
    if isinstance(before, Normal):
        variance = before.variance + deviation**2
        spread = before.spread * (before.variance / variance) ** 2
        after: Distribution | None = Normal(mean=before.mean, variance=variance, spread=spread)
    else:
        after = before and before.plus(noise)
    share = state.second / second
    return state._replace(
        second=second,
        correlations=state.correlations.mapped(lambda c: c * share),
        spent=state.spent + signal_spent(share),
        kurtosis=3 + (state.kurtosis - 3) * share**2,
        spread=state.spread * share**2,
        distribution=after,
        profiles=diluted(state.profiles, share),
    )


def _noisy(state: State, factor: float, shared: bool = False) -> State:
    """Return the state after a multiplication with noise of mean 1 and second moment ``factor``."""
    if state.overflows:
        return state
    correlations = state.correlations.mapped(lambda c: c / factor)
    if shared:
        correlations = correlations.with_places_of(state.correlations)
    return state._replace(
        second=state.second * factor,
        correlations=correlations,
        spent=state.spent + 2 * math.log(factor),
        kurtosis=state.kurtosis * factor,
        spread=state.spread + state.kurtosis * (factor - 1) / state.width,
    )


def alpha_dropout(state: State, rate: float) -> State:
    """Return the state behind AlphaDropout in training.

    a·(x·d − λα(1 − d)) + b with a = (q + Aq(1 − q))^(−1/2), b = aλα(1 − q), q = 1 − rate
    (Klambauer et al. 2017). The mean becomes aqE[x] and the second moment
    a²q·(E[x²] + (1 − q)(A + 2λαE[x])), of which a²q²E[x²] is signal: mean 0 and variance 1 are
    kept, others are not.

    Raises
    ------
    ValueError
        If the rate is not in [0, 1).
    """
    q = 1 - dropout_noise_share(rate)
    if state.overflows or q == 1:
        return state
    square = 1 / (q * (1 + SQUARED_SATURATION * (1 - q)))
    a = math.sqrt(square)
    b = -a * SATURATION * (1 - q)
    added = (1 - q) * (SQUARED_SATURATION - 2 * SATURATION * state.mean)
    second = square * q * (state.second + added)
    share = square * q**2 * state.second / second
    before = state.distribution
    return state._replace(
        mean=a * q * state.mean,
        second=second,
        correlations=state.correlations.mapped(lambda c: share * c),
        spent=state.spent + signal_spent(share) + signal_spent(q),
        spread=state.spread * (square * q * state.second / second) ** 2,
        profiles=diluted(state.profiles, square * q * state.second / second),
        distribution=before
        and before.mapped(lambda x: a * x + b).diluted(1 - q, a * SATURATION + b),
    )
