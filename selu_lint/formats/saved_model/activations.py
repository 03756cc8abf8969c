"""Finding where a graph applies SELU: the operation, or one put together from others."""

from __future__ import annotations

import math
import struct
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from selu_lint.formats.saved_model.messages import parse
from selu_lint.formats.saved_model.objects import ObjectGraph, shape_of
from selu_lint.formats.saved_model.operations import (
    MAIN,
    Capture,
    Operation,
    OperationGraph,
    Tensor,
)
from selu_lint.limits import Limits

SCALE = 1.0507009873554805
ALPHA = 1.6732632423543772
# Constants that somebody rounded to 1.05, 1.67 or 1.76 are still meant to be SELU's.
_TOLERANCE = 0.005
_NEAR = 64
_EXPONENTIALS = ("Elu", "Exp", "Expm1")
_WITHIN = (
    "Add",
    "AddV2",
    "Cast",
    "Identity",
    "Maximum",
    "Minimum",
    "Mul",
    "Select",
    "SelectV2",
    "Sub",
)
_CONSTANT = ("Cast", "Enter", "Identity", "ReadVariableOp")
_FORMATS = {1: "<f", 2: "<d", 19: "<e"}


class Activation(NamedTuple):
    """A SELU: the operation that names its layer, what it is applied to, and how it is known."""

    operation: Operation
    tensor: Tensor
    description: str


class ActivationFinder:
    """Finds the SELUs of a graph's functions.

    Parameters
    ----------
    graph : OperationGraph
        The graph.
    objects : ObjectGraph
        Where captured constants are looked up.
    limits : Limits
        Bounds on sizes.
    """

    def __init__(self, graph: OperationGraph, objects: ObjectGraph, limits: Limits) -> None:
        self._graph = graph
        self._objects = objects
        self._limits = limits

    def find(self, function: str) -> Iterator[Activation]:
        """Yield the SELUs of a function, in the order of its operations."""
        multiplied: list[tuple[Operation, Tensor, float]] = []
        for operation in self._graph.bodies[function].operations.values():
            inputs = self._graph.inputs(Tensor(function, operation.name), operation)
            if operation.kind == "Selu" and inputs:
                yield Activation(operation, inputs[0], "selu")
            elif operation.kind == "Mul" and len(inputs) == 2:
                for factor, other in (inputs, reversed(inputs)):
                    value = self._constant(factor)
                    if value is not None:
                        multiplied.append((operation, other, value))
        yield from self._hand_written(multiplied)

    def _hand_written(
        self, multiplied: list[tuple[Operation, Tensor, float]]
    ) -> Iterator[Activation]:
        """Yield what multiplies an exponential by SELU's alpha, from the products by constants."""
        scales = {
            exponential: value
            for _, tensor, value in multiplied
            if _close(value, SCALE)
            for exponential in self._exponentials(tensor)
        }
        for operation, tensor, value in multiplied:
            if _close(value, SCALE * ALPHA):
                constants = f"scale times alpha {value:.6g}"
            elif _close(value, ALPHA):
                constants = f"alpha {value:.6g}"
            else:
                continue
            for exponential in self._exponentials(tensor)[:1]:
                if _close(value, ALPHA):
                    scale = scales.get(exponential)
                    constants += ", no scale" if scale is None else f", scale {scale:.6g}"
                kind = self._graph.operation(exponential)
                inputs = self._graph.inputs(exponential, kind) if kind else []
                if kind and inputs:
                    yield Activation(operation, inputs[0], f"{kind.kind}, {constants}")

    def _exponentials(self, tensor: Tensor) -> list[Tensor]:
        """Return the exponentials that a tensor is made from close by, the nearest first."""
        found = []
        queue = deque([tensor])
        for _ in range(_NEAR):
            if not queue:
                break
            each = queue.popleft()
            operation = self._graph.step(each)
            if operation is None:
                continue
            if operation.kind in _EXPONENTIALS:
                found.append(each)
            elif operation.kind in _WITHIN and len(operation.inputs) <= _NEAR:
                queue.extend(self._graph.inputs(each, operation))
        return found

    def _constant(self, tensor: Tensor) -> float | None:
        """Return the value of a tensor that is a constant number; None if it is not."""
        for _ in range(_NEAR):
            operation = self._graph.step(tensor)
            if operation is not None and operation.kind == "Const":
                return self._number(operation)
            if operation is not None and operation.kind in _CONSTANT and operation.inputs:
                tensor = self._graph.inputs(tensor, operation)[0]
                continue
            origins = self._graph.through_calls(tensor)
            if len(origins) != 1:
                return None
            if isinstance(origins[0], Capture):
                tensor = Tensor(MAIN, self._objects.node(origins[0].node).constant)
            else:
                tensor = origins[0]
        return None

    def _number(self, operation: Operation) -> float | None:
        data = self._graph.attribute(operation, "value").tensor
        # A scalar takes some 20 bytes; a kernel's megabytes need not be looked at.
        if len(data) > 256:
            return None
        tensor = parse("Tensor", data, self._limits)
        shape = shape_of(tensor.shape, self._limits)
        code = _FORMATS.get(tensor.type)
        if shape is None or math.prod(shape) != 1 or code is None:
            return None
        if len(tensor.content) == struct.calcsize(code):
            return float(struct.unpack(code, tensor.content)[0])
        if len(tensor.halves) == 1:
            return float(struct.unpack("<e", struct.pack("<H", tensor.halves[0] & 0xFFFF))[0])
        values = [*tensor.floats, *tensor.doubles]
        return float(values[0]) if len(values) == 1 else None


def _close(value: float, wanted: float) -> bool:
    return abs(value - wanted) <= _TOLERANCE * wanted
