"""SELU001: the kernel of a SELU layer is not drawn from LecunNormal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from selu_lint.analysis.lecun import as_frozen, data_of, judge, repair, selu_of
from selu_lint.findings import Finding, Fix, Severity
from selu_lint.model.graph import ModelGraph
from selu_lint.model.layer_kinds import RECURRENT
from selu_lint.rule import Rule

if TYPE_CHECKING:
    from selu_lint.cases import Cases


class NonLecunInitializer(Rule):
    """The kernel of a SELU layer is not drawn from LecunNormal.

    What it does
    ------------
    Looks at the initializer of every kernel whose output goes through SELU: of layers with
    ``activation="selu"``, and of layers with a separate SELU behind them. It judges by what is
    drawn, not by name: every zero-mean normal whose gain (fan-in × variance) is 1 is LecunNormal.
    Bias and recurrent initializers are left alone. Where only the shape of the distribution
    differs, as with LecunUniform, the finding is an info; so it is in recurrent layers, where
    LecunNormal does harm (SELU014), and in a frozen layer (``trainable=False``) whose weights are
    stored: nothing draws them. To insist on LecunNormal whatever the gain, set ``severity.SELU001 =
    "error"`` in the configuration, which makes all of these errors.

    Why is this bad?
    ----------------
    SELU keeps mean 0 and variance 1 from layer to layer only when each pre-activation has variance
    1, that is when the gain is 1. With gain 0.64 the second moment (the mean of the squares, 1
    where mean is 0 and variance 1) settles at 0.13, below 0.48 the activations die out, above 1.81
    (HeNormal has 2) they grow without end. Keras's default is GlorotUniform, whose gain is 2·fan-in
    / (fan-in + fan-out). The shape of the distribution matters little: behind 20 layers a uniform
    of gain 1 gives a second moment of 1.005, a normal 1.016.

    Example
    -------
    >>> Dense(256, activation="selu")  # GlorotUniform

    Use instead:

    >>> Dense(256, activation="selu", kernel_initializer="lecun_normal")

    Fix safety
    ----------
    Safe: the initializer is used when weights are drawn, never in inference. Stored weights stay
    unless ``--redraw`` asks to draw them anew: the repair takes effect when the layer is built
    anew. Where Keras miscounts the fan-in of the kernel, the fix writes VarianceScaling with the
    scale that makes up for it.

    References
    ----------
    Klambauer et al. 2017, "Self-Normalizing Neural Networks", section 2 and theorem 1.
    ``keras.activations.selu``: "to be used together with the LecunNormal initializer".
    """

    code = "SELU001"
    name = "non-lecun-initializer"
    severity = Severity.ERROR

    def check(self, graph: ModelGraph) -> Iterator[Finding]:
        """Yield a finding for each kernel of a SELU layer that is not LecunNormal."""
        for source, slot, selu in graph.selu_kernels:
            judgement = judge(graph, source, slot)
            if judgement.lecun_normal is not False:
                continue
            if judgement.equivalent and self.settings.allow_equivalent_initializers:
                continue
            drawn = f"{slot.name} is {slot.initializer.name}"
            if not slot.stated:
                drawn = f"{slot.name} is not set, which means GlorotUniform"
            where = selu_of(source, selu)
            number = "unknown" if judgement.gain is None else f"{judgement.gain:.2g}"
            fix: Fix | None = repair(graph, source, slot)
            unfixable = None
            if source.class_name in RECURRENT:
                unfixable = "LecunNormal lets the state of a recurrent SELU layer grow"
                message, fix = f"{drawn} (gain {number}); keep it: {unfixable}", None
            elif judgement.equivalent:
                message = (
                    f"{drawn} (gain {judgement.gain:.2g}, but not normally distributed); "
                    f"{where} needs LecunNormal"
                )
            else:
                message = f"{drawn} (gain {number}); {where} needs LecunNormal (gain 1)"
            data = {**data_of(slot, judgement), "equivalent": judgement.equivalent}
            severity = Severity.INFO if unfixable or judgement.equivalent else None
            finding = self.finding(source.path, message, data, fix, unfixable, severity)
            yield as_frozen(graph, source, finding)

    @staticmethod
    def cases() -> Cases:
        """Return models with nothing to find, models with something, and those repaired."""
        from selu_lint.cases import Case, Cases, depthwise, initializer, layer, scaled, sequential

        def dense(initial: object) -> dict[str, object]:
            dense = layer("Dense", "dense", units=8, activation="selu", kernel_initializer=initial)
            return sequential((64,), dense)

        def separate(initial: str) -> dict[str, object]:
            dense = layer("Dense", "dense", units=8, kernel_initializer=initial)
            return sequential((64,), dense, layer("Activation", "act", activation="selu"))

        def keras_1(initial: str) -> dict[str, object]:
            dense = layer("Dense", "dense", output_dim=8, activation="selu", init=initial)
            return sequential((64,), dense)

        return Cases(
            valid=(
                Case("LecunNormal", dense(initializer("LecunNormal", seed=None))),
                Case("LecunNormal by its function name", dense("lecun_normal")),
                Case(
                    "LecunNormal as Keras 2.2 wrote it",
                    dense(
                        initializer(
                            "VarianceScaling", scale=1.0, mode="fan_in", distribution="normal"
                        )
                    ),
                ),
                Case(
                    "a normal with gain 1",
                    dense(initializer("RandomNormal", mean=0.0, stddev=0.125)),
                ),
                Case(
                    "a gain of 1.04, as good as 1",
                    dense(initializer("RandomNormal", mean=0.0, stddev=(1.04 / 64) ** 0.5)),
                ),
                Case(
                    "gain 1 but not normal, allowed",
                    dense("lecun_uniform"),
                    settings={"allow_equivalent_initializers": True},
                ),
                Case(
                    "no SELU",
                    sequential(
                        (64,), layer("Dense", "dense", units=8, kernel_initializer="glorot_uniform")
                    ),
                ),
            ),
            invalid=(
                Case(
                    "Keras's default",
                    dense(initializer("GlorotUniform", seed=7)),
                    ("dense",),
                    dense(initializer("LecunNormal", seed=7)),
                ),
                Case(
                    "nothing stated, so Keras's default",
                    sequential((64,), layer("Dense", "dense", units=8, activation="selu")),
                    ("dense",),
                    dense(initializer("LecunNormal", seed=None)),
                ),
                Case(
                    "the key of Keras 1",
                    keras_1("normal"),
                    ("dense",),
                    keras_1("lecun_normal"),
                ),
                Case(
                    "a gain of 1.06",
                    dense(initializer("RandomNormal", mean=0.0, stddev=(1.06 / 64) ** 0.5)),
                    ("dense",),
                    dense(initializer("LecunNormal", seed=None)),
                ),
                Case("a name", dense("he_normal"), ("dense",), dense("lecun_normal")),
                Case(
                    "gain 1 but not normal",
                    dense("lecun_uniform"),
                    ("dense",),
                    dense("lecun_normal"),
                ),
                Case(
                    "a SELU of its own behind the kernel",
                    separate("glorot_normal"),
                    ("dense",),
                    separate("lecun_normal"),
                ),
                Case(
                    "a depthwise kernel, whose fan-in Keras miscounts by the number of channels",
                    depthwise(initializer("GlorotUniform", seed=None)),
                    ("depthwise",),
                    depthwise(scaled(4.0)),
                ),
            ),
        )
