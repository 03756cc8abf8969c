"""Where the HDF5 part of a file begins."""

from __future__ import annotations

import os
from typing import BinaryIO

MAGIC = b"\x89HDF\r\n\x1a\n"


def find_superblock(file: BinaryIO) -> int | None:
    """Return where the HDF5 superblock begins, in bytes; None if there is none."""
    size = file.seek(0, os.SEEK_END)
    offset = 0
    while offset + len(MAGIC) <= size:
        file.seek(offset)
        if file.read(len(MAGIC)) == MAGIC:
            return offset
        offset = 2 * offset or 512
    return None
