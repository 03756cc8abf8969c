"""Cases of SELU902."""

from __future__ import annotations

from tests.cases import Case, layer, sequential

_CUSTOM = {"module": "blocks", "class_name": "Block", "registered_name": "blocks>Block"}


VALID = (
    Case("layers of Keras", sequential((8,), layer("Dense", "dense", units=8))),
    Case(
        "a custom layer that tells its activation and its initializer",
        sequential(
            (8,),
            _CUSTOM
            | {"config": {"name": "b", "activation": "relu", "kernel_initializer": "he_normal"}},
        ),
    ),
)


INVALID = (
    Case("a Lambda", sequential((8,), layer("Lambda", "lambda")), ("lambda",)),
    Case("a custom layer", sequential((8,), _CUSTOM | {"config": {"name": "block"}}), ("block",)),
)
