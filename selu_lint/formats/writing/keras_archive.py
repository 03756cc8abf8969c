"""Writing a ``.keras`` archive anew: what does not change is copied byte for byte.

Layout of a zip archive: PKWARE's APPNOTE.TXT, sections 4.3.7 (local header), 4.3.12 (directory),
4.3.14 to 4.3.16 (its end) and 4.5.3 (sizes of 64 bits).
"""

from __future__ import annotations

import os
import shutil
import struct
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from selu_lint.errors import SeluLintError
from selu_lint.formats.writing.archive_groups import Renames, move
from selu_lint.formats.writing.changes import BLOCK, Change, apply_changes, copy_range
from selu_lint.limits import Limits
from selu_lint.processes.children import working_folder
from selu_lint.storage.archive_members import CONFIG, WEIGHTS, open_archive

_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END = struct.Struct("<4sHHHHIIH")
_END64 = struct.Struct("<4sQHHIIQQQQ")
_LOCATOR = struct.Struct("<4sIQI")
_MOST = 0xFFFFFFFF
_MOST_MEMBERS = 0xFFFF
_WIDE = 1
_DESCRIPTOR = 8
# A member that may pass 4 GiB while it is written needs room for its size beforehand.
_NEARLY_MOST = 0xF0000000


@dataclass(frozen=True)
class _Written:
    """A member as it was written: where, and how large."""

    offset: int
    crc: int
    compressed: int
    size: int
    changed: bool


def write(
    source: BinaryIO,
    target: BinaryIO,
    text: str,
    limits: Limits,
    changes: Sequence[Change] = (),
    moved: Renames = (),
) -> None:
    """Copy an archive with another architecture, other values of variables and other groups.

    Order, names, dates, compression and comments stay; the bytes of members that do not change
    are copied as they are.

    Raises
    ------
    SeluLintError
        If the archive is broken.
    """
    archive = open_archive(source, limits)
    members = sorted(archive.infolist(), key=lambda info: info.header_offset)
    directory = archive.start_dir
    ends = [info.header_offset for info in members[1:]] + [directory]
    written: dict[str, _Written] = {}
    copy_range(source, 0, members[0].header_offset if members else 0, target)
    for info, end in zip(members, ends, strict=True):
        name = info.filename
        if name == CONFIG:
            written[name] = _write_bytes(source, target, info, text.encode("utf-8"))
        elif name == WEIGHTS and (changes or moved):
            written[name] = _write_weights(source, target, archive, info, limits, changes, moved)
        else:
            if _data_start(source, info) + info.compress_size > end:
                raise SeluLintError(f"{name} in the archive overlaps with another member")
            offset = target.seek(0, os.SEEK_END)
            copy_range(source, info.header_offset, end - info.header_offset, target)
            written[name] = _Written(offset, info.CRC, info.compress_size, info.file_size, False)
    _write_directory(source, target, archive, written)


def _write_bytes(
    source: BinaryIO, target: BinaryIO, info: zipfile.ZipInfo, data: bytes
) -> _Written:
    packed = data
    if info.compress_type == zipfile.ZIP_DEFLATED:
        packer = zlib.compressobj(-1, zlib.DEFLATED, -15)
        packed = packer.compress(data) + packer.flush()
    offset = target.seek(0, os.SEEK_END)
    result = _Written(offset, zlib.crc32(data), len(packed), len(data), True)
    target.write(_local_header(source, info, result, wide=False))
    target.write(packed)
    return result


def _write_weights(
    source: BinaryIO,
    target: BinaryIO,
    archive: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    limits: Limits,
    changes: Sequence[Change],
    moved: Renames,
) -> _Written:
    offset = target.seek(0, os.SEEK_END)
    wide = info.file_size > _NEARLY_MOST
    draft = _Written(offset, 0, 0, 0, True)
    target.write(_local_header(source, info, draft, wide))
    start = target.tell()
    if info.compress_type == zipfile.ZIP_STORED and not moved:
        copy_range(source, _data_start(source, info), info.file_size, target)
        apply_changes(target, start, changes)
        size = target.tell() - start
        target.seek(start)
        crc = _crc_of(target)
    else:
        with working_folder() as folder:
            path = os.path.join(folder, "model.weights.h5")
            with open(path, "w+b") as copy, archive.open(info) as packed:
                shutil.copyfileobj(packed, copy, BLOCK)
                apply_changes(copy, 0, changes)
            move(path, moved, limits)
            with open(path, "rb") as copy:
                crc, size = _crc_of(copy), copy.tell()
                _pack(copy, target, info.compress_type)
    compressed = target.seek(0, os.SEEK_END) - start
    result = _Written(offset, crc, compressed, size, True)
    target.seek(offset)
    target.write(_local_header(source, info, result, wide))
    target.seek(0, os.SEEK_END)
    return result


