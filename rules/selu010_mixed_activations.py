"""SELU010: hidden layers of a SELU network apply another activation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from selu_lint.analysis.near_selu import near_selu
from selu_lint.findings import Finding, Severity
from selu_lint.model.config_values import finite_number
from selu_lint.model.dialects import Activation
from selu_lint.model.graph import ModelGraph
from selu_lint.model.layer_kinds import NORMALIZATIONS, PREPROCESSING, RECURRENT
from selu_lint.model.layers import Call, Layer
from selu_lint.rule import Rule
from selu_lint.theory.gaussian import Moments

if TYPE_CHECKING:
    from selu_lint.cases import Cases


_SLOPES = {"LeakyReLU": 0.3, "LeakyRelu": 0.2}
_LARGEST_SLOPE = 1e3
_LEFT_ALONE = ("", "selu", "linear", "softmax", "log_softmax")
_ENDS = NORMALIZATIONS | PREPROCESSING | RECURRENT | {"Multiply", "Dot", "Embedding"}


class MixedActivations(Rule):
    """A hidden layer of a SELU network applies another activation.

    What it does
    ------------
    Finds layers with another activation than SELU whose output a SELU layer takes, and those that
    stand between SELU layers. The heads of a model, the gates of recurrent layers, of attention
    and of anything that is multiplied (squeeze and excitation), activations of the model's author,
    and activations with a normalization behind them are left alone.

    Why is this bad?
    ----------------
    SELU keeps mean 0 and variance 1 if it is given them. ReLU turns mean 0 and variance 1 into mean
    0.40 and variance 0.34, sigmoid into mean 0.5 and variance 0.04: the SELU layers behind have to
    find their way back, and the guarantees of the theory hold only for a network of SELU layers.

    Example
    -------
    >>> Dense(64, activation="selu", kernel_initializer="lecun_normal")
    >>> Dense(64, activation="relu")
    >>> Dense(64, activation="selu", kernel_initializer="lecun_normal")

    Use instead:

    >>> Dense(64, activation="selu", kernel_initializer="lecun_normal")  # three times

    Fix safety
    ----------
    There is no fix: another activation changes what the model computes.

    References
    ----------
    Klambauer et al. 2017, "Self-Normalizing Neural Networks", section 2 and theorems 1 to 3.
    """

    code = "SELU010"
    name = "mixed-activations"
    severity = Severity.INFO

    def check(self, graph: ModelGraph) -> Iterator[Finding]:
        """Yield a finding for each hidden layer with another activation before a SELU layer."""
        ahead, behind = _selu_ahead(graph), _selu_behind(graph)
        for each in graph.layers:
            activation = _another(each)
            if activation is None or near_selu(graph, each) is not None:
                continue
            calls = graph.calls_of(each)
            fed = [ahead[call].near or (behind[call] and ahead[call].far) for call in calls]
            selu = next(filter(None, fed), None)
            if selu is None:
                continue
            message = f"{activation.name} stands in front of the SELU of {selu}"
            data: dict[str, Any] = {"activation": activation.name, "before": selu}
            moments = _moments(activation, each.class_name)
            if moments is not None:
                data |= {"mean": round(moments.mean, 4), "variance": round(moments.variance, 4)}
                message += (
                    f" and turns mean 0 and variance 1 into mean {moments.mean:.2f} and variance "
                    f"{moments.variance:.2f}"
                )
            yield self.finding(each.path, f"{message}; use SELU in all hidden layers", data)

    @staticmethod
    def cases() -> Cases:
        """Return models with nothing to find, models with something, and those repaired."""
        from selu_lint.cases import Case, Cases, layer, sequential

        def model(*middle: dict[str, Any]) -> dict[str, Any]:
            first = layer("Dense", "first", units=8, activation="selu")
            return sequential(
                (8,), first, *middle, layer("Dense", "last", units=8, activation="selu")
            )

        def dense(activation: object, name: str = "middle") -> dict[str, Any]:
            return layer("Dense", name, units=8, activation=activation)

        return Cases(
            valid=(
                Case("SELU only", model(dense("selu"))),
                Case("a linear layer", model(dense("linear"))),
                Case(
                    "a normalization behind it",
                    model(dense("relu"), layer("BatchNormalization", "bn")),
                ),
                Case(
                    "a recurrent layer",
                    sequential((5, 8), layer("LSTM", "lstm", units=8), dense("selu")),
                ),
                Case(
                    "a head",
                    sequential((8,), dense("selu"), dense("relu", "a"), dense("sigmoid", "b")),
                ),
                Case("no SELU", sequential((8,), dense("relu"), dense("relu", "second"))),
                Case("code of the author's", model(dense("own>mish"))),
                Case(
                    "nearly SELU, which is SELU013's matter",
                    model(dense(layer("ELU", "e", alpha=1.67))),
                ),
            ),
            invalid=(
                Case("ReLU between SELU layers", model(dense("relu")), ("middle",)),
                Case("two of them", model(dense("relu", "a"), dense("tanh", "b")), ("a", "b")),
                Case(
                    "a layer of its own",
                    model(dense(None), layer("LeakyReLU", "leaky")),
                    ("leaky",),
                ),
                Case(
                    "the last of a stem",
                    sequential((8,), dense("relu", "a"), dense("relu", "b"), dense("selu", "c")),
                    ("b",),
                ),
                Case(
                    "through layers that keep the distribution",
                    sequential(
                        (8, 8, 1),
                        layer("Conv2D", "conv", filters=2, kernel_size=[3, 3], activation="relu"),
                        layer("MaxPooling2D", "pool"),
                        layer("Flatten", "flatten"),
                        dense("selu"),
                    ),
                    ("conv",),
                ),
                Case(
                    "an activation whose moments are not predicted",
                    model(layer("ReLU", "relu", max_value=6.0), layer("PReLU", "prelu")),
                    ("relu", "prelu"),
                ),
            ),
        )


class _Ahead(NamedTuple):
    """A SELU layer that takes an output: with no other activation before it, and at all."""

    near: str | None = None
    far: str | None = None


def _selu_ahead(graph: ModelGraph) -> dict[Call, _Ahead]:
    ahead: dict[Call, _Ahead] = {}
    for call in reversed(graph.calls):
        near = far = None
        for consumer in graph.consumers(call):
            taker = consumer.layer
            if _ends(taker):
                continue
            if taker.applies_selu:
                near = far = taker.path
                break
            beyond = ahead.get(consumer, _Ahead())
            far = far or beyond.far
            if taker.activation is None or taker.activation.is_linear:
                near = near or beyond.near
        ahead[call] = _Ahead(near, far)
    return ahead


def _selu_behind(graph: ModelGraph) -> dict[Call, bool]:
    behind: dict[Call, bool] = {}
    for call in graph.calls:
        behind[call] = any(source.layer.applies_selu or behind[source] for source in call.inputs)
    return behind


def _ends(taker: Layer) -> bool:
    """Whether what a layer makes of its input tells no more of the input's distribution."""
    return taker.opaque or taker.class_name in _ENDS or taker.class_name.endswith("Attention")


def _another(each: Layer) -> Activation | None:
    """Return the activation that a layer applies where SELU could stand."""
    activation = each.activation
    if activation is None or activation.custom or each.class_name in RECURRENT:
        return None
    return None if activation.name in _LEFT_ALONE else activation


def _moments(activation: Activation, class_name: str) -> Moments | None:
    """Return the moments that an activation makes of N(0, 1), where they can be predicted."""
    config = activation.config
    if config.get("max_value") is not None or config.get("threshold"):
        return None
    slope = config.get("negative_slope", config.get("alpha", _SLOPES.get(class_name)))
    number = finite_number(slope)
    if (slope is not None and number is None) or abs(number or 0.0) > _LARGEST_SLOPE:
        return None
    from selu_lint.theory.activation_functions import activation_function

    function = activation_function(activation.name, number)
    return None if function is None else function.moments(1.0)
