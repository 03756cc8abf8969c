"""Whether a kernel is drawn as SELU needs it, and the repair that makes it so."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from selu_lint.findings import ABSENT, Edit, Finding, Fix, Redraw, Severity
from selu_lint.model.dialects import read_initializer
from selu_lint.model.graph import ModelGraph
from selu_lint.model.initializers import GAIN_TOLERANCE
from selu_lint.model.kernels import Kernel, bias_shape
from selu_lint.model.layers import Layer, Slot
from selu_lint.model.pointers import resolve
from selu_lint.theory.gaussian import Moments


class Judgement(NamedTuple):
    """What a slot draws, against LecunNormal.

    Attributes
    ----------
    gain : float or None
        True fan-in × E[w²]; None where the kernel's shape or the draw is not known.
    kernel : Kernel or None
        The kernel, where its shape is known.
    lecun_normal : bool or None
        Whether it is LecunNormal by what it draws; None where that cannot be known.
    equivalent : bool
        Whether its mean is 0 and its gain 1, whatever its distribution.
    """

    gain: float | None
    kernel: Kernel | None
    lecun_normal: bool | None
    equivalent: bool


def judge(graph: ModelGraph, layer: Layer, slot: Slot) -> Judgement:
    """Return what a slot draws, against LecunNormal.

    LecunNormal by name counts whatever the kernel: where Keras miscounts its fan-in, that is
    another rule's matter.
    """
    initializer, kernel = slot.initializer, graph.kernel(layer, slot)
    if not initializer.known:
        return Judgement(None, kernel, None, equivalent=False)
    gain = None
    if kernel is not None:
        moment = initializer.second_moment(kernel.shape, kernel.keras_fans)
        gain = None if moment is None else kernel.fan_in * moment
    random = initializer.mean == 0 and initializer.distribution != "identity"
    unit = gain is not None and abs(gain - 1) <= GAIN_TOLERANCE and random
    normal = initializer.distribution == "normal"
    if initializer.is_lecun_normal or (normal and unit):
        return Judgement(gain, kernel, True, equivalent=True)
    if normal and gain is None and initializer.mean == 0 and initializer.scale is None:
        return Judgement(None, kernel, None, equivalent=False)
    return Judgement(gain, kernel, False, equivalent=unit)


def gain_of(graph: ModelGraph, layer: Layer) -> float | None:
    """Return the gain of a layer's kernels: the product where it has two; None if not known."""
    gain = 1.0
    for slot in layer.kernel_slots:
        own = judge(graph, layer, slot).gain
        if own is None or slot.initializer.mean != 0:
            return None
        gain *= own
    return gain if layer.kernel_slots else None


def bias_moments(graph: ModelGraph, layer: Layer) -> Moments | None:
    """Return the moments of a layer's initial bias; None where they are not known."""
    slot = layer.bias_slot
    if slot is None or slot.value is None or slot.initializer.is_zero:
        return Moments(0.0, 0.0)
    calls = graph.calls_of(layer)
    given = calls[0].output_shape if calls else None
    shape = bias_shape(layer.class_name, layer.config, given)
    if shape is None and slot.initializer.scale is not None:
        return None
    fans = None
    if shape is not None and len(shape) == 1 and graph.dialect.counts_vectors_by_root:
        fans = (math.sqrt(shape[0]), math.sqrt(shape[0]))
    second = slot.initializer.second_moment(shape or (1,), fans)
    return None if second is None else Moments(slot.initializer.mean, second)


def as_frozen(graph: ModelGraph, layer: Layer, finding: Finding) -> Finding:
    """Return a finding about an initializer, as an info if the layer is frozen and has weights."""
    weights = graph.document.weights
    if layer.config.get("trainable") is not False or weights is None:
        return finding
    if not weights.variables(layer.path):
        return finding
    return finding._replace(
        severity=Severity.INFO,
        message=f"{finding.message}; but it is frozen with its weights stored, so nothing is drawn",
        fix=None,
        unfixable="a frozen layer keeps its weights; repair it where it is to be trained anew",
    )


def selu_of(layer: Layer, selu: str) -> str:
    """Return what a layer feeds in words: its own SELU, or that of the layer with this path."""
    return "a SELU layer" if selu == layer.path else f"the SELU of {selu}"


def repair(graph: ModelGraph, layer: Layer, slot: Slot) -> Fix:
    """Return the fix that makes a slot draw with gain 1, in the dialect of the file.

    It sets LecunNormal or, where Keras miscounts the fan-in of this kernel, VarianceScaling with
    the scale that makes up for it.
    """
    kernel = graph.kernel(layer, slot)
    scale = kernel.keras_fan_in / kernel.fan_in if kernel is not None and kernel.miscounted else 1.0
    edits = []
    for pointer in slot.pointers:
        old = resolve(graph.document.architecture, pointer)
        style = old if old is not ABSENT else graph.dialect.default_style()
        counted = None if kernel is None else kernel.keras_fan_in
        edits.append(Edit(pointer, old, graph.dialect.variance_scaling(scale, style, counted)))
    what = read_initializer(edits[0].new).name
    variance = None if kernel is None else 1 / kernel.fan_in
    redraw = Redraw(layer.path, slot.name, variance)
    return Fix(f"set {slot.name} to {what}", tuple(edits), (redraw,))


def data_of(slot: Slot, judgement: Judgement) -> Mapping[str, object]:
    """Return the numbers that a finding about an initializer carries."""
    kernel = judgement.kernel
    return {
        "slot": slot.name,
        "initializer": slot.initializer.name,
        "gain": None if judgement.gain is None else round(judgement.gain, 6),
        "fan_in": None if kernel is None else kernel.fan_in,
    }
