"""Linter and fixer for self-normalizing (SELU) Keras models."""

from __future__ import annotations

from selu_lint.errors import SeluLintError
from selu_lint.findings import Finding, Severity
from selu_lint.linter import check
from selu_lint.report import FileReport, Report
from selu_lint.settings import Settings

__version__ = "0.1.0"
__all__ = ["FileReport", "Finding", "Report", "SeluLintError", "Settings", "Severity", "check"]
