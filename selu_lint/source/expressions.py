"""What expressions evaluate to."""

from __future__ import annotations

import ast
from collections.abc import Callable

from selu_lint.source.binding import bind, slice_of
from selu_lint.source.builtins import BUILTINS
from selu_lint.source.classes import super_of
from selu_lint.source.definitions import Scope
from selu_lint.source.functions import arguments_of, make_function
from selu_lint.source.iteration import distinct, elements, extend, most_rounds, rounds
from selu_lint.source.keras_names import unbound_name
from selu_lint.source.machine import Machine
from selu_lint.source.operations import binary, compare, item, negated
from selu_lint.source.origins import origin_of
from selu_lint.source.tables import merge, put
from selu_lint.source.values import (
    MISSING,
    Condition,
    Dict,
    List,
    Origin,
    Reference,
    Symbol,
    Value,
    is_constant,
)


def _constant(machine: Machine, node: ast.Constant, scope: Scope) -> Value:
    value = node.value
    if isinstance(value, str | bytes) and len(value) > machine.limits.source_characters:
        return machine.unknown(node)
    if isinstance(value, int) and abs(value) > 1 << 128:
        return machine.unknown(node)
    return value if is_constant(value) else machine.unknown(node)


def _name(machine: Machine, node: ast.Name, scope: Scope) -> Value:
    holder = scope.holder(node.id)
    if holder is not None:
        return machine.held(holder.variables[node.id])
    if node.id in BUILTINS:
        return Reference(f"builtins.{node.id}")
    later = machine.bound_later.get(node.id, MISSING)
    if later is not MISSING:
        assumption = f"`{node.id}` is bound in a later cell"
        return Symbol(machine.key("later", node.id), node.id, later, assumption)
    machine.unbound.add(node.id)
    dotted = unbound_name(node.id)
    if dotted is None:
        return machine.held(Symbol(machine.key("unbound", node.id), node.id))
    return Reference(dotted, unbound=not machine.facts.trusts_unbound)


def _attribute(machine: Machine, node: ast.Attribute, scope: Scope) -> Value:
    value = machine.evaluate(node.value, scope)
    return machine.held(machine.attribute(value, node.attr, node))


def _call(machine: Machine, node: ast.Call, scope: Scope) -> Value:
    if isinstance(node.func, ast.Name) and node.func.id == "super" and not node.args:
        return super_of(machine, scope, node)
    callee = machine.evaluate(node.func, scope)
    return machine.call(callee, arguments_of(machine, node, scope), node, scope)


def _binary(machine: Machine, node: ast.BinOp, scope: Scope) -> Value:
    left = machine.evaluate(node.left, scope)
    return binary(machine, type(node.op), left, machine.evaluate(node.right, scope), node)


def _unary(machine: Machine, node: ast.UnaryOp, scope: Scope) -> Value:
    value = machine.resolve(machine.evaluate(node.operand, scope))
    if isinstance(node.op, ast.Not):
        return negated(machine, value)
    if isinstance(value, int | float):
        if isinstance(node.op, ast.USub):
            return -value
        if isinstance(node.op, ast.Invert):
            return ~value if isinstance(value, int) else machine.unknown(node)
        return value
    return binary(machine, ast.Mult, value, -1 if isinstance(node.op, ast.USub) else 1, node)


def _boolean(machine: Machine, node: ast.BoolOp, scope: Scope) -> Value:
    *others, last = node.values
    stops = isinstance(node.op, ast.Or)
    for each in others:
        value = machine.evaluate(each, scope)
        if machine.truth(value) == stops:
            # What was asked is decided now, and need not be asked again.
            return stops if isinstance(value, Condition) else machine.resolve(value)
    return machine.evaluate(last, scope)


def _compare(machine: Machine, node: ast.Compare, scope: Scope) -> Value:
    left = machine.evaluate(node.left, scope)
    *others, last = zip(node.ops, node.comparators, strict=True)
    for operator, comparator in others:
        right = machine.evaluate(comparator, scope)
        if not machine.truth(compare(machine, type(operator), left, right)):
            return False
        left = right
    return compare(machine, type(last[0]), left, machine.evaluate(last[1], scope))


def _conditional(machine: Machine, node: ast.IfExp, scope: Scope) -> Value:
    chosen = node.body if machine.truth(machine.evaluate(node.test, scope)) else node.orelse
    return machine.evaluate(chosen, scope)


def _lambda(machine: Machine, node: ast.Lambda, scope: Scope) -> Value:
    return make_function(machine, node, scope, "lambda")


def sequence(machine: Machine, nodes: list[ast.expr], scope: Scope) -> List:
    """Return the values of expressions, starred ones taken apart."""
    items: list[Value] = []
    is_open = False
    for node in nodes:
        if isinstance(node, ast.Starred):
            given, more = elements(machine, machine.evaluate(node.value, scope))
            items.extend(given)
            is_open |= more
        else:
            items.append(machine.evaluate(node, scope))
        if len(items) > machine.limits.source_items:
            break
    return machine.kept(nodes[0], items, is_open) if nodes else List()


def _list(machine: Machine, node: ast.List, scope: Scope) -> Value:
    return sequence(machine, node.elts, scope)


def _set(machine: Machine, node: ast.Set, scope: Scope) -> Value:
    made = sequence(machine, node.elts, scope)
    return distinct(machine, made.items, made.open)


def _tuple(machine: Machine, node: ast.Tuple, scope: Scope) -> Value:
    items = sequence(machine, node.elts, scope)
    return items if items.open else tuple(items.items)


