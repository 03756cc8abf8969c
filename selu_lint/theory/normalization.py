"""Propagation through Rescaling and normalization layers."""

from __future__ import annotations

import math
from typing import Literal

from selu_lint.theory.borders import diluted
from selu_lint.theory.distributions import Distribution, Normal
from selu_lint.theory.moments import signal_spent
from selu_lint.theory.states import SMALLEST_SECOND_MOMENT, State, constant_state

NormalizationKind = Literal["batch", "layer", "instance", "rms", "unit"]
"""``layer`` also stands for GroupNormalization of large groups."""


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
    near = state.correlations.positions
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
