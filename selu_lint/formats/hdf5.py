"""The HDF5 file with a ``model_config`` attribute, as Keras 1 to 3 write it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

from selu_lint.errors import NotAModelError, SeluLintError
from selu_lint.formats.architecture_json import parse
from selu_lint.formats.hdf5_reader.file import Node, open_root
from selu_lint.formats.weights import beside
from selu_lint.formats.weights.deferred import DeferredWeights
from selu_lint.limits import Limits
from selu_lint.model.document import Document, Weights

if TYPE_CHECKING:
    from selu_lint.formats.weights.file import FileWeights
    from selu_lint.storage.byte_source import Source

FORMAT = "hdf5"
CONFIG = "model_config"


def read(source: Source, file: BinaryIO, limits: Limits) -> Document:
    """Read the architecture of an HDF5 file; its weights stay where they are.

    Raises
    ------
    SeluLintError
        If the file is broken, hostile, or holds no Keras model.
    """
    root = open_root(file, limits)
    text = root.attribute(CONFIG, "json_bytes")
    if not isinstance(text, str):
        raise NotAModelError(_without_config(root, source.path))
    text, architecture, _ = parse(text, limits)
    if not isinstance(architecture, dict) or "class_name" not in architecture:
        raise SeluLintError(f"the attribute {CONFIG} describes no Keras model")
    version = root.attribute("keras_version")
    return Document(
        path=source.path,
        format=FORMAT,
        keras_version=version if isinstance(version, str) else None,
        architecture=architecture,
        weights=_weights(root, source, architecture, limits),
        text=text,
        limits=limits,
    )


def is_model(file: BinaryIO, limits: Limits) -> bool:
    """Whether an HDF5 file holds a whole model.

    Raises
    ------
    SeluLintError
        If the file is no HDF5, or broken.
    """
    return open_root(file, limits).has_attribute(CONFIG)


def is_weights(file: BinaryIO, limits: Limits) -> bool:
    """Whether an HDF5 file that is no model holds weights of Keras.

    Raises
    ------
    SeluLintError
        If the file is no HDF5, or broken.
    """
    return _holds_weights(open_root(file, limits))


def _weights(
    root: Node, source: Source, architecture: dict[str, Any], limits: Limits
) -> Weights | None:
    if "model_weights" not in root.links:
        return None

    def load() -> FileWeights:
        from selu_lint.formats.weights.hdf5 import Hdf5Weights

        return Hdf5Weights(source, architecture, limits)

    return DeferredWeights(load)


def _holds_weights(root: Node) -> bool:
    # Those of Keras 0 lie in groups with the numbers of layers.
    return root.has_attribute("nb_layers") or beside.are_by_name(root) is not None


def _without_config(root: Node, path: str) -> str:
    if root.has_attribute("nb_layers"):
        return "only weights of Keras 0, no architecture; to_json() of the model writes it"
    if _holds_weights(root):
        return beside.only_weights(path)
    return f"no Keras model: the HDF5 file has no {CONFIG} attribute"
