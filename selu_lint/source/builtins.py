"""Python's built-in functions."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from selu_lint.source.binding import set_attribute
from selu_lint.source.definitions import Class, Instance, Scope
from selu_lint.source.iteration import MOST_ROUNDS, distinct, elements, joined, ordered, rounds
from selu_lint.source.keras_names import keras_name
from selu_lint.source.keras_tensors import is_tensor_like
from selu_lint.source.keras_values import Layer, Model, Stack
from selu_lint.source.machine import Machine
from selu_lint.source.tables import merge, put
from selu_lint.source.values import (
    MISSING,
    Arguments,
    Condition,
    Dict,
    List,
    Namespace,
    Reference,
    Symbol,
    Value,
    is_constant,
)

Handler = Callable[[Machine, Arguments, ast.expr, Scope], Value]


def _len(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    value = machine.known(arguments.get(0, ""))
    if isinstance(value, tuple | str):
        return len(value)
    if isinstance(value, List | Dict) and not value.open:
        return len(value.items)
    return machine.derived("len", value)


def _range(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    given = [machine.known(argument.value) for argument in arguments.positional]
    bounds = [each for each in given if isinstance(each, int) and not isinstance(each, bool)]
    if given and len(bounds) == len(given) <= 3 and (len(given) < 3 or bounds[2]):
        numbers = range(*bounds)
        # Its length may be more than a length can be.
        if not numbers[machine.limits.source_items :]:
            return List(list(numbers))
        return List([*numbers[: MOST_ROUNDS - 1], numbers[-1]], open=True)
    start = bounds[0] if len(given) > 1 and isinstance(given[0], int) else 0
    later = machine.derived("later index", *given[:3])
    return List([start, later], open=True)


def _enumerate(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    items, is_open = elements(machine, arguments.get(0, "iterable"))
    start = machine.known(arguments.get(1, "start", 0))
    first = start if isinstance(start, int) else 0
    numbered: list[Value] = [(first + place, item) for place, item in enumerate(items)]
    return machine.kept(node, numbered, is_open)


def _zip(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    columns = [elements(machine, each.value) for each in arguments.positional]
    closed = [len(items) for items, is_open in columns if not is_open]
    longest = min(closed) if closed else max((len(items) for items, _ in columns), default=0)
    filled = [
        [*items, *(machine.unknown(node) for _ in range(longest - len(items)))][:longest]
        for items, _ in columns
    ]
    return machine.kept(node, list(zip(*filled, strict=True)), not closed)


def _listed(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    if not arguments.values:
        return List()
    items, is_open = elements(machine, arguments.get(0, ""))
    return machine.kept(node, items, is_open)


def _set(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    items, is_open = elements(machine, arguments.get(0, "", ()))
    return distinct(machine, items, is_open)


def _tuple(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    made = _listed(machine, arguments, node, scope)
    return tuple(made.items) if isinstance(made, List) and not made.open else made


def _reversed(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    items, is_open = elements(machine, arguments.get(0, ""))
    return machine.kept(node, items[::-1], is_open)


def _sorted(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    items, is_open = elements(machine, arguments.get(0, ""))
    return machine.kept(node, ordered(machine, items, arguments, node, scope), is_open)


def _dict(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    table = Dict(open=arguments.open)
    if arguments.positional:
        first = machine.known(arguments.positional[0].value)
        if isinstance(first, List | tuple):
            pairs, is_open = elements(machine, first)
            table.open |= is_open
            for pair in map(machine.known, pairs):
                parts = pair.items if isinstance(pair, List) else pair
                if isinstance(parts, list | tuple) and len(parts) == 2:
                    put(machine, table, parts[0], parts[1])
                else:
                    table.open = True
        else:
            merge(machine, table, first)
    for key, argument in arguments.named.items():
        put(machine, table, key, argument.value, argument.origin)
    return table


def _map(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    if len(arguments.positional) < 2:
        return machine.unknown(node)
    function, *columns = arguments.positional
    given = [elements(machine, each.value) for each in columns]
    shortest = min(len(items) for items, _ in given)
    rows: list[Value] = [tuple(items[place] for items, _ in given) for place in range(shortest)]
    results = [
        machine.call(function.value, Arguments.of(*row), node, scope)
        for row in rounds(machine, rows, node)
        if isinstance(row, tuple)
    ]
    is_open = shortest > MOST_ROUNDS or any(is_open for _, is_open in given)
    return machine.kept(node, results, is_open)


def _filter(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    function = machine.known(arguments.get(0, ""))
    items, is_open = elements(machine, arguments.get(1, ""))
    kept: list[Value] = []
    for each in rounds(machine, items, node):
        told = each
        if function is not None:
            told = machine.call(function, Arguments.of(each), node, scope)
        if machine.truth(told):
            kept.append(each)
    return machine.kept(node, kept, is_open or len(items) > MOST_ROUNDS)


def _isinstance(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    value = machine.known(machine.asked(machine.known(arguments.get(0, ""))))
    kinds = machine.known(arguments.get(1, ""))
    wanted = elements(machine, kinds)[0] if isinstance(kinds, tuple | List) else [kinds]
    told = [is_a(value, each) for each in wanted]
    if any(told):
        return True
    if None not in told:
        return False
    symbol = value if isinstance(value, Symbol) else None
    key = machine.key("isinstance", machine.part(value), *map(machine.part, wanted[:8]))
    return Condition(key, symbol)


_TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (float,),
    "bool": (bool,),
    "list": (List,),
    "tuple": (tuple,),
    "dict": (Dict,),
}


def is_a(value: Value, kind: Value) -> bool | None:
    """Whether a value is of a type; None where that is not known."""
    if isinstance(value, Symbol | Condition):
        return None
    if isinstance(kind, Class):
        return isinstance(value, Instance) and kind in value.cls.lineage()
    if not isinstance(kind, Reference):
        return None
    first, _, name = kind.name.partition(".")
    if first == "builtins" and name in _TYPES:
        return isinstance(value, _TYPES[name])
    meant = keras_name(kind.name)
    if meant is None:
        return False if is_constant(value) or isinstance(value, List | tuple | Dict) else None
    if isinstance(value, Layer):
        return value.class_name == meant.name or meant.name == "Layer"
    if isinstance(value, Stack | Model) and meant.kind == "model":
        return meant.name in ("Model", "Sequential") and (
            isinstance(value, Stack) or meant.name == "Model"
        )
    return False if is_constant(value) else None


def _getattr(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    holder, name = machine.known(arguments.get(0, "")), machine.known(arguments.get(1, ""))
    if not isinstance(name, str):
        if isinstance(holder, Instance):
            return _by_key(machine, holder, name)
        return machine.derived("getattr", holder, name)
    return machine.attribute(holder, name, node)


def _by_key(machine: Machine, holder: Instance, name: Value) -> Value:
    key = f"?{machine.part(name)}"
    found = holder.attributes.get(key, MISSING)
    return machine.derived("getattr", holder, name) if found is MISSING else found


def _setattr(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    holder, name = machine.known(arguments.get(0, "")), machine.known(arguments.get(1, ""))
    key = name if isinstance(name, str) else f"?{machine.part(name)}"
    origin = arguments.positional[2].origin if len(arguments.positional) > 2 else None
    set_attribute(machine, holder, key, arguments.get(2, ""), origin)
    return None


def _hasattr(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    holder, name = machine.known(arguments.get(0, "")), machine.known(arguments.get(1, ""))
    if isinstance(holder, Instance) and isinstance(name, str):
        found = holder.attributes.get(name, holder.cls.find(name))
        if found is not MISSING:
            return True
    return Condition(machine.key("hasattr", machine.part(holder), machine.part(name)))


def _number(
    kind: type[int | float], machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope
) -> Value:
    value = machine.resolve(arguments.get(0, "", 0))
    if len(arguments.values) > 1:
        return machine.derived("number", *arguments.values)
    if isinstance(value, int | float) and abs(value) < 1e15:
        return kind(value)
    if isinstance(value, str) and len(value) < 20 and value.strip().lstrip("-").isdecimal():
        return kind(value)
    if isinstance(value, Symbol):
        return _number_of(kind, value)
    return machine.derived("number", value)


def _number_of(kind: type[int | float], symbol: Symbol) -> Symbol:
    """Return a symbol as a number; the one that is assumed is made it, too."""
    assumed = symbol.assumed
    if isinstance(assumed, int | float) and abs(assumed) < 1e15:
        return replace(symbol, assumed=kind(assumed))
    return symbol


def _str(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    value = machine.resolve(arguments.get(0, "", ""))
    if isinstance(value, str | int | float) or value is None:
        return str(value)
    return value if isinstance(value, Symbol) else machine.derived("str", value)


def _bool(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    value = machine.resolve(arguments.get(0, "", False))
    return value if isinstance(value, Symbol | Condition) else machine.truth(value)


def _extreme(
    choose: Callable[[list[int | float]], int | float],
    machine: Machine,
    arguments: Arguments,
    node: ast.expr,
    scope: Scope,
) -> Value:
    given, is_open = [machine.known(each) for each in arguments.values], False
    if len(given) == 1:
        given, is_open = elements(machine, given[0])
    numbers = [each for each in given if isinstance(each, int | float)]
    if not numbers or is_open or len(numbers) != len(given):
        return machine.derived(choose.__name__, *given[:8])
    return choose(numbers)


def _sum(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    items, is_open = elements(machine, arguments.get(0, ""))
    start = machine.known(arguments.get(1, "start", 0))
    if isinstance(start, List | tuple):
        rows = [machine.known(each) for each in items]
        if any(type(each) is not type(start) for each in rows):
            return machine.derived("sum", *items[:8])
        made = joined(machine, [start, *rows], node, is_open)
        return tuple(made.items) if isinstance(start, tuple) and not made.open else made
    items.append(start)
    numbers = [each for each in items if isinstance(each, int | float)]
    if is_open or len(numbers) != len(items) or is_tensor_like(arguments.values):
        return machine.derived("sum", *items[:8])
    return math.fsum(numbers) if any(isinstance(each, float) for each in numbers) else sum(numbers)


def _round(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    value, digits = machine.known(arguments.get(0, "")), machine.known(arguments.get(1, ""))
    whole = digits is None or (isinstance(digits, int) and abs(digits) < 20)
    if isinstance(value, int | float) and abs(value) < 1e15 and whole:
        return round(value, digits if isinstance(digits, int) else None)
    return machine.derived("round", value, digits)


def _next(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    given = machine.known(arguments.get(0, ""))
    items, _ = elements(machine, given)
    if not items:
        return arguments.get(1, "", machine.unknown(node))
    if isinstance(given, List) and given.items:
        # An iterator, as only such a list can be here: the next call goes on behind it.
        machine.touch(given.items)
        del given.items[0]
    return items[0]


def _any(
    stops: bool, machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope
) -> Value:
    """Return what ``any`` gives, which stops at a true element, or ``all``, at a false one."""
    items, _ = elements(machine, arguments.get(0, ""))
    return stops if any(machine.truth(each) == stops for each in items) else not stops


def _vars(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    value = machine.known(arguments.get(0, "object"))
    return value if isinstance(value, Namespace) else machine.unknown(node)


def _unseen(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    return machine.unknown(node)


def _nothing(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    return None


_KNOWN: dict[str, Handler] = {
    "len": _len,
    "range": _range,
    "xrange": _range,
    "enumerate": _enumerate,
    "zip": _zip,
    "list": _listed,
    "set": _set,
    "frozenset": _set,
    "iter": _listed,
    "tuple": _tuple,
    "reversed": _reversed,
    "sorted": _sorted,
    "dict": _dict,
    "map": _map,
    "filter": _filter,
    "isinstance": _isinstance,
    "getattr": _getattr,
    "setattr": _setattr,
    "hasattr": _hasattr,
    "int": partial(_number, int),
    "float": partial(_number, float),
    "str": _str,
    "bool": _bool,
    "min": partial(_extreme, min),
    "max": partial(_extreme, max),
    "sum": _sum,
    "round": _round,
    "next": _next,
    "any": partial(_any, True),
    "all": partial(_any, False),
    "vars": _vars,
    "print": _nothing,
}
_UNKNOWN: dict[str, Handler] = dict.fromkeys(
    (
        "abs", "object", "type", "input", "open", "eval", "exec", "globals", "locals",
        "super", "id", "callable", "repr", "hash", "pow", "divmod", "ord", "chr", "bytes",
        "issubclass", "property", "staticmethod", "classmethod", "slice", "format", "complex",
        "bytearray",
        "Exception", "ValueError", "TypeError", "RuntimeError", "NotImplementedError", "KeyError",
        "AttributeError", "ImportError", "IndexError", "AssertionError", "NotImplemented",
        "__name__", "__file__", "delattr", "dir", "exit", "quit", "OSError", "StopIteration",
    ),
    _unseen,
)  # fmt: skip
BUILTINS = _UNKNOWN | _KNOWN
"""By name, what each of them gives."""
