"""SELU902: a layer whose inside cannot be seen."""

from __future__ import annotations

from collections.abc import Iterator

from selu_lint.analysis.near_selu import near_selu
from selu_lint.findings import Finding, Severity
from selu_lint.model.dialects import class_of, function_of, is_custom, read_activation
from selu_lint.model.graph import Layer, ModelGraph
from selu_lint.model.serialized_layers import is_custom_model
from selu_lint.rule import Rule


class UnseenLayer(Rule):
    """The inside of a layer cannot be seen.

    What it does
    ------------
    Reports Lambda layers; layers, wrappers and models of the author's own classes, but not layers
    whose config has an ``activation`` and initializer slots; activation functions of the author's
    own; operations that apply a function; and layers of a Keras newer than ``selu-lint``. What they
    compute is Python code, which ``selu-lint`` does not run. The layers that a wrapper or a model
    of the author's holds are checked, but not what reaches them and what follows. An activation
    that is called SELU is SELU013's.

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
        document, architecture = graph.document, graph.document.architecture
        # The code of a built model was traced.
        if architecture is not None and document.format != "live" and is_custom_model(architecture):
            name = class_of(architecture)
            message = (
                f"custom model {name} may compute more than the layers that its file lists; check "
                "its call"
            )
            yield self.finding("", message, {"class_name": name, "after": []})
        for unseen in graph.layers:
            what = _what(graph, unseen)
            if what is None:
                continue
            after = graph.selu_sources_of(unseen)
            message = f"{what} cannot be looked into"
            if after:
                message += f"; it takes the output of SELU of {after}"
            data = {"class_name": unseen.class_name, **after.data("after")}
            yield self.finding(unseen.path, f"{message}; check what it computes", data)


def _what(graph: ModelGraph, layer: Layer) -> str | None:
    """Return what of a layer is Python code; None if nothing is."""
    if layer.opaque:
        return _kind(layer) if layer.pointer else None
    gates = read_activation(layer.config.get("recurrent_activation"))
    own = [each for each in (layer.activation, gates) if each is not None and each.custom]
    if not own or near_selu(graph, layer) is not None:
        return None
    return f"activation {own[0].name}" if own[0].name else "activation (Python code)"


def _kind(unseen: Layer) -> str:
    if unseen.class_name == "Lambda":
        return "Lambda (Python code)"
    if unseen.class_name in ("TFOpLambda", "TensorFlowOpLayer"):
        return f"operation {function_of(unseen.serialized) or unseen.config.get('name', 'unnamed')}"
    if is_custom_model(unseen.serialized):
        return f"custom model {unseen.class_name}"
    own = is_custom(unseen.serialized) or "module" not in unseen.serialized
    return f"custom layer {unseen.class_name}" if own else f"{unseen.class_name} of Keras"
