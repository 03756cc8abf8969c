"""Writing an HDF5 file with another architecture in its ``model_config`` attribute."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, BinaryIO

from selu_lint.errors import SeluLintError
from selu_lint.formats.hdf5 import CONFIG
from selu_lint.formats.writing.architecture_json import rewrapped
from selu_lint.formats.writing.changes import Change, apply_changes, copy_range

_NAME = CONFIG.encode()


def write(source: BinaryIO, target: BinaryIO, text: str, changes: Sequence[Change]) -> None:
    """Copy an HDF5 file, set its architecture, and overwrite what changes in its weights.

    Raises
    ------
    SeluLintError
        If the HDF5 library cannot change the file.
    """
    copy_range(source, 0, source.seek(0, os.SEEK_END), target)
    apply_changes(target, 0, changes)
    target.flush()
    _set_architecture(target, text)


def _set_architecture(target: BinaryIO, text: str) -> None:
    import h5py

    try:
        with h5py.File(target, "r+") as root:
            attribute = h5py.h5a.open(root.id, _NAME)
            kind, space = attribute.get_type(), attribute.get_space()
            if not isinstance(kind, h5py.h5t.TypeStringID) or space.get_simple_extent_npoints() > 1:
                raise SeluLintError(f"the attribute {CONFIG} is stored as Keras never does")
            stored = root.attrs[CONFIG]
            old = stored.decode() if isinstance(stored, bytes) else str(stored)
            value = rewrapped(old, text).encode()
            if not kind.is_variable_str():
                kind = _longer(kind, len(value) + 1)
                attribute.close()
                h5py.h5a.delete(root.id, _NAME)
                attribute = h5py.h5a.create(root.id, _NAME, kind, space)
            attribute.write(_array(value, kind, space))
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise SeluLintError(f"the HDF5 library cannot change it: {reason}") from None


def _longer(kind: Any, size: int) -> Any:
    longer = kind.copy()
    longer.set_size(size)
    return longer


def _array(value: bytes, kind: Any, space: Any) -> Any:
    import h5py
    import numpy as np

    shape = space.get_simple_extent_dims()
    variable = kind.is_variable_str()
    array = np.empty(shape, dtype=h5py.string_dtype() if variable else f"S{kind.get_size()}")
    array[...] = value
    return array
