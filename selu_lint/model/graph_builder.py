"""Builds the ModelGraph of a document: the calls between the places of its layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from selu_lint.errors import SeluLintError
from selu_lint.limits import Limits
from selu_lint.model.call_shapes import infer_shapes
from selu_lint.model.dialects import Dialect, class_of
from selu_lint.model.document import Document
from selu_lint.model.graph import ModelGraph
from selu_lint.model.inbound_nodes import Node, Tensor, dict_keys, read_nodes, references
from selu_lint.model.kernels import Shape
from selu_lint.model.layer_tree import LayerTree, Place
from selu_lint.model.layers import Call, Layer
from selu_lint.model.parts import Ends, Part, in_order, number_nodes
from selu_lint.model.serialized_layers import Role, declared_input, is_sequential, read_layer


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
        outputs = builder.all_of(LayerTree.of(document))
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
        self.layers: list[Layer] = []
        self.calls: list[Call] = []

    def all_of(self, tree: LayerTree) -> list[Call]:
        """Add all layers; return the calls whose outputs the model returns."""
        if tree.root.role.lists_layers:
            outputs = self._model(tree.root).outputs
        else:
            part = self._part(tree.root, [Node()])
            outputs = [call for calls in part.outputs for call in calls]
        for place in tree.orphans:
            self._part(place, [])
        return outputs

    def _model(self, model: Place, around: Around = ()) -> Ends:
        """Add a model's layers."""
        layers = [each for each in model.children if each.attribute in ("layers", "cells")]
        if is_sequential(model.serialized):
            return self._sequential(model, layers, around)
        return self._functional(model, layers, around)

    def _sequential(self, model: Place, layers: Sequence[Place], around: Around) -> Ends:
        current: list[Call] = []
        inputs: list[Call] = []
        keys: tuple[str, ...] = ()
        for place in layers:
            part = self._part(place, [Node()], around)
            several = part.nested and len(part.inputs[0]) > 1
            if (
                not current
                and not several
                and place.serialized["class_name"] not in ("InputLayer", "Merge")
            ):
                shape = declared_input(model.serialized, place.serialized)
                path = f"{model.layer}/input" if model.layer else "input"
                given = Layer(path, "InputLayer", {}, "", built_in=True)
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

    def _functional(self, model: Place, layers: Sequence[Place], around: Around) -> Ends:
        config = model.config
        own = [str(place.serialized.get("name", place.name)) for place in layers]
        names = set(own)
        parts: dict[str, Part] = {}
        for name, place in zip(own, layers, strict=True):
            nodes = read_nodes(place.serialized.get("inbound_nodes"), names)
            parts[name] = self._part(place, nodes or [Node()], around)
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

    def _part(self, place: Place, nodes: list[Node], around: Around = ()) -> Part:
        if place.role is not Role.LAYER:
            if place.role is Role.MODEL:
                return self._nested(place, nodes, around)
            if place.role is Role.MERGE:
                return self._keras_1_merge(place, nodes)
            if place.role is Role.WRAPPER:
                return self._part(place.children[0], nodes, (*around, place.serialized))
        layer = read_layer(
            self._dialect, place.serialized, place.layer, place.pointers, around, place.built_in
        )
        self.layers.append(layer)
        calls = [[self._call(layer)] for _ in nodes]
        if not place.built_in:
            self._add_contained(place, around)
        return Part(calls, [], nodes)

    def _add_contained(self, owner: Place, around: Around) -> None:
        """Add the layers that one of a user's class holds; of a model they are connected."""
        if owner.role is Role.CUSTOM_MODEL:
            self._model(owner, around)
            return
        for held in owner.children:
            wraps = any(each.attribute == "layer" for each in held.children)
            if wraps or held.built_in or held.role.lists_layers:
                self._part(held, [], around)

    def _nested(self, place: Place, nodes: list[Node], around: Around) -> Part:
        """Add a nested model: its layers once, and their calls for each of its own calls."""
        start = len(self.calls)
        inputs, outputs, keys = self._model(place, around)
        at_ends = self._dialect.generation >= 3 and not is_sequential(place.serialized)
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

    def _keras_1_merge(self, place: Place, nodes: list[Node]) -> Part:
        """Add a Merge of Keras 1, whose config holds the models that it merges."""
        kind = class_of(place.serialized)
        layer = Layer(place.layer, kind, place.serialized, place.pointer, built_in=True)
        self.layers.append(layer)
        branches, inputs = [], []
        for branch in place.children:
            part = self._part(branch, [Node()])
            branches.extend(part.outputs[0])
            inputs.extend(part.inputs[0] if part.nested else [])
        return Part([[self._call(layer, inputs=branches)]], [inputs], nodes, nested=True)

    def _call(
        self, layer: Layer, inputs: list[Call] | None = None, output_shape: Shape | None = None
    ) -> Call:
        if len(self.calls) >= self._limits.layers:
            raise self._limits.exceeded("layers", "the model has", "calls of layers")
        call = Call(layer, inputs or [], output_shape=output_shape)
        self.calls.append(call)
        return call
