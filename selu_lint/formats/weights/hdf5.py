"""The weights of a whole-model HDF5 file, in its group ``model_weights``.

Each layer of the outermost model has a group with the attribute ``weight_names``, which lists the
variables of all layers inside, trainable ones first. Source: ``keras.saving.legacy.hdf5_format``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from selu_lint.formats.hdf5_reader.arrays import read_integer
from selu_lint.formats.hdf5_reader.file import Node
from selu_lint.formats.weights.file import FileWeights
from selu_lint.model.document import Variable
from selu_lint.model.layer_tree import Place
from selu_lint.model.variables import expected_variables

_OPTIMIZER = "optimizer_weights"
_STEPS = {"iteration", "iterations", "iter"}
_SCALARS = _STEPS | {"learning_rate", "lr", "decay", "beta_1", "beta_2", "rho", "momentum"}
# Keras 2.2 and 2.3 only number the slots.
_NUMBERED = re.compile(r"Variable(_\d+)?|[a-z]+_\d+")

Names = tuple[str, ...]
"""A variable's name in the file, split at the slashes and without its ``:0``."""


class Hdf5Weights(FileWeights):
    """Weights of a whole-model HDF5 file; see ``selu_lint.model.document.Weights``."""

    _group = "model_weights"

    @cached_property
    def _assigned(self) -> dict[Place, dict[Place, tuple[Variable, ...]]]:
        return {}

    def _forget(self) -> None:
        super()._forget()
        for name in ("_assigned", "_optimizer_state", "_slots_by_name"):
            self.__dict__.pop(name, None)

    def _variables_of(self, place: Place) -> tuple[Variable, ...]:
        line = place.line
        if not line:
            return ()
        top = line[0]
        if top not in self._assigned:
            self._assigned[top] = assign(top, self._stored_in(top))
        leaves = self._assigned[top]
        return tuple(variable for leaf in place.leaves for variable in leaves.get(leaf, ()))

    def _stored_in(self, top: Place) -> list[tuple[Names, Variable]]:
        return self._stored(f"{self._group}/{top.name}".lstrip("/"))

    def _stored(self, path: str) -> list[tuple[Names, Variable]]:
        """Return the variables that a group's attribute ``weight_names`` lists."""
        # A layer's name may itself hold slashes: HDF5 then made groups of its parts.
        group = self._root.find(path)
        found: list[tuple[Names, Variable]] = []
        if group is None:
            return found
        for name in _weight_names(group):
            node = group.find(name)
            if node is not None and node.is_dataset:
                names = tuple(re.sub(r":\d+$", "", name).split("/"))
                found.append((names, self._variable(node, names[-1], f"{path}/{name}")))
        # Keras 3.0 gave two variables the same name, and broke off.
        unique = {variable.location for _, variable in found}
        return found if len(unique) == len(found) else []

    def _stored_locations(self) -> Iterator[str]:
        return self._datasets(self._group, ())

    def iterations(self) -> int | None:
        """Return how many steps the optimizer has made; None if the file does not say."""
        for names, variable in self._optimizer_state:
            if names[-1] in _STEPS:
                node = self._root.find(variable.location)
                return None if node is None else read_integer(node, self._limits)
        return None

    @cached_property
    def _optimizer_state(self) -> list[tuple[Names, Variable]]:
        return self._stored(_OPTIMIZER)

    def optimizer_variables(self, variable: Variable) -> tuple[Variable, ...]:
        """Return the optimizer's slots of a variable, such as momentum and velocity.

        Empty where it cannot be told with certainty which they are.
        """
        slots = [pair for pair in self._optimizer_state if pair[0][-1] not in _SCALARS]
        if all(_NUMBERED.fullmatch(names[-1]) for names, _ in slots):
            return self._slots_by_order(variable, [slot for _, slot in slots])
        own = self._slots_by_name.get(variable.location, [])
        return tuple(slot for slot in own if slot.shape == variable.shape)

    @cached_property
    def _slots_by_name(self) -> dict[str, list[Variable]]:
        """The optimizer's slots by the location of the variable whose name is in theirs."""
        by_name: dict[str, str] = {}
        for top in self._tree.root.children:
            for names, variable in self._stored_in(top):
                by_name["/".join(names)] = variable.location
                by_name.setdefault("_".join(names), variable.location)
        found: dict[str, list[Variable]] = {}
        for names, slot in self._optimizer_state:
            location = next((by_name[name] for name in _candidates(names) if name in by_name), None)
            if location is not None:
                found.setdefault(location, []).append(slot)
        return found


