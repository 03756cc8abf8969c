"""What statements do."""

from __future__ import annotations

import ast
from collections.abc import Callable

from selu_lint.source.binding import bind, set_name, unbind
from selu_lint.source.classes import make_class
from selu_lint.source.definitions import Scope
from selu_lint.source.functions import decorated, is_accessor, make_function
from selu_lint.source.iteration import extend
from selu_lint.source.loops import run_for, run_while
from selu_lint.source.machine import Flow, Machine
from selu_lint.source.matching import run_match
from selu_lint.source.operations import binary
from selu_lint.source.refusals import refuses, take
from selu_lint.source.tables import merge
from selu_lint.source.values import Dict, List, Reference

_Handler = Callable[..., Flow | None]


def _function(machine: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> None:
    if is_accessor(node):
        return
    owner = scope.owner if scope.is_class else None
    made = make_function(machine, node, scope, node.name, owner)
    if owner is None:
        made = decorated(machine, made, scope)
    set_name(machine, scope, node.name, made, None)


def _class(machine: Machine, node: ast.ClassDef, scope: Scope) -> None:
    set_name(machine, scope, node.name, make_class(machine, node, scope), None)


def _return(machine: Machine, node: ast.Return, scope: Scope) -> Flow:
    return Flow("return", None if node.value is None else machine.evaluate(node.value, scope))


def _expression(machine: Machine, node: ast.Expr, scope: Scope) -> None:
    machine.evaluate(node.value, scope)


def _assign(machine: Machine, node: ast.Assign, scope: Scope) -> None:
    value = machine.evaluate(node.value, scope)
    for target in node.targets:
        bind(machine, target, value, scope, node.value)


def _assign_typed(machine: Machine, node: ast.AnnAssign, scope: Scope) -> None:
    if node.value is not None:
        bind(machine, node.target, machine.evaluate(node.value, scope), scope, node.value)


def _assign_changed(machine: Machine, node: ast.AugAssign, scope: Scope) -> None:
    old = machine.evaluate(node.target, scope)
    value = machine.evaluate(node.value, scope)
    if isinstance(old, List) and isinstance(node.op, ast.Add):
        extend(machine, old, value)
        return
    if isinstance(old, Dict) and isinstance(node.op, ast.BitOr):
        merge(machine, old, value)
        return
    bind(machine, node.target, binary(machine, type(node.op), old, value, node.value), scope, None)


def _delete(machine: Machine, node: ast.Delete, scope: Scope) -> None:
    for target in node.targets:
        unbind(machine, target, scope)


def _if(machine: Machine, node: ast.If, scope: Scope) -> Flow | None:
    if refuses(node.body):
        take(machine, node.test, False, scope)
        return machine.execute(node.orelse, scope)
    if node.orelse and refuses(node.orelse):
        take(machine, node.test, True, scope)
        return machine.execute(node.body, scope)
    matters = machine.facts.matter(node.body) or machine.facts.matter(node.orelse)
    mattered, machine.matters = machine.matters, machine.matters and matters
    try:
        chosen = machine.truth(machine.evaluate(node.test, scope))
    finally:
        machine.matters = mattered
    return machine.execute(node.body if chosen else node.orelse, scope)


def _with(machine: Machine, node: ast.With | ast.AsyncWith, scope: Scope) -> Flow | None:
    for each in node.items:
        value = machine.evaluate(each.context_expr, scope)
        if each.optional_vars is not None:
            bind(machine, each.optional_vars, value, scope, each.context_expr)
    return machine.execute(node.body, scope)


def _try(machine: Machine, node: ast.Try, scope: Scope) -> Flow | None:
    flow = machine.execute(node.body, scope)
    if flow is not None and flow.kind == "raise":
        flow = machine.execute(node.handlers[0].body, scope) if node.handlers else flow
    elif flow is None:
        for handler in node.handlers:
            machine.execute(_binding_only(handler.body, scope), scope)
        flow = machine.execute(node.orelse, scope)
    return machine.execute(node.finalbody, scope) or flow


def _binding_only(body: list[ast.stmt], scope: Scope) -> list[ast.stmt]:
    """Return the statements of a handler that bind names which nothing else binds."""
    chosen: list[ast.stmt] = []
    for statement in body:
        names: list[str] = []
        if isinstance(statement, ast.Import | ast.ImportFrom):
            names = [each.asname or each.name.partition(".")[0] for each in statement.names]
        elif isinstance(statement, ast.Assign):
            names = [each.id for each in statement.targets if isinstance(each, ast.Name)]
        elif isinstance(statement, ast.FunctionDef | ast.ClassDef):
            names = [statement.name]
        if names and not any(scope.holder(name) for name in names):
            chosen.append(statement)
    return chosen


def _assert(machine: Machine, node: ast.Assert, scope: Scope) -> None:
    take(machine, node.test, True, scope)


def _import(machine: Machine, node: ast.Import, scope: Scope) -> None:
    for alias in node.names:
        first = alias.name.partition(".")[0]
        bound, name = (alias.asname, alias.name) if alias.asname else (first, first)
        set_name(machine, scope, bound, Reference(name), None)


def _import_from(machine: Machine, node: ast.ImportFrom, scope: Scope) -> None:
    module = "." * node.level + (node.module or "")
    for alias in node.names:
        if alias.name != "*":
            name = f"{module}.{alias.name}" if node.module else f"{module}{alias.name}"
            set_name(machine, scope, alias.asname or alias.name, Reference(name), None)


def _global(machine: Machine, node: ast.Global, scope: Scope) -> None:
    for name in node.names:
        scope.outside[name] = scope.module or scope


def _nonlocal(machine: Machine, node: ast.Nonlocal, scope: Scope) -> None:
    for name in node.names:
        holder = scope.parent.holder(name) if scope.parent is not None else None
        if holder is not None:
            scope.outside[name] = holder


STATEMENTS: dict[type[ast.AST], _Handler] = {
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.ClassDef: _class,
    ast.Return: _return,
    ast.Raise: lambda *_: Flow("raise"),
    ast.Break: lambda *_: Flow("break"),
    ast.Continue: lambda *_: Flow("continue"),
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _assign_typed,
    ast.AugAssign: _assign_changed,
    ast.Delete: _delete,
    ast.If: _if,
    ast.For: run_for,
    ast.AsyncFor: run_for,
    ast.While: run_while,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Try: _try,
    ast.Match: run_match,
    ast.Assert: _assert,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.Global: _global,
    ast.Nonlocal: _nonlocal,
}
if hasattr(ast, "TryStar"):
    STATEMENTS[ast.TryStar] = _try


def run_module(machine: Machine, tree: ast.Module, scope: Scope) -> None:
    """Run a file's statements; none of them ends it, and each may spend half of what is left."""
    end = machine.limit
    for statement in tree.body:
        machine.limit = machine.steps + max(end - machine.steps, 0) // 2
        machine.execute([statement], scope)
    machine.limit = end
