"""Linter and fixer for self-normalizing (SELU) Keras models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from selu_lint.code import Code
    from selu_lint.errors import SeluLintError
    from selu_lint.findings import Finding, Severity
    from selu_lint.fixing.fix_report import FileFix, FixReport
    from selu_lint.fixing.fixer import fix
    from selu_lint.fixing.live_fixer import fix_model
    from selu_lint.limits import Limits
    from selu_lint.linter import check
    from selu_lint.profiles.profiling import Profile, profile
    from selu_lint.report import FileReport, Report
    from selu_lint.settings import Settings

__version__ = "0.1.0"
__all__ = [
    "Code",
    "FileFix",
    "FileReport",
    "Finding",
    "FixReport",
    "Limits",
    "Profile",
    "Report",
    "SeluLintError",
    "Settings",
    "Severity",
    "check",
    "fix",
    "fix_model",
    "profile",
]

_MODULES = {
    "Code": "selu_lint.code",
    "FileFix": "selu_lint.fixing.fix_report",
    "FileReport": "selu_lint.report",
    "Finding": "selu_lint.findings",
    "FixReport": "selu_lint.fixing.fix_report",
    "Limits": "selu_lint.limits",
    "Profile": "selu_lint.profiles.profiling",
    "Report": "selu_lint.report",
    "SeluLintError": "selu_lint.errors",
    "Settings": "selu_lint.settings",
    "Severity": "selu_lint.findings",
    "check": "selu_lint.linter",
    "fix": "selu_lint.fixing.fixer",
    "fix_model": "selu_lint.fixing.live_fixer",
    "profile": "selu_lint.profiles.profiling",
}


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])


def __getattr__(name: str) -> Any:
    # What is not needed is not imported, and the command can answer Ctrl-C from its start.
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_MODULES[name]), name)
