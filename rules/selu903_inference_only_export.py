"""SELU903: an inference-only export, which says nothing about training."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from selu_lint.errors import SeluLintError
from selu_lint.findings import Finding, Severity
from selu_lint.model.document import Document, ExportedLayer
from selu_lint.model.graph import ModelGraph
from selu_lint.rule import Rule

if TYPE_CHECKING:
    from selu_lint.cases import Cases


class InferenceOnlyExport(Rule):
    """The file is an inference-only export, which says nothing about training.

    What it does
    ------------
    Reports each SELU that was found among the operations of an exported graph, and the export as a
    whole: it holds no initializers and no dropout. With ``--weights`` it measures the gain of the
    stored kernels (fan-in × mean of the squared weights), which training may have changed.

    Why is this bad?
    ----------------
    What cannot be seen was not checked. How the network was initialized and regularized is only in
    the model that it was exported from.

    Example
    -------
    >>> model.export("exported")

    Use instead:

    >>> model.save("model.keras")  # and check that file

    Fix safety
    ----------
    There is no fix.

    References
    ----------
    Keras API ``Model.export``; TensorFlow guide "Using the SavedModel format".
    """

    code = "SELU903"
    name = "inference-only-export"
    severity = Severity.NOTE

    def check(self, graph: ModelGraph) -> Iterator[Finding]:
        """Yield a finding for the export and one for each SELU layer in it."""
        document = graph.document
        if document.architecture is not None:
            return
        count = len(document.exported)
        what = f"{count} SELU layer{'' if count == 1 else 's'}" if count else "no SELU"
        message = (
            f"an inference-only export with {what}: it holds no initializers and no dropout; "
            "check the model that it was exported from"
        )
        yield self.finding("", message, {"selu_layers": [each.name for each in document.exported]})
        for each in document.exported:
            message, data = _describe(each), _data(each)
            try:
                gain = _measured_gain(document, each) if self.settings.weights else None
            except SeluLintError as error:
                gain = None
                message += f"; the stored kernel cannot be read: {error}"
            if gain is not None:
                message += f"; as stored, the kernel has gain {gain:.3g}"
                data["measured_gain"] = round(gain, 6)
            yield self.finding(each.name, message, data)

    @staticmethod
    def cases() -> Cases:
        """Return models with nothing to find, models with something, and those repaired."""
        from selu_lint.cases import Case, Cases, layer, sequential

        return Cases(
            valid=(Case("a saved model", sequential((8,), layer("Dense", "dense", units=8))),),
            invalid=(),
        )


def _measured_gain(document: Document, each: ExportedLayer) -> float | None:
    """Return fan-in × mean of the squared weights of a kernel; None where either is not known."""
    if each.fan_in is None or each.stored is None or document.weights is None:
        return None
    from selu_lint.analysis.stored_kernels import stored_in

    kernel = stored_in(document.weights, each.stored)
    return None if kernel is None or not kernel.finite else kernel.second_moment * each.fan_in


def _describe(each: ExportedLayer) -> str:
    by = "SELU" if each.activation == "selu" else f"SELU (recognized by {each.activation})"
    if not each.operation:
        return f"{by} on the output of no known kernel"
    size = "" if each.shape is None else f" of shape {'×'.join(map(str, each.shape))}"
    kernel = f" with kernel {each.variable}{size}" if each.variable else ""
    return f"{by} behind {each.operation}{kernel}; its initializer is not in the file"


def _data(each: ExportedLayer) -> dict[str, object]:
    return {
        "operation": each.operation,
        "variable": each.variable,
        "shape": None if each.shape is None else list(each.shape),
    }
