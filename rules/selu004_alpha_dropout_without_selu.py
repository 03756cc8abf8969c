"""SELU004: an AlphaDropout does not follow SELU."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from selu_lint.analysis.noise_repairs import rate_of, rate_text, to_dropout
from selu_lint.findings import Finding, Severity
from selu_lint.model.graph import ModelGraph
from selu_lint.model.layer_kinds import ALL_POOLINGS, ALPHA_DROPOUTS
from selu_lint.model.layers import Call, Layer
from selu_lint.model.reach import Reach, united
from selu_lint.rule import Rule
from selu_lint.wording import named

if TYPE_CHECKING:
    from selu_lint.cases import Cases


class AlphaDropoutWithoutSelu(Rule):
    """An AlphaDropout does not follow SELU.

    What it does
    ------------
    Finds every ``AlphaDropout`` that takes nothing but the output of other activations, of kernels
    without one, of a pooling of whole images, of embeddings or of attention. Where part of it comes
    from SELU, from a normalization, from the model's input or from a layer whose effect is not
    known, it is left alone, as it is between a kernel and its separate SELU: AlphaDropout keeps
    mean 0 and variance 1 of whatever has them.

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
    is yours to decide.

    References
    ----------
    Klambauer et al. 2017, "Self-Normalizing Neural Networks", section 3.
    """

    code = "SELU004"
    name = "alpha-dropout-without-selu"
    severity = Severity.WARNING

    def check(self, graph: ModelGraph) -> Iterator[Finding]:
        """Yield a finding for each AlphaDropout that no SELU reaches."""
        dropouts = list(graph.layers_of(ALPHA_DROPOUTS))
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
            names = after.text([named(path, _kind(by_path[path])) for path in after.named])
            message = f"AlphaDropout{number} follows {names}, not SELU; use Dropout"
            yield self.finding(
                dropout.path, message, {"rate": rate, **after.data("after")}, to_dropout(dropout)
            )

    @staticmethod
    def cases() -> Cases:
        """Return models with nothing to find, models with something, and those repaired."""
        from selu_lint.cases import Case, Cases, layer, sequential

        def model(activation: str, *behind: dict[str, object]) -> dict[str, object]:
            dense = layer("Dense", "dense", units=8, activation=activation)
            return sequential((8,), dense, *behind)

        return Cases(
            valid=(
                Case("behind SELU", model("selu", layer("AlphaDropout", "drop", rate=0.1))),
                Case(
                    "on the model's input",
                    sequential((8,), layer("AlphaDropout", "drop", rate=0.1)),
                ),
                Case(
                    "behind a linear Activation",
                    model(
                        "selu",
                        layer("Activation", "cast", activation="linear"),
                        layer("AlphaDropout", "drop", rate=0.1),
                    ),
                ),
                Case(
                    "behind a normalization of the input",
                    sequential(
                        (8,),
                        layer("BatchNormalization", "bn"),
                        layer("AlphaDropout", "drop", rate=0.1),
                    ),
                ),
                Case(
                    "behind Normalization",
                    sequential(
                        (8,), layer("Normalization", "n"), layer("AlphaDropout", "drop", rate=0.1)
                    ),
                ),
                Case(
                    "between a kernel and SELU",
                    model(
                        "linear",
                        layer("AlphaDropout", "drop", rate=0.1),
                        layer("Activation", "selu", activation="selu"),
                    ),
                ),
                Case(
                    "behind a custom layer",
                    model("relu", layer("Unknown", "x"), layer("AlphaDropout", "drop", rate=0.1)),
                ),
            ),
            invalid=(
                Case(
                    "behind ReLU",
                    model("relu", layer("AlphaDropout", "drop", rate=0.1, seed=None)),
                    ("drop",),
                    model("relu", layer("Dropout", "drop", rate=0.1, seed=None)),
                ),
                Case(
                    "behind the gates of a GRU",
                    sequential(
                        (8, 8),
                        layer("GRU", "gru", units=8, activation="selu"),
                        layer("AlphaDropout", "drop", rate=0.1),
                    ),
                    ("drop",),
                    sequential(
                        (8, 8),
                        layer("GRU", "gru", units=8, activation="selu"),
                        layer("Dropout", "drop", rate=0.1),
                    ),
                ),
                Case(
                    "behind a global pooling of SELU's output",
                    sequential(
                        (8, 8, 3),
                        layer("Conv2D", "conv", filters=8, kernel_size=[3, 3], activation="selu"),
                        layer("GlobalAveragePooling2D", "pool"),
                        layer("AlphaDropout", "drop", rate=0.2),
                    ),
                    ("drop",),
                    sequential(
                        (8, 8, 3),
                        layer("Conv2D", "conv", filters=8, kernel_size=[3, 3], activation="selu"),
                        layer("GlobalAveragePooling2D", "pool"),
                        layer("Dropout", "drop", rate=0.2),
                    ),
                ),
            ),
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
        pools = kind in ALL_POOLINGS
        return pools or kind == "Embedding" or kind.endswith("Attention")
    return not source.activation.custom and not source.puts_out_selu


def _kind(source: Layer) -> str:
    if source.activation is None or source.activation.is_linear:
        return source.class_name
    if source.applies_selu:
        return f"{source.class_name}, whose gates change SELU's output"
    return source.activation.name
