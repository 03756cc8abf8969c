"""SELU015: kernels of SELU layers are drawn bit-identical, from one seed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from selu_lint.findings import Finding, Severity
from selu_lint.model.dialects import as_mapping
from selu_lint.model.graph import ModelGraph
from selu_lint.model.layers import Layer, Slot
from selu_lint.rule import Rule

if TYPE_CHECKING:
    from selu_lint.cases import Cases


_NAMED = 3


class SharedSeed(Rule):
    """Kernels of SELU layers are drawn bit-identical, from one seed.

    What it does
    ------------
    Finds SELU layers whose kernels have the same shape and the same initializer with the same seed,
    in releases whose initializers draw from a seed alone: Keras 2.4 and later. An initializer
    without a seed that several layers share draws one kernel for all of them as well, but the file
    does not tell; one with a ``SeedGenerator`` does not.

    Why is this bad?
    ----------------
    The theory of SELU counts on weights that are independent from layer to layer. With the same
    kernel in each of them the network is one layer applied again and again: whatever the first
    draw happens to amplify is amplified every time, and layers side by side compute the same.

    Example
    -------
    >>> drawn = LecunNormal(seed=1)
    >>> Dense(64, activation="selu", kernel_initializer=drawn)
    >>> Dense(64, activation="selu", kernel_initializer=drawn)

    Use instead:

    >>> Dense(64, activation="selu", kernel_initializer=LecunNormal(seed=1))
    >>> Dense(64, activation="selu", kernel_initializer=LecunNormal(seed=2))

    Fix safety
    ----------
    There is no fix: which seeds you want is your choice; ``keras.utils.set_random_seed`` makes runs
    repeatable without any.

    References
    ----------
    Klambauer et al. 2017, "Self-Normalizing Neural Networks", section 2.
    ``keras.initializers.RandomNormal``, what it says of its argument ``seed``.
    """

    code = "SELU015"
    name = "shared-seed"
    severity = Severity.WARNING

    def check(self, graph: ModelGraph) -> Iterator[Finding]:
        """Yield a finding for each kernel that is drawn as an earlier one is."""
        if not graph.dialect.draws_by_seed_alone:
            return
        alike: dict[str, list[str]] = {}
        for layer, slot, _ in graph.selu_kernels:
            drawn = _draw(graph, layer, slot)
            if drawn is None:
                continue
            others = alike.setdefault(drawn, [])
            if others:
                seed = as_mapping(as_mapping(slot.value).get("config"))["seed"]
                names = ", ".join(others[:_NAMED])
                message = (
                    f"{slot.name} draws exactly the kernel of {names} again: same seed "
                    f"({seed}), initializer and shape; give each its own seed, or none"
                )
                data = {"slot": slot.name, "seed": seed, "like": others[:_NAMED]}
                yield self.finding(layer.path, message, data)
            if len(others) < _NAMED:
                others.append(layer.path)

    @staticmethod
    def cases() -> Cases:
        """Return models with nothing to find, models with something, and those repaired."""
        from selu_lint.cases import Case, Cases, initializer, layer, sequential

        def model(*seeds: object, units: int = 8, **more: object) -> dict[str, object]:
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

        generator = {"class_name": "SeedGenerator", "config": {"seed": 1}}

        return Cases(
            valid=(
                Case("no seeds", model(None, None)),
                Case("two seeds", model(1, 2)),
                Case("another shape", model(1, 1, units=4)),
                Case("a generator of seeds", model(generator, generator)),
                Case("releases that count their draws", model(1, 1), keras_version="2.3.1"),
                Case(
                    "not before SELU",
                    sequential(
                        (8,),
                        *(
                            layer(
                                "Dense",
                                name,
                                units=8,
                                kernel_initializer=initializer("HeNormal", seed=1),
                            )
                            for name in ("a", "b")
                        ),
                    ),
                ),
            ),
            invalid=(
                Case("one seed", model(1, 2, 1, 1), ("dense_2", "dense_3")),
                Case("one seed in Keras 2", model(1, 1), ("dense_1",), keras_version="2.15.0"),
            ),
        )


def _draw(graph: ModelGraph, layer: Layer, slot: Slot) -> str | None:
    """Return what decides a draw; None where it is not known or not decided by the file."""
    written = as_mapping(slot.value)
    config = as_mapping(written.get("config"))
    random = slot.initializer.distribution in ("normal", "uniform", "orthogonal")
    kernel = graph.kernel(layer, slot)
    if not random or kernel is None or type(config.get("seed")) is not int:
        return None
    policy = layer.config.get("dtype")
    dtype = as_mapping(as_mapping(policy).get("config")).get("name", policy)
    decides = [written.get("class_name"), config, kernel.shape, dtype]
    return json.dumps(decides, sort_keys=True)
