"""Models at an address such as ``s3://bucket/model.keras``: only the parts read are fetched."""

from __future__ import annotations

import io
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, TypeVar, cast

from selu_lint.errors import SeluLintError
from selu_lint.limits import KIB, Limits
from selu_lint.storage import waiting
from selu_lint.storage.addresses import redacted
from selu_lint.storage.byte_source import BUFFER, Positioned, Source, spool
from selu_lint.storage.waiting import Deadline, errors_of_a_server

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BLOCK = 32 * KIB
"""Bytes that are fetched at once; a zip directory or a group of an HDF5 file fits into one."""

_CHANGED = "the file changed while it was read; check it again"
_IDENTITY = frozenset(
    {
        "size", "mtime", "created", "updated", "modified", "last_modified", "LastModified", "ino",
        "etag", "ETag", "generation", "VersionId", "md5Hash", "crc32c", "content_md5",
    }
)  # fmt: skip
_BLOCKS = 256
_SUFFIXES = (".keras", ".h5", ".hdf5")
_INSTALL = "reading an address needs more packages: pip install 'selu-lint[remote]'"
_Value = TypeVar("_Value")


def open_remote(address: str, limits: Limits) -> Source:
    """Return the source for an address.

    Where the server sends whole files only, the model is copied to a temporary file. All that is
    read of one model has to come within one deadline.

    Raises
    ------
    SeluLintError
        If there is nothing at the address, it cannot be reached, takes too long, or the package
        for its kind of storage is missing.
    """
    deadline = Deadline(limits)
    with errors_of_a_server(deadline):
        file = _file(address, deadline)
        if file.size is not None:
            return _RemoteSource(redacted(address), _Blocks(file, file.size), deadline)
        return Source(redacted(address), spool(cast("BinaryIO", file), limits))


def models(address: str, limits: Limits) -> Iterator[str]:
    """Yield the models in a folder of a storage, sorted, by their suffix; else the address itself.

    A page of the web is no folder.
    """
    if _is_web(address.rpartition("::")[2]):
        yield address
        return
    deadline = Deadline(limits)
    with errors_of_a_server(deadline):
        system, path = _file_system(address)
        found = []
        if deadline.wait(system.isdir, path):
            listed = deadline.wait(system.find, path)
            found = [name for name in listed if name.lower().endswith(_SUFFIXES)]
    yield from (system.unstrip_protocol(name) for name in sorted(found))
    if not found:
        yield address


class _File(Protocol):
    """A remote file.

    Attributes
    ----------
    size : int or None
        Its size where parts of it can be read; else `read` gives all of it, block by block.
    """

    size: int | None

    def part(self, start: int, count: int) -> bytes:
        """Return some of its bytes."""

    def read(self, count: int) -> bytes:
        """Return its next bytes, none at its end."""


def _file(address: str, deadline: Deadline) -> _File:
    if _is_web(address):
        # A server that compresses what it sends cannot send parts, and a few bytes may become many.
        system, path = _file_system(address, client_kwargs={"auto_decompress": False})
        return _WebFile(system, path, deadline)
    return _StoredFile(*_file_system(address), deadline)


def _is_web(address: str) -> bool:
    return address.startswith(("http://", "https://"))


def _file_system(address: str, **options: Any) -> tuple[Any, str]:
    try:
        import fsspec
    except ImportError:
        raise SeluLintError(_INSTALL) from None
    system, path = fsspec.core.url_to_fs(address, **options)
    return system, path


class _StoredFile:
    """A file in a storage such as S3."""

    def __init__(self, system: Any, path: str, deadline: Deadline) -> None:
        self._deadline = deadline
        self._system = system
        self._path = path
        self._told = self._info()
        size = self._told.get("size")
        self.size: int | None = size if isinstance(size, int) else None
        options = {"cache_type": "none", "block_size": BLOCK}
        if self.size is None:
            options = {"block_size": 0}
        self._file = deadline.wait(lambda: system.open(path, "rb", **options))

    def part(self, start: int, count: int) -> bytes:
        """Return some of its bytes, of the same file as those before."""
        self._file.seek(start)
        data = self.read(count)
        if self._info() != self._told:
            raise SeluLintError(_CHANGED)
        return data

    def _info(self) -> dict[str, str | int]:
        """Return what changes when the file does; each storage tells some of these."""
        self._system.invalidate_cache(self._path)
        found = self._deadline.wait(self._system.info, self._path)
        return {
            key: value if isinstance(value, int) else str(value)
            for key, value in found.items()
            if key in _IDENTITY
        }

    def read(self, count: int) -> bytes:
        """Return its next bytes."""
        return bytes(self._deadline.wait(self._file.read, count))


