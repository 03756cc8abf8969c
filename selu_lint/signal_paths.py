"""How much of the signal the dropouts of a model leave, along its layers.

Only what SELU and the dropouts behind it take is counted, as if every gain were 1: the theory is
in `selu_lint.moments`. One pass over the calls, linear in their number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

from selu_lint.config_values import finite_number
from selu_lint.graph import Call, Layer, ModelGraph
from selu_lint.layer_kinds import ALL_DROPOUTS, ALPHA_DROPOUTS, MERGES
from selu_lint.moments import (
    SELU_SIGNAL_DECAY,
    SIGNAL_BUDGET,
    alpha_dropout_noise_share,
    dropout_noise_share,
    signal_spent,
)
from selu_lint.noise_repairs import rate_of

_AVERAGING = MERGES - {"Multiply", "Dot"}
_LARGEST_SHARE = 1 - 1e-12
_BISECTIONS = 40


class SignalPath(NamedTuple):
    """The way through a model that takes most of its signal.

    Attributes
    ----------
    spent : float
        What is spent at its end, of `selu_lint.moments.SIGNAL_BUDGET`.
    steps : tuple of (Call, float)
        The SELUs and dropouts on it, in order, each with what is spent behind it.
    """

    spent: float
    steps: tuple[tuple[Call, float], ...]

    @property
    def depth(self) -> int:
        """How many SELU layers are on it."""
        return sum(call.layer.applies_selu for call, _ in self.steps)

    @property
    def dropouts(self) -> tuple[Call, ...]:
        """The dropouts on it."""
        return tuple(call for call, _ in self.steps if not call.layer.applies_selu)

    def lost_after(self, budget: float = SIGNAL_BUDGET) -> tuple[int, Call] | None:
        """Return where the budget is exceeded, with the number of SELU layers up to there."""
        depth = 0
        for call, spent in self.steps:
            depth += call.layer.applies_selu
            if spent > budget:
                return depth, call
        return None


def noise_share(layer: Layer) -> float:
    """Return the share of a standard signal that is noise behind a dropout of any kind.

    0 for a layer that is none, and where its rate is not known.
    """
    if layer.class_name not in ALL_DROPOUTS or not layer.built_in:
        return 0.0
    if layer.class_name == "GaussianNoise":
        deviation = finite_number(layer.config.get("stddev", layer.config.get("sigma"))) or 0.0
        return min(1 - 1 / (1 + deviation * deviation), _LARGEST_SHARE)
    rate = rate_of(layer)
    if rate is None:
        return 0.0
    alpha = layer.class_name in ALPHA_DROPOUTS
    share = alpha_dropout_noise_share(rate) if alpha else dropout_noise_share(rate)
    return min(share, _LARGEST_SHARE)


def costliest_path(graph: ModelGraph) -> SignalPath:
    """Return the path to an output on which most of the signal is lost.

    Dropouts count where SELU reaches them and their call is not fixed to ``training=False``.
    Where a merge adds or joins branches, what is kept of the signal is averaged over them.
    """
    shares = _noise_shares(graph)
    spent = _spent(graph, lambda call: shares.get(call, 0.0))
    call = max(graph.outputs or graph.calls, key=lambda end: spent[end], default=None)
    total = 0.0 if call is None else spent[call]
    steps = []
    while call is not None:
        if call.layer.applies_selu or call in shares:
            steps.append((call, spent[call]))
        call = max(call.inputs, key=lambda source: spent[source], default=None)
    return SignalPath(total, tuple(reversed(steps)))


def largest_noise_share(graph: ModelGraph, budget: float = SIGNAL_BUDGET) -> float | None:
    """Return the largest noise share that, set for every dropout of the model, keeps the budget.

    None if the depth alone exceeds it. In a chain of layers this is the closed form of
    `selu_lint.moments.largest_trainable_rate`.
    """
    shares = _noise_shares(graph)
    ends = graph.outputs or graph.calls

    def spent(share: float) -> float:
        costs = _spent(graph, lambda call: share if call in shares else 0.0)
        return max((costs[end] for end in ends), default=0.0)

    if spent(0.0) > budget:
        return None
    # Bisection in −ln(1 − s), in which what is spent is nearly linear.
    below, above = 0.0, signal_spent(1 - _LARGEST_SHARE)
    for _ in range(_BISECTIONS):
        middle = (below + above) / 2
        if spent(-math.expm1(-middle)) > budget:
            above = middle
        else:
            below = middle
    return -math.expm1(-below)


def _noise_shares(graph: ModelGraph) -> Mapping[Call, float]:
    """Return the noise share of each dropout that SELU reaches."""
    return {
        call: share
        for call in graph.calls
        if (share := noise_share(call.layer)) > 0
        and graph.acts_in_training(call)
        and graph.selu_sources(call)
    }


def _spent(graph: ModelGraph, share_of: Callable[[Call], float]) -> dict[Call, float]:
    spent: dict[Call, float] = {}
    for call in graph.calls:
        before = [spent[source] for source in call.inputs] or [0.0]
        least = min(before)
        if len(before) > 1 and call.layer.class_name in _AVERAGING:
            kept = math.fsum(math.exp(least - one) for one in before) / len(before)
            total = least + signal_spent(kept)
        else:
            total = max(before)
        if call.layer.applies_selu:
            total += signal_spent(SELU_SIGNAL_DECAY)
        spent[call] = total + signal_spent(1 - share_of(call))
    return spent
