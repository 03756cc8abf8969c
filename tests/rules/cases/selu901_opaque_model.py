"""Cases of SELU901."""

from __future__ import annotations

from tests.cases import Case, layer, sequential

_SUBCLASSED = {"module": "net", "class_name": "Net", "config": {}, "registered_name": "Net"}


VALID = (Case("a model with layers", sequential((8,), layer("Dense", "dense", units=8))),)


INVALID = (Case("a subclassed model", _SUBCLASSED, ("",)),)
