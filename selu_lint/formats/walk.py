"""Finding the models in a directory, at the cost of a few bytes of each file that is none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

from selu_lint.errors import SeluLintError
from selu_lint.formats.hdf5_reader import superblock
from selu_lint.limits import Limits
from selu_lint.storage import drafts
from selu_lint.storage.byte_source import open_regular

SAVED_MODEL = "saved_model.pb"

# Version control and caches keep copies of models that are not the user's own.
_PASSED_OVER = {".git", ".hg", ".svn", ".ipynb_checkpoints", "__pycache__", "node_modules"}
_PARTS_OF_SAVED_MODEL = {"variables", "assets", "assets.extra"}
_CONFIG = "config.json"
_PARTS_OF_KERAS_FOLDER = {_CONFIG, "metadata.json", "model.weights.h5", "assets"}
_HDF5_SUFFIXES = (".h5", ".hdf5")
_ZIP = b"PK\x03\x04"
_HEAD = 4096


def models(directory: str, limits: Limits, skipped: list[str]) -> Iterator[str]:
    """Yield the models under a directory, sorted; the directory itself if there are none.

    A file counts if its content is a Keras model, or its suffix says that it should be one but
    its content cannot be read, so that it is not passed over in silence. A SavedModel counts as
    its folder. Folders of version control are passed over, and results that are being written.

    Parameters
    ----------
    directory : str
        The directory.
    limits : Limits
        Bounds on what is read.
    skipped : list of str
        Gets the links, which may lead out of the directory and are not followed, and what is
        neither a file nor a folder, such as a pipe.
    """
    found = False
    for model in _walk(directory, limits, skipped):
        found = True
        yield model
    if not found:
        yield directory


def _walk(directory: str, limits: Limits, skipped: list[str]) -> Iterator[str]:
    pending = [(directory, True)]
    while pending:
        path, is_folder = pending.pop()
        if not is_folder:
            if _is_model(path, limits):
                yield path
            continue
        try:
            with os.scandir(path) as scan:
                entries = sorted(scan, key=lambda entry: entry.name, reverse=True)
        except OSError:
            # Reading the folder will say why.
            yield path
            continue
        parts: set[str] = set()
        if any(entry.name == SAVED_MODEL for entry in entries):
            yield path
            parts = _PARTS_OF_SAVED_MODEL
        names = {entry.name for entry in entries}
        if _CONFIG in names and _is_keras_folder(path, limits):
            yield path
            parts = _PARTS_OF_KERAS_FOLDER
        for entry in entries:
            if drafts.is_hidden(entry.name, names):
                continue
            folder = entry.is_dir(follow_symlinks=False)
            if not folder and not entry.is_file(follow_symlinks=False):
                skipped.append(entry.path)
            elif entry.name not in parts and not (folder and entry.name in _PASSED_OVER):
                pending.append((entry.path, folder))


def _is_keras_folder(path: str, limits: Limits) -> bool:
    from selu_lint.formats import keras_folder

    config = os.path.join(path, _CONFIG)
    try:
        with open_regular(config, follow_links=False) as file:
            return keras_folder.is_folder(path) and _is_architecture(file, limits)
    except (OSError, SeluLintError):
        # Read alone, the file says what is wrong with it.
        return False


def _is_model(path: str, limits: Limits) -> bool:
    name = path.lower()
    should_be = name.endswith((".keras", *_HDF5_SUFFIXES))
    try:
        if name.endswith(".keras"):
            return True
        with open_regular(path, follow_links=False) as file:
            head = file.read(_HEAD)
            if head.startswith(_ZIP):
                return _is_archive(file, limits)
            if head.startswith(superblock.MAGIC) or name.endswith(_HDF5_SUFFIXES):
                from selu_lint.formats import hdf5

                return hdf5.is_model(file, limits)
            return name.endswith(".json") and _is_architecture(file, limits)
    except (OSError, SeluLintError):
        return should_be


def _is_archive(file: BinaryIO, limits: Limits) -> bool:
    from selu_lint.storage import archive_members

    members = archive_members.open_archive(file, limits).NameToInfo
    marks = (archive_members.METADATA, archive_members.WEIGHTS)
    return archive_members.CONFIG in members and any(mark in members for mark in marks)


def _is_architecture(file: BinaryIO, limits: Limits) -> bool:
    from selu_lint.formats import architecture_json
    from selu_lint.storage import strict_json

    data = architecture_json.read_bytes(file, limits)
    text = data.replace(b"\0", b"")
    if b'class_name"' not in text and b'class_name\\"' not in text:
        return False
    try:
        value = architecture_json.parse(strict_json.decode(data, limits), limits)[1]
    except SeluLintError:
        # A broken file is only reported if it was a model.
        return b"layers" in text or b"keras_version" in text
    return architecture_json.is_model(value)
