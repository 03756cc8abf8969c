"""Symbolic inputs for built layers, of the shapes that they were built with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Arguments = tuple[Any, Any]
"""Positional and keyword arguments of a call."""


def built_inputs(keras: Any, layer: Any) -> Callable[[], Arguments] | None:
    """Return what gives symbolic arguments of the shapes that a layer was built with."""
    spec = layer.save_spec() if hasattr(layer, "save_spec") else None
    if spec is not None:
        return lambda: _symbolic(keras, spec)
    shapes = getattr(layer, "_build_shapes_dict", None) or {}
    shape = next(iter(shapes.values()), None) or getattr(layer, "_build_input_shape", None)
    if shape is None or not layer.built:
        return None
    if len(shapes) > 1:
        named = {name.removesuffix("_shape"): each for name, each in shapes.items()}
        return lambda: ((), {name: _input_of_shape(keras, each) for name, each in named.items()})
    return lambda: ((_input_of_shape(keras, shape),), {})


def node_inputs(keras: Any, layer: Any) -> Callable[[], Arguments] | None:
    """Return what gives symbolic arguments like those of a layer's first call."""
    nodes = layer._inbound_nodes
    if not nodes:
        return built_inputs(keras, layer)
    node = nodes[0]
    if hasattr(node, "call_args"):
        return lambda: _symbolic(keras, (node.call_args, node.call_kwargs))
    return lambda: _symbolic(keras, (node.arguments.args, node.arguments.kwargs))


def _symbolic(keras: Any, value: Any) -> Any:
    """Return a structure with fresh symbolic inputs in the place of tensors and their specs."""
    if isinstance(value, tuple):
        return tuple(_symbolic(keras, each) for each in value)
    if isinstance(value, list):
        return [_symbolic(keras, each) for each in value]
    if isinstance(value, Mapping):
        kept = {key: each for key, each in value.items() if key not in ("training", "mask")}
        return {key: _symbolic(keras, each) for key, each in kept.items()}
    if _is_tensor(value):
        dtype = getattr(value.dtype, "name", value.dtype)
        return _input(keras, tuple(value.shape), dtype)
    return value


def _input_of_shape(keras: Any, shape: Any) -> Any:
    if isinstance(shape, Mapping):
        return {key: _input_of_shape(keras, each) for key, each in shape.items()}
    if hasattr(shape, "as_list"):
        shape = shape.as_list()
    if any(isinstance(each, list | tuple) or hasattr(each, "as_list") for each in shape):
        return [_input_of_shape(keras, each) for each in shape]
    return _input(keras, tuple(shape), None)


def _input(keras: Any, shape: tuple[int | None, ...], dtype: str | None) -> Any:
    return keras.Input(shape=shape[1:], dtype=dtype)


def tensors(value: Any) -> list[Any]:
    """Return the symbolic tensors in a structure, in order."""
    if isinstance(value, list | tuple):
        return [tensor for each in value for tensor in tensors(each)]
    if isinstance(value, Mapping):
        return [tensor for each in value.values() for tensor in tensors(each)]
    return [value] if _is_tensor(value) else []


def _is_tensor(value: Any) -> bool:
    return any(
        base.__name__ in ("KerasTensor", "TensorSpec", "TypeSpec") for base in type(value).__mro__
    )
