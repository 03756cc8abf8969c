"""For users' own test suites: that a model normalizes itself, that a rule keeps to its cases."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from selu_lint.advice import advised
from selu_lint.cases import Case, Cases, initializer, layer, sequential
from selu_lint.findings import Finding, Severity
from selu_lint.linter import check
from selu_lint.model.document import Document, KerasModel, Variable, Weights
from selu_lint.model.edits import apply_edits
from selu_lint.model.graph_builder import build_graph
from selu_lint.report import Report
from selu_lint.rule import Rule
from selu_lint.settings import Settings
from selu_lint.wording import printable, where

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "Case",
    "Cases",
    "assert_self_normalizing",
    "check_cases",
    "findings_in",
    "initializer",
    "layer",
    "sequential",
]


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
        Codes, prefixes or names of the rules to run, or not to run.
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
    SeluLintError
        If there is no such path or rule.

    Examples
    --------
    >>> from selu_lint.testing import assert_self_normalizing
    >>> report = assert_self_normalizing("fixtures/models/keras3.15-tf/cnn_clean.keras")
    """
    __tracebackhide__ = True
    report = check(model_or_path, select=select, ignore=ignore, settings=settings)
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


def check_cases(rule: type[Rule]) -> None:
    """Assert that a rule finds what its cases say, and that its fixes make of them what they say.

    A repaired case has to be one in which the rule finds nothing.

    Parameters
    ----------
    rule : type of Rule
        The rule; `Rule.cases` has to give cases of both kinds.

    Raises
    ------
    AssertionError
        Of all cases that are not as they say, one line each.
    """
    __tracebackhide__ = True
    cases = rule.cases()
    wrong = [
        f"{case.about}: {what}" for case in cases.valid for what in _found_in_valid(rule, case)
    ]
    wrong += [f"{case.about}: {what}" for case in cases.invalid for what in _unlike(rule, case)]
    if not cases.valid or not cases.invalid:
        wrong.append("it needs valid cases and invalid ones")
    if wrong:
        raise AssertionError("\n".join([f"the cases of {rule.code} are not as they say", *wrong]))


def findings_in(rule: type[Rule], case: Case) -> tuple[Finding, ...]:
    """Return what a rule finds in the model of a case, under its settings."""
    weights = _Weights(case) if case.kernels else None
    document = Document(
        "case",
        "architecture-json",
        case.keras_version,
        _through_json(case.architecture),
        weights,
    )
    graph = build_graph(document)
    return tuple(advised(rule(Settings(**case.settings)).check(graph), graph))


def _found_in_valid(rule: type[Rule], case: Case) -> Iterator[str]:
    for finding in findings_in(rule, case):
        yield f"a valid case, but found: {told(finding)}"


def _unlike(rule: type[Rule], case: Case) -> Iterator[str]:
    """Yield how what a rule does with a case differs from what it says."""
    findings = findings_in(rule, case)
    layers = tuple(finding.layer for finding in findings)
    if layers != case.layers or not layers:
        yield f"found in {layers}, not in {case.layers}"
    for finding in findings:
        if not finding.message or "\n" in finding.message:
            yield f"a message must be one line, not {finding.message!r}"
        json.dumps(finding.data, allow_nan=False)
    edits = [edit for finding in findings if finding.fix for edit in finding.fix.edits]
    if case.fixed is None:
        if edits:
            yield f"a fix that the case does not tell: {edits}"
        return
    fixed = apply_edits(_through_json(case.architecture), edits)
    if fixed != _through_json(case.fixed):
        yield f"the fix makes {fixed}, not {case.fixed}"
    for finding in findings_in(rule, replace(case, architecture=case.fixed)):
        yield f"still found after the fix: {told(finding)}"


def _through_json(architecture: Mapping[str, Any]) -> Any:
    """Return an architecture as a file would give it: tuples become lists."""
    return json.loads(json.dumps(architecture))


class _Weights(Weights):
    """Kernels with the mean square that a case names, and biases of zeros."""

    def __init__(self, case: Case) -> None:
        self._kernels = case.kernels

    def variables(self, layer: str) -> tuple[Variable, ...]:
        if layer not in self._kernels:
            return ()
        shape = self._kernels[layer][0]
        return (
            Variable("kernel", layer, shape, "float32"),
            Variable("bias", layer, shape[-1:], "float32"),
        )

    def read(self, variable: Variable) -> NDArray[np.generic]:
        import numpy as np

        square = self._kernels[variable.location][1] if variable.name == "kernel" else 0.0
        return np.full(variable.shape, np.sqrt(square), np.float32)

    def iterations(self) -> int | None:
        return None
