"""SELU006: a normalization layer stands beside SELU."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from selu_lint.findings import Finding, Severity
from selu_lint.model.graph import ModelGraph
from selu_lint.model.layer_kinds import ALL_POOLINGS, NORMALIZATIONS
from selu_lint.model.layers import Call
from selu_lint.rule import Rule

if TYPE_CHECKING:
    from selu_lint.cases import Cases


class RedundantNormalization(Rule):
    """A normalization layer stands beside SELU.

    What it does
    ------------
    Finds normalization layers (batch, layer, group, instance, RMS, unit) that take the output of a
    SELU, or that stand between a kernel and its separate SELU activation. It says nothing of those
    behind an average pooling: the mean of four independent values has a quarter of their variance,
    three such poolings leave a second moment of 0.03, and the normalization brings it back.

    Why is this bad?
    ----------------
    SELU with LecunNormal keeps mean 0 and variance 1 by itself; the normalization does the same
    again, costs time and memory, and couples the examples of a batch. Between a kernel and its
    SELU it also hides the kernel's initializer, which then no longer matters.

    Example
    -------
    >>> Dense(256, activation="selu", kernel_initializer="lecun_normal")
    >>> BatchNormalization()

    Use instead:

    >>> Dense(256, activation="selu", kernel_initializer="lecun_normal")

    Fix safety
    ----------
    There is no fix: taking a trained normalization out changes what the model computes. Take it
    out in the code that builds the model, and train again.

    References
    ----------
    Klambauer et al. 2017, "Self-Normalizing Neural Networks", section 1 and table 1.
    """

    code = "SELU006"
    name = "redundant-normalization"
    severity = Severity.INFO

    def check(self, graph: ModelGraph) -> Iterator[Finding]:
        """Yield a finding for each normalization behind or right before a SELU."""
        averaged = _averaged(graph)
        for normalization in graph.layers_of(NORMALIZATIONS):
            if any(call in averaged for call in graph.calls_of(normalization)):
                continue
            after = graph.selu_sources_of(normalization)
            ahead = graph.selu_ahead_of(normalization)
            if not after and not ahead:
                continue
            kind = normalization.class_name
            data = after.data("after") | ahead.data("before")
            if after:
                message = f"{kind} follows the SELU of {after}, which normalizes by itself"
            else:
                message = (
                    f"{kind} stands between a kernel and the SELU of {ahead}, "
                    "which normalizes by itself"
                )
            yield self.finding(normalization.path, f"{message}; leave it out", data)

    @staticmethod
    def cases() -> Cases:
        """Return models with nothing to find, models with something, and those repaired."""
        from selu_lint.cases import Case, Cases, layer, sequential

        dense = layer("Dense", "dense", units=8, kernel_initializer="glorot_uniform")

        selu = layer("Activation", "act", activation="selu")

        normalization = layer("BatchNormalization", "bn")

        pooling = layer("AveragePooling1D", "pool", pool_size=[2])

        return Cases(
            valid=(
                Case("no normalization", sequential((8,), dense, selu)),
                Case("no SELU", sequential((8,), dense, normalization)),
                Case("before the kernel", sequential((8,), normalization, dense, selu)),
                Case(
                    "behind an average pooling and a kernel",
                    sequential((8, 4), pooling, dense, selu, normalization),
                ),
                Case(
                    "behind the average pooling of SELU",
                    sequential((8, 4), dense, selu, pooling, normalization),
                ),
            ),
            invalid=(
                Case("behind SELU", sequential((8,), dense, selu, normalization), ("bn",)),
                Case(
                    "before an average pooling",
                    sequential((8, 4), dense, selu, normalization, pooling),
                    ("bn",),
                ),
                Case(
                    "between kernel and SELU", sequential((8,), dense, normalization, selu), ("bn",)
                ),
            ),
        )


def _averaged(graph: ModelGraph) -> frozenset[Call]:
    """Return the calls that an average pooling stands in front of, and the poolings."""
    averaged: set[Call] = set()
    for call in graph.calls:
        pools = "Average" in call.layer.class_name and call.layer.class_name in ALL_POOLINGS
        if pools or any(source in averaged for source in call.inputs):
            averaged.add(call)
    return frozenset(averaged)
