"""The cheap values behave as those of the standard library do."""

from __future__ import annotations

import dataclasses
import pickle
import typing
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from selu_lint import values


def made(dataclass: Callable[..., Any], base: Any) -> tuple[type, type, type]:
    """Return two kinds of frozen dataclasses and a NamedTuple, made by one of the libraries."""

    @dataclass(frozen=True)
    class Value:
        """A value."""

        name: str
        data: Mapping[str, int] = dataclasses.field(default_factory=dict, repr=False)
        others: tuple[Value, ...] = dataclasses.field(default=(), compare=False)

        def __post_init__(self) -> None:
            if not self.name:
                raise ValueError("no name")

        @property
        def loud(self) -> str:
            return self.name.upper()

    @dataclass(frozen=True, eq=False)
    class Thing:
        name: str

    class Row(base):  # type: ignore[misc]
        """A row."""

        name: str
        size: int | None = None

        @property
        def loud(self) -> str:
            return self.name.upper()

    return Value, Thing, Row


OURS = made(values.dataclass, values.NamedTuple)
THEIRS = made(dataclasses.dataclass, typing.NamedTuple)


def answer(question: Callable[[], object]) -> object:
    """Return what comes of a question: a value as text, or the kind of its error."""
    try:
        return repr(question())
    except Exception as error:
        return type(error)


@pytest.mark.parametrize(
    "question",
    [
        lambda value, thing, row: value("a"),
        lambda value, thing, row: value(),
        lambda value, thing, row: value(""),
        lambda value, thing, row: value("a", {"b": 1}) == value(name="a", data={"b": 1}),
        lambda value, thing, row: value("a", others=(1,)) == value("a", others=(2,)),
        lambda value, thing, row: value("a") == value("b"),
        lambda value, thing, row: value("a") == ("a", {}, ()),
        lambda value, thing, row: hash(value("a")),
        lambda value, thing, row: hash(value("a", ())) == hash(value("a", ())),
        lambda value, thing, row: setattr(value("a"), "name", "b"),
        lambda value, thing, row: setattr(value("a"), "new", "b"),
        lambda value, thing, row: delattr(value("a"), "name"),
        lambda value, thing, row: dataclasses.replace(value("a"), name="b").loud,
        lambda value, thing, row: dataclasses.asdict(value("a", {"b": 1})),
        lambda value, thing, row: [field.name for field in dataclasses.fields(value)],
        lambda value, thing, row: value.__doc__,
        lambda value, thing, row: value.__match_args__,
        lambda value, thing, row: thing("a") == thing("a"),
        lambda value, thing, row: len({thing("a"), thing("a")}),
        lambda value, thing, row: thing("a"),
        lambda value, thing, row: setattr(thing("a"), "name", "b"),
        lambda value, thing, row: row("a"),
        lambda value, thing, row: row(),
        lambda value, thing, row: row("a", 1) == ("a", 1),
        lambda value, thing, row: row("a")._replace(size=2),
        lambda value, thing, row: (row._fields, row._field_defaults, row("a")._asdict()),
        lambda value, thing, row: setattr(row("a"), "name", "b"),
        lambda value, thing, row: (row("a").loud, row.__doc__, row.__module__, row.__qualname__),
        lambda value, thing, row: isinstance(row("a"), tuple),
    ],
)
def test_as_those_of_the_standard_library(question: Callable[..., object]):
    assert answer(lambda: question(*OURS)) == answer(lambda: question(*THEIRS))


def test_pickled():
    from selu_lint.findings import Edit
    from selu_lint.limits import Limits

    for value in (Limits(members=3), Edit("/a", 1, 2)):
        assert pickle.loads(pickle.dumps(value)) == value


def test_annotations_stay_text():
    assert OURS[2].__annotations__ == {"name": "str", "size": "int | None"}
