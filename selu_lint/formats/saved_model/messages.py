"""The Protocol Buffers of a SavedModel, declared in ``saved_model.proto``.

The declarations are read at run time into a descriptor pool of their own. Generated code would run
with two major releases of the protobuf library only, and the default pool is TensorFlow's.
"""

from __future__ import annotations

import functools
import pkgutil
import re
from typing import Any

from selu_lint.errors import SeluLintError
from selu_lint.formats.other_files import converted, ends_converted
from selu_lint.limits import Limits

_MESSAGE = re.compile(r"^message (\w+) \{$(.*?)^\}$", re.DOTALL | re.MULTILINE)
_FIELD = re.compile(r"^  (repeated )?(\w+) (\w+) = (\d+);", re.MULTILINE)
_DAMAGED = "is not the protobuf that it should be: truncated, damaged or something else"


def parse(kind: str, data: bytes, limits: Limits, where: str = "saved_model.pb") -> Any:
    """Return the message of a kind that ``saved_model.proto`` declares.

    Parameters
    ----------
    kind : str
        Name of the message, such as ``SavedModel``.
    data : bytes
        The message on the wire.
    limits : Limits
        ``protobuf_nodes`` bounds the fields of one message.
    where : str
        The file that it comes from, for the error.

    Raises
    ------
    SeluLintError
        If the bytes are no such message, or it has too many fields.
    """
    # A field takes two bytes or more on the wire, and up to fifty times that in memory.
    if len(data) > 2 * limits.protobuf_nodes:
        _count_fields(data, limits, where)
    classes, decode_error = _classes()
    try:
        return classes[kind].FromString(data)
    except (decode_error, RuntimeError, ValueError):
        raise damaged(where, data) from None


def damaged(where: str, data: bytes = b"") -> SeluLintError:
    """Return the error for a file that is no protobuf, or not the expected one; with its bytes."""
    ends = f": {converted(where)}" if ends_converted(data) else ""
    return SeluLintError(f"{where} {_DAMAGED}{ends}")


@functools.cache
def _classes() -> tuple[dict[str, Any], type[Exception]]:
    from google.protobuf import descriptor_pb2, descriptor_pool, message, message_factory

    declarations = pkgutil.get_data("selu_lint.formats.saved_model", "saved_model.proto") or b""
    text = declarations.decode()
    field_type = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(
        name="selu_lint/saved_model.proto", package="selu_lint", syntax="proto3"
    )
    for name, body in _MESSAGE.findall(text):
        declared = file.message_type.add(name=name)
        for repeated, scalar, field, number in _FIELD.findall(body):
            declared.field.add(
                name=field,
                number=int(number),
                type=field_type.Type.Value(f"TYPE_{scalar.upper()}"),
                label=field_type.LABEL_REPEATED if repeated else field_type.LABEL_OPTIONAL,
            )
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    # GetMessageClass came with protobuf 4.22; MessageFactory went with 6.
    get = getattr(message_factory, "GetMessageClass", None)
    if get is None:
        get = getattr(message_factory, "MessageFactory")(pool).GetPrototype  # noqa: B009
    classes = {
        declared.name: get(pool.FindMessageTypeByName(f"selu_lint.{declared.name}"))
        for declared in file.message_type
    }
    return classes, message.DecodeError


def _count_fields(data: bytes, limits: Limits, where: str) -> None:
    """Walk over the fields of a message, and refuse too many of them."""
    place = count = 0
    while place < len(data):
        key, place = varint(data, place, where)
        wire_type = key & 7
        if wire_type == 0:
            _, place = varint(data, place, where)
        elif wire_type == 1:
            place += 8
        elif wire_type == 2:
            length, place = varint(data, place, where)
            place += length
        elif wire_type == 5:
            place += 4
        else:
            raise damaged(where, data)
        count += 1
        if count > limits.protobuf_nodes:
            unit = "entries in one message"
            raise limits.exceeded("protobuf_nodes", f"{where} has", unit)


def varint(data: bytes, place: int, where: str) -> tuple[int, int]:
    """Return the variable-length integer at a place, and the place behind it.

    Raises
    ------
    SeluLintError
        If the data end inside it, or it is longer than ten bytes.
    """
    result = 0
    for count in range(10):
        if place >= len(data):
            break
        byte = data[place]
        place += 1
        result |= (byte & 127) << (7 * count)
        if byte < 128:
            return result, place
    raise damaged(where, data)
