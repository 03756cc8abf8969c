"""The layers of an architecture by their paths, and the variables that each keeps in a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from selu_lint.limits import Limits
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

_DIRECTIONS = ("forward_layer", "backward_layer")
_NO_LAYERS = (
    "_initializer",
    "init",
    "_regularizer",
    "_constraint",
    "activation",
    "dtype",
    "policy",
)
_KERNEL_AND_BIAS = DENSE | CONVOLUTIONS | TRANSPOSED_CONVOLUTIONS | LOCALLY_CONNECTED
_WITHOUT_VARIABLES = (
    BUILT_IN_LAYERS - OTHER_BUILT_IN - PREPROCESSING - RECURRENT_CONTAINERS - {"PReLU"}
) | {"Activation", "InputLayer", "TimeDistributed", "Bidirectional", "Resizing", "CenterCrop"}


@dataclass(eq=False)
class Place:
    """A layer, a wrapper or a model at its place in an architecture.

    Attributes
    ----------
    name : str
        Its own name.
    class_name : str
        Its class, without the package that registered it.
    config : Mapping
        Its config.
    attribute : str
        The attribute of its owner that holds it, such as ``layers``, ``layer`` or ``cell``.
    listed : bool
        Whether that attribute is a list.
    operation : bool
        Whether it is an operation of Keras 3, which is no layer and keeps nothing.
    aliases : tuple of str
        Other names that its path may end in.
    owner : Place or None
        What holds it; None for the model itself.
    children : list of Place
        The layers that it holds, in order.
    """

    name: str
    class_name: str
    config: Mapping[str, Any]
    attribute: str = ""
    listed: bool = False
    operation: bool = False
    aliases: tuple[str, ...] = ()
    owner: Place | None = None
    children: list[Place] = field(default_factory=list)

    @property
    def leaves(self) -> Iterator[Place]:
        """The layers below that hold no others; itself if it is one."""
        pending = [self]
        while pending:
            place = pending.pop()
            if not place.children:
                yield place
            pending.extend(reversed(place.children))

    @property
    def line(self) -> tuple[Place, ...]:
        """Its owners from below the root down to itself."""
        places: list[Place] = []
        place: Place | None = self
        while place is not None and place.owner is not None:
            places.append(place)
            place = place.owner
        return tuple(reversed(places))


class LayerTree:
    """All layers of an architecture.

    Parameters
    ----------
    architecture : Mapping
        The serialized model.
    limits : Limits
        Bounds on the number of layers, and on their paths.

    Attributes
    ----------
    root : Place
        The model itself.

    Raises
    ------
    LimitError
        If there are too many layers, or their paths are too long.
    """

    def __init__(self, architecture: Mapping[str, Any], limits: Limits) -> None:
        self.root = Place("", _class_of(architecture), _config_of(architecture))
        self._by_path: dict[str, tuple[Place, ...]] = {}
        self._repeats: dict[str, int] = {}
        left, names_left = limits.layers, limits.names_bytes
        pending: list[tuple[Place, Mapping[str, Any], tuple[str, ...]]] = [
            (self.root, architecture, ())
        ]
        while pending:
            place, serialized, paths = pending.pop()
            held = list(_held(place, serialized))
            left -= len(held)
            if left < 0:
                raise limits.exceeded("layers", "the model has", "layers")
            place.children = [child for child, _ in held]
            paths = tuple(self._register(path, place) for path in paths)
            below = tuple(f"{path}/" for path in paths) if place is not self.root else ("",)
            for child, inner in reversed(held):
                own = (child.name, *child.aliases)
                # Nested Bidirectionals have twice as many paths at each level.
                names_left -= sum(map(len, own)) * len(below) + sum(map(len, below)) * len(own)
                if names_left < 0:
                    raise limits.exceeded("names_bytes", "the paths of its layers take")
                names = [prefix + name for prefix in below for name in own]
                pending.append((child, inner, tuple(names)))

    def find(self, path: str) -> tuple[Place, ...]:
        """Return the layer at a path of names joined with ``/``.

        The layer that a Bidirectional wraps stands for both directions, ``bidi/lstm`` for
        ``bidi/forward_lstm`` and ``bidi/backward_lstm``. Empty if there is no such layer.
        """
        return self._by_path.get(path, ())

    def _register(self, path: str, place: Place) -> str:
        unique, count = path, self._repeats.get(path, 1)
        both = place.attribute in _DIRECTIONS
        # Old releases repeat names; the second layer of a name counts as its second path.
        while unique in self._by_path and not place.children and not both:
            count += 1
            unique = f"{path}:{count}"
        self._repeats[path] = count
        self._by_path[unique] = (*self._by_path.get(unique, ()), place)
        return unique


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


def _held(place: Place, serialized: Mapping[str, Any]) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    config = serialized.get("config")
    if isinstance(config, list):
        config = {"layers": config}
    if not isinstance(config, dict):
        return
    if place.class_name == "Bidirectional" and isinstance(config.get("layer"), dict):
        yield from _directions(place, config["layer"], config.get("backward_layer"))
        return
    for key, value in config.items():
        if key.endswith(_NO_LAYERS):
            continue
        listed = isinstance(value, list)
        for index, item in enumerate(value if isinstance(value, list) else [value]):
            if not isinstance(item, dict) or not isinstance(item.get("class_name"), str):
                continue
            if not isinstance(item.get("config"), dict | list):
                continue
            child = Place(
                _name_of(item, index),
                _class_of(item),
                _config_of(item),
                attribute=key,
                listed=listed,
                operation=".ops." in str(item.get("module")),
                owner=place,
            )
            yield child, item


def _directions(
    place: Place, forward: Mapping[str, Any], backward: object
) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    name = _name_of(forward, 0).removeprefix("forward_")
    for attribute in _DIRECTIONS:
        item, own_name = forward, f"{attribute.removesuffix('layer')}{name}"
        if attribute == "backward_layer" and isinstance(backward, dict):
            item, own_name = backward, _name_of(backward, 0)
        child = Place(
            own_name, _class_of(item), _config_of(item), attribute, aliases=(name,), owner=place
        )
        yield child, item


def _class_of(serialized: Mapping[str, Any]) -> str:
    return str(serialized.get("class_name", "")).rpartition(">")[2]


def _config_of(serialized: Mapping[str, Any]) -> Mapping[str, Any]:
    config = serialized.get("config")
    return config if isinstance(config, dict) else {}


def _name_of(serialized: Mapping[str, Any], index: int) -> str:
    name = _config_of(serialized).get("name", serialized.get("name"))
    return name if isinstance(name, str) and name else f"{_class_of(serialized)}_{index}"
