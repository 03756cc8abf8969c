"""Reading SavedModels: of Keras 2 by the layers' JSON, inference-only ones by their operations."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from selu_lint.errors import SeluLintError
from selu_lint.formats.saved_model.folder import SavedModelFolder
from selu_lint.formats.saved_model.layers import KERAS_METADATA, KerasLayers
from selu_lint.formats.saved_model.messages import parse
from selu_lint.formats.saved_model.objects import ObjectGraph
from selu_lint.formats.saved_model.weights import SavedModelWeights
from selu_lint.limits import Limits
from selu_lint.model.document import Document

SAVED_MODEL = "saved_model.pb"


def folder_of(path: str) -> str:
    """Return the folder of a SavedModel that is named by itself or by its ``saved_model.pb``."""
    named = os.path.basename(path) == SAVED_MODEL and os.path.isfile(path)
    return os.path.dirname(path) or "." if named else path.rstrip("/" + os.sep) or path


def read(path: str, limits: Limits) -> Document:
    """Read a SavedModel without TensorFlow; nothing of it is executed.

    Parameters
    ----------
    path : str
        The folder, or the ``saved_model.pb`` in it.
    limits : Limits
        Bounds on what is read.

    Returns
    -------
    Document
        With the architecture where Keras 2 saved it. Its ``orphans`` are filled where the
        architecture shows no layers, as that of a subclassed model; there and where there is no
        architecture, ``exported`` tells the SELU layers that the operations show.

    Raises
    ------
    SeluLintError
        If it is damaged, passes a limit, or links out of the folder.
    OSError
        If a file cannot be read.
    """
    folder, graphs, objects, layers = _parts(path, limits)
    root = layers.metadata(0)
    architecture = _architecture(root)
    version = root.get("keras_version")
    document = Document(
        path,
        "saved-model",
        version if isinstance(version, str) else None,
        architecture,
        SavedModelWeights(folder, objects, layers, {}, limits),
        limits=limits,
    )
    if architecture is not None and "layers" in architecture["config"]:
        return document
    from selu_lint.formats.saved_model.exported import ExportedLayers

    exported = ExportedLayers(objects, layers.owner, limits)
    for graph in graphs:
        exported.add(graph.graph)
    return document._replace(
        weights=SavedModelWeights(folder, objects, layers, exported.variables, limits),
        exported=exported.layers,
        orphans=layers.orphans(),
        unread=exported.unread,
    )


def training_config(path: str, limits: Limits) -> dict[str, Any] | None:
    """Return how a SavedModel of Keras 2 was compiled; None if it was not, or does not say.

    Raises
    ------
    SeluLintError
        If it is damaged, passes a limit, or links out of the folder.
    OSError
        If a file cannot be read.
    """
    _, _, _, layers = _parts(path, limits)
    config = layers.metadata(0).get("training_config")
    return config if isinstance(config, dict) else None


def _parts(
    path: str, limits: Limits
) -> tuple[SavedModelFolder, list[Any], ObjectGraph, KerasLayers]:
    directory, name = (path, SAVED_MODEL) if os.path.isdir(path) else os.path.split(path)
    folder = SavedModelFolder(directory or ".")
    graphs = _graphs(folder, name, limits)
    separate = None
    if folder.has(KERAS_METADATA):
        separate = folder.read(KERAS_METADATA, limits)
    objects = ObjectGraph(next((g.object_graph for g in graphs if g.object_graph), b""), limits)
    return folder, graphs, objects, KerasLayers(objects, separate, limits)


def _graphs(folder: SavedModelFolder, name: str, limits: Limits) -> list[Any]:
    data = folder.read(name, limits)
    graphs = [
        parse("MetaGraph", graph, limits) for graph in parse("SavedModel", data, limits).meta_graphs
    ]
    if not any(graph.graph or graph.object_graph for graph in graphs):
        raise SeluLintError(f"{name} holds no graph: it is no SavedModel, or damaged")
    return graphs


def _architecture(root: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the serialized model from the metadata of the root; None where there is none."""
    if not isinstance(root.get("class_name"), str):
        return None
    config = root.get("config")
    return {
        "class_name": root["class_name"],
        "config": config if isinstance(config, dict) else {},
    }
