"""SELU907: a part of source code that was not read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from selu_lint.findings import Finding, Severity
from selu_lint.model.document import SOURCE_FORMATS
from selu_lint.model.graph import ModelGraph
from selu_lint.rule import Rule

if TYPE_CHECKING:
    from selu_lint.cases import Cases


class UnreadSource(Rule):
    """A part of the source code was not read.

    What it does
    ------------
    Reports what of a Python file or a notebook was passed over: lines that do not parse (Python 2,
    syntax that is newer than the Python that selu-lint runs on, mistakes), cells that cannot be
    read, and code that takes more steps to follow than the limits allow.

    Why is this bad?
    ----------------
    The rest was checked. Layers that are made in what was not read are missing, and a value that is
    set there counts as unknown.

    Example
    -------
    >>> print "training"
    >>> model.add(Dense(64, activation="selu"))

    Use instead:

    >>> print("training")
    >>> model.add(Dense(64, activation="selu"))

    Fix safety
    ----------
    There is no fix. Files of which a part was not read are never edited.

    References
    ----------
    The Python Language Reference, "Full Grammar specification".
    """

    code = "SELU907"
    name = "unread-source"
    severity = Severity.NOTE

    def check(self, graph: ModelGraph) -> Iterator[Finding]:
        """Yield a finding for each part that was not read."""
        document = graph.document
        if document.format in SOURCE_FORMATS:
            for part in document.unread:
                yield self.finding("", part, {"part": part})

    @staticmethod
    def cases() -> Cases:
        """Return models with nothing to find, models with something, and those repaired."""
        from selu_lint.cases import Case, Cases, layer, sequential

        return Cases(
            valid=(Case("a saved model", sequential((8,), layer("Dense", "dense", units=8))),),
            invalid=(),
        )
