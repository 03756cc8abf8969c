"""The layers of an architecture at their places: the one walk over serialized models.

The graph adds the calls, which lead from one place to another; files of weights keep the variables
of each place, by the attribute of its owner that holds it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from selu_lint.errors import SeluLintError
from selu_lint.limits import Limits
from selu_lint.model.dialects import as_mapping, is_built_in, own_class_of
from selu_lint.model.document import Document
from selu_lint.model.pointers import escaped
from selu_lint.model.serialized_layers import (
    LAYER_KEYS,
    PathNumbers,
    Role,
    is_serialized,
    name_of,
    role_of,
)

_NO_LAYERS = (
    "_initializer", "init", "_regularizer", "_constraint", "activation", "dtype", "policy",
)  # fmt: skip


class Place:
    """A layer, a wrapper or a model at its place in an architecture.

    Attributes
    ----------
    name : str
        Its own name.
    serialized : Mapping
        It as it is written.
    pointer : str
        JSON pointer to it.
    owner : Place or None
        What holds it; None for the model itself.
    attribute : str
        The attribute of its owner that holds it, such as ``layers``, ``layer`` or ``cell``.
    listed : bool
        Whether that attribute is a list.
    shared : str or None
        The name for both directions, where it is one of those of a Bidirectional.
    built_in : bool
        Whether it is a layer of Keras, whose class and config tell all that it does.
    role : Role
        What it does with the layers that it holds.
    path : str
        The names of its owners and its own; see `PathNumbers`.
    layer : str
        The path of the layer in the graph: the directions of a Bidirectional have one.
    children : sequence of Place
        The layers that it holds, in order.
    others : tuple of Place
        Of the forward direction of a Bidirectional, and of what that holds: the counterparts.
    """

    def __init__(
        self,
        name: str,
        serialized: Mapping[str, Any],
        pointer: str,
        owner: Place | None = None,
        attribute: str = "",
        listed: bool = False,
        shared: str | None = None,
    ) -> None:
        self.name = name
        self.serialized = serialized
        self.pointer = pointer
        self.owner = owner
        self.attribute = attribute
        self.listed = listed
        self.shared = shared
        self.built_in = is_built_in(serialized)
        self.role = role_of(serialized, self.built_in)
        self.path = self.layer = ""
        self.children: Sequence[Place] = ()
        self.others: tuple[Place, ...] = ()

    @property
    def class_name(self) -> str:
        """Its class, without the package that registered it."""
        return own_class_of(self.serialized)

    @property
    def config(self) -> Mapping[str, Any]:
        """Its config; empty where there is none."""
        return as_mapping(self.serialized.get("config"))

    @property
    def operation(self) -> bool:
        """Whether it is an operation of Keras 3, which is no layer and keeps nothing."""
        return ".ops." in str(self.serialized.get("module"))

    @property
    def innermost(self) -> Place:
        """What it wraps, through all wrappers; itself if it wraps nothing."""
        place = self
        while place.role is Role.WRAPPER:
            place = place.children[0]
        return place

    @property
    def directions(self) -> tuple[Place, ...]:
        """It in both directions of a Bidirectional; itself alone elsewhere."""
        return (self, *self.others)

    @property
    def pointers(self) -> tuple[str, ...]:
        """The JSON pointers to it in both directions, through wrappers around the other one."""
        if not self.others:
            return (self.pointer,)
        return tuple(dict.fromkeys(each.innermost.pointer for each in self.directions))

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
        while place is not None and place.attribute:
            places.append(place)
            place = place.owner
        return tuple(reversed(places))


_Pair = tuple[Place, Place | None]
"""A place, and the one that it is the other direction of, in a Bidirectional."""


class LayerTree:
    """All layers of an architecture.

    Parameters
    ----------
    architecture : Mapping
        The serialized model.
    limits : Limits
        Bounds on the number of layers, and on their paths.
    orphans : Mapping
        Serialized layers by path that no config shows, where the architecture does not hold them.

    Attributes
    ----------
    root : Place
        The model itself.
    orphans : list of Place
        The layers that no config shows, by their paths.

    Raises
    ------
    SeluLintError
        If a model lists something else than layers.
    LimitError
        If there are too many layers, or their paths are too long.
    """

    def __init__(
        self,
        architecture: Mapping[str, Any],
        limits: Limits,
        orphans: Mapping[str, Mapping[str, Any]] = {},
    ) -> None:
        self._limits = limits
        self._layers_left, self._names_left = limits.layers, limits.names_bytes
        self._by_path: dict[str, Place] = {}
        self._forward: dict[str, Place] = {}
        self._numbers = PathNumbers()
        self.root = Place("", architecture, "")
        if not self.root.role.lists_layers:
            self.root.path = self.root.layer = name_of(architecture, 0)
        self.orphans = [
            Place(path, serialized, f"/orphans/{escaped(path)}", attribute="orphans")
            for path, serialized in (as_mapping(architecture.get("orphans")) or orphans).items()
            if is_serialized(serialized)
        ]
        pending: list[_Pair] = [(place, None) for place in reversed(self.orphans)]
        pending += self._expanded(self.root, None)
        while pending:
            place, forward = pending.pop()
            self._number(place, forward)
            pending += self._expanded(place, forward)

    @classmethod
    def of(cls, document: Document) -> LayerTree:
        """Return the tree of a document, with the layers whose connections are unknown."""
        return cls(document.architecture or {}, document.limits, document.orphans)

    @property
    def leaves(self) -> Iterator[Place]:
        """All layers that hold no others."""
        for top in (self.root, *self.orphans):
            yield from top.leaves

    def find(self, path: str) -> tuple[Place, ...]:
        """Return the layer at a path of names joined with ``/``.

        The layer that a Bidirectional wraps stands for both directions, ``bidi/lstm`` for
        ``bidi/forward_lstm`` and ``bidi/backward_lstm``. Empty if there is no such layer.
        """
        place = self._by_path.get(path)
        return (place,) if place is not None else self.directions(path)

    def directions(self, layer: str) -> tuple[Place, ...]:
        """Return the places of a layer of the graph, of both directions of a Bidirectional."""
        place = self._forward.get(layer) or self._by_path.get(layer)
        return () if place is None else place.directions

    def _number(self, place: Place, forward: Place | None) -> None:
        path = self._numbers.below(
            place.owner.path if place.owner else "", place.name, place.shared
        )
        place.path, place.layer = path, self._numbers.shared(path)
        self._by_path[path] = place
        if forward is not None:
            # The one direction may have a wrapper less than the other.
            forward = forward if place.role is Role.WRAPPER else forward.innermost
            forward.others += (place,)
            place.layer = forward.layer
        elif place.layer != path:
            self._forward.setdefault(place.layer, place)
        # A pointer stands again in each slot, of which a layer of a user's class may have many.
        times = 3 if place.built_in else 1 + len(place.config)
        self._names_left -= len(path) + len(place.layer) + len(place.pointer) * times
        if self._names_left < 0:
            raise self._limits.exceeded("names_bytes", "the paths of its layers take")

    def _expanded(self, place: Place, forward: Place | None) -> list[_Pair]:
        """Give a place its children; return them, the last first, each with its counterpart."""
        if place.role is Role.LAYER and place.built_in:
            return []
        place.children = list(_held(place))
        self._layers_left -= len(place.children)
        if self._layers_left < 0:
            raise self._limits.exceeded("layers", "the model has", "layers")
        counterparts: Sequence[Place | None] = [None] * len(place.children)
        if place.children and place.children[0].shared is not None:
            counterparts = [None, place.children[0]]
        elif forward is not None and len(forward.children) == len(place.children):
            counterparts = forward.children
        return list(zip(reversed(place.children), reversed(counterparts), strict=True))


def _held(place: Place) -> Iterator[Place]:
    """Yield the layers that a config holds; of a user's class all objects that may be layers.

    Raises
    ------
    SeluLintError
        If a model lists something else.
    """
    config = place.serialized.get("config")
    where, nameless = f"{place.pointer}/config", isinstance(config, list)
    if isinstance(config, list):
        config = {"layers": config}
    if not isinstance(config, dict):
        return
    if (
        place.class_name == "Bidirectional"
        and place.built_in
        and is_serialized(config.get("layer"))
    ):
        yield from _directions(place, where)
        return
    for key, value in config.items():
        of_keras = key in LAYER_KEYS
        if not of_keras and (place.built_in or key.endswith(_NO_LAYERS)):
            continue
        listed = isinstance(value, list)
        below = where if nameless else f"{where}/{escaped(key)}"
        for index, item in enumerate(value if listed else [value]):
            at = f"{below}/{index}" if listed else below
            if is_serialized(item) and (of_keras or isinstance(item.get("config"), dict | list)):
                yield Place(name_of(item, index), item, at, place, key, listed)
            elif of_keras and listed and place.role.lists_layers:
                raise SeluLintError(f"the architecture is damaged: {at} is no serialized layer")


def _directions(place: Place, where: str) -> Iterator[Place]:
    """Yield both directions of a Bidirectional; its config may tell of one only."""
    inner, backward = place.config["layer"], place.config.get("backward_layer")
    shared = name_of(inner, 0)
    name, at = shared.removeprefix("forward_"), f"{where}/layer"
    yield Place(f"forward_{name}", inner, at, place, "forward_layer", shared=shared)
    name = f"backward_{name}"
    if is_serialized(backward):
        name, inner, at = name_of(backward, 0), backward, f"{where}/backward_layer"
    yield Place(name, inner, at, place, "backward_layer", shared=shared)
