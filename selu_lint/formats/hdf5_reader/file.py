"""The groups, datasets and attributes of an HDF5 file, read without the HDF5 library.

The library executes nothing either, but its C code crashes on broken files and takes longer to
load than a whole check. Links out of the file, soft links and virtual datasets are not followed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from functools import cached_property
from struct import Struct
from typing import BinaryIO, NamedTuple

from selu_lint.formats.hdf5_reader.bytes import Cursor, Storage, broken, unsupported
from selu_lint.formats.hdf5_reader.groups import dense_links, parse_link, symbol_table_links
from selu_lint.formats.hdf5_reader.heap import FractalHeap, records
from selu_lint.formats.hdf5_reader.values import (
    Datatype,
    GlobalHeap,
    Value,
    decode,
    parse_datatype,
    parse_largest,
    parse_shape,
)
from selu_lint.limits import Limits

_DATASPACE, _LINK_INFO, _DATATYPE, _LINK, _EXTERNAL, _LAYOUT = 1, 2, 3, 6, 7, 8
_FILTERS, _ATTRIBUTE, _CONTINUATION, _SYMBOL_TABLE, _ATTRIBUTE_INFO = 11, 12, 16, 17, 21
_ATTRIBUTE_NAMES = 8
_SHARED = 2
_COMPACT, _CONTIGUOUS, _CHUNKED, _VIRTUAL = range(4)
_OLD_HEAD, _MODERN_HEAD, _ORDERED_HEAD = Struct("<HHB3x"), Struct("<BHB"), Struct("<BHB2x")


class Message(NamedTuple):
    """One message of an object header: its type, flags and bytes."""

    kind: int
    flags: int
    data: bytes


class Node:
    """A group or a dataset.

    Parameters
    ----------
    storage : Storage
        The file.
    heap : GlobalHeap
        Its strings.
    address : int
        Address of the object header; that of a group that only names imply is negative.
    again : bool
        Whether it was looked at and counted before.
    """

    def __init__(
        self, storage: Storage, heap: GlobalHeap, address: int, again: bool = False
    ) -> None:
        storage.spend(0 if again else 1)
        self._storage = storage
        self._heap = heap
        self._address = address
        self.messages = () if address < 0 else tuple(_messages(storage, address))

    def _message(self, kind: int) -> Message | None:
        return next((message for message in self.messages if message.kind == kind), None)

    @property
    def is_dataset(self) -> bool:
        """Whether this is a dataset."""
        return self._message(_LAYOUT) is not None

    def attribute(self, name: str, limit: str = "attribute_bytes") -> Value:
        """Return an attribute's value, None if there is none or it is neither text nor integer.

        Parameters
        ----------
        name : str
            Its name.
        limit : str
            The limit on its size.
        """
        data = self._attribute_table.get(name.encode("utf-8"))
        if data is None:
            return None
        cursor = Cursor(data)
        _, sizes, version = _attribute_head(cursor)
        datatype = parse_datatype(Cursor(_padded(cursor, sizes[0], version)))
        shape = parse_shape(Cursor(_padded(cursor, sizes[1], version)), self._storage)
        value = cursor.take(cursor.left)
        return decode(self._storage, self._heap, datatype, shape, value, limit)

    def has_attribute(self, name: str) -> bool:
        """Whether there is an attribute of this name."""
        return name.encode("utf-8") in self._attribute_table

    @cached_property
    def _attribute_table(self) -> dict[bytes, bytes]:
        return {_attribute_head(Cursor(data))[0]: data for data in self._attributes()}

    def _attributes(self) -> Iterator[bytes]:
        for message in self.messages:
            if message.kind == _ATTRIBUTE and not message.flags & _SHARED:
                yield message.data
            elif message.kind == _ATTRIBUTE_INFO:
                yield from self._dense_attributes(message.data)

    def _dense_attributes(self, data: bytes) -> Iterator[bytes]:
        cursor = Cursor(data)
        cursor.skip(1)
        cursor.skip(2 if cursor.number(1) & 1 else 0)
        heap_address = cursor.number(self._storage.offset_size)
        tree = cursor.number(self._storage.offset_size)
        if heap_address == self._storage.undefined:
            return
        heap = FractalHeap(self._storage, heap_address)
        for record in records(self._storage, tree, _ATTRIBUTE_NAMES):
            self._storage.spend()
            yield heap.object(record[:8])

    @property
    def links(self) -> dict[str, int]:
        """Addresses of the group's members by their names, hard links only."""
        known = self._storage.links
        if self._address not in known:
            known[self._address] = self._read_links()
        return known[self._address]

    def _read_links(self) -> dict[str, int]:
        links: dict[str, int] = {}
        for message in self.messages:
            if message.kind == _SYMBOL_TABLE:
                links.update(symbol_table_links(self._storage, message.data))
            elif message.kind == _LINK_INFO:
                links.update(dense_links(self._storage, message.data))
            elif message.kind == _LINK:
                link = parse_link(self._storage, message.data)
                links.update([link] if link is not None else [])
        return links

    def child(self, name: str) -> Node | None:
        """Return a member of the group, None if there is none of this name."""
        address = self.links.get(name)
        return None if address is None else self._at(address, again=False)

    def find(self, path: str, again: bool = False) -> Node | None:
        """Return the member at a path of names joined with ``/``.

        Parameters
        ----------
        path : str
            The path.
        again : bool
            Whether the member was looked at and counted before.
        """
        address, known = self._address, self._storage.links
        for name in filter(None, path.split("/")):
            if address not in known:
                group = self if address == self._address else self._at(address, again)
                known[address] = group.links
            if name not in known[address]:
                return None
            address = known[address][name]
        return self if address == self._address else self._at(address, again)

    def unfold(self) -> None:
        r"""Take members named ``layers\dense``, as Windows joins paths, for members of groups."""
        known = self._storage.links
        folded = sorted(name for name in self.links if "\\" in name)
        members = {name: self.links[name] for name in folded}
        known[self._address] = {n: at for n, at in self.links.items() if n not in members}
        # A group stands in front of its members, so that those it has are known.
        for name in folded:
            *groups, last = name.split("\\")
            links = known[self._address]
            for group in groups:
                if group not in links:
                    self._storage.spend()
                    links[group] = -1 - len(known)
                    known[links[group]] = {}
                at = links[group]
                links = known[at] if at in known else self._at(at, again=True).links
            links.setdefault(last, members[name])

    def _at(self, address: int, again: bool) -> Node:
        return Node(self._storage, self._heap, address, again)

    @cached_property
    def shape(self) -> tuple[int, ...] | None:
        """The dataset's shape; None if it holds nothing or this is a group."""
        message = self._message(_DATASPACE)
        if message is None or message.flags & _SHARED:
            return None
        return parse_shape(Cursor(message.data), self._storage)

    @cached_property
    def datatype(self) -> Datatype:
        """The type of the dataset's elements."""
        message = self._message(_DATATYPE)
        if message is None:
            raise broken("a dataset has no type")
        if message.flags & _SHARED:
            raise unsupported("named types")
        return parse_datatype(Cursor(message.data))

    def values(self, size: int) -> bytes:
        """Return the dataset's values in one piece, ``size`` bytes.

        Raises
        ------
        SeluLintError
            If they are broken, past a limit, or stored as few files are.
        """
        layout = self._message(_LAYOUT)
        data = b"" if layout is None else layout.data
        if self.extent is not None:
            start, stored = self.extent
            if stored < size:
                raise broken("a variable ends early")
            return self._storage.values(start - self._storage.base, size)
        if data and self._layout_class is None:
            raise unsupported(f"version {data[0]} of layouts")
        if self._layout_class == _COMPACT:
            cursor = Cursor(data, 2)
            return Cursor(cursor.take(cursor.number(2))).take(size)
        space = self._message(_DATASPACE)
        if self._layout_class != _CHUNKED or space is None or self.shape is None:
            raise broken("a variable whose values are not stored")
        # Few files have chunks: what reads them is loaded for those.
        from selu_lint.formats.hdf5_reader.chunks import Chunked
        from selu_lint.formats.hdf5_reader.filters import parse_filters

        filters = self._message(_FILTERS)
        largest = parse_largest(Cursor(space.data), self._storage)
        known = () if filters is None else parse_filters(filters.data)
        item = self.datatype.size
        return Chunked(self._storage, data, known, self.shape, largest, item).read()

    @property
    def is_external(self) -> bool:
        """Whether the values lie in other files or other datasets."""
        return self._layout_class == _VIRTUAL or self._message(_EXTERNAL) is not None

    @property
    def _layout_class(self) -> int | None:
        """How the values are stored; None where the version of the layout is not known."""
        layout = self._message(_LAYOUT)
        # HDF5 1.6 and later write version 3, 1.10 version 4, 2.0 version 5.
        if layout is None or layout.data[:1] not in (b"\3", b"\4", b"\5"):
            return None
        return Cursor(layout.data, 1).number(1)

    @property
    def extent(self) -> tuple[int, int] | None:
        """Where the values lie in one piece: start and size in bytes of the file; else None."""
        layout = self._message(_LAYOUT)
        if layout is None or self._layout_class != _CONTIGUOUS or self.is_external:
            return None
        if self._message(_FILTERS) is not None:
            return None
        cursor = Cursor(layout.data, 2)
        address = cursor.number(self._storage.offset_size)
        size = cursor.number(self._storage.length_size)
        return None if address == self._storage.undefined else (self._storage.base + address, size)


