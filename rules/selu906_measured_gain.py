"""SELU906: the gain of the stored kernels of SELU layers, as information."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from selu_lint.analysis.lecun import data_of, judge
from selu_lint.errors import SeluLintError
from selu_lint.findings import Finding, Severity
from selu_lint.model.graph import ModelGraph
from selu_lint.rule import Rule
from selu_lint.wording import kernel_of

if TYPE_CHECKING:
    from selu_lint.cases import Cases


class MeasuredGain(Rule):
    """The stored kernel of a SELU layer has this gain.

    What it does
    ------------
    Reads the kernels of SELU layers and tells the gain of each: fan-in × mean of the squared
    weights. It runs with ``--weights``, or when it is selected by its code.

    Why is this bad?
    ----------------
    It is not: this is the number to look at. SELU keeps mean 0 and variance 1 with gain 1; below
    0.48 the activations die out, above 1.81 they grow without end. Training moves it.

    Example
    -------
    >>> Dense(256, activation="selu")  # measured gain 1.8

    Use instead:

    >>> Dense(256, activation="selu", kernel_initializer="lecun_normal")  # starts with gain 1

    Fix safety
    ----------
    There is no fix: stored weights may be trained.

    References
    ----------
    Klambauer et al. 2017, "Self-Normalizing Neural Networks", section 2.
    """

    code = "SELU906"
    name = "measured-gain"
    severity = Severity.NOTE
    by_default = False
    reads_weights = True

    def check(self, graph: ModelGraph) -> Iterator[Finding]:
        """Yield the gain of each stored kernel that feeds a SELU."""
        from selu_lint.analysis.stored_kernels import stored_kernel

        for source, slot, _ in graph.selu_kernels:
            kernel = graph.kernel(source, slot)
            try:
                stored = stored_kernel(graph, source, slot)
            except SeluLintError as error:
                yield self.unread(source.path, kernel_of(slot.name), error, slot=slot.name)
                continue
            if stored is None or kernel is None or not stored.finite:
                continue
            gain = kernel.fan_in * stored.second_moment
            what = kernel_of(slot.name)
            size = "×".join(map(str, kernel.shape))
            message = f"the stored {what} ({size}) has gain {gain:.3g}; SELU needs 1"
            judged = data_of(slot, judge(graph, source, slot))
            yield self.finding(source.path, message, {**judged, "measured_gain": round(gain, 6)})

    @staticmethod
    def cases() -> Cases:
        """Return models with nothing to find, models with something, and those repaired."""
        from selu_lint.cases import Case, Cases, layer, sequential

        dense = layer(
            "Dense", "dense", units=32, activation="selu", kernel_initializer="lecun_normal"
        )

        model = sequential((128,), dense)

        return Cases(
            valid=(
                Case("no weights", model),
                Case(
                    "not finite is SELU011's matter",
                    model,
                    kernels={"dense": ((128, 32), float("nan"))},
                ),
            ),
            invalid=(
                Case(
                    "a stored kernel", model, ("dense",), kernels={"dense": ((128, 32), 2.0 / 128)}
                ),
            ),
        )
