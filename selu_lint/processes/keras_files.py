"""Hands the files of a model to a confined process that runs Keras."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path
from typing import Any

from selu_lint.formats import architecture_json, keras_folder, read
from selu_lint.formats.saved_model.reading import folder_of
from selu_lint.model.document import Document
from selu_lint.processes.allowlist import hold_listed

_SUFFIXES = {"keras-archive": ".keras", "hdf5": ".h5", "architecture-json": ".json"}


def given_to_keras(
    document: Document,
    path: str,
    folder: str,
    name: str,
    trust_code: bool,
    built: bool = False,
) -> dict[str, Any]:
    """Copy a model into the working folder of a process; a SavedModel is left where it is.

    A folder of Keras 3 becomes an archive.

    Keras goes by the suffix, HDF5 cannot open a file without a name, and what was looked into must
    be what is loaded.

    Parameters
    ----------
    document : Document
        The model, or the one that it is a repaired form of.
    path : str
        Where it lies.
    folder, name : str
        The working folder, and what the copy is called there.
    trust_code : bool
        Whether what the file names may run.
    built : bool
        Whether it is a SavedModel that selu-lint built.

    Returns
    -------
    dict
        See `selu_lint.processes.keras_loading.load`, and its ``size`` in bytes.

    Raises
    ------
    SeluLintError
        If it names what is not known to be harmless, and is not trusted.
    """
    hold_listed(document.architecture, None, trust_code)
    given = {"limits": document.limits._asdict(), "built": built}
    if document.format == keras_folder.FORMAT:
        copy = os.path.join(folder, f"{name}.keras")
        _zip(path, copy)
        return {**given, "path": copy, "size": os.path.getsize(copy)}
    if os.path.isdir(root := folder_of(path)):
        return {**given, "path": os.path.abspath(root), "size": size_of(root)}
    copy = os.path.join(
        folder, name + (_SUFFIXES.get(document.format) or os.path.splitext(path)[1])
    )
    if document.format == architecture_json.FORMAT:
        # Keras takes the architecture alone, and in UTF-8.
        Path(copy).write_text(read(path, document.limits).text or "", encoding="utf-8")
    else:
        shutil.copyfile(path, copy)
    return {**given, "path": copy, "size": os.path.getsize(copy)}


def _zip(root: str, archive: str) -> None:
    """Put the files of a folder into an archive; links are left out."""
    with zipfile.ZipFile(archive, "w") as file:
        for folder, _, names in os.walk(root):
            for each in (Path(folder, name) for name in names):
                if each.is_file() and not each.is_symlink():
                    file.write(each, each.relative_to(root))


def size_of(root: str) -> int:
    """Return the size of all files in a folder, in bytes."""
    files = (Path(folder, name) for folder, _, names in os.walk(root) for name in names)
    return sum(file.stat().st_size for file in files if file.is_file())