def open_root(file: BinaryIO, limits: Limits) -> Node:
    """Return the root group of an HDF5 file.

    Raises
    ------
    SeluLintError
        If the file is no HDF5, truncated, or broken.
    """
    storage = Storage(file, limits)
    return Node(storage, GlobalHeap(storage), storage.root)


def _messages(storage: Storage, address: int) -> Iterator[Message]:
    head = storage.upto(address, 64)
    modern = head.startswith(b"OHDR")
    if modern:
        cursor = Cursor(head, 5)
        flags = cursor.number(1)
        cursor.skip((16 if flags & 32 else 0) + (4 if flags & 16 else 0))
        size = cursor.number(1 << (flags & 3))
        blocks = deque([(address + cursor.position, size)])
    elif head[:1] == b"\1":
        flags = 0
        blocks = deque([(address + 16, Cursor(head, 8).number(4))])
    else:
        raise broken("no object where one should be")
    left = storage.limits.attribute_bytes
    seen: set[tuple[int, int]] = set()
    while blocks:
        block = blocks.popleft()
        left -= block[1] + 16
        if left < 0:
            raise storage.limits.exceeded("attribute_bytes", "an object of the HDF5 file takes")
        if block in seen:
            raise broken("an object without end")
        seen.add(block)
        yield from _block(storage, *block, modern, bool(flags & 4), blocks)


