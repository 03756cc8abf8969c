"""Cases of SELU011."""

from __future__ import annotations

from typing import Any

from tests.cases import Case, layer, sequential


def _model(initial: str = "lecun_normal", activation: str = "selu") -> dict[str, Any]:
    def dense(name: str) -> dict[str, Any]:
        arguments = {"kernel_initializer": initial, "bias_initializer": "zeros"}
        return layer("Dense", name, units=32, activation=activation, **arguments)

    return sequential((128,), dense("first"), dense("second"))


def _gains(first: float, second: float) -> dict[str, tuple[tuple[int, ...], float]]:
    return {"first": ((128, 32), first / 128), "second": ((32, 32), second / 32)}


VALID = (
    Case("no weights", _model()),
    Case("as drawn", _model(), kernels=_gains(1.0, 1.03)),
    Case("another initializer is SELU001's matter", _model("he_normal"), kernels=_gains(1.0, 1.0)),
    Case("no SELU", _model(activation="relu"), kernels=_gains(2.0, 2.0)),
    Case("kernels of another shape", _model(), kernels={"first": ((64, 32), 1.0)}),
)


INVALID = (
    Case("GlorotUniform kept in a kernel", _model(), ("first",), kernels=_gains(1.6, 1.0)),
    Case("kernels of nothing", _model(), ("first", "second"), kernels=_gains(0.0, 0.0)),
    Case("not finite", _model(), ("second",), kernels=_gains(1.0, float("nan"))),
)
