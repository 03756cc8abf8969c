"""Writing to dicts."""

from __future__ import annotations

from selu_lint.source.machine import Machine
from selu_lint.source.values import MISSING, Dict, Origin, Value, key_of


def merge(machine: Machine, table: Dict, given: Value) -> None:
    """Put what another dict holds into one; of what is no dict, it stays open."""
    given = machine.known(given)
    if isinstance(given, Dict):
        for known, (key, value) in given.items.items():
            put(machine, table, key, value, given.origins.get(known))
        table.open |= given.open
    elif given is not None:
        table.open = True


def put(
    machine: Machine, table: Dict, key: Value, value: Value, origin: Origin | None = None
) -> None:
    """Put an entry into a dict; one whose key cannot be told leaves it open."""
    known = key_of(machine.resolve(key))
    machine.touch(table.items)
    if known is MISSING or len(table.items) > machine.limits.source_items:
        table.open = True
        return
    table.items[known] = (key, value)
    table.origins.pop(known, None)
    if origin is not None:
        table.origins[known] = origin


def take_out(machine: Machine, table: Dict, key: Value, default: Value) -> Value:
    """Remove an entry and return its value."""
    machine.touch(table.items)
    found = table.items.pop(key_of(machine.resolve(key)), None)
    return default if found is None else found[1]
