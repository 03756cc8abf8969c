"""Cases of SELU014."""

from __future__ import annotations

from typing import Any

from tests.cases import Case, layer, sequential


def _model(class_name: str, **config: Any) -> dict[str, Any]:
    return sequential((5, 8), layer(class_name, "recurrent", units=4, **config))


_CELL = layer("LSTMCell", "cell", units=4, activation="selu")


VALID = (
    Case("tanh", _model("LSTM", activation="tanh", recurrent_activation="sigmoid")),
    Case("nothing said", _model("GRU")),
    Case("an activation that cannot be read", _model("LSTM", activation={"class_name": 7})),
    Case("feed-forward", sequential((8,), layer("Dense", "dense", units=4, activation="selu"))),
)


INVALID = (
    Case("LSTM", _model("LSTM", activation="selu"), ("recurrent",)),
    Case("its gates", _model("GRU", recurrent_activation="selu"), ("recurrent",)),
    Case("SimpleRNN", _model("SimpleRNN", activation="selu"), ("recurrent",)),
    Case(
        "in both directions",
        sequential(
            (5, 8),
            layer("Bidirectional", "both", layer=layer("LSTM", "lstm", units=4, activation="selu")),
        ),
        ("both/lstm",),
    ),
    Case("a cell", sequential((5, 8), layer("RNN", "recurrent", cell=_CELL)), ("recurrent/cell",)),
)
