"""Reading models: every format is recognized by what a file holds, never by what it is called."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import BinaryIO

from selu_lint.code import Code, Piped, is_piped
from selu_lint.errors import NotAModelError, SeluLintError
from selu_lint.formats.hdf5_reader.superblock import find_superblock
from selu_lint.formats.other_files import LFS, what_it_is
from selu_lint.formats.passed_over import PassedOver
from selu_lint.limits import DEFAULT, Limits
from selu_lint.model.document import NOTEBOOK, PYTHON, SOURCE_FORMATS, SOURCE_SUFFIXES, Document
from selu_lint.storage.byte_source import Source, errors_of_this_machine, open_regular
from selu_lint.storage.opening import open_source

__all__ = [
    "DEFAULT",
    "SOURCE_SUFFIXES",
    "Limits",
    "find_models",
    "is_source",
    "nothing_found",
    "read",
]

_HEAD = 4096
_CONFIG = "config.json"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_SAVED_MODEL = b"\x08\x01\x12"
_SHEBANG = rb"#![^\n]*\bpython"
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def read(path: str | os.PathLike[str], limits: Limits = DEFAULT) -> Document:
    """Read one model.

    Parameters
    ----------
    path : str or os.PathLike
        A file, the directory of a SavedModel, an address such as ``s3://bucket/model.keras``, or
        ``-`` for standard input.
    limits : Limits
        Bounds on what is read.

    Raises
    ------
    SeluLintError
        If there is no model, or it cannot be read; one line without the path.
    """
    name = os.fspath(path)
    with errors_of_this_machine():
        if not is_piped(name) and os.path.isdir(name):
            return _read_directory(name, limits)
        source = open_source(name, limits)
        with source.open() as file:
            document = _read_file(source, file, limits)
            source.verify(file)
            return document


def _read_file(source: Source, file: BinaryIO, limits: Limits) -> Document:
    kind = recognize(file, source.path)
    if kind in SOURCE_FORMATS:
        from selu_lint.source import reading

        return reading.read(file, source.path, kind, limits)
    if kind == "zip":
        from selu_lint.formats import keras_archive

        return keras_archive.read(source, file, limits)
    if kind == "hdf5":
        from selu_lint.formats import hdf5

        return hdf5.read(source, file, limits)
    if kind == "saved-model":
        if source.is_copy:
            raise SeluLintError("a SavedModel is a folder; name the folder to check it")
        from selu_lint.formats.saved_model.reading import read as read_saved_model

        return read_saved_model(source.path, limits)
    from selu_lint.formats import architecture_json

    return architecture_json.read(source, file, limits)


def find_models(
    path: str | os.PathLike[str],
    limits: Limits = DEFAULT,
    skipped: PassedOver | None = None,
    looked: list[str] | None = None,
) -> Iterator[str]:
    """Yield the models under a directory, sorted; any other path is yielded as it is.

    A file of a folder that Keras wrote with ``zipped=False`` stands for its folder.
    A file that is plainly no Keras model is passed over in silence; ``skipped`` gets the links
    and special files that were not followed, and files with weights alone. Where nothing is found
    the directory itself is yielded, so that reading it says so. With ``looked`` source code is
    found, too; it gets the Python files and notebooks that were looked at, and a directory without
    any is not yielded.
    """
    name = os.fspath(path)
    if isinstance(name, Code | Piped):
        yield name
        return
    if "://" in name:
        from selu_lint.storage import remote

        try:
            yield from remote.models(name, limits)
        except SeluLintError:
            # Reading it will say why.
            yield name
        return
    if name == "-":
        yield name
        return
    if not os.path.isdir(name):
        yield _model_of(name)
        return
    from selu_lint.formats import walk

    yield from walk.models(name, limits, PassedOver() if skipped is None else skipped, looked)


def nothing_found(directory: str, looked: int) -> str:
    """Return one line on a directory in which there is nothing to check."""
    if not looked:
        return f"{directory}: neither Keras models nor Python files in it"
    files = "1 Python file or notebook" if looked == 1 else f"{looked:,} Python files and notebooks"
    return f"{directory}: no Keras models in it, and no SELU of Keras in {files}"


def recognize(file: BinaryIO, name: str = "") -> str:
    """Return ``zip``, ``hdf5``, ``saved-model``, ``json``, ``python`` or ``notebook``.

    A model is told by its first bytes, source code by its suffix, the line ``#!`` or the keys of a
    notebook.

    Raises
    ------
    SeluLintError
        If it is none of them.
    """
    file.seek(0)
    head = file.read(_HEAD)
    if head.startswith(_ZIP):
        return "zip"
    superblock = find_superblock(file)
    file.seek(0)
    if superblock is not None:
        return "hdf5"
    if head.startswith(_SAVED_MODEL):
        return "saved-model"
    source = _source_format(file, head, name.lower())
    if source:
        return source
    if head.lstrip()[:1] in (b"{", b"[", b'"') or head.startswith(_MARKS) or b"{\x00" in head[:8]:
        return "json"
    if not head:
        raise SeluLintError("the file is empty")
    raise NotAModelError(what_it_is(head, name))


def is_source(path: str) -> bool:
    """Whether a path names a file of source code; what cannot be read is none."""
    try:
        with open_regular(path) as file:
            return recognize(file, path) in SOURCE_FORMATS
    except (OSError, SeluLintError):
        return False


def _source_format(file: BinaryIO, head: bytes, name: str) -> str:
    """Return ``python`` or ``notebook``; nothing for what is neither."""
    if head.startswith(LFS):
        return ""
    suffix = os.path.splitext(name)[1]
    if suffix in SOURCE_SUFFIXES:
        return SOURCE_SUFFIXES[suffix]
    if re.match(_SHEBANG, head):
        return PYTHON
    if not head.lstrip().startswith(b"{"):
        return ""
    # It stands in front of the cells or, as Jupyter writes it, behind them.
    file.seek(max(0, file.seek(0, os.SEEK_END) - _HEAD))
    return NOTEBOOK if b'"nbformat"' in head + file.read(_HEAD) else ""


def _model_of(name: str) -> str:
    if not name.endswith((".json", ".h5")):
        return name
    from selu_lint.formats import keras_folder

    return keras_folder.folder_of(name)


def _read_directory(name: str, limits: Limits) -> Document:
    entries = os.listdir(name)
    if "saved_model.pb" in entries:
        from selu_lint.formats.saved_model.reading import read as read_saved_model

        return read_saved_model(name, limits)
    if _CONFIG in entries:
        from selu_lint.formats import keras_folder

        if keras_folder.is_folder(name):
            return keras_folder.read(name, limits)
    raise SeluLintError("there is no Keras model in this directory")
