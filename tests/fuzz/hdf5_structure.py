"""Changes of an HDF5 file that the HDF5 library makes, so that its structure stays whole.

What is read behind checksums, lengths and addresses is never reached by turning bits.
"""

from __future__ import annotations

import io
import json
import random
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import h5py
import numpy as np

from tests.fuzz import mutations

_NAMES = ("vars", "layers", "dense", "0", "1", "a\\b", "layers\\dense\\vars", "..", "é", "x" * 300)
_SHAPES = ((), (0,), (1,), (3, 4), (2, 3, 4, 5), (1, 0, 3))
_TYPES = ("float32", "float64", "float16", "int8", "int64", ">f4", "bool", "S3", "complex64")
_VALUES = (0.0, 1.0, -1.0, 1e38, float("nan"), float("inf"))


def changed(data: bytes, chance: random.Random) -> bytes:
    """Return a file with groups, datasets and attributes moved, replaced, doubled or dropped.

    A file that the library cannot change comes back as it is.
    """
    stream = io.BytesIO(data)
    try:
        with h5py.File(stream, "r+") as root:
            names = _names(data)
            for _ in range(chance.choice((1, 1, 2, 4))):
                _change(root, _chosen(root, names, chance), names, chance)
    except Exception:
        return data
    return stream.getvalue()


@lru_cache(512)
def _names(data: bytes) -> tuple[str, ...]:
    """Return the paths of all groups and datasets of a file."""
    names = ["/"]
    with h5py.File(io.BytesIO(data), "r") as root:
        root.visit(names.append)
    return tuple(names)


def _chosen(root: Any, names: Sequence[str], chance: random.Random) -> Any:
    """Return one of the groups and datasets that are still there; the root always is."""
    name = chance.choice(names)
    return root.get(name, root)


def _change(root: Any, node: Any, names: Sequence[str], chance: random.Random) -> None:
    kind = chance.randrange(7)
    if kind == 0:
        _change_attribute(node, chance)
    elif kind == 1 and node.name != "/":
        root.move(node.name, f"{node.parent.name}/{chance.choice(_NAMES)}".replace("//", "/"))
    elif kind == 2 and node.name != "/":
        del root[node.name]
    elif kind == 3 and node.name != "/":
        name = node.name
        del root[name]
        root[name] = _array(chance)
    elif kind == 4 and isinstance(node, h5py.Group):
        # Another name of a group, of itself and of what it lies in too.
        node[chance.choice(_NAMES)] = _chosen(root, names, chance)
    elif kind == 5 and isinstance(node, h5py.Group):
        links = (h5py.SoftLink("/"), h5py.SoftLink("nowhere"), h5py.ExternalLink("other.h5", "/"))
        node[chance.choice(_NAMES)] = chance.choice(links)
    elif isinstance(node, h5py.Dataset) and node.dtype.kind == "f" and node.size:
        values = np.array(node[()])
        values.flat[chance.randrange(values.size)] = chance.choice(_VALUES)
        node[...] = values


def _array(chance: random.Random) -> Any:
    return np.full(chance.choice(_SHAPES), 1).astype(chance.choice(_TYPES))


def _change_attribute(node: Any, chance: random.Random) -> None:
    names = list(node.attrs)
    if not names:
        node.attrs[chance.choice(("name", "layer_names", "weight_names", "model_config"))] = "x"
        return
    name = chance.choice(names)
    if name == "model_config" and chance.random() < 0.7:
        value = json.loads(node.attrs[name])
        places = tuple(mutations.paths(value))
        node.attrs[name] = json.dumps(mutations.altered(value, places, [[], {}, "selu"], chance))
    elif chance.random() < 0.5:
        del node.attrs[name]
    else:
        node.attrs[name] = chance.choice((b"", "x", 3, np.zeros(2), np.array([b"a", b"b"])))
