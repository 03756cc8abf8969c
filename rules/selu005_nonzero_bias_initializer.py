"""SELU005: the bias of a SELU layer does not start at zero."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from selu_lint.analysis.lecun import bias_moments, selu_of
from selu_lint.findings import ABSENT, Edit, Finding, Fix, Severity
from selu_lint.model.graph import ModelGraph
from selu_lint.model.pointers import resolve
from selu_lint.rule import Rule

if TYPE_CHECKING:
    from selu_lint.cases import Cases


class NonzeroBiasInitializer(Rule):
    """The bias of a SELU layer does not start at zero.

    What it does
    ------------
    Looks at ``bias_initializer`` of every layer whose kernel feeds a SELU.

    Why is this bad?
    ----------------
    The fixed point of SELU, mean 0 and variance 1, is one for pre-activations with mean 0. A bias
    that starts elsewhere shifts them: with ones the activations of the next layer start with mean
    1.05 instead of 0.

    Example
    -------
    >>> Dense(8, activation="selu", kernel_initializer="lecun_normal", bias_initializer="ones")

    Use instead:

    >>> Dense(8, activation="selu", kernel_initializer="lecun_normal")  # zeros

    Fix safety
    ----------
    Safe: the initializer is used when weights are drawn, never in inference. Stored biases are
    kept.

    References
    ----------
    Klambauer et al. 2017, "Self-Normalizing Neural Networks", section 2, "Initialization".
    """

    code = "SELU005"
    name = "nonzero-bias-initializer"
    severity = Severity.WARNING

    def check(self, graph: ModelGraph) -> Iterator[Finding]:
        """Yield a finding for each SELU layer whose bias does not start at zero."""
        for source, selu in graph.selu_kernel_layers:
            slot = source.bias_slot
            if slot is None or slot.value is None or not slot.initializer.known:
                continue
            if slot.initializer.is_zero:
                continue
            moments = bias_moments(graph, source)
            edits = tuple(
                Edit(pointer, old, graph.dialect.zeros(old))
                for pointer in slot.pointers
                if (old := resolve(graph.document.architecture, pointer)) is not ABSENT
            )
            needing = selu_of(source, selu)
            message = f"bias_initializer is {slot.initializer.name}; {needing} needs Zeros"
            data = {
                "slot": slot.name,
                "initializer": slot.initializer.name,
                "mean": slot.initializer.mean,
                "second_moment": None if moments is None else moments.second,
            }
            yield self.finding(
                source.path, message, data, Fix("set bias_initializer to Zeros", edits)
            )

    @staticmethod
    def cases() -> Cases:
        """Return models with nothing to find, models with something, and those repaired."""
        from selu_lint.cases import Case, Cases, initializer, layer, sequential

        def model(bias: object, **config: object) -> dict[str, object]:
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

        return Cases(
            valid=(
                Case("zeros", model(initializer("Zeros"))),
                Case("zeros by another name", model(initializer("Constant", value=0.0))),
                Case("no bias", model(initializer("Ones"), use_bias=False)),
            ),
            invalid=(
                Case("ones", model(initializer("Ones")), ("dense",), model(initializer("Zeros"))),
                Case("a name", model("lecun_uniform"), ("dense",), model("zeros")),
                Case(
                    "a small constant",
                    model(initializer("Constant", value=0.1)),
                    ("dense",),
                    model(initializer("Zeros")),
                ),
            ),
        )
