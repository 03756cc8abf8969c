"""Functions of the file: defining them, binding their parameters, running them."""

from __future__ import annotations

import ast

from selu_lint.source.definitions import Class, Function, FunctionKind, FunctionNode, Scope
from selu_lint.source.facts import callee_name
from selu_lint.source.iteration import elements
from selu_lint.source.keras_tensors import is_tensor_like, opaque
from selu_lint.source.machine import Machine
from selu_lint.source.origins import origin_of
from selu_lint.source.values import (
    MISSING,
    Argument,
    Arguments,
    Dict,
    List,
    Origin,
    Reference,
    Symbol,
    Value,
    is_constant,
)

_DEPTH = 24
_ALIKE = 3
_KINDS: dict[str, FunctionKind] = {
    "property": "property",
    "cached_property": "property",
    "staticmethod": "staticmethod",
    "classmethod": "classmethod",
}
_ACCESSORS = frozenset({"setter", "deleter"})


def make_function(
    machine: Machine, node: FunctionNode, scope: Scope, name: str, owner: Class | None = None
) -> Function:
    """Return a function with its defaults."""
    given = node.args
    names = [each.arg for each in (*given.posonlyargs, *given.args)]
    defaults = dict(zip(reversed(names), reversed(given.defaults), strict=False))
    for parameter, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        if default is not None:
            defaults[parameter.arg] = default
    values = {
        key: Argument(
            machine.evaluate(default, scope),
            Origin("default", default, origin_of(default, scope)),
        )
        for key, default in defaults.items()
    }
    kind: FunctionKind = ""
    for decorator in [] if isinstance(node, ast.Lambda) else node.decorator_list:
        kind = _KINDS.get(callee_name(decorator), kind)
    full = f"{scope.name}.{name}" if scope.is_class or (scope.name and name) else name
    if isinstance(node, ast.Lambda):
        full = scope.name
    return Function(node, scope, values, full, owner, kind)


def decorated(machine: Machine, function: Function, scope: Scope) -> Function:
    """Return what the file's own decorators make of a function; others are taken to leave it."""
    made = function
    for decorator in reversed(getattr(function.node, "decorator_list", [])):
        callee = decorator.func if isinstance(decorator, ast.Call) else decorator
        holder = scope.holder(callee.id) if isinstance(callee, ast.Name) else None
        if holder is None or not isinstance(holder.variables[callee_name(callee)], Function):
            continue
        value = machine.evaluate(decorator, scope)
        value = machine.call(value, Arguments.of(made), decorator, scope)
        if isinstance(value, Function) and value is not made and value.decorates is None:
            value.decorates = made
            made = value
    return made


