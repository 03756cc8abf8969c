"""Methods of Python's own lists, dicts and strings."""

from __future__ import annotations

import ast
from collections.abc import Callable

from selu_lint.source.definitions import Scope
from selu_lint.source.iteration import distinct, elements, extend, ordered
from selu_lint.source.machine import Machine
from selu_lint.source.tables import merge, put, take_out
from selu_lint.source.values import (
    MISSING,
    Arguments,
    Dict,
    List,
    Symbol,
    Value,
    is_constant,
    key_of,
)

_SIMPLE: dict[str, Callable[[str], str]] = {
    "lower": str.lower,
    "upper": str.upper,
    "casefold": str.casefold,
    "capitalize": str.capitalize,
    "title": str.title,
}
_TESTS: dict[str, Callable[[str, str], bool]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
}
_SPLITS: dict[str, Callable[[str, str | None, int], list[str]]] = {
    "split": str.split,
    "rsplit": str.rsplit,
}
_STRIPS: dict[str, Callable[[str, str | None], str]] = {
    "strip": str.strip,
    "lstrip": str.lstrip,
    "rstrip": str.rstrip,
}


_UNFOLLOWED_CHANGES = frozenset(
    {"rotate", "intersection_update", "difference_update", "symmetric_difference_update"}
)


def python_method(
    machine: Machine,
    value: List | Dict | str,
    name: str,
    arguments: Arguments,
    node: ast.expr,
    scope: Scope,
) -> Value:
    """Return what a method of a list, set, dict or string gives.

    Raises
    ------
    ArithmeticError, ValueError
        If Python refuses the arguments.
    """
    if isinstance(value, List):
        return _list_method(machine, value, name, arguments, node, scope)
    if isinstance(value, Dict):
        return _dict_method(machine, value, name, arguments, node)
    return _text_method(machine, value, name, arguments, node)


def _list_method(
    machine: Machine, held: List, name: str, arguments: Arguments, node: ast.expr, scope: Scope
) -> Value:
    first = arguments.get(0, "")
    if name == "copy":
        return List(list(held.items), held.open)
    machine.touch(held.items)
    if name in ("append", "add"):
        if len(held.items) < machine.limits.source_items:
            held.items.append(first)
            if name == "add":
                _settle_set(machine, held)
        else:
            machine.spend(node)
            held.open = True
    elif name in ("extend", "update"):
        extend(machine, held, first)
        if name == "update":
            _settle_set(machine, held)
    elif name == "extendleft":
        given, is_open = elements(machine, first)
        machine.fill(held, node, [*given[::-1], *held.items], is_open)
    elif name in ("insert", "appendleft"):
        place, value = machine.known(first), arguments.get(1, "")
        if name == "appendleft":
            place, value = 0, first
        most = len(held.items)
        if most < machine.limits.source_items:
            held.items.insert(max(min(place, most), -most) if isinstance(place, int) else 0, value)
    elif name in ("pop", "popleft"):
        place = machine.known(first) if arguments.positional else -1
        place = 0 if name == "popleft" else place
        if isinstance(place, int) and -len(held.items) <= place < len(held.items):
            return held.items.pop(place)
        return machine.unknown(node)
    elif name in ("remove", "discard"):
        wanted = key_of(machine.known(first))
        place = next((i for i, each in enumerate(held.items) if key_of(each) == wanted), None)
        if place is not None and wanted is not MISSING:
            del held.items[place]
    elif name == "clear":
        held.items.clear()
    elif name == "reverse":
        held.items.reverse()
    elif name == "sort":
        held.items[:] = ordered(machine, held.items, arguments, node, scope)
    else:
        if name in _UNFOLLOWED_CHANGES:
            held.items[:], held.open = [], True
        return machine.unknown(node)
    return None


def _settle_set(machine: Machine, held: List) -> None:
    made = distinct(machine, held.items, held.open)
    held.items[:], held.open = made.items, made.open


