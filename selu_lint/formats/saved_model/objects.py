"""The object graph of a SavedModel: the Python objects that were saved, and their variables."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from selu_lint.errors import SeluLintError
from selu_lint.formats.saved_model.messages import parse
from selu_lint.limits import Limits

DTYPES = {
    1: "float32",
    2: "float64",
    3: "int32",
    4: "uint8",
    5: "int16",
    6: "int8",
    9: "int64",
    10: "bool",
    14: "bfloat16",
    17: "uint16",
    19: "float16",
    22: "uint32",
    23: "uint64",
}
# TensorFlow's own bound.
_MOST_DIMENSIONS = 254
# Lists that name a layer's variables again, behind the attributes that they are kept in.
_BOOKKEEPING = ("keras_api", "variables", "trainable_variables", "non_trainable_variables")


@dataclass(frozen=True)
class SavedVariable:
    """A variable of the object graph: its name in TensorFlow, its shape and NumPy dtype."""

    name: str
    shape: tuple[int, ...] | None
    dtype: str


@dataclass(frozen=True)
class SavedObject:
    """A node of the object graph.

    Attributes
    ----------
    children : tuple of (str, int)
        The attributes that it keeps others in, and their nodes.
    identifier : str
        What it was, such as ``_tf_keras_layer``; empty for a variable or a function.
    metadata : str
        The JSON that Keras before TensorFlow 2.5 put there.
    variable : SavedVariable or None
        What the variable is, if it is one.
    constant : str
        For a captured constant the operation that holds its value.
    """

    children: tuple[tuple[str, int], ...]
    identifier: str = ""
    metadata: str = field(default="", repr=False)
    variable: SavedVariable | None = None
    constant: str = ""


class ObjectGraph:
    """The object graph; its nodes are parsed when they are asked for.

    Parameters
    ----------
    data : bytes
        The message; empty for a SavedModel without objects.
    limits : Limits
        Bounds on its size.
    """

    def __init__(self, data: bytes, limits: Limits) -> None:
        message = parse("ObjectGraph", data, limits)
        self._nodes = message.nodes
        self._functions = message.functions
        self._limits = limits
        self._cache: dict[int, SavedObject] = {}
        self._owners: dict[int, tuple[int, str]] | None = None
        self._captures: dict[str, tuple[int, ...]] | None = None

    def __len__(self) -> int:
        """Return how many nodes there are."""
        return len(self._nodes)

    def node(self, number: int) -> SavedObject:
        """Return a node.

        Raises
        ------
        SeluLintError
            If there is none of this number, or it is damaged.
        """
        known = self._cache.get(number)
        if known is None:
            if not 0 <= number < len(self._nodes):
                raise SeluLintError(
                    f"the object graph of saved_model.pb refers to its node {number}, "
                    f"but has {len(self._nodes):,}; the file is damaged"
                )
            known = self._cache[number] = self._parse(self._nodes[number])
        return known

    def captures(self, function: str) -> tuple[int, ...]:
        """Return the nodes that a function captured: its last arguments."""
        if self._captures is None:
            self._captures = {}
            for data in self._functions:
                entry = parse("Entry", data, self._limits)
                bound = parse("ConcreteFunction", entry.value, self._limits).bound_inputs
                self._captures[entry.key] = tuple(bound)
        return self._captures.get(function, ())

    def path(self, number: int) -> tuple[str, ...]:
        """Return the attributes that lead from the root to a node; () if none do.

        Raises
        ------
        SeluLintError
            If it lies deeper than the limit.
        """
        if self._owners is None:
            self._owners = dict(self._walk())
        path: list[str] = []
        while number in self._owners and number != 0:
            if len(path) == self._limits.object_depth:
                raise self._limits.exceeded("object_depth", "its objects are nested", "deep")
            number, name = self._owners[number]
            path.append(name)
        return tuple(reversed(path))

    def variables(self) -> Iterator[tuple[int, SavedVariable]]:
        """Yield every variable with its node's number."""
        for number in range(len(self)):
            variable = self.node(number).variable
            if variable is not None:
                yield number, variable

    def _walk(self) -> Iterator[tuple[int, tuple[int, str]]]:
        """Yield what keeps each node on the shortest path to it; bookkeeping comes last."""
        queue = deque([(0, 0, "")] if self._nodes else [])
        late: deque[tuple[int, int, str]] = deque()
        seen = set()
        while queue or late:
            number, owner, name = (queue or late).popleft()
            if number in seen:
                continue
            seen.add(number)
            yield number, (owner, name)
            for attribute, child in self.node(number).children:
                (late if attribute in _BOOKKEEPING else queue).append((child, number, attribute))

    def _parse(self, data: bytes) -> SavedObject:
        limits = self._limits
        message = parse("Object", data, limits)
        children = (parse("Child", child, limits) for child in message.children)
        user = parse("UserObject", message.user_object, limits)
        variable = None
        if message.variable:
            stored = parse("StoredVariable", message.variable, limits)
            variable = SavedVariable(
                stored.name,
                shape_of(stored.shape, limits),
                DTYPES.get(stored.type, f"type {stored.type}"),
            )
        return SavedObject(
            tuple((child.name, child.node) for child in children),
            user.identifier,
            user.metadata,
            variable,
            parse("StoredConstant", message.constant, limits).operation,
        )


def shape_of(data: bytes, limits: Limits) -> tuple[int, ...] | None:
    """Return a shape; None where its rank or one of its dimensions is not known."""
    message = parse("Shape", data, limits)
    if len(message.dimensions) > _MOST_DIMENSIONS:
        return None
    sizes = tuple(parse("Dimension", size, limits).size for size in message.dimensions)
    return None if message.unknown_rank or any(size < 0 for size in sizes) else sizes
