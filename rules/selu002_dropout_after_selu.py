"""SELU002: a regular Dropout follows SELU, or stands in front of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from selu_lint.analysis.noise_repairs import (
    Found,
    alpha_dropout_impossible,
    behind,
    in_front,
    is_computed,
    rate_of,
    to_alpha_dropout,
)
from selu_lint.findings import Finding, Severity
from selu_lint.model.graph import ModelGraph
from selu_lint.model.layer_kinds import DROPOUTS
from selu_lint.model.layers import Layer
from selu_lint.model.reach import Reach
from selu_lint.rule import Rule

if TYPE_CHECKING:
    from selu_lint.cases import Cases

LARGEST_MILD_RATE = 0.05
_UNKNOWN_RATE = "its rate is not known"


class DropoutAfterSelu(Rule):
    """A regular Dropout follows SELU, or stands in front of it.

    What it does
    ------------
    Finds every ``Dropout`` that takes the output of a SELU, directly or through layers that keep
    the distribution of the elements: reshaping, padding, pooling, a linear Activation, other
    dropouts, Concatenate, Add and Average of SELU outputs, the borders of nested models. It also
    finds those whose output a separate SELU takes. The gates of LSTM and GRU end this: what they
    put out is not SELU's. A Dropout that Keras 2 calls with ``training=False`` never acts. Behind a
    pooling of whole images (global, or with a window of their size) Dropout is right: there little
    variance is left, and an AlphaDropout whose noise makes up half of SELU's output makes up 91 to
    97 % of it (measured on MNIST; behind 2 × 2 poolings 52 to 61 %).

    Why is this bad?
    ----------------
    Dropout sets elements to 0 and scales the rest, which multiplies the second moment by
    1 / (1 − rate) in training: the next layer no longer sees variance 1, and training and inference
    differ. AlphaDropout sets them to the value that SELU saturates at and keeps mean and variance.
    Up to a rate of 0.05 the finding is a warning: however deep the network, its second moment in
    training stays below 1.21 (1.46 at 0.1, 2.3 at 0.2, 3.9 at 0.25).

    Example
    -------
    >>> Dense(256, activation="selu", kernel_initializer="lecun_normal")
    >>> Dropout(0.25)

    Use instead:

    >>> AlphaDropout(0.0753)  # injects the noise that Dropout(0.25) did

    Fix safety
    ----------
    Safe: neither layer does anything in inference. At the same rate AlphaDropout injects about
    three times the noise of Dropout, enough to stop a deep network from training; the fix
    therefore takes the rate with the same share of noise (``--alpha-rate keep`` keeps the rate).
    A Dropout that is called with ``training=True``, or in a nested model that is, acts in
    inference: there the fix is unsafe. There is none for a Dropout in front of SELU, which has to
    move behind it.

    References
    ----------
    Klambauer et al. 2017, "Self-Normalizing Neural Networks", section 3, "New Dropout Technique".
    ``keras.layers.AlphaDropout``.
    """

    code = "SELU002"
    name = "dropout-after-selu"
    severity = Severity.ERROR

    def check(self, graph: ModelGraph) -> Iterator[Finding]:
        """Yield a finding for each Dropout that SELU reaches."""
        for dropout in graph.layers_of(DROPOUTS):
            rate = rate_of(dropout)
            after, ahead = graph.selu_sources_of(dropout), graph.selu_ahead_of(dropout)
            if rate is None and after:
                found = _of_unknown_rate(graph, dropout, after)
            elif rate and after:
                found = behind(self.settings, graph, dropout, rate, after)
            elif rate and ahead:
                found = in_front(self.settings, dropout, rate, ahead)
            else:
                continue
            mild = rate is not None and rate <= LARGEST_MILD_RATE
            severity = Severity.WARNING if mild else None
            yield self.finding(dropout.path, *found, severity=severity)

    @staticmethod
    def cases() -> Cases:
        """Return models with nothing to find, models with something, and those repaired."""
        from selu_lint.cases import Case, Cases, layer, selu_behind, sequential

        def model(*behind: dict[str, object], activation: str = "selu") -> dict[str, object]:
            dense = layer(
                "Dense", "dense", units=8, activation=activation, kernel_initializer="lecun_normal"
            )
            return sequential((8,), dense, *behind)

        def image(pooling: dict[str, object]) -> dict[str, object]:
            convolution = layer("Conv2D", "conv", filters=8, kernel_size=[3, 3], activation="selu")
            drop = layer("Dropout", "drop", rate=0.5)
            return sequential((8, 8, 3), convolution, pooling, drop)

        x = layer("InputLayer", "x", batch_input_shape=[None, 8])

        def keras_2(*calls: tuple[dict[str, Any], list[Any]]) -> dict[str, Any]:
            """Return a Functional model; each layer comes with what each of its calls takes."""
            layers = [
                {**each, "name": each["config"]["name"], "inbound_nodes": [[one] for one in taken]}
                for each, taken in calls
            ]
            last, taken = calls[-1]
            outputs = [[last["config"]["name"], number, 0] for number in range(len(taken))]
            config = {"layers": layers, "input_layers": [["x", 0, 0]], "output_layers": outputs}
            return {"class_name": "Functional", "config": {"name": "model", **config}}

        def called(training: object, kind: str = "Dropout", rate: float = 0.1) -> dict[str, Any]:
            """Return a model whose dropout is called with a ``training`` argument."""
            dense = layer("Dense", "dense", units=8, activation="selu")
            drop = layer(kind, "drop", rate=rate)
            training_given = ["dense", 0, 0, {"training": training}]
            return keras_2((x, []), (dense, [["x", 0, 0, {}]]), (drop, [training_given]))

        def shared(*activations: str) -> dict[str, Any]:
            """Return a model whose one dropout is called behind each activation."""
            branches = [layer("Dense", each, units=8, activation=each) for each in activations]
            drop = layer("Dropout", "drop", rate=0.1)
            return keras_2(
                (x, []),
                *((each, [["x", 0, 0, {}]]) for each in branches),
                (drop, [[each, 0, 0, {}] for each in activations]),
            )

        return Cases(
            valid=(
                Case("behind a global pooling", image(layer("GlobalAveragePooling2D", "pool"))),
                Case(
                    "behind a pooling of the whole image",
                    image(layer("AveragePooling2D", "pool", pool_size=[6, 6])),
                ),
                Case("AlphaDropout", model(layer("AlphaDropout", "drop", rate=0.1))),
                Case(
                    "Dropout behind another activation",
                    model(layer("Dropout", "drop", rate=0.1), activation="relu"),
                ),
                Case(
                    "between a kernel and SELU, AlphaDropout",
                    selu_behind(layer("AlphaDropout", "drop", rate=0.1)),
                ),
                Case(
                    "behind the gates of an LSTM",
                    sequential(
                        (8, 8),
                        layer("LSTM", "lstm", units=8, activation="selu"),
                        layer("Dropout", "drop", rate=0.1),
                    ),
                ),
                Case(
                    "called with training=False in Keras 2", called(False), keras_version="2.15.0"
                ),
                Case("a rate of 0 does nothing", model(layer("Dropout", "drop", rate=0.0))),
                Case(
                    "a normalization in between",
                    model(layer("BatchNormalization", "bn"), layer("Dropout", "drop", rate=0.1)),
                ),
            ),
            invalid=(
                Case(
                    "Dropout behind SELU",
                    model(layer("Dropout", "drop", rate=0.25, seed=3, noise_shape=None)),
                    ("drop",),
                    model(layer("AlphaDropout", "drop", rate=0.0753, seed=3, noise_shape=None)),
                ),
                Case(
                    "the rate kept",
                    model(layer("Dropout", "drop", rate=0.25)),
                    ("drop",),
                    model(layer("AlphaDropout", "drop", rate=0.25)),
                    settings={"alpha_rate": "keep"},
                ),
                Case(
                    "through layers that keep the distribution",
                    model(
                        layer("Reshape", "reshape", target_shape=[2, 4]),
                        layer("Dropout", "drop", rate=0.1),
                    ),
                    ("drop",),
                    model(
                        layer("Reshape", "reshape", target_shape=[2, 4]),
                        layer("AlphaDropout", "drop", rate=0.0264),
                    ),
                ),
                Case(
                    "behind a linear Activation, as mixed precision has it",
                    model(
                        layer("Activation", "cast", activation="linear", dtype="float32"),
                        layer("Dropout", "drop", rate=0.1),
                    ),
                    ("drop",),
                    model(
                        layer("Activation", "cast", activation="linear", dtype="float32"),
                        layer("AlphaDropout", "drop", rate=0.0264),
                    ),
                ),
                Case(
                    "called with training=1 in Keras 2",
                    called(1),
                    ("drop",),
                    called(1, "AlphaDropout", 0.0264),
                    keras_version="2.15.0",
                ),
                Case(
                    "in front of SELU",
                    selu_behind(layer("Dropout", "drop", rate=0.5)),
                    ("drop",),
                ),
                Case(
                    "no AlphaDropout in Keras 3.0.0, so no fix",
                    model(layer("Dropout", "drop", rate=0.1)),
                    ("drop",),
                    keras_version="3.0.0",
                ),
                Case(
                    "shared with a branch of another activation, which AlphaDropout would harm",
                    shared("selu", "relu"),
                    ("drop",),
                    keras_version="2.15.0",
                ),
            ),
        )


def _of_unknown_rate(graph: ModelGraph, dropout: Layer, after: Reach) -> Found:
    why_not = alpha_dropout_impossible(graph, dropout)
    if not is_computed(dropout):
        why_not = _UNKNOWN_RATE
    fix = None if why_not else to_alpha_dropout(graph, dropout, None, None)
    message = f"Dropout follows the SELU of {after}; use AlphaDropout"
    return message, {"rate": None, **after.data("after")}, fix, why_not
