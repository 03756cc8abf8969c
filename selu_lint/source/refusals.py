"""Code that refuses, by raising or exiting: it is assumed not to be reached."""

from __future__ import annotations

import ast

from selu_lint.source.definitions import Scope
from selu_lint.source.machine import Machine

_EXITS = frozenset({"exit", "quit", "_exit", "abort"})
_LEAVES = (ast.Return, ast.Break, ast.Continue, ast.Yield, ast.YieldFrom)


def refuses(body: list[ast.stmt]) -> bool:
    """Whether statements end by raising or exiting, and in no other way."""
    last = body[-1] if body else None
    if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
        ends = _exits(last.value.func)
    else:
        ends = isinstance(last, ast.Raise)
    return ends and not any(isinstance(node, _LEAVES) for each in body for node in ast.walk(each))


def _exits(callee: ast.expr) -> bool:
    if isinstance(callee, ast.Name):
        return callee.id in _EXITS
    if not isinstance(callee, ast.Attribute) or not isinstance(callee.value, ast.Name):
        return False
    return callee.attr in _EXITS or (callee.attr == "error" and "parser" in callee.value.id)


def take(machine: Machine, test: ast.expr, outcome: bool, scope: Scope) -> None:
    """Take a condition as it has to be for the program to go on, without splitting the path."""
    mattered, machine.matters = machine.matters, False
    try:
        _take(machine, test, outcome, scope)
    finally:
        machine.matters = mattered


def _take(machine: Machine, test: ast.expr, outcome: bool, scope: Scope) -> None:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        _take(machine, test.operand, not outcome, scope)
    elif isinstance(test, ast.BoolOp):
        # All parts of an "and" that is true are, and so those of an "or" that is false.
        if isinstance(test.op, ast.And) == outcome:
            for each in test.values:
                _take(machine, each, outcome, scope)
    else:
        machine.assume(machine.evaluate(test, scope), outcome)
