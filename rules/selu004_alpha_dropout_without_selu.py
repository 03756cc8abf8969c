"""SELU004: an AlphaDropout does not follow SELU."""

from __future__ import annotations

from collections.abc import Iterator

from selu_lint.findings import Finding, Severity
from selu_lint.graph import Layer, ModelGraph
from selu_lint.layer_kinds import ADAPTIVE_POOLINGS, POOLINGS
from selu_lint.noise_repairs import rate_of, rate_text, to_dropout
from selu_lint.rule import Rule


class AlphaDropoutWithoutSelu(Rule):
    """An AlphaDropout does not follow SELU.

    What it does
    ------------
    Finds every ``AlphaDropout`` that takes only what other activations, kernels without one, a
    pooling of whole images, embeddings or attention give. Where part of it comes from SELU, from a
    normalization, from the model's input or from a layer whose effect is not known, it is left
    alone, as it is between a kernel and its separate SELU: AlphaDropout keeps mean 0 and variance 1
    of whatever has them.

    Why is this bad?
    ----------------
    AlphaDropout sets elements to −1.7581, the value that SELU saturates at, and rescales so that
    mean 0 and variance 1 are kept. Behind ReLU there is no such value and no such mean: it shifts
    and scales the activations instead of keeping them.

    Example
    -------
    >>> Dense(256, activation="relu")
    >>> AlphaDropout(0.1)

    Use instead:

    >>> Dropout(0.1)

    Fix safety
    ----------
    Unsafe: inference stays the same, but which of the two is wrong, the dropout or the activation,
    is for you to say.

    References
    ----------
    Klambauer et al. 2017, "Self-Normalizing Neural Networks", section 3.
    """

    code = "SELU004"
    name = "alpha-dropout-without-selu"
    severity = Severity.WARNING
    fixable = True

    def check(self, graph: ModelGraph) -> Iterator[Finding]:
        """Yield a finding for each AlphaDropout that no SELU reaches."""
        for dropout in graph.layers:
            if dropout.class_name != "AlphaDropout" or not dropout.built_in:
                continue
            if rate_of(dropout) == 0 or graph.selu_ahead_of(dropout):
                continue
            sources = _sources(graph, dropout)
            if not sources or not all(_is_another(source) for source in sources):
                continue
            rate = rate_of(dropout)
            number = "" if rate is None else f"({rate_text(rate)})"
            names = ", ".join(f"{source.path} ({_kind(source)})" for source in sources)
            message = f"AlphaDropout{number} follows {names}, not SELU; use Dropout"
            data = {"rate": rate, "after": [source.path for source in sources]}
            yield self.finding(dropout.path, message, data, to_dropout(dropout))


def _sources(graph: ModelGraph, dropout: Layer) -> list[Layer]:
    sources: dict[Layer, None] = {}
    for call in graph.acting_calls(dropout):
        sources.update(dict.fromkeys(origin.layer for origin in graph.origins(call)))
    return list(sources)


def _is_another(source: Layer) -> bool:
    """Whether it is known to give another distribution than SELU."""
    if source.opaque or not source.built_in:
        return False
    kind = source.class_name
    if source.activation is None:
        pools = kind in POOLINGS | ADAPTIVE_POOLINGS
        return pools or kind == "Embedding" or kind.endswith("Attention")
    return not source.activation.custom and not source.puts_out_selu


def _kind(source: Layer) -> str:
    if source.activation is None or source.activation.is_linear:
        return source.class_name
    if source.applies_selu:
        return f"{source.class_name}, whose gates change what SELU gives"
    return source.activation.name
