"""Binding targets: names, attributes, items, and several at once."""

from __future__ import annotations

import ast
from typing import TypeGuard

from selu_lint.source.definitions import Class, Instance, Scope
from selu_lint.source.iteration import elements
from selu_lint.source.keras_objects import set_keras_attribute
from selu_lint.source.keras_values import Layer, Model, Stack, Tensor
from selu_lint.source.machine import Machine, Narrowed
from selu_lint.source.origins import origin_of
from selu_lint.source.tables import put, take_out
from selu_lint.source.values import Dict, List, Namespace, Origin, Reference, Symbol, Value


def bind(
    machine: Machine, target: ast.expr, value: Value, scope: Scope, written: ast.expr | None
) -> None:
    """Give a value to a target; ``written`` is the expression that stands for it."""
    if isinstance(target, ast.Name):
        _label(value, target.id, written)
        set_name(machine, scope, target.id, value, written)
    elif isinstance(target, ast.Tuple | ast.List):
        _unpack(machine, target, value, scope, written)
    elif isinstance(target, ast.Attribute):
        _label(value, target.attr, written)
        holder = machine.known(machine.evaluate(target.value, scope))
        set_attribute(machine, holder, target.attr, value, _origin(written, scope))
    elif isinstance(target, ast.Subscript):
        _set_item(machine, target, value, scope, written)
    elif isinstance(target, ast.Starred):
        bind(machine, target.value, value, scope, None)


def set_name(
    machine: Machine, scope: Scope, name: str, value: Value, written: ast.expr | None
) -> None:
    """Bind a name as an assignment in a scope does."""
    holder = scope.outside.get(name, scope)
    if holder.module is None or holder.is_class:
        machine.touch(holder.variables)
    # What it stood for before is asked first: the new value may be made from it.
    origin = _origin(written, scope)
    holder.variables[name] = value
    holder.origins.pop(name, None)
    if origin is not None:
        holder.origins[name] = origin


def _origin(written: ast.expr | None, scope: Scope) -> Origin | None:
    return None if written is None else Origin("assignment", written, origin_of(written, scope))


def _label(value: Value, name: str, written: ast.expr | None) -> None:
    """Name a layer or model after what it is bound to first, where it is made there."""
    if not isinstance(value, Layer | Stack | Model | Instance) or value.label:
        return
    if value.node is written:
        value.label = name


def set_attribute(
    machine: Machine, holder: Value, name: str, value: Value, origin: Origin | None = None
) -> None:
    """Set an attribute of a value."""
    if isinstance(holder, Instance):
        machine.touch(holder.attributes)
        holder.attributes[name] = value
        holder.origins.pop(name, None)
        if origin is not None:
            holder.origins[name] = origin
    elif isinstance(holder, Class):
        machine.touch(holder.scope.variables)
        holder.scope.variables[name] = value
    elif isinstance(holder, Layer):
        set_keras_attribute(machine, holder, name, value, origin)
    elif isinstance(holder, Namespace):
        machine.touch(holder.attributes)
        holder.attributes[name] = value
    elif isinstance(holder, Symbol | Reference):
        key = machine.key("attribute", machine.part(holder), name)
        machine.path.narrowed[key] = Narrowed(value)


def _unpack(
    machine: Machine,
    target: ast.Tuple | ast.List,
    value: Value,
    scope: Scope,
    written: ast.expr | None,
) -> None:
    value = machine.known(value)
    parts: list[ast.expr | None] = [None] * len(target.elts)
    if isinstance(written, ast.Tuple | ast.List) and len(written.elts) == len(target.elts):
        parts = list(written.elts)
    starred = next((i for i, each in enumerate(target.elts) if isinstance(each, ast.Starred)), None)
    items: list[Value]
    if isinstance(value, Tensor):
        items, is_open = [value] * len(target.elts), True
    elif isinstance(value, List | tuple | Dict | str):
        items, is_open = elements(machine, value)
    else:
        # A starred target takes a part that is not known, too, be it empty or not.
        part, is_open, starred = machine.part(value), True, None
        items = [Symbol(machine.key("part", part, i)) for i in range(len(target.elts))]
    if starred is not None:
        behind = len(target.elts) - starred - 1
        middle = items[starred : len(items) - behind] if len(items) > behind else []
        items = [*items[:starred], List(middle, is_open), *items[len(items) - behind :]]
    for position, each in enumerate(target.elts):
        given = items[position] if position < len(items) else machine.unknown(each)
        bind(machine, each, given, scope, parts[position])


def _set_item(
    machine: Machine,
    target: ast.Subscript,
    value: Value,
    scope: Scope,
    written: ast.expr | None,
) -> None:
    holder = machine.known(machine.evaluate(target.value, scope))
    if isinstance(target.slice, ast.Slice):
        if isinstance(holder, List):
            given, is_open = elements(machine, value)
            place = slice_of(machine, target.slice, scope)
            machine.touch(holder.items)
            if place is None or place.step not in (None, 1) or is_open or holder.open:
                holder.items[:], holder.open = [], True
            else:
                items = list(holder.items)
                items[place] = given
                machine.fill(holder, target, items)
        return
    index = machine.evaluate(target.slice, scope)
    if isinstance(holder, Dict):
        origin = None if written is None else Origin("item", written, origin_of(written, scope))
        put(machine, holder, index, value, origin)
    elif isinstance(holder, List):
        position = machine.known(index)
        if isinstance(position, int) and -len(holder.items) <= position < len(holder.items):
            machine.touch(holder.items)
            holder.items[position] = value
    elif isinstance(holder, Symbol | Reference):
        key = machine.key("item", machine.part(holder), machine.part(index))
        machine.path.narrowed[key] = Narrowed(value)


def unbind(machine: Machine, target: ast.expr, scope: Scope) -> None:
    """Delete a name, an entry of a dict or an item of a list."""
    if isinstance(target, ast.Name):
        holder = scope.outside.get(target.id, scope)
        machine.touch(holder.variables)
        holder.variables.pop(target.id, None)
        return
    if not isinstance(target, ast.Subscript):
        return
    holder_value = machine.known(machine.evaluate(target.value, scope))
    if isinstance(target.slice, ast.Slice):
        _unbind_slice(machine, holder_value, target.slice, scope)
        return
    index = machine.known(machine.evaluate(target.slice, scope))
    if isinstance(holder_value, Dict):
        take_out(machine, holder_value, index, None)
    elif isinstance(holder_value, List) and isinstance(index, int):
        machine.touch(holder_value.items)
        if -len(holder_value.items) <= index < len(holder_value.items):
            del holder_value.items[index]


def _unbind_slice(machine: Machine, holder: Value, bounds: ast.Slice, scope: Scope) -> None:
    if not isinstance(holder, List):
        return
    machine.touch(holder.items)
    place = slice_of(machine, bounds, scope)
    if place is None or holder.open:
        holder.items[:], holder.open = [], True
    else:
        del holder.items[place]


def slice_of(machine: Machine, bounds: ast.Slice, scope: Scope) -> slice | None:
    """Return the slice that stands in a subscript; None if its bounds are not known."""
    lower, upper, step = (
        None if each is None else machine.known(machine.evaluate(each, scope))
        for each in (bounds.lower, bounds.upper, bounds.step)
    )
    if not (_is_bound(lower) and _is_bound(upper) and _is_bound(step)) or step == 0:
        return None
    return slice(lower, upper, step)


def _is_bound(value: Value) -> TypeGuard[int | None]:
    return value is None or isinstance(value, int)
