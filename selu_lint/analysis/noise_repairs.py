"""Dropouts behind SELU, and the repairs that turn them into others, in the dialect of the file."""

from __future__ import annotations

from selu_lint.findings import ABSENT, Edit, Fix
from selu_lint.model.config_values import UNKNOWN
from selu_lint.model.graph import ModelGraph
from selu_lint.model.kernels import noise_shape
from selu_lint.model.layer_kinds import ALL_DROPOUTS, STRUCTURED_DROPOUTS
from selu_lint.model.layers import Call, Layer
from selu_lint.model.reach import Reach
from selu_lint.settings import Settings
from selu_lint.theory.moments import (
    alpha_dropout_noise_share,
    dropout_noise_share,
    matched_alpha_rate,
)

_RATE_DIGITS = 4


def rate_of(layer: Layer) -> float | None:
    """Return the rate of a dropout layer (``p`` in Keras 1); None where it is no rate."""
    rate = layer.config.get("rate", layer.config.get("p"))
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate < 1:
        return None
    return float(rate)


def dropouts_behind_selu(graph: ModelGraph) -> tuple[Call, ...]:
    """Return the calls of dropouts and noises that SELU reaches and that act in training."""
    return tuple(
        call
        for call in graph.calls
        if call.layer.class_name in ALL_DROPOUTS
        and call.layer.built_in
        and rate_of(call.layer) != 0
        and graph.acts_in_training(call)
        and graph.selu_sources(call)
    )


def alpha_rate(rate: float, how: str) -> float:
    """Return the rate of the AlphaDropout that replaces a Dropout.

    Parameters
    ----------
    rate : float
        Share of the elements that the Dropout drops.
    how : str
        ``match`` its noise, or ``keep`` its rate.
    """
    if how == "keep":
        return rate
    matched = matched_alpha_rate(rate)
    rounded = round(matched, _RATE_DIGITS)
    # A rate of 1 is none: nothing would be left.
    return rounded if rounded < 1 else matched


def rate_text(rate: float) -> str:
    """Return a rate as people read it: six digits, and more where it would look like 1."""
    text = f"{rate:g}"
    return text if float(text) < 1 else repr(rate)


def noise_data(rate: float, new_rate: float) -> dict[str, object]:
    """Return the numbers that a finding about a dropout behind SELU carries."""
    return {
        "rate": rate,
        "alpha_rate": new_rate,
        "noise_share": round(dropout_noise_share(rate), 4),
        "alpha_noise_share": round(alpha_dropout_noise_share(new_rate), 4),
    }


Found = tuple[str, dict[str, object], Fix | None, str | None]
"""What a finding says about a dropout: message, data, fix, and why there is none."""


def behind(settings: Settings, graph: ModelGraph, layer: Layer, rate: float, after: Reach) -> Found:
    """Return what to say of a Dropout or SpatialDropoutND that takes what SELUs give."""
    new_rate = alpha_rate(rate, settings.alpha_rate)
    why_not = alpha_dropout_impossible(graph, layer)
    fix = None if why_not else to_alpha_dropout(graph, layer, rate, new_rate)
    message = (
        f"{layer.class_name}({rate_text(rate)}) follows the SELU of {after}; "
        f"use AlphaDropout({rate_text(new_rate)})"
    )
    if layer.class_name in STRUCTURED_DROPOUTS:
        message += " with noise_shape"
    elif new_rate != rate:
        message += ", which injects the same noise"
    if why_not:
        message += f" (no fix: {why_not})"
    return message, {**noise_data(rate, new_rate), **after.data("after")}, fix, why_not


def in_front(settings: Settings, layer: Layer, rate: float, ahead: Reach) -> Found:
    """Return what to say of a dropout whose output SELUs take."""
    new_rate = alpha_rate(rate, settings.alpha_rate)
    message = (
        f"{layer.class_name}({rate_text(rate)}) stands in front of the SELU of {ahead} and "
        f"multiplies the variance on the way there by {1 / (1 - rate):.3g} in training; "
        f"use AlphaDropout({rate_text(new_rate)}) behind the SELU"
    )
    data = {**noise_data(rate, new_rate), **ahead.data("before")}
    return message, data, None, "it has to move behind the SELU"


def alpha_dropout_impossible(graph: ModelGraph, layer: Layer) -> str | None:
    """Return why a dropout cannot become an AlphaDropout in this file; None if it can."""
    fault = graph.dialect.release.alpha_dropout
    if fault is not None:
        return f"{graph.dialect.name} {fault}; save the model with a later release first"
    if str(layer.serialized.get("class_name")) != layer.class_name:
        return "it is an operation in the model's code, not a layer"
    shaped = layer.class_name != "Dropout" or layer.config.get("noise_shape") is not None
    if shaped and not graph.dialect.alpha_dropout_saves_noise_shape:
        return "AlphaDropout of Keras 2 loses its noise_shape when the model is saved"
    if any(not graph.selu_sources(call) for call in graph.acting_calls(layer)):
        return "the same layer is also called on something that is not SELU's output"
    return None


def is_computed(layer: Layer) -> bool:
    """Whether the rate of a dropout is what source code computes: there is one, but no number."""
    return bool(layer.config.get("rate", layer.config.get("p")) == UNKNOWN)


def to_alpha_dropout(
    graph: ModelGraph, layer: Layer, rate: float | None, new_rate: float | None
) -> Fix:
    """Return the fix that makes a Dropout or SpatialDropoutND an AlphaDropout.

    A rate of None is one that source code computes; what comes in its place is written there.
    """
    edits = _class_edits(layer, "AlphaDropout")
    if new_rate != rate:
        key = "rate" if "rate" in layer.config else "p"
        edits.append(Edit(f"{layer.pointer}/config/{key}", layer.config[key], new_rate))
    if layer.class_name.startswith("SpatialDropout"):
        shape = noise_shape(layer.class_name, layer.config)
        old = layer.config.get("noise_shape", ABSENT)
        edits.append(Edit(f"{layer.pointer}/config/noise_shape", old, shape))
        if "data_format" in layer.config:
            old = layer.config["data_format"]
            edits.append(Edit(f"{layer.pointer}/config/data_format", old, ABSENT))
    unsafe = None
    told = {call.training for call in graph.calls_of(layer)}
    if True in told:
        unsafe = "it is called with training=True, so it changes inference"
    elif "tensor" in told:
        unsafe = "a tensor of the model says when it acts, so it may change inference"
    old, new = layer.class_name, "AlphaDropout"
    if rate is not None and new_rate is not None:
        old, new = f"{old}({rate_text(rate)})", f"{new}({rate_text(new_rate)})"
    return Fix(f"replace {old} by {new}", tuple(edits), unsafe=unsafe)


def to_dropout(layer: Layer) -> Fix:
    """Return the fix that makes an AlphaDropout a Dropout with the same rate."""
    return Fix(
        "replace AlphaDropout by Dropout",
        tuple(_class_edits(layer, "Dropout")),
        unsafe="Dropout changes what the network is trained with",
    )


def _class_edits(layer: Layer, class_name: str) -> list[Edit]:
    """Return the edits that make a layer one of another class of Keras's public layers."""
    written = layer.serialized
    new = {"class_name": class_name}
    package, *inside = str(written.get("module")).split(".")
    if "_legacy" in inside or "src" in inside:
        new["module"] = f"{package}.layers"
    edits = [Edit(f"{layer.pointer}/{key}", written.get(key), new[key]) for key in new]
    if written.get("registered_name") is not None:
        edits.append(Edit(f"{layer.pointer}/registered_name", written["registered_name"], None))
    return edits
