r"""The weights of a ``.keras`` archive, in its member ``model.weights.h5``.

Groups follow the attributes that hold the layers, and in lists the classes with a counter
(``layers/dense_1/vars/0``). Source: ``keras.src.saving.saving_lib``, 2.12 to 3.15. Keras 2 joins
their names as the system does, which on Windows is with backslashes (``layers\dense_1/vars/0``).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import BinaryIO

from selu_lint.formats.hdf5_reader.arrays import read_integer
from selu_lint.formats.hdf5_reader.file import Node, open_root
from selu_lint.formats.weights.file import FileWeights
from selu_lint.limits import Limits
from selu_lint.model.dialects import snake_case
from selu_lint.model.document import Variable
from selu_lint.model.layer_tree import Place
from selu_lint.model.variables import expected_variables
from selu_lint.storage.archive_members import WEIGHTS, open_archive, open_member

_VARIABLES = "vars"
# Keras 2.12 to 2.14 visit the layers under another name first.
_LISTS = ("layers", "_layer_checkpoint_dependencies")
_OPTIMIZERS = ("optimizer/inner_optimizer/vars", "optimizer/vars", "_optimizer/vars")
_NO_LAYERS = {"seed_generator", "optimizer", "_optimizer", "metrics", _VARIABLES, *_LISTS}
_NOT_TRAINED = {"seed_generator", "optimizer", "_optimizer", "metrics"}

Group = tuple[str, Node]
"""A group's path in the file, and the group."""


class ArchiveWeights(FileWeights):
    """Weights of an archive; see ``selu_lint.model.document.Weights``."""

    def _open(self) -> BinaryIO:
        file = self._source.open()
        try:
            archive = open_archive(file, self._limits)
            return open_member(file, archive, WEIGHTS, self._limits)
        except BaseException:
            file.close()
            raise

    @cached_property
    def _root(self) -> Node:
        return open_weights(self._file, self._limits)

    @cached_property
    def _groups(self) -> dict[Place, Group | None]:
        return {self._tree.root: ("", self._root)}

    @cached_property
    def _members(self) -> dict[str, tuple[Node, dict[Place, str]]]:
        """Lists of layers by path: their group, and the groups' names of their layers."""
        return {}

    def _forget(self) -> None:
        super()._forget()
        for name in ("_groups", "_members"):
            self.__dict__.pop(name, None)

    def _variables_of(self, place: Place) -> tuple[Variable, ...]:
        group = self._group(place)
        return () if group is None else tuple(self._walk(place, group, self._limits.object_depth))

    def _deeper(self, depth: int) -> int:
        if not depth:
            raise self._limits.exceeded("object_depth", "groups in the weights are nested", "deep")
        return depth - 1

    def _walk(self, place: Place | None, group: Group, depth: int) -> Iterator[Variable]:
        """Yield the variables of a group, those of the layers inside it included."""
        path, node = group
        yield from self._own(place, path, node.child(_VARIABLES))
        visited = set(_NO_LAYERS)
        for child in place.children if place is not None else ():
            visited.update((child.attribute, f"_{child.attribute}"))
            inner = self._group(child)
            if inner is not None:
                yield from self._walk(child, inner, self._deeper(depth))
        if place is not None and place.class_name == "Bidirectional":
            visited.add("layer")
        for name in sorted(set(node.links) - visited):
            member = node.child(name)
            if member is not None and not member.is_dataset:
                # The cell of a recurrent layer keeps what belongs to the layer.
                kind = place if name == "cell" else None
                yield from self._walk_cell(kind, (f"{path}/{name}", member), self._deeper(depth))

    def _walk_cell(self, place: Place | None, group: Group, depth: int) -> Iterator[Variable]:
        if place is None or place.children:
            yield from self._walk(None, group, depth)
        else:
            yield from self._own(place, group[0], group[1].child(_VARIABLES))

    def _own(self, place: Place | None, path: str, variables: Node | None) -> Iterator[Variable]:
        if variables is None:
            return
        keys = sorted(variables.links, key=lambda key: (not key.isdigit(), len(key), key))
        expected = expected_variables(place) if place is not None else None
        names = [name for name, _ in expected or ()]
        for index, key in enumerate(keys):
            node = variables.child(key)
            if node is not None and node.is_dataset:
                name = names[index] if len(names) == len(keys) else ""
                yield self._variable(node, name, f"{path}/{_VARIABLES}/{key}".lstrip("/"))

    def _group(self, place: Place) -> Group | None:
        for step in place.line:
            if step not in self._groups and step.owner is not None:
                owner = self._groups[step.owner]
                self._groups[step] = None if owner is None else self._step(step, *owner)
            if self._groups[step] is None:
                return None
        return self._groups[place]

    def _step(self, place: Place, path: str, group: Node) -> Group | None:
        if place.operation:
            return None
        candidates = _LISTS if place.attribute == "layers" else (place.attribute,)
        for attribute in (*candidates, f"_{place.attribute}"):
            below = f"{path}/{attribute}".lstrip("/")
            if place.listed and attribute in group.links:
                return self._member(place, below, group)
            inner = group.child(attribute)
            if inner is not None:
                return below, inner
        return None

    def _member(self, place: Place, path: str, group: Node) -> Group | None:
        """Return path and group of a layer that stands in a list."""
        if path not in self._members:
            container = group.child(path.rpartition("/")[2])
            if container is None:
                return None
            self._members[path] = container, _match(place, container)
        container, names = self._members[path]
        name = names.get(place)
        member = container.child(name) if name is not None else None
        return None if member is None else (f"{path}/{name}", member)

    def _stored_locations(self) -> Iterator[str]:
        return self._datasets("", _NOT_TRAINED)

    def iterations(self) -> int | None:
        """Return how many steps the optimizer has made; None if the file does not say."""
        for path in _OPTIMIZERS:
            node = self._root.find(f"{path}/0")
            if node is not None and node.is_dataset:
                return read_integer(node, self._limits)
        return None

    def optimizer_variables(self, variable: Variable) -> tuple[Variable, ...]:
        """Return the optimizer's slots of a variable, such as momentum and velocity.

        Empty where it cannot be told with certainty which they are.
        """
        return self._slots_by_order(variable, self._slots)

    @cached_property
    def _slots(self) -> tuple[Variable, ...]:
        for path in _OPTIMIZERS:
            group = self._root.find(path)
            if group is None:
                continue
            keys = sorted(filter(str.isdecimal, group.links), key=lambda key: (len(key), key))
            nodes = [(f"{path}/{key}", group.child(key)) for key in keys]
            slots = [self._variable(node, "", where) for where, node in nodes if node]
            # The number of steps stands first, and in most releases the learning rate behind it.
            while slots and slots[0].shape == ():
                slots = slots[1:]
            return tuple(slots)
        return ()


