"""Damaged models of one format: what they are made from, how they are changed and written."""

from __future__ import annotations

import io
import json
import random
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from tests.fuzz import hdf5_structure, models, mutations, programs

FORMATS = ("keras", "hdf5", "json", "saved-model")
MODELS = "models"
"""The kind of inputs that are sound files of random models, with extreme numbers in them."""
SOURCE = "source"
"""The kind of inputs that are programs and notebooks."""
FIXTURES = Path(__file__).parents[2] / "fixtures"

_MODELS = FIXTURES / "models"
_SAVED = FIXTURES / "saved_models"
_RELEASES = ("keras2.2.4", "keras3.15-tf", "tf2.12", "keras3.3.3")
_LARGEST = 300_000
_WEIGHTS = "model.weights.h5"
_SAVED_MODELS = ("tf2.12", "tf2.4", "keras3.15-tf", "tf2.21")
_PARTS = (
    "saved_model.pb",
    "keras_metadata.pb",
    "variables/variables.index",
    "variables/variables.data-00000-of-00001",
)
_SUFFIXES = {"keras": "keras", "hdf5": "h5", "json": "json"}
_TEXT = re.compile(rb'\{"(?:class_name|module)": .*?\}(?=[^ -~]|\Z)', re.DOTALL)

Damage = Callable[[bytes, Sequence[bytes], random.Random], bytes]


@dataclass(frozen=True)
class Tree:
    """JSON data with the paths of its values."""

    value: Any
    places: tuple[mutations.Path, ...]

    @classmethod
    def of(cls, text: str | bytes) -> Tree:
        """Return the tree of a JSON text; ValueError if it is none."""
        value = json.loads(text)
        return cls(value, tuple(mutations.paths(value)))


