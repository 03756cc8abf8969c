"""The operations of a TensorFlow graph and of its function library, and where tensors come from."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from selu_lint.formats.saved_model.messages import parse
from selu_lint.formats.saved_model.objects import ObjectGraph, shape_of
from selu_lint.limits import Limits

MAIN = ""
_SHORT = 4096
_INTEGERS = {3: "<i", 9: "<q"}
# How many arguments of a call stand before those of the function that it calls.
_CALLS = {
    "PartitionedCall": 0,
    "StatefulPartitionedCall": 0,
    "TPUPartitionedCall": 0,
    "BatchFunction": 0,
    "MapDefun": 0,
    "While": 0,
    "StatelessWhile": 0,
    "If": 1,
    "StatelessIf": 1,
    "Case": 1,
    "StatelessCase": 1,
}


@dataclass(frozen=True)
class Operation:
    """An operation of a graph: its name, kind such as ``MatMul``, and the tensors it takes."""

    name: str
    kind: str
    inputs: tuple[str, ...]
    attributes: Any

    @property
    def scope(self) -> str:
        """The name without its last part: that of the layer that it was traced in."""
        return self.name.rpartition("/")[0]


class Tensor(NamedTuple):
    """A tensor: the function that it stands in, its name there, and the calls that led there."""

    function: str
    name: str
    calls: tuple[tuple[str, str], ...] = ()


class Capture(NamedTuple):
    """A tensor that a function captured: a node of the object graph."""

    node: int


class Body(NamedTuple):
    """A function, or the main graph: its operations by name, arguments, and results in order."""

    operations: dict[str, Operation]
    arguments: dict[str, int]
    results: tuple[str, ...]


class OperationGraph:
    """The operations of one graph with its function library.

    Parameters
    ----------
    data : bytes
        The ``Graph`` message.
    objects : ObjectGraph
        Where captured variables are looked up.
    limits : Limits
        Bounds on its size and on the steps that following it may take.

    Raises
    ------
    SeluLintError
        If it is damaged or too large.
    """

    def __init__(self, data: bytes, objects: ObjectGraph, limits: Limits) -> None:
        graph = parse("Graph", data, limits)
        self._objects = objects
        self._limits = limits
        self._steps = limits.graph_steps
        self._operations_left = limits.protobuf_nodes
        self.bodies = {MAIN: Body(self._operations(graph.nodes), {}, ())}
        for function in parse("Library", graph.library, limits).functions:
            name, body = self._function(function)
            self.bodies[name] = body

    def functions_in_order(self) -> Iterator[str]:
        """Yield the main graph, the functions in the order of their calls, then all others."""
        seen = set()
        stack = [*reversed(self.bodies), MAIN]
        while stack:
            name = stack.pop()
            if name in seen:
                continue
            seen.add(name)
            yield name
            calls = (self._callees(each) for each in self.bodies[name].operations.values())
            stack.extend(reversed([callee for callees in calls for callee in callees]))

    def operation(self, tensor: Tensor) -> Operation | None:
        """Return the operation that makes a tensor; None for an argument or a missing one."""
        return self.bodies[tensor.function].operations.get(tensor.name.split(":")[0])

    def step(self, tensor: Tensor) -> Operation | None:
        """Return the operation that makes a tensor, as ``operation`` does, and count it.

        Raises
        ------
        SeluLintError
            If following this graph has taken too many steps.
        """
        self._steps -= 1
        if self._steps < 0:
            raise self._limits.exceeded("graph_steps", "following the operations takes", "steps")
        return self.operation(tensor)

    def inputs(self, tensor: Tensor, operation: Operation) -> list[Tensor]:
        """Return the tensors that an operation of the tensor's function takes."""
        return [tensor._replace(name=name) for name in operation.inputs if name[:1] != "^"]

    def attribute(self, operation: Operation, name: str) -> Any:
        """Return an attribute as an ``Attribute`` message; an empty one if it has none."""
        for data in operation.attributes:
            entry = parse("Entry", data, self._limits)
            if entry.key == name:
                return parse("Attribute", entry.value, self._limits)
        return parse("Attribute", b"", self._limits)

    def integers(self, operation: Operation, name: str) -> tuple[int, ...]:
        """Return an attribute that is a list of integers; () if it has none."""
        listed = self.attribute(operation, name).list
        return tuple(parse("AttributeList", listed, self._limits).integers)

    def constant(self, tensor: Tensor) -> tuple[int, ...] | None:
        """Return the values of a tensor that is a short constant of integers; None if it is not."""
        operation = self.step(tensor)
        data = b""
        if operation is not None and operation.kind == "Const":
            data = self.attribute(operation, "value").tensor
        # A kernel's megabytes need not be looked at.
        if not 0 < len(data) <= _SHORT:
            return None
        value = parse("Tensor", data, self._limits)
        code, listed = _INTEGERS.get(value.type), [*value.integers, *value.long_integers]
        shape = shape_of(value.shape, self._limits)
        if code is None or shape is None or len(shape) > 1:
            return None
        if value.content and len(value.content) % struct.calcsize(code) == 0:
            listed = [number for (number,) in struct.iter_unpack(code, value.content)]
        return tuple(listed) if len(listed) == math.prod(shape) else None

    def through_calls(self, tensor: Tensor) -> list[Tensor | Capture]:
        """Return where a tensor comes from that an argument or a call stands for; [] otherwise."""
        body = self.bodies[tensor.function]
        if tensor.name in body.arguments:
            return self._outwards(tensor, body)
        operation = self.operation(tensor)
        return [] if operation is None else self._inwards(tensor, operation)

    def _inwards(self, tensor: Tensor, operation: Operation) -> list[Tensor | Capture]:
        """Return the results of the functions that a call calls."""
        callees = self._callees(operation)
        if callees and len(tensor.calls) >= self._limits.call_depth:
            raise self._limits.exceeded("call_depth", "its functions call each other", "deep")
        index = _output(tensor.name)
        calls = (*tensor.calls, (tensor.function, operation.name))
        return [
            Tensor(callee, self.bodies[callee].results[index], calls)
            for callee in callees
            if index < len(self.bodies[callee].results)
        ]

    def _outwards(self, tensor: Tensor, body: Body) -> list[Tensor | Capture]:
        """Return what the callers of a function give for its argument, or what it captured."""
        position = body.arguments[tensor.name]
        captures = self._objects.captures(tensor.function)
        first = len(body.arguments) - len(captures)
        if position >= first:
            return [Capture(captures[position - first])]
        callers = tensor.calls[-1:] or self._callers.get(tensor.function, ())
        found: list[Tensor | Capture] = []
        for function, name in callers:
            operation = self.bodies[function].operations[name]
            place = position + _CALLS.get(operation.kind, 0)
            if place < len(operation.inputs):
                found.append(Tensor(function, operation.inputs[place], tensor.calls[:-1]))
        return found

    @cached_property
    def _callers(self) -> dict[str, list[tuple[str, str]]]:
        callers: dict[str, list[tuple[str, str]]] = {}
        for function, body in self.bodies.items():
            for operation in body.operations.values():
                for callee in self._callees(operation):
                    callers.setdefault(callee, []).append((function, operation.name))
        return callers

    def _callees(self, operation: Operation) -> list[str]:
        if operation.kind in self.bodies and operation.kind != MAIN:
            return [operation.kind]
        if operation.kind not in _CALLS:
            return []
        names = []
        for data in operation.attributes:
            value = parse("Attribute", parse("Entry", data, self._limits).value, self._limits)
            listed = parse("AttributeList", value.list, self._limits).functions
            functions = [value.function] if value.function else listed
            names += [parse("Argument", function, self._limits).name for function in functions]
        return [name for name in names if name in self.bodies]

    def _function(self, data: bytes) -> tuple[str, Body]:
        limits = self._limits
        message = parse("Function", data, limits)
        signature = parse("Signature", message.signature, limits)
        arguments = [parse("Argument", argument, limits).name for argument in signature.inputs]
        entries = (parse("StringEntry", entry, limits) for entry in message.results)
        results = {entry.key: entry.value for entry in entries}
        outputs = (parse("Argument", output, limits).name for output in signature.outputs)
        body = Body(
            self._operations(message.nodes),
            {name: position for position, name in enumerate(arguments)},
            tuple(results.get(output, "") for output in outputs),
        )
        return signature.name, body

    def _operations(self, nodes: Any) -> dict[str, Operation]:
        self._operations_left -= len(nodes)
        if self._operations_left < 0:
            raise self._limits.exceeded("protobuf_nodes", "it has", "operations")
        messages = (parse("Node", node, self._limits) for node in nodes)
        return {
            message.name: Operation(
                message.name, message.operation, tuple(message.inputs), message.attributes
            )
            for message in messages
        }


def _output(tensor: str) -> int:
    """Return which of an operation's outputs a tensor is, from its name."""
    last = tensor.rpartition(":")[2] if ":" in tensor else ""
    return int(last) if last.isdecimal() and len(last) < 10 else 0
