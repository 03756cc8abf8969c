"""The shapes of what a call takes and gives, from those of the calls before it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from selu_lint.model.dialects import as_mapping, class_of
from selu_lint.model.kernels import Shape
from selu_lint.model.layers import Call, Layer
from selu_lint.model.shapes import as_shape, output_shape

_STEPPING = frozenset({"TimeDistributed", "RNN"})
_FUNCTIONS = frozenset({"TFOpLambda", "SlicingOpLambda"})


def infer_shapes(call: Call) -> None:
    """Set the shapes of a call; those of the calls that it takes have to be set."""
    layer = call.layer
    given = [source.output_shape for source in call.inputs]
    stored = call.input_shapes + [None] * (len(given) - len(call.input_shapes))
    shapes = [one or other for one, other in zip(stored, given, strict=False)]
    if layer.class_name == "InputLayer":
        declared = layer.config.get("batch_shape", layer.config.get("batch_input_shape"))
        call.output_shape = call.output_shape or as_shape(declared) or (shapes or [None])[0]
        return
    lengths: list[int | None] = []
    for outer in layer.wrappers:
        # What these wrap sees one step at a time.
        stepped = outer in _STEPPING and shapes and shapes[0] is not None and len(shapes[0]) > 2
        lengths.append(shapes[0][1] if stepped and shapes[0] else None)
        if stepped:
            shapes = [shape and (shape[0], *shape[2:]) for shape in shapes]
    built = as_shape(as_mapping(layer.serialized.get("build_config")).get("input_shape"))
    if len(shapes) <= 1 and (not shapes or shapes[0] is None or None in shapes[0][1:]):
        shapes = [built or (shapes[0] if shapes else None)]
    call.input_shapes = list(shapes)
    result = output_shape(layer.class_name, _arguments(layer), shapes) if layer.built_in else None
    for outer, length in zip(reversed(layer.around), reversed(lengths), strict=True):
        result = result and _wrapped(outer, length, result)
    call.output_shape = result


def _wrapped(outer: Mapping[str, Any], length: int | None, shape: Shape) -> Shape:
    """Return the shape behind a wrapper of a layer that gives this one, for each step if any."""
    kind, config = class_of(outer), as_mapping(outer.get("config"))
    if kind == "Bidirectional" and config.get("merge_mode", "concat") == "concat":
        return (*shape[:-1], shape[-1] and 2 * shape[-1])
    if kind == "TimeDistributed" or (kind == "RNN" and config.get("return_sequences")):
        return (shape[0], length, *shape[1:])
    return shape


def _arguments(layer: Layer) -> Mapping[str, Any]:
    """Return what tells the shape of a layer's output: its config, or what it was called with."""
    if layer.serialized.get("class_name") not in _FUNCTIONS:
        return layer.config
    nodes = layer.serialized.get("inbound_nodes")
    # Keras 2 puts the other arguments behind the first tensor of the first one.
    first = nodes[0] if isinstance(nodes, list) and len(nodes) == 1 else None
    while isinstance(first, list) and first and isinstance(first[0], list):
        first = first[0]
    named = first[3] if isinstance(first, list) and len(first) > 3 else None
    return {**layer.config, **as_mapping(named)}
