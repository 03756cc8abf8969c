"""Cases of SELU005."""

from __future__ import annotations

from tests.cases import Case, initializer, layer, sequential


def _model(bias: object, **config: object) -> dict[str, object]:
    dense = layer(
        "Dense",
        "dense",
        units=8,
        activation="selu",
        kernel_initializer="lecun_normal",
        bias_initializer=bias,
        **config,
    )
    return sequential((8,), dense)


VALID = (
    Case("zeros", _model(initializer("Zeros"))),
    Case("zeros by another name", _model(initializer("Constant", value=0.0))),
    Case("no bias", _model(initializer("Ones"), use_bias=False)),
)


INVALID = (
    Case("ones", _model(initializer("Ones")), ("dense",), _model(initializer("Zeros"))),
    Case("a name", _model("lecun_uniform"), ("dense",), _model("zeros")),
    Case(
        "a small constant",
        _model(initializer("Constant", value=0.1)),
        ("dense",),
        _model(initializer("Zeros")),
    ),
)
