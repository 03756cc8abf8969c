"""What is known of functions of the standard library and of tuners."""

from __future__ import annotations

import ast
import itertools
import math

from selu_lint.source.binding import set_attribute
from selu_lint.source.builtins import BUILTINS, Handler
from selu_lint.source.definitions import Class, Factory, Instance, Partial, Scope
from selu_lint.source.facts import is_choice
from selu_lint.source.iteration import MOST_ROUNDS, elements, joined, rounds
from selu_lint.source.machine import Machine
from selu_lint.source.values import (
    MISSING,
    Arguments,
    Dict,
    List,
    Namespace,
    Symbol,
    Value,
    is_constant,
)

TUNER_METHODS = frozenset({"Choice", "suggest_categorical", "choice"})
_MOST_REPEATED = 8
_NAMED_TUPLE = ("typename", "field_names")
PARSER_METHODS = frozenset(
    {
        "add_argument", "add_argument_group", "add_mutually_exclusive_group", "parse_args",
        "parse_known_args", "set_defaults",
    }
)  # fmt: skip


def _partial(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    if not arguments.positional:
        return machine.unknown(node)
    first, *rest = arguments.positional
    return Partial(first.value, Arguments(tuple(rest), arguments.named, arguments.open))


def _reduce(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    function = arguments.get(0, "")
    items, is_open = elements(machine, arguments.get(1, ""))
    current = arguments.get(2, "initial", MISSING)
    if current is MISSING:
        current, items = (items[0], items[1:]) if items else (machine.unknown(node), [])
    for each in rounds(machine, items, node):
        current = machine.call(function, Arguments.of(current, each), node, scope)
    cut = is_open or len(items) > MOST_ROUNDS
    return machine.unknown(node) if cut and is_constant(machine.known(current)) else current


def _product(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    columns = [elements(machine, each.value) for each in arguments.positional]
    times = machine.known(arguments.named["repeat"].value) if "repeat" in arguments.named else 1
    if not isinstance(times, int) or not 0 <= times <= _MOST_REPEATED:
        return machine.unknown(node)
    rows = itertools.product(*(items for items, _ in columns), repeat=times)
    most = machine.limits.source_items
    chosen: list[Value] = list(itertools.islice(rows, most))
    return machine.kept(node, chosen, any(is_open for _, is_open in columns))


def _chain(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    return joined(machine, [each.value for each in arguments.positional], node)


def _chain_from(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    given, is_open = elements(machine, arguments.get(0, "iterable"))
    return joined(machine, given, node, is_open)


def _repeat(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    times = machine.known(arguments.get(1, "times"))
    many = min(times, machine.limits.source_items) if isinstance(times, int) else MOST_ROUNDS
    return machine.kept(node, [arguments.get(0, "object")] * many, many != times)


def _deque(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    # What goes over the bound of one that has it is dropped on the other side.
    if machine.known(arguments.get(1, "maxlen")) is not None:
        return machine.unknown(node)
    return BUILTINS["list"](machine, arguments, node, scope)


def _copied(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    value = machine.known(arguments.get(0, "x"))
    if isinstance(value, List):
        return List(list(value.items), value.open)
    if isinstance(value, Dict):
        return Dict(dict(value.items), dict(value.origins), value.open)
    return _object_copied(machine, value)


def _object_copied(machine: Machine, value: Value) -> Value:
    """Return another object with the same attributes; a value that cannot change as it is."""
    if isinstance(value, Namespace):
        return Namespace(value.kind, dict(value.attributes), machine.number())
    if isinstance(value, Instance) and value.base is None:
        attributes, origins = dict(value.attributes), dict(value.origins)
        return Instance(value.cls, machine.number(), attributes, origins, node=value.node)
    return value


def _copied_deep(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    return _deep(machine, machine.known(arguments.get(0, "x")), {})


def _deep(machine: Machine, value: Value, made: dict[int, Value]) -> Value:
    """Return a copy in which all that can change is a copy, too, each made once."""
    if id(value) not in made:
        if isinstance(value, List):
            made[id(value)] = copy = List(open=value.open)
            copy.items.extend(_deep(machine, each, made) for each in value.items)
        elif isinstance(value, Dict):
            made[id(value)] = table = Dict({}, dict(value.origins), value.open)
            table.items.update(
                (known, (key, _deep(machine, held, made)))
                for known, (key, held) in value.items.items()
            )
        elif isinstance(value, tuple):
            made[id(value)] = tuple(_deep(machine, each, made) for each in value)
        elif isinstance(value, Instance | Namespace):
            made[id(value)] = other = _object_copied(machine, value)
            if other is not value and isinstance(other, Instance | Namespace):
                for name, held in other.attributes.items():
                    other.attributes[name] = _deep(machine, held, made)
        else:
            return value
    return made[id(value)]


def _root(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    value = machine.known(arguments.get(0, "x"))
    if isinstance(value, int | float) and 0 <= value < 1e300:
        return math.sqrt(value)
    return machine.derived("sqrt", value)


def _second(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    return arguments.get(1, "val")


def _namespace(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    held = {name: argument.value for name, argument in arguments.named.items()}
    return Namespace("settings", held, machine.number())


def _field(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    if "default_factory" in arguments.named:
        return Factory(arguments.named["default_factory"].value)
    if "default" in arguments.named:
        return arguments.named["default"].value
    return machine.unknown(node)


def _replaced(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    made = _object_copied(machine, machine.known(arguments.get(0, "obj")))
    if not isinstance(made, Instance):
        return machine.unknown(node)
    for name, argument in arguments.named.items():
        set_attribute(machine, made, name, argument.value, argument.origin)
    return made


def _named_tuple(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    name, given = (machine.known(arguments.get(i, key)) for i, key in enumerate(_NAMED_TUPLE))
    if isinstance(given, str):
        given = List(list(given.replace(",", " ").split()))
    listed, _ = elements(machine, given)
    items = [each[0] if isinstance(each, tuple) and each else each for each in listed]
    fields = tuple(each for each in items if isinstance(each, str))
    if not isinstance(name, str) or not fields or len(fields) < len(items):
        return machine.unknown(node)
    stub = ast.copy_location(ast.ClassDef(name, [], [], [], []), node)
    made = Class(name, (), Scope(parent=scope, name=name, is_class=True), stub, fields)
    defaults = elements(machine, arguments.get(2, "defaults", List()))[0]
    made.scope.variables.update(zip(reversed(fields), reversed(defaults), strict=False))
    return made


def _parser(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    return Namespace("parser", {}, machine.number())


def _choice(machine: Machine, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
    return tuned(machine, arguments, node)


def tuned(machine: Machine, arguments: Arguments, node: ast.expr) -> Value:
    """Return what a tuner chooses: unknown, assumed to be SELU or the like if that is offered."""
    for given in arguments.values:
        value = machine.known(given)
        if isinstance(value, List | tuple):
            offered = elements(machine, value)[0]
            break
    else:
        return machine.unknown(node)
    text = next((each for each in arguments.values if isinstance(each, str)), "")
    symbol = machine.unknown(node, text)
    chosen = next((each for each in offered if each == "selu"), MISSING)
    if chosen is MISSING:
        chosen = next((e for e in offered if isinstance(e, str) and is_choice(e)), MISSING)
    if chosen is MISSING:
        return symbol
    assumption = f"the tuner chooses {chosen!r}"
    return Symbol(symbol.key, text, chosen, assumption, tuned=True)


def parser_method(
    machine: Machine, parser: Namespace, name: str, arguments: Arguments, node: ast.expr
) -> Value:
    """Return what a method of an ArgumentParser gives; the arguments' defaults are assumptions."""
    if name == "add_argument":
        _add_argument(machine, parser, arguments)
        return None
    if name == "set_defaults":
        for key, argument in arguments.named.items():
            _assume(machine, parser, key, argument.value, key)
        return None
    if name == "parse_args":
        return Namespace("settings", parser.attributes, parser.number)
    if name == "parse_known_args":
        return Namespace("settings", parser.attributes, parser.number), List(open=True)
    return parser


def _add_argument(machine: Machine, parser: Namespace, arguments: Arguments) -> None:
    flags = [each.value for each in arguments.positional if isinstance(each.value, str)]
    longest = next((each for each in flags if each.startswith("--")), flags[0] if flags else "")
    dest = machine.known(arguments.named["dest"].value) if "dest" in arguments.named else None
    name = dest if isinstance(dest, str) else longest.lstrip("-").replace("-", "_")
    default: Value = None if longest.startswith("-") else MISSING
    action = arguments.named.get("action")
    if action is not None and action.value in ("store_true", "store_false"):
        default = action.value == "store_false"
    if "default" in arguments.named:
        default = machine.known(arguments.named["default"].value)
    _assume(machine, parser, name, default, longest)


def _assume(machine: Machine, parser: Namespace, name: str, default: Value, flag: str) -> None:
    machine.touch(parser.attributes)
    symbol = Symbol(machine.key("setting", parser.number, name), f"args.{name}")
    if is_constant(default):
        told = f" {default!r}" if isinstance(default, str) and len(default) < 40 else ""
        assumption = f"`{flag}` keeps its default{told}"
        symbol = Symbol(symbol.key, symbol.text, default, assumption)
    parser.attributes[name] = default if isinstance(default, List) else symbol


_ROOTS: tuple[str, ...] = ("math.sqrt", "numpy.sqrt", "tensorflow.sqrt", "tensorflow.math.sqrt")
FOREIGN: dict[str, Handler] = {
    "functools.partial": _partial,
    "functools.reduce": _reduce,
    "itertools.product": _product,
    "itertools.chain": _chain,
    "itertools.chain.from_iterable": _chain_from,
    "itertools.repeat": _repeat,
    "dataclasses.field": _field,
    "dataclasses.replace": _replaced,
    "copy.copy": _copied,
    "copy.deepcopy": _copied_deep,
    "collections.OrderedDict": BUILTINS["dict"],
    "collections.deque": _deque,
    "typing.cast": _second,
    "collections.namedtuple": _named_tuple,
    "typing.NamedTuple": _named_tuple,
    "types.SimpleNamespace": _namespace,
    "argparse.Namespace": _namespace,
    "argparse.ArgumentParser": _parser,
    "hyperopt.hp.choice": _choice,
} | dict.fromkeys(_ROOTS, _root)
