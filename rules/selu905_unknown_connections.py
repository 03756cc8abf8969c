"""SELU905: layers of a subclassed model whose connections are unknown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from selu_lint.findings import Finding, Severity
from selu_lint.model.dialects import as_mapping, class_of
from selu_lint.model.graph import ModelGraph
from selu_lint.model.layer_kinds import ALL_DROPOUTS, NORMALIZATIONS
from selu_lint.rule import Rule

if TYPE_CHECKING:
    from selu_lint.cases import Cases


class UnknownConnections(Rule):
    """How the layers of a subclassed model are connected is not known.

    What it does
    ------------
    Reports layers that are called by Python code which could not be followed: the ``call`` of a
    subclassed model that does not run on symbolic inputs, or that is not in the file.

    Why is this bad?
    ----------------
    Each layer was checked on its own, but not which follows which: whether a Dropout takes the
    output of a SELU, or a separate SELU that of a kernel.

    Example
    -------
    >>> class Net(keras.Model):
    ...     def call(self, x):
    ...         return self.drop(self.dense(tf.nn.selu(x)))

    Use instead:

    >>> class Net(keras.Model):
    ...     def call(self, x):
    ...         return self.drop(self.dense(keras.ops.selu(x)))  # runs on symbolic inputs

    Fix safety
    ----------
    There is no fix.

    References
    ----------
    Keras guide "Making new layers and models via subclassing".
    """

    code = "SELU905"
    name = "unknown-connections"
    severity = Severity.NOTE

    def check(self, graph: ModelGraph) -> Iterator[Finding]:
        """Yield one finding for the layers whose connections are unknown."""
        document = graph.document
        if document.architecture is None:
            return
        parts = list(as_mapping(document.architecture.get("orphans")) or document.orphans)
        if not parts:
            return
        alone = [each for each in graph.layers if each.pointer.startswith("/orphans/")]
        unplaced = [
            each.path
            for each in alone
            if each.class_name in ALL_DROPOUTS | NORMALIZATIONS and not graph.selu_sources_of(each)
        ]
        kind = class_of(document.architecture)
        which = f"the {len(parts)} parts of {kind} are"
        if len(parts) == 1:
            which = f"1 part of {kind} is"
        message = (
            f"how {which} connected is not known: each was checked on its own, but not what "
            "follows it"
        )
        if unplaced and any(each.applies_selu for each in alone):
            message += f"; make sure that no SELU reaches {', '.join(unplaced)}"
        data = {"layers": parts, "reasons": list(document.unread)}
        yield self.finding("", message, data)

    @staticmethod
    def cases() -> Cases:
        """Return models with nothing to find, models with something, and those repaired."""
        from selu_lint.cases import Case, Cases, layer, sequential

        net = {"class_name": "Net", "module": "net", "registered_name": "net>Net", "config": {}}

        return Cases(
            valid=(
                Case(
                    "layers whose connections are known",
                    sequential((8,), layer("Dense", "dense", units=8)),
                ),
            ),
            invalid=(
                Case(
                    "a subclassed model that could not be followed",
                    {**net, "orphans": {"dense": layer("Dense", "dense", units=8)}},
                    ("",),
                ),
            ),
        )
