"""The variables that the layers of Keras create."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from selu_lint.model.layer_kinds import (
    BUILT_IN_LAYERS,
    CANONICAL,
    CONVOLUTIONS,
    DENSE,
    DEPTHWISE_CONVOLUTIONS,
    LOCALLY_CONNECTED,
    OTHER_BUILT_IN,
    PREPROCESSING,
    RECURRENT,
    RECURRENT_CONTAINERS,
    SEPARABLE_CONVOLUTIONS,
    TRANSPOSED_CONVOLUTIONS,
)
from selu_lint.model.layer_tree import Place

_KERNEL_AND_BIAS = DENSE | CONVOLUTIONS | TRANSPOSED_CONVOLUTIONS | LOCALLY_CONNECTED
_WITHOUT_VARIABLES = (
    BUILT_IN_LAYERS - OTHER_BUILT_IN - PREPROCESSING - RECURRENT_CONTAINERS - {"PReLU"}
) | {"Activation", "InputLayer", "TimeDistributed", "Bidirectional", "Resizing", "CenterCrop"}


def expected_variables(place: Place) -> tuple[tuple[str, bool], ...] | None:
    """Return name and trainability of the variables that a layer creates, in order.

    None where the class does not tell. Source: ``build`` of the Keras layers, 2.0 to 3.15.
    """
    kind = CANONICAL.get(place.class_name, place.class_name)
    config = place.config
    names: tuple[str, ...]
    if kind in _KERNEL_AND_BIAS:
        names = ("kernel", *_bias(config, "bias_axes" if kind == "EinsumDense" else "use_bias"))
    elif kind in DEPTHWISE_CONVOLUTIONS:
        names = ("depthwise_kernel", *_bias(config))
    elif kind in SEPARABLE_CONVOLUTIONS:
        names = ("depthwise_kernel", "pointwise_kernel", *_bias(config))
    elif kind in RECURRENT:
        names = ("kernel", "recurrent_kernel", *_bias(config))
    elif kind in ("LayerNormalization", "GroupNormalization", "BatchNormalization"):
        names = (
            *(("gamma",) if config.get("scale", True) else ()),
            *(("beta",) if config.get("center", True) else ()),
        )
    elif kind == "Embedding":
        names = ("embeddings",)
    elif kind == "PReLU":
        names = ("alpha",)
    elif kind in _WITHOUT_VARIABLES:
        names = ()
    else:
        return None
    trainable = config.get("trainable", True) is not False
    kept = ("moving_mean", "moving_variance") if kind == "BatchNormalization" else ()
    return (*((name, trainable) for name in names), *((name, False) for name in kept))


def _bias(config: Mapping[str, Any], key: str = "use_bias") -> tuple[str, ...]:
    value = config.get(key, config.get("bias", key == "use_bias"))
    return ("bias",) if value not in (False, None) else ()
