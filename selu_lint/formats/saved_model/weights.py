"""The variables of a SavedModel by layer: shapes from its objects, values from its checkpoint."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from selu_lint.errors import SeluLintError
from selu_lint.formats.saved_model.folder import SavedModelFolder
from selu_lint.formats.saved_model.layers import KerasLayers
from selu_lint.formats.saved_model.messages import parse
from selu_lint.formats.saved_model.objects import ObjectGraph, SavedVariable
from selu_lint.formats.saved_model.tensor_bundle import INDEX, TensorBundle
from selu_lint.limits import LimitError, Limits
from selu_lint.model.document import Variable, Weights

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Children by the names of their attributes, and the key of the value, if it has one.
CheckpointObject: TypeAlias = tuple[dict[str, int], list[str]]
_PLACES = "_CHECKPOINTABLE_OBJECT_GRAPH"
_ITERATIONS = (("optimizer", "iter"), ("optimizer", "_iterations"), ("optimizer", "iterations"))


class SavedModelWeights(Weights):
    """Weights of a SavedModel; see ``selu_lint.model.document.Weights``.

    Parameters
    ----------
    folder : SavedModelFolder
        Where the checkpoint lies.
    objects : ObjectGraph
        The objects whose attributes the checkpoint's names follow.
    layers : KerasLayers
        The layers of Keras, if there are any.
    exported : Mapping
        The kernels of exported layers, by the layers' names.
    limits : Limits
        Bounds on sizes.
    """

    def __init__(
        self,
        folder: SavedModelFolder,
        objects: ObjectGraph,
        layers: KerasLayers,
        exported: Mapping[str, tuple[Variable, ...]],
        limits: Limits,
    ) -> None:
        self._folder = folder
        self._objects = objects
        self._layers = layers
        self._exported = exported
        self._limits = limits

    def variables(self, layer: str) -> tuple[Variable, ...]:
        """Return the variables of the layer with this path, in Keras's order; () if unknown."""
        numbers = [child for node in self._layers.nodes(layer) for child in self._kept(node)]
        if not numbers:
            return self._exported.get(layer, ())
        return tuple(variable_of(self._objects, number) for number in numbers)

    def read(self, variable: Variable) -> NDArray[np.generic]:
        """Return the values of a variable.

        Raises
        ------
        SeluLintError
            If the checkpoint does not hold it, or holds it in a form that is not read.
        """
        try:
            return self._bundle.read(_key(variable.location, self._places))
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise SeluLintError(f"the variables cannot be read: {reason}") from None

    def extent(self, variable: Variable) -> tuple[int, int]:
        """Return start and size in bytes of the values: its checkpoint is written anew."""
        return 0, variable.size

    def unclaimed(self, claimed: Iterable[Variable]) -> tuple[str, ...]:
        """Return the locations of the model's variables that none of these are."""
        known = {variable.location for variable in claimed}
        found = (variable_of(self._objects, number) for number in self._kept(0))
        return tuple(sorted({each.location for each in found} - known))

    def iterations(self) -> int | None:
        """Return how many steps the optimizer has made; None if the file does not say."""
        for path in _ITERATIONS:
            try:
                return int(self._bundle.read(_key("/".join(path), self._places)))
            except LimitError:
                raise
            except (SeluLintError, OSError, TypeError):
                continue
        return None

    def _kept(self, node: int) -> tuple[int, ...]:
        """Return the variables of a layer's node, those of the layers inside it included."""
        children = dict(self._objects.node(node).children)
        listed = (
            self._objects.node(children["variables"]).children if "variables" in children else ()
        )
        numbers = [child for _, child in sorted(listed, key=_position)] or list(children.values())
        return tuple(number for number in numbers if self._objects.node(number).variable)

    @cached_property
    def _bundle(self) -> TensorBundle:
        return TensorBundle(self._folder, self._limits)

    @cached_property
    def _places(self) -> list[CheckpointObject]:
        return self._checkpoint(self._bundle.text(_PLACES)) if _PLACES in self._bundle else []

    def _checkpoint(self, data: bytes) -> list[CheckpointObject]:
        """Return the checkpoint's own object graph."""
        limits = self._limits
        result = []
        for node in parse("CheckpointGraph", data, limits, INDEX).nodes:
            message = parse("CheckpointObject", node, limits, INDEX)
            children = (parse("Child", child, limits, INDEX) for child in message.children)
            attributes = (
                parse("CheckpointAttribute", attribute, limits, INDEX)
                for attribute in message.attributes
            )
            keys = [attribute.key for attribute in attributes if attribute.name == "VARIABLE_VALUE"]
            result.append(({_escaped(child.name): child.node for child in children}, keys[:1]))
        return result


def variable_of(objects: ObjectGraph, number: int) -> Variable:
    """Return a variable of the object graph as one that ``SavedModelWeights`` reads."""
    path = objects.path(number)
    saved = objects.node(number).variable or SavedVariable("", (), "")
    name = saved.name.split(":")[0].rpartition("/")[2] or (path[-1] if path else "")
    location = "/".join(_escaped(part) for part in path)
    return Variable(name, location, saved.shape or (), saved.dtype)


def _key(location: str, places: list[CheckpointObject]) -> str:
    """Return the checkpoint's name for the variable at a path of attributes."""
    if not places:
        return location
    number = 0
    for name in location.split("/"):
        number = places[number][0].get(name, -1)
        if not 0 <= number < len(places):
            raise SeluLintError(f"the variables hold nothing for {location[:200]!r}")
    if not places[number][1]:
        raise SeluLintError(f"the variables hold no value for {location[:200]!r}")
    return places[number][1][0]


def _escaped(name: str) -> str:
    """Return the name of an attribute as TensorFlow writes it into a path."""
    return name.replace(".", "..").replace("/", ".S")


def _position(child: tuple[str, int]) -> int:
    """Return the place of a list's item, from its attribute."""
    return int(child[0]) if child[0].isdecimal() and len(child[0]) < 10 else -1
