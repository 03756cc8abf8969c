"""What a file's tree says without being run, gathered in one walk."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from selu_lint.model.initializers import canonical_name
from selu_lint.model.layer_kinds import (
    ACTIVATION_NAMES,
    ALL_DROPOUTS,
    BUILT_IN_LAYERS,
    CANONICAL,
    KERNEL_LAYERS,
)

_MODELS = frozenset({"Sequential", "Model", "Lambda"})
_LAYER_NAMES = (BUILT_IN_LAYERS | frozenset(CANONICAL) | KERNEL_LAYERS | ALL_DROPOUTS | _MODELS) - {
    "Identity", "Add", "Dot", "Wrapper", "Pipeline", "Merge", "Average", "Subtract", "Multiply",
}  # fmt: skip
"""Names that tell of Keras's layers where they stand; those that others use as well are not."""
_KERAS = ("keras", "tensorflow", "tf_keras", "keras_core")
_HARMLESS = frozenset(
    {
        "print", "len", "str", "int", "float", "range", "open", "format", "repr", "isinstance",
        "round", "min", "max", "sum", "abs", "sorted", "type", "hasattr", "display", "input",
        "ValueError", "TypeError", "NotImplementedError", "RuntimeError", "exit", "quit",
    }
)  # fmt: skip
_ENDS = (ast.Return, ast.Break, ast.Continue, ast.Yield, ast.YieldFrom)
_Around = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
_MARKS = (ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_LONGEST_WORD = 60
_ALPHA = 1.67326
_FLAGS = (ast.Name, ast.Attribute, ast.IfExp, ast.Subscript, ast.Lambda)


@dataclass(frozen=True)
class Defined:
    """A function or class of the file.

    Attributes
    ----------
    node : ast.AST
        Its definition.
    owner : ast.ClassDef or None
        The class that it is a method of.
    inner : bool
        Whether it stands inside a function.
    """

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    owner: ast.ClassDef | None = None
    inner: bool = False


@dataclass
class Facts:
    """What a tree says.

    Attributes
    ----------
    defined : list of Defined
        The functions and classes, in order.
    named : set of str
        The names and attributes that are read.
    sites : dict
        Function → the calls in it whose callee has the name of a layer.
    generators : set of int
        The functions with ``yield``, by the identity of their nodes.
    ordinals : dict of int to int
        Which call of its callee in its function each call is that makes a layer, from 1.
    names_selu : bool
        Whether SELU or AlphaDropout is named, not in comments and long texts only.
    keras_star, foreign_star : bool
        Whether there is a star import from Keras, from elsewhere.
    imports : bool
        Whether anything is imported.
    imports_keras : bool
        Whether Keras or TensorFlow is.
    foreign : set of str
        The names of other modules that are imported.
    layer_names : set of str
        The names of what makes layers: Keras's own, and those that the file binds to them.
    building : set of str
        The functions and classes that name what makes layers, directly or not.
    """

    defined: list[Defined] = field(default_factory=list)
    named: set[str] = field(default_factory=set)
    sites: dict[int, list[ast.Call]] = field(default_factory=dict)
    generators: set[int] = field(default_factory=set)
    ordinals: dict[int, int] = field(default_factory=dict)
    names_selu: bool = False
    keras_star: bool = False
    foreign_star: bool = False
    imports: bool = False
    imports_keras: bool = False
    foreign: set[str] = field(default_factory=set)
    layer_names: set[str] = field(default_factory=set)
    building: set[str] = field(default_factory=set)
    _matters: dict[int, bool] = field(default_factory=dict)
    _makes: dict[int, bool] = field(default_factory=dict)
    _changed: dict[int, list[ast.expr]] = field(default_factory=dict)

    @property
    def trusts_unbound(self) -> bool:
        """Whether a name that nothing binds, and that is a layer's, is Keras's for certain."""
        if self.keras_star:
            return True
        return not self.foreign_star and (self.imports_keras or not self.imports)

    def matter(self, nodes: list[ast.stmt] | list[ast.expr]) -> bool:
        """Whether it can matter if these nodes are run."""
        return any(self.matters(node) for node in nodes)

    def matters(self, node: ast.AST) -> bool:
        """Whether it can matter if a node is run: it may make layers, or steer what does."""
        known = self._matters.get(id(node))
        if known is None:
            known = self._matters[id(node)] = self._can_matter(node)
        return known

    def _can_matter(self, node: ast.AST) -> bool:
        if isinstance(node, _ENDS):
            return True
        if isinstance(node, ast.Raise):
            return False
        if isinstance(node, ast.Constant):
            return isinstance(node.value, str) and is_choice(node.value)
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr):
            value = node.value
            if isinstance(value, _FLAGS):
                return True
            if isinstance(value, ast.Constant) and type(value.value) not in (int, float):
                return True
        if isinstance(node, ast.Call) and not self._is_harmless(node.func):
            return True
        return any(self.matters(child) for child in ast.iter_child_nodes(node))

    def _is_harmless(self, callee: ast.expr) -> bool:
        while isinstance(callee, ast.Attribute):
            callee = callee.value
        if not isinstance(callee, ast.Name):
            return False
        return callee.id in _HARMLESS or callee.id in self.foreign

    def makes_layers(self, nodes: Sequence[ast.AST]) -> bool:
        """Whether nodes name what makes layers, directly or not."""
        return any(self._makes_layers(node) for node in nodes)

    def _makes_layers(self, node: ast.AST) -> bool:
        known = self._makes.get(id(node))
        if known is None:
            makers = self.layer_names | self.building
            known = self._makes[id(node)] = any(
                callee_name(each) in makers for each in ast.walk(node) if isinstance(each, ast.expr)
            )
        return known

    def changed_by(self, loop: ast.For | ast.AsyncFor | ast.While) -> list[ast.expr]:
        """Return the names and attributes that a loop makes from what its last round left."""
        known = self._changed.get(id(loop))
        if known is None:
            found = {ast.dump(each): each for each in _changed(loop.body)}
            known = self._changed[id(loop)] = list(found.values())
        return known

    def builds(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
        """Whether a function or class names what makes layers, directly or not."""
        return node.name in self.building


def is_choice(text: str) -> bool:
    """Whether a text names an activation or an initializer."""
    return text.lower() in ACTIVATION_NAMES or canonical_name(text) is not None


def gather(tree: ast.Module) -> Facts:
    """Return what a tree says.

    Raises
    ------
    RecursionError
        If it is nested too deeply.
    """
    gatherer = _Gatherer()
    gatherer.walk(tree)
    facts = gatherer.facts
    facts.defined.sort(key=lambda each: each.node.lineno)
    facts.ordinals = _ordinals(facts.sites)
    facts.building = _building(gatherer.mentions, facts.layer_names)
    return facts


class _Gatherer:
    """The walk over a tree, in which ``around`` are the functions and classes that a node is in."""

    def __init__(self) -> None:
        self.facts = Facts(layer_names=set(_LAYER_NAMES))
        self.mentions: dict[str, set[str]] = {}
        self._around: tuple[_Around, ...] = ()
        self._mentioned: set[str] = set()
        self._calls: list[tuple[ast.Call, tuple[_Around, ...]]] = []
        self._handlers: dict[type[ast.AST], Callable[[Any], None]] = {
            ast.Import: self._import,
            ast.ImportFrom: self._import,
            ast.Name: self._name,
            ast.Attribute: self._name,
            ast.Assign: self._assign,
            ast.Yield: self._yield,
            ast.YieldFrom: self._yield,
            ast.Call: self._call,
            ast.Constant: self._constant,
        }

    def walk(self, tree: ast.Module) -> None:
        pending: list[tuple[ast.AST, tuple[_Around, ...]]] = [(tree, ())]
        while pending:
            node, around = pending.pop()
            if around is not self._around:
                self._enter(around)
            if isinstance(node, _Around):
                around = self._define(node, around)
            handler = self._handlers.get(type(node))
            if handler is not None:
                handler(node)
            pending.extend(
                (child, around)
                for child in ast.iter_child_nodes(node)
                if not isinstance(child, _MARKS)
            )
        # Only now it is known which names are bound to layers.
        for call, around in self._calls:
            if callee_name(call.func) in self.facts.layer_names:
                for place in (0, *map(id, around)):
                    self.facts.sites.setdefault(place, []).append(call)

    def _enter(self, around: tuple[_Around, ...]) -> None:
        self._around = around
        named = [each.name for each in around if not isinstance(each, ast.Lambda)]
        self._mentioned = self.mentions.setdefault(named[-1], set()) if named else set()

    def _define(self, node: _Around, around: tuple[_Around, ...]) -> tuple[_Around, ...]:
        if not isinstance(node, ast.Lambda):
            inside = any(isinstance(each, _FUNCTIONS) for each in around)
            owner = around[-1] if around and isinstance(around[-1], ast.ClassDef) else None
            method = owner if isinstance(node, _FUNCTIONS) else None
            self.facts.defined.append(Defined(node, method, inside))
            self._mentioned.add(node.name)
        around = (*around, node)
        self._enter(around)
        return around

    def _word(self, word: str) -> None:
        lower = word.lower()
        self.facts.names_selu |= "selu" in lower or "alphadropout" in lower

    def _name(self, node: ast.Name | ast.Attribute) -> None:
        name = callee_name(node)
        self._mentioned.add(name)
        if isinstance(node.ctx, ast.Load):
            self.facts.named.add(name)
        self._word(name)

    def _constant(self, node: ast.Constant) -> None:
        value = node.value
        if isinstance(value, str) and len(value) <= _LONGEST_WORD:
            self._word(value)
        elif isinstance(value, float):
            self.facts.names_selu |= abs(value - _ALPHA) < 1e-2

    def _yield(self, node: ast.Yield | ast.YieldFrom) -> None:
        self.facts.generators.update(id(each) for each in self._around[-1:])

    def _call(self, node: ast.Call) -> None:
        self._calls.append((node, self._around))

    def _assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            pairs = [(target, node.value)]
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = list(zip(target.elts, node.value.elts, strict=False))
            for name, value in pairs:
                if isinstance(name, ast.Name) and self._makes_layers(value):
                    self.facts.layer_names.add(name.id)

    def _makes_layers(self, value: ast.expr) -> bool:
        """Whether a value is a layer's class, or a partial of one."""
        if isinstance(value, ast.Call) and callee_name(value.func) == "partial" and value.args:
            value = value.args[0]
        return callee_name(value) in self.facts.layer_names

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        facts = self.facts
        facts.imports = True
        module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
        for alias in node.names:
            self._word(alias.name)
            parts = f"{module}.{alias.name}".lstrip(".").split(".")
            of_keras = "keras" in parts or parts[0] in _KERAS
            facts.imports_keras |= of_keras
            if alias.name == "*":
                facts.keras_star |= of_keras
                facts.foreign_star |= not of_keras
                continue
            bound = alias.asname or alias.name.partition(".")[0]
            if alias.name in facts.layer_names:
                facts.layer_names.add(bound)
            elif not of_keras and isinstance(node, ast.Import):
                facts.foreign.add(bound)


def _changed(body: list[ast.stmt]) -> Iterator[ast.expr]:
    bindings: list[tuple[ast.expr, set[str]]] = []
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
                bindings.append((node.target, _read(node.value) | {node.target.id}))
            elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Attribute):
                yield node.target
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                yield from _held(node.func.value)
            elif isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
                yield from _held(node.value)
            elif isinstance(node, ast.Assign | ast.NamedExpr):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                parts = (part for target in targets for part in ast.walk(target))
                names = [part for part in parts if isinstance(part, ast.Name)]
                bindings += [(name, _read(node.value)) for name in names]
    changed: set[str] = set()
    while True:
        more = [t for t, read in bindings if callee_name(t) in read or not read.isdisjoint(changed)]
        if len({callee_name(each) for each in more}) == len(changed):
            yield from more
            return
        changed = {callee_name(each) for each in more}


