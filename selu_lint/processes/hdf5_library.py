"""Changes HDF5 files with the HDF5 library, whose C code sees strangers' bytes only in a process.

In the process the module is a program: it is what `change` gives a task to.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from selu_lint.errors import SeluLintError
from selu_lint.limits import GIB
from selu_lint.processes.children import Bounds, run, working_folder

_SECONDS = 600


def change(
    path: str, texts: Mapping[str, str] | None = None, moves: Iterable[tuple[str, str]] = ()
) -> None:
    """Change an HDF5 file where it lies.

    Parameters
    ----------
    path : str
        The file.
    texts : Mapping, optional
        New texts for attributes of the root group, which keep the form in which they are stored.
    moves : iterable of (str, str)
        Groups that get another path, one after the other.

    Raises
    ------
    SeluLintError
        If the HDF5 library cannot change it so.
    """
    task: dict[str, Any] = {
        "path": os.path.abspath(path),
        "texts": dict(texts or {}),
        "moves": list(moves),
    }
    memory = GIB + 8 * sum(map(len, task["texts"].values()))
    bounds = Bounds(memory, _SECONDS, memory + 2 * os.path.getsize(path))
    with working_folder() as folder:
        outcome = run(__name__, task, folder, _SECONDS, bounds)
    reason = f"it broke off with exit code {outcome.exit_code}"
    if outcome.exit_code is None:
        reason = f"it took longer than {_SECONDS // 60} minutes"
    error = reason if outcome.answer is None else outcome.answer.get("error")
    if error is not None:
        raise SeluLintError(f"the HDF5 library cannot change the file: {error}")


def answer(task: Mapping[str, Any]) -> dict[str, Any]:
    """Carry out a task; a failure is an answer with its ``error``."""
    import h5py

    try:
        with h5py.File(task["path"], "r+") as root:
            for name, text in task["texts"].items():
                _set_text(root, name.encode(), text.encode())
            for before, after in task["moves"]:
                # A link there may lead to another file: it is not followed.
                if root.id.links.exists(after.encode()):
                    return {"error": f"it holds a group {after} that belongs to no layer"}
                root.move(before, after)
    except Exception as error:
        return {"error": (str(error).splitlines() or [type(error).__name__])[0][:300]}
    return {}


def _set_text(root: Any, name: bytes, value: bytes) -> None:
    import h5py
    import numpy as np

    attribute = h5py.h5a.open(root.id, name)
    kind, space = attribute.get_type(), attribute.get_space()
    if not isinstance(kind, h5py.h5t.TypeStringID) or space.get_simple_extent_npoints() > 1:
        raise ValueError(f"the attribute {name.decode()} is stored as Keras never does")
    dtype = h5py.string_dtype()
    if not kind.is_variable_str():
        kind = kind.copy()
        kind.set_size(len(value) + 1)
        dtype = np.dtype(f"S{len(value) + 1}")
        attribute.close()
        h5py.h5a.delete(root.id, name)
        attribute = h5py.h5a.create(root.id, name, kind, space)
    array = np.empty(space.get_simple_extent_dims(), dtype)
    array[...] = value
    attribute.write(array)
