"""What source code builds: the graphs of its models, and where each of their layers stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from selu_lint.findings import Confidence, Place
from selu_lint.limits import Limits
from selu_lint.model.graph import ModelGraph
from selu_lint.model.source_text import SourceText


class Site(NamedTuple):
    """A call that makes a layer.

    Attributes
    ----------
    place : Place
        Where it stands.
    name : str
        The layer in the user's words: ``hidden``, ``Net.drop``, ``build_model/Dense 2``.
    confidence : Confidence
        How far its activation, its initializer and its connections follow from the text.
    assumptions : tuple of str
        What they rest on otherwise.
    scope : str
        The function or class around it, such as ``Net.call``; empty for the module.
    """

    place: Place
    name: str
    confidence: Confidence = Confidence.CERTAIN
    assumptions: tuple[str, ...] = ()
    scope: str = ""


class SourceGraph(NamedTuple):
    """What one run of the code builds.

    Attributes
    ----------
    graph : ModelGraph
        The layers and their calls.
    sites : Mapping of str to Site
        Where each layer is made, by its path.
    """

    graph: ModelGraph
    sites: Mapping[str, Site]


class Analysis(NamedTuple):
    """What a file builds.

    Attributes
    ----------
    graphs : tuple of SourceGraph
        Each different one once.
    notes : tuple of str
        What was not followed to its end, one line each.
    """

    graphs: tuple[SourceGraph, ...]
    notes: tuple[str, ...] = ()


def analyse(text: SourceText, limits: Limits) -> Analysis:
    """Return what a file builds, without running any of it."""
    return Analysis(())
