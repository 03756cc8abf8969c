"""SELU004: an AlphaDropout does not follow SELU."""

from __future__ import annotations

from collections.abc import Iterator

from selu_lint.findings import Finding, Severity
from selu_lint.graph import Layer, ModelGraph
from selu_lint.noise_repairs import rate_of, rate_text, to_dropout
from selu_lint.rule import Rule


class AlphaDropoutWithoutSelu(Rule):
    """An AlphaDropout does not follow SELU.

    What it does
    ------------
    Finds every ``AlphaDropout`` that is called only on outputs of which it is known that they are
    not SELU's. The inputs of the model and the outputs of custom layers are left alone.

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
            if rate_of(dropout) == 0 or graph.selu_sources_of(dropout):
                continue
            sources = _sources(graph, dropout)
            if not sources or any(_unknown(source) for source in sources):
                continue
            rate = rate_of(dropout)
            number = "" if rate is None else f"({rate_text(rate)})"
            names = ", ".join(f"{source.path} ({_kind(source)})" for source in sources)
            message = f"AlphaDropout{number} follows {names}, not SELU; use Dropout"
            data = {"rate": rate, "after": [source.path for source in sources]}
            yield self.finding(dropout.path, message, data, to_dropout(dropout))


def _sources(graph: ModelGraph, dropout: Layer) -> list[Layer]:
    sources: dict[Layer, None] = {}
    for call in graph.calls_of(dropout):
        sources.update(dict.fromkeys(before.layer for before in graph.preactivation(call)))
    return list(sources)


def _unknown(source: Layer) -> bool:
    if source.opaque or not source.built_in or source.class_name == "InputLayer":
        return True
    return source.activation is not None and source.activation.custom


def _kind(source: Layer) -> str:
    if source.activation is None or source.activation.is_linear:
        return source.class_name
    return source.activation.name
