"""What source code builds: the graphs of its models, and where each of their layers stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from selu_lint.findings import Confidence, Place
from selu_lint.limits import Limits
from selu_lint.model.graph import ModelGraph
from selu_lint.model.source_text import SourceText
from selu_lint.source.calls import PythonAndKeras
from selu_lint.source.facts import gather
from selu_lint.source.graph import SourcePath, build, confidence_of, read_paths
from selu_lint.source.machine import Machine
from selu_lint.source.roots import run_file

_MOST_LINES = 3


class Site(NamedTuple):
    """A call that makes a layer.

    Attributes
    ----------
    place : Place
        Where it stands.
    name : str
        The layer in the user's words: ``hidden``, ``Net.drop``, ``build_model/Dense 2``.
    confidence : Confidence
        How far its class, its activation and its connections follow from the text.
    assumptions : tuple of str
        What they rest on otherwise.
    scope : str
        The function or class around it, such as ``Net.call``; empty for the module.
    slots : Mapping of str to (Confidence, tuple of str)
        The same for its initializers, by their parameters.
    """

    place: Place
    name: str
    confidence: Confidence = Confidence.CERTAIN
    assumptions: tuple[str, ...] = ()
    scope: str = ""
    slots: Mapping[str, tuple[Confidence, tuple[str, ...]]] = {}


class SourceGraph(NamedTuple):
    """What one run of the code builds.

    Attributes
    ----------
    graph : ModelGraph
        The layers and their calls.
    sites : Mapping of str to Site
        Where each layer is made, by its path.
    path : SourcePath
        What the run made, and where each value is written.
    """

    graph: ModelGraph
    sites: Mapping[str, Site]
    path: SourcePath = SourcePath("", {}, (), ())

    @property
    def whole(self) -> bool:
        """Whether the module built it, and not a function with arguments that are not known."""
        return not self.path.root


class Analysis(NamedTuple):
    """What a file builds.

    Attributes
    ----------
    graphs : tuple of SourceGraph
        Each different one once, if SELU can be in it.
    notes : tuple of str
        What was not followed to its end, one line each.
    others : tuple of SourcePath
        What else it builds.
    """

    graphs: tuple[SourceGraph, ...]
    notes: tuple[str, ...] = ()
    others: tuple[SourcePath, ...] = ()


def analyse(text: SourceText, limits: Limits, without_selu: bool = False) -> Analysis:
    """Return what a file builds, without running any of it.

    One that does not name SELU is looked at only on request.
    """
    try:
        facts = gather(text.tree)
    except RecursionError:
        return Analysis((), ("it is nested too deeply to be followed",))
    if not (facts.names_selu or without_selu):
        return Analysis(())
    machine = Machine(PythonAndKeras(), facts, limits, cells=bool(text.cells))
    graphs: dict[str, SourceGraph] = {}
    others: dict[str, SourcePath] = {}
    for root in run_file(machine, text.tree):
        for path in read_paths(machine, root):
            if not path.names_selu:
                others.setdefault(path.key, path)
            elif path.key not in graphs:
                graph = build(text, path, limits)
                graphs[path.key] = SourceGraph(graph, _sites(text, graph, path), path)
    # Of a file that has nothing of Keras nobody needs to know.
    may_build = facts.imports_keras or facts.foreign_star or not facts.imports
    notes = _notes(text, machine) if may_build else ()
    return Analysis(tuple(graphs.values()), notes, tuple(others.values()))


def _notes(text: SourceText, machine: Machine) -> tuple[str, ...]:
    """Return what was not followed to its end, one line each."""
    notes: tuple[str, ...] = ()
    lines = sorted(machine.spent)
    if lines:
        named = ", ".join(text.where(line) for line in lines[:_MOST_LINES])
        if len(lines) > _MOST_LINES:
            named += f" and {len(lines) - _MOST_LINES} more"
        plural = "s" * (len(lines) > 1)
        notes = (f"line{plural} {named}: what is made from there on was followed in part only",)
    if machine.unfollowed:
        notes += ("it has more paths than were followed, and a fault may lie on one of these",)
    return notes


def _sites(text: SourceText, graph: ModelGraph, path: SourcePath) -> Mapping[str, Site]:
    return {
        layer.path: Site(
            text.place(source.node),
            source.name,
            confidence_of(source.assumed),
            tuple(each.text for each in source.assumed),
            source.scope,
            {
                slot: (confidence_of(assumed), tuple(each.text for each in assumed))
                for slot, assumed in source.slots.items()
                if assumed
            },
        )
        for layer, source in zip(graph.layers, path.layers, strict=True)
    }
