"""What a rule is, and where the rules are found."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar

from selu_lint.errors import SeluLintError, unexpected
from selu_lint.findings import Finding, Fix, Severity
from selu_lint.model.graph import ModelGraph
from selu_lint.settings import Settings

if TYPE_CHECKING:
    from selu_lint.cases import Cases

SECTIONS = ("What it does", "Why is this bad?", "Example", "Fix safety", "References")
"""The sections of a rule's documentation, underlined, behind its first line."""

_OWN = "selu_lint.rules"


class Rule(ABC):
    """One rule; a subclass in a module of ``selu_lint.rules`` is found by walking the package.

    The docstring of a subclass is its documentation: a first line, then `SECTIONS`.

    Parameters
    ----------
    settings : Settings
        What the check is asked to do.

    Raises
    ------
    TypeError
        When a subclass is made without a code, a name, a severity or a section.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    severity: ClassVar[Severity]
    without_fix: ClassVar[str] = "no fix"
    """What its page says in place of a fix, where it is not fixable."""

    by_default: ClassVar[bool] = True
    reads_weights: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        """Refuse a rule that cannot be told, selected or explained."""
        super().__init_subclass__()
        for attribute, kind in (("code", str), ("name", str), ("severity", Severity)):
            if not isinstance(getattr(cls, attribute, None), kind):
                raise TypeError(f"the rule {cls.__name__} has no {attribute}")
        missing = [each for each in SECTIONS if f"{each}\n" not in (cls.__doc__ or "")]
        # Python leaves docstrings out with -OO.
        if missing and sys.flags.optimize < 2:
            raise TypeError(f"the documentation of {cls.__name__} has no section {missing[0]!r}")

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @classmethod
    def is_selected(cls, settings: Settings) -> bool:
        """Whether the settings ask for it; one that reads weights is on where these may be read."""
        by_default = cls.by_default or (cls.reads_weights and settings.weights)
        return settings.selects(cls.code, by_default)

    @abstractmethod
    def check(self, graph: ModelGraph) -> Iterator[Finding]:
        """Yield what the rule finds in a model."""

    @staticmethod
    def cases() -> Cases:
        """Return models in which the rule finds nothing, and models in which it does.

        No run asks for them: `selu_lint.testing.check_cases` holds the rule to them, and they say
        whether it is fixable.
        """
        from selu_lint.cases import Cases

        return Cases()

    @classmethod
    def is_fixable(cls) -> bool:
        """Whether some of its findings carry a fix, by its cases."""
        return any(case.fixed is not None for case in cls.cases().invalid)

    def finding(
        self,
        layer: str,
        message: str,
        data: Mapping[str, Any] | None = None,
        fix: Fix | None = None,
        unfixable: str | None = None,
        severity: Severity | None = None,
    ) -> Finding:
        """Return a finding of this rule in the layer with this path."""
        weight = severity or self.severity
        return Finding(self.code, self.name, weight, layer, message, data or {}, fix, unfixable)

    def unread(self, layer: str, what: str, error: SeluLintError, **data: object) -> Finding:
        """Return the finding for a stored variable that cannot be read; the check goes on."""
        message = f"the stored {what} cannot be read: {error}"
        return self.finding(layer, message, {**data, "unread": str(error)})


def find_rules(packages: Sequence[str] = ()) -> tuple[type[Rule], ...]:
    """Return the rules of ``selu_lint.rules`` and of a user's packages or modules, by code.

    A module of ``selu_lint.rules`` that fails when it is imported gives a rule that fails likewise
    when it checks, so that the others run.

    Raises
    ------
    SeluLintError
        If a package of the user fails or has no rule, or if two rules have one code or name.
    """
    own = _own_rules(tuple(importlib.import_module(_OWN).__path__))
    further = [rule for package in packages for rule in _rules_of_user(package)]
    return _by_code([*own, *further]) if further else own


def _by_code(found: Sequence[type[Rule]]) -> tuple[type[Rule], ...]:
    for attribute in ("code", "name"):
        seen: dict[str, type[Rule]] = {}
        for rule in found:
            other = seen.setdefault(getattr(rule, attribute), rule)
            if other is not rule:
                places = f"{other.__module__} and {rule.__module__}"
                raise SeluLintError(f"two rules have the {attribute} {rule.code}: {places}")
    return tuple(sorted(dict.fromkeys(found), key=lambda rule: rule.code))


@lru_cache(maxsize=1)
def _own_rules(folders: tuple[str, ...]) -> tuple[type[Rule], ...]:
    """Return the rules of ``selu_lint.rules``; they are looked for once in a process."""
    found: list[type[Rule]] = []
    for module in pkgutil.iter_modules(folders, f"{_OWN}."):
        try:
            found += _rules_of(importlib.import_module(module.name))
        except Exception as error:
            found.append(_failing(module.name, error))
    return _by_code(found)


def _rules_of(module: ModuleType) -> list[type[Rule]]:
    return [
        value
        for value in vars(module).values()
        # Not issubclass: in Python 3.10 `tuple[int]` looks like a class and is none.
        if Rule in getattr(value, "__mro__", ()) and value.__module__ == module.__name__
    ]


def _rules_of_user(package: str) -> list[type[Rule]]:
    try:
        top = importlib.import_module(package)
        inside = pkgutil.iter_modules(getattr(top, "__path__", ()), f"{package}.")
        modules = [top, *(importlib.import_module(module.name) for module in inside)]
    except Exception as error:
        failure = SeluLintError(f"the rules of {package} cannot be loaded: {error}")
        failure.details = unexpected(error).details
        raise failure from None
    found = [rule for module in modules for rule in _rules_of(module)]
    if not found:
        raise SeluLintError(f"there is no rule in {package}")
    return found


def _failing(module: str, error: Exception) -> type[Rule]:
    """Return a rule in place of the one whose module failed; its code is in the module's name."""

    def check(self: Rule, graph: ModelGraph) -> Iterator[Finding]:
        raise error

    name = module.rpartition(".")[2]
    members = {
        "code": name.partition("_")[0].upper(),
        "name": name,
        "severity": Severity.NOTE,
        "check": check,
        "__doc__": "It could not be loaded.\n" + "".join(f"\n{s}\n---\n" for s in SECTIONS),
    }
    return type(name, (Rule,), members)
