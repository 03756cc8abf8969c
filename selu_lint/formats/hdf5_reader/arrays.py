"""The values of an HDF5 dataset."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

from selu_lint.errors import SeluLintError
from selu_lint.formats.hdf5_reader.bytes import broken, unsupported
from selu_lint.formats.hdf5_reader.file import Node
from selu_lint.limits import Limits

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_STORED = {"int", "uint", "float", "bool"}


def dtype_of(node: Node) -> str:
    """Return NumPy's name for the type of a dataset; ``bfloat16`` where Keras says so."""
    name = node.datatype.name
    return "bfloat16" if name == "V2" and node.attribute("dtype") == "bfloat16" else name


def read_integer(node: Node, limits: Limits) -> int | None:
    """Return the value of a single stored integer; None if it is something else."""
    datatype = node.datatype
    if datatype.kind not in ("int", "uint") or node.shape is None or math.prod(node.shape) != 1:
        return None
    data = _bytes(node, limits)
    order: Any = "big" if datatype.big_endian else "little"
    return int.from_bytes(data, order, signed=datatype.kind == "int")


def read_array(node: Node, limits: Limits) -> NDArray[np.generic]:
    """Return the values of a dataset; bfloat16 becomes float32, which NumPy knows.

    Parameters
    ----------
    node : Node
        The dataset.
    limits : Limits
        Bounds on its size.

    Raises
    ------
    SeluLintError
        If it is too large, broken, lies in another file, or has no numbers.
    """
    import numpy as np

    kind = dtype_of(node)
    if kind == "bfloat16":
        words = np.frombuffer(_bytes(node, limits), "<u2").astype(np.uint32)
        return cast("NDArray[np.generic]", (words << 16).view(np.float32).reshape(node.shape or ()))
    try:
        dtype = np.dtype(kind if node.datatype.kind in _STORED else "")
    except TypeError:
        raise unsupported(f"a variable of type {kind}") from None
    stored = dtype.newbyteorder(">" if node.datatype.big_endian else "<")
    values = np.frombuffer(_bytes(node, limits), stored)
    return values.reshape(node.shape or ()).astype(dtype)


def _bytes(node: Node, limits: Limits) -> bytes:
    if node.is_external:
        raise SeluLintError("the values of a variable lie outside the file")
    if node.shape is None:
        raise broken("a variable without values")
    size = math.prod(node.shape) * node.datatype.size
    if size > limits.variable_bytes:
        raise limits.exceeded("variable_bytes", "a variable takes")
    return node.values(size) if size else b""
