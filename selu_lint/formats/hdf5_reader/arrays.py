"""The values of an HDF5 dataset."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Any, BinaryIO, cast

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


def read_integer(node: Node, file: BinaryIO, limits: Limits) -> int | None:
    """Return the value of a single stored integer; None if it is something else."""
    datatype = node.datatype
    if datatype.kind not in ("int", "uint") or node.shape is None or math.prod(node.shape) != 1:
        return None
    data = _bytes(node, file, limits)
    if data is None:
        return None
    order: Any = "big" if datatype.big_endian else "little"
    return int.from_bytes(data, order, signed=datatype.kind == "int")


def read_array(node: Node, file: BinaryIO, name: str, limits: Limits) -> NDArray[np.generic]:
    """Return the values of a dataset; bfloat16 becomes float32, which NumPy knows.

    Parameters
    ----------
    node : Node
        The dataset.
    file : BinaryIO
        The HDF5 file that it lies in.
    name : str
        Its path in that file.
    limits : Limits
        Bounds on its size.

    Raises
    ------
    SeluLintError
        If it is too large, broken, lies in another file, or has no numbers.
    """
    import numpy as np

    if node.is_external:
        raise _outside()
    kind = dtype_of(node)
    data = _bytes(node, file, limits)
    if data is None:
        return _read_chunks(file, name, limits)
    if kind == "bfloat16":
        words = np.frombuffer(data, "<u2").astype(np.uint32)
        return cast("NDArray[np.generic]", (words << 16).view(np.float32).reshape(node.shape or ()))
    if node.datatype.kind not in _STORED:
        raise unsupported(f"a variable of type {kind}")
    try:
        dtype = np.dtype(kind)
    except TypeError:
        raise unsupported(f"a variable of type {kind}") from None
    stored = dtype.newbyteorder(">" if node.datatype.big_endian else "<")
    return np.frombuffer(data, stored).reshape(node.shape or ()).astype(dtype)


def _bytes(node: Node, file: BinaryIO, limits: Limits) -> bytes | None:
    if node.shape is None:
        raise broken("a variable without values")
    size = math.prod(node.shape) * node.datatype.size
    if size > limits.variable_bytes:
        raise limits.exceeded("variable_bytes", "a variable takes")
    if size == 0:
        return b""
    extent = node.extent
    if extent is None:
        return None
    start, stored = extent
    if stored < size or start + size > file.seek(0, os.SEEK_END):
        raise broken("a variable ends early")
    file.seek(start)
    return file.read(size)


def _read_chunks(file: BinaryIO, name: str, limits: Limits) -> NDArray[np.generic]:
    # Keras writes no chunks, but repacked files have them.
    import h5py
    import numpy as np

    try:
        with h5py.File(file, "r") as root:
            dataset = _by_hard_links(root, name)
            # In a damaged file the library may see another dataset than was looked at.
            if dataset.external or dataset.is_virtual:
                raise _outside()
            size = dataset.size * dataset.dtype.itemsize
            if size > limits.variable_bytes:
                raise limits.exceeded("variable_bytes", "a variable takes")
            if dataset.id.get_storage_size() * 1032 < size:
                raise broken("a variable whose values are not stored")
            return np.asarray(dataset[()])
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError):
        raise broken("a variable cannot be read") from None


def _by_hard_links(root: Any, name: str) -> Any:
    """Return a member of the HDF5 library's file; a link that leads out of it is not followed."""
    import h5py

    member = root
    for part in filter(None, name.split("/")):
        if not isinstance(member.get(part, getlink=True), h5py.HardLink):
            raise _outside()
        member = member[part]
    return member


def _outside() -> SeluLintError:
    return SeluLintError("the values of a variable lie outside the file")
