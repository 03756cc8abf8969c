"""From a path through source code to the graph that rules see."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from selu_lint.findings import Confidence
from selu_lint.limits import Limits
from selu_lint.model import layers as model
from selu_lint.model.call_shapes import infer_shapes
from selu_lint.model.dialects import Dialect, is_built_in
from selu_lint.model.document import Document
from selu_lint.model.graph import ModelGraph
from selu_lint.model.initializers import Initializer
from selu_lint.model.serialized_layers import read_layer
from selu_lint.model.source_text import SourceText
from selu_lint.source.keras_values import Call, Layer
from selu_lint.source.machine import Machine
from selu_lint.source.serializing import Written, write_layer
from selu_lint.source.values import Assumption, Origin

_RELEASE = "2.15.0"
"""Of whose dialect source code is taken to be, with names of Keras 1, too, which had no SELU: a
call with ``training=False`` never drops."""
_REGISTERING = frozenset(
    {
        "get_custom_objects",
        "register_keras_serializable",
        "custom_object_scope",
        "CustomObjectScope",
    }
)
_TOLD = frozenset({"AlphaDropout", "ELU", "LeakyReLU", "Selu", "Elu"})
_TOLD_ACTIVATIONS = frozenset({"selu", "elu", "leaky_relu"})
_WRAPPING = ("layer", "cell")


class SourceCall(NamedTuple):
    """A call of a path: the index of its layer, those of the calls that it takes, and the rest."""

    layer: int
    inputs: tuple[int, ...]
    constants: tuple[float, ...] = ()
    training: bool | None = None


@dataclass(frozen=True)
class SourceLayer:
    """A layer of a path.

    Attributes
    ----------
    node : ast.expr
        The call that makes it.
    name : str
        Its name in the user's words.
    scope : str
        The function or class around the call.
    assumed : tuple of Assumption
        What its class and activation rest on.
    slots : Mapping of str to tuple of Assumption
        What each initializer rests on, by its parameter.
    origins : Mapping of str to Origin
        Where the value of each parameter is written.
    callee : Origin or None
        Where its class is written.
    wrapped : SourceLayer or None
        The layer in a wrapper.
    """

    node: ast.expr
    name: str
    scope: str
    assumed: tuple[Assumption, ...]
    slots: Mapping[str, tuple[Assumption, ...]]
    origins: Mapping[str, Origin]
    callee: Origin | None = None
    wrapped: SourceLayer | None = None


@dataclass(frozen=True)
class SourcePath:
    """What one path through a file builds.

    Attributes
    ----------
    root : str
        What was run: empty for the module, else a function or class.
    architecture : Mapping
        Its layers as Keras would write them, ``{"class_name": "Source", "config": {"layers": …}}``.
    layers : tuple of SourceLayer
        The same layers: where they are made.
    calls : tuple of SourceCall
        Their calls, each behind those that it takes; a layer of -1 is an input that is not known.
    has_custom_objects : bool
        Whether the file gives Keras names of its own.
    names_selu : bool
        Whether SELU can be in it.
    """

    root: str
    architecture: Mapping[str, Any]
    layers: tuple[SourceLayer, ...]
    calls: tuple[SourceCall, ...]
    has_custom_objects: bool = False
    names_selu: bool = True

    @property
    def key(self) -> str:
        """Equal for paths that build the same at the same places."""
        places = [
            (each.node.lineno, each.node.col_offset, each.name, *each.assumed, *each.slots.items())
            for each in self.layers
        ]
        return json.dumps([self.architecture, places, self.calls], sort_keys=True, default=str)


def read_paths(machine: Machine, root: str) -> Iterator[SourcePath]:
    """Yield what the machine's path builds, each model by itself."""
    for layers, calls in _models(machine.path.layers, machine.path.calls):
        written = {layer: write_layer(machine, layer) for layer in layers}
        yield _path(machine, root, written, calls)


def _path(
    machine: Machine, root: str, written: Mapping[Layer, Written], calls: list[Call]
) -> SourcePath:
    numbers = {layer: number for number, layer in enumerate(written)}
    places = {call: number for number, call in enumerate(calls)}
    architecture = {
        "class_name": "Source",
        "config": {"layers": [each.serialized for each in written.values()]},
    }
    return SourcePath(
        root,
        architecture,
        tuple(_source_layer(machine, layer, each) for layer, each in written.items()),
        tuple(
            SourceCall(
                numbers.get(call.layer, -1),
                tuple(places[each] for each in call.inputs),
                call.constants,
                call.training,
            )
            for call in calls
        ),
        not _REGISTERING.isdisjoint(machine.facts.named),
        any(_names_selu(each.serialized) for each in written.values()),
    )


def _names_selu(serialized: Mapping[str, Any]) -> bool:
    """Whether a layer applies SELU or what is near it, or is AlphaDropout."""
    config = serialized["config"]
    if serialized["class_name"] in _TOLD or config.get("function") == "nn.selu":
        return True
    applied = [config.get(key) for key in ("activation", "recurrent_activation")]
    inner = [*applied, *(config.get(key) for key in _WRAPPING)]
    return any(
        isinstance(each, str) and each.lower() in _TOLD_ACTIVATIONS for each in applied
    ) or any(isinstance(each, dict) and _names_selu(each) for each in inner)


