"""Cases of SELU006."""

from __future__ import annotations

from tests.cases import Case, layer, sequential

_DENSE = layer("Dense", "dense", units=8, kernel_initializer="glorot_uniform")


_SELU = layer("Activation", "act", activation="selu")


_NORMALIZATION = layer("BatchNormalization", "bn")


VALID = (
    Case("no normalization", sequential((8,), _DENSE, _SELU)),
    Case("no SELU", sequential((8,), _DENSE, _NORMALIZATION)),
    Case("before the kernel", sequential((8,), _NORMALIZATION, _DENSE, _SELU)),
)


INVALID = (
    Case("behind SELU", sequential((8,), _DENSE, _SELU, _NORMALIZATION), ("bn",)),
    Case("between kernel and SELU", sequential((8,), _DENSE, _NORMALIZATION, _SELU), ("bn",)),
)
