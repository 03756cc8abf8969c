"""The folder that Keras 3 writes with ``zipped=False``: the members of an archive as files.

Source: ``keras.src.saving.saving_lib``, ``_save_model_to_dir``. Its weights are never in shards.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, BinaryIO

from selu_lint.errors import NotAModelError
from selu_lint.formats import architecture_json
from selu_lint.formats.keras_archive import version_in
from selu_lint.formats.saved_model.folder import SavedModelFolder
from selu_lint.formats.weights.deferred import DeferredWeights
from selu_lint.limits import Limits
from selu_lint.model.document import Document, Weights
from selu_lint.storage import strict_json
from selu_lint.storage.archive_members import CONFIG, METADATA, WEIGHTS
from selu_lint.storage.byte_source import Source

if TYPE_CHECKING:
    from selu_lint.formats.weights.file import FileWeights

FORMAT = "keras-folder"
FILES = (CONFIG, METADATA, WEIGHTS)
"""The files of such a folder; what else lies in it is Keras's only below ``assets``."""


def is_folder(path: str) -> bool:
    """Whether a folder has the files of a model; whether they hold one, reading tells."""
    there = [os.path.isfile(os.path.join(path, name)) for name in FILES]
    return there[0] and any(there[1:])


def folder_of(path: str) -> str:
    """Return the folder that a path stands for if it names a file of one; else the path."""
    folder, name = os.path.split(path)
    return (folder or os.curdir) if name in FILES and is_folder(folder or os.curdir) else path


def read(path: str, limits: Limits) -> Document:
    """Read the architecture in a folder; its weights stay where they are.

    Raises
    ------
    SeluLintError
        If it is broken, passes a limit, links out of the folder, or holds no Keras model.
    OSError
        If a file cannot be read.
    """
    folder = SavedModelFolder(path)
    text = _text(folder, CONFIG, limits)
    architecture = strict_json.parse(text, limits)
    if not architecture_json.is_model(architecture):
        raise NotAModelError(f"{CONFIG} in the folder describes no Keras model")
    version = None
    if folder.has(METADATA):
        version = version_in(strict_json.parse(_text(folder, METADATA, limits), limits))
    weights: Weights | None = None
    if folder.has(WEIGHTS):
        source = Source(folder.resolve(WEIGHTS))

        def load() -> FileWeights:
            from selu_lint.formats.weights.archive import FolderWeights

            return FolderWeights(source, architecture, limits)

        weights = DeferredWeights(load)
    return Document(path, FORMAT, version, architecture, weights, text=text, limits=limits)


def open_weights(path: str) -> BinaryIO:
    """Open the weights of a folder for reading."""
    return SavedModelFolder(path).open(WEIGHTS)


def _text(folder: SavedModelFolder, name: str, limits: Limits) -> str:
    with folder.open(name) as file:
        return strict_json.decode(architecture_json.read_bytes(file, limits), limits)
