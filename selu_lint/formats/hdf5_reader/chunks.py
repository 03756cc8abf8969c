"""The values of an HDF5 dataset in chunks: where each lies, and how they make up the whole.

Keras writes no chunks, but repacked files have them. Source: HDF5 File Format Specification 3.0,
III.A.1 (version 1 B-trees), IV.A.2.i (layouts) and VII (indexes of chunks).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from selu_lint.formats.hdf5_reader.bytes import Cursor, Storage, broken, unsupported
from selu_lint.formats.hdf5_reader.filters import Filter, undo
from selu_lint.formats.hdf5_reader.heap import records

_SINGLE, _IMPLICIT, _FIXED_ARRAY, _TREE = 1, 2, 3, 5
_PLAIN_RECORDS, _FILTERED_RECORDS = 10, 11
_FILTERED_SINGLE = 2
_MOST_RATIO = 1032
"""How many bytes deflate makes of one at most."""

Place = tuple[int, ...]
"""Which chunk it is along each axis."""


class Chunk(NamedTuple):
    """A chunk as it is stored: address, size in bytes, and a bit for each filter left out."""

    address: int
    size: int
    left_out: int = 0


class Chunked(NamedTuple):
    """A dataset in chunks.

    Attributes
    ----------
    storage : Storage
        The file.
    layout : bytes
        The layout message.
    filters : tuple of Filter
        What was done to each chunk.
    shape, largest : tuple of int
        The dataset's shape, and what it may grow to.
    item : int
        Size of an element, in bytes.
    """

    storage: Storage
    layout: bytes
    filters: tuple[Filter, ...]
    shape: tuple[int, ...]
    largest: tuple[int, ...]
    item: int

    def read(self) -> bytes:
        """Return the values in one piece.

        Raises
        ------
        SeluLintError
            If they are broken, not all stored, past a limit, or stored as few files are.
        """
        import numpy as np

        sizes, chunks = self._indexed()
        size = math.prod(sizes) * self.item
        counts = _counts(self.shape, sizes)
        limits = self.storage.limits
        if math.prod(counts) * size > limits.variable_bytes:
            raise limits.exceeded("variable_bytes", "a variable takes")
        known: dict[Place, Chunk] = {}
        for place, chunk in chunks:
            self.storage.spend()
            if chunk.address != self.storage.undefined:
                known[place] = chunk
        if sum(chunk.size for chunk in known.values()) * _MOST_RATIO < math.prod(counts) * size:
            raise broken("a variable whose values are not stored")
        kind = np.dtype(f"V{self.item}")
        values = np.empty(self.shape, kind)
        for number in range(math.prod(counts)):
            place = _place(number, counts)
            if place not in known:
                raise broken("a variable whose values are not stored")
            data = self._data(known[place], size)
            along = zip(place, sizes, strict=True)
            part = values[tuple(slice(at * step, (at + 1) * step) for at, step in along)]
            # The last chunks may go beyond the dataset.
            part[...] = np.frombuffer(data, kind).reshape(sizes)[tuple(map(slice, part.shape))]
        return values.tobytes()

    def _data(self, chunk: Chunk, size: int) -> bytes:
        # A checksum, and what deflate adds where it cannot shrink anything, go beyond the size.
        if chunk.size > size + size // 64 + 64:
            raise broken("a piece of a variable has another size")
        data = self.storage.values(chunk.address, chunk.size)
        return undo(self.filters, chunk.left_out, data, size)

    def _indexed(self) -> tuple[tuple[int, ...], Iterator[tuple[Place, Chunk]]]:
        """Return the shape of a chunk, and the chunks that are stored."""
        cursor = Cursor(self.layout)
        version = cursor.number(1)
        cursor.skip(1)
        offset = self.storage.offset_size
        if version == 3:
            rank = cursor.number(1)
            tree = cursor.number(offset)
            sizes = self._sizes(cursor, rank, 4)
            return sizes, self._of_old_tree(tree, sizes, None)
        flags, rank, width = (cursor.number(1) for _ in range(3))
        sizes = self._sizes(cursor, rank, width)
        kind = cursor.number(1)
        if flags & 1:
            raise unsupported("chunks that are stored in two ways")
        if kind == _SINGLE:
            plain = Chunk(0, math.prod(sizes) * self.item)
            if flags & _FILTERED_SINGLE:
                plain = Chunk(0, cursor.number(self.storage.length_size), cursor.number(4))
            single = (0,) * len(sizes), plain._replace(address=cursor.number(offset))
            return sizes, iter((single,))
        if kind == _IMPLICIT:
            return sizes, self._in_a_row(cursor.number(offset), sizes)
        if kind == _FIXED_ARRAY:
            cursor.skip(1)
            return sizes, self._of_fixed_array(cursor.number(offset), sizes)
        if kind == _TREE:
            cursor.skip(6)
            return sizes, self._of_tree(cursor.number(offset), sizes)
        raise unsupported("arrays of chunks that can grow")

    def _sizes(self, cursor: Cursor, rank: int, width: int) -> tuple[int, ...]:
        *sizes, item = (cursor.number(width) for _ in range(max(1, rank)))
        if len(sizes) != len(self.shape) or item != self.item or not all(sizes):
            raise broken("a variable in pieces of another shape")
        return tuple(sizes)

    def _of_old_tree(
        self, address: int, sizes: tuple[int, ...], level: int | None
    ) -> Iterator[tuple[Place, Chunk]]:
        storage = self.storage
        if address == storage.undefined:
            return
        storage.spend()
        offset, rank = storage.offset_size, len(sizes) + 1
        head = storage.cursor(address, 8)
        head.expect(b"TREE")
        kind, own_level, entries = head.number(1), head.number(1), head.number(2)
        if kind != 1 or (level is not None and own_level != level):
            raise broken("the index of a variable's pieces is no tree")
        cursor = storage.cursor(address, 8 + 2 * offset + entries * (8 + 8 * rank + offset))
        cursor.skip(8 + 2 * offset)
        for _ in range(entries):
            size, left_out = cursor.number(4), cursor.number(4)
            starts = [cursor.number(8) for _ in range(rank)]
            child = cursor.number(offset)
            if own_level:
                yield from self._of_old_tree(child, sizes, own_level - 1)
            else:
                place = (start // step for start, step in zip(starts, sizes, strict=False))
                yield tuple(place), Chunk(child, size, left_out)

    def _of_tree(self, address: int, sizes: tuple[int, ...]) -> Iterator[tuple[Place, Chunk]]:
        kind = _FILTERED_RECORDS if self.filters else _PLAIN_RECORDS
        for record in records(self.storage, address, kind):
            width = len(record) - 8 * len(sizes)
            chunk = self._entry(Cursor(record[:width]), width, sizes)
            where = Cursor(record, width)
            yield tuple(where.number(8) for _ in sizes), chunk

    def _in_a_row(self, address: int, sizes: tuple[int, ...]) -> Iterator[tuple[Place, Chunk]]:
        size = math.prod(sizes) * self.item
        counts = _counts(self.largest, sizes)
        for number in range(math.prod(counts)):
            yield _place(number, counts), Chunk(address + number * size, size)

    def _of_fixed_array(
        self, address: int, sizes: tuple[int, ...]
    ) -> Iterator[tuple[Place, Chunk]]:
        storage = self.storage
        if address == storage.undefined:
            return
        offset = storage.offset_size
        cursor = storage.cursor(address, 8 + storage.length_size + offset)
        cursor.expect(b"FAHD")
        cursor.skip(2)
        width, bits = cursor.number(1), cursor.number(1)
        count, block = cursor.number(storage.length_size), cursor.number(offset)
        if block == storage.undefined:
            return
        start, page = block + 6 + offset, count
        if count >> bits:
            # Behind the head stand a bit for each page and a checksum, behind each page another.
            page = 1 << bits
            start += (-(-count // page) + 7) // 8 + 4
        storage.cursor(block, 4).expect(b"FADB")
        counts = _counts(self.largest, sizes)
        for number in range(min(count, math.prod(counts))):
            entry = storage.cursor(start + number * width + number // page * 4, width)
            yield _place(number, counts), self._entry(entry, width, sizes)

    def _entry(self, cursor: Cursor, width: int, sizes: tuple[int, ...]) -> Chunk:
        """Return a chunk from what an index says: its address, with filters size and which."""
        offset = self.storage.offset_size
        address = cursor.number(offset)
        if not self.filters:
            return Chunk(address, math.prod(sizes) * self.item)
        return Chunk(address, cursor.number(width - offset - 4), cursor.number(4))


def _counts(shape: tuple[int, ...], sizes: tuple[int, ...]) -> list[int]:
    """Return how many chunks there are along each axis."""
    return [-(-length // step) for length, step in zip(shape, sizes, strict=True)]


def _place(number: int, counts: list[int]) -> Place:
    """Return the place of the chunk with a number: the last axis is counted first."""
    place = []
    for count in reversed(counts):
        number, at = divmod(number, count)
        place.append(at)
    return tuple(reversed(place))
