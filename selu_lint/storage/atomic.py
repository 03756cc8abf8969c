"""Replacing a file whole or not at all, whatever happens while it is written.

What is replaced is a file of that very name: no link is followed, and no pipe, device or folder is
written to.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple, cast

from selu_lint.errors import SeluLintError
from selu_lint.storage import drafts


class Draft(NamedTuple):
    """A file that is being written and has not got its name yet.

    Attributes
    ----------
    file : BinaryIO
        The open file, for reading and writing.
    path : str
        A path that opens the same bytes until the draft gets its name.
    """

    file: BinaryIO
    path: str


@contextlib.contextmanager
def replacing(target: str, mode_of: str, overwrite: bool) -> Iterator[Draft]:
    """Write a file that appears under its name, complete, when the block ends without an error.

    Where the system can, the draft has no name at all until then, so that nothing is left of it
    even if the process is killed; elsewhere it is a hidden file in the same folder.

    Parameters
    ----------
    target : str
        Where it goes.
    mode_of : str
        The file whose permissions a new one gets, but for those to execute it; a file that is
        replaced hands on its own.
    overwrite : bool
        Whether it may replace a file that is there.

    Raises
    ------
    SeluLintError
        If the target is there and must not be replaced or is no file, or the disk or its
        permissions refuse.
    """
    with writing_to(os.path.dirname(place(target))), _drafted(target, mode_of, overwrite) as draft:
        yield draft


def write_file(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file whole or not at all, in place of one that is there.

    Raises
    ------
    SeluLintError
        If something else than a file has the name, or it cannot be written.
    """
    try:
        with _drafted(os.fspath(path), None, overwrite=True) as draft:
            draft.file.write(data)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SeluLintError(f"cannot write {os.fspath(path)}: {reason}") from None


def place(target: str) -> str:
    """Return where a target lies: links in its folder are followed, not one of its own name."""
    folder, name = os.path.split(os.path.abspath(target))
    return os.path.join(os.path.realpath(folder), name)


def hold_file(path: str) -> bool:
    """Return whether a file has this name; anything else of this name is refused.

    Raises
    ------
    SeluLintError
        If it is a link, a folder, a pipe or a device.
    """
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return False
    if stat.S_ISREG(mode):
        return True
    kinds = {stat.S_IFLNK: "a link", stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe"}
    kind = kinds.get(stat.S_IFMT(mode), "a device or a socket")
    raise SeluLintError(f"cannot write {path}: it is {kind}, and only files are replaced")


@contextlib.contextmanager
def writing_to(folder: str) -> Iterator[None]:
    """Turn the errors of the machine while a folder is written to into a ``SeluLintError``."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SeluLintError(
            f"cannot be written to {folder}: {reason}; the original is unchanged"
        ) from None


def already_there(target: str) -> SeluLintError:
    """Return the error for a target that is there and must not be replaced."""
    return SeluLintError(f"{os.path.basename(target)} is already there; --force overwrites it")


def sync_folder(folder: str) -> None:
    """Put the entries of a folder on the disk, where the system can."""
    if os.name == "nt":
        return
    # Some network file systems refuse this; the files themselves are safe by then.
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def _drafted(target: str, mode_of: str | None, overwrite: bool) -> Iterator[Draft]:
    target = place(target)
    _hold_replaceable(target, overwrite)
    folder, name = os.path.split(target)
    drafts.remove_left(folder, name)
    draft, named = _create(folder, name, 0o666 if mode_of is None else 0o600)
    try:
        drafts.hold(draft.file.fileno())
        yield draft
        _finish(draft, target, mode_of)
        _put(draft, named, target, overwrite)
    finally:
        draft.file.close()
        if named is not None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(named)


def _hold_replaceable(target: str, overwrite: bool) -> None:
    if hold_file(target) and not overwrite:
        raise already_there(target)


def _create(folder: str, name: str, mode: int) -> tuple[Draft, str | None]:
    """Return a new file, and its name where it has one."""
    unnamed = getattr(os, "O_TMPFILE", None)
    if unnamed is not None and os.path.isdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            descriptor = os.open(folder, unnamed | os.O_RDWR | os.O_CLOEXEC, mode)
            file = cast("BinaryIO", os.fdopen(descriptor, "w+b"))
            return Draft(file, f"/proc/self/fd/{descriptor}"), None
    path = drafts.hidden(folder, name)
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return Draft(cast("BinaryIO", os.fdopen(os.open(path, flags, mode), "w+b")), path), path


def _finish(draft: Draft, target: str, mode_of: str | None) -> None:
    draft.file.flush()
    descriptor = draft.file.fileno()
    like, bits = (target, 0o777) if hold_file(target) else (mode_of, 0o666)
    if like is not None:
        status = os.stat(like)
        if hasattr(os, "fchown"):
            # Only a superuser can give files away; for anyone else the owner is right already.
            with contextlib.suppress(OSError):
                os.fchown(descriptor, status.st_uid, status.st_gid)
        if hasattr(os, "fchmod"):
            os.fchmod(descriptor, status.st_mode & bits)
    os.fsync(descriptor)


def _put(draft: Draft, named: str | None, target: str, overwrite: bool) -> None:
    """Give the draft its name, in one step that cannot be seen half done."""
    if named is not None and os.name == "nt":
        # Windows moves no file that is open.
        draft.file.close()
    if not overwrite:
        try:
            _link(draft, named, target)
        except FileExistsError:
            raise already_there(target) from None
        except (OSError, NotImplementedError):
            _hold_replaceable(target, overwrite)
            _replace(draft, named, target)
    else:
        _replace(draft, named, target)
    sync_folder(os.path.dirname(target))


def _replace(draft: Draft, named: str | None, target: str) -> None:
    if named is not None:
        os.replace(named, target)
        return
    # An unnamed file can get a new name, but not that of another file.
    aside = drafts.hidden(*os.path.split(target))
    try:
        _link(draft, named, aside)
        os.replace(aside, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(aside)
        raise


def _link(draft: Draft, named: str | None, target: str) -> None:
    if named is not None:
        os.link(named, target)
        return
    # Only with a folder's descriptor does Python call linkat(), which follows /proc/self/fd.
    descriptor = os.open(os.path.dirname(target), os.O_RDONLY)
    try:
        os.link(draft.path, target, src_dir_fd=descriptor, follow_symlinks=True)
    finally:
        os.close(descriptor)
