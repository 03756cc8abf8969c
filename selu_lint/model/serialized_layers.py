"""Reads serialized layers one by one: what each of them is, not how they are connected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

from selu_lint.model.dialects import (
    LINEAR,
    Activation,
    Dialect,
    as_mapping,
    class_of,
    is_built_in,
    is_custom,
    read_activation,
)
from selu_lint.model.kernels import Shape
from selu_lint.model.layer_kinds import (
    ACTIVATIONS,
    ALL_DROPOUTS,
    KEEPS_DISTRIBUTION,
    KERNEL_LAYERS,
    KERNEL_SLOTS,
    MERGES,
    NORMALIZATIONS,
    PREPROCESSING,
    RECURRENT,
)
from selu_lint.model.layers import Layer, Slot
from selu_lint.model.pointers import escaped
from selu_lint.model.shapes import as_shape

_MODEL_CLASSES = frozenset({"Sequential", "Functional", "Model", "Network", "Graph"})
"""Classes whose config lists layers."""

STACK = "StackedRNNCells"
"""The class of cells that are called one after the other."""

_SEQUENTIAL_KEYS = frozenset({"name", "trainable", "dtype", "layers", "build_input_shape"})
_WITHOUT_ACTIVATION = ALL_DROPOUTS | KEEPS_DISTRIBUTION | MERGES | NORMALIZATIONS | PREPROCESSING
_KERAS_1_SLOTS = {"kernel_initializer": "init", "recurrent_initializer": "inner_init"}
_NOT_KERNELS = (
    "bias", "recurrent", "beta", "gamma", "moving_mean", "moving_variance", "embeddings", "alpha",
    "state",
)  # fmt: skip


def is_model(serialized: Mapping[str, Any]) -> bool:
    """Whether a serialized layer is a model that lists its layers."""
    config = serialized.get("config")
    if isinstance(config, list):
        return class_of(serialized) == "Sequential"
    config = as_mapping(config)
    if not isinstance(config.get("layers"), list):
        return False
    name = class_of(serialized)
    return name in _MODEL_CLASSES or "input_layers" in config or set(config) <= _SEQUENTIAL_KEYS


def is_custom_model(serialized: Mapping[str, Any]) -> bool:
    """Whether a model that lists its layers is of a class of the author's, which may do more."""
    if not is_model(serialized):
        return False
    own = class_of(serialized) not in _MODEL_CLASSES and not is_built_in(serialized)
    return own or is_custom(serialized)


def is_nested(serialized: Mapping[str, Any]) -> bool:
    """Whether a serialized layer only holds others, as a model or a stack of cells does."""
    if class_of(serialized) == STACK:
        return isinstance(as_mapping(serialized.get("config")).get("cells"), list)
    return is_model(serialized) and not is_custom_model(serialized)


