"""Models on tensors: a Sequential layer by layer, a functional one by its calls once more."""

from __future__ import annotations

import ast

from selu_lint.source.definitions import Scope
from selu_lint.source.keras_tensors import flat, input_tensor, opaque, record, sources
from selu_lint.source.keras_values import Call, Layer, Model, Stack, Tensor
from selu_lint.source.machine import Machine
from selu_lint.source.values import Argument, Arguments, List, Value

_SHAPES = ("batch_shape", "batch_input_shape", "shape", "input_shape", "input_dim", "dtype")
_NESTING = 24


def apply_stack(machine: Machine, stack: Stack, arguments: Arguments, node: ast.expr) -> Value:
    """Return the output of a Sequential."""
    stack.used = len(stack.layers.items)
    current = arguments.get(0, "inputs")
    if len(machine.nesting) >= _NESTING or id(stack) in machine.nesting:
        return machine.unknown(node)
    machine.nesting.append(id(stack))
    try:
        for layer in list(stack.layers.items):
            if machine.exhausted:
                machine.spend(node)
                return machine.unknown(node)
            machine.steps += 1
            if not isinstance(layer, Tensor):
                current = machine.call(layer, Arguments.of(current), node, Scope())
    finally:
        machine.nesting.pop()
    return machine.unknown(node) if stack.layers.open else current


def own_output(machine: Machine, stack: Stack) -> Value:
    """Return the output of a Sequential on its own input; what was run of it is not run again."""
    layers = stack.layers.items
    if len(layers) < len(stack.own_outputs):
        del stack.own_outputs[len(layers) :]
    machine.touch(stack.own_outputs)
    given = stack.own_input or _own_input(machine, stack)
    stack.own_input = given if isinstance(given, Tensor) else None
    current: Value = stack.own_outputs[-1] if stack.own_outputs else given
    stack.used = len(layers)
    if id(stack) in machine.nesting or len(machine.nesting) >= _NESTING:
        return current
    machine.nesting.append(id(stack))
    try:
        for layer in layers[len(stack.own_outputs) :]:
            if not isinstance(layer, Tensor):
                current = machine.call(layer, Arguments.of(current), stack.node, Scope())
            if isinstance(current, Tensor):
                stack.own_outputs.append(current)
            else:
                break
    finally:
        machine.nesting.pop()
    return current


def _own_input(machine: Machine, stack: Stack) -> Value:
    first = stack.layers.items[0] if stack.layers.items else None
    if isinstance(first, Tensor):
        return first
    given: dict[str, Argument] = {}
    for _ in range(_NESTING):
        if isinstance(first, Stack) and first.layers.items:
            first = first.layers.items[0]
    if isinstance(first, Layer) and first.class_name != "InputLayer":
        given = {key: first.arguments[key] for key in _SHAPES if key in first.arguments}
        given.pop("shape", None)
    return input_tensor(machine, Arguments((), given), stack.node, Scope(), hidden=True)


def apply_model(machine: Machine, model: Model, arguments: Arguments, node: ast.expr) -> Value:
    """Return the outputs of a functional model on other inputs: its calls once more."""
    own = sources(machine, model.inputs)
    given = sources(machine, arguments.get(0, "inputs"))
    replaced: dict[Call, Call] = dict(zip(own, given, strict=False))
    outputs = machine.known(model.outputs)
    results = [
        _replayed(machine, each.call, replaced, node) if isinstance(each, Tensor) else each
        for each in flat((outputs,))
    ]
    if not results:
        return opaque(machine, model.label or "Model", arguments.values, node)
    return results[0] if not isinstance(outputs, List | tuple) else machine.kept(node, results)


def _replayed(machine: Machine, last: Call, replaced: dict[Call, Call], node: ast.expr) -> Value:
    """Call again what leads to a call, from the calls that are replaced."""
    pending = [last]
    while pending:
        call = pending[-1]
        if call in replaced:
            pending.pop()
            continue
        waiting = [each for each in call.inputs if each not in replaced]
        machine.steps += 1
        if waiting and not machine.exhausted:
            pending.extend(waiting)
            continue
        pending.pop()
        if not call.inputs:
            replaced[call] = call
            continue
        inputs = tuple(replaced.get(each, each) for each in call.inputs)
        copy = record(machine, Call(call.layer, inputs, call.constants, call.training), node)
        if not isinstance(copy, Tensor):
            return copy
        replaced[call] = copy.call
    return Tensor(replaced[last])
