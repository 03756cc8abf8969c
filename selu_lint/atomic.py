"""Replacing a file whole or not at all, whatever happens while it is written."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

from selu_lint.errors import SeluLintError


@dataclass(frozen=True)
class Draft:
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
        Where it goes; a symbolic link is followed.
    mode_of : str
        The file whose permissions it gets.
    overwrite : bool
        Whether it may replace a file that is there.

    Raises
    ------
    SeluLintError
        If the target is there and must not be replaced, or the disk or its permissions refuse.
    """
    target = os.path.realpath(target)
    if not overwrite and os.path.lexists(target):
        raise already_there(target)
    folder = os.path.dirname(target)
    with writing_to(folder):
        draft, named = _create(folder, os.path.basename(target))
        try:
            yield draft
            _finish(draft, target, mode_of)
            _put(draft, named, target, overwrite)
        finally:
            draft.file.close()
            if named is not None:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(named)


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


def _create(folder: str, name: str) -> tuple[Draft, str | None]:
    """Return a new file, and its name where it has one."""
    unnamed = getattr(os, "O_TMPFILE", None)
    if unnamed is not None and os.path.isdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            descriptor = os.open(folder, unnamed | os.O_RDWR | os.O_CLOEXEC, 0o600)
            file = cast("BinaryIO", os.fdopen(descriptor, "w+b"))
            return Draft(file, f"/proc/self/fd/{descriptor}"), None
    descriptor, path = tempfile.mkstemp(prefix=f".{name[:100]}.", suffix=".tmp", dir=folder)
    return Draft(cast("BinaryIO", os.fdopen(descriptor, "w+b")), path), path


def _finish(draft: Draft, target: str, mode_of: str) -> None:
    draft.file.flush()
    descriptor = draft.file.fileno()
    status = os.stat(target if os.path.exists(target) else mode_of)
    if hasattr(os, "fchown"):
        # Only a superuser can give files away; for anyone else the owner is right already.
        with contextlib.suppress(OSError):
            os.fchown(descriptor, status.st_uid, status.st_gid)
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, stat.S_IMODE(status.st_mode))
    os.fsync(descriptor)


def _put(draft: Draft, named: str | None, target: str, overwrite: bool) -> None:
    """Give the draft its name, in one step that cannot be seen half done."""
    if named is not None:
        # Windows moves no file that is open.
        draft.file.close()
    if not overwrite:
        try:
            _link(draft.path, target)
        except FileExistsError:
            raise already_there(target) from None
        except (OSError, NotImplementedError):
            if os.path.lexists(target):
                raise already_there(target) from None
            _replace(draft, named, target)
    else:
        _replace(draft, named, target)
    sync_folder(os.path.dirname(target))


def _replace(draft: Draft, named: str | None, target: str) -> None:
    if named is not None:
        os.replace(named, target)
        return
    # An unnamed file can get a new name, but not that of another file.
    folder, name = os.path.split(target)
    aside = os.path.join(folder, f".{name[:100]}.{os.getpid()}.tmp")
    try:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(aside)
        _link(draft.path, aside)
        os.replace(aside, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(aside)
        raise


def _link(source: str, target: str) -> None:
    # Only with a folder's descriptor does Python call linkat(), which follows /proc/self/fd.
    descriptor = os.open(os.path.dirname(target), os.O_RDONLY)
    try:
        os.link(source, target, src_dir_fd=descriptor, follow_symlinks=True)
    finally:
        os.close(descriptor)
