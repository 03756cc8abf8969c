"""The members of a ``.keras`` archive, opened and read within bounds."""

from __future__ import annotations

import io
import os
import struct
import zipfile
import zlib
from typing import BinaryIO, cast

from selu_lint.errors import SeluLintError
from selu_lint.limits import Limits
from selu_lint.storage.byte_source import BUFFER, Region, spool

MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
CONFIG = "config.json"
METADATA = "metadata.json"
WEIGHTS = "model.weights.h5"
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError)


class BrokenArchiveError(SeluLintError):
    """A zip archive, or a member of one, is truncated or damaged."""


class _BoundedReads:
    """An open file that refuses a single read that is too large, until it is told otherwise.

    A zip archive's directory is read whole, before its members can be counted.
    """

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        self._file = file
        self._limits = limits
        self.bounded = True
        self.tell = file.tell
        self.seekable = file.seekable
        self.close = file.close

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        # A broken directory leads in front of the file, which is no fault of the machine.
        if whence == os.SEEK_SET and offset < 0:
            raise zipfile.BadZipFile("Bad offset in the directory")
        return self._file.seek(offset, whence)

    def read(self, size: int = -1) -> bytes:
        if self.bounded and size > self._limits.directory_bytes:
            raise self._limits.exceeded("directory_bytes", "the zip archive's directory takes")
        return self._file.read(size)


def open_archive(file: BinaryIO, limits: Limits) -> zipfile.ZipFile:
    """Open a zip archive and check its directory against the limits.

    Raises
    ------
    SeluLintError
        If it is truncated or broken, has too many members, or two of the same name.
    """
    bounded = _BoundedReads(file, limits)
    try:
        archive = zipfile.ZipFile(cast("BinaryIO", bounded))
    except (*_BROKEN, OverflowError) as error:
        raise BrokenArchiveError(f"truncated or broken zip archive: {_line(error)}") from None
    bounded.bounded = False
    members = archive.infolist()
    if len(members) > limits.members:
        raise limits.exceeded("members", "the zip archive has", "members")
    if len(archive.NameToInfo) != len(members):
        raise SeluLintError("the zip archive has two members of the same name")
    return archive


def read_member(archive: zipfile.ZipFile, name: str, limits: Limits) -> bytes:
    """Return the bytes of a small member, such as the architecture.

    Raises
    ------
    SeluLintError
        If it is too large, compressed beyond the limit, encrypted or broken.
    """
    info = archive.getinfo(name)
    _check_member(info, limits)
    if info.file_size > limits.json_bytes:
        raise limits.exceeded("json_bytes", f"{name} in the archive takes")
    try:
        with archive.open(info) as member:
            data = member.read(info.file_size + 1)
    except _BROKEN as error:
        raise BrokenArchiveError(f"{name} in the archive is broken: {_line(error)}") from None
    if len(data) != info.file_size:
        raise BrokenArchiveError(f"{name} in the archive is broken: it ends early")
    return data


def open_member(file: BinaryIO, archive: zipfile.ZipFile, name: str, limits: Limits) -> BinaryIO:
    """Open a large member, such as the weights: in its place if stored, else as a temporary copy.

    Parameters
    ----------
    file : BinaryIO
        The file that the archive was opened from; the member closes it.
    archive : ZipFile
        The archive.
    name : str
        Name of the member.
    limits : Limits
        Bounds on its size.

    Raises
    ------
    SeluLintError
        If it is missing, too large, compressed beyond the limit, encrypted or broken.
    """
    if name not in archive.NameToInfo:
        raise SeluLintError(f"the archive has no {name}")
    info = archive.getinfo(name)
    _check_member(info, limits)
    if info.compress_type == zipfile.ZIP_STORED:
        start = _data_offset(file, info)
        region = Region(file, start, info.file_size, owns_file=True)
        return cast("BinaryIO", io.BufferedReader(region, BUFFER))
    if info.file_size > limits.spool_bytes:
        raise limits.exceeded("spool_bytes", f"{name} in the archive takes")
    try:
        with file, archive.open(info) as member:
            return spool(cast("BinaryIO", member), limits)
    except _BROKEN as error:
        raise BrokenArchiveError(f"{name} in the archive is broken: {_line(error)}") from None


def _check_member(info: zipfile.ZipInfo, limits: Limits) -> None:
    name = info.filename
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise SeluLintError(f"{name} in the archive is compressed in a way that Keras never uses")
    if info.flag_bits & 1:
        raise SeluLintError(f"{name} in the archive is encrypted")
    stored = info.compress_type == zipfile.ZIP_STORED
    if stored and info.file_size > info.compress_size:
        raise SeluLintError(f"{name} in the archive is larger than its bytes can be")
    if info.file_size > limits.ratio * info.compress_size:
        times = "times as large as its compressed bytes"
        raise limits.exceeded("ratio", f"{name} in the archive is", times)


def _data_offset(file: BinaryIO, info: zipfile.ZipInfo) -> int:
    # The local header repeats the name, and its extra field may be longer than the directory's.
    file.seek(max(0, info.header_offset))
    header = file.read(30)
    if info.header_offset < 0 or len(header) < 30 or not header.startswith(MAGIC[0]):
        raise BrokenArchiveError(f"{info.filename} in the archive is broken: no header")
    name_size, extra_size = struct.unpack("<HH", header[26:30])
    start = info.header_offset + 30 + name_size + extra_size
    if start + info.file_size > file.seek(0, os.SEEK_END):
        raise BrokenArchiveError(f"{info.filename} in the archive is broken: it ends early")
    return int(start)


def _line(error: Exception) -> str:
    return ascii(str(error) or type(error).__name__)[1:-1][:100]
