"""What a loop goes through."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from selu_lint.source.definitions import Class, Instance
from selu_lint.source.keras_values import Tensor
from selu_lint.source.machine import Machine
from selu_lint.source.values import Arguments, Dict, List, Symbol, Value

MOST_ROUNDS = 24


def elements(machine: Machine, value: Value) -> tuple[list[Value], bool]:
    """Return the elements of a value, and whether there may be more."""
    value = machine.known(value)
    if isinstance(value, List):
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


def extend(machine: Machine, held: List, given: Value) -> None:
    """Append what a value gives to a list, as far as there is room."""
    items, is_open = elements(machine, given)
    machine.touch(held.items)
    held.items.extend(items[: max(machine.limits.source_items - len(held.items), 0)])
    held.open |= is_open


def ordered(machine: Machine, items: list[Value], arguments: Arguments) -> list[Value]:
    """Return elements as sorting leaves them; what cannot be compared stays where it is."""
    backwards = machine.known(arguments.get(1, "reverse", False))
    if "key" in arguments.named or not isinstance(backwards, int):
        return items
    if all(isinstance(each, str) for each in items):
        return sorted(items, key=str, reverse=bool(backwards))
    numbers = [each for each in items if isinstance(each, int | float)]
    return [*sorted(numbers, reverse=bool(backwards))] if len(numbers) == len(items) else items


def rounds(machine: Machine, items: list[Value], node: ast.AST) -> Iterator[Value]:
    """Yield the elements that a loop is run for: of many the first ones and the last."""
    chosen = items
    if len(items) > MOST_ROUNDS:
        chosen = [*items[: MOST_ROUNDS - 1], items[-1]]
    for each in chosen:
        if machine.exhausted:
            machine.spend(node)
            return
        yield each
