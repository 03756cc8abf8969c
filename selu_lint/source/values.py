"""The values of the interpreter: Python's own constants and tuples, and what stands for the rest.

The user's objects never take part in Python's own protocols: these values are data, which the
interpreter reads and writes itself.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import EllipsisType
from typing import Literal, NamedTuple, TypeAlias

Value: TypeAlias = object
"""A constant, a tuple of values, or one of the classes of this module."""

_CONSTANTS = (type(None), bool, int, float, str, bytes, EllipsisType)


class Missing:
    """Stands for no value, where None is a value."""


MISSING = Missing()


class Origin(NamedTuple):
    """Where a value is written.

    Attributes
    ----------
    kind : str
        In what; an item is one of a dict.
    node : ast.expr
        The expression.
    behind : Origin or None
        Where the value of the name comes from, if the expression is one.
    """

    kind: Literal["argument", "default", "item", "assignment", "callee"]
    node: ast.expr
    behind: Origin | None = None


class Assumption(NamedTuple):
    """What a value rests on that the text does not say.

    Attributes
    ----------
    text : str
        In words that stand behind "if".
    possible : bool
        Whether it is one of many possibilities, not what is likely.
    """

    text: str
    possible: bool = False


class Argument(NamedTuple):
    """A value that a call is given, and where it is written."""

    value: Value
    origin: Origin | None = None


@dataclass(frozen=True, eq=False)
class Arguments:
    """The arguments of a call.

    Attributes
    ----------
    positional, named : Argument
        What it is given.
    open : bool
        Whether there may be more, which are not known.
    """

    positional: tuple[Argument, ...] = ()
    named: Mapping[str, Argument] = field(default_factory=dict)
    open: bool = False

    @classmethod
    def of(cls, *values: Value) -> Arguments:
        """Return arguments by position."""
        return cls(tuple(Argument(value) for value in values))

    @property
    def values(self) -> tuple[Value, ...]:
        """All values, those by position first."""
        given = (*self.positional, *self.named.values())
        return tuple(argument.value for argument in given)

    def get(self, position: int, name: str, default: Value = None) -> Value:
        """Return the value of a parameter by its position or name."""
        if position < len(self.positional):
            return self.positional[position].value
        return self.named[name].value if name in self.named else default

    def after(self, first: Argument) -> Arguments:
        """Return the same arguments behind another one."""
        return Arguments((first, *self.positional), self.named, self.open)


@dataclass(eq=False)
class List:
    """A list or set; with identity, so that it can be changed and shared.

    Attributes
    ----------
    items : list of Value
        What is in it.
    open : bool
        Whether there may be more.
    """

    items: list[Value] = field(default_factory=list)
    open: bool = False


@dataclass(eq=False)
class Dict:
    """A dict; its keys are constants, or `key_of` what else can be told apart.

    Attributes
    ----------
    items : dict
        Key → (the key as a value, the value).
    origins : dict
        Key → where its value is written.
    open : bool
        Whether there may be more.
    """

    items: dict[object, tuple[Value, Value]] = field(default_factory=dict)
    origins: dict[object, Origin] = field(default_factory=dict)
    open: bool = False


@dataclass(frozen=True)
class Reference:
    """Something in another module, by its dotted name; what it means is decided where it is used.

    Attributes
    ----------
    name : str
        Such as ``tensorflow.keras.layers.Dense``.
    unbound : bool
        Whether nothing in the file binds it.
    """

    name: str
    unbound: bool = False


@dataclass(frozen=True, eq=False)
class Namespace:
    """Settings by name, such as the result of ``parse_args``, or an object that collects them."""

    kind: Literal["settings", "parser"]
    attributes: dict[str, Value]
    number: int


@dataclass(frozen=True)
class Symbol:
    """An unknown value, told apart from others by its key.

    Attributes
    ----------
    key : int
        Equal for the same question: this parameter, this attribute of it.
    text : str
        What it is called in the source.
    assumed : Value
        What it is if nothing else is said, such as a default; `MISSING` where nothing is.
    assumption : str
        That in words.
    tuned : bool
        Whether a tuner chooses it.
    """

    key: int
    text: str = ""
    assumed: Value = MISSING
    assumption: str = ""
    tuned: bool = False


@dataclass(frozen=True)
class Condition:
    """An undecided truth.

    Attributes
    ----------
    key : int
        Equal for the same condition.
    symbol : Symbol or None
        What its outcome tells about.
    equals : Value
        What the symbol is where the condition is true; `MISSING` where that is not told.
    assumed : bool or None
        The outcome that the assumed value gives.
    negated : bool
        Whether the truth is the opposite of the condition's.
    """

    key: int
    symbol: Symbol | None = None
    equals: Value = MISSING
    assumed: bool | None = None
    negated: bool = False


def is_constant(value: Value) -> bool:
    """Whether a value is one of Python's own that cannot change and holds no other."""
    return isinstance(value, _CONSTANTS)


def key_of(value: Value, depth: int = 3) -> object:
    """Return what tells a value apart as a key of a dict, or `MISSING`.

    Python's own hash of nested tuples takes exponential time where they share their parts.
    """
    if is_constant(value):
        return value
    if isinstance(value, Symbol):
        return ("symbol", value.key)
    if isinstance(value, Reference):
        return ("reference", value.name)
    if isinstance(value, tuple):
        if depth == 0 or len(value) > 16:
            return MISSING
        keys = tuple(key_of(each, depth - 1) for each in value)
        return MISSING if MISSING in keys else keys
    return MISSING if isinstance(value, List | Dict) else ("object", id(value))
