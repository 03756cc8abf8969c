"""Writing layers of source code as Keras would write them, with what that assumes."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any, NamedTuple

from selu_lint.model.config_values import UNKNOWN
from selu_lint.source.definitions import NOWHERE, Bound, Function, Instance, Partial, Scope
from selu_lint.source.keras_names import keras_name
from selu_lint.source.keras_parameters import REQUIRED, parameters
from selu_lint.source.keras_tensors import KERAS, TENSORFLOW
from selu_lint.source.keras_values import Call, Initializer, Layer, Tensor
from selu_lint.source.machine import Machine
from selu_lint.source.values import Argument, Arguments, Assumption, List, Origin, Reference, Value

_UNKNOWN_ACTIVATION = {"class_name": "__lambda__", "config": {}, "module": "builtins"}
_INITIALIZERS = frozenset({"init", "inner_init"})
_LEFT_OUT = ("_regularizer", "_constraint", "weights", "name", "function", "arguments")
_INPUT_SHAPES = frozenset({"input_shape", "shape", "batch_input_shape", "batch_shape"})
_ACTIVATION_LAYERS = frozenset({"Activation", "ELU", "LeakyReLU", "ReLU", "Softmax"})
_LONGEST = 40
_OF_SELU = (1.6732632, 1.0507010)
"""SELU's alpha and scale."""


class Written(NamedTuple):
    """A layer as Keras would write it.

    Attributes
    ----------
    serialized : dict
        Class and config, JSON.
    assumed : tuple of Assumption
        What its class and activation rest on.
    slots : dict of str to tuple of Assumption
        What each initializer rests on, by its key.
    origins : dict of str to Origin
        Where each value is written, by its key.
    wrapped : Written or None
        The layer in a wrapper.
    """

    serialized: dict[str, Any]
    assumed: tuple[Assumption, ...] = ()
    slots: Mapping[str, tuple[Assumption, ...]] = {}
    origins: Mapping[str, Origin] = {}
    wrapped: Written | None = None


def write_layer(machine: Machine, layer: Layer) -> Written:
    """Return a layer as Keras would write it; what is not known is `UNKNOWN`."""
    if layer.module == TENSORFLOW:
        function, _ = machine.settle(layer.arguments["function"].value)
        config: dict[str, Any] = {"function": function} | _axis(machine, layer)
        return Written({"class_name": "TFOpLambda", "config": config})
    if layer.module != KERAS:
        module = layer.module or "source"
        serialized = {"class_name": layer.class_name, "module": module, "config": {}}
        if layer.module:
            serialized["config"] = _axis(machine, layer)
        else:
            serialized["registered_name"] = layer.class_name
        return Written(serialized)
    config = {}
    assumed, slots = list(layer.assumed), {}
    for key, argument in layer.arguments.items():
        if key.endswith(_LEFT_OUT):
            continue
        config[key], because = _value(machine, key, argument)
        if is_initializer(key):
            slots[key] = because
        elif key == "activation":
            assumed.extend(because)
    inner = None
    if isinstance(layer.wrapped, Layer):
        inner = write_layer(machine, layer.wrapped)
        key = "layer" if "layer" in config else "cell"
        config[key] = inner.serialized
        assumed.extend(inner.assumed)
        slots |= inner.slots
    else:
        config.pop("layer", None)
        config.pop("cell", None)
    _shape_input(layer, config)
    _fill(layer, config)
    origins = {key: each.origin for key, each in layer.arguments.items() if each.origin}
    serialized = {"class_name": layer.class_name, "config": config}
    return Written(serialized, tuple(assumed), slots, origins, inner)


def _axis(machine: Machine, layer: Layer) -> dict[str, Any]:
    axis = layer.arguments.get("axis")
    return {} if axis is None else {"axis": plain(machine, axis.value)}


def is_initializer(key: str) -> bool:
    """Whether a parameter is an initializer."""
    return key.endswith("_initializer") or key in _INITIALIZERS


def _value(machine: Machine, key: str, argument: Argument) -> tuple[Any, tuple[Assumption, ...]]:
    value, because = machine.settle(argument.value)
    if is_initializer(key):
        return write_initializer(machine, value, argument), because
    if key in ("activation", "recurrent_activation"):
        written = write_activation(machine, value)
        unseen = written == _UNKNOWN_ACTIVATION
        if unseen and isinstance(value, Function) and _is_selu_by_hand(machine, value):
            name = f"`{value.name}`" if value.name.isidentifier() else "the function"
            return "selu", (*because, Assumption(f"{name} is SELU, whose constants it has"))
        return written, because
    if key in ("layer", "cell", "backward_layer"):
        return None, ()
    return plain(machine, value), because


