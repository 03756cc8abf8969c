"""Replacing a folder whole or not at all: written beside its place, then renamed."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Callable, Iterator

from selu_lint.errors import SeluLintError
from selu_lint.storage import drafts
from selu_lint.storage.atomic import already_there, place, sync_folder, writing_to


@contextlib.contextmanager
def replacing_folder(
    target: str, mode_of: str, overwrite: bool, may_replace: Callable[[str], bool]
) -> Iterator[str]:
    """Yield a hidden empty folder that gets its name when the block ends without an error.

    A folder that is there is renamed away first and removed last. If the process is killed between
    the two renames, the old folder is found beside its place as ``.NAME.….old``; see `restore`.

    Parameters
    ----------
    target : str
        Where it goes; no link of this name is followed.
    mode_of : str
        The folder whose permissions it gets; a new one gets no files that can be executed.
    overwrite : bool
        Whether it may replace a folder that is there.
    may_replace : callable
        Tells whether what is there may be replaced.

    Raises
    ------
    SeluLintError
        If the target is there and must not be replaced, or the disk or its permissions refuse.
    """
    target = place(target)
    restore(target)
    parent, name = os.path.split(target)
    _hold_free(target, overwrite, may_replace)
    with writing_to(parent):
        drafts.remove_left(parent, name)
        draft = drafts.hidden(parent, name)
        os.mkdir(draft, 0o700)
        try:
            with drafts.held_folder(draft):
                yield draft
            _finish(draft, 0o777 if os.path.lexists(target) else 0o666)
            os.chmod(draft, os.stat(mode_of).st_mode & 0o777)
            _hold_free(target, overwrite, may_replace)
            _put(draft, target)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def restore(target: str) -> None:
    """Give a folder that a killed process renamed away its name back, if the name is free."""
    target = place(target)
    parent, name = os.path.split(target)
    if os.path.lexists(target) or not os.path.isdir(parent):
        return
    own = (entry for entry in os.scandir(parent) if drafts.is_of(entry.name, name, drafts.ASIDE))
    aside = [entry.path for entry in own if entry.is_dir(follow_symlinks=False)]
    if len(aside) == 1:
        os.rename(aside[0], target)


def _hold_free(target: str, overwrite: bool, may_replace: Callable[[str], bool]) -> None:
    if not os.path.lexists(target):
        return
    if not overwrite:
        raise already_there(target)
    if os.path.islink(target) or not may_replace(target):
        name = os.path.basename(target)
        raise SeluLintError(f"{name} is there and is something else; name another --output")


def _put(draft: str, target: str) -> None:
    """Give the draft its name; what had the name is removed once the draft has it."""
    if not os.path.lexists(target):
        os.rename(draft, target)
        sync_folder(os.path.dirname(target))
        return
    old = draft.removesuffix(drafts.DRAFT) + drafts.ASIDE
    os.rename(target, old)
    try:
        os.rename(draft, target)
    except BaseException:
        os.rename(old, target)
        raise
    sync_folder(os.path.dirname(target))
    shutil.rmtree(old, ignore_errors=True)


def _finish(folder: str, bits: int) -> None:
    """Put every file below a folder on the disk, with no other permissions than these."""
    for path, _, names in os.walk(folder):
        for name in names:
            file = os.path.join(path, name)
            mode = os.lstat(file).st_mode
            if stat.S_ISREG(mode):
                with open(file, "rb+") as opened:
                    os.fsync(opened.fileno())
                os.chmod(file, mode & bits)
        os.chmod(path, os.stat(path).st_mode & 0o777)
        sync_folder(path)
