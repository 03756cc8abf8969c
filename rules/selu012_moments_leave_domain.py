"""SELU012: the predicted moments of SELU layers leave the domain in which SELU normalizes."""

from __future__ import annotations

from collections.abc import Iterator

from selu_lint.domain import Excursion, excursions
from selu_lint.findings import Finding, Severity
from selu_lint.graph import ModelGraph
from selu_lint.rule import Rule


class MomentsLeaveDomain(Rule):
    """The activations of a SELU layer are far from mean 0 and variance 1.

    What it does
    ------------
    Predicts mean and variance behind each SELU layer of an untrained model, and reports where they
    leave the domain of the paper's theorem: mean in [-0.1, 0.1], variance in [0.8, 1.5]. One
    finding stands for all SELU layers that follow outside of it. What other rules find is taken as
    repaired (initializers of SELU layers, dropout, inputs), so that only what they do not explain
    is left: branches that are added, linear layers with another gain, embeddings, rescaling. What
    is called several times is predicted at each call; nothing is predicted of a sum of values that
    go back to calls of the same kernel.
    Pooling counts as keeping the distribution, and nothing is predicted behind other activations,
    recurrent layers, attention, products and layers that cannot be seen.

    Why is this bad?
    ----------------
    Inside the domain SELU pulls mean and variance towards 0 and 1 from layer to layer. A sum of two
    branches has the variance of both: each residual block adds one more, and what reaches the last
    block is far outside. A linear layer with GlorotUniform that widens its input fourfold has gain
    0.4, and the SELU layer behind it half the variance.

    Example
    -------
    >>> x = Add()([x, block(x)])  # thirty times

    Use instead:

    >>> x = Add()([x, block(x)])
    >>> x = Rescaling(0.5**0.5)(x)  # two variances of 1, halved

    Fix safety
    ----------
    There is no fix: it would change what the model computes. The prediction is one of untrained
    weights and takes branches with kernels of their own as independent.

    References
    ----------
    Klambauer et al. 2017, "Self-Normalizing Neural Networks", theorem 1 and its domain Ω.
    """

    code = "SELU012"
    name = "moments-leave-domain"
    severity = Severity.WARNING

    def check(self, graph: ModelGraph) -> Iterator[Finding]:
        """Yield a finding for each stretch of SELU layers outside the domain."""
        for found in excursions(graph):
            data = {
                "mean": round(found.mean, 4),
                "variance": float(f"{found.variance:.4g}"),
                "layers": found.length,
                "worst": found.worst.path,
                "worst_variance": float(f"{found.worst_variance:.4g}"),
            }
            yield self.finding(found.first.path, _message(found), data)


def _message(found: Excursion) -> str:
    message = (
        f"predicted mean {found.mean:.2g} and variance {found.variance:.3g}, outside of "
        "[-0.1, 0.1] and [0.8, 1.5]"
    )
    if found.cause:
        message += f", because of {found.cause}"
    if found.length > 1:
        message += (
            f"; {found.length} SELU layers are outside, at the farthest variance "
            f"{found.worst_variance:.3g} in {found.worst.path}"
        )
    return f"{message}; scale what they take to variance 1"
