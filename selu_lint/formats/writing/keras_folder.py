"""Writing a folder of Keras anew: what does not change is copied byte for byte."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Sequence

from selu_lint.errors import SeluLintError
from selu_lint.formats.keras_folder import FILES
from selu_lint.formats.writing.archive_groups import Renames, move
from selu_lint.formats.writing.changes import Change, apply_changes
from selu_lint.limits import Limits
from selu_lint.storage.archive_members import CONFIG, WEIGHTS


def write(
    source: str,
    result: str,
    text: str,
    limits: Limits,
    changes: Sequence[Change],
    moved: Renames,
) -> None:
    """Fill an empty folder: a copy with another architecture, other values and other groups.

    Raises
    ------
    SeluLintError
        If something that is no file lies in the folder, what is to be changed is a link, or the
        weights cannot be changed.
    OSError
        If it cannot be copied or written.
    """
    for name in FILES:
        if os.path.islink(os.path.join(source, name)):
            raise SeluLintError(f"{name} in the folder is a link; put the file in its place")
    shutil.copytree(source, result, symlinks=True, dirs_exist_ok=True, copy_function=copy_file)
    with open(os.path.join(result, CONFIG), "wb") as file:
        file.write(text.encode("utf-8"))
    weights = os.path.join(result, WEIGHTS)
    if changes:
        with open(weights, "r+b") as file:
            apply_changes(file, 0, changes)
    move(weights, moved, limits)


def copy_file(source: str, target: str) -> None:
    """Copy a file of a model's folder, and nothing that would wait or never end.

    Raises
    ------
    SeluLintError
        If it is no file.
    """
    if not stat.S_ISREG(os.lstat(source).st_mode):
        raise SeluLintError(f"{os.path.basename(source)} in the folder is no file")
    shutil.copy2(source, target)
