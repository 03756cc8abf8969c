"""Weights in several files, as ``save_weights(..., max_shard_size=)`` of Keras 3 writes them.

An index, ``model.weights.json``, names the files in which the variables of each layer lie; those of
one layer may lie in two. Source: ``keras.src.saving.saving_lib.ShardedH5IOStore``, 3.10 to 3.15.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, BinaryIO

from selu_lint.errors import SeluLintError
from selu_lint.formats.hdf5_reader.file import Node
from selu_lint.formats.hdf5_reader.values import Value
from selu_lint.formats.weights.archive import ArchiveWeights, open_weights
from selu_lint.limits import Limits
from selu_lint.storage import strict_json
from selu_lint.storage.byte_source import open_regular

_SHARD = re.compile(r"[^/\\:\0]*_\d{5,}\.weights\.h5")
_MAP = "weight_map"


def read_index(file: BinaryIO, limits: Limits) -> Any:
    """Return the JSON data of a file.

    Raises
    ------
    SeluLintError
        If it is none, or passes a limit.
    """
    file.seek(0)
    data = file.read(limits.json_bytes + 1)
    return strict_json.parse(strict_json.decode(data, limits), limits)


def is_index(value: object) -> bool:
    """Whether JSON data are the index of weights in shards."""
    return (
        isinstance(value, dict)
        and isinstance(value.get(_MAP), dict)
        and isinstance(value.get("metadata"), dict)
    )


def files_of(index: Mapping[str, Any], limits: Limits) -> list[str]:
    """Return the names of the files that an index names, sorted.

    Raises
    ------
    SeluLintError
        If one of them is no name of a file beside the index, or there are too many.
    """
    named: set[str] = set()
    for value in index[_MAP].values():
        for name in value if isinstance(value, list) else [value]:
            if not isinstance(name, str) or _SHARD.fullmatch(name) is None:
                raise SeluLintError("the index of the weights names what is no file beside it")
            named.add(name)
    if len(named) > limits.members:
        raise limits.exceeded("members", "the weights lie in", "files")
    return sorted(named)


class ShardedWeights(ArchiveWeights):
    """Weights in several files; see ``selu_lint.model.document.Weights``.

    Parameters
    ----------
    source : Source
        The index.
    architecture : Mapping
        The architecture that the weights belong to.
    limits : Limits
        Bounds on what is read.
    """

    def _open(self) -> BinaryIO:
        return self._source.open()

    @cached_property
    def _shards(self) -> list[BinaryIO]:
        index = read_index(self._file, self._limits)
        if not is_index(index):
            raise SeluLintError("the index of the weights changed while it was read")
        folder, shards = os.path.dirname(self._source.path), list[BinaryIO]()
        try:
            for name in files_of(index, self._limits):
                shards.append(_opened(os.path.join(folder, name)))
        except BaseException:
            _close(shards)
            raise
        return shards

    @cached_property
    def _root(self) -> Node:
        return _merged([open_weights(shard, self._limits) for shard in self._shards])

    def close(self) -> None:
        """Close the files; they open again when something is asked."""
        shards = self.__dict__.pop("_shards", ())
        super().close()
        _close(shards)

    def extent(self, variable: object) -> None:
        """Return None: the values lie in one of several files."""


class _MergedGroup(Node):
    """The groups at one place of several files, as one."""

    def __init__(self, parts: Sequence[Node]) -> None:
        self._parts = parts
        self.messages = ()

    @cached_property
    def links(self) -> dict[str, int]:
        """The names of the members; their addresses mean nothing."""
        return {name: at for part in self._parts for name, at in part.links.items()}

    def child(self, name: str) -> Node | None:
        """Return a member of the group, None if there is none of this name."""
        found = [node for part in self._parts if (node := part.child(name)) is not None]
        return _merged(found) if found else None

    def find(self, path: str, again: bool = False) -> Node | None:
        """Return the member at a path of names joined with ``/``."""
        found = [node for part in self._parts if (node := part.find(path, again)) is not None]
        return _merged(found) if found else None

    def attribute(self, name: str, limit: str = "attribute_bytes") -> Value:
        """Return an attribute's value; of several the first."""
        values = (part.attribute(name, limit) for part in self._parts)
        return next((value for value in values if value is not None), None)

    def has_attribute(self, name: str) -> bool:
        """Whether there is an attribute of this name."""
        return any(part.has_attribute(name) for part in self._parts)


def _merged(nodes: Sequence[Node]) -> Node:
    datasets = [node for node in nodes if node.is_dataset]
    if datasets:
        return datasets[0]
    return nodes[0] if len(nodes) == 1 else _MergedGroup(nodes)


def _opened(path: str) -> BinaryIO:
    name = os.path.basename(path)
    try:
        return open_regular(path, follow_links=False)
    except FileNotFoundError:
        raise SeluLintError(f"{name}, in which weights lie, is missing") from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SeluLintError(f"{name}, in which weights lie, cannot be opened: {reason}") from None
    except SeluLintError:
        raise SeluLintError(f"{name}, in which weights lie, is no file") from None


def _close(files: Sequence[BinaryIO]) -> None:
    for file in files:
        file.close()
