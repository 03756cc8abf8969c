"""Shapes behind the layers that take words, numbers of categories, or texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from selu_lint.model.kernels import Shape, positive

LOOKUPS = frozenset({"IntegerLookup", "StringLookup", "IndexLookup", "TextVectorization"})
ENCODINGS = LOOKUPS | {"CategoryEncoding", "Hashing", "HashedCrossing", "Discretization"}

_COUNTS = ("multi_hot", "binary", "count", "tf_idf", "tf-idf")


def encoded(class_name: str, config: Mapping[str, Any], shape: Shape) -> Shape | None:
    """Return the shape of what a layer makes of categories or texts.

    Source: ``compute_output_shape`` of ``CategoryEncoding``, ``IndexLookup``, ``Hashing``,
    ``Discretization`` and ``TextVectorization``.
    """
    mode = config.get("output_mode", "multi_hot" if class_name == "CategoryEncoding" else "int")
    if class_name == "TextVectorization" and mode in ("int", None):
        return (shape[0], positive(config, "output_sequence_length"))
    if mode in ("int", None):
        return shape
    size = _categories(class_name, config)
    if mode == "one_hot":
        return (*(shape[:-1] if shape[-1] == 1 else shape), size)
    if mode not in _COUNTS:
        return None
    return (*shape[:-1], size) if len(shape) > 1 else (*shape, size)


def _categories(class_name: str, config: Mapping[str, Any]) -> int | None:
    """Return how many categories a layer tells apart."""
    if class_name in ("CategoryEncoding", "Hashing", "HashedCrossing"):
        return positive(config, "num_tokens", "max_tokens", "num_bins")
    if class_name == "Discretization":
        borders = config.get("bin_boundaries")
        return len(borders) + 1 if isinstance(borders, list) else positive(config, "num_bins")
    if config.get("pad_to_max_tokens"):
        return positive(config, "max_tokens")
    return positive(config, "vocabulary_size")
