"""The shapes of what a call takes and gives, from those of the calls before it."""

from __future__ import annotations

from selu_lint.model.dialects import as_mapping
from selu_lint.model.graph import Call
from selu_lint.model.kernels import Shape
from selu_lint.model.shapes import as_shape, output_shape


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
    steps = layer.wrappers.count("TimeDistributed")
    times: Shape = ()
    if steps and shapes and shapes[0] and len(shapes[0]) > steps + 1:
        times = shapes[0][1 : 1 + steps]
        shapes = [shape and (shape[0], *shape[1 + steps :]) for shape in shapes]
    built = as_shape(as_mapping(layer.serialized.get("build_config")).get("input_shape"))
    if len(shapes) <= 1 and (not shapes or shapes[0] is None or None in shapes[0][1:]):
        shapes = [built or (shapes[0] if shapes else None)]
    call.input_shapes = list(shapes)
    result = output_shape(layer.class_name, layer.config, shapes) if layer.built_in else None
    if result is not None and "Bidirectional" in layer.wrappers:
        result = (*result[:-1], None)
    call.output_shape = result and (result[0], *times, *result[1:])
