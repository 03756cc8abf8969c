"""Builds the ModelGraph of a document: the one walker over serialized models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from selu_lint.errors import SeluLintError
from selu_lint.limits import Limits
from selu_lint.model.call_shapes import infer_shapes
from selu_lint.model.dialects import Dialect, as_mapping, class_of, is_built_in
from selu_lint.model.document import Document
from selu_lint.model.graph import ModelGraph
from selu_lint.model.inbound_nodes import Node, Tensor, dict_keys, read_nodes, references
from selu_lint.model.kernels import Shape
from selu_lint.model.layers import Call, Layer
from selu_lint.model.parts import Ends, Part, in_order, number_nodes
from selu_lint.model.pointers import escaped
from selu_lint.model.serialized_layers import (
    STACK,
    PathNumbers,
    declared_input,
    held_in,
    is_custom_model,
    is_model,
    is_nested,
    is_sequential,
    is_serialized,
    name_of,
    read_layer,
    wrapped_in,
)


def build_graph(document: Document) -> ModelGraph:
    """Return the graph of a document's architecture.

    A document without an architecture gives a graph without layers.

    Raises
    ------
    SeluLintError
        If the architecture is not a serialized Keras model, its connections form a cycle, or it
        is past one of the document's limits.
    """
    architecture = document.architecture
    dialect = Dialect.of(document.keras_version, architecture)
    if architecture is None:
        return ModelGraph(document, dialect, (), (), ())
    builder = _Builder(dialect, document.limits)
    try:
        outputs = builder.root(architecture)
        builder.orphans(as_mapping(architecture.get("orphans")) or document.orphans)
    except RecursionError:
        raise SeluLintError("the architecture nests models too deeply to be read") from None
    calls = in_order(builder.calls)
    for call in calls:
        infer_shapes(call)
    return ModelGraph(document, dialect, tuple(builder.layers), calls, tuple(outputs))


Around = tuple[Mapping[str, Any], ...]
"""The wrappers around a layer as they are written, outermost first."""


class _Builder:
    def __init__(self, dialect: Dialect, limits: Limits) -> None:
        self._dialect = dialect
        self._limits = limits
        self._edges = 0
        self._repeated = 0
        self._names_left = limits.names_bytes
        self.layers: list[Layer] = []
        self.calls: list[Call] = []
        self._paths = PathNumbers()

    def root(self, architecture: Mapping[str, Any]) -> list[Call]:
        if not is_model(architecture):
            part = self._part(architecture, "", "", [Node()])
            return [call for calls in part.outputs for call in calls]
        return self._model(architecture, "", "").outputs

    def orphans(self, orphans: Mapping[str, Mapping[str, Any]]) -> None:
        """Add layers whose connections are unknown, by their paths."""
        for path, serialized in orphans.items():
            if not isinstance(serialized, dict) or "class_name" not in serialized:
                continue
            owner, slash, name = path.rpartition("/")
            where = f"/orphans/{escaped(path)}"
            self._part(serialized, owner + slash, where, [], default=name)

    def _model(
        self, model: Mapping[str, Any], prefix: str, pointer: str, around: Around = ()
    ) -> Ends:
        """Add a model's layers."""
        config = model.get("config")
        key = "cells" if class_of(model) == STACK else "layers"
        layers = config if isinstance(config, list) else as_mapping(config).get(key)
        where = f"{pointer}/config" if isinstance(config, list) else f"{pointer}/config/{key}"
        if not isinstance(layers, list):
            raise SeluLintError("the architecture names a model without a list of layers")
        for index, layer in enumerate(layers):
            if not is_serialized(layer):
                raise SeluLintError(
                    f"the architecture is damaged: {where}/{index} is no serialized layer"
                )
        if is_sequential(model):
            return self._sequential(model, layers, prefix, where, around)
        return self._functional(as_mapping(config), layers, prefix, where, around)

    def _sequential(
        self,
        model: Mapping[str, Any],
        layers: list[dict[str, Any]],
        prefix: str,
        where: str,
        around: Around,
    ) -> Ends:
        current: list[Call] = []
        inputs: list[Call] = []
        keys: tuple[str, ...] = ()
        for index, layer in enumerate(layers):
            part = self._part(
                layer, prefix, f"{where}/{index}", [Node()], around, default=str(index)
            )
            several = part.nested and len(part.inputs[0]) > 1
            if not current and not several and layer["class_name"] not in ("InputLayer", "Merge"):
                shape = declared_input(model, layer)
                given = Layer(f"{prefix}input", "InputLayer", {}, "", built_in=True)
                current = inputs = [self._call(given, output_shape=shape)]
            if part.nested:
                self._connect(part.inputs[0], current)
                keys = keys if inputs else part.keys
            else:
                for call in part.outputs[0]:
                    call.inputs = list(current)
            current = part.outputs[0]
            inputs = inputs or (part.inputs[0] if part.nested else current)
        return Ends(inputs, current, keys)

    def _functional(
        self,
        config: Mapping[str, Any],
        layers: list[dict[str, Any]],
        prefix: str,
        where: str,
        around: Around,
    ) -> Ends:
        parts: dict[str, Part] = {}
        names = {
            str(layer.get("name", name_of(layer, index))) for index, layer in enumerate(layers)
        }
        for index, layer in enumerate(layers):
            name = str(layer.get("name", name_of(layer, index)))
            nodes = read_nodes(layer.get("inbound_nodes"), names)
            parts[name] = self._part(
                layer, prefix, f"{where}/{index}", nodes or [Node()], around, default=str(index)
            )
        if self._dialect.generation < 3:
            number_nodes(parts, config, names)
        for part in parts.values():
            self._connect_nodes(part, parts)
        given = config.get("input_layers")
        inputs, outputs = (
            [
                call
                for name, node, tensor in references(ends, names)
                if (call := parts[name].end(node, tensor)) is not None
            ]
            for ends in (given, config.get("output_layers"))
        )
        if isinstance(given, dict):
            # Keras 3 takes what a dict gives to a dict by position.
            keys = dict_keys(given) if self._dialect.generation < 3 else ()
        else:
            keys = tuple(name for name, _, _ in references(given, names))
        return Ends(inputs, outputs, keys if len(keys) == len(inputs) else ())

    def _connect_nodes(self, part: Part, parts: Mapping[str, Part]) -> None:
        def source_of(tensor: Tensor | None) -> Call | None:
            if tensor is None:
                return None
            name, node_index, position = tensor.reference
            return parts[name].output(node_index, position)

        for index, node in enumerate(part.nodes):
            self._count_edges(len(node.tensors))
            if part.nested:
                first = list(map(source_of, node.first))
                by_key = dict(zip(node.keys, first, strict=False))
                if part.keys and by_key.keys() >= set(part.keys):
                    first = [by_key[key] for key in part.keys]
                self._connect(part.inputs[min(index, len(part.inputs) - 1)], first)
                continue
            known = [
                (source, tensor.shape)
                for tensor in node.tensors
                if (source := source_of(tensor)) is not None
            ]
            for call in part.outputs[index]:
                call.inputs = [source for source, _ in known]
                call.input_shapes = [shape for _, shape in known]
                call.constants = node.constants
                call.training = node.training

    def _count_edges(self, count: int) -> None:
        self._edges += count
        if self._edges > self._limits.edges:
            raise self._limits.exceeded("edges", "the model has", "connections")

    @staticmethod
    def _connect(inputs: Sequence[Call], sources: Sequence[Call | None]) -> None:
        """Give the inputs of a nested model the tensors of one of its calls."""
        for given, source in zip(inputs, sources, strict=False):
            given.inputs = [] if source is None else [source]

    def _part(
        self,
        serialized: Mapping[str, Any],
        prefix: str,
        pointer: str,
        nodes: list[Node],
        around: Around = (),
        twin: str | None = None,
        default: str = "0",
    ) -> Part:
        path = prefix + name_of(serialized, default)
        self._spend_names(len(path) + len(pointer))
        config = as_mapping(serialized.get("config"))
        if is_nested(serialized):
            return self._nested(serialized, path, pointer, nodes, around)
        branches = config.get("layers")
        if serialized.get("class_name") == "Merge" and branches and isinstance(branches, list):
            return self._keras_1_merge(serialized, path, pointer, nodes)
        wrapped = wrapped_in(serialized)
        if wrapped is not None:
            key, inner = wrapped
            around = (*around, serialized)
            backward = config.get("backward_layer")
            twin = f"{pointer}/config/backward_layer" if isinstance(backward, dict) else twin
            where = f"{pointer}/config/{key}"
            return self._part(inner, f"{path}/", where, nodes, around, twin)
        # A layer of a user's class may have a slot for each key, and a pointer for each slot.
        self._spend_names(len(pointer) * (2 if is_built_in(serialized) else len(config)))
        unique = self._paths.unique(path)
        layer = read_layer(self._dialect, serialized, unique, pointer, around, twin)
        self.layers.append(layer)
        calls = [[self._call(layer)] for _ in nodes]
        if is_custom_model(serialized):
            self._model(serialized, f"{path}/", pointer, around)
        elif not layer.built_in:
            self._add_contained(config, f"{path}/", f"{pointer}/config", around)
        return Part(calls, [], nodes)

    def _nested(
        self,
        serialized: Mapping[str, Any],
        path: str,
        pointer: str,
        nodes: list[Node],
        around: Around,
    ) -> Part:
        """Add a nested model: its layers once, and their calls for each of its own calls."""
        start = len(self.calls)
        inputs, outputs, keys = self._model(serialized, f"{path}/", pointer, around)
        at_ends = self._dialect.generation >= 3 and not is_sequential(serialized)
        part = Part([outputs], [inputs], nodes, True, keys, first_at_ends=int(at_ends))
        calls = self.calls[start:]
        of_nodes = [calls]
        for _ in nodes[1:]:
            copies = self._copies(calls)
            of_nodes.append(list(copies.values()))
            part.inputs.append([copies[call] for call in inputs])
            part.outputs.append([copies[call] for call in outputs])
        for node, called in zip(nodes, of_nodes, strict=False):
            if node.training is None:
                continue
            for call in called:
                # In Keras 2 the innermost argument holds, in Keras 3 the outermost.
                if call.training is None or self._dialect.generation >= 3:
                    call.training = node.training
        return part

    def _copies(self, calls: list[Call]) -> dict[Call, Call]:
        """Call the layers of a nested model again, connected as they are."""
        self._repeated += len(calls)
        if self._repeated > self._limits.repeated_calls:
            raise self._limits.exceeded(
                "repeated_calls", "calls of nested models repeat", "calls of layers"
            )
        copies = {call: self._call(call.layer, output_shape=call.output_shape) for call in calls}
        for call, copy in copies.items():
            copy.inputs = [copies[source] for source in call.inputs]
            copy.input_shapes = list(call.input_shapes)
            copy.constants = call.constants
            copy.training = call.training
            self._count_edges(len(copy.inputs))
        return copies

    def _keras_1_merge(
        self, serialized: Mapping[str, Any], path: str, pointer: str, nodes: list[Node]
    ) -> Part:
        """Add a Merge of Keras 1, whose config holds the models that it merges."""
        kind = class_of(serialized)
        layer = Layer(self._paths.unique(path), kind, serialized, pointer, built_in=True)
        self.layers.append(layer)
        branches, inputs = [], []
        for index, branch in enumerate(as_mapping(serialized.get("config"))["layers"]):
            if is_serialized(branch):
                where = f"{pointer}/config/layers/{index}"
                part = self._part(branch, f"{path}/", where, [Node()], default=str(index))
                branches.extend(part.outputs[0])
                inputs.extend(part.inputs[0] if part.nested else [])
        return Part([[self._call(layer, inputs=branches)]], [inputs], nodes, nested=True)

    def _add_contained(
        self, config: Mapping[str, Any], prefix: str, pointer: str, around: Around
    ) -> None:
        """Add the layers that a custom layer's config holds; how they are connected is unknown."""
        for key, index, item in held_in(config):
            wraps = is_serialized(as_mapping(item.get("config")).get("layer"))
            if wraps or is_built_in(item) or is_model(item):
                where = f"{pointer}/{escaped(key)}" + ("" if index is None else f"/{index}")
                self._part(item, prefix, where, [], around, default=str(index or 0))

    def _spend_names(self, size: int) -> None:
        """Count what stands in each path and pointer again: names of what is around a layer."""
        self._names_left -= size
        if self._names_left < 0:
            raise self._limits.exceeded("names_bytes", "the paths of its layers take")

    def _call(
        self, layer: Layer, inputs: list[Call] | None = None, output_shape: Shape | None = None
    ) -> Call:
        if len(self.calls) >= self._limits.layers:
            raise self._limits.exceeded("layers", "the model has", "calls of layers")
        call = Call(layer, inputs or [], output_shape=output_shape)
        self.calls.append(call)
        return call