class Inputs:
    """Models of one format, each as one string of bytes.

    Those of a SavedModel are the files of its folder in a zip archive.

    Parameters
    ----------
    kind : str
        One of `FORMATS`, `MODELS` or `SOURCE`.
    damage : callable, optional
        Changes bytes that are no JSON, as `mutations.damaged` does.

    Attributes
    ----------
    seeds : list of bytes
        Sound models.
    """

    def __init__(self, kind: str, damage: Damage = mutations.damaged) -> None:
        self._kind = kind
        self._damage = damage
        texts = [path.read_bytes() for path in _named("json")]
        self._trees = [Tree.of(text) for text in texts]
        # Whole layers are rare among all values, so they get a pool of their own size.
        self._pool = [
            value
            for tree in self._trees
            for value in (_at(tree.value, place) for place in tree.places)
            if not isinstance(value, dict) or "class_name" in value
        ]
        self._change, sources = {
            "keras": (self._archive, lambda: _bytes(filter(zipfile.is_zipfile, _named("keras")))),
            "hdf5": (self._hdf5, lambda: _bytes(_named("h5"))),
            "json": (self._json, lambda: texts),
            "saved-model": (self._saved_model, _saved_models),
            MODELS: (self._json, lambda: texts),
            SOURCE: (programs.changed, lambda: list(programs.seeds())),
        }[kind]
        self.seeds: list[bytes] = sources()

    def made(self, seed: int, index: int) -> bytes:
        """Return a changed seed, decided by the two numbers alone."""
        chance = random.Random(f"{self._kind} {seed} {index}")
        if self._kind == MODELS:
            return json.dumps(models.model(chance, extreme=True)).encode()
        return self.changed(chance.choice(self.seeds), chance)

    def changed(self, data: bytes, random: random.Random) -> bytes:
        """Return a model with some of its bytes or JSON values changed."""
        return self._change(data, random)

    def written(self, data: bytes, folder: Path) -> Path:
        """Write a model into a folder, over the one before, and return its path."""
        if self._kind == SOURCE:
            path = folder / ("m.ipynb" if data.lstrip().startswith(b"{") else "m.py")
            path.write_bytes(data)
            return path
        if self._kind != "saved-model":
            path = folder / {"keras": "model.keras", "hdf5": "model.h5"}.get(self._kind, "m.json")
            path.write_bytes(data)
            return path
        parts = _members(data) or {"saved_model.pb": data}
        for name in _PARTS:
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.unlink(missing_ok=True)
            if name in parts:
                path.write_bytes(parts[name])
        return folder

    def _altered(self, tree: Tree, random: random.Random) -> bytes:
        value = mutations.altered(tree.value, tree.places, self._pool, random)
        return json.dumps(value).encode()

    def _json(self, data: bytes, random: random.Random) -> bytes:
        tree = _tree(data)
        if tree is None or random.random() < 0.25:
            return self._damage(data, self.seeds, random)
        return self._altered(tree, random)

    def _archive(self, data: bytes, random: random.Random) -> bytes:
        members = _members(data)
        way = random.random()
        if not members or way >= 0.85:
            return self._damage(data, [data], random)
        if way < 0.5:
            tree = None if way < 0.1 else _tree(members.get("config.json", b""))
            members["config.json"] = self._altered(tree or random.choice(self._trees), random)
        elif way < 0.65 and _WEIGHTS in members:
            members[_WEIGHTS] = hdf5_structure.changed(members[_WEIGHTS], random)
        else:
            name = random.choice(list(members))
            other = _members(random.choice(self.seeds))
            members[name] = self._damage(members[name], list(other.values()), random)
        return _archived(members, random.choice((0, 0, 8)))

    def _hdf5(self, data: bytes, random: random.Random) -> bytes:
        if random.random() < 0.3:
            return hdf5_structure.changed(data, random)
        trees = _trees(data)
        if trees and random.random() < 0.4:
            return self._replaced(data, trees, random)
        return self._damage(data, [random.choice(self.seeds)], random)

    def _saved_model(self, data: bytes, random: random.Random) -> bytes:
        parts = _members(data)
        if not parts:
            parts = _members(random.choice(self.seeds))
        name = random.choice(list(parts))
        written = "keras_metadata.pb" if "keras_metadata.pb" in parts else "saved_model.pb"
        trees = _trees(parts.get(written, b""))
        if trees and random.random() < 0.4:
            parts[written] = self._replaced(parts[written], trees, random)
        else:
            other = _members(random.choice(self.seeds))
            parts[name] = self._damage(parts[name], list(other.values()), random)
        return _archived(parts)

    def _replaced(self, data: bytes, trees: dict[bytes, Tree], random: random.Random) -> bytes:
        """Return the bytes with one of their JSON texts altered to another of the same length."""
        old = random.choice(list(trees))
        value = mutations.altered(trees[old].value, trees[old].places, self._pool, random)
        new = json.dumps(value, separators=(",", ":")).encode()
        return data.replace(old, new.ljust(len(old))[: len(old)])


@lru_cache(512)
def _tree(text: bytes) -> Tree | None:
    try:
        tree = Tree.of(text)
    except (ValueError, RecursionError):
        return None
    return tree if tree.places else None


@lru_cache(512)
def _trees(data: bytes) -> dict[bytes, Tree]:
    found = {match.group(): _tree(match.group()) for match in _TEXT.finditer(data)}
    return {text: tree for text, tree in found.items() if tree is not None}


def _members(data: bytes) -> dict[str, bytes]:
    """Return the files in an archive by name; none if it is damaged."""
    return dict(_extracted(data))


@lru_cache(256)
def _extracted(data: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    except Exception:
        return {}


def _archived(members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members.items():
            # A date of its own makes the same bytes of the same members.
            archive.writestr(zipfile.ZipInfo(name), content, compression)
    return buffer.getvalue()


def _named(suffix: str) -> Iterator[Path]:
    for release in _RELEASES:
        yield from sorted((_MODELS / release).glob(f"*.{suffix}"))


def _bytes(paths: Iterator[Path]) -> list[bytes]:
    return [path.read_bytes() for path in paths]


def _saved_models() -> list[bytes]:
    folders = (each for release in _SAVED_MODELS for each in (_SAVED / release).iterdir())
    found = []
    for folder in sorted(folders):
        paths = (folder / name for name in _PARTS)
        parts = {
            str(path.relative_to(folder)): path.read_bytes() for path in paths if path.exists()
        }
        if sum(map(len, parts.values())) <= _LARGEST:
            found.append(_archived(parts))
    return found


def _at(value: Any, path: mutations.Path) -> Any:
    for key in path:
        value = value[key]
    return value
