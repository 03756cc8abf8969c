"""Opening what a user names: a path, an address, or ``-`` for standard input."""

from __future__ import annotations

import os
import stat

from selu_lint.code import is_piped
from selu_lint.errors import SeluLintError
from selu_lint.limits import Limits
from selu_lint.storage.addresses import is_address
from selu_lint.storage.byte_source import Source, spool


def open_source(path: str, limits: Limits) -> Source:
    """Return the source for a path or address; ``-`` and pipes are copied to a temporary file.

    Raises
    ------
    SeluLintError
        If the path is a device, or the copy grows over the limit.
    OSError
        If the path cannot be opened.
    """
    if is_piped(path):
        import sys

        return Source(path, spool(sys.stdin.buffer, limits))
    if is_address(path):
        from selu_lint.storage.remote import open_remote

        return open_remote(path, limits)
    mode = os.stat(path).st_mode
    if stat.S_ISREG(mode):
        return Source(path)
    if stat.S_ISFIFO(mode):
        with open(path, "rb") as stream:
            return Source(path, spool(stream, limits))
    raise SeluLintError("neither a file nor a directory")
