"""SELU012: the predicted moments of SELU layers leave the domain in which SELU normalizes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from selu_lint.cases import Case, layer, sequential
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
    is left: branches that are added, linear layers with another gain, embeddings, rescaling.
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


def _dense(name: str, activation: str = "selu", units: int = 64, **config: Any) -> dict[str, Any]:
    return layer("Dense", name, units=units, activation=activation, **config)


def _linear(initial: object) -> dict[str, Any]:
    middle = _dense("middle", "linear", 256, kernel_initializer=initial)
    return sequential((64,), _dense("first"), middle, _dense("last"))


def _merged(kind: str, *behind: dict[str, Any]) -> dict[str, Any]:
    def node(each: dict[str, Any], *sources: str) -> dict[str, Any]:
        tensors = [
            {"class_name": "__keras_tensor__", "config": {"keras_history": [source, 0, 0]}}
            for source in sources
        ]
        nodes = [{"args": [tensors], "kwargs": {}}] if sources else []
        return {**each, "name": each["config"]["name"], "inbound_nodes": nodes}

    layers = [
        node(layer("InputLayer", "input", batch_shape=[None, 64])),
        node(_dense("one"), "input"),
        node(_dense("two"), "one"),
        node(layer(kind, "merge"), "one", "two"),
    ]
    for each in behind:
        layers.append(node(each, layers[-1]["name"]))
    ends = {
        "input_layers": ["input", 0, 0],
        "output_layers": [layers[-1]["name"], 0, 0],
    }
    return {
        "module": "keras.src.models.functional",
        "class_name": "Functional",
        "config": {"name": "model", "layers": layers, **ends},
        "registered_name": "Functional",
    }


VALID = (
    Case("SELU layers", sequential((64,), _dense("a"), _dense("b"))),
    Case(
        "an initializer is SELU001's matter",
        sequential((64,), _dense("a", bias_initializer="ones")),
    ),
    Case("a linear layer with gain 1", _linear("lecun_normal")),
    Case("a custom initializer", _linear("own>initializer")),
    Case("branches joined", _merged("Concatenate", _dense("last"))),
    Case("branches multiplied", _merged("Multiply", _dense("last"))),
    Case("no SELU behind the sum", _merged("Add", _dense("last", "softmax"))),
    Case(
        "the sum scaled back",
        _merged("Add", layer("Rescaling", "half", scale=0.5**0.5), _dense("last")),
    ),
    Case("a normalization", _merged("Add", layer("LayerNormalization", "norm"), _dense("last"))),
    Case(
        "a scaled input is SELU009's matter",
        sequential((64,), layer("Rescaling", "r", scale=9.0), _dense("a")),
    ),
)
INVALID = (
    Case("a linear layer with a small gain", _linear("glorot_uniform"), ("last",)),
    Case("branches added", _merged("Add", _dense("last")), ("last",)),
    Case("branches averaged", _merged("Average", _dense("last")), ("last",)),
    Case("one finding for a stretch", _merged("Add", _dense("last"), _dense("next")), ("last",)),
    Case(
        "an embedding as Keras draws it",
        sequential(
            (10,),
            layer("Embedding", "embedding", input_dim=99, output_dim=8),
            layer("Flatten", "flatten"),
            _dense("a"),
        ),
        ("a",),
    ),
)
