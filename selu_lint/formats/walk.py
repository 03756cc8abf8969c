"""Finding the models and the source code in a directory.

A file that is no model costs a few bytes, a Python file that does not name SELU a look at its text.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from selu_lint.errors import SeluLintError
from selu_lint.formats import gitignore
from selu_lint.formats.gitignore import Ignored
from selu_lint.formats.hdf5_reader import superblock
from selu_lint.formats.passed_over import PassedOver
from selu_lint.formats.weights import beside
from selu_lint.limits import Limits
from selu_lint.model.document import SOURCE_SUFFIXES
from selu_lint.source.prefilter import matters
from selu_lint.storage import drafts
from selu_lint.storage.byte_source import open_regular

SAVED_MODEL = "saved_model.pb"

# Version control, caches and installed packages keep what is not the user's own.
_PASSED_OVER = frozenset(
    {".git", ".hg", ".svn", ".ipynb_checkpoints", "__pycache__", "node_modules"}
    | {".venv", "venv", "site-packages", ".tox", ".nox", "__pypackages__"}
)
_ENVIRONMENT = "pyvenv.cfg"
_BUILD = "build"
_PARTS_OF_SAVED_MODEL = frozenset({"variables", "assets", "assets.extra"})
_CONFIG = "config.json"
_PARTS_OF_KERAS_FOLDER = frozenset({_CONFIG, "metadata.json", "model.weights.h5", "assets"})
_HDF5_SUFFIXES = (".h5", ".hdf5")
_ZIP = b"PK\x03\x04"
_HEAD = 4096


def models(
    directory: str, limits: Limits, skipped: PassedOver, looked: list[str] | None = None
) -> Iterator[str]:
    """Yield the models under a directory, sorted.

    A file counts if its content is a Keras model, or its suffix says that it should be one but
    its content cannot be read, so that it is not passed over in silence. A SavedModel counts as
    its folder. Folders of version control and of installed packages are passed over, and results
    that are being written.

    Source code counts if it names SELU and may be Keras's. Besides, what ``.gitignore`` files name
    and folders called ``build`` are passed over: a model may lie there, the user's code does not.

    Parameters
    ----------
    directory : str
        The directory.
    limits : Limits
        Bounds on what is read.
    skipped : PassedOver
        Gets the links, which may lead out of the directory and are not followed, what is neither a
        file nor a folder, such as a pipe, and files with weights alone.
    looked : list of str, optional
        Gets the Python files and notebooks that were looked at. Without it models are sought only,
        and where there are none the directory itself is yielded.
    """
    found = False
    for model in _walk(directory, limits, skipped, looked):
        found = True
        yield model
    if not found and looked is None:
        yield directory


class _Entry(NamedTuple):
    """What is still to be looked at.

    Attributes
    ----------
    path : str
        Where it is.
    relative : str
        Its path from the root of the walk, with ``/``.
    is_folder : bool
        Whether it is a folder.
    foreign : bool
        Whether source code in it is not the user's own.
    ignored : Ignored
        What ``.gitignore`` files say about it.
    """

    path: str
    relative: str
    is_folder: bool
    foreign: bool
    ignored: Ignored


def _walk(
    directory: str, limits: Limits, skipped: PassedOver, looked: list[str] | None
) -> Iterator[str]:
    ignored = Ignored() if looked is None else gitignore.above(directory)
    pending = [_Entry(directory, "", True, looked is None, ignored)]
    while pending:
        entry = pending.pop()
        path = entry.path
        if not entry.is_folder:
            if looked is not None and path.lower().endswith(tuple(SOURCE_SUFFIXES)):
                if entry.foreign or entry.ignored.covers(entry.relative, False):
                    continue
                looked.append(path)
                if _is_source(path, limits):
                    yield path
            elif _is_model(path, limits, skipped):
                yield path
            continue
        try:
            with os.scandir(path) as scan:
                entries = sorted(scan, key=lambda entry: entry.name, reverse=True)
        except OSError:
            # Reading the folder will say why.
            yield path
            continue
        parts: frozenset[str] = frozenset()
        if any(entry.name == SAVED_MODEL for entry in entries):
            yield path
            parts = _PARTS_OF_SAVED_MODEL
        names = {entry.name for entry in entries}
        if _CONFIG in names and _is_keras_folder(path, limits):
            yield path
            parts = _PARTS_OF_KERAS_FOLDER
        pending += _inside(entry, entries, names, parts, skipped)


def _inside(
    folder: _Entry,
    entries: list[os.DirEntry[str]],
    names: set[str],
    parts: frozenset[str],
    skipped: PassedOver,
) -> Iterator[_Entry]:
    """Yield what is to be looked at in a folder, the last first."""
    if _ENVIRONMENT in names and folder.relative:
        return
    ignored = folder.ignored
    if gitignore.NAME in names and not folder.foreign:
        ignored = ignored.with_folder(folder.path, folder.relative)
    for entry in entries:
        if drafts.is_hidden(entry.name, names):
            continue
        is_folder = entry.is_dir(follow_symlinks=False)
        is_file = entry.is_file(follow_symlinks=False)
        if not (is_folder or is_file) or (is_folder and _is_junction(entry)):
            skipped.links.append(entry.path)
        elif entry.name not in parts and not (is_folder and entry.name in _PASSED_OVER):
            relative = f"{folder.relative}/{entry.name}" if folder.relative else entry.name
            foreign = folder.foreign
            if is_folder and not foreign:
                foreign = entry.name == _BUILD or ignored.covers(relative, True)
            yield _Entry(entry.path, relative, is_folder, foreign, ignored)


def _is_junction(entry: os.DirEntry[str]) -> bool:
    """Whether a folder is a link of Windows to another one; Python before 3.12 follows it."""
    junction = getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", None)
    if junction is None:
        return False
    return bool(getattr(entry.stat(follow_symlinks=False), "st_reparse_tag", 0) == junction)


def _is_source(path: str, limits: Limits) -> bool:
    """Whether a file of source code may matter; one that cannot be read does."""
    try:
        with open_regular(path, follow_links=False) as file:
            data = file.read(limits.notebook_bytes + 1)
    except (OSError, SeluLintError):
        return True
    return matters(data) or data.startswith((_ZIP, superblock.MAGIC))


def _is_keras_folder(path: str, limits: Limits) -> bool:
    from selu_lint.formats import keras_folder

    config = os.path.join(path, _CONFIG)
    try:
        with open_regular(config, follow_links=False) as file:
            return keras_folder.is_folder(path) and _is_architecture(file, limits)
    except (OSError, SeluLintError):
        # Read alone, the file says what is wrong with it.
        return False


def _is_model(path: str, limits: Limits, skipped: PassedOver) -> bool:
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

                if hdf5.is_model(file, limits):
                    return True
                if hdf5.is_weights(file, limits) and beside.architecture_of(path) is None:
                    skipped.weights.append(path)
                return False
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
