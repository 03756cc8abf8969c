"""Copying a file with some of its bytes changed."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from selu_lint.errors import SeluLintError

BLOCK = 1 << 22
"""Bytes that are copied at once."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


@dataclass(frozen=True)
class Change:
    """Bytes of the weights file that become others.

    Attributes
    ----------
    start, size : int
        Where they lie, in bytes of the weights file.
    blocks : callable
        Yields the new bytes when they are written, so that not all are in memory at once.
    """

    start: int
    size: int
    blocks: Callable[[], Iterator[bytes]]


def copy_range(source: BinaryIO, start: int, size: int, target: BinaryIO) -> None:
    """Append a part of one file to another, inside the kernel where it can."""
    target.flush()
    left = size
    if hasattr(os, "copy_file_range"):
        written = target.seek(0, os.SEEK_END)
        try:
            while left > 0:
                count = os.copy_file_range(
                    source.fileno(), target.fileno(), min(left, 1 << 30), start, written
                )
                if count == 0:
                    break
                start, written, left = start + count, written + count, left - count
        except OSError as error:
            if error.errno in _FULL:
                raise
    target.seek(0, os.SEEK_END)
    source.seek(start)
    while left > 0:
        block = source.read(min(BLOCK, left))
        if not block:
            raise SeluLintError("the file ends early")
        target.write(block)
        left -= len(block)


def apply_changes(target: BinaryIO, base: int, changes: Sequence[Change]) -> None:
    """Overwrite bytes of a weights file that starts at ``base`` of the target."""
    for change in changes:
        target.seek(base + change.start)
        written = sum(target.write(block) for block in change.blocks())
        if written != change.size:
            raise SeluLintError("a drawn kernel has not the size of the stored one")
    target.seek(0, os.SEEK_END)
