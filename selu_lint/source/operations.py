"""Operators, comparisons and subscripts on values."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from dataclasses import replace

from selu_lint.source.definitions import Class
from selu_lint.source.keras_tensors import is_tensor_like, operate
from selu_lint.source.keras_values import Tensor
from selu_lint.source.machine import Machine
from selu_lint.source.tables import merge
from selu_lint.source.values import (
    MISSING,
    Condition,
    Dict,
    List,
    Namespace,
    Symbol,
    Value,
    is_constant,
    key_of,
)

_ARITHMETIC: dict[type[ast.operator], Callable[[int | float, int | float], object]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
}
_TENSOR_OPERATIONS: dict[type[ast.operator], str] = {
    ast.Add: "Add",
    ast.Sub: "Subtract",
    ast.Mult: "Multiply",
    ast.Div: "Divide",
    ast.MatMult: "Matmul",
}
_ORDER: dict[type[ast.cmpop], Callable[[int | float, int | float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_LARGEST = 10**30
_LARGEST_POWER = 100
_MOST_ENTRIES = 8
_FIELD = re.compile(r"%(?:\((\w{1,40})\))?([sdi%])")


def binary(
    machine: Machine, kind: type[ast.operator], left: Value, right: Value, node: ast.expr
) -> Value:
    """Return what an operator gives."""
    left, right = machine.resolve(left), machine.resolve(right)
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        return operate(machine, _TENSOR_OPERATIONS.get(kind, kind.__name__), (left, right), node)
    if isinstance(left, Symbol) or isinstance(right, Symbol):
        result = machine.derived(kind.__name__, left, right)
        known = [machine.settle(each) for each in (left, right)]
        if any(isinstance(value, Symbol) for value, _ in known):
            return result
        assumed = _computed(machine, kind, known[0][0], known[1][0], node)
        because = next((why for _, reasons in known for why in reasons), None)
        if not is_constant(assumed) or because is None:
            return assumed
        return Symbol(result.key, result.text, assumed, because.text, because.possible)
    return _computed(machine, kind, left, right, node)


def _computed(
    machine: Machine, kind: type[ast.operator], left: Value, right: Value, node: ast.expr
) -> Value:
    result: Value = MISSING
    if isinstance(left, int | float) and isinstance(right, int | float):
        result = _number(kind, left, right)
    elif kind is ast.Mod and isinstance(left, str):
        result = _formatted(left, right)
    elif kind is ast.Add and isinstance(left, str) and isinstance(right, str):
        if len(left) + len(right) <= machine.limits.source_characters:
            result = left + right
    elif kind is ast.Add and isinstance(left, List) and isinstance(right, List):
        result = machine.kept(node, left.items + right.items, left.open or right.open)
    elif kind is ast.Add and isinstance(left, tuple) and isinstance(right, tuple):
        if len(left) + len(right) <= machine.limits.source_items:
            result = left + right
    elif kind is ast.Mult:
        result = _repeated(machine, left, right, node)
    elif kind is ast.BitOr and isinstance(left, Dict) and isinstance(right, Dict):
        result = Dict()
        merge(machine, result, left)
        merge(machine, result, right)
    return machine.derived(kind.__name__, left, right) if result is MISSING else result


def _number(kind: type[ast.operator], left: int | float, right: int | float) -> Value:
    compute = _ARITHMETIC.get(kind)
    if compute is None or abs(left) > _LARGEST or abs(right) > _LARGEST:
        return MISSING
    if kind in (ast.Pow, ast.LShift) and abs(right) > _LARGEST_POWER:
        return MISSING
    try:
        result = compute(left, right)
    except (ArithmeticError, TypeError, ValueError):
        return MISSING
    return result if isinstance(result, int | float) else MISSING


def _formatted(template: str, given: Value) -> Value:
    """Return ``template % given`` for plain fields and constants."""
    values = list(given) if isinstance(given, tuple) else [given]
    if len(template) > 1000 or len(values) > 16:
        return MISSING
    if _FIELD.sub("", template).count("%"):
        return MISSING
    parts: list[str] = []
    position = 0
    for match in _FIELD.finditer(template):
        parts.append(template[position : match.start()])
        position = match.end()
        if match[2] == "%":
            parts.append("%")
            continue
        value: Value = values.pop(0) if values and not match[1] else MISSING
        kinds = (str, int, float) if match[2] == "s" else (int,)
        if not isinstance(value, kinds) or (isinstance(value, bool) and match[2] != "s"):
            return MISSING
        parts.append(str(value)[:1000])
    return "".join([*parts, template[position:]])


def _repeated(machine: Machine, left: Value, right: Value, node: ast.expr) -> Value:
    if isinstance(left, int):
        left, right = right, left
    if not isinstance(right, int) or isinstance(right, bool):
        return MISSING
    times = max(right, 0)
    if isinstance(left, List):
        most = machine.limits.source_items // max(len(left.items), 1) + 1
        return machine.kept(node, left.items * min(times, most), left.open)
    if isinstance(left, str) and len(left) * times <= machine.limits.source_characters:
        return left * times
    if isinstance(left, tuple) and len(left) * times <= machine.limits.source_items:
        return left * times
    return MISSING


def compare(machine: Machine, kind: type[ast.cmpop], left: Value, right: Value) -> Value:
    """Return a truth, or the condition that decides it."""
    if kind in (ast.NotEq, ast.IsNot, ast.NotIn):
        positive = {ast.NotEq: ast.Eq, ast.IsNot: ast.Is, ast.NotIn: ast.In}[kind]
        return negated(machine, compare(machine, positive, left, right))
    left, right = machine.questioned(left), machine.questioned(right)
    if kind in (ast.Eq, ast.Is):
        return _equal(machine, left, right, identical=kind is ast.Is)
    if kind is ast.In:
        return _contained(machine, left, right)
    known = [machine.known(each) for each in (left, right)]
    decided = _ordered(kind, known[0], known[1])
    if decided is not None and known[0] is left and known[1] is right:
        return decided
    key = machine.key(kind.__name__, machine.part(left), machine.part(right))
    symbol = next((each for each in (left, right) if isinstance(each, Symbol)), None)
    return Condition(key, symbol, assumed=decided)


def _ordered(kind: type[ast.cmpop], left: Value, right: Value) -> bool | None:
    order = _ORDER.get(kind)
    numbers = isinstance(left, int | float) and isinstance(right, int | float)
    return bool(order(left, right)) if order and numbers else None  # type: ignore[arg-type]


def _equal(machine: Machine, left: Value, right: Value, identical: bool) -> Value:
    if isinstance(right, Symbol) and not isinstance(left, Symbol):
        left, right = right, left
    if not isinstance(left, Symbol):
        if left is None or right is None or identical:
            return left is right or (is_constant(left) and key_of(left) == key_of(right))
        if isinstance(left, Tensor | Condition) or isinstance(right, Tensor | Condition):
            return machine.derived("==", left, right)
        one, other = key_of(left), key_of(right)
        if one is MISSING or other is MISSING:
            return left is right or machine.derived("==", left, right)
        return one == other
    kind = "is" if right is None else "=="
    key = machine.key(kind, left.key, machine.part(right))
    assumed = machine.known(left)
    decided = None
    if is_constant(assumed) and (is_constant(right) or not isinstance(right, Symbol)):
        decided = key_of(assumed) == key_of(right)
    told = right if is_constant(right) else MISSING
    return Condition(key, left, equals=told, assumed=decided)


def _contained(machine: Machine, left: Value, right: Value) -> Value:
    if isinstance(right, str) and isinstance(left, str):
        return left in right
    entries = entries_of(right)
    if entries is None:
        key = machine.key("in", machine.part(left), machine.part(right))
        symbol = left if isinstance(left, Symbol) else None
        return Condition(key, symbol)
    is_open = isinstance(right, List | Dict) and right.open
    keys = [key_of(each) for each in entries]
    if isinstance(left, Symbol):
        told = entries[0] if len(entries) == 1 and is_constant(entries[0]) else MISSING
        assumed = machine.known(left)
        decided = None if isinstance(assumed, Symbol) else key_of(assumed) in keys
        if is_open:
            told, decided = MISSING, decided or None
        key = machine.key("in", left.key, *map(machine.part, entries[:_MOST_ENTRIES]))
        return Condition(key, left, equals=told, assumed=decided)
    wanted = key_of(left)
    if wanted is not MISSING and wanted in keys:
        return True
    return machine.derived("in", left, right) if is_open or wanted is MISSING else False


def entries_of(value: Value) -> list[Value] | None:
    """Return what a list, tuple or dict holds (of a dict its keys); None of anything else."""
    if isinstance(value, List):
        return value.items
    if isinstance(value, tuple):
        return list(value)
    return [key for key, _ in value.items.values()] if isinstance(value, Dict) else None


def negated(machine: Machine, value: Value) -> Value:
    """Return ``not value`` without deciding it."""
    value = machine.questioned(value)
    if isinstance(value, Symbol):
        value = machine.truthiness(value)
    if isinstance(value, Condition):
        return replace(value, negated=not value.negated)
    return not machine.truth(value)


def item(machine: Machine, value: Value, index: Value, node: ast.expr) -> Value:
    """Return ``value[index]``."""
    value, index = machine.resolve(value), machine.resolve(index)
    if isinstance(value, Tensor):
        return operate(machine, "GetItem", (value,), node)
    if isinstance(value, Symbol):
        known = machine.known(value)
        if isinstance(known, Symbol):
            key = machine.key("item", value.key, machine.part(index))
            return machine.held(Symbol(key, f"{value.text}[…]" if value.text else ""))
        value = known
    if isinstance(value, Dict):
        return _entry(machine, value, index)
    if isinstance(value, Namespace) and isinstance(index, str):
        return value.attributes.get(index, machine.derived("item", value.number, index))
    if isinstance(value, Class) and isinstance(index, str):
        found = value.find(index)
        return machine.derived("item", value, index) if found is MISSING else found
    items = value.items if isinstance(value, List) else value
    is_open = isinstance(value, List) and value.open
    position = machine.known(index)
    if isinstance(items, list | tuple | str):
        if isinstance(position, int) and -len(items) <= position < len(items):
            if not (is_open and position < 0):
                return items[position]
        elif isinstance(items, list | tuple) and items and not is_tensor_like(index):
            # A later index of a loop: what the last of them is like, they all are.
            return items[-1] if isinstance(index, Symbol) else machine.derived("item", value, index)
    return machine.derived("item", value, index)


def _entry(machine: Machine, table: Dict, index: Value) -> Value:
    wanted = key_of(index)
    if wanted in table.items:
        return table.items[wanted][1]
    index = machine.questioned(index)
    if isinstance(index, Symbol) and 0 < len(table.items) <= _MOST_ENTRIES and not table.open:
        *others, last = table.items.values()
        for key, value in others:
            if machine.truth(compare(machine, ast.Eq, index, key)):
                return value
        machine.assume(compare(machine, ast.Eq, index, last[0]), True)
        return last[1]
    return machine.derived("item", table, index)