def open_weights(file: BinaryIO, limits: Limits) -> Node:
    """Return the root group of a ``model.weights.h5``, whatever system it was written on.

    Raises
    ------
    SeluLintError
        If the file is no HDF5, truncated, or broken.
    """
    root = open_root(file, limits)
    root.unfold()
    return root


class FolderWeights(ArchiveWeights):
    """Weights of a folder that Keras wrote with ``zipped=False``; they lie in a file of their own.

    See ``selu_lint.model.document.Weights``.
    """

    def _open(self) -> BinaryIO:
        return self._source.open()


def _match(place: Place, container: Node) -> dict[Place, str]:
    """Return the names of the groups of all layers that stand in one list with this one."""
    alike: dict[str, list[Place]] = {}
    for sibling in place.owner.children if place.owner is not None else ():
        if sibling.attribute == place.attribute and not sibling.operation:
            alike.setdefault(snake_case(sibling.class_name), []).append(sibling)
    numbered: dict[str, dict[int, str]] = {}
    for name in container.links:
        stem, _, digits = name.rpartition("_")
        numbered.setdefault(name, {})[0] = name
        if digits.isdecimal() and len(digits) < 10:
            numbered.setdefault(stem, {})[int(digits)] = name
    matched: dict[Place, str] = {}
    for stem, siblings in alike.items():
        groups = numbered.get(stem, {})
        # Keras 2.12 to 2.14 count every layer with weights twice, so that numbers are left out.
        order = sorted(groups) if len(groups) == len(siblings) else range(len(siblings))
        for number, sibling in zip(order, siblings, strict=False):
            if number in groups:
                matched[sibling] = groups[number]
    return _settled(matched, container)


def _settled(matched: dict[Place, str], container: Node) -> dict[Place, str]:
    # Releases from 3.4 on write the names of the layers down, which settles it.
    names = {name: _name_of(container.child(name)) for name in container.links}
    if all(names[group] in (None, sibling.name) for sibling, group in matched.items()):
        return matched
    by_name = {own: name for name, own in names.items() if own is not None}
    return {place: by_name[place.name] for place in matched if place.name in by_name}


def _name_of(group: Node | None) -> str | None:
    variables = group.child(_VARIABLES) if group is not None else None
    name = variables.attribute("name") if variables is not None else None
    return name if isinstance(name, str) else None