def _held(holder: ast.expr) -> list[ast.expr]:
    """Return a name or attribute that may be changed in place; of a call's result none."""
    return [holder] if isinstance(holder, ast.Name | ast.Attribute) else []


def _read(value: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}


def _ordinals(sites: dict[int, list[ast.Call]]) -> dict[int, int]:
    """Count the calls of each callee in each function; those inside inner ones count there."""
    ordinals: dict[int, int] = {}
    for calls in sorted(sites.values(), key=len):
        counts = Counter[str]()
        for call in sorted(calls, key=lambda each: (each.lineno, each.col_offset)):
            if id(call) not in ordinals:
                name = callee_name(call.func)
                counts[name] += 1
                ordinals[id(call)] = counts[name]
    return ordinals


def _building(mentions: dict[str, set[str]], layer_names: set[str]) -> set[str]:
    """Return the functions and classes that name what makes layers, directly or not."""
    building = {name for name, names in mentions.items() if names & layer_names}
    while True:
        more = {name for name, names in mentions.items() if names & building} - building
        if not more:
            return building
        building |= more


def callee_name(callee: ast.expr) -> str:
    """Return a name, of a dotted one the last part; empty where it is something else."""
    if isinstance(callee, ast.Name):
        return callee.id
    return callee.attr if isinstance(callee, ast.Attribute) else ""
