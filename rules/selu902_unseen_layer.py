"""SELU902: a layer whose inside cannot be seen."""

from __future__ import annotations

from collections.abc import Iterator

from selu_lint.findings import Finding, Severity
from selu_lint.graph import Layer, ModelGraph
from selu_lint.rule import Rule


class UnseenLayer(Rule):
    """The inside of a layer cannot be seen.

    What it does
    ------------
    Reports Lambda layers, unknown operations, and layers of the model's author whose config has no
    ``activation`` with initializer slots. What is computed in them is Python code, which
    ``selu-lint`` does not run.

    Why is this bad?
    ----------------
    What cannot be seen was not checked: such a layer may hold a SELU, a dropout or a kernel of its
    own.

    Example
    -------
    >>> Lambda(lambda x: keras.activations.selu(x))

    Use instead:

    >>> Activation("selu")

    Fix safety
    ----------
    There is no fix.

    References
    ----------
    Keras guide "Making new layers and models via subclassing", section "serialization".
    """

    code = "SELU902"
    name = "unseen-layer"
    severity = Severity.NOTE

    def check(self, graph: ModelGraph) -> Iterator[Finding]:
        """Yield a finding for each layer that cannot be looked into."""
        for unseen in graph.layers:
            if not unseen.opaque or not unseen.pointer:
                continue
            after = graph.selu_sources_of(unseen)
            message = f"{_kind(unseen)} cannot be looked into"
            if after:
                message += f"; it takes the output of SELU of {after}"
            data = {"class_name": unseen.class_name, **after.data("after")}
            yield self.finding(unseen.path, f"{message}; check what it computes", data)


def _kind(unseen: Layer) -> str:
    if unseen.class_name == "Lambda":
        return "Lambda (Python code)"
    if unseen.class_name in ("TFOpLambda", "TensorFlowOpLayer"):
        return f"operation {unseen.config.get('function', unseen.config.get('name', 'unnamed'))}"
    return f"custom layer {unseen.class_name}"
