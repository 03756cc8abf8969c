"""Cases of SELU015."""

from __future__ import annotations

from tests.cases import Case, initializer, layer, sequential


def _model(*seeds: object, units: int = 8, **more: object) -> dict[str, object]:
    """Return a model of Dense layers with these seeds, the last of them with ``units``."""
    widths = [8] * (len(seeds) - 1) + [units]
    return sequential(
        (8,),
        *(
            layer(
                "Dense",
                f"dense_{index}",
                units=width,
                activation="selu",
                kernel_initializer=initializer("LecunNormal", seed=seed),
                **more,
            )
            for index, (seed, width) in enumerate(zip(seeds, widths, strict=True))
        ),
    )


_GENERATOR = {"class_name": "SeedGenerator", "config": {"seed": 1}}

VALID = (
    Case("no seeds", _model(None, None)),
    Case("two seeds", _model(1, 2)),
    Case("another shape", _model(1, 1, units=4)),
    Case("a generator of seeds", _model(_GENERATOR, _GENERATOR)),
    Case("releases that count their draws", _model(1, 1), keras_version="2.3.1"),
    Case(
        "not before SELU",
        sequential(
            (8,),
            *(
                layer("Dense", name, units=8, kernel_initializer=initializer("HeNormal", seed=1))
                for name in ("a", "b")
            ),
        ),
    ),
)


INVALID = (
    Case("one seed", _model(1, 2, 1, 1), ("dense_2", "dense_3")),
    Case("one seed in Keras 2", _model(1, 1), ("dense_1",), keras_version="2.15.0"),
)
