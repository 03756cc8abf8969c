"""Cases of SELU001."""

from __future__ import annotations

from tests.cases import Case, initializer, layer, sequential


def _dense(initial: object) -> dict[str, object]:
    dense = layer("Dense", "dense", units=8, activation="selu", kernel_initializer=initial)
    return sequential((64,), dense)


VALID = (
    Case("LecunNormal", _dense(initializer("LecunNormal", seed=None))),
    Case("LecunNormal by its function name", _dense("lecun_normal")),
    Case(
        "LecunNormal as Keras 2.2 wrote it",
        _dense(initializer("VarianceScaling", scale=1.0, mode="fan_in", distribution="normal")),
    ),
    Case("a normal with gain 1", _dense(initializer("RandomNormal", mean=0.0, stddev=0.125))),
    Case(
        "gain 1 but not normal, allowed",
        _dense("lecun_uniform"),
        settings={"allow_equivalent_initializers": True},
    ),
    Case(
        "no SELU",
        sequential((64,), layer("Dense", "dense", units=8, kernel_initializer="glorot_uniform")),
    ),
)


INVALID = (
    Case(
        "Keras's default",
        _dense(initializer("GlorotUniform", seed=7)),
        ("dense",),
        _dense(initializer("LecunNormal", seed=7)),
    ),
    Case(
        "nothing stated, so Keras's default",
        sequential((64,), layer("Dense", "dense", units=8, activation="selu")),
        ("dense",),
        _dense(initializer("LecunNormal", seed=None)),
    ),
    Case(
        "the key of Keras 1",
        sequential((64,), layer("Dense", "dense", output_dim=8, activation="selu", init="normal")),
        ("dense",),
        sequential(
            (64,), layer("Dense", "dense", output_dim=8, activation="selu", init="lecun_normal")
        ),
    ),
    Case("a name", _dense("he_normal"), ("dense",), _dense("lecun_normal")),
    Case("gain 1 but not normal", _dense("lecun_uniform"), ("dense",), _dense("lecun_normal")),
    Case(
        "a SELU of its own behind the kernel",
        sequential(
            (64,),
            layer("Dense", "dense", units=8, kernel_initializer="glorot_normal"),
            layer("Activation", "act", activation="selu"),
        ),
        ("dense",),
        sequential(
            (64,),
            layer("Dense", "dense", units=8, kernel_initializer="lecun_normal"),
            layer("Activation", "act", activation="selu"),
        ),
    ),
    Case(
        "a depthwise kernel, whose fan-in Keras miscounts by the number of channels",
        sequential(
            (8, 8, 4),
            layer(
                "DepthwiseConv2D",
                "depthwise",
                kernel_size=[3, 3],
                activation="selu",
                depthwise_initializer=initializer("GlorotUniform", seed=None),
            ),
        ),
        ("depthwise",),
        sequential(
            (8, 8, 4),
            layer(
                "DepthwiseConv2D",
                "depthwise",
                kernel_size=[3, 3],
                activation="selu",
                depthwise_initializer=initializer(
                    "VarianceScaling",
                    scale=4.0,
                    mode="fan_in",
                    distribution="truncated_normal",
                    seed=None,
                ),
            ),
        ),
    ),
)
