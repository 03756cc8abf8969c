"""Writing an HDF5 file with another architecture in its ``model_config`` attribute."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import BinaryIO

from selu_lint.formats.hdf5 import CONFIG
from selu_lint.formats.hdf5_reader.file import open_root
from selu_lint.formats.writing.architecture_json import rewrapped
from selu_lint.formats.writing.changes import Change, apply_changes, copy_range
from selu_lint.limits import Limits
from selu_lint.processes import hdf5_library
from selu_lint.processes.children import working_folder


def write(
    source: BinaryIO, target: BinaryIO, text: str, limits: Limits, changes: Sequence[Change] = ()
) -> None:
    """Write an HDF5 file with another architecture and other values of variables.

    Raises
    ------
    SeluLintError
        If the file is broken, or the HDF5 library cannot change it.
    """
    old = open_root(source, limits).attribute(CONFIG, "json_bytes")
    with working_folder() as folder:
        path = os.path.join(folder, "model.h5")
        with open(path, "w+b") as copy:
            copy_range(source, 0, source.seek(0, os.SEEK_END), copy)
            apply_changes(copy, 0, changes)
        hdf5_library.change(path, {CONFIG: rewrapped(str(old), text)})
        with open(path, "rb") as copy:
            copy_range(copy, 0, os.path.getsize(path), target)
