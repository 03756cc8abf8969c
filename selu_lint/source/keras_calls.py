"""What calls of Keras's classes and functions give."""

from __future__ import annotations

import ast

from selu_lint.model.layer_kinds import MERGE_MODES
from selu_lint.source.definitions import Scope
from selu_lint.source.keras_arguments import by_name, label_of
from selu_lint.source.keras_names import KerasName
from selu_lint.source.keras_tensors import (
    KERAS,
    OPERATIONS,
    TENSORFLOW,
    apply_layer,
    flat,
    input_tensor,
    opaque,
    operated,
)
from selu_lint.source.keras_values import Initializer, Layer, Model, Stack, Tensor
from selu_lint.source.machine import Machine
from selu_lint.source.origins import origin_of
from selu_lint.source.values import Argument, Arguments, List, Origin, Symbol, Value, is_constant

_WRAPPED = ("layer", "cell")


def construct_layer(
    machine: Machine, class_name: str, arguments: Arguments, node: ast.expr, scope: Scope
) -> Layer:
    """Return a layer of a class of Keras."""
    given = by_name(machine, class_name, arguments)
    layer = Layer(class_name, KERAS, node, scope.name, given, arguments.open)
    if isinstance(node, ast.Call):
        layer.callee = Origin("callee", node.func, origin_of(node.func, scope))
    for key in _WRAPPED:
        if key in given and class_name not in ("Lambda", "Activation"):
            layer.wrapped = machine.known(given[key].value)
    if class_name == "Lambda" and "function" in given:
        layer.function = machine.known(given["function"].value)
    layer.label = label_of(machine, given)
    machine.path.layers.append(layer)
    machine.reached.add(id(node))
    return layer


def construct(
    machine: Machine, name: KerasName, arguments: Arguments, node: ast.expr, scope: Scope
) -> Value:
    """Return what a call of a class or function of Keras gives."""
    match name.kind:
        case "layer":
            layer = construct_layer(machine, name.name, arguments, node, scope)
            return _called_at_once(machine, layer, arguments, node, scope)
        case "input":
            return input_tensor(machine, arguments, node, scope)
        case "model" if name.name == "Sequential":
            return sequential(machine, arguments, node)
        case "model":
            inputs = arguments.named.get("input", Argument(arguments.get(0, "inputs"))).value
            outputs = arguments.named.get("output", Argument(arguments.get(1, "outputs"))).value
            if not arguments.values:
                return machine.unknown(node)
            return Model(inputs, outputs, node, label_of(machine, arguments.named))
        case "initializer":
            return Initializer(name.name, by_name(machine, name.name, arguments), arguments.open)
        case "get":
            return arguments.get(0, "identifier")
        case "merge":
            return merged(machine, name.name, arguments, node, scope)
        case "activation":
            return activated(machine, name.name, arguments, node, scope)
        case "operation" | "tensorflow":
            return operation(machine, name, arguments, node)
    if any(isinstance(each, Tensor) for each in flat(arguments.values)):
        return opaque(machine, name.name, arguments.values, node)
    return machine.unknown(node)


def _called_at_once(
    machine: Machine, layer: Layer, arguments: Arguments, node: ast.expr, scope: Scope
) -> Value:
    """Return the layer, or what it gives where Keras 1 hands it the models that it merges."""
    if layer.class_name != "Merge":
        return layer
    machine.path.layers.remove(layer)
    return merged(machine, "Merge", arguments, node, scope)


def sequential(machine: Machine, arguments: Arguments, node: ast.expr) -> Stack:
    """Return a new Sequential."""
    given = machine.known(arguments.get(0, "layers"))
    items = given.items if isinstance(given, List) else given if isinstance(given, tuple) else ()
    is_open = isinstance(given, Symbol) or (isinstance(given, List) and given.open)
    stack = Stack(
        machine.kept(node, list(items), is_open), node, label_of(machine, arguments.named)
    )
    machine.path.stacks.append(stack)
    return stack


def activated(
    machine: Machine, name: str, arguments: Arguments, node: ast.expr, scope: Scope
) -> Value:
    """Return an activation function's output."""
    taken = machine.known(arguments.get(0, "x", arguments.get(0, "features")))
    if is_constant(taken):
        return machine.derived(name, taken)
    given: dict[str, Argument] = {"activation": Argument(name)}
    kind = "Activation"
    slope = arguments.get(1, "alpha", arguments.get(1, "negative_slope", arguments.get(1, "slope")))
    if name in ("elu", "leaky_relu") and slope is not None:
        kind = "ELU" if name == "elu" else "LeakyReLU"
        given = {"alpha" if name == "elu" else "negative_slope": Argument(slope)}
    layer = Layer(kind, KERAS, node, scope.name, given)
    machine.path.layers.append(layer)
    return apply_layer(machine, layer, Arguments.of(taken), node)


def merged(
    machine: Machine, name: str, arguments: Arguments, node: ast.expr, scope: Scope
) -> Value:
    """Return what a function such as ``layers.add`` gives."""
    if name == "Merge":
        mode = machine.known(arguments.get(1, "mode", "sum"))
        name = MERGE_MODES.get(mode, "Merge") if isinstance(mode, str) else "Merge"
    given = {key: each for key, each in arguments.named.items() if key in ("axis", "name")}
    if "concat_axis" in arguments.named:
        given["axis"] = arguments.named["concat_axis"]
    layer = Layer(name, KERAS, node, scope.name, given)
    machine.path.layers.append(layer)
    taken = arguments.get(0, "inputs", arguments.get(0, "layers"))
    return apply_layer(machine, layer, Arguments.of(taken), node)


def operation(machine: Machine, name: KerasName, arguments: Arguments, node: ast.expr) -> Value:
    """Return what an operation of Keras or TensorFlow gives; of no tensors, something unknown."""
    if not any(isinstance(each, Tensor) for each in flat(arguments.values)):
        return machine.derived(name.name, *arguments.values[:4])
    given = {key: each for key, each in arguments.named.items() if key == "axis"}
    if name.name in ("Concatenate", "concat") and len(arguments.positional) > 1:
        given["axis"] = arguments.positional[1]
    if name.kind == "tensorflow":
        given["function"] = Argument(name.name)
        return operated(machine, "TFOpLambda", TENSORFLOW, given, arguments.values, node)
    return operated(machine, name.name, OPERATIONS, given, arguments.values, node)
