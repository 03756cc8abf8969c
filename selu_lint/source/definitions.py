"""What a program defines, as values of the interpreter: scopes, functions, classes and objects."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from selu_lint.source.values import MISSING, Argument, Arguments, List, Origin, Value


@dataclass(eq=False)
class Scope:
    """The names of a module, class or call.

    Attributes
    ----------
    variables, origins : dict
        Name → value, and where it is written.
    parent : Scope or None
        The scope around, in which names are looked up.
    module : Scope or None
        The scope of the module; None in that itself.
    name : str
        Dotted name of the function or class; empty in the module.
    outside : dict
        Names that ``global`` and ``nonlocal`` send elsewhere.
    owner, receiver : Class and Value
        In a method its class and object, for ``super()``.
    yields : List or None
        What a generator has given so far.
    is_class : bool
        Whether it is the body of a class, which its methods do not look into.
    is_comprehension : bool
        Whether it is that of a comprehension, around which ``:=`` binds.
    """

    variables: dict[str, Value] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)
    parent: Scope | None = None
    module: Scope | None = None
    name: str = ""
    outside: dict[str, Scope] = field(default_factory=dict)
    owner: Class | None = None
    receiver: Value = None
    yields: List | None = None
    is_class: bool = False
    is_comprehension: bool = False

    def holder(self, name: str) -> Scope | None:
        """Return the scope in which a name is bound as seen from this one."""
        scope: Scope | None = self.outside.get(name, self)
        first = scope
        while scope is not None:
            if name in scope.variables and (scope is first or not scope.is_class):
                return scope
            scope = scope.parent
        return None


NOWHERE = ast.Name("x", lineno=0, col_offset=0)
"""The place of a call that no code makes; one, as keys name it by its identity."""

FunctionKind = Literal["", "property", "staticmethod", "classmethod"]
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(eq=False)
class Function:
    """A function or lambda of the file, with what it was defined in."""

    node: FunctionNode
    scope: Scope
    defaults: Mapping[str, Argument]
    name: str
    owner: Class | None = None
    kind: FunctionKind = ""
    decorates: Function | None = None
    """What it stands for where a decorator has returned it."""


@dataclass(eq=False)
class Bound:
    """A method together with its object."""

    function: Value
    receiver: Value


@dataclass(frozen=True, eq=False)
class Method:
    """A method of a known value of Python or Keras, such as ``append`` of a list."""

    receiver: Value
    name: str


@dataclass(frozen=True, eq=False)
class Partial:
    """``functools.partial``: a callee with arguments."""

    callee: Value
    arguments: Arguments


@dataclass(frozen=True, eq=False)
class Factory:
    """``dataclasses.field(default_factory=...)``: what makes the default anew for each object."""

    callee: Value


@dataclass(eq=False)
class Class:
    """A class of the file."""

    name: str
    bases: tuple[Value, ...]
    scope: Scope
    node: ast.ClassDef
    fields: tuple[str, ...] | None = None
    """Of a dataclass or NamedTuple, its fields in order."""
    is_enum: bool = False

    def lineage(self) -> Iterator[Value]:
        """Yield the class and its bases, depth first, each once; of others' classes References."""
        pending: list[Value] = [self]
        seen: set[int] = set()
        while pending and len(seen) < 64:
            each = pending.pop(0)
            if id(each) in seen:
                continue
            seen.add(id(each))
            yield each
            if isinstance(each, Class):
                pending[:0] = each.bases

    def find(self, name: str) -> Value:
        """Return an attribute of the class or its bases of this file; `MISSING` if none has it."""
        return find_in(self.lineage(), name)


def find_in(classes: Iterable[Value], name: str) -> Value:
    """Return the first attribute of this name among classes of the file, or `MISSING`."""
    for each in classes:
        if isinstance(each, Class) and name in each.scope.variables:
            return each.scope.variables[name]
    return MISSING


@dataclass(eq=False)
class Instance:
    """An object of a class of the file.

    Attributes
    ----------
    cls : Class
        Its class.
    number : int
        Tells it apart.
    attributes, origins : dict
        What was assigned, and where it is written.
    base : Value
        The layer or model of Keras that it is, once its class has initialized one.
    node : ast.expr or None
        The call that made it.
    called, built : bool
        Whether it was called, and its ``build`` was run.
    """

    cls: Class
    number: int
    attributes: dict[str, Value] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)
    base: Value = None
    node: ast.expr | None = None
    label: str = ""
    called: bool = False
    built: bool = False


@dataclass(frozen=True, eq=False)
class Super:
    """``super()``: the classes behind one class in the order of an object's."""

    classes: tuple[Value, ...]
    receiver: Value
