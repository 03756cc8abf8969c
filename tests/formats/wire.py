"""SavedModels put together byte by byte, for the tests; knows nothing of the reader."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path

Value = int | float | str | bytes


def varint(value: int) -> bytes:
    """Return a variable-length integer."""
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def message(*fields: tuple[int, Value]) -> bytes:
    """Return a message of numbered fields: ints, floats of 32 bits, texts, or messages."""
    out = []
    for number, value in fields:
        if isinstance(value, float):
            out += [varint(number << 3 | 5), struct.pack("<f", value)]
        elif isinstance(value, int):
            out += [varint(number << 3), varint(value)]
        else:
            data = value.encode() if isinstance(value, str) else value
            out += [varint(number << 3 | 2), varint(len(data)), data]
    return b"".join(out)


def shape(*sizes: int) -> bytes:
    """Return a TensorShapeProto."""
    return message(*((2, message((1, size))) for size in sizes))


def node(name: str, operation: str, *inputs: str, **attributes: bytes) -> bytes:
    """Return a NodeDef; the attributes are AttrValues."""
    return message(
        (1, name),
        (2, operation),
        *((3, each) for each in inputs),
        *((5, message((1, key), (2, value))) for key, value in attributes.items()),
    )


def calls(function: str) -> bytes:
    """Return the AttrValue that names a function."""
    return message((10, message((1, function))))


def constant(name: str, value: float) -> bytes:
    """Return a Const of one 32-bit float."""
    tensor = message((1, 1), (2, shape()), (4, struct.pack("<f", value)))
    return node(name, "Const", value=message((8, tensor)))


def function(name: str, arguments: Iterable[str], nodes: Iterable[bytes], **results: str) -> bytes:
    """Return a FunctionDef."""
    signature = message(
        (1, name),
        *((2, message((1, each))) for each in arguments),
        *((3, message((1, each))) for each in results),
    )
    return message(
        (1, signature),
        *((3, each) for each in nodes),
        *((4, message((1, key), (2, value))) for key, value in results.items()),
    )


def variable(name: str, *sizes: int) -> bytes:
    """Return a SavedObject that is a float variable."""
    return message((7, message((1, 1), (2, shape(*sizes)), (6, name))))


def keras(metadata: str, identifier: str = "_tf_keras_layer", **children: int) -> bytes:
    """Return a SavedObject that is a Keras layer, with its metadata in it."""
    return message(
        *((1, message((1, number), (2, name))) for name, number in children.items()),
        (4, message((1, identifier), (3, metadata))),
    )


def saved_model(
    nodes: Iterable[bytes] = (),
    functions: Iterable[bytes] = (),
    objects: Iterable[bytes] = (),
    captures: dict[str, list[int]] | None = None,
) -> bytes:
    """Return a SavedModel with one graph."""
    library = message(*((1, each) for each in functions))
    graph = message(*((1, each) for each in nodes), (2, library))
    bound = [
        (2, message((1, name), (2, message((2, b"".join(map(varint, numbers)))))))
        for name, numbers in (captures or {}).items()
    ]
    object_graph = message(*((1, each) for each in objects), *bound)
    return message((1, 1), (2, message((2, graph), (7, object_graph))))


def write(folder: Path, data: bytes) -> str:
    """Write saved_model.pb and return the folder's path."""
    folder.mkdir(exist_ok=True)
    (folder / "saved_model.pb").write_bytes(data)
    return str(folder)
