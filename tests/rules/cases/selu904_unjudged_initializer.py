"""Cases of SELU904."""

from __future__ import annotations

from tests.cases import Case, layer, sequential


def _model(initial: object, shape: tuple[int | None, ...] = (4,)) -> dict[str, object]:
    dense = layer("Dense", "dense", units=8, activation="selu", kernel_initializer=initial)
    return sequential(shape, dense)


_CUSTOM = {"module": "own", "class_name": "Own", "config": {}, "registered_name": "own>Own"}


_NORMAL = {"class_name": "RandomNormal", "config": {"mean": 0.0, "stddev": 0.5}}


VALID = (
    Case("LecunNormal", _model("lecun_normal")),
    Case("a normal on a known shape", _model(_NORMAL)),
)


INVALID = (
    Case("a custom initializer", _model(_CUSTOM), ("dense",)),
    Case("a normal on an unknown shape", _model(_NORMAL, (None,)), ("dense",)),
)
