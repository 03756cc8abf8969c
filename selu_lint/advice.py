"""What to write in Keras instead of what a finding is about."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from selu_lint.findings import Edit, Finding
from selu_lint.model.edits import EditConflictError, apply_edits
from selu_lint.model.graph import ModelGraph
from selu_lint.model.kernels import noise_shape
from selu_lint.model.layers import Layer
from selu_lint.model.pointers import resolve
from selu_lint.source.layer_code import argument_of, line_of

_SELU = {"activation": "selu"}
_LECUN = {"class_name": "LecunNormal", "config": {}}
_STANDARD = {"class_name": "RandomNormal", "config": {"stddev": 1.0}}
_TANH = {"activation": "tanh", "recurrent_activation": "sigmoid"}
_NEARLY_ZERO = 0.005

Layers = Mapping[str, Layer]


def advised(findings: Iterable[Finding], graph: ModelGraph) -> list[Finding]:
    """Return findings with the line of Keras to write; a comment where none says what to do."""
    findings = list(findings)
    layers = {layer.path: layer for layer in graph.layers}
    # One line for all that is to be repaired in a layer.
    edits: dict[str, dict[str, Edit]] = {}
    for finding in findings:
        if finding.fix is not None:
            own = edits.setdefault(finding.layer, {})
            own.update((edit.pointer, edit) for edit in finding.fix.edits)
    return [
        each._replace(write=_line(each, graph, layers, edits.get(each.layer, {})))
        for each in findings
    ]


def _line(finding: Finding, graph: ModelGraph, layers: Layers, edits: Mapping[str, Edit]) -> str:
    layer, code = layers.get(finding.layer), finding.code
    if code == "SELU007":
        return _with_less_noise(finding)
    if code == "SELU009":
        return "Normalization()  # as first layer; adapt() it to the training inputs"
    if layer is None:
        return ""
    if finding.fix is not None and finding.fix.edits:
        return _repaired(finding, layer, edits.values())
    if code in ("SELU002", "SELU003"):
        return _alpha_dropout(finding, layer, shared=len(graph.calls_of(layer)) > 1)
    if code == "SELU006":
        line = line_of(layer.serialized)
        return f"# leave out {line}" if line else ""
    if code in ("SELU010", "SELU013"):
        return line_of(_with_selu(layer))
    if code == "SELU011":
        return _drawn_anew(finding, layer)
    if code == "SELU012":
        return _scaled(finding, layers)
    if code == "SELU014":
        return line_of(_changed(layer.serialized, _TANH))
    if code == "SELU015":
        return line_of(_without_seed(layer, finding.data["slot"]))
    return ""


def _repaired(finding: Finding, layer: Layer, edits: Iterable[Edit]) -> str:
    """Return a layer after the edits that lie in it, or else the argument that changes."""
    inside = [
        edit._replace(pointer=edit.pointer.removeprefix(layer.pointer))
        for edit in edits
        if edit.pointer.startswith(f"{layer.pointer}/")
    ]
    # What a layer of the model's own code holds stands at no pointer into the architecture.
    own = [edit._replace(old=resolve(layer.serialized, edit.pointer)) for edit in inside]
    try:
        serialized = apply_edits(layer.serialized, own)
    except EditConflictError:
        return ""
    line, slot = line_of(serialized), finding.data.get("slot")
    if line or slot is None or finding.fix is None:
        return line
    key = finding.fix.edits[0].pointer.removeprefix(f"{layer.pointer}/config/").partition("/")[0]
    return argument_of(serialized, str(slot), written_as=key)


def _alpha_dropout(finding: Finding, layer: Layer, shared: bool) -> str:
    """Return the AlphaDropout that no fix puts in, and where it belongs."""
    rate, argument = finding.data.get("alpha_rate"), finding.data.get("argument")
    if not isinstance(rate, float):
        return ""
    if argument is not None:
        line = line_of(_changed(layer.serialized, {str(argument): 0.0}))
        if argument == "recurrent_dropout":
            return line
        return f"AlphaDropout({rate:.4g})  # in front of {line or layer.path}"
    before = finding.data.get("before")
    if before:
        return f"AlphaDropout({rate:.4g})  # behind {', '.join(before)}, in place of {layer.path}"
    shape = noise_shape(layer.class_name, layer.config)
    config = {"rate": rate, "noise_shape": shape, "name": layer.config.get("name")}
    return line_of({"class_name": "AlphaDropout", "config": config}, name=not shared)


def _with_less_noise(finding: Finding) -> str:
    if finding.data.get("unit_gain_trains"):
        return 'kernel_initializer="lecun_normal"  # in each SELU layer'
    rate = finding.data.get("alpha_rate")
    if isinstance(rate, float) and rate:
        return f"AlphaDropout({rate:.4g})  # for each dropout behind SELU"
    return "Rescaling(0.5**0.5)(Add()([x, block(x)]))  # around every few layers"


def _with_selu(layer: Layer) -> Mapping[str, Any]:
    """Return a layer with SELU in the place of its activation."""
    if "activation" not in layer.config:
        return {"class_name": "Activation", "config": {**_SELU, "name": layer.config.get("name")}}
    return _drawn_from_lecun(layer, _SELU)


def _drawn_from_lecun(layer: Layer, values: Mapping[str, Any]) -> Mapping[str, Any]:
    return _changed(layer.serialized, {**values, **{s.name: _LECUN for s in layer.kernel_slots}})


def _drawn_anew(finding: Finding, layer: Layer) -> str:
    """Return what assigns a draw of its own initializer to a kernel."""
    if finding.data.get("measured_gain") is None:
        return "model = keras.models.clone_model(model)  # and train it again"
    slot = str(finding.data["slot"])
    kernel = "kernel" if len(layer.kernel_slots) == 1 else slot.replace("_initializer", "_kernel")
    assign = f"layer.{kernel}.assign(layer.{slot}(layer.{kernel}.shape))"
    if "/" in layer.path:
        return f"# with the layer {layer.path}: {assign}"
    return f"layer = model.get_layer({json.dumps(layer.path, ensure_ascii=False)}); {assign}"


def _scaled(finding: Finding, layers: Layers) -> str:
    """Return what brings variance 1 back where it was lost."""
    path, variance = finding.data.get("cause"), finding.data.get("cause_variance")
    layer = layers.get(str(path))
    if layer is None or not isinstance(variance, float) or variance <= 0:
        return ""
    if layer.class_name == "Embedding":
        return line_of(_changed(layer.serialized, {"embeddings_initializer": _STANDARD}))
    if layer.kernel_slots:
        return line_of(_drawn_from_lecun(layer, {}))
    scale = variance**-0.5
    offset = -finding.data["cause_mean"] * scale
    shift = f", offset={offset:.4g}" if abs(offset) > _NEARLY_ZERO else ""
    return f"Rescaling({scale:.4g}{shift})  # behind {layer.path}"


def _without_seed(layer: Layer, slot: str) -> Mapping[str, Any]:
    written = layer.config.get(slot)
    if not isinstance(written, Mapping) or not isinstance(written.get("config"), Mapping):
        return layer.serialized
    unseeded = {**written, "config": {**written["config"], "seed": None}}
    return _changed(layer.serialized, {slot: unseeded})


def _changed(serialized: Mapping[str, Any], values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a serialized layer with other values, those that its config does not hold left out."""
    config = serialized.get("config")
    config = config if isinstance(config, Mapping) else {}
    new = (_LECUN, _STANDARD)
    known = {key: value for key, value in values.items() if key in config or value in new}
    return {**serialized, "config": {**config, **known}}
