"""SELU013: an activation that is nearly SELU."""

from __future__ import annotations

from collections.abc import Iterator

from selu_lint.analysis.near_selu import near_selu
from selu_lint.findings import Finding, Severity
from selu_lint.model.graph import ModelGraph
from selu_lint.rule import Rule


class NearSelu(Rule):
    """An activation is nearly SELU, but not SELU.

    What it does
    ------------
    Finds activations that are meant as SELU and are something else, or cannot be seen to be SELU:
    ELU with an alpha near SELU's 1.6733 or near 1.7581 (alpha times scale), ELU that is multiplied
    by a constant near SELU's scale of 1.0507 (by an operation or a ``Rescaling``), LeakyReLU and
    ReLU with SELU's alpha as slope, and activations or layers of the model's author that are called
    SELU.

    Why is this bad?
    ----------------
    Mean 0 and variance 1 are the fixed point of SELU with exactly its two constants. In a deep
    network with LecunNormal the second moment of ELU with SELU's alpha settles at 0.63 instead of
    1, that of ELU with alpha 1 and SELU's scale at 0.02; LeakyReLU with SELU's alpha as slope does
    not saturate, and its activations grow without end. And no tool knows such an activation for
    SELU: the other rules do not look at its initializer and its dropout.

    Example
    -------
    >>> ELU(alpha=1.6733)

    Use instead:

    >>> Activation("selu")

    Fix safety
    ----------
    There is no fix: another activation changes what the model computes.

    References
    ----------
    Klambauer et al. 2017, "Self-Normalizing Neural Networks", equation (2) and section 2.
    ``keras.activations.selu``.
    """

    code = "SELU013"
    name = "near-selu"
    severity = Severity.WARNING

    def check(self, graph: ModelGraph) -> Iterator[Finding]:
        """Yield a finding for each layer whose activation is nearly SELU."""
        for each in graph.layers:
            near = near_selu(graph, each)
            if near is not None:
                yield self.finding(each.path, f'{near.message}; use activation="selu"', near.data)
