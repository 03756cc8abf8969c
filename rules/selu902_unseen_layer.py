"""SELU902: a layer whose inside cannot be seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from selu_lint.analysis.near_selu import near_selu
from selu_lint.findings import Finding, Severity
from selu_lint.model.dialects import class_of, function_of, is_custom, read_activation
from selu_lint.model.graph import ModelGraph
from selu_lint.model.layers import Layer
from selu_lint.model.serialized_layers import is_custom_model
from selu_lint.rule import Rule

if TYPE_CHECKING:
    from selu_lint.cases import Cases


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
                message += f"; it takes the output of the SELU of {after}"
            data = {"class_name": unseen.class_name, **after.data("after")}
            yield self.finding(unseen.path, f"{message}; check what it computes", data)

    @staticmethod
    def cases() -> Cases:
        """Return models with nothing to find, models with something, and those repaired."""
        from selu_lint.cases import Case, Cases, layer, sequential

        custom = {"module": "blocks", "class_name": "Block", "registered_name": "blocks>Block"}

        dense = layer("Dense", "dense", units=8, activation="selu")

        def own(class_name: str, **config: Any) -> dict[str, Any]:
            names = {"class_name": class_name, "registered_name": f"own>{class_name}"}
            return {"module": None, **names, "config": {"name": "own", **config}}

        def operation(module: str, class_name: str) -> dict[str, Any]:
            return {
                **layer(class_name, "operation"),
                "module": module,
                "registered_name": class_name,
            }

        def tensorflow(function: str) -> dict[str, Any]:
            return {
                "class_name": "TFOpLambda",
                "config": {"name": "operation", "function": function},
            }

        def activation(value: object) -> dict[str, Any]:
            return sequential((8,), layer("Dense", "dense", units=8, activation=value))

        def function(name: str) -> dict[str, Any]:
            kind = {"module": "builtins", "class_name": "function", "registered_name": "function"}
            return {**kind, "config": name}

        return Cases(
            valid=(
                Case("layers of Keras", sequential((8,), layer("Dense", "dense", units=8))),
                Case(
                    "a custom layer that tells its activation and its initializer",
                    sequential(
                        (8,),
                        custom
                        | {
                            "config": {
                                "name": "b",
                                "activation": "relu",
                                "kernel_initializer": "he_normal",
                            }
                        },
                    ),
                ),
                Case("augmentation", sequential((8, 8, 3), layer("RandomFlip", "flip"))),
                Case(
                    "augmentation of Keras 2, which writes no modules",
                    sequential(
                        (8, 8, 3), {"class_name": "RandomWidth", "config": {"name": "width"}}
                    ),
                    keras_version="2.4.0",
                ),
                Case("an operation", sequential((8,), operation("keras.src.ops.numpy", "Exp"))),
                Case(
                    "one of Keras Core",
                    sequential((8,), operation("keras_core.src.ops.numpy", "Mean")),
                ),
                Case(
                    "a layer of an application",
                    sequential((8,), operation("keras.src.applications.convnext", "LayerScale")),
                ),
                Case("a function of TensorFlow", sequential((8,), tensorflow("math.reduce_mean"))),
                Case("a function as Keras has it", activation(function("gelu"))),
                Case(
                    "an activation that is called SELU, which is SELU013's",
                    activation(function("my_selu")),
                ),
            ),
            invalid=(
                Case("a Lambda", sequential((8,), layer("Lambda", "lambda")), ("lambda",)),
                Case(
                    "a custom layer",
                    sequential((8,), custom | {"config": {"name": "block"}}),
                    ("block",),
                ),
                Case(
                    "a layer in the scope of custom objects",
                    sequential((8,), own("Block") | {"registered_name": "Block"}),
                    ("own",),
                ),
                Case("a wrapper", sequential((8,), own("SeluWrap", layer=dense)), ("own",)),
                Case(
                    "a subclass of Sequential",
                    sequential((8,), own("Block", layers=[dense])),
                    ("own",),
                ),
                Case(
                    "the model itself",
                    sequential((8,), dense) | {"registered_name": "own>Net"},
                    ("",),
                ),
                Case(
                    "the model itself, in Keras 2",
                    {"class_name": "Net", "config": sequential((8,), dense)["config"]},
                    ("",),
                    keras_version="2.4.0",
                ),
                Case(
                    "a class that is called like an operation, in Keras 2",
                    sequential((8,), {"class_name": "Exp", "config": {"name": "exp"}}),
                    ("exp",),
                    keras_version="2.4.0",
                ),
                Case(
                    "an operation that applies a function",
                    sequential((8,), operation("keras.src.ops.core", "Map")),
                    ("operation",),
                ),
                Case("one of TensorFlow", sequential((8,), tensorflow("map_fn")), ("operation",)),
                Case(
                    "a later layer of Keras",
                    sequential((8,), layer("TriangularAttention", "later")),
                    ("later",),
                ),
                Case("an activation", activation(function("act")), ("dense",)),
                Case("a registered activation", activation(function("own>act")), ("dense",)),
                Case("an activation in Keras 2", activation("act"), ("dense",)),
                Case(
                    "an object",
                    activation(
                        {
                            "module": None,
                            "class_name": "Act",
                            "config": {},
                            "registered_name": "Act",
                        }
                    ),
                    ("dense",),
                ),
                Case("a Lambda as activation", activation(layer("Lambda", "lambda")), ("dense",)),
                Case("a lambda", activation({"value": ["4wEA", None, None]}), ("dense",)),
                Case(
                    "a lambda of Keras 2",
                    activation({"class_name": "__lambda__", "config": {"value": "4wEA"}}),
                    ("dense",),
                ),
                Case(
                    "gates",
                    sequential((8, 2), layer("LSTM", "lstm", units=8, recurrent_activation="gate")),
                    ("lstm",),
                ),
            ),
        )


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
