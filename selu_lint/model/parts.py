"""What the graph's builder puts together: the parts of a model, and the order of their calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from selu_lint.errors import SeluLintError
from selu_lint.model.inbound_nodes import Node, references
from selu_lint.model.layers import Call


class Ends(NamedTuple):
    """Where a model begins and ends, its tensors as Keras numbers them."""

    inputs: list[Call]
    outputs: list[Call]
    keys: tuple[str, ...] = ()
    """The keys by which a dict names the inputs; none where it cannot."""


class Part(NamedTuple):
    """What stands at one place of a model: a layer with its calls, or a nested model."""

    outputs: list[list[Call]]
    """For each node the calls behind the tensors that it gives."""
    inputs: list[list[Call]]
    """For each node the input calls of a nested model."""
    nodes: list[Node]
    nested: bool = False
    keys: tuple[str, ...] = ()
    first: int = 0
    """The number of the first node: Keras counts those of most nested models from one."""
    first_at_ends: int = 0
    """The same in ``input_layers`` and ``output_layers``."""

    def output(self, node: int, tensor: int) -> Call | None:
        """Return the call that gives a tensor."""
        if not self.outputs:
            return None
        calls = self.outputs[min(max(node - self.first, 0), len(self.outputs) - 1)]
        return calls[tensor if 0 <= tensor < len(calls) else 0] if calls else None

    def end(self, node: int, tensor: int) -> Call | None:
        """Return the call that gives a tensor which a model takes or returns."""
        return self.output(node - self.first_at_ends + self.first, tensor)


def number_nodes(parts: dict[str, Part], config: Mapping[str, Any], names: set[str]) -> None:
    """Tell where Keras 2 begins to count the nodes of nested models: all are referred to."""
    several = {name for name, part in parts.items() if part.nested and len(part.nodes) > 1}
    if not several:
        return
    lowest: dict[str, int] = {}
    ends = (references(config.get(key), names) for key in ("input_layers", "output_layers"))
    between = (
        (tensor.reference for tensor in node.tensors)
        for part in parts.values()
        for node in part.nodes
    )
    for name, node, _ in (each for found in (*ends, *between) for each in found):
        lowest[name] = min(node, lowest.get(name, node))
    for name in several:
        first = min(max(lowest.get(name, 0), 0), 1)
        parts[name] = parts[name]._replace(first=first, first_at_ends=first)


def in_order(calls: list[Call]) -> tuple[Call, ...]:
    """Return the calls so that each stands behind its inputs (Kahn's algorithm, stable)."""
    waiting = {call: len(call.inputs) for call in calls}
    consumers: dict[Call, list[Call]] = {call: [] for call in calls}
    for call in calls:
        for source in call.inputs:
            consumers[source].append(call)
    ready = [call for call in reversed(calls) if not call.inputs]
    ordered: list[Call] = []
    while ready:
        call = ready.pop()
        ordered.append(call)
        for consumer in reversed(consumers[call]):
            waiting[consumer] -= 1
            if not waiting[consumer]:
                ready.append(consumer)
    if len(ordered) != len(calls):
        raise SeluLintError("the architecture's connections form a cycle")
    return tuple(ordered)
