"""Where the bytes of a model come from: a file, or a copy of what came through a pipe."""

from __future__ import annotations

import errno
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, cast

from selu_lint.errors import SeluLintError
from selu_lint.limits import KIB, Limits, size_text

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BUFFER = 8 * KIB
"""Bytes that are read ahead; Python 3.14 would read 128 KiB, more than a model often needs."""


@contextmanager
def errors_of_this_machine() -> Iterator[None]:
    """Turn the errors of this machine while a model is read into a ``SeluLintError``."""
    try:
        yield
    except FileNotFoundError:
        raise SeluLintError("there is no such file or directory") from None
    except PermissionError:
        raise SeluLintError("permission denied") from None
    except OSError as error:
        raise SeluLintError(f"cannot be read: {error.strerror or type(error).__name__}") from None
    except MemoryError:
        raise SeluLintError("cannot be read: it needs more memory than there is") from None
    except RecursionError:
        raise SeluLintError("cannot be read: it is nested deeper than Python can follow") from None


def open_regular(path: str, follow_links: bool = True) -> BinaryIO:
    """Open a regular file for reading; a pipe would wait for a writer.

    Raises
    ------
    SeluLintError
        If it is no regular file.
    OSError
        If it cannot be opened, or is a link that is not to be followed.
    """
    if not follow_links and not _NO_LINK and os.path.islink(path):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
    flags = os.O_RDONLY | _NON_BLOCKING | _BINARY | (0 if follow_links else _NO_LINK)
    file = os.fdopen(os.open(path, flags), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise SeluLintError("neither a file nor a directory")
    return file


def read_regular(path: str, most: int) -> bytes:
    """Return the content of a file that the user did not name, or that has to be small.

    Raises
    ------
    SeluLintError
        If it is no regular file, or longer than ``most`` bytes.
    OSError
        If it cannot be read.
    """
    with open_regular(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise SeluLintError(f"larger than {size_text(most)}")
    return content


_NON_BLOCKING = getattr(os, "O_NONBLOCK", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_BINARY = getattr(os, "O_BINARY", 0)


class Positioned(io.RawIOBase):
    """Bytes that are read at a position of their own; a subclass fills buffers from there."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Set the position and return it."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position


class Region(Positioned):
    """A part of an open file.

    Parameters
    ----------
    file : BinaryIO
        The file; several regions may share it within one thread.
    start, size : int
        The part, in bytes.
    owns_file : bool
        Whether closing the region closes the file.
    """

    def __init__(self, file: BinaryIO, start: int, size: int, owns_file: bool = False) -> None:
        super().__init__(size)
        self._owns_file = owns_file
        self._file = file
        self._start = start

    def close(self) -> None:
        """Close the region."""
        super().close()
        if self._owns_file:
            self._file.close()

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill the buffer as far as the region goes and return the number of bytes."""
        view = memoryview(buffer).cast("B")
        wanted = max(0, min(len(view), self._size - self._position))
        self._file.seek(self._start + self._position)
        got = cast("io.BufferedIOBase", self._file).readinto(view[:wanted])
        self._position += got
        return got


class Source:
    """The bytes of one model.

    Parameters
    ----------
    path : str
        The path as the user named it.
    file : BinaryIO or None
        An open temporary copy, for what came through a pipe; None opens the path.
    """

    def __init__(self, path: str, file: BinaryIO | None = None) -> None:
        self.path = path
        self._copy = file
        self._identity: tuple[int, ...] | None = None

    def __del__(self) -> None:
        """Close the copy."""
        if self._copy is not None:
            self._copy.close()

    @property
    def is_copy(self) -> bool:
        """Whether the bytes came through a pipe."""
        return self._copy is not None

    def open(self) -> BinaryIO:
        """Open the bytes for reading.

        Raises
        ------
        SeluLintError
            If the file is no longer the one that was opened first.
        OSError
            If it cannot be opened.
        """
        if self._copy is not None:
            size = os.fstat(self._copy.fileno()).st_size
            return cast("BinaryIO", io.BufferedReader(Region(self._copy, 0, size)))
        file = open_regular(self.path)
        try:
            self.verify(file)
        except BaseException:
            file.close()
            raise
        return file

    def verify(self, file: BinaryIO) -> None:
        """Refuse a file that has changed since it was first opened.

        Raises
        ------
        SeluLintError
            If its size, its time of change or the file itself is another one.
        """
        if self._copy is not None:
            return
        status = os.fstat(file.fileno())
        identity = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
        if self._identity is None:
            self._identity = identity
        elif self._identity != identity:
            raise SeluLintError("the file changed while it was read; check it again")


def spool(stream: BinaryIO, limits: Limits) -> BinaryIO:
    """Copy a stream to a temporary file that vanishes when it is closed, and return that file.

    Raises
    ------
    SeluLintError
        If the stream is longer than the limit.
    """
    import tempfile

    copy = tempfile.TemporaryFile(prefix="selu-lint-")  # noqa: SIM115 - the source keeps it open
    try:
        left = limits.spool_bytes
        while block := stream.read(1 << 20):
            left -= len(block)
            if left < 0:
                raise limits.exceeded("spool_bytes", "the model takes")
            copy.write(block)
        copy.flush()
    except BaseException:
        copy.close()
        raise
    return cast("BinaryIO", copy)