def _models(made: list[Layer], called: list[Call]) -> Iterator[tuple[list[Layer], list[Call]]]:
    """Yield what is connected, in order: its layers, and its calls each behind what it takes."""
    calls = _in_order(called)
    groups: dict[object, list[object]] = {}

    def join(one: object, other: object) -> None:
        first, second = groups.setdefault(one, [one]), groups.setdefault(other, [other])
        if first is not second:
            few, many = sorted((first, second), key=len)
            many.extend(few)
            groups.update(dict.fromkeys(few, many))

    layers = _layers(made, calls)
    for each in layers:
        groups.setdefault(each, [each])
    for call in calls:
        for other in (call.layer, *call.inputs):
            join(call, other)
    order = {each: place for place, each in enumerate((*layers, *calls))}
    seen: set[int] = set()
    for layer in layers:
        group = groups[layer]
        if id(group) not in seen:
            seen.add(id(group))
            known = sorted((each for each in group if each in order), key=order.__getitem__)
            yield (
                [each for each in known if isinstance(each, Layer)],
                [each for each in known if isinstance(each, Call)],
            )


def _in_order(made: Iterable[Call]) -> list[Call]:
    """Return calls and those that they take, each behind what it takes."""
    ordered: dict[Call, None] = {}
    for call in made:
        pending = [call]
        while pending:
            last = pending[-1]
            waiting = [each for each in last.inputs if each not in ordered]
            if waiting and last not in ordered:
                pending.extend(waiting)
                continue
            ordered[pending.pop()] = None
    return list(ordered)


def _layers(made: list[Layer], calls: list[Call]) -> list[Layer]:
    """Return the layers of a path, without those in wrappers and inputs that are not known."""
    found = dict.fromkeys(made)
    found |= dict.fromkeys(call.layer for call in calls)
    wrapped = {id(layer.wrapped) for layer in found}
    return [layer for layer in found if layer.class_name != "unknown" and id(layer) not in wrapped]


def _source_layer(machine: Machine, layer: Layer, written: Written) -> SourceLayer:
    return SourceLayer(
        layer.node,
        name_of(machine, layer),
        layer.scope,
        written.assumed,
        written.slots,
        written.origins,
        layer.callee,
        None
        if not (isinstance(layer.wrapped, Layer) and written.wrapped)
        else _source_layer(machine, layer.wrapped, written.wrapped),
    )


def name_of(machine: Machine, layer: Layer) -> str:
    """Return a layer's name in the user's words."""
    given = layer.arguments.get("name")
    name = machine.known(given.value) if given is not None else None
    if isinstance(name, str) and name:
        return name
    where = layer.scope
    label = layer.label
    if not label:
        ordinal = machine.facts.ordinals.get(id(layer.node))
        label = layer.class_name if ordinal is None else f"{layer.class_name} {ordinal}"
    owner, _, function = where.rpartition(".")
    if layer.label and owner and function in ("__init__", "build"):
        return f"{owner}.{label}"
    return f"{where}/{label}" if where else label


def build(text: SourceText, path: SourcePath, limits: Limits) -> ModelGraph:
    """Return the graph of a path; the path of each of its layers tells it apart."""
    document = Document(text.path, text.kind, _RELEASE, path.architecture, limits=limits)
    return build_document(document, path)


def build_document(document: Document, path: SourcePath) -> ModelGraph:
    """Return the graph of a document whose layers are those of a path, edited or not."""
    dialect = Dialect.of(document.keras_version, None)
    layers = tuple(_read(dialect, document, path))
    unknown = model.Layer("an input", "unknown", {}, "", built_in=False, opaque=True)
    calls: list[model.Call] = []
    for each in path.calls:
        layer = unknown if each.layer < 0 else layers[each.layer]
        inputs = [calls[number] for number in each.inputs]
        call = model.Call(layer, inputs, each.constants, each.training)
        infer_shapes(call)
        calls.append(call)
    graph = ModelGraph(document, dialect, layers, tuple(calls), ())
    for layer in layers:
        # Of code that is not seen, and that SELU does not reach, nothing is said.
        if layer.opaque and not graph.selu_sources_of(layer):
            layer.pointer = ""
    return graph


def _read(dialect: Dialect, document: Document, path: SourcePath) -> Iterable[model.Layer]:
    counts: dict[str, int] = {}
    config = (document.architecture or {})["config"]
    for number, (serialized, source) in enumerate(zip(config["layers"], path.layers, strict=True)):
        name = source.name
        count = counts[name] = counts.get(name, 0) + 1
        unique = name if count == 1 else f"{name}#{count}"
        pointer = f"/config/layers/{number}"
        around: tuple[Mapping[str, Any], ...] = ()
        inner = serialized
        while key := next((key for key in _WRAPPING if key in inner["config"]), None):
            around = (*around, inner)
            inner, pointer = inner["config"][key], f"{pointer}/config/{key}"
        layer = read_layer(dialect, inner, unique, (pointer,), around, is_built_in(inner))
        if not path.has_custom_objects:
            layer.kernel_slots = tuple(map(_judged_by_name, layer.kernel_slots))
        yield layer


def _judged_by_name(slot: model.Slot) -> model.Slot:
    """Judge an initializer by its name where Keras does not know that: it refuses it."""
    if not isinstance(slot.value, str) or slot.initializer.known:
        return slot
    name = f"{slot.value!r}, which Keras does not know"
    return slot._replace(initializer=Initializer(name, "none"))


def confidence_of(assumptions: Iterable[Assumption]) -> Confidence:
    """Return how far something follows from the text that rests on assumptions."""
    told = [each.possible for each in assumptions]
    if not told:
        return Confidence.CERTAIN
    return Confidence.POSSIBLE if any(told) else Confidence.LIKELY
