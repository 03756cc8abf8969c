"""The links of an HDF5 group, in the three ways that HDF5 stores them; only hard ones count."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from selu_lint.formats.hdf5_reader.bytes import Cursor, Storage, broken, unsupported
from selu_lint.formats.hdf5_reader.heap import FractalHeap, records

LINK_NAMES = 5
_HARD = 0
_SOFT = 2


def symbol_table_links(storage: Storage, message: bytes) -> Iterator[tuple[str, int]]:
    """Yield name and address for the links of an old-style group, sorted by name.

    Soft links are passed over.
    """
    cursor = Cursor(message)
    tree = cursor.number(storage.offset_size)
    names = _local_heap(storage, cursor.number(storage.offset_size))
    yield from _tree_links(storage, tree, names, level=None)


def _local_heap(storage: Storage, address: int) -> bytes:
    cursor = storage.cursor(address, 8 + 2 * storage.length_size + storage.offset_size)
    cursor.expect(b"HEAP")
    cursor.skip(4)
    size = cursor.number(storage.length_size)
    cursor.skip(storage.length_size)
    return storage.read(cursor.number(storage.offset_size), size)


def _tree_links(
    storage: Storage, address: int, names: bytes, level: int | None
) -> Iterator[tuple[str, int]]:
    storage.spend()
    offset, length = storage.offset_size, storage.length_size
    head = storage.cursor(address, 8)
    head.expect(b"TREE")
    kind, own_level, entries = head.number(1), head.number(1), head.number(2)
    if kind != 0 or (level is not None and own_level != level):
        raise broken("a group's index is no tree")
    cursor = storage.cursor(address, 8 + 2 * offset + entries * (offset + length))
    cursor.skip(8 + 2 * offset)
    for _ in range(entries):
        cursor.skip(length)
        child = cursor.number(offset)
        if own_level:
            yield from _tree_links(storage, child, names, own_level - 1)
        else:
            yield from _node_links(storage, child, names)


def _node_links(storage: Storage, address: int, names: bytes) -> Iterator[tuple[str, int]]:
    head = storage.cursor(address, 8)
    head.expect(b"SNOD")
    head.skip(2)
    count = head.number(2)
    storage.spend(1 + count)
    entry = struct.Struct("<QQI20x" if storage.offset_size == 8 else "<III20x")
    for start, target, cache in entry.iter_unpack(storage.read(address + 8, count * entry.size)):
        end = names.find(b"\0", start)
        if end < 0:
            raise broken("a link has no name")
        if cache != _SOFT:
            storage.spend_name(end - start)
            yield _name(names[start:end]), target


def parse_link(storage: Storage, message: bytes) -> tuple[str, int] | None:
    """Parse a link message into name and address; None for soft, external and other links."""
    cursor = Cursor(message)
    if cursor.number(1) != 1:
        raise unsupported("an unknown version of links")
    flags = cursor.number(1)
    kind = cursor.number(1) if flags & 8 else _HARD
    cursor.skip(8 if flags & 4 else 0)
    cursor.skip(1 if flags & 16 else 0)
    name = cursor.take(cursor.number(1 << (flags & 3)))
    if kind != _HARD:
        return None
    storage.spend_name(len(name))
    return _name(name), cursor.number(storage.offset_size)


def dense_links(storage: Storage, message: bytes) -> Iterator[tuple[str, int]]:
    """Yield name and address for the links of a group that keeps them in a heap of its own."""
    cursor = Cursor(message)
    cursor.skip(1)
    flags = cursor.number(1)
    cursor.skip(8 if flags & 1 else 0)
    heap_address = cursor.number(storage.offset_size)
    tree = cursor.number(storage.offset_size)
    if heap_address == storage.undefined:
        return
    heap = FractalHeap(storage, heap_address)
    for record in records(storage, tree, LINK_NAMES):
        storage.spend()
        link = parse_link(storage, heap.object(record[4:]))
        if link is not None:
            yield link


def _name(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")
