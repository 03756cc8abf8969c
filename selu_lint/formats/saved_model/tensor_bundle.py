"""TensorFlow's checkpoint files, read without TensorFlow: ``variables.index`` and its shards.

The index is a table of LevelDB (``tensorflow/core/lib/io/table_format.txt``) whose values are
``BundleEntry`` messages; the shards hold the numbers as they lie in memory. TensorFlow writes the
table uncompressed and variables whole; other files need TensorFlow, and are told apart.
"""

from __future__ import annotations

import functools
import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from selu_lint.errors import SeluLintError
from selu_lint.formats.saved_model.folder import SavedModelFolder
from selu_lint.formats.saved_model.messages import damaged, parse, varint
from selu_lint.formats.saved_model.objects import DTYPES, shape_of
from selu_lint.limits import Limits

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VARIABLES = "variables"
INDEX = f"{VARIABLES}/variables.index"
_FOOTER_BYTES = 48
_MAGIC = 0xDB4775248B80FB57


@dataclass(frozen=True)
class BundleTensor:
    """Where a tensor lies: its shape, NumPy dtype, shard, and place in it in bytes."""

    shape: tuple[int, ...] | None
    dtype: str
    shard: int
    offset: int
    size: int
    sliced: bool


class TensorBundle:
    """The tensors of ``variables/``; the index is read at once, values when they are asked for.

    Parameters
    ----------
    folder : SavedModelFolder
        The SavedModel.
    limits : Limits
        Bounds on sizes.

    Raises
    ------
    SeluLintError
        If the index is missing, damaged or compressed.
    """

    def __init__(self, folder: SavedModelFolder, limits: Limits) -> None:
        self._folder = folder
        self._limits = limits
        self._entries = dict(_table(folder.read(INDEX, limits), limits))
        header = parse("BundleHeader", self._entries.pop("", b""), limits, INDEX)
        self._shards = header.shards
        self._little_endian = header.endianness == 0

    def __contains__(self, key: str) -> bool:
        """Whether there is a tensor of this name."""
        return key in self._entries

    def text(self, key: str) -> bytes:
        """Return the bytes of a tensor that holds one string, a protobuf."""
        data = self._bytes(self._tensor(key), "protobuf_bytes")
        # A string tensor is the length of each string, a checksum of the lengths, the strings.
        length, place = varint(data, 0, INDEX)
        if place + 4 + length != len(data):
            raise damaged(INDEX)
        return data[place + 4 :]

    def read(self, key: str) -> NDArray[np.generic]:
        """Return the values of a tensor; bfloat16 as float32.

        Raises
        ------
        SeluLintError
            If there is no such tensor, the shard does not hold it, or it is stored in slices, on a
            machine of other byte order, or as no number.
        """
        import numpy as np

        tensor = self._tensor(key)
        if not self._little_endian:
            raise _unread("a big-endian checkpoint")
        if tensor.sliced:
            raise _unread("slices")
        stored = "uint16" if tensor.dtype == "bfloat16" else tensor.dtype
        if stored not in DTYPES.values() or tensor.shape is None:
            raise _unread(f"the dtype {tensor.dtype}")
        dtype = np.dtype(stored).newbyteorder("<")
        if math.prod(tensor.shape) * dtype.itemsize != tensor.size:
            raise damaged(INDEX)
        values = np.frombuffer(self._bytes(tensor, "variable_bytes"), dtype).reshape(tensor.shape)
        if tensor.dtype == "bfloat16":
            values = (values.astype("<u4") << 16).view("<f4")
        return values

    def _tensor(self, key: str) -> BundleTensor:
        data = self._entries.get(key)
        if data is None:
            raise SeluLintError(f"the variables hold nothing named {key[:200]!r}")
        entry = parse("BundleEntry", data, self._limits, INDEX)
        return BundleTensor(
            shape_of(entry.shape, self._limits),
            DTYPES.get(entry.type, f"type {entry.type}"),
            entry.shard,
            entry.offset,
            entry.size,
            bool(entry.slices),
        )

    def _bytes(self, tensor: BundleTensor, limit: str) -> bytes:
        if tensor.size < 0:
            raise damaged(INDEX)
        if tensor.size > getattr(self._limits, limit):
            raise self._limits.exceeded(limit, "a variable takes")
        name = f"{VARIABLES}/variables.data-{tensor.shard:05d}-of-{self._shards:05d}"
        with self._folder.open(name) as file:
            end = file.seek(0, 2)
            if tensor.offset < 0 or tensor.offset + tensor.size > end:
                raise SeluLintError(f"{name} ends before its last variable; it is truncated")
            file.seek(tensor.offset)
            return file.read(tensor.size)


def _table(data: bytes, limits: Limits) -> Iterator[tuple[str, bytes]]:
    """Yield the keys and values of a LevelDB table."""
    if len(data) < _FOOTER_BYTES or struct.unpack("<Q", data[-8:])[0] != _MAGIC:
        raise SeluLintError(f"{INDEX} is not the index of a checkpoint; it may be truncated")
    place = len(data) - _FOOTER_BYTES
    for _ in range(2):  # The table's own index of blocks stands behind that of its metadata.
        _, place = varint(data, place, INDEX)
    count = names = 0
    left = len(data)
    for last, handle in _block(data, place):
        # Blocks lie beside each other; one that is listed again and again would take hours.
        _, after = varint(handle, 0, INDEX)
        left -= varint(handle, after, INDEX)[0]
        if left < 0:
            raise damaged(INDEX)
        names += len(last)
        for key, value in _block(handle, 0, data):
            count += 1
            names += len(key)
            if count > limits.objects:
                raise limits.exceeded("objects", f"{INDEX} lists", "variables")
            if names > limits.names_bytes:
                raise limits.exceeded("names_bytes", f"names in {INDEX} take")
            yield key.decode("utf-8", "replace"), value


def _block(handle: bytes, place: int, data: bytes | None = None) -> Iterator[tuple[bytes, bytes]]:
    """Yield the entries of the block that a handle, at a place in its bytes, points to."""
    data = handle if data is None else data
    start, place = varint(handle, place, INDEX)
    size, place = varint(handle, place, INDEX)
    end = start + size
    # A byte of compression and a checksum follow; four bytes at the end count the restarts.
    if (
        end + 5 > len(data)
        or size < 4
        or not _is_intact(data[start : end + 1], data[end + 1 : end + 5])
    ):
        raise damaged(INDEX)
    if data[end] != 0:
        raise _unread("a compressed index")
    end -= 4 + 4 * struct.unpack_from("<I", data, end - 4)[0]
    if end < start:
        raise damaged(INDEX)
    key = b""
    while start < end:
        shared, start = varint(data, start, INDEX)
        own, start = varint(data, start, INDEX)
        length, start = varint(data, start, INDEX)
        if shared > len(key) or start + own + length > end:
            raise damaged(INDEX)
        key = key[:shared] + data[start : start + own]
        start += own + length
        yield key, data[start - length : start]


def _is_intact(data: bytes, checksum: bytes) -> bool:
    """Return whether LevelDB's masked CRC-32C of the data is the one given."""
    table = _crc_table()
    crc = 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return checksum == struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


@functools.cache
def _crc_table() -> list[int]:
    table = list(range(256))
    for _ in range(8):
        table = [crc >> 1 ^ (0x82F63B78 if crc & 1 else 0) for crc in table]
    return table


def _unread(form: str) -> SeluLintError:
    return SeluLintError(f"the variables are in {form}, which is not read; save the model anew")
