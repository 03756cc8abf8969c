"""Recognizing activations that are meant as SELU and are not, or cannot be seen to be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from selu_lint.model.config_values import finite_number
from selu_lint.model.dialects import Activation
from selu_lint.model.graph import ModelGraph
from selu_lint.model.layers import Layer
from selu_lint.theory.moments import ALPHA, LAMBDA

_NAME = r"(?:^|[^a-z])selu(?:$|[^a-z])|scaled_?elu|scaledexponentiallinear"
_ALPHA_TOLERANCE = 0.1
_SCALE_TOLERANCE = 0.045
_EXACT = 1e-3


class NearSelu(NamedTuple):
    """An activation that is nearly SELU.

    Attributes
    ----------
    message : str
        What it is, and what it lacks.
    data : Mapping
        Its constants: ``alpha`` and ``scale``, None where they are not known.
    """

    message: str
    data: Mapping[str, float | str | None]


def near_selu(graph: ModelGraph, layer: Layer) -> NearSelu | None:
    """Return what is nearly SELU in a layer's activation; None for SELU and for all others."""
    activation = layer.activation
    if not layer.built_in and re.search(_NAME, layer.class_name.lower()):
        return _of_the_author(f"layer {layer.class_name}")
    if activation is None or activation.is_selu:
        return None
    if activation.custom:
        named = re.search(_NAME, activation.name.lower())
        return _of_the_author(f"activation {activation.name}") if named else None
    if activation.name == "elu":
        alpha = finite_number(activation.config.get("alpha", 1.0))
        return None if alpha is None else _of_elu(alpha, _factor(graph, layer))
    if activation.name in ("leaky_relu", "relu"):
        return _of_slope(activation)
    return None


def _of_the_author(what: str) -> NearSelu:
    message = f"{what} is the model's own code, whose constants cannot be seen"
    return NearSelu(message, {"alpha": None, "scale": None})


def _of_elu(alpha: float, scale: float | None) -> NearSelu | None:
    data = {"alpha": alpha, "scale": scale}
    if scale is None:
        if not _like_alpha(alpha):
            return None
        return NearSelu(f"ELU(alpha={alpha:.5g}) lacks SELU's scale of {LAMBDA:.4f}", data)
    if abs(alpha / ALPHA - 1) < _EXACT and abs(scale / LAMBDA - 1) < _EXACT:
        message = "ELU times a constant is SELU written by hand, which no tool recognizes"
        return NearSelu(message, data)
    swapped = _like_scale(alpha) and _like_alpha(scale)
    if not (_like_alpha(alpha) or _like_scale(scale) or swapped):
        return None
    message = (
        f"ELU(alpha={alpha:.5g}) times {scale:.5g} is not SELU, which has alpha {ALPHA:.4f} and "
        f"scale {LAMBDA:.4f}"
    )
    return NearSelu(message, data)


def _of_slope(activation: Activation) -> NearSelu | None:
    config = activation.config
    slope = finite_number(config.get("negative_slope", config.get("alpha")))
    if slope is None or not _like_alpha(slope):
        return None
    kind = "LeakyReLU" if activation.name == "leaky_relu" else "ReLU"
    message = f"{kind} with SELU's alpha as slope ({slope:.5g}) does not saturate as SELU does"
    return NearSelu(message, {"alpha": slope, "scale": None})


def _like_alpha(value: float) -> bool:
    near = abs(value - ALPHA) <= _ALPHA_TOLERANCE
    return near or abs(value - ALPHA * LAMBDA) <= _ALPHA_TOLERANCE / 2


def _like_scale(value: float) -> bool:
    return abs(value - LAMBDA) <= _SCALE_TOLERANCE


def _factor(graph: ModelGraph, layer: Layer) -> float | None:
    """Return the constant that the output of a layer is multiplied by; None if there is none."""
    for call in graph.calls_of(layer):
        for consumer in graph.consumers(call):
            kind, config = consumer.layer.class_name, consumer.layer.config
            if not consumer.layer.built_in or len(consumer.inputs) != 1:
                continue
            if kind == "Rescaling" and finite_number(config.get("offset", 0.0)) == 0:
                return finite_number(config.get("scale"))
            if kind == "Multiply":
                return consumer.constants[0] if len(consumer.constants) == 1 else None
    return None
