"""SELU013: an activation that is nearly SELU."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from selu_lint.analysis.near_selu import near_selu
from selu_lint.findings import Finding, Severity
from selu_lint.model.graph import ModelGraph
from selu_lint.rule import Rule

if TYPE_CHECKING:
    from selu_lint.cases import Cases


class NearSelu(Rule):
    """An activation is nearly SELU, but not SELU.

    What it does
    ------------
    Finds activations that are meant as SELU and are something else, or cannot be seen to be SELU:
    ELU with an alpha near SELU's 1.6733 or near 1.7581 (alpha times scale), ELU that is multiplied
    by a constant near SELU's scale of 1.0507 (by an operation or a ``Rescaling``), LeakyReLU and
    ReLU with SELU's alpha as slope, and activations or layers of the model's author that are called
    SELU.

    Why is this bad?
    ----------------
    Mean 0 and variance 1 are the fixed point of SELU with exactly its two constants. In a deep
    network with LecunNormal the second moment of ELU with SELU's alpha settles at 0.63 instead of
    1, that of ELU with alpha 1 and SELU's scale at 0.02; LeakyReLU with SELU's alpha as slope does
    not saturate, and its activations grow without end. And no tool recognizes such an activation as
    SELU: the other rules do not look at its initializer and its dropout.

    Example
    -------
    >>> ELU(alpha=1.6733)

    Use instead:

    >>> Activation("selu")

    Fix safety
    ----------
    There is no fix: another activation changes what the model computes.

    References
    ----------
    Klambauer et al. 2017, "Self-Normalizing Neural Networks", equation (2) and section 2.
    ``keras.activations.selu``.
    """

    code = "SELU013"
    name = "near-selu"
    severity = Severity.WARNING

    def check(self, graph: ModelGraph) -> Iterator[Finding]:
        """Yield a finding for each layer whose activation is nearly SELU."""
        for each in graph.layers:
            near = near_selu(graph, each)
            if near is not None:
                yield self.finding(each.path, f'{near.message}; use activation="selu"', near.data)

    @staticmethod
    def cases() -> Cases:
        """Return models with nothing to find, models with something, and those repaired."""
        from selu_lint.cases import Case, Cases, functional, layer, sequential

        def model(*layers: dict[str, Any]) -> dict[str, Any]:
            return sequential((8,), layer("Dense", "dense", units=8), *layers)

        def function(name: str, registered: str | None = None) -> dict[str, Any]:
            return {"class_name": "function", "config": name, "registered_name": registered}

        def operations(alpha: float, scale: float) -> dict[str, Any]:
            elu = layer("Elu", "elu", alpha=alpha) | {"module": "keras.src.ops.nn"}
            multiply = layer("Multiply", "multiply") | {"module": "keras.src.ops.numpy"}
            return functional(
                (layer("InputLayer", "input", batch_shape=[None, 8]), []),
                (elu, ["input"]),
                (multiply, [scale, "elu"]),
            )

        return Cases(
            valid=(
                Case("SELU", model(layer("Activation", "act", activation="selu"))),
                Case("ELU as Keras has it", model(layer("ELU", "act", alpha=1.0))),
                Case("an ELU that a branch scales down", operations(1.0, 0.1)),
                Case("LeakyReLU", model(layer("LeakyReLU", "act", negative_slope=0.3))),
                Case("an alpha that is no number", model(layer("ELU", "act", alpha=[1.67]))),
                Case(
                    "GELU of the author's", model(layer("Activation", "act", activation="own>gelu"))
                ),
                Case("CELU of the author's", model(layer("CELU", "act") | {"module": "own"})),
            ),
            invalid=(
                Case("ELU with SELU's alpha", model(layer("ELU", "act", alpha=1.67326)), ("act",)),
                Case(
                    "ELU as the activation of a layer",
                    model(
                        layer("Dense", "act", units=8, activation=layer("ELU", "elu", alpha=1.67))
                    ),
                    ("act",),
                ),
                Case(
                    "LeakyReLU with SELU's alpha",
                    model(layer("LeakyReLU", "act", alpha=1.6733)),
                    ("act",),
                ),
                Case(
                    "ELU, rescaled by SELU's scale",
                    model(
                        layer("Activation", "act", activation="elu"),
                        layer("Rescaling", "scale", scale=1.0507, offset=0.0),
                    ),
                    ("act",),
                ),
                Case("operations with wrong constants", operations(1.76, 1.05), ("elu",)),
                Case("operations with the constants swapped", operations(1.0507, 1.6733), ("elu",)),
                Case("SELU by hand", operations(1.6732632423543772, 1.0507009873554805), ("elu",)),
                Case(
                    "a function of the author's that is called SELU",
                    model(
                        layer("Activation", "act", activation=function("my_selu", "own>my_selu"))
                    ),
                    ("act",),
                ),
                Case(
                    "a layer of the author's that is called SELU",
                    model(layer("SELU", "act") | {"module": "own", "registered_name": "own>SELU"}),
                    ("act",),
                ),
            ),
        )
