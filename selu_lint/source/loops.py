"""Loops, which are run for a bounded number of rounds."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from selu_lint.source.binding import bind
from selu_lint.source.definitions import Scope
from selu_lint.source.iteration import MOST_LAYERS, elements, most_rounds, rounds
from selu_lint.source.machine import Flow, Machine
from selu_lint.source.values import Dict, List, is_constant

_UNKNOWN_ROUNDS = 2


def run_for(machine: Machine, node: ast.For | ast.AsyncFor, scope: Scope) -> Flow | None:
    """Run a ``for`` loop for the elements that are known, of many for the first and the last."""
    items, is_open = elements(machine, machine.evaluate(node.iter, scope))
    most = most_rounds(machine, node.body)
    written: Sequence[ast.expr | None] = [None] * len(items)
    if isinstance(node.iter, ast.List | ast.Tuple) and len(node.iter.elts) == len(items):
        written = node.iter.elts if len(items) <= most else written
    for position, value in enumerate(rounds(machine, items, node, most)):
        bind(machine, node.target, value, scope, written[position])
        flow = machine.execute(node.body, scope)
        if flow is not None and flow.kind == "break":
            return None
        if flow is not None and flow.kind != "continue":
            return flow
    cut = len(items) > most or machine.exhausted
    if is_open or cut:
        _forget(machine, node, scope, cut)
    return machine.execute(node.orelse, scope)


def run_while(machine: Machine, node: ast.While, scope: Scope) -> Flow | None:
    """Run a ``while`` loop as long as the text says; two rounds where it does not."""
    most = most_rounds(machine, node.body)
    endless = isinstance(node.test, ast.Constant) and not _has(node.body, ast.Break, ast.Return)
    for count in range(most):
        if machine.exhausted:
            machine.spend(node)
            break
        decided = machine.decided
        value = machine.resolve(machine.evaluate(node.test, scope))
        if isinstance(value, List | Dict) and not value.open:
            value = len(value.items)
        if is_constant(value) and not value:
            return machine.execute(node.orelse, scope)
        if count >= _UNKNOWN_ROUNDS and (endless or not is_constant(value)):
            break
        flow = machine.execute(node.body, scope)
        if flow is not None and flow.kind == "break":
            return None
        if flow is not None and flow.kind != "continue":
            return flow
        endless |= machine.decided > decided
    else:
        if most == MOST_LAYERS:
            machine.spend(node)
    _forget(machine, node, scope, cut=True)
    return None


def _has(body: list[ast.stmt], *kinds: type[ast.AST]) -> bool:
    return any(isinstance(node, kinds) for each in body for node in ast.walk(each))


def _forget(
    machine: Machine, node: ast.For | ast.AsyncFor | ast.While, scope: Scope, cut: bool
) -> None:
    """Take for unknown what a loop has counted that is not run as often as Python runs it.

    Where rounds that are known were cut, what it fills or empties is open, too.
    """
    if scope.yields is not None and _has(node.body, ast.Yield, ast.YieldFrom):
        scope.yields.open = True
    for target in machine.facts.changed_by(node):
        if not _is_bound(target, scope):
            continue
        value = machine.known(machine.evaluate(target, scope))
        if is_constant(value):
            bind(machine, target, machine.unknown(target), scope, None)
        elif cut and isinstance(value, List | Dict):
            value.open = True


def _is_bound(target: ast.expr, scope: Scope) -> bool:
    while isinstance(target, ast.Attribute):
        target = target.value
    return isinstance(target, ast.Name) and scope.holder(target.id) is not None
