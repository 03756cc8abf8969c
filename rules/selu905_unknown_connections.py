"""SELU905: layers of a subclassed model whose connections are unknown."""

from __future__ import annotations

from collections.abc import Iterator

from selu_lint.cases import Case, layer, sequential
from selu_lint.dialects import class_of
from selu_lint.findings import Finding, Severity
from selu_lint.graph import ModelGraph
from selu_lint.layer_kinds import ALL_DROPOUTS, NORMALIZATIONS
from selu_lint.rule import Rule


class UnknownConnections(Rule):
    """How the layers of a subclassed model are connected is not known.

    What it does
    ------------
    Reports layers that are called by Python code which could not be followed: the ``call`` of a
    subclassed model that does not run on symbolic inputs, or that is not in the file.

    Why is this bad?
    ----------------
    Each layer was checked by itself. What follows what was not: whether a Dropout takes the output
    of a SELU, or a separate SELU that of a kernel.

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
        architecture = graph.document.architecture
        alone = [each for each in graph.layers if each.pointer.startswith("/orphans/")]
        if architecture is None or not alone:
            return
        unplaced = [each.path for each in alone if each.class_name in ALL_DROPOUTS | NORMALIZATIONS]
        plural = "" if len(alone) == 1 else "s"
        message = (
            f"how {len(alone)} layer{plural} of {class_of(architecture)} "
            f"{'is' if len(alone) == 1 else 'are'} connected is unknown: "
            "each was checked by itself, what follows what was not"
        )
        if unplaced and any(each.applies_selu for each in alone):
            message += f"; see that no SELU reaches {', '.join(unplaced)}"
        data = {
            "layers": [each.path for each in alone],
            "reasons": list(graph.document.unread),
        }
        yield self.finding("", message, data)


_NET = {"class_name": "Net", "module": "net", "registered_name": "net>Net", "config": {}}

VALID = (
    Case("layers whose connections are known", sequential((8,), layer("Dense", "dense", units=8))),
)
INVALID = (
    Case(
        "a subclassed model that could not be followed",
        {**_NET, "orphans": {"dense": layer("Dense", "dense", units=8)}},
        ("",),
    ),
)