def is_serialized(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether a value of a config is a layer, or another object of a class."""
    return isinstance(value, dict) and isinstance(value.get("class_name"), str)


def held_in(config: Mapping[str, Any]) -> Iterator[tuple[str, int | None, dict[str, Any]]]:
    """Yield what a config holds that may be a layer: its key, its index in a list, and itself."""
    for key, value in config.items():
        listed = isinstance(value, list)
        for index, item in enumerate(value if listed else [value]):
            if is_serialized(item):
                yield key, index if listed else None, item


def wrapped_in(serialized: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """Return the key and the layer that a wrapper of Keras holds; None if it is no wrapper."""
    config = as_mapping(serialized.get("config"))
    for key in ("layer", "cell") if is_built_in(serialized) else ():
        inner = config.get(key)
        if is_serialized(inner):
            return key, inner
    return None


class PathNumbers:
    """Numbers the layers whose paths repeat, because old releases repeat names.

    The second layer of a path gets ``:2`` behind it, and so on.
    """

    def __init__(self) -> None:
        self._given: set[str] = set()
        self._counts: dict[str, int] = {}

    def unique(self, path: str) -> str:
        """Return the path of the next layer whose names make this one."""
        unique, count = path, self._counts.get(path, 1)
        while unique in self._given:
            count += 1
            unique = f"{path}:{count}"
        self._counts[path] = count
        self._given.add(unique)
        return unique


def is_sequential(serialized: Mapping[str, Any]) -> bool:
    """Whether the layers of a model stand in one row."""
    config = serialized.get("config")
    return isinstance(config, list) or "input_layers" not in as_mapping(config)


def name_of(serialized: Mapping[str, Any], default: object) -> str:
    """Return the name of a layer; one from its class and a default where it has none."""
    name = as_mapping(serialized.get("config")).get("name", serialized.get("name"))
    return name if isinstance(name, str) and name else f"{class_of(serialized)}_{default}"


def declared_input(model: Mapping[str, Any], first: Mapping[str, Any]) -> Shape | None:
    """Return the shape of a Sequential's input, with the batch in front; None if not known."""
    config = as_mapping(first.get("config"))
    for value in (
        config.get("batch_input_shape"),
        config.get("batch_shape"),
        as_mapping(model.get("config")).get("build_input_shape"),
        as_mapping(model.get("build_config")).get("input_shape"),
        as_mapping(first.get("build_config")).get("input_shape"),
        [None, config["input_dim"]] if "input_dim" in config else None,
    ):
        shape = as_shape(value)
        if shape is not None:
            return shape
    return None


def read_layer(
    dialect: Dialect,
    serialized: Mapping[str, Any],
    path: str,
    pointer: str,
    around: tuple[Mapping[str, Any], ...] = (),
    twin: str | None = None,
) -> Layer:
    """Return a layer as it is written.

    Parameters
    ----------
    dialect : Dialect
        How its release writes things.
    serialized : Mapping
        The serialized layer.
    path, pointer : str
        Its path, and the JSON pointer to it.
    around : tuple of Mapping
        The wrappers around it as they are written, outermost first.
    twin : str, optional
        JSON pointer to the same layer for the other direction of a Bidirectional.
    """
    config = as_mapping(serialized.get("config"))
    class_name, built_in = class_of(serialized), is_built_in(serialized)
    places = (pointer,) if twin is None else (pointer, twin)
    names = KERNEL_SLOTS.get(class_name, ()) if built_in else _custom_slots(config)
    bias = _slot(dialect, "bias_initializer", config, places, len(names))
    has_bias = bias.stated and config.get("use_bias", config.get("bias")) is not False
    slots = tuple(_slot(dialect, name, config, places, i) for i, name in enumerate(names))
    opaque = not built_in and not (slots and "activation" in config)
    return Layer(
        path,
        class_name,
        serialized,
        pointer,
        built_in,
        _activation(class_name, config, built_in),
        slots,
        bias if has_bias else None,
        around,
        opaque,
    )


def _custom_slots(config: Mapping[str, Any]) -> tuple[str, ...]:
    suffix = "_initializer"
    return tuple(
        key
        for key in config
        if key.endswith(suffix) and not key.removesuffix(suffix).endswith(_NOT_KERNELS)
    )


def _slot(
    dialect: Dialect,
    name: str,
    config: Mapping[str, Any],
    places: tuple[str, ...],
    position: int,
) -> Slot:
    of_keras_1 = _KERAS_1_SLOTS.get(name, name)
    key = of_keras_1 if of_keras_1 in config and name not in config else name
    value = config.get(key)
    pointers = tuple(f"{place}/config/{escaped(key)}" for place in places)
    return Slot(name, value, dialect.initializer(value), pointers, key in config, position)


def _activation(class_name: str, config: Mapping[str, Any], built_in: bool) -> Activation | None:
    if built_in and class_name in ACTIVATIONS:
        return Activation(ACTIVATIONS[class_name], custom=False, config=config)
    if built_in and class_name in _WITHOUT_ACTIVATION:
        return None
    if "activation" in config:
        return read_activation(config["activation"])
    if built_in and class_name in RECURRENT:
        return Activation("tanh", custom=False, config={})
    return LINEAR if built_in and class_name in KERNEL_LAYERS else None
