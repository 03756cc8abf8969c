"""Bounded reading of the bytes of an HDF5 file, after the HDF5 File Format Specification 3.0."""

from __future__ import annotations

import os
from typing import BinaryIO

from selu_lint.errors import SeluLintError
from selu_lint.formats.hdf5_reader.superblock import MAGIC, find_superblock
from selu_lint.limits import Limits


def broken(detail: str) -> SeluLintError:
    """Return the error for bytes that are no valid HDF5."""
    return SeluLintError(f"truncated or broken HDF5 file: {detail}")


def unsupported(detail: str) -> SeluLintError:
    """Return the error for valid HDF5 of a kind that Keras never writes."""
    return SeluLintError(f"the HDF5 file uses {detail}, which Keras never writes")


class Cursor:
    """Reads little-endian numbers from a block of bytes, one after the other.

    Parameters
    ----------
    data : bytes
        The block.
    position : int
        Where to begin.
    """

    __slots__ = ("data", "position")

    def __init__(self, data: bytes, position: int = 0) -> None:
        self.data = data
        self.position = position

    @property
    def left(self) -> int:
        """Bytes behind the position."""
        return len(self.data) - self.position

    def take(self, size: int) -> bytes:
        """Return the next bytes.

        Raises
        ------
        SeluLintError
            If the block ends before.
        """
        start = self.position
        if size < 0 or start + size > len(self.data):
            raise broken("a structure ends early")
        self.position = start + size
        return self.data[start : self.position]

    def number(self, size: int) -> int:
        """Return the next unsigned number of that many bytes."""
        return int.from_bytes(self.take(size), "little")

    def skip(self, size: int) -> None:
        """Pass over bytes."""
        self.take(size)

    def expect(self, signature: bytes) -> None:
        """Pass over a signature, or refuse the file if another one stands there."""
        if self.take(len(signature)) != signature:
            raise broken(f"no {signature.decode('ascii')} where one should be")


class Storage:
    """The bytes of an HDF5 file by their HDF5 addresses.

    Parameters
    ----------
    file : BinaryIO
        The open file; it stays open.
    limits : Limits
        Bounds on what is read.

    Attributes
    ----------
    base : int
        Where the HDF5 part begins in the file, in bytes; a user block may stand before it.
    offset_size, length_size : int
        Size of addresses and of lengths, in bytes.
    root : int
        Address of the root group's object header.
    links : dict
        The members of the groups that were looked at, by the groups' addresses.

    Raises
    ------
    SeluLintError
        If the file is no HDF5, or truncated.
    """

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        self.limits = limits
        self.links: dict[int, dict[str, int]] = {}
        self._file = file
        self._size = file.seek(0, os.SEEK_END)
        self._objects_left = limits.objects
        self._names_left = limits.names_bytes
        self._bytes_left = limits.structure_bytes
        base = find_superblock(file)
        if base is None:
            raise broken("it has no superblock")
        self.base = base
        self._read_superblock()

    def _read_superblock(self) -> None:
        self._file.seek(self.base)
        cursor = Cursor(self._file.read(128), len(MAGIC))
        version = cursor.number(1)
        if version > 3:
            raise unsupported(f"superblock version {version}")
        if version < 2:
            cursor.skip(4)
        self.offset_size = cursor.number(1)
        self.length_size = cursor.number(1)
        if self.offset_size not in (4, 8) or self.length_size not in (4, 8):
            raise unsupported("addresses that are neither 4 nor 8 bytes long")
        if version < 2:
            cursor.skip(9 if version == 0 else 13)
            cursor.skip(2 * self.offset_size)
            end = cursor.number(self.offset_size)
            cursor.skip(2 * self.offset_size)
        else:
            cursor.skip(1 + 2 * self.offset_size)
            end = cursor.number(self.offset_size)
        self.root = cursor.number(self.offset_size)
        if end + self._stored_base_shift(version) > self._size - self.base:
            raise broken("it ends early")

    def _stored_base_shift(self, version: int) -> int:
        # The stored end counts from the start of the file, the user block included.
        self._file.seek(self.base)
        head = Cursor(self._file.read(64), 24 if version == 0 else 28 if version == 1 else 12)
        return -head.number(self.offset_size)

    @property
    def undefined(self) -> int:
        """The address that stands for "nowhere"."""
        return int((1 << (8 * self.offset_size)) - 1)

    def read(self, address: int, size: int) -> bytes:
        """Return bytes by their address.

        Raises
        ------
        SeluLintError
            If they lie outside the file or are too many.
        """
        if size > self.limits.json_bytes:
            raise self.limits.exceeded("json_bytes", "a structure of the HDF5 file takes")
        self._bytes_left -= size
        if self._bytes_left < 0:
            raise self.limits.exceeded("structure_bytes", "what describes the HDF5 file takes")
        if self.base + address + size > self._size:
            raise broken("an address lies outside the file")
        return self.values(address, size)

    def values(self, address: int, size: int) -> bytes:
        """Return bytes by their address, of a variable whose size was held against its limit.

        Raises
        ------
        SeluLintError
            If they lie outside the file.
        """
        if self.base + address + size > self._size:
            raise broken("a variable ends early")
        self._file.seek(self.base + address)
        data = self._file.read(size)
        if len(data) != size:
            raise broken("it ends early")
        return data

    def cursor(self, address: int, size: int) -> Cursor:
        """Return a cursor over bytes by their address."""
        return Cursor(self.read(address, size))

    def upto(self, address: int, size: int) -> bytes:
        """Return bytes by their address, fewer where the file ends before."""
        return self.read(address, max(0, min(size, self._size - self.base - address)))

    def spend(self, count: int = 1) -> None:
        """Count looked-at objects against the limit.

        Raises
        ------
        LimitError
            If the limit is passed.
        """
        self._objects_left -= count
        if self._objects_left < 0:
            raise self.limits.exceeded("objects", "the HDF5 file holds", "objects")

    def spend_name(self, size: int) -> None:
        """Count the bytes of a name against the limit, before the name is copied.

        Names may lie over each other in the file, so that they take more than it.

        Raises
        ------
        LimitError
            If the limit is passed.
        """
        self._names_left -= size
        if self._names_left < 0:
            raise self.limits.exceeded("names_bytes", "names in the HDF5 file take")
