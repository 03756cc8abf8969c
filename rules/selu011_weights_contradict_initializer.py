"""SELU011: the stored kernel of a SELU layer was not drawn from its initializer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from selu_lint.analysis.lecun import Judgement, data_of, judge
from selu_lint.errors import SeluLintError
from selu_lint.findings import Finding, Fix, Redraw, Severity
from selu_lint.model.document import FORMATS_WITH_WEIGHTS
from selu_lint.model.graph import ModelGraph
from selu_lint.model.initializers import GAIN_TOLERANCE
from selu_lint.model.layers import Layer, Slot
from selu_lint.rule import Rule
from selu_lint.wording import kernel_of

if TYPE_CHECKING:
    from selu_lint.analysis.stored_kernels import StoredKernel
    from selu_lint.cases import Cases


class WeightsContradictInitializer(Rule):
    """The stored kernel of a SELU layer was not drawn from its initializer.

    What it does
    ------------
    Reads the kernels of SELU layers whose initializer is LecunNormal, and measures their gain
    (fan-in × mean of the squared weights). It reports an untrained kernel whose gain lies outside
    five standard errors of what LecunNormal draws, one whose values are, bit for bit, those that
    another initializer draws, and any kernel that holds NaN or infinity.
    Trained kernels have left their draw and are left alone: nothing is said of a model whose
    optimizer has made a step, of a layer whose bias is not as it was initialized, nor of a layer
    without a bias unless others show that the model is untrained.
    A stored variable that cannot be read is reported too, and the others are still looked at; so is
    an archive of Keras in which no weights are.
    It runs with ``--weights``, or when it is selected by its code.

    Why is this bad?
    ----------------
    An initializer only matters when weights are drawn. Where the initializer of a built model is
    changed, or old weights are put back after it is built anew, the config says LecunNormal and the
    network starts with the gain of another initializer all the same.

    Example
    -------
    >>> model.get_layer("dense").kernel_initializer = LecunNormal()  # draws nothing

    Use instead:

    >>> layer = model.get_layer("dense")
    >>> layer.kernel.assign(LecunNormal()(layer.kernel.shape))

    Fix safety
    ----------
    ``fix`` changes no weight unless asked, so by default the finding stays. ``--redraw untrained``
    draws the kernel anew where the file proves that it was never trained, ``--redraw always`` in
    any case.

    References
    ----------
    Klambauer et al. 2017, "Self-Normalizing Neural Networks", section 2, "Initialization".
    """

    code = "SELU011"
    name = "weights-contradict-initializer"
    severity = Severity.WARNING
    without_fix = "no fix unless `--redraw` asks for one"
    by_default = False
    reads_weights = True

    def check(self, graph: ModelGraph) -> Iterator[Finding]:
        """Yield a finding for each kernel that its initializer cannot have drawn."""
        weights = graph.document.weights
        if weights is None:
            if graph.selu_kernels and graph.document.format in FORMATS_WITH_WEIGHTS:
                message = (
                    "model.weights.h5 is missing: Keras does not load the model without it; "
                    "save the model again"
                )
                yield self.finding("", message, unfixable="no weights are there to be written")
            return
        from selu_lint.analysis.stored_kernels import bias_is_initial, stored_kernel

        # What cannot be read does not show that the model is untrained.
        may_be_untrained, initial = False, dict[Layer, bool | None]()
        try:
            may_be_untrained = not weights.iterations()
        except SeluLintError as error:
            yield self.unread("", "count of the optimizer's steps", error)
        for each, _ in graph.selu_kernel_layers:
            try:
                initial[each] = bias_is_initial(graph, each)
            except SeluLintError as error:
                initial[each] = False
                yield self.unread(each.path, "bias", error)
        others = any(initial.values()) and False not in initial.values()
        for each, slot, _ in graph.selu_kernels:
            told = initial[each]
            untrained = may_be_untrained and (others if told is None else told)
            judgement = judge(graph, each, slot)
            try:
                stored = stored_kernel(graph, each, slot)
            except SeluLintError as error:
                yield self.unread(each.path, kernel_of(slot.name), error, slot=slot.name)
                continue
            if stored is None:
                continue
            if not stored.finite:
                yield self._not_finite(each, slot, judgement)
            elif untrained and judgement.lecun_normal:
                yield from self._contradiction(graph, each, slot, judgement, stored)

    def _not_finite(self, each: Layer, slot: Slot, judgement: Judgement) -> Finding:
        message = f"the stored {kernel_of(slot.name)} holds NaN or infinity: its training diverged"
        data = {**data_of(slot, judgement), "measured_gain": None}
        return self.finding(
            each.path, message, data, None, "which training to repeat is your choice"
        )

    def _contradiction(
        self,
        graph: ModelGraph,
        each: Layer,
        slot: Slot,
        judgement: Judgement,
        stored: StoredKernel,
    ) -> Iterator[Finding]:
        kernel, gain = judgement.kernel, judgement.gain
        if kernel is None or gain is None or abs(gain - 1) > GAIN_TOLERANCE:
            return
        from selu_lint.analysis.stored_kernels import drawn_by_another

        if stored.fits(gain / kernel.fan_in):
            like = drawn_by_another(graph, each, slot)
            if like is None:
                return
        else:
            like = stored.looks_like(kernel)
        measured = stored.second_moment * kernel.fan_in
        drawn = "" if like is None else f", like a draw from {like}"
        message = (
            f"{slot.name} is {slot.initializer.name} (gain {gain:.2g}), but the stored "
            f"{kernel_of(slot.name)} has gain {measured:.3g}{drawn}; "
            "`selu-lint fix --redraw always` draws it anew"
        )
        data = {
            **data_of(slot, judgement),
            "measured_gain": round(measured, 6),
            "looks_like": like,
            "weights": stored.size,
        }
        redraw = Redraw(each.path, slot.name, 1 / kernel.fan_in)
        fix = Fix(f"draw the {kernel_of(slot.name)} anew", redraws=(redraw,))
        yield self.finding(each.path, message, data, fix)

    @staticmethod
    def cases() -> Cases:
        """Return models with nothing to find, models with something, and those repaired."""
        from selu_lint.cases import Case, Cases, layer, sequential

        def model(initial: str = "lecun_normal", activation: str = "selu") -> dict[str, Any]:
            def dense(name: str) -> dict[str, Any]:
                arguments = {"kernel_initializer": initial, "bias_initializer": "zeros"}
                return layer("Dense", name, units=32, activation=activation, **arguments)

            return sequential((128,), dense("first"), dense("second"))

        def gains(first: float, second: float) -> dict[str, tuple[tuple[int, ...], float]]:
            return {"first": ((128, 32), first / 128), "second": ((32, 32), second / 32)}

        return Cases(
            valid=(
                Case("no weights", model()),
                Case("as drawn", model(), kernels=gains(1.0, 1.03)),
                Case(
                    "another initializer is SELU001's matter",
                    model("he_normal"),
                    kernels=gains(1.0, 1.0),
                ),
                Case("no SELU", model(activation="relu"), kernels=gains(2.0, 2.0)),
                Case("kernels of another shape", model(), kernels={"first": ((64, 32), 1.0)}),
            ),
            invalid=(
                Case(
                    "GlorotUniform kept in a kernel", model(), ("first",), kernels=gains(1.6, 1.0)
                ),
                Case("kernels of nothing", model(), ("first", "second"), kernels=gains(0.0, 0.0)),
                Case("not finite", model(), ("second",), kernels=gains(1.0, float("nan"))),
                Case(
                    "not finite, drawn by whatever initializer",
                    model("he_normal"),
                    ("second",),
                    kernels=gains(1.0, float("nan")),
                ),
            ),
        )
