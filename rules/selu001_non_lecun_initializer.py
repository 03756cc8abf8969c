"""SELU001: the kernel of a SELU layer is not drawn from LecunNormal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from selu_lint.analysis.lecun import as_frozen, data_of, judge, repair
from selu_lint.findings import Finding, Fix, Severity
from selu_lint.model.graph import ModelGraph
from selu_lint.model.layer_kinds import RECURRENT
from selu_lint.rule import Rule


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
    stored: nothing draws them.

    Why is this bad?
    ----------------
    SELU keeps mean 0 and variance 1 from layer to layer only when each pre-activation has
    variance 1, that is when the gain is 1. With gain 0.64 the second moment settles at 0.13, below
    0.48 the activations die out, above 1.81 (HeNormal has 2) they grow without end. Keras's default
    is GlorotUniform, whose gain is 2·fan-in / (fan-in + fan-out).

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
    fixable = True

    def check(self, graph: ModelGraph) -> Iterator[Finding]:
        """Yield a finding for each kernel of a SELU layer that is not LecunNormal."""
        for source, selu in graph.selu_kernel_layers:
            for slot in source.kernel_slots:
                judgement = judge(graph, source, slot)
                if judgement.lecun_normal is not False:
                    continue
                if judgement.equivalent and self.settings.allow_equivalent_initializers:
                    continue
                drawn = f"{slot.name} is {slot.initializer.name}"
                if not slot.stated:
                    drawn = f"{slot.name} is not set, which means GlorotUniform"
                where = "a SELU layer" if selu == source.path else f"the SELU of {selu}"
                number = "unknown" if judgement.gain is None else f"{judgement.gain:.2g}"
                fix: Fix | None = repair(graph, source, slot)
                unfixable = None
                if source.class_name in RECURRENT:
                    unfixable = "LecunNormal lets the state of a recurrent SELU layer grow"
                    message, fix = f"{drawn} (gain {number}); keep it: {unfixable}", None
                elif judgement.equivalent:
                    message = (
                        f"{drawn}: its gain is {judgement.gain:.2f}, but it is not normal; "
                        f"{where} needs LecunNormal"
                    )
                else:
                    message = f"{drawn} (gain {number}); {where} needs LecunNormal (gain 1)"
                data = {**data_of(slot, judgement), "equivalent": judgement.equivalent}
                finding = self.finding(source.path, message, data, fix, unfixable)
                mild = unfixable is not None or judgement.equivalent
                finding = replace(finding, severity=Severity.INFO) if mild else finding
                yield as_frozen(graph, source, finding)
