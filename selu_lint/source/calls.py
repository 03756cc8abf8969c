"""What calls and attributes give, by what is called: the interpreter's switchboard."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Callable, Mapping

from selu_lint.source import classes
from selu_lint.source.builtins import BUILTINS
from selu_lint.source.definitions import (
    Bound,
    Class,
    Function,
    Instance,
    Method,
    Partial,
    Scope,
    Super,
)
from selu_lint.source.expressions import EXPRESSIONS
from selu_lint.source.foreign import (
    FOREIGN,
    PARSER_METHODS,
    TUNER_METHODS,
    parser_method,
    tuned,
)
from selu_lint.source.functions import call_function, unknown_result
from selu_lint.source.keras_calls import construct
from selu_lint.source.keras_models import apply_model, apply_stack
from selu_lint.source.keras_names import keras_name
from selu_lint.source.keras_objects import keras_attribute, keras_method
from selu_lint.source.keras_tensors import apply_layer
from selu_lint.source.keras_values import Layer, Model, Stack, Tensor
from selu_lint.source.machine import Flow, Machine
from selu_lint.source.methods import python_method, with_default
from selu_lint.source.statements import STATEMENTS
from selu_lint.source.values import (
    Argument,
    Arguments,
    Assumption,
    Dict,
    List,
    Namespace,
    Reference,
    Symbol,
    Value,
)

_LOOKUPS = frozenset({"get", "pop"})


class PythonAndKeras:
    """What values of Python and Keras do."""

    expressions: Mapping[type[ast.AST], Callable[..., Value]] = EXPRESSIONS
    statements: Mapping[type[ast.AST], Callable[..., Flow | None]] = STATEMENTS

    def call(
        self, machine: Machine, callee: Value, arguments: Arguments, node: ast.expr, scope: Scope
    ) -> Value:
        """Return what a call gives."""
        machine.steps += 1
        name = callee.text if isinstance(callee, Symbol) else ""
        callee, because = machine.settle(callee)
        result = _called(machine, callee, arguments, node, scope, name)
        if isinstance(callee, Reference) and callee.unbound:
            because = (*because, Assumption(f"`{callee.name.rpartition('.')[2]}` is Keras's"))
        if because and isinstance(result, Layer):
            result.assumed = (*because, *result.assumed)
        return result

    def attribute(self, machine: Machine, value: Value, name: str, node: ast.expr) -> Value:
        """Return an attribute of a value."""
        symbol = value if isinstance(value, Symbol) else None
        known = machine.known(value)
        if symbol is not None and isinstance(known, Symbol | str | int | float | None):
            return _of_symbol(machine, symbol, name)
        return _attribute(machine, known, name, node)


def _called(
    machine: Machine,
    callee: Value,
    arguments: Arguments,
    node: ast.expr,
    scope: Scope,
    name: str,
) -> Value:
    match callee:
        case Reference():
            return _reference(machine, callee, arguments, node, scope)
        case Function():
            return call_function(machine, callee, arguments, node)
        case Bound():
            given = arguments.after(Argument(callee.receiver))
            return machine.call(callee.function, given, node, scope)
        case Partial():
            held = callee.arguments
            joined = Arguments(
                (*held.positional, *arguments.positional),
                {**held.named, **arguments.named},
                held.open or arguments.open,
            )
            return machine.call(callee.callee, joined, node, scope)
        case Class():
            if machine.exhausted:
                machine.spend(node)
                return machine.unknown(node)
            return classes.instantiate(machine, callee, arguments, node)
        case Instance():
            return classes.call_instance(machine, callee, arguments, node)
        case Layer():
            return apply_layer(machine, callee, arguments, node)
        case Stack():
            return apply_stack(machine, callee, arguments, node)
        case Model():
            return apply_model(machine, callee, arguments, node)
        case Method():
            return _method(machine, callee, arguments, node, scope)
    return unknown_result(machine, name, arguments, node)


def _reference(
    machine: Machine, callee: Reference, arguments: Arguments, node: ast.expr, scope: Scope
) -> Value:
    meant = keras_name(callee.name)
    if meant is not None and callee.name not in FOREIGN:
        return construct(machine, meant, arguments, node, scope)
    first, _, name = callee.name.partition(".")
    handler = BUILTINS.get(name) if first == "builtins" else FOREIGN.get(callee.name)
    if handler is not None:
        # What Python refuses, such as int("--1") or range(10**30), it refuses here.
        with contextlib.suppress(ArithmeticError, ValueError):
            return handler(machine, arguments, node, scope)
        return machine.unknown(node)
    last = callee.name.rpartition(".")[2]
    if last in TUNER_METHODS:
        return tuned(machine, arguments, node)
    return unknown_result(machine, callee.name, arguments, node)


def _method(
    machine: Machine, method: Method, arguments: Arguments, node: ast.expr, scope: Scope
) -> Value:
    receiver, name = method.receiver, method.name
    match receiver:
        case List() | Dict() | str():
            with contextlib.suppress(ArithmeticError, ValueError):
                return python_method(machine, receiver, name, arguments, node, scope)
        case Namespace() if receiver.kind == "parser":
            return parser_method(machine, receiver, name, arguments, node)
        case Super():
            return classes.super_method(machine, receiver, name, arguments, node)
        case Class():
            return _unbound_method(machine, receiver, name, arguments, node)
        case Layer() | Stack() | Model():
            return keras_method(machine, method, arguments, node)
        case Symbol() if name in TUNER_METHODS:
            return tuned(machine, arguments, node)
        case Symbol() if name in _LOOKUPS:
            given = arguments.get(0, "key"), arguments.get(1, "default")
            return with_default(machine, receiver, *given)
    return machine.unknown(node)


def _unbound_method(
    machine: Machine, cls: Class, name: str, arguments: Arguments, node: ast.expr
) -> Value:
    """Run ``Base.__init__(self, ...)``, as of a class of the file."""
    first, *rest = arguments.positional or (Argument(None),)
    if not isinstance(first.value, Instance):
        return machine.unknown(node)
    behind = Super(tuple(cls.lineage()), first.value)
    given = Arguments(tuple(rest), arguments.named, arguments.open)
    return classes.super_method(machine, behind, name, given, node)


def _of_symbol(machine: Machine, symbol: Symbol, name: str) -> Value:
    if name in TUNER_METHODS | _LOOKUPS:
        return Method(symbol, name)
    key = machine.key("attribute", symbol.key, name)
    return machine.held(Symbol(key, f"{symbol.text}.{name}" if symbol.text else name))


def _attribute(machine: Machine, value: Value, name: str, node: ast.expr) -> Value:
    match value:
        case Reference():
            return machine.held(Reference(f"{value.name}.{name}", value.unbound))
        case Instance():
            return classes.attribute(machine, value, name, node)
        case Class():
            return classes.class_attribute(machine, value, name)
        case Super():
            return classes.super_attribute(machine, value, name, node)
        case Layer() | Stack() | Model() | Tensor():
            return keras_attribute(machine, value, name, node)
        case List() | Dict() | str():
            return Method(value, name)
        case Namespace():
            if value.kind == "parser" and name in PARSER_METHODS:
                return Method(value, name)
            if name in value.attributes:
                return value.attributes[name]
            return machine.derived("attribute", value.number, name, text=f"args.{name}")
        case Partial() if name in ("func", "keywords"):
            return value.callee if name == "func" else machine.unknown(node)
    return machine.derived("attribute", value, name)
