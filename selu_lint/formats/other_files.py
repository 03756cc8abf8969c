"""What a file is that is no Keras model, and what to do about it."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from selu_lint.errors import SeluLintError

LFS = b"version https://git-lfs.github.com/spec/"
"""How a Git LFS pointer begins."""

# Compiled where they are needed: nearly every file is a model.
_PART_OF_SAVED_MODEL = r"(keras_metadata|fingerprint)\.pb|variables\.(index|data-\d+-of-\d+)"
_CHECKPOINT = r".+\.(index|data-\d+-of-\d+)"
_PICKLE = rb"\x80[\x02-\x05]"
_YAML = rb"(?m)^\s*(- )?(class_name|keras_version|backend): *\S"
_MARKUP = (b"<!doc", b"<html", b"<?xml")
# The signature, \x89HDF\r\n\x1a\n, is made to show what a change of line ends does.
_CONVERTED_HDF5 = (b"\x89HDF\n\x1a\n", b"\x89HDF\r\r\n\x1a\r\n", b"\x89HDF\r\n\x1a\r\n")
_MANY_ENDS = 512
_ENOUGH = 1 << 20


def what_it_is(head: bytes, path: str) -> str:
    """Return one line on a file that is neither an archive, HDF5, JSON, nor source code.

    Parameters
    ----------
    head : bytes
        How it begins.
    path : str
        Its path.
    """
    name = os.path.basename(path)
    if head.startswith(LFS):
        return "a Git LFS pointer, not the model itself; fetch it with `git lfs pull`"
    if re.fullmatch(_PART_OF_SAVED_MODEL, name):
        return "part of a SavedModel; name its folder, in which saved_model.pb lies"
    if re.fullmatch(_CHECKPOINT, name):
        return "part of a checkpoint of TensorFlow: weights alone; save the whole model"
    if head.startswith(_CONVERTED_HDF5):
        return f"damaged HDF5: {converted(path)}"
    if head[4:8] == b"TFL3":
        return "a TensorFlow Lite model; check the Keras model that it was converted from"
    if re.match(_PICKLE, head):
        return "a pickle, which only running its code can open; save the model with model.save()"
    if head.startswith(b"\x93NUMPY"):
        return "an array of NumPy, no model"
    if re.search(_YAML, head) and b"config:" in head:
        return "a Keras model in YAML, which Keras reads no more; save it with model.to_json()"
    if head.lstrip()[:5].lower() in _MARKUP:
        return "a web page, not a model; the download probably failed"
    return "not a Keras model: neither a zip archive, nor HDF5, nor JSON"


def archive_without_config(members: Collection[str]) -> str:
    """Return one line on a zip archive that has no ``config.json``."""
    if "model.weights.h5" in members:
        return "only weights: the archive has no config.json; save the whole model"
    names = [name.replace("\\", "/") for name in members]
    for name in names:
        if name.endswith("/config.json"):
            return (
                f"the zip archive holds {name[:80]!r}, not config.json: zip the folder's contents"
            )
    if any(name.rpartition("/")[2] == "saved_model.pb" for name in names):
        return "a SavedModel in a zip archive; unpack it and name the folder"
    if any(name.endswith("data.pkl") for name in names):
        return "a model of PyTorch, not of Keras"
    if names and all(name.endswith(".npy") for name in names):
        return "arrays of NumPy, no model"
    return "no Keras model: the zip archive has no config.json"


@contextmanager
def line_ends_told(file: BinaryIO, path: str, kind: type[SeluLintError]) -> Iterator[None]:
    """Say of a binary file that cannot be read if its line ends were converted.

    Parameters
    ----------
    file : BinaryIO
        The file.
    path : str
        Its path.
    kind : type
        The error that says that it is damaged.
    """
    try:
        yield
    except kind as error:
        file.seek(0)
        if ends_converted(file.read(_ENOUGH)):
            raise kind(f"{error}: {converted(path)}") from None
        raise


def ends_converted(data: bytes) -> bool:
    """Whether the bytes of a binary file look as if their line ends had been converted.

    In others one newline of 256 has a carriage return in front of it: here all have, or none.
    """
    ends = data.count(b"\n")
    return ends >= _MANY_ENDS and data.count(b"\r\n") in (0, ends)


def converted(path: str) -> str:
    """Return what is wrong with a binary file whose line ends were converted, and what to do."""
    suffix = os.path.splitext(path)[1] or os.path.basename(path)
    return (
        "its line ends were converted, as git does to text; put "
        f"`*{suffix} binary` into .gitattributes and take the file anew"
    )
