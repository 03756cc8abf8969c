"""Linter and fixer for self-normalizing (SELU) Keras models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from selu_lint.errors import SeluLintError
from selu_lint.findings import Finding, Severity
from selu_lint.linter import check
from selu_lint.report import FileReport, Report
from selu_lint.settings import Settings

if TYPE_CHECKING:
    from selu_lint.fix_report import FileFix, FixReport
    from selu_lint.fixer import fix
    from selu_lint.profiling import Profile, profile

__version__ = "0.1.0"
__all__ = [
    "FileFix",
    "FileReport",
    "Finding",
    "FixReport",
    "Profile",
    "Report",
    "SeluLintError",
    "Settings",
    "Severity",
    "check",
    "fix",
    "profile",
]

_LAZY = {
    "FileFix": "selu_lint.fix_report",
    "FixReport": "selu_lint.fix_report",
    "fix": "selu_lint.fixer",
    "Profile": "selu_lint.profiling",
    "profile": "selu_lint.profiling",
}


def __getattr__(name: str) -> Any:
    # What a check does not need is imported when it is asked for.
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_LAZY[name]), name)
