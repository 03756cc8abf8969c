"""Cases of SELU905."""

from __future__ import annotations

from tests.cases import Case, layer, sequential

_NET = {"class_name": "Net", "module": "net", "registered_name": "net>Net", "config": {}}


VALID = (
    Case("layers whose connections are known", sequential((8,), layer("Dense", "dense", units=8))),
)


INVALID = (
    Case(
        "a subclassed model that could not be followed",
        {**_NET, "orphans": {"dense": layer("Dense", "dense", units=8)}},
        ("",),
    ),
)