def _dict(machine: Machine, node: ast.Dict, scope: Scope) -> Value:
    table = Dict()
    for key, value in zip(node.keys, node.values, strict=True):
        if len(table.items) > machine.limits.source_items:
            machine.spend(node)
            table.open = True
            break
        if key is None:
            merge(machine, table, machine.evaluate(value, scope))
            continue
        origin = Origin("item", value, origin_of(value, scope))
        put(machine, table, machine.evaluate(key, scope), machine.evaluate(value, scope), origin)
    return table


def _comprehension(
    machine: Machine,
    generators: list[ast.comprehension],
    scope: Scope,
    take: Callable[[Scope], None],
    node: ast.expr,
) -> bool:
    """Run ``take`` for each round of a comprehension; return whether there may be more rounds."""
    inner = Scope(parent=scope, module=scope.module or scope, name=scope.name)
    inner.is_comprehension = True
    inner.owner, inner.receiver = scope.owner, scope.receiver
    return _rounds(machine, generators, inner, take, node)


def _rounds(
    machine: Machine,
    generators: list[ast.comprehension],
    scope: Scope,
    take: Callable[[Scope], None],
    node: ast.expr,
) -> bool:
    if not generators:
        take(scope)
        return False
    first, *others = generators
    given, is_open = elements(machine, machine.evaluate(first.iter, scope))
    most = most_rounds(machine, [node])
    is_open |= len(given) > most
    for value in rounds(machine, given, node, most):
        bind(machine, first.target, value, scope, None)
        if all(machine.truth(machine.evaluate(test, scope)) for test in first.ifs):
            is_open |= _rounds(machine, others, scope, take, node)
    return is_open


def _list_comprehension(
    machine: Machine, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, scope: Scope
) -> List:
    items: list[Value] = []

    def take(inner: Scope) -> None:
        items.append(machine.evaluate(node.elt, inner))

    is_open = _comprehension(machine, node.generators, scope, take, node)
    return machine.kept(node, items, is_open)


def _set_comprehension(machine: Machine, node: ast.SetComp, scope: Scope) -> Value:
    made = _list_comprehension(machine, node, scope)
    return distinct(machine, made.items, made.open)


def _dict_comprehension(machine: Machine, node: ast.DictComp, scope: Scope) -> Value:
    table = Dict()

    def take(inner: Scope) -> None:
        key, value = machine.evaluate(node.key, inner), machine.evaluate(node.value, inner)
        put(machine, table, key, value, Origin("item", node.value))

    table.open |= _comprehension(machine, node.generators, scope, take, node)
    return table


def _subscript(machine: Machine, node: ast.Subscript, scope: Scope) -> Value:
    value = machine.evaluate(node.value, scope)
    if isinstance(node.slice, ast.Slice):
        return _sliced(machine, value, node.slice, node, scope)
    return item(machine, value, machine.evaluate(node.slice, scope), node)


def _sliced(
    machine: Machine, value: Value, bounds: ast.Slice, node: ast.expr, scope: Scope
) -> Value:
    part = slice_of(machine, bounds, scope)
    value = machine.known(value)
    if part is None:
        return item(machine, value, None, node)
    if isinstance(value, List):
        return List(value.items[part], value.open)
    return value[part] if isinstance(value, tuple | str) else item(machine, value, None, node)


def _joined(machine: Machine, node: ast.JoinedStr, scope: Scope) -> Value:
    parts: list[Value] = []
    for each in node.values:
        if isinstance(each, ast.FormattedValue):
            value = machine.resolve(machine.evaluate(each.value, scope))
            plain = each.format_spec is None and each.conversion == -1
            if not plain:
                value = machine.derived("format", value, ast.dump(each)[:200])
            parts.append(value)
        elif isinstance(each, ast.Constant):
            parts.append(each.value)
    if all(isinstance(each, str | int | float) for each in parts):
        text = "".join(map(str, parts))
        return text if len(text) <= machine.limits.source_characters else machine.unknown(node)
    return machine.derived("joined", tuple(parts[:16]))


def _named(machine: Machine, node: ast.NamedExpr, scope: Scope) -> Value:
    value = machine.evaluate(node.value, scope)
    while scope.is_comprehension and scope.parent is not None:
        scope = scope.parent
    bind(machine, node.target, value, scope, node.value)
    return value


def _awaited(machine: Machine, node: ast.Await, scope: Scope) -> Value:
    return machine.evaluate(node.value, scope)


def _yielded(machine: Machine, node: ast.Yield, scope: Scope) -> Value:
    value = None if node.value is None else machine.evaluate(node.value, scope)
    _give(machine, [value], scope)
    return machine.unknown(node)


def _yielded_from(machine: Machine, node: ast.YieldFrom, scope: Scope) -> Value:
    given, is_open = elements(machine, machine.evaluate(node.value, scope))
    _give(machine, given, scope, is_open)
    return None


def _give(machine: Machine, values: list[Value], scope: Scope, is_open: bool = False) -> None:
    while scope.yields is None and scope.parent is not None:
        scope = scope.parent
    if scope.yields is not None:
        extend(machine, scope.yields, List(values, is_open))


EXPRESSIONS: dict[type[ast.AST], Callable[..., Value]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Call: _call,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.BoolOp: _boolean,
    ast.Compare: _compare,
    ast.IfExp: _conditional,
    ast.Lambda: _lambda,
    ast.List: _list,
    ast.Set: _set,
    ast.Tuple: _tuple,
    ast.Dict: _dict,
    ast.ListComp: _list_comprehension,
    ast.SetComp: _set_comprehension,
    ast.GeneratorExp: _list_comprehension,
    ast.DictComp: _dict_comprehension,
    ast.Subscript: _subscript,
    ast.JoinedStr: _joined,
    ast.NamedExpr: _named,
    ast.Await: _awaited,
    ast.Yield: _yielded,
    ast.YieldFrom: _yielded_from,
}
