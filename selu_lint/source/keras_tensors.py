"""Tensors, and what layers and operations make of them."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from selu_lint.source.definitions import Instance, Scope
from selu_lint.source.keras_arguments import by_name, label_of
from selu_lint.source.keras_values import Call, Layer, Model, Stack, Tensor
from selu_lint.source.machine import Machine
from selu_lint.source.values import Argument, Arguments, Dict, List, Symbol, Value

KERAS = "keras.layers"
OPERATIONS = "keras.src.ops.numpy"
TENSORFLOW = "tensorflow"
_MOST_TAKEN_APART = 256


def flat(values: Iterable[Value]) -> list[Value]:
    """Return what values hold, lists, tuples and dicts taken apart; dicts by key, as Keras does."""
    found: list[Value] = []
    pending = list(values)[::-1]
    for _ in range(_MOST_TAKEN_APART):
        if not pending:
            break
        value = pending.pop()
        if isinstance(value, List):
            pending.extend(reversed(value.items[:64]))
        elif isinstance(value, tuple):
            pending.extend(reversed(value[:64]))
        elif isinstance(value, Dict):
            entries = sorted(value.items.items(), key=lambda entry: str(entry[0]), reverse=True)
            pending.extend(each for _, (_, each) in entries[-64:])
        else:
            found.append(value)
    return found


def is_tensor_like(value: Value) -> bool:
    """Whether a value is a tensor, or holds one."""
    return any(isinstance(each, Tensor) for each in flat((value,)))


def sources(machine: Machine, value: Value) -> tuple[Call, ...]:
    """Return the calls whose outputs a value holds; of what is not known, one of its own."""
    found: list[Call] = []
    for each in flat((machine.known(value),)):
        known = machine.known(each)
        if isinstance(known, Tensor):
            found.append(known.call)
        elif isinstance(known, Symbol):
            found.append(unknown_input(machine, known).call)
    return tuple(found)


def unknown_input(machine: Machine, symbol: Symbol) -> Tensor:
    """Return the tensor that a symbol stands for."""
    inputs = machine.path.unknown_inputs
    if symbol.key not in inputs:
        layer = Layer("unknown", "", ast.Name(symbol.text or "x", lineno=0, col_offset=0))
        inputs[symbol.key] = Tensor(Call(layer))
    return inputs[symbol.key]


def record(machine: Machine, call: Call, node: ast.AST) -> Tensor | Symbol:
    """Return the output of a call, which is noted; past the bound it is unknown."""
    if len(machine.path.calls) >= machine.limits.source_calls:
        machine.spend(node)
        return machine.unknown(node)
    machine.path.calls.append(call)
    return Tensor(call)


def input_tensor(
    machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope, hidden: bool = False
) -> Tensor | Symbol:
    """Return a new input; one that Keras adds by itself is ``hidden``."""
    given = by_name(machine, "InputLayer", arguments)
    layer = Layer("InputLayer", KERAS, node, scope.name, given)
    layer.label = "input" if hidden else label_of(machine, given)
    machine.path.layers.append(layer)
    return record(machine, Call(layer), node)


def operate(machine: Machine, class_name: str, values: Iterable[Value], node: ast.expr) -> Value:
    """Return the output of an operator on tensors."""
    return operated(machine, class_name, OPERATIONS, {}, values, node)


def opaque(machine: Machine, name: str, values: Iterable[Value], node: ast.expr) -> Value:
    """Return the output of code that is not seen."""
    return operated(machine, name or "function", "", {}, values, node)


def operated(
    machine: Machine,
    class_name: str,
    module: str,
    given: dict[str, Argument],
    values: Iterable[Value],
    node: ast.expr,
) -> Value:
    """Return the output of an operation: a layer of this class and module with these arguments."""
    layer = Layer(class_name, module, node, arguments=given)
    machine.path.layers.append(layer)
    return apply_layer(machine, layer, Arguments.of(*values), node)


def apply_layer(machine: Machine, layer: Layer, arguments: Arguments, node: ast.expr) -> Value:
    """Return the output of a layer."""
    first = arguments.get(0, "inputs")
    if layer.class_name == "Lambda" and layer.function is not None:
        result = machine.call(layer.function, Arguments.of(first), node, Scope())
        if is_tensor_like(result):
            return result
    wrapped = layer.wrapped
    if isinstance(wrapped, Stack | Model | Instance) or (
        isinstance(wrapped, Layer) and wrapped.class_name == "Lambda"
    ):
        return machine.call(wrapped, arguments, node, Scope())
    inputs = sources(machine, first)
    others = [each.value for each in arguments.positional[1:]]
    for each in (*others, *(each.value for each in arguments.named.values())):
        inputs += tuple(one.call for one in flat((each,)) if isinstance(one, Tensor))
    numbers = [machine.known(each) for each in (first, *others)]
    constants = tuple(
        float(each)
        for each in numbers
        if isinstance(each, int | float) and not isinstance(each, bool) and abs(each) < 1e300
    )
    training = arguments.named.get("training")
    told = machine.resolve(training.value) if training is not None else None
    return record(
        machine,
        Call(layer, inputs, constants, told if isinstance(told, bool) else None),
        node,
    )
