"""Reads serialized layers one by one: what each of them is, not how they are connected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum, auto
from typing import Any, TypeGuard, TypeVar

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

T = TypeVar("T")

_MODEL_CLASSES = frozenset({"Sequential", "Functional", "Model", "Network", "Graph"})
"""Classes whose config lists layers."""

LAYER_KEYS = frozenset({"layers", "cells", "layer", "cell", "backward_layer"})
"""The keys under which configs of Keras's own layers and models hold others."""

_STACK = "StackedRNNCells"

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
    layers = config.get("layers")
    if not isinstance(layers, list):
        return False
    if class_of(serialized) in _MODEL_CLASSES:
        return True
    as_models = "input_layers" in config or set(config) <= _SEQUENTIAL_KEYS
    # A layer of a user's class may list the sizes of its layers.
    return as_models and all(map(is_serialized, layers))


def is_custom_model(serialized: Mapping[str, Any]) -> bool:
    """Whether a model that lists its layers is of a class of the author's, which may do more."""
    if not is_model(serialized):
        return False
    own = class_of(serialized) not in _MODEL_CLASSES and not is_built_in(serialized)
    return own or is_custom(serialized)


def is_serialized(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether a value of a config is a layer, or another object of a class."""
    return isinstance(value, dict) and isinstance(value.get("class_name"), str)


class Role(Enum):
    """What a serialized layer does with the layers that its config holds."""

    LAYER = auto()
    """It has none, or its class, which is the author's, calls them somehow."""
    MODEL = auto()
    """It only holds them, as a model or a stack of cells does."""
    CUSTOM_MODEL = auto()
    """It lists them as a model does, and its class, which is the author's, may do more."""
    WRAPPER = auto()
    """It wraps one, as ``TimeDistributed``, ``Bidirectional`` and ``RNN`` do."""
    MERGE = auto()
    """A Merge of Keras 1 merges what they give."""

    @property
    def lists_layers(self) -> bool:
        """Whether it is a model."""
        return self in (Role.MODEL, Role.CUSTOM_MODEL)


def role_of(serialized: Mapping[str, Any], built_in: bool) -> Role:
    """Return what a serialized layer, Keras's or not, does with the layers that it holds."""
    config = serialized.get("config")
    if isinstance(config, dict) and LAYER_KEYS.isdisjoint(config):
        return Role.LAYER
    if is_model(serialized):
        return Role.CUSTOM_MODEL if is_custom_model(serialized) else Role.MODEL
    config = as_mapping(config)
    if class_of(serialized) == _STACK and isinstance(config.get("cells"), list):
        return Role.MODEL
    if serialized.get("class_name") == "Merge" and config.get("layers"):
        return Role.MERGE
    wraps = is_serialized(config.get("layer")) or is_serialized(config.get("cell"))
    return Role.WRAPPER if wraps and built_in else Role.LAYER


class PathNumbers:
    """Gives layers their paths: the names of what holds them and their own, joined with ``/``.

    Old releases repeat names: the second layer of a path gets ``:2`` behind it, and so on. The
    directions of a Bidirectional have paths of their own, and one for both.
    """

    def __init__(self) -> None:
        self._given: set[str] = set()
        self._counts: dict[str, int] = {}
        self._shared: dict[str, str] = {}

    def below(self, owner: str, name: str, shared: str | None = None) -> str:
        """Return the path of the next layer.

        Parameters
        ----------
        owner : str
            The path of what holds it; empty for the outermost model.
        name : str
            Its name.
        shared : str, optional
            The name for both directions, where it is one of them.
        """
        path = unique = f"{owner}/{name}" if owner else name
        if path in self._given:
            count = self._counts.get(path, 1)
            while unique in self._given:
                count += 1
                unique = f"{path}:{count}"
            self._counts[path] = count
        self._given.add(unique)
        if shared is not None or owner in self._shared:
            around = self._shared.get(owner, owner)
            self._shared[unique] = (
                around + unique[len(owner) :] if shared is None else f"{around}/{shared}"
            )
        return unique

    def shared(self, path: str) -> str:
        """Return the path for both directions of a Bidirectional; where there is none, itself."""
        return self._shared.get(path, path)

    def table(self, found: Iterable[tuple[str, T]]) -> dict[str, tuple[T, ...]]:
        """Return what was found by its path, and of both directions by the path for both."""
        own: dict[str, tuple[T, ...]] = {}
        both: dict[str, tuple[T, ...]] = {}
        for path, each in found:
            own[path] = (each,)
            both[self.shared(path)] = (*both.get(self.shared(path), ()), each)
        return both | own


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
    pointers: tuple[str, ...],
    around: tuple[Mapping[str, Any], ...],
    built_in: bool,
) -> Layer:
    """Return a layer as it is written.

    Parameters
    ----------
    dialect : Dialect
        How its release writes things.
    serialized : Mapping
        The serialized layer.
    path : str
        Its path.
    pointers : tuple of str
        The JSON pointers to it: one, or one for each direction of a Bidirectional.
    around : tuple of Mapping
        The wrappers around it as they are written, outermost first.
    built_in : bool
        Whether it is a layer of Keras.
    """
    config = as_mapping(serialized.get("config"))
    class_name = class_of(serialized)
    names = KERNEL_SLOTS.get(class_name, ()) if built_in else _custom_slots(config)
    bias = _slot(dialect, "bias_initializer", config, pointers, len(names))
    has_bias = bias.stated and config.get("use_bias", config.get("bias")) is not False
    slots = tuple(_slot(dialect, name, config, pointers, i) for i, name in enumerate(names))
    opaque = not built_in and not (slots and "activation" in config)
    return Layer(
        path,
        class_name,
        serialized,
        pointers[0],
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
