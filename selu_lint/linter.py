"""Checking: from a path or a document to a report."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from selu_lint.code import Code
from selu_lint.errors import NotAModelError, SeluLintError, SeluLintWarning, unexpected
from selu_lint.findings import CRASH_CODE, Finding, Severity
from selu_lint.formats import find_models, nothing_found, read
from selu_lint.formats.passed_over import PassedOver
from selu_lint.model.document import SOURCE_FORMATS, Document, KerasModel
from selu_lint.model.graph import ModelGraph
from selu_lint.model.graph_builder import build_graph
from selu_lint.report import FileReport, Report
from selu_lint.rule import Rule, find_rules
from selu_lint.settings import Settings
from selu_lint.storage.addresses import is_address, redacted

Checkable = str | os.PathLike[str] | KerasModel
"""A path, or a model of Keras 3 or tf_keras."""

_MOST_TEXT = 200
_MOST_TRACEBACK = 4000


def check(
    path: Checkable | Sequence[str | os.PathLike[str]],
    *,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    settings: Settings | None = None,
) -> Report:
    """Check a saved model, every model in a directory, or a model built in memory.

    Nothing of a saved model is executed, and TensorFlow is not imported. Of a subclassed model in
    memory ``call`` runs on symbolic inputs; the model is left as it was.

    Parameters
    ----------
    path : str, os.PathLike, a list of these, or keras.Model
        A ``.keras``, HDF5 or JSON file, a SavedModel folder, a Python file or a notebook, or a
        directory with any of these; or a model of Keras 3 or tf_keras.
        ``selu_lint.Code("package.module:build")`` is code that builds one: it runs, in a process
        of its own. Other text never does, whatever it says.
    select, ignore : sequence of str
        Codes, prefixes or names of the rules to run, or not to run; ``ALL`` is every rule.
    settings : Settings, optional
        Which rules run and how; ``select`` and ``ignore`` override it.

    Returns
    -------
    Report
        What was found; a file that could not be linted has its ``error`` set.

    Raises
    ------
    SeluLintError
        If there is no such path, or no such rule.
    TypeError
        If it is neither a path nor a Keras model.
    ValueError
        If a setting has a value that it cannot have.

    Examples
    --------
    >>> import selu_lint
    >>> report = selu_lint.check("fixtures/models/keras3.15-tf/cnn_broken.keras")
    >>> [finding.code for finding in report.findings]
    ['SELU001', 'SELU002', 'SELU001', 'SELU002']
    """
    settings = chosen(settings, select=select, ignore=ignore)
    if isinstance(path, str | os.PathLike):
        path = [path]
    if isinstance(path, list | tuple):
        paths = [os.fspath(each) for each in path]
        for each in paths:
            hold_there(each)
        return Report(tuple(check_paths(paths, settings)))
    from selu_lint.live import built_model

    model = path
    if built_model.keras_of(model) is None:
        raise TypeError(f"neither a path nor a Keras model: {type(model).__name__}")
    name = str(getattr(model, "name", "model"))
    return Report((_report(name, lambda: built_model.read(model, settings.limits), settings),))


def chosen(
    settings: Settings | None,
    *,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    alpha_rate: str | None = None,
) -> Settings:
    """Return settings with the rules and the rate that a user of the Python interface names.

    Raises
    ------
    SeluLintError
        If there is no such rule.
    ValueError
        If ``alpha_rate`` is none of its values.
    """
    settings = settings or Settings()
    if alpha_rate is not None:
        settings = settings._replace(alpha_rate=alpha_rate)
    if settings.alpha_rate not in ("match", "keep"):
        raise ValueError(f"alpha_rate is {settings.alpha_rate!r}; it is 'match' or 'keep'")
    if not select and not ignore:
        return settings
    from selu_lint.rule_codes import codes_from

    # A text is a sequence, too: of its letters.
    given = {
        key: words.split(",") if isinstance(words, str) else words
        for key, words in (("select", select), ("ignore", ignore))
    }
    named: dict[str, Any] = {
        key: codes_from(words, settings.rules) for key, words in given.items() if words
    }
    return settings._replace(**named)


def hold_there(path: str) -> None:
    """Hold that a path names something; what it is, reading tells.

    Raises
    ------
    SeluLintError
        If there is no such file or directory.
    """
    elsewhere = path == "-" or isinstance(path, Code) or is_address(path)
    if not elsewhere and not os.path.lexists(path):
        raise SeluLintError(f"{path}: there is no such file or directory")


def check_paths(paths: Iterable[str], settings: Settings) -> Iterator[FileReport]:
    """Check files and directories, and yield a report for each model as it is done."""
    rules = selected_rules(settings)
    skipped = PassedOver()
    for path in paths:
        looked: list[str] = []
        found = False
        for model in find_models(path, settings.limits, skipped, looked):
            found = True
            yield check_file(model, settings, rules)
        if not found:
            warn(nothing_found(path, len(looked)), stacklevel=3)
    warn_of(skipped, stacklevel=4)


def warn_of(skipped: PassedOver, stacklevel: int) -> None:
    """Warn of what walks met and did not check."""
    for line in skipped.lines:
        warn(line, stacklevel)


def warn(text: str, stacklevel: int) -> None:
    """Warn a user of the Python interface."""
    import warnings

    from selu_lint.wording import printable

    warnings.warn(printable(text), SeluLintWarning, stacklevel=stacklevel + 1)


def check_files(tasks: Sequence[tuple[str, Settings]]) -> Iterator[FileReport]:
    """Check models, each with its own settings, and yield their reports in order."""
    rules = {id(settings): selected_rules(settings) for _, settings in tasks}
    for path, settings in tasks:
        yield check_file(path, settings, rules[id(settings)])


def check_file(
    path: str, settings: Settings, rules: Sequence[type[Rule]] | None = None
) -> FileReport:
    """Check one model; a file that cannot be linted gives a report with its error."""
    return _report(path, lambda: read_model(path, settings), settings, rules)


def _report(
    path: str,
    read_document: Callable[[], Document],
    settings: Settings,
    rules: Sequence[type[Rule]] | None = None,
) -> FileReport:
    """Return the report of a model; with an error where it cannot be read or linted."""
    try:
        return check_document(read_document(), settings, rules)
    except Exception as error:
        failure = unexpected(error)
        return FileReport(
            redacted(path),
            error=str(failure),
            no_model=isinstance(error, NotAModelError),
            details=failure.details,
        )


def read_model(path: str, settings: Settings) -> Document:
    """Return a saved model, or one that ``Code`` builds in a process of its own.

    Raises
    ------
    SeluLintError
        If it cannot be read or built.
    """
    if isinstance(path, Code):
        from selu_lint.processes import factories

        return factories.read(path, settings.build_timeout, settings.limits)
    return read(path, settings.limits)


def check_document(
    document: Document, settings: Settings, rules: Sequence[type[Rule]] | None = None
) -> FileReport:
    """Check a model that was read.

    Raises
    ------
    SeluLintError
        If its architecture is no Keras model.
    """
    if document.format in SOURCE_FORMATS:
        from selu_lint.source import checking

        selected = selected_rules(settings) if rules is None else rules
        return checking.check(document, settings, lambda graph: lint(graph, settings, selected))
    graph = build_graph(document)
    findings, crashed = lint(graph, settings, rules)
    return FileReport(
        document.path,
        document.format,
        document.keras_version,
        findings=findings,
        crashed=crashed,
        selu_layers=len(graph.selu_layers) + len(document.exported),
    )


def lint(
    graph: ModelGraph, settings: Settings, rules: Sequence[type[Rule]] | None = None
) -> tuple[tuple[Finding, ...], bool]:
    """Run rules over a graph and return their findings, and whether a rule crashed.

    The findings stand in the order of the model's layers, those of one layer by code.
    """
    findings: list[Finding] = []
    crashed = False
    limits = graph.document.limits
    size = 0
    for rule in selected_rules(settings) if rules is None else rules:
        try:
            for finding in rule(settings).check(graph):
                size += len(finding.layer) + len(finding.message) + len(str(finding.data))
                if size > limits.report_bytes:
                    raise limits.exceeded("report_bytes", "what is found in it takes")
                findings.append(finding)
        except SeluLintError:
            raise
        except Exception as error:
            crashed = True
            findings.append(_crash(rule, error))
    findings = _with_files_once(findings)
    if findings:
        from selu_lint.advice import advised

        findings = advised(findings, graph)
    if graph.document.orphans:
        findings = [_without_unwritable_fix(finding, graph) for finding in findings]
    order = {layer.path: position for position, layer in enumerate(graph.layers)}
    findings.sort(key=lambda finding: (order.get(finding.layer, -1), finding.code))
    return tuple(findings), crashed


def _with_files_once(findings: list[Finding]) -> list[Finding]:
    """Return the findings, with one in place of all that say of many layers why nothing is read."""
    groups: dict[object, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.data.get("unread"), []).append(finding)
    told = groups.pop(None, [])
    for error, group in groups.items():
        layers = list(dict.fromkeys(each.layer for each in group))
        if len(layers) == 1:
            told += group
            continue
        message = f"stored variables of {len(layers)} layers cannot be read: {error}"
        told.append(group[0]._replace(layer="", message=message, data={"unread": error}))
    return told


def _without_unwritable_fix(finding: Finding, graph: ModelGraph) -> Finding:
    """Return the finding without a fix of what no architecture holds, but a user's code makes."""
    fix, architecture = finding.fix, graph.document.architecture or {}
    edits = () if fix is None or "orphans" in architecture else fix.edits
    if not any(edit.pointer.startswith("/orphans/") for edit in edits):
        return finding
    reason = "the model's own code makes this layer; repair it there"
    return finding._replace(fix=None, unfixable=reason)


def selected_rules(settings: Settings) -> tuple[type[Rule], ...]:
    """Return the rules that the settings select."""
    return tuple(rule for rule in find_rules(settings.rules) if rule.is_selected(settings))


def _crash(rule: type[Rule], error: Exception) -> Finding:
    kind = type(error).__name__
    message = (
        f"{rule.code} crashed with {kind}: this is a bug of selu-lint, please report it; "
        "the other rules went on"
    )
    data = {
        "rule": rule.code,
        "error": kind,
        "text": str(error)[:_MOST_TEXT],
        "traceback": unexpected(error).details[-_MOST_TRACEBACK:],
    }
    return Finding(CRASH_CODE, "rule-crash", Severity.NOTE, "", message, data)
