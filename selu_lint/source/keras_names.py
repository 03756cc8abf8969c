"""What a dotted name means in Keras, at every home that Keras has had."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, NamedTuple

from selu_lint.model.initializers import canonical_name
from selu_lint.model.layer_kinds import (
    ACTIVATION_NAMES,
    BUILT_IN_LAYERS,
    CANONICAL,
    CODE,
)

_PACKAGES = frozenset({"keras", "tf_keras", "keras_core"})
_INNER = frozenset({"src", "api", "_v1", "_v2", "_tf_keras", "keras", "python"})
_MODELS = frozenset({"Sequential", "Model", "Functional"})
_LAYERS = BUILT_IN_LAYERS | frozenset(CANONICAL) | {"Lambda", "Layer"}
_MERGES = {
    "add": "Add", "subtract": "Subtract", "multiply": "Multiply", "average": "Average",
    "maximum": "Maximum", "minimum": "Minimum", "concatenate": "Concatenate", "dot": "Dot",
    "merge": "Merge",
}  # fmt: skip
_INITIALIZERS = frozenset({"initializers", "init_ops", "init_ops_v2", "initializations"})
_ACTIVATIONS = frozenset({"activations"})
_OPERATIONS = frozenset({"ops", "backend"})
_TENSORFLOW_INITIALIZERS = {
    "random_normal_initializer": "RandomNormal",
    "random_uniform_initializer": "RandomUniform",
    "truncated_normal_initializer": "TruncatedNormal",
    "variance_scaling_initializer": "VarianceScaling",
    "glorot_uniform_initializer": "GlorotUniform",
    "glorot_normal_initializer": "GlorotNormal",
    "orthogonal_initializer": "Orthogonal",
    "zeros_initializer": "Zeros",
    "ones_initializer": "Ones",
    "constant_initializer": "Constant",
}
_FOREIGN = frozenset({"layers", "contrib", "nn.dropout", "estimator"})
_TENSORFLOW_ACTIVATIONS = {
    f"nn.{name}": name
    for name in ("selu", "relu", "relu6", "elu", "gelu", "silu", "swish", "softmax", "softplus")
} | {
    "nn.leaky_relu": "leaky_relu", "nn.sigmoid": "sigmoid", "nn.tanh": "tanh", "tanh": "tanh",
    "sigmoid": "sigmoid", "math.sigmoid": "sigmoid", "math.tanh": "tanh", "nn.softsign": "softsign",
}  # fmt: skip


NameKind = Literal[
    "layer", "model", "input", "initializer", "activation", "merge", "operation", "tensorflow",
    "get", "other",
]  # fmt: skip


class KerasName(NamedTuple):
    """What a dotted name means.

    Attributes
    ----------
    kind : NameKind
        ``merge`` is a function that calls a merge layer, ``operation`` one of ``keras.ops`` or the
        backend, ``tensorflow`` one of its own; ``get`` takes an initializer or activation by name.
    name : str
        The name of today.
    """

    kind: NameKind
    name: str


@lru_cache(maxsize=4096)
def keras_name(dotted: str) -> KerasName | None:
    """Return what a dotted name means; None if it is neither of Keras nor of TensorFlow."""
    parts = dotted.split(".")
    if "keras" in parts[:-1] or parts[0] in _PACKAGES:
        if parts[0] not in _PACKAGES and parts[0] != "tensorflow" and "layers" not in parts:
            return None
        last = max((place for place, part in enumerate(parts[:-1]) if part in _PACKAGES), default=0)
        return _of_keras([part for part in parts[last + 1 :] if part not in _INNER])
    if parts[0] == "tensorflow":
        inside = ".".join(parts[1:])
        for prefix in ("compat.v1.", "compat.v2.", "python.ops.", "python."):
            inside = inside.removeprefix(prefix)
        return _of_tensorflow(inside)
    return None


def _of_keras(parts: list[str]) -> KerasName:
    name = parts[-1] if parts else ""
    places = frozenset(parts[:-1])
    if places & _INITIALIZERS:
        return _initializer(name)
    if places & _ACTIVATIONS:
        if name in ("get", "deserialize"):
            return KerasName("get", "activation")
        return KerasName("activation", name)
    if places & _OPERATIONS and name.islower():
        if name in ACTIVATION_NAMES and "backend" not in places:
            return KerasName("activation", name)
        return KerasName("operation", _camel(name))
    if name in ("Input", "InputLayer"):
        return KerasName("input" if name == "Input" else "layer", name)
    if name in _MODELS:
        return KerasName("model", name)
    if places & {"applications", "datasets", "preprocessing", "utils", "callbacks", "optimizers"}:
        return KerasName("layer" if "layers" in places and name in _LAYERS else "other", name)
    if name in _LAYERS:
        return KerasName("layer", CANONICAL.get(name, name))
    if name in _MERGES and "layers" in places:
        return KerasName("merge", _MERGES[name])
    return KerasName("other", name)


def _initializer(name: str) -> KerasName:
    if name in ("get", "deserialize"):
        return KerasName("get", "initializer")
    kind = canonical_name(name) or canonical_name(name.removesuffix("V2").removesuffix("V1"))
    if name in _TENSORFLOW_INITIALIZERS:
        kind = _TENSORFLOW_INITIALIZERS[name]
    return KerasName("initializer", kind) if kind else KerasName("other", name)


def _of_tensorflow(inside: str) -> KerasName:
    *places, name = inside.split(".")
    if "initializers" in places or inside in _TENSORFLOW_INITIALIZERS:
        return _initializer(name)
    if inside in _TENSORFLOW_ACTIVATIONS:
        return KerasName("activation", _TENSORFLOW_ACTIVATIONS[inside])
    if (places and places[0] in _FOREIGN) or inside in _FOREIGN or name in CODE:
        return KerasName("other", inside)
    return KerasName("tensorflow", inside)


def unbound_name(name: str) -> str | None:
    """Return the dotted name of Keras for a name that nothing binds, None for any other."""
    if name in _MODELS:
        return f"keras.models.{name}"
    if name in _LAYERS - {"Layer", "Merge", "Pipeline"} or name in ("Input", "concatenate"):
        return f"keras.layers.{name}"
    return None


def _camel(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))