def _block(
    storage: Storage,
    address: int,
    size: int,
    modern: bool,
    ordered: bool,
    blocks: deque[tuple[int, int]],
) -> Iterator[Message]:
    data = storage.read(address, size)
    head = (_ORDERED_HEAD if ordered else _MODERN_HEAD) if modern else _OLD_HEAD
    position = 0
    while position + head.size <= size:
        kind, length, flags = head.unpack_from(data, position)
        position += head.size + length
        if position > size:
            raise broken("a message ends early")
        content = data[position - length : position]
        if kind != _CONTINUATION:
            yield Message(kind, flags, content)
            continue
        cursor = Cursor(content)
        place = cursor.number(storage.offset_size)
        length = cursor.number(storage.length_size)
        if modern:
            storage.cursor(place, 4).expect(b"OCHK")
            blocks.append((place + 4, max(0, length - 8)))
        else:
            blocks.append((place, length))


def _attribute_head(cursor: Cursor) -> tuple[bytes, tuple[int, int], int]:
    version = cursor.number(1)
    if not 1 <= version <= 3:
        raise unsupported(f"attribute version {version}")
    if cursor.number(1) and version > 1:
        raise unsupported("named types")
    name_size, datatype_size, shape_size = (cursor.number(2) for _ in range(3))
    cursor.skip(1 if version == 3 else 0)
    name = _padded(cursor, name_size, version).split(b"\0", 1)[0]
    return name, (datatype_size, shape_size), version


def _padded(cursor: Cursor, size: int, version: int) -> bytes:
    data = cursor.take(size)
    if version == 1:
        cursor.skip(-size % 8)
    return data
