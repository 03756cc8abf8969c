"""SELU904: an initializer of a SELU layer whose draw cannot be known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from selu_lint.analysis.lecun import data_of, judge
from selu_lint.findings import Finding, Severity
from selu_lint.model.graph import ModelGraph
from selu_lint.rule import Rule

if TYPE_CHECKING:
    from selu_lint.cases import Cases


class UnjudgedInitializer(Rule):
    """What the initializer of a SELU layer draws cannot be known.

    What it does
    ------------
    Reports SELU layers whose kernel or bias initializer is the author's own, or whose kernel has a
    normal with a fixed standard deviation and a shape that the file does not tell.

    Why is this bad?
    ----------------
    What cannot be judged was not checked: whether its gain is 1 is for you to say.

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
                message = (
                    f"{slot.name} is {slot.initializer.name}, {reason}; "
                    "make sure that its gain (fan-in × variance) is 1"
                )
                yield self.finding(source.path, message, data_of(slot, judgement))

    @staticmethod
    def cases() -> Cases:
        """Return models with nothing to find, models with something, and those repaired."""
        from selu_lint.cases import Case, Cases, layer, sequential

        def model(initial: object, shape: tuple[int | None, ...] = (4,)) -> dict[str, object]:
            dense = layer("Dense", "dense", units=8, activation="selu", kernel_initializer=initial)
            return sequential(shape, dense)

        custom = {"module": "own", "class_name": "Own", "config": {}, "registered_name": "own>Own"}

        normal = {"class_name": "RandomNormal", "config": {"mean": 0.0, "stddev": 0.5}}

        return Cases(
            valid=(
                Case("LecunNormal", model("lecun_normal")),
                Case("a normal on a known shape", model(normal)),
            ),
            invalid=(
                Case("a custom initializer", model(custom), ("dense",)),
                Case("a normal on an unknown shape", model(normal, (None,)), ("dense",)),
            ),
        )
