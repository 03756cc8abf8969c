"""What to write in Keras instead of what a finding is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from selu_lint.findings import Edit, Finding
from selu_lint.model.edits import apply_edits
from selu_lint.model.graph import Layer, ModelGraph
from selu_lint.source.layer_code import line_of

_SELU = {"activation": "selu"}
_LECUN = {"class_name": "LecunNormal", "config": {}}
_TANH = {"activation": "tanh", "recurrent_activation": "sigmoid"}
_ELSEWHERE = frozenset({"SELU002", "SELU003", "SELU007"})
"""Rules that ask for an AlphaDropout behind SELU where none of their fixes writes one."""


def advised(findings: Iterable[Finding], graph: ModelGraph) -> list[Finding]:
    """Return findings with the line of Keras to write, where there is one."""
    findings = list(findings)
    layers = {layer.path: layer for layer in graph.layers}
    # One line for all that is to be repaired in a layer.
    edits: dict[str, dict[str, Edit]] = {}
    for finding in findings:
        if finding.fix is not None:
            own = edits.setdefault(finding.layer, {})
            own.update((edit.pointer, edit) for edit in finding.fix.edits)
    return [
        replace(each, write=_line(each, layers.get(each.layer), edits.get(each.layer, {})))
        for each in findings
    ]


def _line(finding: Finding, layer: Layer | None, edits: Mapping[str, Edit]) -> str:
    if finding.code == "SELU009":
        return "Normalization()  # as first layer; adapt() it to the training inputs"
    rate = finding.data.get("alpha_rate")
    if finding.fix is None and finding.code in _ELSEWHERE:
        return f"AlphaDropout({rate:.4g})" if isinstance(rate, float) else ""
    if layer is None:
        return ""
    if finding.fix is not None and finding.fix.edits:
        return line_of(_edited(layer, edits.values()))
    if finding.code == "SELU006":
        line = line_of(layer.serialized)
        return f"# no {line} here" if line else ""
    if finding.code in ("SELU010", "SELU013"):
        return line_of(_with_selu(layer))
    if finding.code == "SELU014":
        return line_of(_changed(layer.serialized, _TANH))
    return ""


def _edited(layer: Layer, edits: Iterable[Edit]) -> Mapping[str, Any]:
    """Return a serialized layer after the edits that lie in it."""
    own = [
        edit._replace(pointer=edit.pointer.removeprefix(layer.pointer))
        for edit in edits
        if edit.pointer.startswith(f"{layer.pointer}/")
    ]
    return apply_edits(layer.serialized, own)


def _with_selu(layer: Layer) -> Mapping[str, Any]:
    """Return a layer with SELU in the place of its activation."""
    if "activation" not in layer.config:
        name = layer.config.get("name")
        return {"class_name": "Activation", "config": {**_SELU, "name": name}}
    drawn = {slot.name: _LECUN for slot in layer.kernel_slots}
    return _changed(layer.serialized, {**_SELU, **drawn})


def _changed(serialized: Mapping[str, Any], values: Mapping[str, Any]) -> Mapping[str, Any]:
    config = serialized.get("config")
    config = config if isinstance(config, Mapping) else {}
    known = {key: value for key, value in values.items() if key in config or value is _LECUN}
    return {**serialized, "config": {**config, **known}}
