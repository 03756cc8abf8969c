"""The last part of an open file, as a file of its own that can grow."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer


class Tail(io.RawIOBase):
    """A file that starts inside another one and ends where that ends.

    Parameters
    ----------
    file : BinaryIO
        The file, for reading and writing.
    start : int
        Where the part starts, in bytes.
    """

    def __init__(self, file: BinaryIO, start: int) -> None:
        super().__init__()
        self._file = file
        self._start = start
        self._position = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def writable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position, in bytes from the part's start."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Set the position and return it."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position}
        if whence == os.SEEK_END:
            base[whence] = self._file.seek(0, os.SEEK_END) - self._start
        self._position = max(0, base[whence] + offset)
        return self._position

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill the buffer as far as the file goes and return the number of bytes."""
        self._file.seek(self._start + self._position)
        got = cast("io.BufferedIOBase", self._file).readinto(buffer)
        self._position += got
        return got

    def write(self, data: ReadableBuffer) -> int:
        """Write bytes, beyond the end too, and return their number."""
        self._file.seek(self._start + self._position)
        written = self._file.write(data)
        self._position += written
        return written

    def truncate(self, size: int | None = None) -> int:
        """Set the size of the part, in bytes."""
        size = self._position if size is None else size
        self._file.truncate(self._start + size)
        return size

    def flush(self) -> None:
        """Flush the file."""
        self._file.flush()
