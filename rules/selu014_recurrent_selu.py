"""SELU014: a recurrent layer applies SELU."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from selu_lint.findings import Finding, Severity
from selu_lint.model.dialects import read_activation
from selu_lint.model.graph import ModelGraph
from selu_lint.model.layer_kinds import RECURRENT
from selu_lint.model.layers import Layer
from selu_lint.rule import Rule

if TYPE_CHECKING:
    from selu_lint.cases import Cases


_CUDNN = frozenset({"LSTM", "GRU"})


class RecurrentSelu(Rule):
    """A recurrent layer applies SELU.

    What it does
    ------------
    Finds LSTM, GRU, SimpleRNN and convolutional LSTM layers and cells with ``activation="selu"``
    or ``recurrent_activation="selu"``.

    Why is this bad?
    ----------------
    The theory of SELU is one of feed-forward networks, in which each layer has weights of its own.
    A recurrent layer applies the same kernel at every step, and its pre-activation sums an input
    and a state, so that LecunNormal on the kernel does not give it variance 1. SELU has no upper
    bound, and a state that is fed back can grow without end; in place of a gate it is not even
    between 0 and 1. LecunNormal makes it worse: its gain is mostly larger than that of
    GlorotUniform, so that the state grows faster. On a GPU, LSTM and GRU use their fast cuDNN
    kernel only with tanh and sigmoid.

    Example
    -------
    >>> LSTM(64, activation="selu")

    Use instead:

    >>> LSTM(64)  # tanh, and SELU in the feed-forward layers

    Fix safety
    ----------
    There is no fix: another activation changes what the model computes.

    References
    ----------
    Klambauer et al. 2017, "Self-Normalizing Neural Networks", section 2: feed-forward networks.
    ``keras.layers.LSTM``: "the requirements to use the cuDNN implementation".
    """

    code = "SELU014"
    name = "recurrent-selu"
    severity = Severity.INFO

    def check(self, graph: ModelGraph) -> Iterator[Finding]:
        """Yield a finding for each recurrent layer with SELU."""
        for each in graph.layers_of(RECURRENT):
            arguments = _arguments(each)
            if not arguments:
                continue
            message = (
                f"{each.class_name} applies SELU ({' and '.join(arguments)}), which normalizes "
                "feed-forward layers but no recurrent state"
            )
            if each.class_name in _CUDNN:
                message += " and rules out cuDNN"
            message += f"; use {_usual(arguments)}"
            if each.applies_selu:
                message += ", or keep GlorotUniform, since LecunNormal lets the state grow"
            yield self.finding(each.path, message, {"arguments": arguments})

    @staticmethod
    def cases() -> Cases:
        """Return models with nothing to find, models with something, and those repaired."""
        from selu_lint.cases import Case, Cases, layer, sequential

        def model(class_name: str, **config: Any) -> dict[str, Any]:
            return sequential((5, 8), layer(class_name, "recurrent", units=4, **config))

        cell = layer("LSTMCell", "cell", units=4, activation="selu")

        return Cases(
            valid=(
                Case("tanh", model("LSTM", activation="tanh", recurrent_activation="sigmoid")),
                Case("nothing said", model("GRU")),
                Case(
                    "an activation that cannot be read", model("LSTM", activation={"class_name": 7})
                ),
                Case(
                    "feed-forward",
                    sequential((8,), layer("Dense", "dense", units=4, activation="selu")),
                ),
            ),
            invalid=(
                Case("LSTM", model("LSTM", activation="selu"), ("recurrent",)),
                Case("its gates", model("GRU", recurrent_activation="selu"), ("recurrent",)),
                Case("SimpleRNN", model("SimpleRNN", activation="selu"), ("recurrent",)),
                Case(
                    "in both directions",
                    sequential(
                        (5, 8),
                        layer(
                            "Bidirectional",
                            "both",
                            layer=layer("LSTM", "lstm", units=4, activation="selu"),
                        ),
                    ),
                    ("both/lstm",),
                ),
                Case(
                    "a cell",
                    sequential((5, 8), layer("RNN", "recurrent", cell=cell)),
                    ("recurrent/cell",),
                ),
            ),
        )


def _arguments(each: Layer) -> list[str]:
    """Return the arguments of a recurrent layer that are SELU."""
    gates = read_activation(each.config.get("recurrent_activation"))
    told = {"activation": each.applies_selu, "recurrent_activation": gates.is_selu}
    return [argument for argument, is_selu in told.items() if is_selu]


def _usual(arguments: list[str]) -> str:
    usual = {"activation": "tanh", "recurrent_activation": "sigmoid"}
    return " and ".join(usual[argument] for argument in arguments)
