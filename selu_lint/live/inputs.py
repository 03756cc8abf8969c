"""Symbolic inputs for built layers, of the shapes that they were built with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Arguments = tuple[Any, Any]
"""Positional and keyword arguments of a call."""

GivenInputs = Callable[[Any, Any, bool], "Arguments | None"]
"""Gives symbolic arguments for a layer, perhaps with the size of the batch that it was built with;
None where nothing is known of them."""


def built_inputs(keras: Any, layer: Any, batch: bool = False) -> Arguments | None:
    """Return symbolic arguments of the shapes that a layer was built with."""
    make = _Inputs(keras, batch)
    spec = layer.save_spec() if hasattr(layer, "save_spec") else None
    if spec is not None:
        arguments: Arguments = make.like(spec)
        return arguments
    shapes = getattr(layer, "_build_shapes_dict", None) or {}
    shape = next(iter(shapes.values()), None) or getattr(layer, "_build_input_shape", None)
    if shape is None or not layer.built:
        return None
    if len(shapes) > 1:
        named = {name.removesuffix("_shape"): each for name, each in shapes.items()}
        return (), {name: make.of_shape(each) for name, each in named.items()}
    return (make.of_shape(shape),), {}


def node_inputs(keras: Any, layer: Any, batch: bool = False) -> Arguments | None:
    """Return symbolic arguments like those of a layer's first call."""
    nodes = layer._inbound_nodes
    if not nodes:
        return built_inputs(keras, layer, batch)
    node = nodes[0]
    if hasattr(node, "call_args"):
        given = node.call_args, node.call_kwargs
    else:
        given = node.arguments.args, node.arguments.kwargs
    arguments: Arguments = _Inputs(keras, batch).like(given)
    return arguments


class _Inputs:
    """Makes symbolic inputs, with the batch's size or with any."""

    def __init__(self, keras: Any, batch: bool) -> None:
        self._keras = keras
        self._batch = batch

    def like(self, value: Any) -> Any:
        """Return a structure with symbolic inputs in the place of tensors and their specs."""
        if isinstance(value, tuple):
            return tuple(map(self.like, value))
        if isinstance(value, list):
            return list(map(self.like, value))
        if isinstance(value, Mapping):
            kept = {key: each for key, each in value.items() if key not in ("training", "mask")}
            return {key: self.like(each) for key, each in kept.items()}
        if _is_tensor(value):
            return self._input(tuple(value.shape), dtype_of(value))
        return value

    def of_shape(self, shape: Any) -> Any:
        """Return symbolic inputs for a shape, or a structure of shapes."""
        if isinstance(shape, Mapping):
            return {key: self.of_shape(each) for key, each in shape.items()}
        if hasattr(shape, "as_list"):
            shape = shape.as_list()
        if any(isinstance(each, list | tuple) or hasattr(each, "as_list") for each in shape):
            return list(map(self.of_shape, shape))
        return self._input(tuple(shape), None)

    def _input(self, shape: tuple[int | None, ...], dtype: str | None) -> Any:
        batch_size = shape[0] if self._batch else None
        return self._keras.Input(shape=shape[1:], batch_size=batch_size, dtype=dtype)


def values_like(value: Any, size: int = 1) -> Any:
    """Return a structure with values in the place of symbolic tensors; sizes that are free given.

    Floating-point values are drawn from a normal distribution, always the same.
    """
    import numpy as np

    if isinstance(value, list | tuple):
        return type(value)(values_like(each, size) for each in value)
    if isinstance(value, Mapping):
        return {key: values_like(each, size) for key, each in value.items()}
    if not _is_tensor(value):
        return value
    shape = [size if each is None else each for each in value.shape]
    dtype = dtype_of(value)
    if dtype == "string":
        return np.full(shape, "one", object)
    drawn = np.random.default_rng(0).normal(size=shape)
    return drawn.astype("float32") if "float" in dtype else np.abs(drawn).round().astype(dtype)


def dtype_of(tensor: Any) -> str:
    """Return the name of the type of a tensor or variable, of whichever backend."""
    return str(getattr(tensor.dtype, "name", tensor.dtype))


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
