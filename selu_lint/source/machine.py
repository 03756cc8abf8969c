"""The machine that runs a file's code on values: what all parts of the interpreter share.

It holds the path, asks its conditions, and counts its steps; what each node of the tree does
stands in the tables that it is given.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

from selu_lint.limits import Limits
from selu_lint.source.definitions import Function, Instance, Scope
from selu_lint.source.facts import Facts
from selu_lint.source.keras_names import keras_name
from selu_lint.source.keras_values import Call, Layer, Stack, Tensor
from selu_lint.source.values import (
    MISSING,
    Arguments,
    Assumption,
    Condition,
    Dict,
    List,
    Reference,
    Symbol,
    Value,
    is_constant,
)


class Flow(NamedTuple):
    """How a statement leaves the block that it stands in."""

    kind: Literal["return", "break", "continue", "raise"]
    value: Value = None


class Narrowed(NamedTuple):
    """What a symbol is on a path, and what that assumes: nothing where it was assigned."""

    value: Value
    because: tuple[Assumption, ...] = ()


@dataclass
class Path:
    """One run of a root.

    Attributes
    ----------
    preference : bool
        How conditions are taken that nothing decides.
    turned : frozenset of int
        The conditions that are taken the other way.
    outcomes : dict of int to bool
        Those that were taken so far.
    asked : dict of int to None
        Those that may matter, in order.
    narrowed, withdrawn : dict and set
        What the outcomes tell about symbols, by their keys.
    assumes_defaults : bool
        Whether defaults of unknown arguments decide conditions.
    identities : dict of int to (object, int)
        The objects that keys name, by Python's identity, each with a number: the same on each run
        of the path, which Python's identities are not.
    """

    preference: bool = True
    turned: frozenset[int] = frozenset()
    assumes_defaults: bool = True
    outcomes: dict[int, bool] = field(default_factory=dict)
    asked: dict[int, None] = field(default_factory=dict)
    narrowed: dict[int, Narrowed] = field(default_factory=dict)
    withdrawn: set[int] = field(default_factory=set)
    layers: list[Layer] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    stacks: list[Stack] = field(default_factory=list)
    instances: list[Instance] = field(default_factory=list)
    times: dict[int, int] = field(default_factory=dict)
    unknown_inputs: dict[int, Tensor] = field(default_factory=dict)
    objects: int = 0
    identities: dict[int, tuple[object, int]] = field(default_factory=dict)

    def another(self, preference: bool, turned: frozenset[int]) -> Path:
        """Return a path that starts with what this one has decided."""
        return Path(
            preference,
            turned,
            outcomes=dict(self.outcomes),
            narrowed=dict(self.narrowed),
            withdrawn=set(self.withdrawn),
            objects=self.objects,
            identities=dict(self.identities),
        )


class Behaviour(Protocol):
    """What values do; given to the machine so that the parts need not import each other."""

    expressions: Mapping[type[ast.AST], Callable[..., Value]]
    statements: Mapping[type[ast.AST], Callable[..., Flow | None]]

    def call(
        self, machine: Machine, callee: Value, arguments: Arguments, node: ast.expr, scope: Scope
    ) -> Value:
        """Return what a call gives."""

    def attribute(self, machine: Machine, value: Value, name: str, node: ast.expr) -> Value:
        """Return an attribute of a value."""


class Machine:
    """Runs code of one file.

    Attributes
    ----------
    facts : Facts
        What the file's tree tells.
    path : Path
        The path that is run.
    visited : set of int
        Functions that were run, by the identity of their nodes.
    reached : set of int
        Calls that made a layer.
    spent : dict of int to None
        Lines at which a budget was spent.
    unfollowed : int
        How many roots have paths that were not followed.
    decided : int
        How often a condition was taken that the text does not decide.
    nesting : list of int
        The models that are being called.
    made : set of int
        Classes of which objects were made, by the identity of their nodes.
    unbound : set of str
        Names that were read and that nothing had bound.
    bound_later : dict of str to Value
        What later cells of a notebook bind.
    cells : bool
        Whether the file is a notebook, whose cells may have been run in another order.
    """

    def __init__(
        self, behaviour: Behaviour, facts: Facts, limits: Limits, cells: bool = False
    ) -> None:
        self.facts = facts
        self.limits = limits
        self.path = Path()
        self.visited: set[int] = set()
        self.reached: set[int] = set()
        self.spent: dict[int, None] = {}
        self.unfollowed = 0
        self.frames: list[Function] = []
        self.steps = 0
        self.limit = limits.source_steps
        self.matters = True
        self.decided = 0
        self.nesting: list[int] = []
        self.made: set[int] = set()
        self.unbound: set[str] = set()
        self.bound_later: dict[str, Value] = {}
        self.cells = cells
        self._behaviour = behaviour
        self._keys: dict[tuple[object, ...], int] = {}
        self._kept: dict[int, tuple[list[Any] | dict[Any, Any], object]] = {}

    # Running

    def evaluate(self, node: ast.expr, scope: Scope) -> Value:
        """Return the value of an expression."""
        self.steps += 1
        handler = self._behaviour.expressions.get(type(node))
        return self.unknown(node) if handler is None else handler(self, node, scope)

    def execute(self, body: Iterable[ast.stmt], scope: Scope) -> Flow | None:
        """Run statements; return how they end, None where what follows is run."""
        for statement in body:
            self.steps += 1
            handler = self._behaviour.statements.get(type(statement))
            if handler is None:
                continue
            try:
                flow = handler(self, statement, scope)
            except RecursionError:
                self.spend(statement)
                continue
            if flow is not None:
                return flow
        return None

    def call(self, callee: Value, arguments: Arguments, node: ast.expr, scope: Scope) -> Value:
        """Return what a call gives."""
        return self._behaviour.call(self, callee, arguments, node, scope)

    def attribute(self, value: Value, name: str, node: ast.expr) -> Value:
        """Return an attribute of a value."""
        return self._behaviour.attribute(self, value, name, node)

    def number(self) -> int:
        """Return a number that tells an object apart on this path."""
        self.path.objects += 1
        return self.path.objects

    # Budgets

    @property
    def exhausted(self) -> bool:
        """Whether no more calls and loops are run, so that the path soon ends."""
        return self.steps > self.limit

    def spend(self, node: ast.AST) -> None:
        """Note that a budget was spent at a node, whose result is left unknown."""
        self.spent.setdefault(getattr(node, "lineno", 1))

    def kept(self, node: ast.AST, items: list[Value], is_open: bool = False) -> List:
        """Return a new list; an open one where the items are too many."""
        if len(items) > self.limits.source_items:
            self.spend(node)
            return List(items[: self.limits.source_items], open=True)
        return List(items, open=is_open)

    def fill(self, held: List, node: ast.AST, items: list[Value], is_open: bool = False) -> None:
        """Give a list other elements; where they are too many, it is open as well."""
        self.touch(held.items)
        kept = self.kept(node, items, held.open or is_open)
        held.items[:], held.open = kept.items, kept.open

    def touch(self, container: list[Any] | dict[Any, Any]) -> None:
        """Remember a list or dict before it is first changed in this run."""
        if id(container) not in self._kept:
            self._kept[id(container)] = (container, container.copy())

    def restore(self) -> None:
        """Undo what was changed since the last call."""
        for container, copy in self._kept.values():
            if isinstance(container, list) and isinstance(copy, list):
                container[:] = copy
            elif isinstance(container, dict) and isinstance(copy, dict):
                container.clear()
                container.update(copy)
        self.keep()

    def keep(self) -> None:
        """Accept for good what was changed."""
        self._kept.clear()

    # Symbols

    def key(self, *parts: object) -> int:
        """Return the number of a key; equal parts, equal number."""
        return self._keys.setdefault(parts, len(self._keys))

    def part(self, value: Value, depth: int = 3) -> object:
        """Return what stands for a value in a key."""
        value = self.resolve(value)
        if isinstance(value, Symbol | Condition):
            return value.key
        if is_constant(value):
            return (type(value).__name__, value)
        if isinstance(value, Reference):
            return (value.name,)
        if isinstance(value, tuple) and depth and len(value) <= 16:
            return tuple(self.part(each, depth - 1) for each in value)
        return ("object", self.identity(value))

    def identity(self, value: object) -> int:
        """Return a number that tells an object apart in keys, the same on each run of the path."""
        known = self.path.identities
        return known.setdefault(id(value), (value, len(known)))[1]

    def unknown(self, node: ast.AST, text: str = "", *parts: object) -> Symbol:
        """Return the unknown result of a node, another one each time that it is run."""
        times = self.path.times
        count = times[id(node)] = times.get(id(node), 0) + 1
        return Symbol(self.key("result", id(node), count, *parts), text)

    def derived(self, operation: str, *values: Value, text: str = "") -> Symbol:
        """Return the unknown result of an operation on values, the same for the same values."""
        return Symbol(self.key(operation, *map(self.part, values)), text)

    def resolve(self, value: Value) -> Value:
        """Return what is known on this path of a value; assumptions do not count."""
        for _ in range(8):
            told = self.path.narrowed.get(value.key) if isinstance(value, Symbol) else None
            if told is None:
                return value
            value = told.value
        return value

    def held(self, value: Value) -> Value:
        """Return what was assigned to what a symbol stands for, if anything was.

        Of what lies in another module, a symbol, once a condition has told something about it.
        """
        if isinstance(value, Reference) and self.path.narrowed:
            symbol = self.asked(value)
            if isinstance(symbol, Symbol) and symbol.key in self.path.narrowed:
                return self.held(symbol)
        told = self.path.narrowed.get(value.key) if isinstance(value, Symbol) else None
        return value if told is None or told.because else told.value

    def asked(self, value: Value) -> Value:
        """Return what a value is in a condition: what another module holds is not known."""
        if not isinstance(value, Reference) or value.unbound:
            return value
        holder, _, name = value.name.rpartition(".")
        if holder in ("", "builtins") or keras_name(value.name) is not None:
            return value
        return Symbol(self.key("attribute", (holder,), name), name)

    def questioned(self, value: Value) -> Value:
        """Return what is known on this path of a value that a condition asks for."""
        return self.resolve(self.asked(self.resolve(value)))

    def settle(self, value: Value) -> tuple[Value, tuple[Assumption, ...]]:
        """Return what a value is taken to be, and what that assumes."""
        because: list[Assumption] = []
        for _ in range(8):
            if not isinstance(value, Symbol):
                break
            told = self.path.narrowed.get(value.key)
            if told is not None:
                value = told.value
                because.extend(told.because)
            elif value.assumed is not MISSING and value.key not in self.path.withdrawn:
                because.append(Assumption(value.assumption, value.tuned))
                value = value.assumed
            else:
                break
        return value, tuple(because)

    def known(self, value: Value) -> Value:
        """Return what a value is taken to be."""
        return self.settle(value)[0]

    # Conditions

    def truth(self, value: Value) -> bool:
        """Return whether a value is true; what is not decided splits the path."""
        value = self.questioned(value)
        if is_constant(value) or isinstance(value, tuple):
            return bool(value)
        if isinstance(value, List | Dict):
            if value.items or not value.open:
                return len(value.items) > 0
            return self.decide(Condition(self.key("filled", self.identity(value))))
        if isinstance(value, Condition):
            return self.decide(value)
        if isinstance(value, Symbol):
            return self.decide(self.truthiness(value))
        return True

    def truthiness(self, symbol: Symbol) -> Condition:
        """Return the condition that a symbol is true."""
        assumed = self.known(symbol)
        decided = None if isinstance(assumed, Symbol) else bool(assumed)
        return Condition(self.key("true", symbol.key), symbol, assumed=decided)

    def decide(self, condition: Condition) -> bool:
        """Return how a condition is taken on this path."""
        path, key = self.path, condition.key
        self.decided += 1
        outcome = path.outcomes.get(key)
        if outcome is None:
            outcome = condition.assumed if path.assumes_defaults else None
            if outcome is None:
                outcome = path.preference != condition.negated
            if key in path.turned:
                outcome = not outcome
            self._learn(condition, outcome)
        if self.matters:
            path.asked.setdefault(key)
        return outcome != condition.negated

    def assume(self, value: Value, outcome: bool) -> None:
        """Take a condition as it has to be for the program to go on."""
        value = self.resolve(value)
        if isinstance(value, Symbol):
            value = self.truthiness(value)
        if isinstance(value, Condition) and value.key not in self.path.outcomes:
            self._learn(value, outcome != value.negated)

    def _learn(self, condition: Condition, outcome: bool) -> None:
        path, symbol = self.path, condition.symbol
        path.outcomes[condition.key] = outcome
        if symbol is None:
            return
        told = condition.equals
        if outcome and told is not MISSING:
            because: tuple[Assumption, ...] = ()
            if isinstance(told, str):
                because = (Assumption(f"`{symbol.text}` is {told[:40]!r}"),)
            path.narrowed[symbol.key] = Narrowed(told, because)
        elif condition.assumed is not None and outcome != condition.assumed:
            path.withdrawn.add(symbol.key)
        if condition.key == self.key("true", symbol.key) and outcome:
            path.outcomes.setdefault(self.key("is", symbol.key, self.part(None)), False)
