"""Writing a model that was read with another architecture and other values of variables."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

from selu_lint.errors import SeluLintError
from selu_lint.formats.writing.changes import Change, copy_range
from selu_lint.model.document import Document

_SUFFIXES = {
    "keras-archive": (".keras",),
    "keras-folder": (".keras",),
    "hdf5": (".h5", ".hdf5"),
    "architecture-json": (".json",),
}
_WRITTEN = ("keras-archive", "keras-folder", "hdf5", "architecture-json", "saved-model")


def write(
    document: Document,
    source: BinaryIO,
    target: BinaryIO,
    text: str,
    architecture: Mapping[str, Any],
    changes: Sequence[Change] = (),
) -> None:
    """Write a model in the format that it was read in; where nothing changes, byte for byte.

    Parameters
    ----------
    document : Document
        The model.
    source : BinaryIO
        Its file.
    target : BinaryIO
        An empty file, for reading and writing.
    text : str
        The new text of its architecture.
    architecture : Mapping
        The new architecture.
    changes : sequence of Change
        What changes in its weights.

    Raises
    ------
    SeluLintError
        If models of this format cannot be rewritten.
    OSError
        If the target cannot be written.
    """
    if text == document.text and not changes:
        copy_range(source, 0, source.seek(0, os.SEEK_END), target)
    elif document.format == "keras-archive":
        from selu_lint.formats.writing import keras_archive

        moved = renames(document, architecture)
        keras_archive.write(source, target, text, document.limits, changes, moved)
    elif document.format == "hdf5":
        from selu_lint.formats.writing import hdf5

        hdf5.write(source, target, text, document.limits, changes)
    elif document.format == "architecture-json":
        from selu_lint.formats.writing import architecture_json

        architecture_json.write(source, target, text)
    else:
        raise SeluLintError(refusal(document) or "")


def renames(document: Document, architecture: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the groups of the weights that get other names with another architecture."""
    if document.weights is None or document.architecture is None:
        return ()
    from selu_lint.formats import keras_folder
    from selu_lint.formats.hdf5_reader.file import Node
    from selu_lint.formats.weights import archive as archive_weights
    from selu_lint.formats.writing import archive_groups
    from selu_lint.storage import archive_members

    limits = document.limits
    with contextlib.ExitStack() as stack:

        def open_weights() -> Node:
            # A file of its own: readers of one file would not know of each other's positions.
            if document.format == keras_folder.FORMAT:
                weights = stack.enter_context(keras_folder.open_weights(document.path))
                return archive_weights.open_weights(weights, limits)
            file = stack.enter_context(open(document.path, "rb"))
            archive = archive_members.open_archive(file, limits)
            member = archive_members.open_member(file, archive, archive_members.WEIGHTS, limits)
            return archive_weights.open_weights(stack.enter_context(member), limits)

        return archive_groups.renames(document.architecture, architecture, open_weights, limits)


def misnaming(document: Document, target: str) -> str | None:
    """Return why a result must not have this name; None if it may.

    By the suffix Keras chooses how to load a file. A SavedModel is written as the suffix asks, and
    a result with the suffix of its original is named no worse than that.
    """
    suffix, before = (os.path.splitext(each)[1].lower() for each in (target, document.path))
    own = _SUFFIXES.get(document.format, (suffix,))
    known = {each for suffixes in _SUFFIXES.values() for each in suffixes}
    if suffix in ("", before, *own) or suffix not in known:
        return None
    return f"the result has the format of the original, so name it *{own[0]}, not *{suffix}"


def refusal(document: Document) -> str | None:
    """Return why a model of this format cannot be rewritten; None if it can."""
    architecture = document.architecture
    if document.format == "saved-model" and architecture is None:
        return (
            "an inference-only export holds no layers, initializers or dropout to repair; "
            "fix the model that it was exported from and export it again"
        )
    if document.format == "saved-model" and "layers" not in (architecture or {})["config"]:
        return "a subclassed model's code is not in its SavedModel; fix the code and save it again"
    if document.format not in _WRITTEN:
        return f"models of the format {document.format} cannot be rewritten"
    return None
