"""SELU008: Keras draws a kernel of a SELU layer with a wrong fan-in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from selu_lint.analysis.lecun import as_frozen, data_of, judge, repair, selu_of
from selu_lint.findings import Finding, Severity
from selu_lint.model.graph import ModelGraph
from selu_lint.model.initializers import GAIN_TOLERANCE
from selu_lint.rule import Rule

if TYPE_CHECKING:
    from selu_lint.cases import Cases


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

    def check(self, graph: ModelGraph) -> Iterator[Finding]:
        """Yield a finding for each LecunNormal kernel of a SELU layer whose gain is not 1."""
        for source, slot, selu in graph.selu_kernels:
            judgement = judge(graph, source, slot)
            kernel, gain = judgement.kernel, judgement.gain
            if not judgement.lecun_normal or kernel is None or gain is None:
                continue
            if abs(gain - 1) <= GAIN_TOLERANCE:
                continue
            scale = kernel.keras_fan_in / kernel.fan_in
            message = (
                f"{slot.name} is {slot.initializer.name}, but Keras counts a fan-in of "
                f"{kernel.keras_fan_in:g} where each output sums {kernel.fan_in:g} terms "
                f"(gain {gain:.2g}); {selu_of(source, selu)} needs "
                f"VarianceScaling(scale={scale:.4g})"
            )
            data = {
                **data_of(slot, judgement),
                "keras_fan_in": kernel.keras_fan_in,
                "scale": round(scale, 6),
            }
            fix = repair(graph, source, slot)
            yield as_frozen(graph, source, self.finding(source.path, message, data, fix))

    @staticmethod
    def cases() -> Cases:
        """Return models with nothing to find, models with something, and those repaired."""
        from selu_lint.cases import Case, Cases, depthwise, initializer, layer, scaled, sequential

        def transposed(initial: object, filters: int, strides: int) -> dict[str, Any]:
            convolution = layer(
                "Conv2DTranspose",
                "transposed",
                filters=filters,
                kernel_size=[4, 4],
                strides=[strides, strides],
                activation="selu",
                kernel_initializer=initial,
            )
            return sequential((8, 8, 4), convolution)

        def einsum(initial: object) -> dict[str, Any]:
            heads = layer(
                "EinsumDense",
                "heads",
                equation="abc,cde->abde",
                output_shape=[None, 2, 5],
                activation="selu",
                kernel_initializer=initial,
            )
            return sequential((7, 6), heads)

        lecun = initializer("LecunNormal", seed=None)

        def separable(initial: object) -> dict[str, Any]:
            convolution = layer(
                "SeparableConv2D",
                "separable",
                kernel_size=[3, 3],
                filters=7,
                activation="selu",
                depthwise_initializer=initial,
                pointwise_initializer=lecun,
            )
            return sequential((8, 8, 4), convolution)

        axes = {"input_axes": None, "output_axes": None}

        return Cases(
            valid=(
                Case("a depthwise kernel on one channel", depthwise(lecun, channels=1)),
                Case("the scale that makes up for it", depthwise(scaled(4.0))),
                Case("another initializer is SELU001's matter", depthwise("he_normal")),
                Case("an unknown number of channels", depthwise(lecun, channels=None)),
                Case(
                    "transposed, as many channels out as in",
                    transposed(lecun, filters=4, strides=1),
                ),
                Case("Keras 3.15 counts by the equation", einsum(lecun)),
                Case(
                    "axes tell that it does",
                    einsum(initializer("LecunNormal", **axes)),
                    keras_version=None,
                ),
                Case(
                    "axes of the author's own",
                    depthwise(initializer("LecunNormal", input_axes=[0, 1], output_axes=[2, 3])),
                ),
            ),
            invalid=(
                Case("depthwise", depthwise(lecun), ("depthwise",), depthwise(scaled(4.0))),
                Case(
                    "by name, in Keras 2.3",
                    depthwise("lecun_normal"),
                    ("depthwise",),
                    depthwise(
                        {
                            "class_name": "VarianceScaling",
                            "config": {
                                "scale": 4.0,
                                "mode": "fan_in",
                                "distribution": "normal",
                                "seed": None,
                            },
                        }
                    ),
                    keras_version="2.3.1",
                ),
                Case(
                    "the depthwise half of a separable convolution",
                    separable(lecun),
                    ("separable",),
                    separable(scaled(4.0)),
                ),
                Case(
                    "transposed with strides",
                    transposed(lecun, filters=8, strides=2),
                    ("transposed",),
                    transposed(scaled(8.0), filters=8, strides=2),
                ),
                Case(
                    "EinsumDense before Keras 3.15",
                    einsum(lecun),
                    ("heads",),
                    einsum(scaled(12 / 6)),
                    keras_version="3.12.0",
                ),
                Case(
                    "axes that are wrong",
                    depthwise(
                        initializer("LecunNormal", seed=None, input_axes=[2], output_axes=[3])
                    ),
                    ("depthwise",),
                    depthwise(scaled(4 / 9, input_axes=[2], output_axes=[3])),
                ),
            ),
        )
