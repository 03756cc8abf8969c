"""Cases of SELU907."""

from __future__ import annotations

from tests.cases import Case, layer, sequential

VALID = (Case("a saved model", sequential((8,), layer("Dense", "dense", units=8))),)


INVALID: tuple[Case, ...] = ()
