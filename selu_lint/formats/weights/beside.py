"""The weights that ``save_weights`` put beside an architecture JSON file of the same name.

``model.json`` goes with ``model.weights.h5`` (Keras 3), ``model.h5`` or ``model_weights.h5``, and
with ``model.weights.json``, the index of weights in several files, ``model_00000.weights.h5``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from selu_lint.errors import SeluLintError
from selu_lint.formats.hdf5_reader.file import Node, open_root
from selu_lint.formats.weights.deferred import DeferredWeights
from selu_lint.limits import Limits
from selu_lint.storage.byte_source import Source, open_regular

if TYPE_CHECKING:
    from selu_lint.formats.weights.file import FileWeights

_ARCHITECTURE = ".json"
_WEIGHTS = (".weights.h5", "_weights.h5", ".h5")
_INDICES = (".weights.json", "_weights.json")
_NUMBER = re.compile(r"_\d{5,}(?=\.weights\.h5\Z)")


def only_weights(path: str) -> str:
    """Return one line on a file of weights: what holds the model, or what to do without it."""
    architecture = architecture_of(path)
    if architecture is None:
        return "only weights, no architecture; save the whole model"
    return f"only weights; check {os.path.basename(architecture)} beside it, which goes with them"


def architecture_of(path: str) -> str | None:
    """Return the architecture JSON file that a file of weights lies beside; None without one."""
    for name in (path, _NUMBER.sub("", path)):
        for suffix in _WEIGHTS + _INDICES:
            architecture = name.removesuffix(suffix) + _ARCHITECTURE
            if not name.endswith(suffix) or architecture.endswith(_INDICES):
                continue
            if os.path.isfile(architecture):
                return architecture
    return None


def find(path: str, architecture: Mapping[str, Any], limits: Limits) -> DeferredWeights | None:
    """Return the weights beside an architecture JSON file; None where there are none.

    No link is followed to them, and a file that cannot be read as weights is left alone.
    """
    if not path.endswith(_ARCHITECTURE):
        return None
    stem = path.removesuffix(_ARCHITECTURE)
    for suffix in _WEIGHTS:
        if os.path.lexists(stem + suffix):
            by_name = _named_by_layers(stem + suffix, limits)
            if by_name is not None:
                return _weights(stem + suffix, by_name, architecture, limits)
    for suffix in _INDICES:
        if os.path.lexists(stem + suffix) and _is_index(stem + suffix, limits):
            return _sharded(stem + suffix, architecture, limits)
    return None


def are_by_name(root: Node) -> bool | None:
    """Whether weights lie in groups with the names of layers, up to Keras 2; None if none do."""
    if root.has_attribute("layer_names") or root.has_attribute("layer_names0"):
        return True
    root.unfold()
    there = any(name in root.links for name in ("layers", "_layer_checkpoint_dependencies"))
    return False if there else None


def _named_by_layers(path: str, limits: Limits) -> bool | None:
    try:
        with open_regular(path, follow_links=False) as file:
            root = open_root(file, limits)
            return None if root.has_attribute("model_config") else are_by_name(root)
    except (OSError, SeluLintError):
        return None


def _weights(
    path: str, by_name: bool, architecture: Mapping[str, Any], limits: Limits
) -> DeferredWeights:
    def load() -> FileWeights:
        from selu_lint.formats.weights.archive import FolderWeights
        from selu_lint.formats.weights.hdf5 import Hdf5WeightsAlone

        kind = Hdf5WeightsAlone if by_name else FolderWeights
        return kind(Source(path), architecture, limits)

    return DeferredWeights(load)


def _is_index(path: str, limits: Limits) -> bool:
    from selu_lint.formats.weights import shards

    try:
        with open_regular(path, follow_links=False) as file:
            return shards.is_index(shards.read_index(file, limits))
    except (OSError, SeluLintError):
        return False


def _sharded(path: str, architecture: Mapping[str, Any], limits: Limits) -> DeferredWeights:
    def load() -> FileWeights:
        from selu_lint.formats.weights.shards import ShardedWeights

        return ShardedWeights(Source(path), architecture, limits)

    return DeferredWeights(load)
