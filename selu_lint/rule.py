"""What a rule is, and where the rules are found."""

from __future__ import annotations

import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from selu_lint.errors import SeluLintError
from selu_lint.findings import Finding, Fix, Severity
from selu_lint.model.graph import ModelGraph
from selu_lint.settings import Settings


class Rule(ABC):
    """One rule; a subclass in a module of ``selu_lint.rules`` is found by walking the package.

    The docstring of a subclass is its documentation: a first line, then the sections *What it
    does*, *Why is this bad?*, *Example*, *Fix safety* and *References*.

    Parameters
    ----------
    settings : Settings
        What the check is asked to do.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    severity: ClassVar[Severity]
    fixable: ClassVar[bool] = False
    without_fix: ClassVar[str] = "no fix"
    """What its page says in place of a fix, where it is not fixable."""

    by_default: ClassVar[bool] = True
    reads_weights: ClassVar[bool] = False
    options: ClassVar[Mapping[str, object]] = {}
    """What can be set in ``[tool.selu-lint.rules.CODE]``, and its default."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def option(self, name: str) -> Any:
        """Return the value of one of this rule's options."""
        return self.settings.options.get(self.code, {}).get(name, self.options[name])

    @classmethod
    def is_selected(cls, settings: Settings) -> bool:
        """Whether the settings ask for it; one that reads weights is on where these may be read."""
        by_default = cls.by_default or (cls.reads_weights and settings.weights)
        return settings.selects(cls.code, by_default)

    @abstractmethod
    def check(self, graph: ModelGraph) -> Iterator[Finding]:
        """Yield what the rule finds in a model."""

    def finding(
        self,
        layer: str,
        message: str,
        data: Mapping[str, Any] | None = None,
        fix: Fix | None = None,
        unfixable: str | None = None,
    ) -> Finding:
        """Return a finding of this rule in the layer with this path."""
        return Finding(
            self.code, self.name, self.severity, layer, message, data or {}, fix, unfixable
        )

    def unread(self, layer: str, what: str, error: SeluLintError, **data: object) -> Finding:
        """Return the finding for a stored variable that cannot be read; the check goes on."""
        return self.finding(layer, f"the stored {what} cannot be read: {error}", data)


def find_rules() -> tuple[type[Rule], ...]:
    """Return the rules of the package ``selu_lint.rules``, ordered by code."""
    rules = importlib.import_module("selu_lint.rules")
    found: list[type[Rule]] = []
    for module in pkgutil.iter_modules(rules.__path__, "selu_lint.rules."):
        namespace = vars(importlib.import_module(module.name))
        found.extend(
            value
            for value in namespace.values()
            if isinstance(value, type)
            and issubclass(value, Rule)
            and value.__module__ == module.name
        )
    return tuple(sorted(found, key=lambda rule: rule.code))
