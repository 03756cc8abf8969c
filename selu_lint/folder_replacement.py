"""Replacing a folder whole or not at all: written beside its place, then renamed."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator

from selu_lint.atomic import already_there, sync_folder, writing_to
from selu_lint.errors import SeluLintError


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
        Where it goes; a symbolic link is followed.
    mode_of : str
        The folder whose permissions it gets.
    overwrite : bool
        Whether it may replace a folder that is there.
    may_replace : callable
        Whether what is there is of the kind that is replaced.

    Raises
    ------
    SeluLintError
        If the target is there and must not be replaced, or the disk or its permissions refuse.
    """
    target = os.path.realpath(target)
    restore(target)
    parent, name = os.path.split(target)
    _hold_free(target, overwrite, may_replace)
    with writing_to(parent):
        draft = tempfile.mkdtemp(prefix=f".{name[:100]}.", suffix=".tmp", dir=parent)
        try:
            yield draft
            _sync(draft)
            os.chmod(draft, stat.S_IMODE(os.stat(mode_of).st_mode))
            _hold_free(target, overwrite, may_replace)
            _put(draft, target)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def restore(target: str) -> None:
    """Give a folder that a killed process renamed away its name back, if the name is free."""
    target = os.path.realpath(target)
    parent, name = os.path.split(target)
    if os.path.lexists(target) or not os.path.isdir(parent):
        return
    random = "[a-z0-9_]{8}"  # as tempfile.mkdtemp puts it in
    own = re.compile(rf"\.{re.escape(name)}\.{random}\.old")
    aside = [each for each in os.listdir(parent) if own.fullmatch(each)]
    if len(aside) == 1:
        os.rename(os.path.join(parent, aside[0]), target)


def _hold_free(target: str, overwrite: bool, may_replace: Callable[[str], bool]) -> None:
    if not os.path.lexists(target):
        return
    if not overwrite:
        raise already_there(target)
    if not may_replace(target):
        name = os.path.basename(target)
        raise SeluLintError(f"{name} is there and is something else; name another --output")


def _put(draft: str, target: str) -> None:
    """Give the draft its name; what had the name is removed once the draft has it."""
    if not os.path.lexists(target):
        os.rename(draft, target)
        sync_folder(os.path.dirname(target))
        return
    old = f"{draft.removesuffix('.tmp')}.old"
    os.rename(target, old)
    try:
        os.rename(draft, target)
    except BaseException:
        os.rename(old, target)
        raise
    sync_folder(os.path.dirname(target))
    shutil.rmtree(old, ignore_errors=True)


def _sync(folder: str) -> None:
    """Put every file below a folder on the disk."""
    for path, _, names in os.walk(folder):
        for name in names:
            file = os.path.join(path, name)
            if not os.path.islink(file):
                with open(file, "rb+") as opened:
                    os.fsync(opened.fileno())
        sync_folder(path)
