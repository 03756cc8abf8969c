"""Where the moments of SELU layers leave the domain in which SELU normalizes.

One pass over the calls with the mean and the second moment alone, so that a rule can run it over
models of ten thousand layers. What other rules find and repair is taken as repaired: kernels of
SELU layers have gain 1, inputs are standardized, dropouts keep mean and variance.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from selu_lint.config_values import finite_number
from selu_lint.dialects import read_initializer
from selu_lint.graph import Call, Layer, ModelGraph
from selu_lint.layer_kinds import (
    ALL_DROPOUTS,
    KEEPS_DISTRIBUTION,
    NORMALIZATIONS,
    RECURRENT,
)
from selu_lint.lecun import bias_moments, judge
from selu_lint.moments import selu_moments

MEANS = (-0.1, 0.1)
VARIANCES = (0.8, 1.5)
"""The domain Ω of theorem 1 of Klambauer et al. 2017, for unit gain."""

_LARGEST = 1e30
_MOST_ORIGINS = 1000


class Prediction(NamedTuple):
    """What is predicted of the values behind a call.

    Attributes
    ----------
    mean, variance : float
        Over units, inputs and draws of the weights.
    normal : bool
        Whether they are normal.
    is_input : bool
        Whether they are the model's input, whose standardization is not this module's matter.
    origins : frozenset of str
        The kernels that they go back to, up to the latest on each way.
    cause : str
        What changed the moments last, for people; empty if nothing did.
    left : Layer or None
        The SELU layer at which they left the domain; None inside it.
    """

    mean: float = 0.0
    variance: float = 1.0
    normal: bool = True
    is_input: bool = False
    origins: frozenset[str] = frozenset()
    cause: str = ""
    left: Layer | None = None


class Excursion(NamedTuple):
    """A stretch of SELU layers outside the domain.

    Attributes
    ----------
    first : Layer
        The SELU layer at which it begins.
    mean, variance : float
        What is predicted behind that one.
    cause : str
        What brought it about.
    length : int
        How many SELU layers it has.
    worst : Layer
        The one whose variance is farthest from 1, by factors.
    worst_variance : float
        Its variance.
    """

    first: Layer
    mean: float
    variance: float
    cause: str
    length: int
    worst: Layer
    worst_variance: float


def excursions(graph: ModelGraph) -> tuple[Excursion, ...]:
    """Return where SELU layers leave the domain, in the order of the calls.

    Nothing is predicted behind layers whose effect is not known, up to the next normalization.
    """
    feeds_selu = frozenset(layer for layer, _ in graph.selu_kernel_layers)
    predictions: dict[Call, Prediction | None] = {}
    found: dict[Layer, Excursion] = {}
    for call in graph.calls:
        prediction = _behind(graph, call, [predictions[each] for each in call.inputs], feeds_selu)
        if prediction is not None and call.layer.applies_selu:
            prediction = _entered(call.layer, prediction, found)
        predictions[call] = prediction
    return tuple(found.values())


def _entered(layer: Layer, prediction: Prediction, found: dict[Layer, Excursion]) -> Prediction:
    mean, variance = prediction.mean, prediction.variance
    if MEANS[0] <= mean <= MEANS[1] and VARIANCES[0] <= variance <= VARIANCES[1]:
        return prediction._replace(left=None, cause="")
    first = prediction.left or layer
    so_far = found.get(first)
    if so_far is None:
        found[first] = Excursion(first, mean, variance, prediction.cause, 1, layer, variance)
    else:
        worse = _distance(variance) > _distance(so_far.worst_variance)
        found[first] = so_far._replace(
            length=so_far.length + 1,
            worst=layer if worse else so_far.worst,
            worst_variance=variance if worse else so_far.worst_variance,
        )
    return prediction._replace(left=first)


def _distance(variance: float) -> float:
    return abs(math.log(max(variance, 1 / _LARGEST)))


def _behind(
    graph: ModelGraph,
    call: Call,
    before: list[Prediction | None],
    feeds_selu: frozenset[Layer],
) -> Prediction | None:
    layer, kind = call.layer, call.layer.class_name
    if not layer.built_in or layer.opaque or kind in RECURRENT:
        return None
    if kind == "InputLayer" and not before:
        return Prediction(is_input=True, origins=frozenset({layer.path}))
    if kind in NORMALIZATIONS or kind == "Normalization":
        return Prediction(origins=frozenset({layer.path}))
    if kind == "Embedding":
        return _embedding(layer)
    given = [each for each in before if each is not None]
    if not given or len(given) < len(before):
        return None
    if len(given) > 1:
        return _merged(layer, given)
    if "SpectralNormalization" in layer.wrappers:
        return None
    if call.is_identity:
        return given[0]
    if layer.kernel_slots:
        return _kernel(graph, layer, given[0], feeds_selu)
    if layer.activation is not None:
        return _activated(layer, given[0])
    if kind in KEEPS_DISTRIBUTION | ALL_DROPOUTS:
        return None if call.pools_whole_image else given[0]
    return _rescaled(layer, given[0]) if kind == "Rescaling" else None


def _kernel(
    graph: ModelGraph, layer: Layer, given: Prediction, feeds_selu: frozenset[Layer]
) -> Prediction | None:
    gain: float | None = 1.0
    cause = given.cause
    for slot in layer.kernel_slots:
        judgement = judge(graph, layer, slot)
        if layer in feeds_selu:
            gain = gain if slot.initializer.known else None
        elif gain is not None:
            gain = None if judgement.gain is None else gain * judgement.gain
    biased = layer not in feeds_selu and bias_moments(graph, layer) != (0.0, 0.0)
    if gain is None or biased:
        return None
    if layer not in feeds_selu:
        cause = f"{layer.class_name} {layer.path} with gain {gain:.2g}"
    q = min(gain * (given.variance + given.mean**2), _LARGEST)
    origins = frozenset({layer.path})
    behind = Prediction(0.0, q, normal=True, origins=origins, cause=cause, left=given.left)
    return _activated(layer, behind)


def _activated(layer: Layer, given: Prediction) -> Prediction | None:
    if layer.activation is None or layer.activation.is_linear:
        return given
    if not layer.applies_selu or not given.normal:
        return None
    moments = selu_moments(given.variance, given.mean)
    return given._replace(mean=moments.mean, variance=moments.variance, normal=False)


def _merged(layer: Layer, given: list[Prediction]) -> Prediction | None:
    kind = layer.class_name
    left = next((each.left for each in given if each.left is not None), None)
    origins = frozenset[str]().union(*(each.origins for each in given))
    if len(origins) > _MOST_ORIGINS:
        return None
    if kind == "Concatenate":
        first = given[0]
        alike = all(
            math.isclose(each.mean, first.mean, abs_tol=0.01)
            and math.isclose(each.variance, first.variance, rel_tol=0.01)
            for each in given
        )
        return first._replace(origins=origins, left=left) if alike else None
    factors = {
        "Add": [1.0] * len(given),
        "Subtract": [1.0] + [-1.0] * (len(given) - 1),
        "Average": [1 / len(given)] * len(given),
    }.get(kind)
    # What goes back to the same kernel is not independent, as in x + Dropout(x).
    if factors is None or len(origins) < sum(len(each.origins) for each in given):
        return None
    pairs = list(zip(given, factors, strict=True))
    return Prediction(
        max(min(math.fsum(factor * each.mean for each, factor in pairs), _LARGEST), -_LARGEST),
        min(math.fsum(factor**2 * each.variance for each, factor in pairs), _LARGEST),
        normal=all(each.normal for each in given),
        origins=origins,
        cause=f"{kind} {layer.path} of {len(given)}",
        left=left,
    )


def _rescaled(layer: Layer, given: Prediction) -> Prediction | None:
    scale = finite_number(layer.config.get("scale"))
    offset = finite_number(layer.config.get("offset", 0.0))
    if scale is None or offset is None or max(abs(scale), abs(offset)) > 1e6:
        return None
    if given.is_input:
        return given
    return given._replace(
        mean=scale * given.mean + offset,
        variance=min(scale**2 * given.variance, _LARGEST),
        cause=f"Rescaling {layer.path} by {scale:.3g}",
    )


def _embedding(layer: Layer) -> Prediction | None:
    initializer = read_initializer(layer.config.get("embeddings_initializer", "uniform"))
    if initializer.variance is None or initializer.distribution not in ("normal", "uniform"):
        return None
    return Prediction(
        initializer.mean,
        initializer.variance,
        normal=initializer.distribution == "normal",
        origins=frozenset({layer.path}),
        cause=f"Embedding {layer.path} with variance {initializer.variance:.2g}",
    )
