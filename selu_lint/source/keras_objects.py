"""Attributes and methods of Keras's layers, models and tensors."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from selu_lint.source.definitions import Instance, Method, Scope
from selu_lint.source.keras_models import own_output
from selu_lint.source.keras_tensors import flat, sources
from selu_lint.source.keras_values import Call, Layer, Model, Stack, Tensor
from selu_lint.source.machine import Machine
from selu_lint.source.values import MISSING, Argument, Arguments, Origin, Value

_METHODS = frozenset({"add", "pop", "get_layer", "build", "call", "__call__"})
_OUTPUTS = frozenset({"output", "outputs"})
_INPUTS = frozenset({"input", "inputs"})
_SET = ("activation", "rate", "trainable", "name")


def keras_attribute(
    machine: Machine, value: Layer | Stack | Model | Tensor, name: str, node: ast.expr
) -> Value:
    """Return an attribute of a layer, model or tensor."""
    if isinstance(value, Tensor):
        shaped = name in ("get_shape", "set_shape")
        return Method(value, name) if shaped else machine.derived(name, value)
    if name in _METHODS:
        return Method(value, name)
    if name == "name":
        return value.label or machine.derived("name", value)
    if isinstance(value, Layer):
        return _of_layer(machine, value, name)
    if name == "layers":
        return machine.kept(node, list(layers_of(machine, value)))
    if name in _OUTPUTS | _INPUTS:
        ends = _ends(machine, value, name in _OUTPUTS)
        return machine.kept(node, flat((ends,))) if name.endswith("s") else ends
    return machine.derived(name, value)


def _ends(machine: Machine, model: Stack | Model, output: bool) -> Value:
    if isinstance(model, Model):
        return machine.known(model.outputs if output else model.inputs)
    last = own_output(machine, model)
    return last if output else model.own_input


def _of_layer(machine: Machine, layer: Layer, name: str) -> Value:
    if name in _OUTPUTS | _INPUTS:
        for call in reversed(machine.path.calls):
            if call.layer is layer:
                if name in _OUTPUTS:
                    return Tensor(call)
                return Tensor(call.inputs[0]) if call.inputs else machine.derived(name, layer)
    if name in layer.arguments:
        return layer.arguments[name].value
    return machine.derived(name, layer)


def set_keras_attribute(
    machine: Machine, layer: Layer, name: str, value: Value, origin: Origin | None
) -> None:
    """Set an attribute of a layer that its behaviour follows."""
    if name in _SET or name.endswith("_initializer"):
        machine.touch(layer.arguments)
        layer.arguments[name] = Argument(value, origin)


def layers_of(machine: Machine, model: Stack | Model) -> Iterator[Value]:
    """Yield the layers of a model, those of a functional one in the order of its calls."""
    if isinstance(model, Stack):
        yield from model.layers.items
        return
    pending: list[Call] = list(sources(machine, model.outputs))
    found: dict[Layer, None] = {}
    seen: set[Call] = set()
    while pending:
        call = pending.pop()
        if call in seen:
            continue
        seen.add(call)
        found[call.layer] = None
        pending.extend(call.inputs)
    yield from reversed(found)


def keras_method(machine: Machine, method: Method, arguments: Arguments, node: ast.expr) -> Value:
    """Return what a method of a model gives."""
    model = method.receiver
    if isinstance(model, Stack) and method.name == "add":
        layer = machine.known(arguments.get(0, "layer"))
        if len(model.layers.items) >= machine.limits.source_items:
            machine.spend(node)
            return None
        machine.touch(model.layers.items)
        model.layers.items.append(layer)
        if model not in machine.path.stacks:
            machine.path.stacks.append(model)
        return None
    if isinstance(model, Stack) and method.name == "pop":
        machine.touch(model.layers.items)
        machine.touch(model.own_outputs)
        del model.own_outputs[max(len(model.layers.items) - 1, 0) :]
        return model.layers.items.pop() if model.layers.items else None
    if method.name == "get_layer" and isinstance(model, Stack | Model):
        return _found(machine, model, arguments, node)
    if method.name in ("call", "__call__"):
        return machine.call(model, arguments, node, Scope())
    if isinstance(model, Layer | Stack | Model) and method.name == "build":
        return None
    return machine.unknown(node)


def _found(machine: Machine, model: Stack | Model, arguments: Arguments, node: ast.expr) -> Value:
    wanted = machine.known(arguments.get(0, "name", MISSING))
    index = machine.known(arguments.get(1, "index", MISSING))
    layers = list(layers_of(machine, model))
    if isinstance(index, int) and -len(layers) <= index < len(layers):
        return layers[index]
    for layer in layers:
        if isinstance(layer, Layer | Stack | Model | Instance) and layer.label == wanted != "":
            return layer
    return machine.unknown(node)
