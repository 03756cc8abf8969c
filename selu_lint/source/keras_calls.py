"""What calls of Keras give: layers from their classes, tensors from layers and operations."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from functools import lru_cache

from selu_lint.model.layer_kinds import DROPOUTS, MERGE_MODES
from selu_lint.source.facts import is_choice
from selu_lint.source.keras_names import KerasName
from selu_lint.source.keras_signatures import KERAS_1, LATEST
from selu_lint.source.keras_values import Call, Initializer, Layer, Model, Stack, Tensor
from selu_lint.source.machine import Machine
from selu_lint.source.origins import origin_of
from selu_lint.source.values import (
    Argument,
    Arguments,
    Dict,
    Instance,
    List,
    Origin,
    Scope,
    Symbol,
    Value,
    is_constant,
)

KERAS = "keras.layers"
OPERATIONS = "keras.src.ops.numpy"
TENSORFLOW = "tensorflow"
_WRAPPED = ("layer", "cell")
_KERAS_1_NAMES = frozenset(
    {
        "init", "inner_init", "p", "output_dim", "nb_filter", "border_mode", "subsample", "nb_row",
        "nb_col", "filter_length", "W_regularizer", "b_regularizer", "bias", "dim_ordering",
        "pool_length", "dropout_W", "dropout_U", "inner_activation",
    }
)  # fmt: skip
_SHAPES = ("batch_shape", "batch_input_shape", "shape", "input_shape", "input_dim", "dtype")
_NESTING = 24


@lru_cache(maxsize=1024)
def parameters(class_name: str, of_keras_1: bool = False) -> Mapping[str, object]:
    """Return a class's parameters in order, each with its default (None where it has none)."""
    tables = (KERAS_1, LATEST) if of_keras_1 else (LATEST, KERAS_1)
    text = next((table[class_name] for table in tables if class_name in table), None)
    if text is None:
        return {}
    arguments = ast.parse(f"def f({text}): pass").body[0]
    assert isinstance(arguments, ast.FunctionDef)
    names = [each.arg for each in arguments.args.args]
    defaults: list[object] = [ast.literal_eval(each) for each in arguments.args.defaults]
    given = zip(reversed(names), reversed(defaults), strict=False)
    return dict.fromkeys(names) | dict(given)


def by_name(machine: Machine, class_name: str, arguments: Arguments) -> dict[str, Argument]:
    """Return the arguments of a constructor by the names of its parameters."""
    names = list(parameters(class_name, is_keras_1(machine, class_name, arguments)))
    given = dict(zip(names, arguments.positional, strict=False))
    return given | dict(arguments.named)


def is_keras_1(machine: Machine, class_name: str, arguments: Arguments) -> bool:
    """Whether the arguments of a layer are those of Keras 1."""
    if not _KERAS_1_NAMES.isdisjoint(arguments.named):
        return True
    values = [machine.known(each.value) for each in arguments.positional]
    if class_name.startswith(("Conv", "Convolution")) and class_name.endswith("2D"):
        return len(values) > 2 and all(isinstance(each, int) for each in values[:3])
    second = values[1] if len(values) > 1 else None
    return isinstance(second, str) and is_choice(second) and "_" in second


def construct_layer(
    machine: Machine,
    class_name: str,
    arguments: Arguments,
    node: ast.expr,
    scope: Scope,
    module: str = KERAS,
) -> Layer:
    """Return a layer of a class of Keras."""
    given = by_name(machine, class_name, arguments)
    layer = Layer(class_name, module, node, scope.name, given, arguments.open)
    if isinstance(node, ast.Call):
        layer.callee = Origin("callee", node.func, origin_of(node.func, scope))
    for key in _WRAPPED:
        if key in given and class_name not in ("Lambda", "Activation"):
            layer.wrapped = machine.known(given[key].value)
    if class_name == "Lambda" and "function" in given:
        layer.function = machine.known(given["function"].value)
    label = machine.known(given["name"].value) if "name" in given else None
    layer.label = label if isinstance(label, str) else ""
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
            return Model(inputs, outputs, node, _label(machine, arguments))
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


def _label(machine: Machine, arguments: Arguments) -> str:
    label = machine.known(arguments.named["name"].value) if "name" in arguments.named else None
    return label if isinstance(label, str) else ""


def input_tensor(
    machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope, hidden: bool = False
) -> Tensor | Symbol:
    """Return a new input; one that Keras adds by itself is ``hidden``."""
    given = by_name(machine, "InputLayer", arguments)
    layer = Layer("InputLayer", KERAS, node, scope.name, given)
    layer.label = "input" if hidden else _label(machine, arguments)
    machine.path.layers.append(layer)
    return record(machine, Call(layer), node)


def sequential(machine: Machine, arguments: Arguments, node: ast.expr) -> Stack:
    """Return a new Sequential."""
    given = machine.known(arguments.get(0, "layers"))
    items = given.items if isinstance(given, List) else given if isinstance(given, tuple) else ()
    is_open = isinstance(given, Symbol) or (isinstance(given, List) and given.open)
    stack = Stack(machine.kept(node, list(items), is_open), node, _label(machine, arguments))
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
        return _operated(machine, "TFOpLambda", TENSORFLOW, given, arguments.values, node)
    return _operated(machine, name.name, OPERATIONS, given, arguments.values, node)


def operate(machine: Machine, class_name: str, values: Iterable[Value], node: ast.expr) -> Value:
    """Return the output of an operator on tensors."""
    return _operated(machine, class_name, OPERATIONS, {}, values, node)


def opaque(machine: Machine, name: str, values: Iterable[Value], node: ast.expr) -> Value:
    """Return the output of code that is not seen."""
    return _operated(machine, name or "function", "", {}, values, node)


def _operated(
    machine: Machine,
    class_name: str,
    module: str,
    given: dict[str, Argument],
    values: Iterable[Value],
    node: ast.expr,
) -> Value:
    layer = Layer(class_name, module, node, arguments=given)
    machine.path.layers.append(layer)
    return apply_layer(machine, layer, Arguments.of(*values), node)


def is_tensor_like(value: Value) -> bool:
    """Whether a value is a tensor, or holds one."""
    return any(isinstance(each, Tensor) for each in flat((value,)))


def flat(values: Iterable[Value], most: int = 256) -> list[Value]:
    """Return what values hold, lists, tuples and dicts taken apart."""
    found: list[Value] = []
    pending = list(values)[::-1]
    while pending and most > 0:
        most -= 1
        value = pending.pop()
        if isinstance(value, List):
            pending.extend(reversed(value.items[:64]))
        elif isinstance(value, tuple):
            pending.extend(reversed(value[:64]))
        elif isinstance(value, Dict):
            pending.extend(each for _, each in list(value.items.values())[:64])
        else:
            found.append(value)
    return found


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


def is_dropout(layer: Layer) -> bool:
    """Whether a layer is a regular Dropout."""
    return layer.class_name in DROPOUTS


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
    while isinstance(first, Stack) and first.layers.items:
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
