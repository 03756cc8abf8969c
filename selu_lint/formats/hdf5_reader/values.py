"""The types, shapes and small values of an HDF5 file."""

from __future__ import annotations

import math
import struct
from typing import Literal, NamedTuple

from selu_lint.formats.hdf5_reader.bytes import Cursor, Storage, broken, unsupported

MAX_RANK = 32
_KEPT_BYTES = 1 << 22

Value = str | int | list[str] | list[int] | None

DatatypeKind = Literal["int", "uint", "float", "bool", "string", "vlen-string", "opaque", "other"]


class Datatype(NamedTuple):
    """The type of the elements of an attribute or a dataset.

    Attributes
    ----------
    kind : str
        What they are; a ``string`` is one of fixed length.
    size : int
        Size of an element, in bytes.
    big_endian : bool
        Whether the most significant byte stands first.
    exponent : int
        Bits of a float's exponent.
    """

    kind: DatatypeKind
    size: int
    big_endian: bool = False
    exponent: int = 0

    @property
    def name(self) -> str:
        """NumPy's name of the type, such as ``float32``; ``bfloat16`` where it is that."""
        if self.kind == "float":
            return "bfloat16" if (self.size, self.exponent) == (2, 8) else f"float{8 * self.size}"
        if self.kind in ("int", "uint"):
            return f"{self.kind}{8 * self.size}"
        return "bool" if self.kind == "bool" else f"V{self.size}"


def parse_datatype(cursor: Cursor) -> Datatype:
    """Parse a datatype message."""
    kind = cursor.number(1) & 15
    bits = cursor.number(3)
    size = cursor.number(4)
    if kind == 0:
        return Datatype("int" if bits & 8 else "uint", size, bool(bits & 1))
    if kind == 1:
        cursor.skip(5)
        return Datatype("float", size, bool(bits & 1), cursor.number(1))
    if kind == 3:
        return Datatype("string", size)
    if kind == 5:
        return Datatype("opaque", size)
    if kind == 8:
        return Datatype("bool" if size == 1 and bits & 0xFFFF == 2 else "other", size)
    if kind == 9 and bits & 15 == 1:
        return Datatype("vlen-string", size)
    return Datatype("other", size)


def parse_shape(cursor: Cursor, storage: Storage) -> tuple[int, ...] | None:
    """Parse a dataspace message; None for one that holds nothing."""
    found = _parse_space(cursor, storage)
    return None if found is None else found[0]


def parse_largest(cursor: Cursor, storage: Storage) -> tuple[int, ...]:
    """Parse what a dataspace may grow to: its shape, or other bounds where it has such."""
    found = _parse_space(cursor, storage)
    return () if found is None else found[1]


def _parse_space(
    cursor: Cursor, storage: Storage
) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    version = cursor.number(1)
    rank = cursor.number(1)
    bounded = cursor.number(1) & 1
    if version == 1:
        cursor.skip(5)
    elif version != 2:
        raise unsupported(f"dataspace version {version}")
    elif cursor.number(1) == 2:
        return None
    if rank > MAX_RANK:
        raise broken(f"a dataspace of {rank} dimensions")
    shape = tuple(cursor.number(storage.length_size) for _ in range(rank))
    return shape, tuple(cursor.number(storage.length_size) for _ in shape) if bounded else shape


class GlobalHeap:
    """The strings of variable length, which lie apart from the attributes that they belong to."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._collections: dict[int, tuple[bytes, dict[int, tuple[int, int]]]] = {}
        self._left = _KEPT_BYTES

    def object(self, address: int, index: int) -> tuple[bytes, int, int]:
        """Return the collection's bytes, and where the object lies in them: start and size."""
        if address not in self._collections:
            self._load(address)
        data, objects = self._collections[address]
        if index not in objects:
            raise broken("a string points nowhere")
        return (data, *objects[index])

    def _load(self, address: int) -> None:
        length = self._storage.length_size
        head = self._storage.cursor(address, 8 + length)
        head.expect(b"GCOL")
        head.skip(4)
        data = self._storage.read(address, head.number(length))
        self._left -= len(data)
        if self._left < 0:
            self._collections.clear()
            self._left = _KEPT_BYTES
        objects: dict[int, tuple[int, int]] = {}
        self._collections[address] = data, objects
        entry = struct.Struct("<H6xQ" if length == 8 else "<H6xI")
        position, end = 8 + length, len(data) - entry.size
        while position <= end:
            index, size = entry.unpack_from(data, position)
            if index == 0:
                return
            if index in objects:
                raise broken("two strings have one number")
            position += entry.size
            objects[index] = (position, size)
            position += size + -size % 8


def decode(
    storage: Storage,
    heap: GlobalHeap,
    datatype: Datatype,
    shape: tuple[int, ...] | None,
    data: bytes,
    limit: str,
) -> Value:
    """Return an attribute's value: a text, an integer, or a list of either; None for other types.

    Raises
    ------
    SeluLintError
        If the value is broken, or its texts are past the limit of this name.
    """
    if shape is None:
        return None
    count = math.prod(shape)
    if count == 0:
        return []
    if count * datatype.size > len(data):
        raise broken("an attribute ends early")
    cursor = Cursor(data)
    if datatype.kind == "vlen-string":
        texts = []
        left = getattr(storage.limits, limit)
        for _ in range(count):
            text = _heap_text(storage, heap, cursor, left)
            if text is None:
                raise storage.limits.exceeded(limit, "an attribute takes")
            left -= len(text) + 1
            texts.append(text)
        return texts if shape else texts[0]
    if datatype.kind == "string":
        texts = [_text(cursor.take(datatype.size).split(b"\0", 1)[0]) for _ in range(count)]
        return texts if shape else texts[0]
    if datatype.kind in ("int", "uint") and datatype.size:
        order: str = "big" if datatype.big_endian else "little"
        signed = datatype.kind == "int"
        numbers = [
            int.from_bytes(cursor.take(datatype.size), order, signed=signed)  # type: ignore[arg-type]
            for _ in range(count)
        ]
        return numbers if shape else numbers[0]
    return None


def _heap_text(storage: Storage, heap: GlobalHeap, cursor: Cursor, most: int) -> str | None:
    """Return the next string; None if it is longer than ``most`` bytes."""
    length = cursor.number(4)
    address = cursor.number(storage.offset_size)
    index = cursor.number(4)
    if length == 0:
        return ""
    if length > most:
        return None
    data, start, size = heap.object(address, index)
    if length > size or start + length > len(data):
        raise broken("a string ends early")
    return _text(data[start : start + length].split(b"\0", 1)[0])


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise broken("a string is not UTF-8") from None
