"""What a model's inputs are taken to be, from what the model itself shows of them.

Pixels are recognized by what the model does to them, statistics of the data by the layers that hold
them; of anything else the premise is said, never hidden.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from selu_lint.analysis.pixels import (
    COLOR_PIXELS,
    GREY_PIXELS,
    LARGEST_PIXEL,
    integer_type,
    scales_and_offsets,
    scales_pixels,
)
from selu_lint.analysis.statistics import Channels, moving_statistics, statistics_of
from selu_lint.model.graph import ModelGraph
from selu_lint.model.kernels import channels_of
from selu_lint.model.layer_kinds import RESHAPES
from selu_lint.model.layers import Call, Layer

_PASSED = frozenset(
    (RESHAPES - {f"ZeroPadding{n}D" for n in (1, 2, 3)}) | {"InputLayer", "Resizing", "CenterCrop"}
)
_ENCODERS = frozenset(
    {"Embedding", "CategoryEncoding", "StringLookup", "IntegerLookup", "TextVectorization"}
    | {"Hashing", "HashedCrossing", "Discretization"}
)
_LARGEST = 1e30


STANDARD = Channels((0.0,), (1.0,))


class Premise(NamedTuple):
    """What an input is taken to be.

    Attributes
    ----------
    text : str
        For people, such as ``as N(0, 1)``.
    channels : Channels or None
        Its moments; None where nothing can be known of them.
    """

    text: str
    channels: Channels | None


def stated(channels: Channels, how: str) -> Premise:
    """Return the premise that someone gave: ``how`` is ``measured`` or ``given``."""
    mean, deviation = channels.mean, math.sqrt(channels.variance)
    return Premise(f"with mean {mean:.3g} and deviation {deviation:.3g}, as {how}", channels)


def premises(
    graph: ModelGraph, given: Mapping[str, Premise] | Premise | None = None
) -> dict[Call, Premise]:
    """Return what each input of the model is taken to be.

    Parameters
    ----------
    graph : ModelGraph
        The model.
    given : Premise or Mapping, optional
        What is said of all inputs, or of inputs by their path.
    """
    found = {}
    for call in graph.calls:
        if call.layer.class_name != "InputLayer" or call.inputs:
            continue
        said = given.get(call.layer.path) if isinstance(given, Mapping) else given
        found[call] = said or _premise(graph, call)
    return found


def preprocessed(
    graph: ModelGraph, taken: Mapping[Call, Premise] | None
) -> dict[Call, Channels | None]:
    """Return the moments behind inputs, and behind Rescaling and Normalization of inputs alone.

    Parameters
    ----------
    graph : ModelGraph
        The model.
    taken : Mapping, optional
        What its inputs are taken to be; if not given, all that stands here counts as standardized.
    """
    channels: dict[Call, Channels | None] = {}
    for call in graph.calls:
        layer, kind = call.layer, call.layer.class_name
        if kind == "InputLayer" and not call.inputs:
            channels[call] = STANDARD if taken is None else taken[call].channels
        elif taken is None and kind in ("Rescaling", "Normalization"):
            if layer.built_in and all(source in channels for source in call.inputs):
                channels[call] = STANDARD
        elif len(call.inputs) == 1 and call.inputs[0] in channels and layer.built_in:
            before = channels[call.inputs[0]]
            if kind in _PASSED or kind.startswith("Random"):
                channels[call] = before
            elif kind == "Rescaling":
                channels[call] = before and _rescaled(layer, before)
            elif kind == "Normalization":
                channels[call] = before and _normalized(graph, layer, before)
    return channels


def _premise(graph: ModelGraph, call: Call) -> Premise:
    met = list(_first_met(graph, call))
    for each in met:
        if each.class_name == "Normalization":
            return _premise_of_normalization(graph, each)
        if each.class_name == "BatchNormalization":
            met_in_training = moving_statistics(graph, each)
            if met_in_training is not None:
                return _held(each, met_in_training)
    if met and all(each.class_name in _ENCODERS for each in met):
        return Premise("as categories or tokens, encoded by the model", None)
    dtype = integer_type(call.layer)
    image = len(call.output_shape or ()) == 4 or len(call.output_shape or ()) == 5
    scalings = [pair for each in met for pair in scales_and_offsets(each)]
    pixels = dtype == "uint8" and image
    for scale, _ in scalings:
        pixels = pixels or scales_pixels(scale) or (image and 0 < scale <= 1 / 16)
    if pixels:
        return _pixels(call, scalings)
    if dtype is not None:
        return Premise(f"as unknown: it is of type {dtype}", None)
    return Premise("as N(0, 1)", STANDARD)


def _pixels(call: Call, scalings: list[tuple[float, float]]) -> Premise:
    """Return the moments of pixels: those that the model standardizes by, or of known data."""
    channels = channels_of(call.layer.config, call.output_shape)
    grey = channels == 1 or len(call.output_shape or ()) < 4
    mean, deviation = GREY_PIXELS if grey else COLOR_PIXELS
    claimed = [(-offset / scale, 1 / scale) for scale, offset in scalings if scale > 0]
    # No values between 0 and 255 have a variance above mean·(255 − mean).
    if claimed and all(0 < s**2 < 0.8 * m * (LARGEST_PIXEL - m) for m, s in claimed):
        found = Channels(tuple(m for m, _ in claimed), tuple(s**2 for _, s in claimed))
    else:
        found = Channels((mean,), (deviation**2,))
    mean, deviation = found.mean, math.sqrt(found.variance)
    return Premise(f"as pixels 0 to 255, mean {mean:.0f}, deviation {deviation:.0f}", found)


def _premise_of_normalization(graph: ModelGraph, layer: Layer) -> Premise:
    if layer.config.get("invert"):
        return Premise("as N(0, 1)", STANDARD)
    statistics = statistics_of(graph, layer)
    if statistics is None:
        return Premise(f"as what {layer.path} will be adapted to", STANDARD)
    adapted = layer.config.get("mean") is not None or statistics != Channels(
        (0.0,) * len(statistics.means), (1.0,) * len(statistics.variances)
    )
    if not adapted:
        return Premise(f"as unknown: {layer.path} was never adapted", None)
    return _held(layer, statistics)


def _held(layer: Layer, statistics: Channels) -> Premise:
    return Premise(f"as the data that {layer.path} holds the statistics of", statistics)


def _first_met(graph: ModelGraph, call: Call) -> Iterator[Layer]:
    """Yield the first layers behind an input that do more than move its values."""
    pending, seen = [call], set[Call]()
    while pending:
        for consumer in graph.consumers(pending.pop()):
            if consumer in seen:
                continue
            seen.add(consumer)
            kind = consumer.layer.class_name
            if kind in _PASSED or kind.startswith("Random"):
                pending.append(consumer)
            else:
                yield consumer.layer


def _rescaled(layer: Layer, before: Channels) -> Channels | None:
    pairs = scales_and_offsets(layer)
    if not pairs:
        return None
    return before.scaled(tuple(scale for scale, _ in pairs), tuple(offset for _, offset in pairs))


def _normalized(graph: ModelGraph, layer: Layer, before: Channels) -> Channels | None:
    statistics = statistics_of(graph, layer)
    if statistics is None:
        # It will be adapted to what comes.
        return None if layer.config.get("invert") else STANDARD
    deviations = tuple(max(math.sqrt(max(v, 0.0)), 1e-7) for v in statistics.variances)
    if layer.config.get("invert"):
        return before.scaled(deviations, statistics.means)
    means, deviations = Channels._matched(statistics.means, deviations)
    return before.scaled(
        tuple(1 / deviation for deviation in deviations),
        tuple(-mean / deviation for mean, deviation in zip(means, deviations, strict=True)),
    )