class Hdf5WeightsAlone(Hdf5Weights):
    """Weights of a file that holds nothing else, as ``save_weights`` of Keras 1 and 2 writes it.

    See ``selu_lint.model.document.Weights``.
    """

    _group = ""


def assign(
    top: Place, stored: Sequence[tuple[Names, Variable]]
) -> dict[Place, tuple[Variable, ...]]:
    """Return which of the variables of an outermost layer belong to which layer inside it.

    Empty where neither their names nor their order tell.
    """
    leaves = [leaf for leaf in top.leaves if expected_variables(leaf) != ()]
    if len(leaves) == 1:
        return {leaves[0]: tuple(variable for _, variable in stored)}
    return (
        _by_scope(leaves, stored, _exact(leaves))
        or _by_order(leaves, stored)
        or _by_scope(leaves, stored, _without_numbers(leaves))
        or {}
    )


def _exact(leaves: Sequence[Place]) -> dict[str, list[Place]]:
    by_name: dict[str, list[Place]] = {}
    for leaf in leaves:
        for place in leaf.line[1:]:
            by_name.setdefault(place.name, []).append(leaf)
    return by_name


def _without_numbers(leaves: Sequence[Place]) -> dict[str, list[Place]]:
    by_name: dict[str, list[Place]] = {}
    for name, places in _exact(leaves).items():
        by_name.setdefault(_stem(name), []).extend(places)
    return by_name


def _by_scope(
    leaves: Sequence[Place],
    stored: Sequence[tuple[Names, Variable]],
    by_name: Mapping[str, Sequence[Place]],
) -> dict[Place, tuple[Variable, ...]] | None:
    """Assign by the layers' names among the scopes; None unless each variable has one layer."""
    plain = set(by_name) == {_stem(name) for name in by_name}
    found: dict[Place, list[Variable]] = {}
    for names, variable in stored:
        candidates = set(leaves)
        known = False
        for scope in names[:-1]:
            matching = by_name.get(scope) or (by_name.get(_stem(scope)) if plain else None)
            if matching and candidates.intersection(matching):
                candidates.intersection_update(matching)
                known = True
        if not known or len(candidates) != 1:
            return None
        found.setdefault(candidates.pop(), []).append(variable)
    for leaf, variables in found.items():
        expected = expected_variables(leaf)
        if expected is not None and len(expected) != len(variables):
            return None
    return {leaf: tuple(variables) for leaf, variables in found.items()}


def _by_order(
    leaves: Sequence[Place], stored: Sequence[tuple[Names, Variable]]
) -> dict[Place, tuple[Variable, ...]] | None:
    """Assign by the order in which Keras writes them; None unless every name fits."""
    parts: tuple[list[tuple[Place, str]], list[tuple[Place, str]]] = ([], [])
    for leaf in leaves:
        expected = expected_variables(leaf)
        if expected is None:
            return None
        for name, trainable in expected:
            parts[0 if trainable else 1].append((leaf, name))
    order = parts[0] + parts[1]
    if len(order) != len(stored):
        return None
    found: dict[Place, list[Variable]] = {}
    for (leaf, name), (_, variable) in zip(order, stored, strict=True):
        # Keras 3 calls the kernel of a depthwise convolution plainly a kernel.
        if variable.name not in (name, name.replace("depthwise_kernel", "kernel")):
            return None
        found.setdefault(leaf, []).append(variable)
    return {leaf: tuple(variables) for leaf, variables in found.items()}


def _stem(name: str) -> str:
    return re.sub(r"_\d+$", "", name)


def _candidates(slot: Names) -> Iterator[str]:
    """Yield the names of variables that an optimizer's slot may belong to, longest first.

    Keras 2 puts the variable's name among the slot's scopes (``Adam/conv/kernel/m``), Keras 3 in
    front of the slot's own (``adam/conv_kernel_momentum``).
    """
    words = slot[-1].split("_")
    for end in range(len(words) - 1, 0, -1):
        yield "_".join(words[:end])
    for size in range(len(slot) - 1, 0, -1):
        for start in range(1, len(slot) - size + 1):
            yield "/".join(slot[start : start + size])


def _weight_names(group: Node) -> list[str]:
    """Return the attribute ``weight_names``, which Keras splits where it is long."""
    value = group.attribute("weight_names")
    names = list(value) if isinstance(value, list) else []
    number = 0
    while value is None and isinstance(part := group.attribute(f"weight_names{number}"), list):
        names.extend(part)
        number += 1
    return [name for name in names if isinstance(name, str)]
