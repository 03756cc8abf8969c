"""What HDF5 does to chunks of values when it stores them, undone.

Source: HDF5 File Format Specification 3.0, IV.A.2.l (the filter pipeline); LZF, which h5py adds,
is Marc Lehmann's liblzf.
"""

from __future__ import annotations

import zlib
from typing import NamedTuple

from selu_lint.formats.hdf5_reader.bytes import Cursor, broken, unsupported

_DEFLATE, _SHUFFLE, _FLETCHER32, _LZF = 1, 2, 3, 32000
_BACKWARD = 32


class Filter(NamedTuple):
    """A filter and its parameters."""

    kind: int
    values: tuple[int, ...]


def parse_filters(message: bytes) -> tuple[Filter, ...]:
    """Parse a filter pipeline message: the filters in the order in which they are applied."""
    cursor = Cursor(message)
    version, count = cursor.number(1), cursor.number(1)
    if version not in (1, 2):
        raise unsupported(f"filter pipeline version {version}")
    cursor.skip(6 if version == 1 else 0)
    found = []
    for _ in range(count):
        kind = cursor.number(2)
        name_size = cursor.number(2) if version == 1 or kind >= 256 else 0
        cursor.skip(2)
        values = cursor.number(2)
        cursor.skip(name_size + (-name_size % 8 if version == 1 else 0))
        found.append(Filter(kind, tuple(cursor.number(4) for _ in range(values))))
        cursor.skip(4 if version == 1 and values % 2 else 0)
    return tuple(found)


def undo(filters: tuple[Filter, ...], left_out: int, data: bytes, size: int) -> bytes:
    """Return the bytes of a chunk as they were before the filters.

    Parameters
    ----------
    filters : tuple of Filter
        The dataset's filters.
    left_out : int
        Has a bit for each of them that was not applied to this chunk.
    data : bytes
        The chunk as it is stored.
    size : int
        The chunk's size before, in bytes.

    Raises
    ------
    SeluLintError
        If it is broken, or a filter is none of deflate, shuffle, fletcher32 and LZF.
    """
    for number, (kind, values) in reversed(list(enumerate(filters))):
        if left_out >> number & 1:
            continue
        if kind == _FLETCHER32:
            data = _without_checksum(data)
        elif kind == _DEFLATE:
            # A checksum may have been added before it was packed.
            data = _inflated(data, size + 4)
        elif kind == _LZF:
            data = _expanded(data, size + 4)
        elif kind == _SHUFFLE:
            data = _unshuffled(data, values[0] if values else 1)
        else:
            raise unsupported(f"the filter {kind}")
    if len(data) != size:
        raise broken("a piece of a variable has another size")
    return data


def _inflated(data: bytes, most: int) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        return unpacker.decompress(data, most)
    except zlib.error:
        raise broken("a compressed piece of a variable cannot be read") from None


def _unshuffled(data: bytes, size: int) -> bytes:
    """Put together the bytes of elements whose first bytes stand first, then the second ones."""
    import numpy as np

    whole = len(data) // size * size if size else 0
    parts = np.frombuffer(data[:whole], np.uint8).reshape(size or 1, -1)
    return bytes(parts.T.tobytes()) + data[whole:]


def _without_checksum(data: bytes) -> bytes:
    """Return data without Fletcher's checksum of 16-bit words behind it, which has to hold."""
    import numpy as np

    content, stored = data[:-4], int.from_bytes(data[-4:], "little")
    words = np.frombuffer(content + bytes(len(content) % 2), ">u2").astype(np.uint64)
    # The second sum has each word as often as there are sums from it on.
    times = np.arange(len(words), 0, -1, dtype=np.uint64) % 65535
    low, high = int(words.sum()), int((words * times).sum())
    if (stored % 65536 - low) % 65535 or ((stored >> 16) - high) % 65535:
        raise broken("the checksum of a variable does not hold")
    return content


def _expanded(data: bytes, most: int) -> bytes:
    """Undo LZF: runs of bytes as they are, and of bytes that stood shortly before."""
    found, position = bytearray(), 0
    try:
        while position < len(data) and len(found) <= most:
            control = data[position]
            position += 1
            if control < _BACKWARD:
                found += data[position : position + control + 1]
                position += control + 1
                continue
            length = (control >> 5) + 2
            if length == 9:
                length += data[position]
                position += 1
            start = len(found) - ((control & 31) << 8) - data[position] - 1
            position += 1
            if start < 0:
                raise broken("a compressed piece of a variable cannot be read")
            # What is repeated may reach into itself.
            run = bytes(found[start : start + length])
            found += (run * (length // len(run) + 1))[:length]
    except IndexError:
        raise broken("a compressed piece of a variable cannot be read") from None
    return bytes(found)
