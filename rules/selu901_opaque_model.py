"""SELU901: a model whose layers the file does not describe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from selu_lint.findings import Finding, Severity
from selu_lint.model.dialects import as_mapping, class_of
from selu_lint.model.graph import ModelGraph
from selu_lint.rule import Rule

if TYPE_CHECKING:
    from selu_lint.cases import Cases


class OpaqueModel(Rule):
    """The file does not describe the model's layers.

    What it does
    ------------
    Reports a subclassed model: its file holds a class name and the arguments of its constructor,
    and the layers are made by Python code that is not in the file.

    Why is this bad?
    ----------------
    What cannot be seen was not checked: the absence of findings says nothing.

    Example
    -------
    >>> class Net(keras.Model): ...
    >>> Net().save("net.keras")

    Use instead:

    >>> selu_lint.check(Net())  # checks the built model, where its code is at hand

    Fix safety
    ----------
    There is no fix.

    References
    ----------
    Keras guide "Save, serialize, and export models", section "Custom objects".
    """

    code = "SELU901"
    name = "opaque-model"
    severity = Severity.NOTE

    def check(self, graph: ModelGraph) -> Iterator[Finding]:
        """Yield one finding for a model without layers that can be seen."""
        architecture = graph.document.architecture
        if architecture is None:
            return
        config = as_mapping(architecture.get("config"))
        root = graph.layers[0] if len(graph.layers) == 1 and not graph.layers[0].pointer else None
        if root is None or root.built_in or isinstance(config.get("layers"), list):
            return
        class_name = class_of(architecture)
        message = (
            f"{class_name} is a subclassed model: the file names its class, not its layers; "
            "check what your code builds with `selu-lint check package.module:build`"
        )
        yield self.finding("", message, {"class_name": class_name})

    @staticmethod
    def cases() -> Cases:
        """Return models with nothing to find, models with something, and those repaired."""
        from selu_lint.cases import Case, Cases, layer, sequential

        subclassed = {"module": "net", "class_name": "Net", "config": {}, "registered_name": "Net"}

        return Cases(
            valid=(
                Case("a model with layers", sequential((8,), layer("Dense", "dense", units=8))),
            ),
            invalid=(Case("a subclassed model", subclassed, ("",)),),
        )
