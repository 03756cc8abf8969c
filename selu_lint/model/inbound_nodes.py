"""Reads ``inbound_nodes``: what a layer was called on, as Keras 1, 2 and 3 write it.

Keras numbers the tensors of a structure in the order of ``tree.flatten`` (Keras 3) and
``tf.nest.flatten`` (Keras 2): lists in their order, dicts by sorted key, whatever the file's order.
An OrderedDict, which Keras 3 keeps in its order in memory, is written and loaded as a dict.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Literal, NamedTuple

from selu_lint.model.kernels import Shape
from selu_lint.model.shapes import as_shape

Reference = tuple[str, int, int]
"""A tensor: layer name, index of the layer's node, index of the tensor among its outputs."""

Training = bool | Literal["tensor"] | None
"""The ``training`` argument of a call: a constant, a tensor of the model, or none."""

_CONSTANT = "_CONSTANT_VALUE"


class Tensor(NamedTuple):
    """A tensor that a call takes.

    Attributes
    ----------
    reference : Reference
        Where it comes from.
    shape : shape
        Where the file gives it (Keras 3), else None.
    """

    reference: Reference
    shape: Shape | None = None


class Node(NamedTuple):
    """One call of a layer.

    Attributes
    ----------
    first : tuple of Tensor or None
        The elements of the first argument as Keras numbers them; None where one is no tensor of
        the model.
    keys : tuple of str
        Their keys where the first argument is a dict of tensors, else empty.
    others : tuple of Tensor
        The tensors in the other arguments.
    constants : tuple of float
        The numbers among the arguments that may stand for a tensor.
    training : Training
        The ``training`` argument of the call.
    """

    first: tuple[Tensor | None, ...] = ()
    keys: tuple[str, ...] = ()
    others: tuple[Tensor, ...] = ()
    constants: tuple[float, ...] = ()
    training: Training = None

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """All tensors that the call takes."""
        return (*(each for each in self.first if each is not None), *self.others)


def read_nodes(value: object, names: Collection[str]) -> list[Node]:
    """Return the nodes of a layer; ``names`` are the layers that a tensor can come from."""
    if not isinstance(value, list):
        return []
    return [_node(node, names) for node in value]


def references(value: object, names: Collection[str]) -> Iterator[Reference]:
    """Yield the tensors that a JSON value names, as Keras numbers them."""
    for leaf in _leaves(value, names):
        tensor = _tensor(leaf, names)
        if tensor is not None:
            yield tensor.reference


def dict_keys(value: object) -> tuple[str, ...]:
    """Return the keys of a structure that is a dict, as Keras orders them; else nothing."""
    return tuple(_sorted_keys(value)) if isinstance(value, dict) else ()


def _node(node: object, names: Collection[str]) -> Node:
    first, others = _arguments(node, names)
    leaves = list(_leaves(first, names))
    tensors = tuple(_tensor(leaf, names) for leaf in leaves)
    plain = isinstance(first, dict) and "class_name" not in first
    keys = dict_keys(first) if plain else ()
    other_leaves = [leaf for value in others.values() for leaf in _leaves(value, names)]
    found = [_tensor(leaf, names) for leaf in other_leaves]
    numbers = [_constant(leaf) for leaf in (*leaves, *other_leaves)]
    return Node(
        tensors,
        keys if len(keys) == len(tensors) else (),
        tuple(each for each in found if each is not None),
        tuple(number for number in numbers if number is not None),
        _training(others.get("training"), names),
    )


def _arguments(node: object, names: Collection[str]) -> tuple[object, dict[str, object]]:
    """Return the first argument of a call, and the others by name or position."""
    if isinstance(node, dict) and "args" in node:
        args, kwargs = _items(node["args"]) or [], node.get("kwargs")
        named = dict(kwargs) if isinstance(kwargs, dict) else {}
        first = args[0] if args else named.pop("inputs", None)
        return first, {**{str(index): value for index, value in enumerate(args[1:])}, **named}
    # Keras 2 puts the other arguments behind each tensor of the first one.
    for leaf in _leaves(node, names):
        if isinstance(leaf, list) and len(leaf) > 3 and isinstance(leaf[3], dict):
            return node, leaf[3]
    return node, {}


def _leaves(value: object, names: Collection[str]) -> Iterator[Any]:
    """Yield what a structure holds in the order in which Keras flattens it."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict) and "class_name" not in item:
            pending.extend(item[key] for key in reversed(_sorted_keys(item)))
        elif (items := _items(item)) is not None and not _is_leaf(items, names):
            pending.extend(reversed(items))
        else:
            yield item


def _items(value: object) -> list[Any] | None:
    """Return the items of a list, or of a tuple as Keras 3 writes it; None of anything else."""
    if isinstance(value, dict) and value.get("class_name") == "__tuple__":
        value = value.get("items")
    return value if isinstance(value, list) else None


def _sorted_keys(structure: dict[Any, Any]) -> Sequence[str]:
    return sorted(structure, key=str)


def _is_leaf(item: list[Any], names: Collection[str]) -> bool:
    return _reference(item, names) is not None or (len(item) > 2 and item[0] == _CONSTANT)


def _tensor(leaf: object, names: Collection[str]) -> Tensor | None:
    if isinstance(leaf, dict) and leaf.get("class_name") == "__keras_tensor__":
        config = leaf.get("config")
        config = config if isinstance(config, dict) else {}
        reference = _reference(config.get("keras_history"), names)
        return None if reference is None else Tensor(reference, as_shape(config.get("shape")))
    reference = _reference(leaf, names)
    return None if reference is None else Tensor(reference)


def _reference(item: object, names: Collection[str]) -> Reference | None:
    if not isinstance(item, list) or len(item) < 3:
        return None
    name, node, tensor = item[:3]
    if not isinstance(name, str) or name not in names:
        return None
    return (name, node, tensor) if isinstance(node, int) and isinstance(tensor, int) else None


def _constant(leaf: object) -> float | None:
    if isinstance(leaf, list) and len(leaf) > 2 and leaf[0] == _CONSTANT:
        leaf = leaf[2]
    if isinstance(leaf, bool) or not isinstance(leaf, int | float):
        return None
    return float(leaf) if abs(leaf) < 1e300 else None


def _training(value: object, names: Collection[str]) -> Training:
    if isinstance(value, bool | int | float):
        return bool(value)
    return None if _tensor(value, names) is None else "tensor"
