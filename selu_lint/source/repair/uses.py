"""The layers that a file makes, by where they are written, and what is wanted of each."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from selu_lint.findings import ABSENT, Edit, Fix
from selu_lint.model.pointers import resolve
from selu_lint.source.analysis import Analysis
from selu_lint.source.graph import SourceLayer, SourcePath
from selu_lint.source.values import Origin

CALLEE = "class_name"
_BASE = re.compile(r"/config/layers/(\d+)(?:/config/(?:layer|cell))?(?=/)")


class Use(NamedTuple):
    """A layer of one path.

    Attributes
    ----------
    number : int
        Which path, by its place among those of the graphs and the others.
    base : str
        Pointer to the layer in the path's architecture.
    layer : SourceLayer
        Where it is written.
    serialized : Mapping
        What it is.
    called : bool
        Whether anything calls it.
    """

    number: int
    base: str
    layer: SourceLayer
    serialized: Mapping[str, Any]
    called: bool

    def pointer(self, key: str) -> str:
        """Return the pointer to its class or a value of its config."""
        return f"{self.base}/{CALLEE}" if key == CALLEE else f"{self.base}/config/{key}"

    def value(self, key: str) -> object:
        """Return its class or a value of its config."""
        if key == CALLEE:
            return self.serialized[CALLEE]
        return self.serialized["config"].get(key, ABSENT)

    def chain(self, key: str) -> tuple[Origin, ...]:
        """Return where its class or a value of its config is written, the nearest place first."""
        origin = self.layer.callee if key == CALLEE else self.layer.origins.get(key)
        found: list[Origin] = []
        while origin is not None and len(found) < _DEEPEST:
            found.append(origin)
            origin = origin.behind
        return tuple(found)


_DEEPEST = 24


class Uses:
    """The layers of all paths, and what the rules want of them.

    Attributes
    ----------
    paths : tuple of SourcePath
        The paths, those of the graphs first.
    all : list of Use
        Their layers, those in wrappers included.
    """

    def __init__(self, analysis: Analysis) -> None:
        self.paths = (*(each.path for each in analysis.graphs), *analysis.others)
        self.all = [use for number, path in enumerate(self.paths) for use in _uses(number, path)]
        self._by_base = {(use.number, use.base): use for use in self.all}
        self._wanted: dict[tuple[int, str], object] = {}
        self._unsafe: dict[tuple[int, str], str] = {}
        self._places: dict[str, _Places] = {}
        self._by_call: dict[int, list[Use]] = {}
        for use in self.all:
            self._by_call.setdefault(id(use.layer.node), []).append(use)

    def want(self, number: int, fix: Fix) -> None:
        """Note what a rule wants in a path."""
        for edit in fix.edits:
            self._wanted.setdefault((number, edit.pointer), edit.new)
            if fix.unsafe is not None:
                self._unsafe[number, edit.pointer] = fix.unsafe

    def unsafe(self, changes: Iterable[Change]) -> str | None:
        """Return why changes are unsafe; None if they are not."""
        asked = (self._unsafe.get((each.number, each.edit.pointer)) for each in changes)
        return next(filter(None, asked), None)

    def of(self, number: int, pointer: str) -> tuple[Use, str] | None:
        """Return the layer that a pointer lies in, and the key of its value there."""
        found = _BASE.match(pointer)
        use = None if found is None else self._by_base.get((number, found[0]))
        key = "" if found is None else pointer[found.end() :].removeprefix("/config")[1:]
        return None if use is None or "/" in key else (use, key)

    def wanted(self, use: Use, key: str) -> object:
        """Return what is wanted for a value; ABSENT if nothing is."""
        return self._wanted.get((use.number, use.pointer(key)), ABSENT)

    def at_call(self, node: ast.expr) -> list[Use]:
        """Return the layers that a call makes."""
        return self._by_call.get(id(node), [])

    def through(self, node: ast.expr, key: str) -> list[Use]:
        """Return the layers whose class or value comes through an expression."""
        return self._known(key).through.get(id(node), [])

    def activated_by(self, holder: ast.Call | ast.Dict) -> list[Use]:
        """Return the layers whose activation is an argument of a call or an item of a dict."""
        if isinstance(holder, ast.Dict):
            held = [each for each in (*holder.keys, *holder.values) if each is not None]
        else:
            held = [*holder.args, *(each.value for each in holder.keywords)]
        stated = self._known("activation").at
        return [use for each in held for use in stated.get(id(each), [])]

    def _known(self, key: str) -> _Places:
        known = self._places.get(key)
        if known is None:
            known = self._places[key] = _Places({}, {})
            for use in self.all:
                chain = use.chain(key)
                if chain:
                    known.at.setdefault(id(chain[0].node), []).append(use)
                for place in {id(each.node) for each in chain}:
                    known.through.setdefault(place, []).append(use)
        return known

    def agree(self, uses: Sequence[Use], key: str, new: object) -> bool:
        """Whether all of these layers want the same, or do not care."""
        return bool(uses) and all(
            self.wanted(use, key) == new or self._does_not_care(use, key) for use in uses
        )

    def _does_not_care(self, use: Use, key: str) -> bool:
        """Whether nothing is done with a layer, so that no rule could want anything of it."""
        if self.wanted(use, key) is not ABSENT:
            return False
        if key == CALLEE and use.value("rate") == 0:
            return True
        return not use.called and "activation" not in use.layer.origins


class _Places(NamedTuple):
    """Layers by the expressions, as identities, at which a value is stated and comes through."""

    at: dict[int, list[Use]]
    through: dict[int, list[Use]]


class Change(NamedTuple):
    """An edit of the architecture of one path, by its number."""

    number: int
    edit: Edit


def changes(uses: Sequence[Use], key: str, new: object) -> tuple[Change, ...]:
    """Return what layers become whose class or value is written anew."""
    return tuple(Change(use.number, Edit(use.pointer(key), use.value(key), new)) for use in uses)


def _uses(number: int, path: SourcePath) -> Iterator[Use]:
    called = {call.layer for call in path.calls}
    for index, layer in enumerate(path.layers):
        base = f"/config/layers/{index}"
        inner: SourceLayer | None = layer
        while inner is not None:
            serialized = resolve(path.architecture, base)
            if serialized is ABSENT:
                break
            yield Use(number, base, inner, serialized, index in called)
            key = "layer" if "layer" in serialized["config"] else "cell"
            base, inner = f"{base}/config/{key}", inner.wrapped
