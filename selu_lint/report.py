"""The result of a check: what was found in each file."""

from __future__ import annotations

from typing import Any, NamedTuple

from selu_lint.findings import Finding, Severity

IN_SOURCE = "ignored in the source"
"""How the reason begins for which a comment hides a finding."""


class FileReport(NamedTuple):
    """What was found in one file, or why it could not be linted.

    Attributes
    ----------
    path : str
        The path as the user named it, or as it was found in a directory.
    format : str or None
        The format that was recognized; see ``Document.format``.
    keras_version : str or None
        The release that wrote the file.
    error : str or None
        One line that says why the file could not be linted.
    findings : tuple of Finding
        Ordered as the layers stand in the model.
    hidden : tuple of Finding
        Findings that a baseline or an ignored layer suppresses.
    hidden_reasons : tuple of str
        Why each of them is hidden, in the same order.
    no_model : bool
        Whether ``error`` says that the file is no Keras model, not that it is a broken one.
    crashed : bool
        Whether a rule crashed, so that the findings may be incomplete.
    details : str
        What else is known of the error, in many lines: the traceback of a user's own code.
    notes : tuple of str
        What is to be said of comments in source code that accept findings; one line each.
    selu_layers : int or None
        How many layers apply SELU; None where that is not known.
    """

    path: str
    format: str | None = None
    keras_version: str | None = None
    error: str | None = None
    findings: tuple[Finding, ...] = ()
    hidden: tuple[Finding, ...] = ()
    crashed: bool = False
    hidden_reasons: tuple[str, ...] = ()
    no_model: bool = False
    details: str = ""
    notes: tuple[str, ...] = ()
    selu_layers: int | None = None


class Report(NamedTuple):
    """The result of a check of one or more files."""

    files: tuple[FileReport, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, file by file."""
        return tuple(finding for file in self.files for finding in file.findings)

    @property
    def errors(self) -> tuple[FileReport, ...]:
        """The files that could not be linted."""
        return tuple(file for file in self.files if file.error is not None)

    def exit_code(self, fail_on: Severity | None = Severity.ERROR) -> int:
        """Return 0 if clean, 1 for findings at or above ``fail_on``, 2 if a file was not linted.

        ``fail_on=None`` never fails for findings, and one that is only possible never fails.
        """
        if any(file.error is not None or file.crashed for file in self.files):
            return 2
        if fail_on is None:
            return 0
        return int(any(finding.fails(fail_on) for finding in self.findings))

    def __str__(self) -> str:
        """Return the report as text."""
        return str(writer("text").render(self)).rstrip("\n")

    def _repr_html_(self) -> str:
        """Return the report as a notebook shows it."""
        return str(writer("html_report").table(self))

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain data, as ``--format json`` writes it."""
        return dict(writer("json_report").as_data(self))


def writer(module: str) -> Any:
    """Return a module of ``selu_lint.reports``; what reports are of imports none of them."""
    import importlib

    return importlib.import_module(f"selu_lint.reports.{module}")
