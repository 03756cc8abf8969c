"""The architecture, as ``model.to_json()``, ``get_config()`` or TensorFlow.js writes it.

Its weights may lie beside it, in a file of their own.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, BinaryIO, TypeGuard

from selu_lint.errors import NotAModelError, SeluLintError
from selu_lint.formats import enclosed
from selu_lint.formats.weights import beside
from selu_lint.limits import Limits
from selu_lint.model.document import Document
from selu_lint.storage import strict_json

if TYPE_CHECKING:
    from selu_lint.storage.byte_source import Source

FORMAT = "architecture-json"


def read(source: Source, file: BinaryIO, limits: Limits) -> Document:
    """Read an architecture; where it stands inside other JSON, the text is its own.

    Raises
    ------
    SeluLintError
        If the file is broken, too large, or describes no Keras model.
    """
    text = strict_json.decode(read_bytes(file, limits), limits)
    try:
        text, value, version = parse(text, limits)
    except SeluLintError as error:
        if "class_name" in text:
            raise
        # Not every file with this suffix is JSON to the letter: settings have comments.
        raise NotAModelError(str(error)) from None
    if not is_model(value):
        raise NotAModelError(_no_model(value, source.path))
    return Document(
        path=source.path,
        format=FORMAT,
        keras_version=version,
        architecture=value,
        weights=None if source.is_copy else beside.find(source.path, value, limits),
        text=text,
        limits=limits,
    )


def read_bytes(file: BinaryIO, limits: Limits) -> bytes:
    """Return the bytes of a file, and of one over the limit as many as show that it is."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    # A limit may be larger than memory, which Python would ask for at once.
    return file.read(min(size, limits.json_bytes + 1))


def parse(text: str, limits: Limits) -> tuple[str, Any, str | None]:
    """Parse an architecture, which may stand inside other JSON, or in a string of it.

    Returns
    -------
    str, object, str or None
        The text of the architecture, what it stands for, and the release that it names.

    Raises
    ------
    SeluLintError
        If the text is no JSON or passes a limit.
    """
    value = strict_json.parse(text, limits)
    if isinstance(value, str):
        text = value
        value = strict_json.parse(text, limits)
    inner = enclosed.find(text, value)
    if inner is not None:
        return inner
    version = value.get("keras_version") if isinstance(value, dict) else None
    return text, value, version if isinstance(version, str) else None


def is_model(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether a value is a serialized model, not the config of a layer or an optimizer."""
    if not isinstance(value, dict):
        return False
    config = value.get("config")
    if not isinstance(value.get("class_name"), str):
        return False
    if isinstance(config, list):
        return all(isinstance(layer, dict) and "class_name" in layer for layer in config)
    if not isinstance(config, dict):
        return False
    marks = ("keras_version", "build_config", "compile_config")
    return isinstance(config.get("layers"), list) or any(mark in value for mark in marks)


def _no_model(value: object, path: str) -> str:
    from selu_lint.formats.weights import shards

    if shards.is_index(value):
        return beside.only_weights(path)
    if isinstance(value, dict) and "modelTopology" in value:
        return (
            "a TensorFlow.js graph model, which holds operations and no layers; "
            "check the Keras model that it was converted from"
        )
    return "JSON, but no Keras model: it has no class_name and config, as to_json() writes them"
