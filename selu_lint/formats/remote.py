"""Models at an address such as ``s3://bucket/model.keras``: only the parts that are read travel."""

from __future__ import annotations

import io
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from selu_lint.errors import SeluLintError
from selu_lint.formats.source import Source, spool
from selu_lint.limits import KIB, Limits

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BLOCK = 32 * KIB
"""Bytes that are fetched at once; a zip directory or a group of an HDF5 file fits into one."""

_BLOCKS = 256
_SUFFIXES = (".keras", ".h5", ".hdf5")
_INSTALL = "reading an address needs more packages: pip install 'selu-lint[remote]'"


def is_address(path: str) -> bool:
    """Whether a path is an address and not the name of a file."""
    return "://" in path


def open_remote(address: str, limits: Limits) -> Source:
    """Return the source for an address.

    Where the server sends whole files only, the model is copied to a temporary file.

    Raises
    ------
    SeluLintError
        If there is nothing at the address, it cannot be reached, or the package for its kind of
        storage is missing.
    """
    with _one_line_errors():
        system, path = _file_system(address)
        size = system.info(path).get("size")
        if isinstance(size, int):
            file = system.open(path, "rb", cache_type="none", block_size=BLOCK)
            blocks = _Blocks(file, size)
            try:
                # The end of an archive holds its directory, so this byte is no waste.
                blocks.read(max(0, size - 1), 1)
                return _RemoteSource(address, blocks)
            except ValueError:
                file.close()
        with system.open(path, "rb", block_size=0) as stream:
            return Source(address, spool(stream, limits))


def models(address: str) -> Iterator[str]:
    """Yield the models in a folder of a storage, sorted, by their suffix; else the address itself.

    A page of the web is no folder.
    """
    if address.partition("://")[0].rpartition("::")[2] in ("http", "https"):
        yield address
        return
    with _one_line_errors():
        system, path = _file_system(address)
        found = []
        if system.isdir(path):
            found = [name for name in system.find(path) if name.lower().endswith(_SUFFIXES)]
    yield from (system.unstrip_protocol(name) for name in sorted(found))
    if not found:
        yield address


def _file_system(address: str) -> tuple[Any, str]:
    try:
        import fsspec
    except ImportError:
        raise SeluLintError(_INSTALL) from None
    system, path = fsspec.core.url_to_fs(address)
    return system, path


@contextmanager
def _one_line_errors() -> Iterator[None]:
    """Turn whatever a storage raises into one line, which does not repeat the address."""
    try:
        yield
    except SeluLintError:
        raise
    except FileNotFoundError as error:
        # fsspec says so of every answer, and of none; the cause tells what happened.
        raise SeluLintError(_why_not_found(error.__cause__)) from None
    except PermissionError:
        raise SeluLintError("permission denied; are the credentials set?") from None
    except ImportError as error:
        raise SeluLintError(f"reading this address needs more packages: {_line(error)}") from None
    except MemoryError:
        raise
    # Each storage brings errors of its own, which share no class.
    except Exception as error:
        status = getattr(error, "status", None)
        reason = f"the server answers {status}" if isinstance(status, int) else _line(error)
        raise SeluLintError(f"cannot be fetched: {reason}") from None


def _why_not_found(cause: BaseException | None) -> str:
    status = getattr(cause, "status", 404)
    if cause is None or (status == 404 and not isinstance(cause, OSError)):
        return "there is nothing at this address"
    if isinstance(cause, OSError):
        return f"the server cannot be reached: {cause.strerror or type(cause).__name__}"
    return f"cannot be fetched: the server answers {status}"


def _line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text[:200] if text and "://" not in text else type(error).__name__


class _Blocks:
    """The blocks of a remote file, each fetched once; the least recently used are forgotten."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self.size = size
        self._blocks: OrderedDict[int, bytes] = OrderedDict()

    def read(self, start: int, count: int) -> bytes:
        """Return bytes; neighbouring blocks that are missing are fetched in one request."""
        count = max(0, min(count, self.size - start))
        if count == 0:
            return b""
        if count > _BLOCKS * BLOCK // 2:
            return self._fetch(start, count)
        first, last = start // BLOCK, (start + count - 1) // BLOCK
        missing = [number for number in range(first, last + 1) if number not in self._blocks]
        if missing:
            begin = missing[0] * BLOCK
            end = min((missing[-1] + 1) * BLOCK, self.size)
            data = self._fetch(begin, end - begin)
            for number in range(missing[0], missing[-1] + 1):
                offset = number * BLOCK - begin
                self._blocks[number] = data[offset : offset + BLOCK]
        parts = []
        for number in range(first, last + 1):
            self._blocks.move_to_end(number)
            parts.append(self._blocks[number])
        while len(self._blocks) > _BLOCKS:
            self._blocks.popitem(last=False)
        offset = start - first * BLOCK
        return b"".join(parts)[offset : offset + count]

    def _fetch(self, start: int, count: int) -> bytes:
        self._file.seek(start)
        data = self._file.read(count)
        if len(data) != count:
            raise SeluLintError("cannot be fetched: the server sent less than it announced")
        return data


class _RemoteFile(io.RawIOBase):
    """A remote file, read at its own position."""

    def __init__(self, blocks: _Blocks) -> None:
        super().__init__()
        self._blocks = blocks
        self._position = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position in bytes."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Set the position and return it."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._blocks.size}
        self._position = max(0, base[whence] + offset)
        return self._position

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill the buffer as far as the file goes and return the number of bytes."""
        view = memoryview(buffer).cast("B")
        with _one_line_errors():
            data = self._blocks.read(self._position, len(view))
        view[: len(data)] = data
        self._position += len(data)
        return len(data)


class _RemoteSource(Source):
    """A remote file; what was fetched is kept from one opening to the next."""

    def __init__(self, address: str, blocks: _Blocks) -> None:
        super().__init__(address)
        self._blocks = blocks

    @property
    def is_copy(self) -> bool:
        """Whether there is no file of this name on this machine."""
        return True

    def open(self) -> BinaryIO:
        """Open the bytes for reading."""
        return cast("BinaryIO", io.BufferedReader(_RemoteFile(self._blocks)))

    def verify(self, file: BinaryIO) -> None:
        """Do nothing: storages do not tell whether a file has changed without another request."""
