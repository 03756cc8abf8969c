"""The ``.keras`` zip archive of Keras 3 and of Keras 2.12 to 2.15."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any, BinaryIO

from selu_lint.errors import NotAModelError, SeluLintError
from selu_lint.formats.other_files import archive_without_config, line_ends_told
from selu_lint.formats.weights.deferred import DeferredWeights
from selu_lint.limits import Limits
from selu_lint.model.document import Document, Weights
from selu_lint.storage import strict_json
from selu_lint.storage.archive_members import (
    CONFIG,
    METADATA,
    WEIGHTS,
    BrokenArchiveError,
    open_archive,
    read_member,
)
from selu_lint.storage.byte_source import Source

if TYPE_CHECKING:
    from selu_lint.formats.weights.file import FileWeights

FORMAT = "keras-archive"


def read(source: Source, file: BinaryIO, limits: Limits) -> Document:
    """Read the architecture of an archive; its weights stay where they are.

    Raises
    ------
    SeluLintError
        If the archive is broken, hostile, or holds no Keras model.
    """
    with line_ends_told(file, source.path, BrokenArchiveError):
        return _read(source, file, limits)


def _read(source: Source, file: BinaryIO, limits: Limits) -> Document:
    archive = open_archive(file, limits)
    if CONFIG not in archive.NameToInfo:
        raise NotAModelError(archive_without_config(archive.NameToInfo))
    text = strict_json.decode(read_member(archive, CONFIG, limits), limits)
    architecture = strict_json.parse(text, limits)
    if not isinstance(architecture, dict) or "class_name" not in architecture:
        raise SeluLintError(f"{CONFIG} in the archive describes no Keras model")
    return Document(
        path=source.path,
        format=FORMAT,
        keras_version=_version(archive, limits),
        architecture=architecture,
        weights=_weights(source, archive, architecture, limits),
        text=text,
        limits=limits,
    )


def _version(archive: zipfile.ZipFile, limits: Limits) -> str | None:
    if METADATA not in archive.NameToInfo:
        return None
    metadata = strict_json.parse(
        strict_json.decode(read_member(archive, METADATA, limits), limits), limits
    )
    return version_in(metadata)


def version_in(metadata: object) -> str | None:
    """Return the release that metadata names; None if they do not."""
    version = metadata.get("keras_version") if isinstance(metadata, dict) else None
    return version if isinstance(version, str) else None


def _weights(
    source: Source, archive: zipfile.ZipFile, architecture: dict[str, Any], limits: Limits
) -> Weights | None:
    if WEIGHTS not in archive.NameToInfo:
        return None

    def load() -> FileWeights:
        from selu_lint.formats.weights.archive import ArchiveWeights

        return ArchiveWeights(source, architecture, limits)

    return DeferredWeights(load)
