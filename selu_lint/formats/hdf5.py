"""The HDF5 file with a ``model_config`` attribute, as Keras 1 to 3 write it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

from selu_lint.document import Document
from selu_lint.errors import SeluLintError
from selu_lint.formats import strict_json
from selu_lint.formats.limits import DEFAULT, Limits

if TYPE_CHECKING:
    from selu_lint.formats.source import Source

FORMAT = "hdf5"
MAGIC = b"\x89HDF\r\n\x1a\n"


def read(source: Source, file: BinaryIO, limits: Limits = DEFAULT) -> Document:
    """Read the architecture of an HDF5 file; its weights stay where they are.

    Raises
    ------
    SeluLintError
        If the file is broken, hostile, or holds no Keras model.
    """
    import h5py

    try:
        with h5py.File(file, "r") as root:
            config = root.attrs.get("model_config")
            version = root.attrs.get("keras_version")
            weighty = "layer_names" in root.attrs or "layers" in root
    except (OSError, RuntimeError, KeyError, ValueError):
        raise SeluLintError("truncated or broken HDF5 file") from None
    if config is None:
        if weighty:
            raise SeluLintError("only weights, no architecture; save the whole model")
        raise SeluLintError("no Keras model: the HDF5 file has no model_config attribute")
    text = _text(config)
    architecture = strict_json.parse(text, limits)
    if isinstance(architecture, str):
        text = architecture
        architecture = strict_json.parse(text, limits)
    if not isinstance(architecture, dict) or "class_name" not in architecture:
        raise SeluLintError("the attribute model_config describes no Keras model")
    return Document(
        path=source.path,
        format=FORMAT,
        keras_version=_text(version) if version is not None else None,
        architecture=architecture,
        weights=None,
        text=text,
    )


def _text(value: Any) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)
