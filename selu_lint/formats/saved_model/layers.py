"""What Keras 2 left in a SavedModel about its layers: their JSON, names and variables.

The metadata of a layer are JSON texts on the nodes of the object graph, up to TensorFlow 2.4 in the
node itself (``SavedUserObject.metadata``), from 2.5 on in ``keras_metadata.pb``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from selu_lint.errors import SeluLintError
from selu_lint.formats.saved_model.messages import parse
from selu_lint.formats.saved_model.objects import ObjectGraph
from selu_lint.limits import Limits
from selu_lint.model.serialized_layers import LAYER_KEYS, PathNumbers
from selu_lint.storage import strict_json

KERAS_METADATA = "keras_metadata.pb"
# Attributes that lead to lists of the same layers again, or to no layers at all.
_PASSED_OVER = (
    "keras_api",
    "variables",
    "trainable_variables",
    "non_trainable_variables",
    "regularization_losses",
    "optimizer",
    "signatures",
)
_FORWARD, _BACKWARD = "forward_layer", "backward_layer"


class KerasLayers:
    """The Keras layers among the nodes of an object graph.

    Parameters
    ----------
    objects : ObjectGraph
        The object graph.
    separate : bytes or None
        What ``keras_metadata.pb`` holds; None where there is none.
    limits : Limits
        Bounds on sizes.

    Raises
    ------
    SeluLintError
        If the metadata are damaged or past a limit.
    """

    def __init__(self, objects: ObjectGraph, separate: bytes | None, limits: Limits) -> None:
        self._objects = objects
        self._limits = limits
        self._separate: dict[int, tuple[str, str]] | None = None
        self._known: dict[int, Mapping[str, Any]] = {}
        if separate is not None:
            message = parse("SavedMetadata", separate, limits, KERAS_METADATA)
            nodes = (parse("LayerMetadata", node, limits, KERAS_METADATA) for node in message.nodes)
            self._separate = {node.node: (node.identifier, node.metadata) for node in nodes}

    def metadata(self, number: int) -> Mapping[str, Any]:
        """Return the metadata of a node, lists as lists; empty if it is no layer."""
        known = self._known.get(number)
        if known is None:
            known = self._known[number] = self._read(number)
        return known

    def orphans(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the layers by path that no config of a model shows, as they were serialized."""
        return {
            path: {key: self.metadata(number).get(key) for key in ("class_name", "config")}
            for path, number in self._walk(PathNumbers(), hidden_only=True)
            if self.metadata(number).get("class_name") != "InputLayer"
        }

    def nodes(self, path: str) -> tuple[int, ...]:
        """Return the nodes of the layer with a path; two for what a Bidirectional wraps."""
        return self._nodes.get(path, ())

    def owner(self, variable: int) -> str:
        """Return the path of the layer that keeps a variable; empty if none does."""
        return self._owners.get(variable, "")

    @cached_property
    def _nodes(self) -> dict[str, tuple[int, ...]]:
        numbers = PathNumbers()
        return numbers.table(self._walk(numbers))

    @cached_property
    def _owners(self) -> dict[int, str]:
        return {
            child: path
            for path, number in self._walk(PathNumbers())
            for _, child in self._objects.node(number).children
            if self._objects.node(child).variable
        }

    def _walk(self, numbers: PathNumbers, hidden_only: bool = False) -> Iterator[tuple[str, int]]:
        """Yield each layer's path and node; perhaps not those that another's config shows."""
        seen = {0}
        names_left = self._limits.names_bytes
        stack = [(0, "", 0)] if len(self._objects) else []
        while stack:
            number, path, depth = stack.pop()
            following = []
            shared = self._shared_name(number)
            for name, child in self._objects.node(number).children:
                if child in seen or name in _PASSED_OVER:
                    continue
                if depth == self._limits.object_depth:
                    raise self._limits.exceeded("object_depth", "its objects are nested", "deep")
                seen.add(child)
                metadata = self.metadata(child)
                if not metadata:
                    following.append((child, path, depth + 1))
                    continue
                own = numbers.below(path, _name_of(metadata) or name, shared)
                names_left -= len(own)
                if names_left < 0:
                    raise self._limits.exceeded("names_bytes", "the paths of its layers take")
                yield own, child
                if not (hidden_only and shows_layers(metadata)):
                    following.append((child, own, depth + 1))
            stack.extend(reversed(following))

    def _shared_name(self, number: int) -> str | None:
        """Return the name for both directions of a Bidirectional; None of any other node."""
        children = dict(self._objects.node(number).children)
        if not {_FORWARD, _BACKWARD} <= children.keys():
            return None
        return _name_of(self.metadata(children[_FORWARD])).removeprefix("forward_") or None

    def _read(self, number: int) -> Mapping[str, Any]:
        if self._separate is None:
            node = self._objects.node(number) if len(self._objects) else None
            identifier, text = (node.identifier, node.metadata) if node else ("", "")
        else:
            identifier, text = self._separate.get(number, ("", ""))
        if not identifier.startswith("_tf_keras_") or identifier == "_tf_keras_metric":
            return {}
        if not text:
            return {}
        metadata = _plain(strict_json.parse(text, self._limits))
        if not isinstance(metadata, dict):
            raise SeluLintError("the metadata of a layer are no JSON object; the file is damaged")
        return metadata


def shows_layers(metadata: Mapping[str, Any]) -> bool:
    """Whether the config of a layer tells what layers are inside it."""
    config = metadata.get("config")
    return isinstance(config, dict) and any(
        isinstance(config.get(key), dict | list) for key in LAYER_KEYS
    )


def _name_of(metadata: Mapping[str, Any]) -> str:
    name = metadata.get("name")
    return name if isinstance(name, str) else ""


def _plain(value: Any) -> Any:
    """Return JSON with the lists that Keras marked as tuples or shapes as lists, in place."""
    holder = [value]
    stack: list[tuple[Any, Any]] = [(holder, 0)]
    while stack:
        parent, key = stack.pop()
        child = parent[key]
        while (
            isinstance(child, dict)
            and len(child) == 2
            and child.get("class_name") in ("__tuple__", "TensorShape")
            and "items" in child
        ):
            child = parent[key] = child["items"]
        if isinstance(child, dict):
            stack.extend((child, name) for name in child)
        elif isinstance(child, list):
            stack.extend((child, index) for index in range(len(child)))
    return holder[0]
