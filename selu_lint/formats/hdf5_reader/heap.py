"""HDF5's fractal heaps and version 2 B-trees, where large groups keep links and attributes."""

from __future__ import annotations

from collections.abc import Iterator

from selu_lint.formats.hdf5_reader.bytes import Cursor, Storage, broken, unsupported

_NODE_OVERHEAD = 10
_MAX_DEPTH = 32


class FractalHeap:
    """A heap of small objects in blocks of doubling size.

    Parameters
    ----------
    storage : Storage
        The file.
    address : int
        Address of the heap's header.
    """

    def __init__(self, storage: Storage, address: int) -> None:
        self._storage = storage
        offset, length = storage.offset_size, storage.length_size
        cursor = storage.cursor(address, 26 + 12 * length + 3 * offset)
        cursor.expect(b"FRHP")
        cursor.skip(3)
        if cursor.number(2):
            raise unsupported("compressed heaps")
        cursor.skip(1)
        managed = cursor.number(4)
        cursor.skip(10 * length + 2 * offset)
        self._width = cursor.number(2)
        self._start = cursor.number(length)
        largest = cursor.number(length)
        bits = cursor.number(2)
        cursor.skip(2)
        self._root = cursor.number(offset)
        self._rows = cursor.number(2)
        if not self._start or not self._width or largest < self._start:
            raise broken("a heap without blocks")
        self._direct_rows = largest.bit_length() - self._start.bit_length() + 2
        self._offset_bytes = (bits + 7) // 8
        self._length_bytes = min((largest.bit_length() + 6) // 8, _bytes_for(managed))

    def object(self, identifier: bytes) -> bytes:
        """Return the object with this heap identifier."""
        cursor = Cursor(identifier)
        kind = cursor.number(1) >> 4 & 3
        if kind == 0:
            offset = cursor.number(self._offset_bytes)
            size = cursor.number(self._length_bytes)
            return self._storage.read(self._place(offset), size)
        if kind == 2:
            return cursor.take((identifier[0] & 15) + 1)
        raise unsupported("objects too large for their heap")

    def _place(self, offset: int) -> int:
        if not self._rows:
            return self._root + offset
        address, rows = self._root, self._rows
        for _ in range(_MAX_DEPTH):
            row = max(0, (offset // (self._start * self._width)).bit_length())
            if row >= rows:
                raise broken("an object outside its heap")
            size = self._start << max(0, row - 1)
            offset -= self._start * self._width << (row - 1) if row else 0
            column, offset = divmod(offset, size)
            entry = address + self._entry(row, column)
            address = self._storage.cursor(entry, self._storage.offset_size).number(
                self._storage.offset_size
            )
            if row < self._direct_rows:
                return address + offset
            rows = (size // (self._start * self._width)).bit_length()
        raise broken("a heap without end")

    def _entry(self, row: int, column: int) -> int:
        head = 5 + self._storage.offset_size + self._offset_bytes
        return head + (row * self._width + column) * self._storage.offset_size


def records(storage: Storage, address: int, kind: int) -> Iterator[bytes]:
    """Yield the records of a version 2 B-tree in order.

    Parameters
    ----------
    storage : Storage
        The file.
    address : int
        Address of the tree's header.
    kind : int
        The type of records that is expected.
    """
    offset = storage.offset_size
    cursor = storage.cursor(address, 18 + offset + storage.length_size)
    cursor.expect(b"BTHD")
    cursor.skip(1)
    if cursor.number(1) != kind:
        raise broken("an index of another kind")
    node_size, record_size, depth = cursor.number(4), cursor.number(2), cursor.number(2)
    cursor.skip(2)
    root, count = cursor.number(offset), cursor.number(2)
    if not record_size or depth > _MAX_DEPTH or node_size <= _NODE_OVERHEAD:
        raise broken("an index without records")
    if root == storage.undefined:
        return
    largest = (node_size - _NODE_OVERHEAD) // record_size
    count_size = _bytes_for(largest)
    total, pointers = largest, [offset + count_size]
    for _ in range(depth):
        pointer = pointers[-1]
        inner = max(0, node_size - _NODE_OVERHEAD - pointer) // (record_size + pointer)
        total = (inner + 1) * total + inner
        pointers.append(offset + count_size + _bytes_for(total))
    yield from _node(storage, root, count, depth, record_size, count_size, pointers)


def _node(
    storage: Storage,
    address: int,
    count: int,
    depth: int,
    record_size: int,
    count_size: int,
    pointers: list[int],
) -> Iterator[bytes]:
    storage.spend()
    pointer = pointers[depth - 1] if depth else 0
    cursor = storage.cursor(address, 6 + count * record_size + (count + 1) * pointer)
    cursor.expect(b"BTIN" if depth else b"BTLF")
    cursor.skip(2)
    own = [cursor.take(record_size) for _ in range(count)]
    if not depth:
        yield from own
        return
    for number in range(count + 1):
        child = Cursor(cursor.take(pointer))
        place, children = child.number(storage.offset_size), child.number(count_size)
        yield from _node(storage, place, children, depth - 1, record_size, count_size, pointers)
        if number < count:
            yield own[number]


def _bytes_for(largest: int) -> int:
    return (max(1, largest).bit_length() - 1) // 8 + 1
