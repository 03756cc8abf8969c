"""What a normalization layer makes of its input: by which statistics, and with which factors.

In training BatchNormalization takes the statistics of the batch, in inference its moving ones; a
frozen one takes these in both. What a file stores of them are statistics of the data. ``gamma`` and
``beta`` are weights: taken as they are drawn, unless the layer is frozen.
"""

from __future__ import annotations

import math

from selu_lint.analysis.statistics import (
    Channels,
    initial_variables,
    stored_variables,
    was_adapted,
)
from selu_lint.model.config_values import finite_number
from selu_lint.model.graph import ModelGraph
from selu_lint.model.layers import Call
from selu_lint.theory import normalization
from selu_lint.theory.states import State

_KINDS: dict[str, normalization.NormalizationKind] = {
    "BatchNormalization": "batch",
    "LayerNormalization": "layer",
    "GroupNormalization": "layer",
    "InstanceNormalization": "instance",
    "RMSNormalization": "rms",
    "UnitNormalization": "unit",
}


def normalized(graph: ModelGraph, call: Call, state: State, training: bool) -> State | None:
    """Return the state behind a normalization layer; None where it is not known.

    ``docs/predictions.md`` says which statistics and factors are used where.
    """
    layer = call.layer
    kind, epsilon = _KINDS.get(layer.class_name), finite_number(layer.config.get("epsilon", 1e-3))
    # Keras 1 had other modes; what rms_scaling does differs between releases of Keras 3.
    if kind is None or layer.config.get("mode") or layer.config.get("rms_scaling"):
        return None
    drawn = initial_variables(layer)
    if epsilon is None or epsilon < 0 or drawn is None:
        return None
    frozen = layer.config.get("trainable") is False and graph.dialect.freezes_statistics
    by_batch = training and graph.acts_in_training(call) and not frozen
    if kind != "batch" or by_batch:
        return normalization.normalization(state, kind, epsilon, drawn.gamma[0], drawn.beta[0])
    stored = stored_variables(graph, layer)
    if stored is None and frozen:
        return None
    gamma, beta, _ = stored if stored is not None and frozen else drawn
    moving = drawn.moving if stored is None else stored.moving
    deviations = [math.sqrt(max(v, 0.0) + epsilon) for v in moving.variances]
    if not all(deviations):
        return None
    behind: State | None = state
    scales = tuple(1 / deviation for deviation in deviations)
    offsets = tuple(-m * s for m, s in zip(moving.means, scales, strict=True))
    if was_adapted(moving, drawn.moving):
        # They are the statistics of what comes here, whatever is predicted of it.
        behind = normalization.normalization(state, "batch", 0.0)
        scales = tuple(s * math.sqrt(v) for s, v in zip(scales, moving.variances, strict=True))
        offsets = (0.0,)
    if behind is None or behind.variance == 0:
        return None
    after = Channels((behind.mean,), (behind.variance,)).scaled(scales, offsets)
    after = after and after.scaled(gamma, beta)
    if after is None:
        return None
    factor = math.sqrt(after.variance / behind.variance)
    return normalization.rescale(behind, factor, after.mean - factor * behind.mean)