def is_accessor(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function sets or deletes a property, whose name it has."""
    return any(
        isinstance(each, ast.Attribute) and each.attr in _ACCESSORS for each in node.decorator_list
    )


def arguments_of(machine: Machine, node: ast.Call, scope: Scope) -> Arguments:
    """Return the arguments that a call gives."""
    positional: list[Argument] = []
    named: dict[str, Argument] = {}
    is_open = False
    for each in node.args:
        if isinstance(each, ast.Starred):
            starred = machine.known(machine.evaluate(each.value, scope))
            given, is_open = elements(machine, starred)
            if not isinstance(starred, Symbol):
                origin = Origin("argument", each.value)
                positional.extend(Argument(value, origin) for value in given)
            if is_open:
                # Which parameters get the arguments behind it is not known.
                break
        else:
            origin = Origin("argument", each, origin_of(each, scope))
            positional.append(Argument(machine.evaluate(each, scope), origin))
    for keyword in node.keywords:
        value = machine.evaluate(keyword.value, scope)
        if keyword.arg is not None:
            origin = Origin("argument", keyword.value, origin_of(keyword.value, scope))
            named[keyword.arg] = Argument(value, origin)
            continue
        table = machine.known(value)
        if not isinstance(table, Dict):
            is_open = True
            continue
        is_open |= table.open
        for key, (_, held) in table.items.items():
            if isinstance(key, str):
                named[key] = Argument(held, table.origins.get(key))
            else:
                is_open = True
    return Arguments(tuple(positional), named, is_open)


def call_function(
    machine: Machine, function: Function, arguments: Arguments, node: ast.expr
) -> Value:
    """Return what a function gives; unknown where it is too deep or the budget is spent."""
    alike = sum(each.node is function.node for each in machine.frames)
    if machine.exhausted or len(machine.frames) >= _DEPTH or alike >= _ALIKE:
        if alike < _ALIKE:
            machine.spend(node)
        return unknown_result(machine, function.name, arguments, node)
    scope = Scope(
        parent=function.scope, module=function.scope.module or function.scope, name=function.name
    )
    scope.owner = function.owner
    _bind_parameters(machine, function, arguments, scope)
    first = (*function.node.args.posonlyargs, *function.node.args.args)[:1]
    if function.owner is not None and first:
        scope.receiver = scope.variables.get(first[0].arg)
    if id(function.node) in machine.facts.generators:
        scope.yields = List(open=False)
    machine.visited.add(id(function.node))
    machine.frames.append(function)
    mattered, machine.matters = machine.matters, True
    try:
        if isinstance(function.node, ast.Lambda):
            return machine.evaluate(function.node.body, scope)
        flow = machine.execute(function.node.body, scope)
    finally:
        machine.frames.pop()
        machine.matters = mattered
    if scope.yields is not None:
        return scope.yields
    if flow is None:
        return None
    if flow.kind == "return":
        return flow.value
    return unknown_result(machine, function.name, arguments, node)


def unknown_result(machine: Machine, name: str, arguments: Arguments, node: ast.expr) -> Value:
    """Return the result of code that is not run."""
    if is_tensor_like(arguments.values):
        return opaque(machine, name, arguments.values, node)
    return machine.unknown(node, name and f"{name}(…)")


def _bind_parameters(
    machine: Machine, function: Function, arguments: Arguments, scope: Scope
) -> None:
    given = function.node.args
    by_position = [each.arg for each in (*given.posonlyargs, *given.args)]
    bound = dict(zip(by_position, arguments.positional, strict=False))
    rest = arguments.positional[len(by_position) :]
    extra: dict[str, Argument] = {}
    names = {*by_position, *(each.arg for each in given.kwonlyargs)}
    for name, argument in arguments.named.items():
        (bound if name in names else extra)[name] = argument
    for name in (*by_position, *(each.arg for each in given.kwonlyargs)):
        argument = bound.get(name) or _default(machine, function, name, arguments.open)
        scope.variables[name] = machine.held(argument.value)
        if argument.origin is not None:
            scope.origins[name] = argument.origin
    if given.vararg is not None:
        items = [argument.value for argument in rest]
        scope.variables[given.vararg.arg] = List(items, arguments.open)
    if given.kwarg is not None:
        table = Dict(open=arguments.open)
        for name, argument in extra.items():
            table.items[name] = (name, argument.value)
            if argument.origin is not None:
                table.origins[name] = argument.origin
        scope.variables[given.kwarg.arg] = table


def _default(machine: Machine, function: Function, name: str, is_open: bool) -> Argument:
    """Return the default of a parameter that is not given; an assumption where it may be given."""
    default = function.defaults.get(name)
    if default is not None and not is_open:
        return default
    symbol = Symbol(machine.key("parameter", id(function.node), name), name)
    if default is None:
        return Argument(symbol)
    value = default.value
    if not isinstance(value, Reference | Symbol) and not is_constant(value):
        return default
    told = f" {value!r}" if isinstance(value, str) and len(value) < 40 else ""
    assumption = f"`{name}` keeps its default{told}"
    return Argument(Symbol(symbol.key, name, value, assumption), default.origin)


def call_unknown(machine: Machine, function: Function, receiver: Value, node: ast.expr) -> Value:
    """Run a function with unknown arguments; its defaults are assumed."""
    arguments = Arguments(open=True)
    if receiver is not MISSING:
        arguments = arguments.after(Argument(receiver))
    return call_function(machine, function, arguments, node)