def _dict_method(
    machine: Machine, table: Dict, name: str, arguments: Arguments, node: ast.expr
) -> Value:
    if name in ("keys", "values", "items"):
        entries = list(table.items.values())
        chosen: dict[str, list[Value]] = {
            "keys": [key for key, _ in entries],
            "values": [value for _, value in entries],
            "items": list(entries),
        }
        return machine.kept(node, chosen[name], table.open)
    if name in ("get", "pop", "setdefault"):
        return _looked_up(machine, table, name, arguments)
    if name == "update":
        if arguments.positional:
            merge(machine, table, arguments.get(0, ""))
        for key, argument in arguments.named.items():
            put(machine, table, key, argument.value, argument.origin)
        table.open |= arguments.open
        return None
    if name == "copy":
        return Dict(dict(table.items), dict(table.origins), table.open)
    if name == "clear":
        machine.touch(table.items)
        table.items.clear()
        return None
    if name == "popitem" and table.items and not (table.open or arguments.values):
        machine.touch(table.items)
        return table.items.popitem()[1]
    return machine.unknown(node)


def _looked_up(machine: Machine, table: Dict, name: str, arguments: Arguments) -> Value:
    key, default = arguments.get(0, ""), arguments.get(1, "default")
    known = key_of(machine.resolve(key))
    if known in table.items:
        if name == "pop":
            return take_out(machine, table, key, default)
        return table.items[known][1]
    if name == "setdefault" and not table.open:
        origin = arguments.positional[1].origin if len(arguments.positional) > 1 else None
        put(machine, table, key, default, origin)
        return default
    if table.open or not is_constant(machine.resolve(key)):
        return with_default(machine, table, key, default)
    return default


def with_default(machine: Machine, table: Value, key: Value, default: Value) -> Symbol:
    """Return what is looked up in a dict that is not known: its default is assumed."""
    symbol = machine.derived("looked up", table, key)
    if not isinstance(default, str) or not isinstance(key, str):
        return symbol
    assumption = f"`{key[:40]}` keeps its default {default[:40]!r}"
    return Symbol(symbol.key, key[:40], default, assumption)


def _text_method(
    machine: Machine, text: str, name: str, arguments: Arguments, node: ast.expr
) -> Value:
    """Return what a method of a string gives; unknown where it is not a simple one."""
    given = [machine.known(each) for each in arguments.values]
    first = given[0] if given else None
    if name in _SIMPLE:
        return _SIMPLE[name](text)
    if name in _STRIPS and (first is None or isinstance(first, str)):
        return _STRIPS[name](text, first)
    if name in _TESTS and isinstance(first, str) and len(given) == 1:
        return _TESTS[name](text, first)
    if name == "replace" and len(given) == 2:
        return _replaced(machine, text, given[0], given[1])
    if name in _SPLITS:
        separator = machine.known(arguments.get(0, "sep"))
        most = machine.known(arguments.get(1, "maxsplit", -1))
        if isinstance(separator, str | None) and isinstance(most, int):
            return machine.kept(node, list(_SPLITS[name](text, separator, most)))
    if name == "join":
        return _joined(machine, text, first, node)
    if name == "format" and not arguments.named:
        return _formatted(machine, text, given, node)
    return machine.derived(f"str.{name}", text, *arguments.values[:8])


def _replaced(machine: Machine, text: str, old: Value, new: Value) -> Value:
    if not isinstance(old, str) or not isinstance(new, str):
        return machine.derived("replace", text, old, new)
    fits = (len(text) + 1) * (len(new) + 1) <= machine.limits.source_characters
    return text.replace(old, new) if fits else machine.derived("replace", text, old, new)


def _joined(machine: Machine, text: str, given: Value, node: ast.expr) -> Value:
    items, is_open = elements(machine, given)
    texts = [each for each in items if isinstance(each, str)]
    size = sum(map(len, texts)) + len(text) * len(texts)
    if is_open or len(texts) != len(items) or size > machine.limits.source_characters:
        return machine.unknown(node)
    return text.join(texts)


def _formatted(machine: Machine, text: str, given: list[Value], node: ast.expr) -> Value:
    """Return ``text.format(...)`` for empty and numbered fields."""
    pieces = text.split("{")
    result = [pieces[0]]
    for count, piece in enumerate(pieces[1:]):
        field, closed, rest = piece.partition("}")
        place = int(field) if field.isdecimal() and len(field) < 3 else count
        value = given[place] if place < len(given) else None
        if not closed or not (field.isdecimal() or not field) or "}" in rest:
            return machine.derived("format", text, *given[:8])
        if not isinstance(value, str | int | float):
            return machine.derived("format", text, *given[:8])
        result.append(str(value) + rest)
    joined = "".join(result)
    return joined if len(joined) <= machine.limits.source_characters else machine.unknown(node)
