"""What a loop goes through."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from selu_lint.source.definitions import Class, Instance, Scope
from selu_lint.source.keras_values import Tensor
from selu_lint.source.machine import Machine
from selu_lint.source.values import MISSING, Arguments, Dict, List, Symbol, Value, key_of

MOST_ROUNDS = 24
"""Rounds of a loop that are run."""
MOST_LAYERS = 256
"""Rounds of one that makes layers."""


def most_rounds(machine: Machine, nodes: Sequence[ast.AST]) -> int:
    """Return for how many rounds a loop over these nodes is run."""
    return MOST_LAYERS if machine.facts.makes_layers(nodes) else MOST_ROUNDS


def elements(machine: Machine, value: Value) -> tuple[list[Value], bool]:
    """Return the elements of a value, and whether there may be more."""
    value = machine.known(value)
    if isinstance(value, List) and (value.items or not value.open):
        return list(value.items), value.open
    if isinstance(value, tuple | str):
        return list(value), False
    if isinstance(value, Dict):
        return [key for key, _ in value.items.values()], value.open
    if isinstance(value, Class) and value.is_enum:
        members = value.scope.variables.values()
        return [each for each in members if isinstance(each, Instance)], False
    if isinstance(value, Tensor):
        return [value, value], True
    text = f"{value.text}[…]" if isinstance(value, Symbol) and value.text else ""
    part = machine.part(value)
    return [Symbol(machine.key("element", part, which), text) for which in (0, 1)], True


def distinct(machine: Machine, items: list[Value], is_open: bool = False) -> List:
    """Return the set of elements: each once; open where they cannot be told apart."""
    known: set[object] = set()
    made = List(open=is_open)
    for each in items:
        key = key_of(machine.resolve(each))
        if key not in known:
            known.add(key)
            made.items.append(each)
    unknown = any(isinstance(machine.resolve(each), Symbol | Tensor) for each in made.items)
    made.open |= MISSING in known or (unknown and len(made.items) > 1)
    return made


def extend(machine: Machine, held: List, given: Value) -> None:
    """Append what a value gives to a list, as far as there is room."""
    items, is_open = elements(machine, given)
    machine.touch(held.items)
    room = max(machine.limits.source_items - len(held.items), 0)
    held.items.extend(items[:room])
    held.open |= is_open or len(items) > room


def joined(machine: Machine, rows: list[Value], node: ast.expr, is_open: bool = False) -> List:
    """Return the elements of several values one behind the other, as far as there is room."""
    items: list[Value] = []
    for each in rows:
        given, more = elements(machine, each)
        items.extend(given)
        is_open |= more
        if len(items) > machine.limits.source_items:
            break
    return machine.kept(node, items, is_open)


def ordered(
    machine: Machine, items: list[Value], arguments: Arguments, node: ast.expr, scope: Scope
) -> list[Value]:
    """Return elements as sorting leaves them; which stands where is unknown where it is not told.

    Of the arguments those by name count, ``key`` and ``reverse``.
    """
    named = {name: machine.known(each.value) for name, each in arguments.named.items()}
    backwards, key = named.get("reverse", False), named.get("key")
    keys = [machine.known(each) for each in items]
    if key is not None:
        keys = [
            machine.known(machine.call(key, Arguments.of(each), node, scope))
            for each in rounds(machine, items, node)
        ]
    texts = [each for each in keys if isinstance(each, str)]
    numbers = [each for each in keys if isinstance(each, int | float)]
    if len(items) < 2:
        return items
    if not isinstance(backwards, int) or len(items) not in (len(texts), len(numbers)):
        return [machine.unknown(node, "", place) for place in range(len(items))]
    places = range(len(items))
    told = texts if len(texts) == len(items) else numbers
    return [items[i] for i in sorted(places, key=told.__getitem__, reverse=bool(backwards))]


def rounds(
    machine: Machine, items: list[Value], node: ast.AST, most: int = MOST_ROUNDS
) -> Iterator[Value]:
    """Yield the elements that a loop is run for: of many the first ones and the last."""
    chosen = items
    if len(items) > most:
        chosen = [*items[: most - 1], items[-1]]
        if most == MOST_LAYERS:
            machine.spend(node)
    for each in chosen:
        if machine.exhausted:
            machine.spend(node)
            return
        yield each