class _WebFile:
    """A file on a web server; no more of an answer is read than was asked for."""

    def __init__(self, system: Any, url: str, deadline: Deadline) -> None:
        self._system = system
        self._url = url
        self._deadline = deadline
        self.size: int | None = None
        self._session = self._wait(system.set_session)
        self._answer = self._asked(0, BLOCK)
        self._version = self._version_of(self._answer)
        total = self._total(self._answer, 0)
        if total is not None:
            self.size = total
            self._start = self._body(self._answer, min(BLOCK, total))

    def part(self, start: int, count: int) -> bytes:
        """Return some of its bytes."""
        if start + count <= len(self._start):
            return self._start[start : start + count]
        answer = self._asked(start, count)
        if self._total(answer, start) != self.size or self._version_of(answer) != self._version:
            answer.close()
            raise SeluLintError(_CHANGED)
        return self._body(answer, count)

    def read(self, count: int) -> bytes:
        """Return the next bytes of a file that is sent as a whole."""
        try:
            return bytes(self._wait(lambda: self._answer.content.read(count)))
        except BaseException:
            self._answer.close()
            raise

    def _asked(self, start: int, count: int) -> Any:
        """Request some bytes and return the answer, of which only the headers are read."""
        import aiohttp

        headers = {"Accept-Encoding": "identity", "Range": f"bytes={start}-{start + count - 1}"}
        silent = waiting.SILENT_SECONDS
        timeout = aiohttp.ClientTimeout(
            total=self._deadline.left, sock_connect=silent, sock_read=silent
        )
        url = self._system.encode_url(self._url)
        answer = self._wait(lambda: self._session.get(url, headers=headers, timeout=timeout))
        if answer.status in (200, 206, 416):
            encoding = answer.headers.get("Content-Encoding", "identity")
            if encoding in ("identity", ""):
                return answer
            problem = "the server sends it compressed, though asked not to"
        elif answer.status in (404, 410):
            problem = "there is nothing at this address"
        else:
            problem = f"cannot be fetched: the server answers {answer.status}"
        answer.close()
        raise SeluLintError(problem)

    def _total(self, answer: Any, start: int) -> int | None:
        """Return the size of the file, where an answer is the part that was asked for."""
        told = answer.headers.get("Content-Range", "")
        if answer.status == 416 and re.fullmatch(r"bytes \*/0", told):
            return 0
        found = re.fullmatch(rf"bytes {start}-\d+/(\d{{1,18}})", told)
        return int(found[1]) if answer.status == 206 and found else None

    def _version_of(self, answer: Any) -> tuple[str | None, ...]:
        return tuple(answer.headers.get(name) for name in ("ETag", "Last-Modified"))

    def _body(self, answer: Any, count: int) -> bytes:
        async def take() -> bytes:
            async with answer:
                data = bytearray()
                while len(data) < count and (some := await answer.content.read(BLOCK)):
                    data += some
                if not answer.content.at_eof():
                    answer.close()
                return bytes(data[:count])

        return self._wait(take)

    def _wait(self, work: Callable[[], Awaitable[_Value]]) -> _Value:
        from fsspec.asyn import sync

        async def started() -> _Value:
            return await work()

        return cast("_Value", sync(self._system.loop, started, timeout=self._deadline.left + 1))


class _Blocks:
    """The blocks of a remote file, each fetched once; the least recently used are forgotten."""

    def __init__(self, file: _File, size: int) -> None:
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
        data = self._file.part(start, count)
        if len(data) != count:
            raise SeluLintError("cannot be fetched: the server sent less than it announced")
        return data


class _RemoteFile(Positioned):
    """A remote file."""

    def __init__(self, blocks: _Blocks, deadline: Deadline) -> None:
        super().__init__(blocks.size)
        self._blocks = blocks
        self._deadline = deadline

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill the buffer as far as the file goes and return the number of bytes."""
        view = memoryview(buffer).cast("B")
        with errors_of_a_server(self._deadline):
            data = self._blocks.read(self._position, len(view))
        view[: len(data)] = data
        self._position += len(data)
        return len(data)


class _RemoteSource(Source):
    """A remote file; what was fetched is kept from one opening to the next."""

    def __init__(self, address: str, blocks: _Blocks, deadline: Deadline) -> None:
        super().__init__(address)
        self._blocks = blocks
        self._deadline = deadline

    @property
    def is_copy(self) -> bool:
        """Whether there is no file of this name on this machine."""
        return True

    def open(self) -> BinaryIO:
        """Open the bytes for reading."""
        file = _RemoteFile(self._blocks, self._deadline)
        return cast("BinaryIO", io.BufferedReader(file, BUFFER))

    def verify(self, file: BinaryIO) -> None:
        """Do nothing: each answer was compared with the first one."""
