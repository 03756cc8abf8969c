"""SELU008: Keras draws a kernel of a SELU layer with a wrong fan-in."""

from __future__ import annotations

from collections.abc import Iterator

from selu_lint.analysis.lecun import as_frozen, data_of, judge, repair
from selu_lint.findings import Finding, Severity
from selu_lint.model.graph import ModelGraph
from selu_lint.model.initializers import GAIN_TOLERANCE
from selu_lint.rule import Rule


class MiscountedFanIn(Rule):
    """Keras draws a kernel of a SELU layer with a wrong fan-in.

    What it does
    ------------
    Looks at kernels of SELU layers that are drawn by LecunNormal, and compares the fan-in that
    Keras counts with the number of terms that each output sums. They differ for depthwise and
    separable convolutions, transposed convolutions whose channels or strides differ, locally
    connected layers, and EinsumDense kernels of three and more axes; from Keras 3.15 on EinsumDense
    counts by its equation, and the ``input_axes`` of an initializer are followed.

    Why is this bad?
    ----------------
    LecunNormal by name is then not LecunNormal in effect. Keras counts the fan-in of a depthwise
    kernel (height, width, channels, multiplier) as height·width·channels, but each output sums
    height·width terms: the gain is 1/channels. Below a gain of 0.48 activations die out from layer
    to layer; from 1.81 on they grow without end.

    Example
    -------
    >>> DepthwiseConv2D(3, activation="selu", depthwise_initializer="lecun_normal")  # 32 channels

    Use instead:

    >>> DepthwiseConv2D(3, activation="selu",
    ...                 depthwise_initializer=VarianceScaling(scale=32, mode="fan_in"))

    Fix safety
    ----------
    Safe: the initializer is used when weights are drawn, never in inference. Weights of a trained
    model are kept. The fix writes VarianceScaling with the scale that makes up for the count; where
    the strides of a transposed convolution do not divide its kernel, with the mean of the terms.

    References
    ----------
    ``keras.initializers.VarianceScaling``; ``compute_fans`` in Keras's ``random_initializers.py``.
    Klambauer et al. 2017, "Self-Normalizing Neural Networks", section 2.
    """

    code = "SELU008"
    name = "miscounted-fan-in"
    severity = Severity.WARNING
    fixable = True

    def check(self, graph: ModelGraph) -> Iterator[Finding]:
        """Yield a finding for each LecunNormal kernel of a SELU layer whose gain is not 1."""
        for source, selu in graph.selu_kernel_layers:
            for slot in source.kernel_slots:
                judgement = judge(graph, source, slot)
                kernel, gain = judgement.kernel, judgement.gain
                if not judgement.lecun_normal or kernel is None or gain is None:
                    continue
                if abs(gain - 1) <= GAIN_TOLERANCE:
                    continue
                scale = kernel.keras_fan_in / kernel.fan_in
                where = "a SELU layer" if selu == source.path else f"the SELU of {selu}"
                message = (
                    f"{slot.name} is {slot.initializer.name}, but Keras counts a fan-in of "
                    f"{kernel.keras_fan_in:g} and each output sums {kernel.fan_in:g} terms (gain "
                    f"{gain:.2g}); {where} needs VarianceScaling(scale={scale:.4g}, fan_in)"
                )
                data = {
                    **data_of(slot, judgement),
                    "keras_fan_in": kernel.keras_fan_in,
                    "scale": round(scale, 6),
                }
                fix = repair(graph, source, slot)
                yield as_frozen(graph, source, self.finding(source.path, message, data, fix))
