"""SELU012: the predicted moments of SELU layers leave the domain in which SELU normalizes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from selu_lint.analysis.lecun import gain_of
from selu_lint.findings import Finding, Severity
from selu_lint.model.graph import ModelGraph
from selu_lint.model.layer_kinds import NORMALIZATIONS
from selu_lint.model.layers import Call, Layer
from selu_lint.rule import Rule
from selu_lint.theory.moments import HEALTHY_MEAN, HEALTHY_VARIANCE
from selu_lint.wording import named

if TYPE_CHECKING:
    from selu_lint.cases import Cases
    from selu_lint.theory.states import State


_LARGEST = 1e30


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
        for found in _excursions(graph):
            data = {
                "mean": _rounded(found.state.mean),
                "variance": _rounded(found.state.variance),
                "layers": found.length,
                "worst": found.worst,
                "worst_variance": _rounded(found.worst_variance),
                **found.cause,
            }
            yield self.finding(found.call.layer.path, _message(found), data)

    @staticmethod
    def cases() -> Cases:
        """Return models with nothing to find, models with something, and those repaired."""
        from itertools import pairwise

        from selu_lint.cases import Case, Cases, functional, layer, sequential

        def dense(
            name: str, activation: str = "selu", units: int = 64, **config: Any
        ) -> dict[str, Any]:
            return layer("Dense", name, units=units, activation=activation, **config)

        def linear(initial: object) -> dict[str, Any]:
            middle = dense("middle", "linear", 256, kernel_initializer=initial)
            return sequential((64,), dense("first"), middle, dense("last"))

        def merged(kind: str, *behind: dict[str, Any]) -> dict[str, Any]:
            chain = [layer(kind, "merge"), *behind]
            return functional(
                (layer("InputLayer", "input", batch_shape=[None, 64]), []),
                (dense("one"), ["input"]),
                (dense("two"), ["one"]),
                (chain[0], [["one", "two"]]),
                *((each, [before["config"]["name"]]) for before, each in pairwise(chain)),
            )

        return Cases(
            valid=(
                Case("SELU layers", sequential((64,), dense("a"), dense("b"))),
                Case(
                    "an initializer is SELU001's matter",
                    sequential((64,), dense("a", bias_initializer="ones")),
                ),
                Case("a linear layer with gain 1", linear("lecun_normal")),
                Case("a custom initializer", linear("own>initializer")),
                Case("branches joined", merged("Concatenate", dense("last"))),
                Case("branches multiplied", merged("Multiply", dense("last"))),
                Case("no SELU behind the sum", merged("Add", dense("last", "softmax"))),
                Case(
                    "the sum scaled back",
                    merged("Add", layer("Rescaling", "half", scale=0.5**0.5), dense("last")),
                ),
                Case(
                    "a normalization",
                    merged("Add", layer("LayerNormalization", "norm"), dense("last")),
                ),
                Case(
                    "a scaled input is SELU009's matter",
                    sequential((64,), layer("Rescaling", "r", scale=9.0), dense("a")),
                ),
            ),
            invalid=(
                Case("a linear layer with a small gain", linear("glorot_uniform"), ("last",)),
                Case("branches added", merged("Add", dense("last")), ("last",)),
                Case("branches averaged", merged("Average", dense("last")), ("last",)),
                Case(
                    "one finding for a stretch",
                    merged("Add", dense("last"), dense("next")),
                    ("last",),
                ),
                Case(
                    "an embedding as Keras draws it",
                    sequential(
                        (10,),
                        layer("Embedding", "embedding", input_dim=99, output_dim=8),
                        layer("Flatten", "flatten"),
                        dense("a"),
                    ),
                    ("a",),
                ),
            ),
        )


class _Excursion:
    """A stretch of SELU layers outside the domain, from its first call on."""

    def __init__(
        self, call: Call, state: State, reason: str = "", cause: Mapping[str, object] | None = None
    ) -> None:
        self.call, self.state, self.reason, self.cause = call, state, reason, cause or {}
        self.worst, self.worst_variance, self.length = "", 1.0, 0

    def add(self, call: Call, state: State) -> None:
        """Count a call in."""
        self.length += 1
        variance = min(max(state.variance, 1 / _LARGEST), _LARGEST)
        if self.length == 1 or abs(math.log(variance)) > abs(math.log(self.worst_variance)):
            self.worst, self.worst_variance = call.layer.path, variance


def _excursions(graph: ModelGraph) -> list[_Excursion]:
    """Return where SELU layers leave the domain, in the order of the calls."""
    if not any(_can_leave(graph, call) for call in graph.up_to_selu):
        return []
    from selu_lint.analysis.forecast import Assumptions, forecast

    states = forecast(graph, Assumptions(training=False, repaired=True))
    outside: dict[Call, _Excursion | None] = {}
    by_layer: dict[Layer, _Excursion] = {}
    for call in graph.calls:
        state = states[call]
        ends = state is None or call.layer.class_name in NORMALIZATIONS
        before = (outside[source] for source in call.inputs)
        current = None if ends else next((each for each in before if each is not None), None)
        if state is not None and call.layer.applies_selu:
            if _is_inside(state):
                current = None
            else:
                if current is None:
                    found = _excursion(graph, call, state, states)
                    current = by_layer.setdefault(call.layer, found)
                current.add(call, state)
        outside[call] = current
    return list(by_layer.values())


def _excursion(
    graph: ModelGraph, call: Call, state: State, states: Mapping[Call, State | None]
) -> _Excursion:
    cause = _cause(graph, call, states)
    behind = None if cause is None else states[cause]
    if cause is None or behind is None:
        return _Excursion(call, state)
    data = {
        "cause": cause.layer.path,
        "cause_mean": _rounded(_mean(behind)),
        "cause_variance": _rounded(behind.variance),
    }
    return _Excursion(call, state, _in_words(graph, cause, behind), data)


def _can_leave(graph: ModelGraph, call: Call) -> bool:
    """Whether a call can change the moments when everything that other rules find is repaired."""
    layer = call.layer
    linear_kernel = layer.kernel_slots and layer not in graph.feeds_selu
    return (bool(call.inputs) and (len(call.inputs) > 1 or bool(linear_kernel))) or (
        layer.class_name in ("Rescaling", "Embedding", "CategoryEncoding")
    )


def _is_inside(state: State) -> bool:
    if not HEALTHY_MEAN[0] <= state.mean <= HEALTHY_MEAN[1]:
        return False
    return HEALTHY_VARIANCE[0] <= state.variance <= HEALTHY_VARIANCE[1]


def _cause(graph: ModelGraph, call: Call, states: Mapping[Call, State | None]) -> Call | None:
    """Return the call that changed the moments last, or what everything comes from."""
    while True:
        layer = call.layer
        changes = len(call.inputs) > 1 or layer.class_name in ("Rescaling", "Embedding")
        if changes or (layer.kernel_slots and layer not in graph.feeds_selu):
            return call
        if not call.inputs:
            return call
        call = call.inputs[0]
        state = states[call]
        if call.layer.applies_selu and state is not None and _is_inside(state):
            return None


def _in_words(graph: ModelGraph, cause: Call, state: State) -> str:
    """Return how a call changed the moments; empty if it did not."""
    layer, name = cause.layer, named(cause.layer.path, cause.layer.class_name)
    if len(cause.inputs) > 1:
        return f"{name} joins {len(cause.inputs)} inputs"
    if layer.class_name == "Rescaling":
        return f"{name} multiplies by {layer.config.get('scale'):.3g}"
    if layer.class_name == "Embedding":
        return f"{name} draws with variance {state.variance:.2g}"
    if layer.kernel_slots:
        return f"{name} has gain {gain_of(graph, layer) or 0:.2g}"
    return ""


def _mean(state: State) -> float:
    """Return the mean without what is left of sums that cancel out."""
    return round(state.mean, 9) + 0.0


def _rounded(value: float) -> float:
    return float(f"{min(max(value, -_LARGEST), _LARGEST):.4g}")


def _message(found: _Excursion) -> str:
    message = (
        f"predicted mean {_mean(found.state):.2g} and variance {found.state.variance:.3g}, where "
        "SELU normalizes with a mean from -0.1 to 0.1 and a variance from 0.8 to 1.5"
    )
    if found.length > 1:
        message += (
            f"; {found.length} SELU layers are affected, at worst {found.worst} with variance "
            f"{found.worst_variance:.3g}"
        )
    if found.reason:
        return f"{message}; the cause: {found.reason}; scale its output to variance 1"
    return f"{message}; scale its input to variance 1"
