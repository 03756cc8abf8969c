"""The layers of an architecture by their paths, and the variables that each keeps in a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from selu_lint.limits import Limits
from selu_lint.model.dialects import as_mapping, own_class_of
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
from selu_lint.model.serialized_layers import (
    PathNumbers,
    held_in,
    is_nested,
    name_of,
    wrapped_in,
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
    path : str
        The names of its owners and its own, joined with ``/``; numbered where they repeat.
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
    path: str = ""
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
        self.root = Place("", own_class_of(architecture), as_mapping(architecture.get("config")))
        self._by_path: dict[str, tuple[Place, ...]] = {}
        self._numbers = PathNumbers()
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
            numbered = not (is_nested(serialized) or wrapped_in(serialized))
            for path in paths:
                self._register(path, place, numbered)
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

    def _register(self, path: str, place: Place, numbered: bool) -> None:
        # Both directions have one path, that of the layer which a Bidirectional wraps.
        if numbered and place.attribute not in _DIRECTIONS:
            path = self._numbers.unique(path)
        place.path = place.path or path
        self._by_path[path] = (*self._by_path.get(path, ()), place)


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
    for key, index, item in held_in(config):
        if key.endswith(_NO_LAYERS) or not isinstance(item.get("config"), dict | list):
            continue
        child = Place(
            name_of(item, index or 0),
            own_class_of(item),
            as_mapping(item.get("config")),
            attribute=key,
            listed=index is not None,
            operation=".ops." in str(item.get("module")),
            owner=place,
        )
        yield child, item


def _directions(
    place: Place, forward: Mapping[str, Any], backward: object
) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    name = name_of(forward, 0).removeprefix("forward_")
    for attribute in _DIRECTIONS:
        item, own_name = forward, f"{attribute.removesuffix('layer')}{name}"
        if attribute == "backward_layer" and isinstance(backward, dict):
            item, own_name = backward, name_of(backward, 0)
        child = Place(
            own_name,
            own_class_of(item),
            as_mapping(item.get("config")),
            attribute,
            aliases=(name,),
            owner=place,
        )
        yield child, item
