"""The SELU layers of inference-only graphs, found by their operations.

From each SELU the graph is followed back to the operation that applies the kernel, and from there
to the kernel's variable. A layer that was traced into several functions is found once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from selu_lint.formats.saved_model.activations import Activation, ActivationFinder
from selu_lint.formats.saved_model.fans import fan_in
from selu_lint.formats.saved_model.messages import parse
from selu_lint.formats.saved_model.objects import DTYPES, ObjectGraph, shape_of
from selu_lint.formats.saved_model.operations import Capture, Operation, OperationGraph, Tensor
from selu_lint.formats.saved_model.tracing import applied_kernels, kernel_origins
from selu_lint.formats.saved_model.weights import variable_of
from selu_lint.limits import Limits
from selu_lint.model.document import ExportedLayer, Variable

_OPAQUE = {
    "XlaCallModule": "StableHLO code",
    "TRTEngineOp": "a TensorRT engine",
    "TfLiteSubgraphExecute": "a TensorFlow Lite model",
}


@dataclass(frozen=True)
class _Kernel:
    """What identifies a kernel, and its variable as far as it is known."""

    key: object
    node: int | None
    name: str
    shape: tuple[int, ...] | None
    variable: Variable | None


class ExportedLayers:
    """The SELU layers of graphs, collected graph by graph.

    Parameters
    ----------
    objects : ObjectGraph
        Where captured variables are looked up.
    owner : callable
        Gives the path of the Keras layer that keeps a node's variable; empty if it is not known.
    limits : Limits
        Bounds on sizes and steps.

    Attributes
    ----------
    variables : dict
        The kernels' variables, by the names of their layers.
    """

    def __init__(self, objects: ObjectGraph, owner: Callable[[int], str], limits: Limits) -> None:
        self._objects = objects
        self._owner = owner
        self._limits = limits
        self._found: dict[object, ExportedLayer] = {}
        self._scopes: set[str] = set()
        self._unresolved: dict[str, ExportedLayer] = {}
        self._opaque: dict[str, None] = {}
        self.variables: dict[str, tuple[Variable, ...]] = {}

    @property
    def layers(self) -> tuple[ExportedLayer, ...]:
        """The layers, one for each kernel; those whose kernel was not found come last."""
        scopes = self._unresolved.keys() - self._scopes
        rest = (layer for scope, layer in self._unresolved.items() if scope in scopes)
        return (*self._found.values(), *rest)

    @property
    def unread(self) -> tuple[str, ...]:
        """What could not be looked into, one line each."""
        return tuple(
            f"the operation {kind} holds {_OPAQUE[kind]}, which is not looked into"
            for kind in self._opaque
        )

    def add(self, data: bytes) -> None:
        """Find the layers of one graph.

        Parameters
        ----------
        data : bytes
            The ``Graph`` message.

        Raises
        ------
        SeluLintError
            If it is damaged or passes a limit.
        """
        graph = OperationGraph(data, self._objects, self._limits)
        finder = ActivationFinder(graph, self._objects, self._limits)
        for function in graph.functions_in_order():
            for operation in graph.bodies[function].operations.values():
                if operation.kind in _OPAQUE:
                    self._opaque[operation.kind] = None
            for activation in finder.find(function):
                self._add_layer(graph, activation)

    def _add_layer(self, graph: OperationGraph, activation: Activation) -> None:
        scope = activation.operation.scope or activation.operation.name
        tensor, description = activation.tensor, activation.description
        for place, operation in applied_kernels(graph, tensor):
            for origin in kernel_origins(graph, place, operation):
                kernel = self._kernel(graph, origin.source)
                if kernel.shape is not None and len(kernel.shape) < 2:
                    continue
                self._scopes.add(scope)
                if kernel.key in self._found:
                    continue
                layer = ExportedLayer(
                    self._name(kernel, activation.operation),
                    operation.kind,
                    description,
                    kernel.name,
                    kernel.shape,
                    fan_in(graph, operation, origin, kernel.shape),
                    kernel.variable,
                )
                self._found[kernel.key] = layer
                if kernel.variable is not None:
                    known = self.variables.get(layer.name, ())
                    self.variables[layer.name] = (*known, kernel.variable)
        if scope not in self._scopes:
            self._unresolved.setdefault(scope, ExportedLayer(scope, "", description, "", None))

    def _name(self, kernel: _Kernel, activation: Operation) -> str:
        """Return the name of a layer: Keras's path, the variable's scope, or its attributes."""
        owner, path = "", ()  # type: str, tuple[str, ...]
        if kernel.node is not None:
            owner, path = self._owner(kernel.node), self._objects.path(kernel.node)
        return (
            owner
            or kernel.name.rpartition("/")[0]
            or "/".join(path[:-1])
            or activation.scope
            or "/".join(path)
            or activation.name
        )

    def _kernel(self, graph: OperationGraph, origin: Tensor | Capture) -> _Kernel:
        if isinstance(origin, Capture):
            return self._captured(origin.node)
        operation = graph.operation(origin)
        assert operation is not None, "an origin is an operation or a capture"
        if operation.kind == "Const":
            tensor = parse("Tensor", graph.attribute(operation, "value").tensor, self._limits)
            shape = shape_of(tensor.shape, self._limits)
            return _Kernel((origin.function, operation.name), None, operation.name, shape, None)
        shared = graph.attribute(operation, "shared_name").text.decode("utf-8", "replace")
        name = shared or operation.name
        nodes = self._nodes_by_name.get(name, [])
        if len(nodes) == 1:
            return self._captured(nodes[0])
        shape = shape_of(graph.attribute(operation, "shape").shape, self._limits)
        dtype = DTYPES.get(graph.attribute(operation, "dtype").type, "")
        variable = Variable(name.rpartition("/")[2], name, shape or (), dtype)
        return _Kernel(name, None, name, shape, variable)

    def _captured(self, node: int) -> _Kernel:
        captured = self._objects.node(node)
        if captured.variable is None:
            return _Kernel(node, None, captured.constant, None, None)
        name = captured.variable.name.split(":")[0]
        shape = captured.variable.shape
        return _Kernel(node, node, name, shape, variable_of(self._objects, node))

    @cached_property
    def _nodes_by_name(self) -> dict[str, list[int]]:
        nodes: dict[str, list[int]] = {}
        for number, variable in self._objects.variables():
            nodes.setdefault(variable.name.split(":")[0], []).append(number)
        return nodes