def plain(machine: Machine, value: Value, depth: int = 3) -> Any:
    """Return a value as JSON; `UNKNOWN` where it has none."""
    value = machine.known(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    items = value.items if isinstance(value, List) and not value.open else value
    if isinstance(items, list | tuple) and depth and len(items) <= 64:
        written = [plain(machine, each, depth - 1) for each in items]
        return UNKNOWN if any(each is UNKNOWN for each in written) else written
    return UNKNOWN


def _shape_input(layer: Layer, config: dict[str, Any]) -> None:
    """Write the shape of a layer's input as a batch shape."""
    for key in ("shape", "input_shape"):
        if key not in config or (key == "shape" and layer.class_name != "InputLayer"):
            continue
        sizes = config.pop(key)
        if isinstance(sizes, int):
            sizes = [sizes]
        if isinstance(sizes, list):
            config["batch_input_shape"] = [None, *(_size(each) for each in sizes)]
    for key in ("batch_shape", "batch_input_shape"):
        if isinstance(config.get(key), list):
            config["batch_input_shape"] = [_size(each) for each in config[key]]
    if isinstance(config.get("input_dim"), int) and layer.class_name == "InputLayer":
        config.setdefault("batch_input_shape", [None, config["input_dim"]])


def _size(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _fill(layer: Layer, config: dict[str, Any]) -> None:
    """Write what is not stated: the default, or that it is not known."""
    of_keras_1 = bool(_INITIALIZERS & config.keys()) or "output_dim" in config
    for key, default in parameters(layer.class_name, of_keras_1).items():
        if key in config or key.endswith(_LEFT_OUT) or key in _INPUT_SHAPES:
            continue
        if layer.open:
            unknown = _UNKNOWN_ACTIVATION if key == "activation" else UNKNOWN
            config[key] = dict(unknown)
        elif default not in (None, REQUIRED) and not (is_initializer(key) or "activation" in key):
            config[key] = list(default) if isinstance(default, tuple) else default


def write_initializer(machine: Machine, value: Value, argument: Argument) -> Any:
    """Return an initializer as Keras would write it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Reference):
        meant = keras_name(value.name)
        if meant is not None and meant.kind == "initializer":
            value = Initializer(meant.name, {})
    if isinstance(value, Initializer):
        config = {
            key: written
            for key, each in value.config.items()
            if (written := plain(machine, each.value)) is not None
        }
        if value.open:
            config |= {"scale": dict(UNKNOWN), "stddev": dict(UNKNOWN), "gain": dict(UNKNOWN)}
        return {"class_name": value.class_name, "config": config}
    name = "unknown"
    if argument.origin is not None:
        name = " ".join(ast.unparse(argument.origin.node).split())[:_LONGEST]
    return {**UNKNOWN, "class_name": name, "registered_name": name}


def write_activation(machine: Machine, value: Value) -> Any:
    """Return an activation as Keras would write it; an own function by what it computes."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Reference):
        meant = keras_name(value.name)
        return meant.name if meant is not None and meant.kind == "activation" else _unknown()
    if isinstance(value, Layer):
        return _of_layer(machine, value)
    if isinstance(value, Function | Bound | Partial | Instance):
        return _computed(machine, value)
    return _unknown()


def _is_selu_by_hand(machine: Machine, function: Function) -> bool:
    """Whether both constants of SELU are in a function, by number or by name."""
    numbers: list[object] = []
    for node in ast.walk(function.node):
        if isinstance(node, ast.Constant):
            numbers.append(node.value)
        elif isinstance(node, ast.Name) and (holder := function.scope.holder(node.id)) is not None:
            numbers.append(machine.known(holder.variables[node.id]))
    floats = [number for number in numbers if isinstance(number, float)]
    return all(any(abs(number - near) < 1e-3 for number in floats) for near in _OF_SELU)


def _unknown() -> dict[str, Any]:
    return dict(_UNKNOWN_ACTIVATION)


def _of_layer(machine: Machine, layer: Layer) -> Any:
    if layer.class_name == "Activation" and "activation" in layer.arguments:
        given = machine.known(layer.arguments["activation"].value)
        return _unknown() if given is layer else write_activation(machine, given)
    if layer.class_name == "Lambda" and layer.function is not None:
        return _computed(machine, layer.function)
    return write_layer(machine, layer).serialized if layer.module == KERAS else _unknown()


def _computed(machine: Machine, function: Value) -> Any:
    """Run a function on a new tensor: what it makes of that is what it is."""
    path = machine.path
    calls, layers = len(path.calls), len(path.layers)
    given = Call(Layer("InputLayer", KERAS, NOWHERE))
    if len(machine.nesting) > 8:
        return _unknown()
    machine.nesting.append(id(function))
    try:
        result = machine.call(function, Arguments.of(Tensor(given)), NOWHERE, Scope())
    finally:
        machine.nesting.pop()
        del path.calls[calls:], path.layers[layers:]
    if not isinstance(result, Tensor):
        return _unknown()
    if result.call is given:
        return "linear"
    last = result.call
    if last.inputs == (given,) and last.layer.class_name in _ACTIVATION_LAYERS:
        return _of_layer(machine, last.layer)
    return _unknown()
