"""The ``.keras`` zip archive of Keras 3 and of Keras 2.12 to 2.15."""

from __future__ import annotations

import zipfile
import zlib
from typing import TYPE_CHECKING, BinaryIO

from selu_lint.document import Document
from selu_lint.errors import SeluLintError
from selu_lint.formats import strict_json
from selu_lint.formats.limits import DEFAULT, Limits

if TYPE_CHECKING:
    from selu_lint.formats.source import Source

FORMAT = "keras-archive"
MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
CONFIG = "config.json"
METADATA = "metadata.json"
WEIGHTS = "model.weights.h5"


def read(source: Source, file: BinaryIO, limits: Limits = DEFAULT) -> Document:
    """Read the architecture of an archive; its weights stay where they are.

    Raises
    ------
    SeluLintError
        If the archive is broken, hostile, or holds no Keras model.
    """
    archive = open_archive(file, limits)
    if CONFIG not in archive.NameToInfo:
        raise SeluLintError(_without_config(archive))
    text = strict_json.decode(read_member(archive, CONFIG, limits), limits)
    architecture = strict_json.parse(text, limits)
    if not isinstance(architecture, dict) or "class_name" not in architecture:
        raise SeluLintError(f"{CONFIG} in the archive describes no Keras model")
    return Document(
        path=source.path,
        format=FORMAT,
        keras_version=_version(archive, limits),
        architecture=architecture,
        weights=None,
        text=text,
    )


def open_archive(file: BinaryIO, limits: Limits = DEFAULT) -> zipfile.ZipFile:
    """Open a zip archive and check its directory against the limits.

    Raises
    ------
    SeluLintError
        If it is truncated or broken, has too many members, or two of the same name.
    """
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError) as error:
        raise SeluLintError(f"truncated or broken zip archive: {_line(error)}") from None
    members = archive.infolist()
    if len(members) > limits.members:
        raise SeluLintError(f"the zip archive has more than {limits.members:,} members")
    if len(archive.NameToInfo) != len(members):
        raise SeluLintError("the zip archive has two members of the same name")
    return archive


def read_member(archive: zipfile.ZipFile, name: str, limits: Limits = DEFAULT) -> bytes:
    """Return the bytes of a small member, such as the architecture.

    Raises
    ------
    SeluLintError
        If it is too large, compressed beyond the limit, encrypted or broken.
    """
    info = archive.getinfo(name)
    if info.file_size > limits.json_bytes:
        raise strict_json.too_large(limits)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise SeluLintError(f"{name} in the archive is compressed in a way that Keras never uses")
    if info.flag_bits & 1:
        raise SeluLintError(f"{name} in the archive is encrypted")
    if info.file_size > limits.ratio * max(1, info.compress_size):
        raise SeluLintError(f"{name} in the archive is a zip bomb")
    try:
        with archive.open(info) as member:
            data = member.read(limits.json_bytes + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        raise SeluLintError(f"{name} in the archive is broken: {_line(error)}") from None
    if len(data) != info.file_size:
        raise SeluLintError(f"{name} in the archive is broken: it ends early")
    return data


def _version(archive: zipfile.ZipFile, limits: Limits) -> str | None:
    if METADATA not in archive.NameToInfo:
        return None
    metadata = strict_json.parse(
        strict_json.decode(read_member(archive, METADATA, limits), limits), limits
    )
    version = metadata.get("keras_version") if isinstance(metadata, dict) else None
    return version if isinstance(version, str) else None


def _without_config(archive: zipfile.ZipFile) -> str:
    if WEIGHTS in archive.NameToInfo:
        return "only weights: the archive has no config.json; save the whole model"
    for name in archive.NameToInfo:
        if name.endswith("/" + CONFIG):
            return (
                f"the zip archive holds {name[:80]!r}, not config.json: zip the folder's contents"
            )
    return "no Keras model: the zip archive has no config.json"


def _line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
