"""From source code to a report: rules run on all it builds, and each fault is reported once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from selu_lint.errors import NotAModelError
from selu_lint.findings import Finding, Related
from selu_lint.model.dialects import Dialect
from selu_lint.model.document import Document
from selu_lint.model.graph import ModelGraph
from selu_lint.report import FileReport
from selu_lint.settings import Settings
from selu_lint.source import comments
from selu_lint.source.analysis import Analysis, SourceGraph, analyse
from selu_lint.source.repair.planning import Planner
from selu_lint.source.repair.repairs import Repair

_OF_DEPTH = frozenset({"SELU007", "SELU012"})
"""Rules about a network as a whole."""

Lint = Callable[[ModelGraph], tuple[tuple[Finding, ...], bool]]
"""Runs the rules on a graph: what they find, and whether one crashed."""


@dataclass(frozen=True)
class Examination:
    """What is found in a file of source code.

    Attributes
    ----------
    report : FileReport
        The findings.
    analysis : Analysis
        What the file builds.
    repairs : Mapping of object to Repair
        How findings are repaired, by their `key_of`.
    """

    report: FileReport
    analysis: Analysis
    repairs: Mapping[object, Repair]


def check(document: Document, settings: Settings, lint: Lint) -> FileReport:
    """Check a file of source code; see `examine`."""
    return examine(document, settings, lint).report


def examine(document: Document, settings: Settings, lint: Lint) -> Examination:
    """Check a file of source code, and plan its repairs; nothing of it runs.

    A call that makes several layers, or the same layer in several runs, is reported once a rule
    and slot: with the fewest assumptions.

    Raises
    ------
    NotAModelError
        If it does not parse, and what could be read of it builds nothing.
    SeluLintError
        If a limit is passed.
    """
    text = document.code
    if text is None:
        nothing = FileReport(document.path, document.format, selu_layers=0)
        return Examination(nothing, Analysis(()), {})
    analysis = analyse(text, document.limits)
    if text.broken and not analysis.graphs:
        raise NotAModelError(text.broken)
    findings: dict[object, Finding] = {}
    numbers: dict[object, int] = {}
    planner = Planner(text, analysis, settings.alpha_rate)
    crashed = False
    for number, each in enumerate(analysis.graphs):
        found, failed = lint(each.graph)
        crashed |= failed
        for finding in filter(_is_told, found):
            planner.want(number, finding.fix)
            if finding.code in _OF_DEPTH and not each.whole:
                continue
            placed = _placed(finding, each)
            key = key_of(placed)
            known = findings.get(key)
            if known is None or known.confidence < placed.confidence:
                findings[key], numbers[key] = placed, number
    repairs: dict[object, Repair] = {}
    for key, number in numbers.items():
        if findings[key].fix is not None:
            repairs[key] = planner.repair(number, findings[key])
            findings[key] = planner.with_repair(findings[key], repairs[key])
    unread = (*text.unread, *analysis.notes)
    if unread:
        findings |= {("unread", each.message): each for each in lint(_whole(document, unread))[0]}
    shown = (each for each in findings.values() if each.confidence >= settings.confidence)
    applied = comments.apply(text, sorted(shown, key=_order), settings.selects)
    report = FileReport(
        document.path,
        document.format,
        findings=applied.shown,
        hidden=applied.hidden,
        hidden_reasons=applied.reasons,
        crashed=crashed,
        notes=applied.notes,
        selu_layers=len({place for each in analysis.graphs for place in _selu_places(each)}),
    )
    return Examination(report, analysis, repairs)


def _selu_places(source: SourceGraph) -> Iterator[tuple[int, ...]]:
    """Yield where each layer that applies SELU is made."""
    for layer in source.graph.selu_layers:
        if layer.path in source.sites:
            yield source.sites[layer.path].place[:4]


def _is_told(finding: Finding) -> bool:
    """Whether a finding says something about source: code that is not seen, only behind SELU."""
    return finding.code != "SELU902" or bool(finding.data.get("after"))


def _whole(document: Document, unread: tuple[str, ...]) -> ModelGraph:
    """Return a graph without layers, for what is to be said of the file as a whole."""
    whole = document._replace(architecture={}, unread=unread)
    return ModelGraph(whole, Dialect.of(None, {}), (), (), ())


def _order(finding: Finding) -> tuple[int, int, str]:
    place = finding.place
    return (0, 0, finding.code) if place is None else (place.line, place.column, finding.code)


def key_of(finding: Finding) -> object:
    """Return what findings have in common that are about the same fault."""
    where = finding.layer if finding.place is None else finding.place[:4]
    slot = finding.data.get("slot")
    return finding.code, where, slot if isinstance(slot, str) else ""


def _placed(finding: Finding, source: SourceGraph) -> Finding:
    """Return the finding with its place, the user's names of layers, and what it assumes.

    One about a network as a whole stands at the layer that it names as the place.
    """
    site = source.sites.get(finding.layer or str(finding.data.get("at")))
    if site is None:
        return finding
    others = {
        path: source.sites[path] for path in _others(finding, source.graph) if path in source.sites
    }
    related = tuple(
        Related(each.place, f"the layer {each.name}")
        for each in others.values()
        if each.place[:4] != site.place[:4]
    )
    involved = [site, *others.values()]
    own, assumed = site.slots.get(str(finding.data.get("slot")), (site.confidence, ()))
    assumptions = dict.fromkeys(text for each in involved for text in each.assumptions)
    assumptions |= dict.fromkeys(assumed)
    message = _in_words(finding.message, {path: each.name for path, each in others.items()})
    confidence = min(own, *(each.confidence for each in involved))
    if assumptions:
        message += f", if {' and '.join(assumptions)}"
    return finding._replace(
        layer=site.name if finding.layer else "",
        message=message,
        place=site.place._replace(scope=site.scope, related=(*site.place.related, *related)),
        confidence=confidence,
        assumptions=tuple(assumptions),
    )


def _in_words(message: str, names: Mapping[str, str]) -> str:
    """Return a message with the user's names of layers for their paths, each said once in a row."""
    for path, name in names.items():
        if path != name:
            message = re.sub(rf"{re.escape(path)}(?![\w#])", name.replace("\\", r"\\"), message)
    for name, count in Counter(names.values()).items():
        if count > 1:
            word = re.escape(name)
            message = re.sub(rf"(?<![\w/])({word})(?:, {word})+(?![\w#])", r"\1", message)
    return message


def _others(finding: Finding, graph: ModelGraph) -> Iterator[str]:
    """Yield the paths of the other layers that a finding names, or that its kernel feeds."""
    if "slot" in finding.data:
        yield from (
            selu for layer, selu in graph.selu_kernel_layers if layer.path == finding.layer != selu
        )
    for value in finding.data.values():
        named = value if isinstance(value, list | tuple) else (value,)
        yield from (each for each in named if isinstance(each, str) and each != finding.layer)
