"""SELU004: an AlphaDropout does not follow SELU."""

from __future__ import annotations

from collections.abc import Iterator

from selu_lint.analysis.noise_repairs import rate_of, rate_text, to_dropout
from selu_lint.findings import Finding, Severity
from selu_lint.model.graph import Call, Layer, ModelGraph
from selu_lint.model.layer_kinds import ADAPTIVE_POOLINGS, POOLINGS
from selu_lint.model.reach import Reach, united
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
        dropouts = [
            each for each in graph.layers if each.class_name == "AlphaDropout" and each.built_in
        ]
        others = _others(graph) if dropouts else {}
        by_path = {layer.path: layer for layer in graph.layers} if dropouts else {}
        for dropout in dropouts:
            if rate_of(dropout) == 0 or graph.selu_ahead_of(dropout):
                continue
            before = [others[call] for call in graph.acting_calls(dropout)]
            if not before or not all(before):
                continue
            after = united(before)
            rate = rate_of(dropout)
            number = "" if rate is None else f"({rate_text(rate)})"
            names = after.text([f"{path} ({_kind(by_path[path])})" for path in after.named])
            message = f"AlphaDropout{number} follows {names}, not SELU; use Dropout"
            yield self.finding(
                dropout.path, message, {"rate": rate, **after.data("after")}, to_dropout(dropout)
            )


def _others(graph: ModelGraph) -> dict[Call, Reach]:
    """Return for each call what it takes, where all of that is known not to be SELU's."""
    taken: dict[Call, Reach] = {}
    given: dict[Call, Reach] = {}
    for position, call in enumerate(graph.calls):
        before = [given[source] for source in call.inputs]
        taken[call] = united(before) if all(before) else Reach()
        if call.passes_on or call.merges:
            given[call] = taken[call]
        else:
            another = _is_another(call.layer)
            given[call] = Reach(((-position, call.layer.path),)) if another else Reach()
    return taken


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
