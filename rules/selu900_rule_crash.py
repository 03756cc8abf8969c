"""SELU900: a rule that crashed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from selu_lint.findings import Finding, Severity
from selu_lint.model.graph import ModelGraph
from selu_lint.rule import Rule

if TYPE_CHECKING:
    from selu_lint.cases import Cases


class RuleCrash(Rule):
    """A rule crashed, so that what it looks for may be missing.

    What it does
    ------------
    Stands in a report where a rule failed with an error that nobody expected. The other rules went
    on; the exit code is 2, because the model was not checked as a whole.

    Why is this bad?
    ----------------
    It is a bug of selu-lint, or of a rule of your own that ``--rules`` loads. Please report it with
    the traceback: ``selu-lint check -v`` prints it, and ``--format json`` has it in ``data``.

    Example
    -------
    >>> selu_lint.check("model.keras").findings[0].data["traceback"]

    Use meanwhile, to check with the other rules only:

    >>> selu_lint.check("model.keras", settings=Settings(ignore=("SELU002",)))

    Fix safety
    ----------
    There is no fix. What the other rules found can be repaired.

    References
    ----------
    ``selu_lint.linter.lint``.
    """

    code = "SELU900"
    name = "rule-crash"
    severity = Severity.NOTE

    def check(self, graph: ModelGraph) -> Iterator[Finding]:
        """Yield nothing: whoever runs the rules reports that one crashed."""
        yield from ()

    @staticmethod
    def cases() -> Cases:
        """Return a model; a crash is no property of one."""
        from selu_lint.cases import Case, Cases, layer, sequential

        return Cases(valid=(Case("any model", sequential((8,), layer("Dense", "dense", units=8))),))
