"""The profiles of the models that a file of source code builds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from selu_lint.analysis.inputs import Premise
from selu_lint.fixing.repairs import repair
from selu_lint.linter import lint
from selu_lint.model.document import Document
from selu_lint.model.graph import ModelGraph
from selu_lint.model.layers import Layer, Slot
from selu_lint.profiles.profiling import Profile, predict
from selu_lint.report import FileReport
from selu_lint.settings import Settings
from selu_lint.source.analysis import SourceGraph, analyse
from selu_lint.source.graph import build_document


@dataclass(frozen=True)
class SourceModel:
    """A model that source code builds.

    Attributes
    ----------
    name : str
        The file, the line of its first layer, and what builds it.
    layers : int
        How many layers it has besides inputs.
    profile : Profile or None
        What is predicted of it; None where the sizes of its kernels do not follow from the code.
    """

    name: str
    layers: int
    profile: Profile | None


@dataclass(frozen=True)
class SourceProfiles:
    """The models with SELU layers that a file builds.

    Attributes
    ----------
    path : str
        The file.
    models : tuple of SourceModel
        In the order of their first layers.
    """

    path: str
    models: tuple[SourceModel, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the profiles as plain data; null for a model whose sizes are not known."""
        return {
            "version": 1,
            "path": self.path,
            "models": [
                {
                    "name": each.name,
                    "layers": each.layers,
                    "profile": None if each.profile is None else each.profile.to_dict(),
                }
                for each in self.models
            ],
        }


def profile_source(
    document: Document, settings: Settings, given: Premise | None = None
) -> SourceProfiles:
    """Predict the activations of the models that source code builds, without running it.

    Raises
    ------
    SeluLintError
        If a limit is passed.
    """
    graphs = () if document.code is None else analyse(document.code, document.limits).graphs
    models = [
        (_line(each), _model(document.path, each, settings, given))
        for each in graphs
        if any(call.layer.applies_selu for call in each.graph.calls)
    ]
    models.sort(key=lambda each: each[0])
    return SourceProfiles(document.path, tuple(model for _, model in models))


def _line(source: SourceGraph) -> int:
    return min((site.place.line for site in source.sites.values()), default=0)


def _model(
    path: str, source: SourceGraph, settings: Settings, given: Premise | None
) -> SourceModel:
    graph = source.graph
    root = f" ({source.path.root})" if source.path.root else ""
    name = f"{path}:{_line(source)}{root}"
    count = sum(layer.class_name != "InputLayer" for layer in graph.layers)
    if any(graph.kernel(layer, slot) is None for layer, slot in _kernels(graph)):
        return SourceModel(name, count, None)

    def check(document: Document) -> FileReport:
        findings, crashed = lint(build_document(document, source.path), settings)
        return FileReport(document.path, document.format, findings=findings, crashed=crashed)

    repaired = build_document(repair(graph.document, check).document, source.path)
    profile = Profile(name, predict(graph, given), predict(repaired, given))
    return SourceModel(name, count, profile)


def _kernels(graph: ModelGraph) -> Iterator[tuple[Layer, Slot]]:
    for layer in graph.layers:
        for slot in layer.kernel_slots:
            yield layer, slot
