"""For the users' own test suites: that a model normalizes itself."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

from selu_lint.findings import Finding, Severity
from selu_lint.linter import check
from selu_lint.model.document import KerasModel
from selu_lint.report import Report
from selu_lint.settings import Settings
from selu_lint.wording import printable, where


def assert_self_normalizing(
    model_or_path: str | os.PathLike[str] | KerasModel,
    *,
    fail_on: Severity | str = Severity.WARNING,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    settings: Settings | None = None,
) -> Report:
    """Assert that nothing in a model stops its SELU layers from normalizing it.

    Parameters
    ----------
    model_or_path : keras.Model, str or os.PathLike
        A built model, a saved one, or a directory with saved ones; see ``selu_lint.check``.
    fail_on : Severity or str
        Least severity of a finding that fails: ``error``, ``warning`` or ``info``.
    select, ignore : sequence of str
        Codes or prefixes of the rules to run, or not to run.
    settings : Settings, optional
        Which rules run and how; ``select`` and ``ignore`` override it.

    Returns
    -------
    Report
        What else was found.

    Raises
    ------
    AssertionError
        If there are such findings, or a model could not be checked; it names them line by line.

    Examples
    --------
    >>> from selu_lint.testing import assert_self_normalizing
    >>> report = assert_self_normalizing("fixtures/models/keras3.15-tf/cnn_clean.keras")
    """
    __tracebackhide__ = True
    given = {"select": tuple(select), "ignore": tuple(ignore)}
    chosen = {name: codes for name, codes in given.items() if codes}
    report = check(model_or_path, settings=replace(settings or Settings(), **chosen))  # type: ignore[arg-type]
    lines = [printable(f"{file.path}: {file.error}") for file in report.errors]
    least = Severity(fail_on)
    for file in report.files:
        lines += [
            f"{printable(file.path)}: {told(finding)}"
            for finding in file.findings
            if finding.fails(least) or file.crashed
        ]
    if lines:
        raise AssertionError("\n".join(["the model does not normalize itself", *lines]))
    return report


def told(finding: Finding) -> str:
    """Return a finding as one line."""
    place = f"{where(finding)}: " if where(finding) else ""
    return f"{finding.code} {finding.severity.value}: {place}{printable(finding.message)}"