def _crc_of(member: BinaryIO) -> int:
    """Return the checksum of what follows in a file."""
    crc = 0
    while block := member.read(BLOCK):
        crc = zlib.crc32(block, crc)
    return crc


def _pack(member: BinaryIO, target: BinaryIO, method: int) -> None:
    """Append a member to the target, deflated where the archive has it so."""
    if method == zipfile.ZIP_STORED:
        copy_range(member, 0, member.seek(0, os.SEEK_END), target)
        return
    packer = zlib.compressobj(-1, zlib.DEFLATED, -15)
    member.seek(0)
    while block := member.read(BLOCK):
        target.write(packer.compress(block))
    target.write(packer.flush())


def _local_header(source: BinaryIO, info: zipfile.ZipInfo, member: _Written, wide: bool) -> bytes:
    """Return a member's header with its new sizes; version, date, name and extras stay."""
    fields, name, extra = _read_local_header(source, info)
    flags = fields[2] & ~_DESCRIPTOR
    kept = _without_sizes(extra)
    sizes = (member.compressed, member.size)
    if wide or len(kept) != len(extra):
        kept = struct.pack("<HHQQ", _WIDE, 16, member.size, member.compressed) + kept
        sizes = (_MOST, _MOST)
    version = max(fields[1], 45) if sizes[0] == _MOST else fields[1]
    header = _LOCAL.pack(
        fields[0], version, flags, *fields[3:6], member.crc, *sizes, len(name), len(kept)
    )
    return header + name + kept


def _read_local_header(
    source: BinaryIO, info: zipfile.ZipInfo
) -> tuple[tuple[bytes, int, int, int, int, int], bytes, bytes]:
    source.seek(info.header_offset)
    data = source.read(_LOCAL.size)
    if len(data) < _LOCAL.size or not data.startswith(b"PK\x03\x04"):
        raise SeluLintError(f"{info.filename} in the archive is broken: no header")
    fields = _LOCAL.unpack(data)
    name, extra = source.read(fields[9]), source.read(fields[10])
    return fields[:6], name, extra


def _data_start(source: BinaryIO, info: zipfile.ZipInfo) -> int:
    _, name, extra = _read_local_header(source, info)
    return int(info.header_offset + _LOCAL.size + len(name) + len(extra))


def _without_sizes(extra: bytes) -> bytes:
    kept, position = b"", 0
    while position + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, position)
        if kind != _WIDE:
            kept += extra[position : position + 4 + size]
        position += 4 + size
    return kept + extra[position:]


def _write_directory(
    source: BinaryIO, target: BinaryIO, archive: zipfile.ZipFile, written: dict[str, _Written]
) -> None:
    start = target.seek(0, os.SEEK_END)
    source.seek(archive.start_dir)
    # zipfile lists the members in the order of the directory.
    for info in archive.infolist():
        data = source.read(_CENTRAL.size)
        fields = list(_CENTRAL.unpack(data))
        name, extra, comment = (source.read(fields[index]) for index in (10, 11, 12))
        target.write(_record(fields, name, extra, comment, written[info.filename]))
    _write_end(target, start, len(written), archive.comment)


def _record(
    fields: list[int], name: bytes, extra: bytes, comment: bytes, member: _Written
) -> bytes:
    kept = _without_sizes(extra)
    numbers = (member.size, member.compressed, member.offset)
    wide = b"".join(struct.pack("<Q", number) for number in numbers if number >= _MOST)
    if wide:
        kept = struct.pack("<HH", _WIDE, len(wide)) + wide + kept
        fields[2] = max(fields[2], 45)
    if member.changed:
        fields[3] &= ~_DESCRIPTOR
    fields[7] = member.crc
    fields[8], fields[9], fields[16] = (
        min(_MOST, member.compressed),
        min(_MOST, member.size),
        min(_MOST, member.offset),
    )
    fields[11] = len(kept)
    return _CENTRAL.pack(*fields) + name + kept + comment


def _write_end(target: BinaryIO, start: int, count: int, comment: bytes) -> None:
    end = target.tell()
    size = end - start
    if count >= _MOST_MEMBERS or start >= _MOST or size >= _MOST:
        record = _END64.size - 12
        target.write(_END64.pack(b"PK\6\6", record, 45, 45, 0, 0, count, count, size, start))
        target.write(_LOCATOR.pack(b"PK\6\7", 0, end, 1))
    numbers = (min(count, _MOST_MEMBERS),) * 2 + (min(size, _MOST), min(start, _MOST))
    target.write(_END.pack(b"PK\5\6", 0, 0, *numbers, len(comment)) + comment)
