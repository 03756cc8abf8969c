"""What the weights of an archive and of an HDF5 file have in common."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, BinaryIO

from selu_lint.errors import SeluLintError
from selu_lint.formats.hdf5_reader.arrays import dtype_of, read_array
from selu_lint.formats.hdf5_reader.file import Node, open_root
from selu_lint.limits import Limits
from selu_lint.model.document import Variable, Weights
from selu_lint.model.layer_tree import LayerTree, Place
from selu_lint.model.variables import expected_variables
from selu_lint.storage.byte_source import Source

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# These create all slots of one variable before those of the next, in every release.
_INTERLEAVED = ("Adam", "AdamW")


class FileWeights(Weights):
    """Weights in an HDF5 file or in an HDF5 member of an archive; opened when first asked.

    Parameters
    ----------
    source : Source
        The model's file.
    architecture : Mapping
        The architecture that the weights belong to.
    limits : Limits
        Bounds on what is read.
    """

    def __init__(self, source: Source, architecture: Mapping[str, Any], limits: Limits) -> None:
        self._source = source
        self._architecture = architecture
        self._limits = limits
        self._names_left = limits.names_bytes

    @cached_property
    def _known(self) -> dict[str, tuple[Variable, ...]]:
        return {}

    @cached_property
    def _tree(self) -> LayerTree:
        return LayerTree(self._architecture, self._limits)

    @cached_property
    def _file(self) -> BinaryIO:
        return self._open()

    @cached_property
    def _root(self) -> Node:
        return open_root(self._file, self._limits)

    def _open(self) -> BinaryIO:
        return self._source.open()

    def close(self) -> None:
        """Close the file; it opens again when something is asked."""
        file = self.__dict__.get("_file")
        self._forget()
        if file is not None:
            file.close()

    def _forget(self) -> None:
        self._names_left = self._limits.names_bytes
        for name in ("_file", "_known", "_root"):
            self.__dict__.pop(name, None)

    def variables(self, layer: str) -> tuple[Variable, ...]:
        """Return the variables of the layer with this path, in Keras's order; () if unknown.

        A wrapper or a nested model has the variables of all layers in it. What a Bidirectional
        wraps has those of both directions, forward first; ``bidi/forward_lstm`` and
        ``bidi/backward_lstm`` have their own.
        """
        if layer not in self._known:
            places = self._tree.find(layer)
            found = (variable for place in places for variable in self._variables_of(place))
            self._known[layer] = tuple(found)
        return self._known[layer]

    def _variables_of(self, place: Place) -> tuple[Variable, ...]:
        raise NotImplementedError

    def unclaimed(self, claimed: Iterable[Variable]) -> tuple[str, ...]:
        """Return the locations of the model's stored variables that none of these are.

        Raises
        ------
        SeluLintError
            If there are too many, or groups are nested too deep.
        """
        known = {variable.location for variable in claimed}
        return tuple(sorted(set(self._stored_locations()) - known))

    def _stored_locations(self) -> Iterator[str]:
        """Yield where the variables of the model lie, without those of what trains it."""
        raise NotImplementedError

    def _datasets(self, path: str, passed_over: Container[str]) -> Iterator[str]:
        """Yield the paths of all datasets below a group, without those in groups of these names."""
        top = self._root.find(path) if path else self._root
        pending = [(path, top, self._limits.object_depth)]
        while pending:
            path, node, depth = pending.pop()
            if node is None:
                continue
            if node.is_dataset:
                self._names_left -= len(path)
                if self._names_left < 0:
                    raise self._limits.exceeded("names_bytes", "the paths of its variables take")
                yield path
                continue
            if not depth:
                raise self._limits.exceeded(
                    "object_depth", "groups in the weights are nested", "deep"
                )
            for name in node.links:
                if name not in passed_over:
                    below = f"{path}/{name}".lstrip("/")
                    pending.append((below, node.child(name), depth - 1))

    def read(self, variable: Variable) -> NDArray[np.generic]:
        """Return the values of a variable; bfloat16 as float32.

        Raises
        ------
        SeluLintError
            If it is not there, too large, or broken.
        """
        node = self._root.find(variable.location, again=True)
        if node is None or not node.is_dataset:
            raise SeluLintError("a variable is no longer in the file")
        return read_array(node, self._limits)

    def extent(self, variable: Variable) -> tuple[int, int] | None:
        """Return where the values lie in the weights file, start and size in bytes.

        None where they are compressed or in several pieces.
        """
        node = self._root.find(variable.location, again=True)
        return None if node is None else node.extent

    def _variable(self, node: Node, name: str, location: str) -> Variable:
        self._names_left -= len(location)
        if self._names_left < 0:
            raise self._limits.exceeded("names_bytes", "the paths of its variables take")
        return Variable(name, location, node.shape or (), dtype_of(node))

    @cached_property
    def _trainable(self) -> tuple[Variable, ...] | None:
        """Variables that the optimizer changes, in its order; None where that cannot be told."""
        found: list[Variable] = []
        for leaf in self._tree.leaves:
            expected = () if leaf.operation else expected_variables(leaf)
            if expected is None:
                return None
            if not expected:
                continue
            variables = self._variables_of(leaf)
            if len(variables) != len(expected):
                return None
            pairs = zip(variables, expected, strict=True)
            found.extend(variable for variable, (_, trainable) in pairs if trainable)
        return tuple(found)

    def _slots_by_order(
        self, variable: Variable, slots: Sequence[Variable]
    ) -> tuple[Variable, ...]:
        """Return the optimizer's slots of a variable where only their order tells; else ()."""
        trainable = self._trainable
        if not trainable or variable not in trainable:
            return ()
        index, count = trainable.index(variable), len(trainable)
        while len(slots) > count and len(slots) % count and slots[-1].shape in ((), (1,)):
            slots = slots[:-1]
        times, rest = divmod(len(slots), count)
        # Adam without amsgrad keeps a dummy of one element for each variable in Keras 2.2.
        while times > 1 and all(slot.shape == (1,) for slot in slots[-count:]):
            slots, times = slots[:-count], times - 1
        if rest or not times:
            return ()
        shapes = [slot.shape for slot in slots]
        blocks = [variable.shape for _ in range(times) for variable in trainable]
        interleaved = [variable.shape for variable in trainable for _ in range(times)]
        by_block = tuple(slots[turn * count + index] for turn in range(times))
        by_variable = tuple(slots[index * times + turn] for turn in range(times))
        if shapes == blocks and (by_block == by_variable or shapes != interleaved):
            return by_block
        if shapes == interleaved and (shapes != blocks or self._optimizer in _INTERLEAVED):
            return by_variable
        return ()

    @cached_property
    def _optimizer(self) -> str | None:
        compiled = self._architecture.get("compile_config")
        optimizer = compiled.get("optimizer") if isinstance(compiled, dict) else None
        name = optimizer.get("class_name") if isinstance(optimizer, dict) else optimizer
        return name.rpartition(">")[2] if isinstance(name, str) else None
