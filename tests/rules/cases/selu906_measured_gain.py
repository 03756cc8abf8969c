"""Cases of SELU906."""

from __future__ import annotations

from tests.cases import Case, layer, sequential

_DENSE = layer("Dense", "dense", units=32, activation="selu", kernel_initializer="lecun_normal")


_MODEL = sequential((128,), _DENSE)


VALID = (
    Case("no weights", _MODEL),
    Case("not finite is SELU011's matter", _MODEL, kernels={"dense": ((128, 32), float("nan"))}),
)


INVALID = (Case("a stored kernel", _MODEL, ("dense",), kernels={"dense": ((128, 32), 2.0 / 128)}),)
