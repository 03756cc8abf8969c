"""Reads ``inbound_nodes``: which tensors a layer was called on, as Keras 1, 2 and 3 write it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from selu_lint.kernels import Shape
from selu_lint.shapes import as_shape

Reference = tuple[str, int, int]
"""A tensor: layer name, index of the layer's node, index of the tensor among its outputs."""


class Node(NamedTuple):
    """One call of a layer.

    Attributes
    ----------
    inputs : tuple of Reference
        The tensors that it takes, in order.
    shapes : tuple of shapes
        Their shapes where the file gives them (Keras 3), else None.
    training : bool or None
        The ``training`` argument of the call.
    """

    inputs: tuple[Reference, ...] = ()
    shapes: tuple[Shape | None, ...] = ()
    training: bool | None = None


def read_nodes(value: object, names: Collection[str]) -> list[Node]:
    """Return the nodes of a layer; ``names`` are the layers that a tensor can come from."""
    if not isinstance(value, list):
        return []
    return [_node(node, names) for node in value]


def references(value: object, names: Collection[str]) -> Iterator[Reference]:
    """Yield the tensors that a JSON value names, in order, however it nests them."""
    for reference, _ in _tensors(value, names):
        yield reference


def _node(node: object, names: Collection[str]) -> Node:
    found = list(_tensors(node, names))
    return Node(
        tuple(reference for reference, _ in found),
        tuple(shape for _, shape in found),
        _training(node),
    )


def _tensors(value: object, names: Collection[str]) -> Iterator[tuple[Reference, Shape | None]]:
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            if item.get("class_name") == "__keras_tensor__":
                config = item.get("config")
                config = config if isinstance(config, dict) else {}
                reference = _reference(config.get("keras_history"), names)
                if reference is not None:
                    yield reference, as_shape(config.get("shape"))
                continue
            pending.extend(reversed(item.values()))
        elif isinstance(item, list):
            reference = _reference(item, names)
            if reference is None:
                pending.extend(reversed(item))
                continue
            yield reference, None
            # Keras 2 puts the keyword arguments of the call, which may hold tensors, behind it.
            pending.extend(reversed(item[3:]))


def _reference(item: object, names: Collection[str]) -> Reference | None:
    if not isinstance(item, list) or len(item) < 3:
        return None
    name, node, tensor = item[:3]
    if not isinstance(name, str) or name not in names:
        return None
    return (name, node, tensor) if isinstance(node, int) and isinstance(tensor, int) else None


def _training(node: object) -> bool | None:
    """Return the ``training`` argument, from ``kwargs`` (Keras 3) or behind a tensor (Keras 2)."""
    pending = [node]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            if isinstance(item.get("training"), bool):
                return bool(item["training"])
            kwargs = item.get("kwargs")
            if isinstance(kwargs, dict):
                pending.append(kwargs)
        elif isinstance(item, list):
            pending.extend(reversed(item))
    return None
