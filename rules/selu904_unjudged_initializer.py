"""SELU904: an initializer of a SELU layer whose draw cannot be known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from selu_lint.analysis.lecun import data_of, judge
from selu_lint.errors import SeluLintError
from selu_lint.findings import Finding, Severity
from selu_lint.model.graph import ModelGraph
from selu_lint.model.layers import Layer, Slot
from selu_lint.rule import Rule

if TYPE_CHECKING:
    from selu_lint.cases import Cases


class UnjudgedInitializer(Rule):
    """What the initializer of a SELU layer draws cannot be known.

    What it does
    ------------
    Reports SELU layers whose kernel or bias initializer is the author's own, or whose kernel has a
    normal with a fixed standard deviation and a shape that the file does not tell. With
    ``--weights`` it tells the gain of the stored kernel: in an untrained model that is what was
    drawn.

    Why is this bad?
    ----------------
    What cannot be judged was not checked: only you can say whether its gain is 1.

    Example
    -------
    >>> Dense(8, activation="selu", kernel_initializer=my_initializer)

    Use instead:

    >>> Dense(8, activation="selu", kernel_initializer="lecun_normal")

    Fix safety
    ----------
    There is no fix: the initializer may be right.

    References
    ----------
    ``keras.initializers.Initializer``.
    """

    code = "SELU904"
    name = "unjudged-initializer"
    severity = Severity.NOTE

    def check(self, graph: ModelGraph) -> Iterator[Finding]:
        """Yield a finding for each initializer of a SELU layer that cannot be judged."""
        for source, _ in graph.selu_kernel_layers:
            bias = source.bias_slot
            if bias is not None and bias.value is not None and not bias.initializer.known:
                message = f"bias_initializer is {bias.initializer.name}, whose draw cannot be known"
                data = {"slot": bias.name, "initializer": bias.initializer.name}
                yield self.finding(source.path, f"{message}; SELU needs Zeros", data)
            for slot in source.kernel_slots:
                judgement = judge(graph, source, slot)
                if judgement.lecun_normal is not None:
                    continue
                reason = "whose draw cannot be known"
                if slot.initializer.known:
                    reason = "and the file does not tell the kernel's shape"
                message = f"{slot.name} is {slot.initializer.name}, {reason}; "
                advice, measured = self._advice(graph, source, slot)
                told = {**data_of(slot, judgement), **measured}
                yield self.finding(source.path, message + advice, told)

    def _advice(
        self, graph: ModelGraph, source: Layer, slot: Slot
    ) -> tuple[str, Mapping[str, object]]:
        """Return what to do, with the gain of the stored kernel where weights may be read."""
        if self.settings.weights:
            from selu_lint.analysis.stored_kernels import stored_kernel

            kernel = graph.kernel(source, slot)
            try:
                stored = stored_kernel(graph, source, slot)
            except SeluLintError as error:
                return f"the stored kernel cannot be read: {error}", {"measured_gain": None}
            if kernel is not None and stored is not None and stored.finite:
                gain = kernel.fan_in * stored.second_moment
                told = f"the stored kernel has gain {gain:.3g}, SELU needs 1"
                return told, {"measured_gain": round(gain, 6)}
        return "make sure that its gain (fan-in × variance) is 1", {}

    @staticmethod
    def cases() -> Cases:
        """Return models with nothing to find, models with something, and those repaired."""
        from selu_lint.cases import Case, Cases, layer, sequential

        def model(
            initial: object, shape: tuple[int | None, ...] = (4,), **config: object
        ) -> dict[str, object]:
            drawn = {"kernel_initializer": initial, **config}
            return sequential(shape, layer("Dense", "dense", units=8, activation="selu", **drawn))

        custom = {"module": "own", "class_name": "Own", "config": {}, "registered_name": "own>Own"}

        normal = {"class_name": "RandomNormal", "config": {"mean": 0.0, "stddev": 0.5}}

        return Cases(
            valid=(
                Case("LecunNormal", model("lecun_normal")),
                Case("a normal on a known shape", model(normal)),
            ),
            invalid=(
                Case("a custom initializer", model(custom), ("dense",)),
                Case(
                    "a custom initializer of the bias",
                    model("lecun_normal", bias_initializer=custom),
                    ("dense",),
                ),
                Case(
                    "a custom initializer whose draw is stored",
                    model(custom),
                    ("dense",),
                    settings={"weights": True},
                    kernels={"dense": ((4, 8), 0.5)},
                ),
                Case("a normal on an unknown shape", model(normal, (None,)), ("dense",)),
            ),
        )
