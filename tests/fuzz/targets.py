"""The damaged inputs of each format, and what is done with each of them."""

from __future__ import annotations

import io
import json
import os
import random
import re
import signal
import warnings
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import selu_lint
from selu_lint.document import Document
from selu_lint.errors import SeluLintError
from selu_lint.formats import read
from selu_lint.linter import CRASH_CODE, check_document, selected_rules
from selu_lint.profiling import profile_document
from selu_lint.repairs import checker, repair
from selu_lint.settings import Settings
from tests.fuzz import mutations

FIXTURES = Path(__file__).parents[2] / "fixtures"
SECONDS = 20
"""How long one input may take; small as they are, a hundredth of that is usual."""

_MODELS = FIXTURES / "models"
_RELEASES = ("keras2.2.4", "keras3.15-tf", "tf2.12", "keras3.3.3")
_LARGEST = 300_000
_SAVED_MODELS = ("tf2.12", "tf2.4", "keras3.15-tf")
_TEXT = re.compile(rb'\{"(?:class_name|module)": .*?\}(?=[^ -~]|\Z)', re.DOTALL)
_SETTINGS = Settings(extend_select=("SELU",), weights=True)
_CHECK = checker(_SETTINGS)
_RULES = selected_rules(_SETTINGS)


@dataclass(frozen=True)
class Tree:
    """A seed's JSON with the paths of its values."""

    value: Any
    places: tuple[mutations.Path, ...]

    @classmethod
    def of(cls, text: str | bytes) -> Tree:
        """Return the tree of a JSON text."""
        value = json.loads(text)
        return cls(value, tuple(mutations.paths(value)))


class Inputs:
    """Damaged files of one format; each is decided by the seed and its index alone.

    Parameters
    ----------
    kind : str
        ``keras``, ``hdf5``, ``json`` or ``saved-model``.
    folder : Path
        Where the inputs are written, one over the other.
    seed : int
        Which inputs.
    """

    def __init__(self, kind: str, folder: Path, seed: int) -> None:
        self._seed = f"{kind} {seed}"
        self._folder = folder
        self._make: Callable[[random.Random], Path] = {
            "keras": self._archive,
            "hdf5": self._hdf5,
            "json": self._json,
            "saved-model": self._saved_model,
        }[kind]
        texts = [path.read_bytes() for path in _named("json")]
        self._trees = [Tree.of(text) for text in texts]
        # Whole layers are rare among all values, so they get a pool of their own size.
        self._pool = [
            value
            for tree in self._trees
            for value in (_at(tree.value, place) for place in tree.places)
            if not isinstance(value, dict) or "class_name" in value
        ]
        sources: dict[str, Callable[[], list[Any]]] = {
            "keras": lambda: [
                _members(path) for path in _named("keras") if zipfile.is_zipfile(path)
            ],
            "hdf5": lambda: [(data := path.read_bytes(), _trees(data)) for path in _named("h5")],
            "json": lambda: texts,
            "saved-model": _saved_models,
        }
        self._files = sources[kind]()

    def make(self, index: int) -> Path:
        """Write the input with this index and return its path."""
        return self._make(random.Random(f"{self._seed} {index}"))

    def _altered(self, tree: Tree, random: random.Random) -> bytes:
        value = mutations.altered(tree.value, tree.places, self._pool, random)
        return json.dumps(value).encode()

    def _json(self, random: random.Random) -> Path:
        if random.random() < 0.25:
            data = mutations.damaged(random.choice(self._files), self._files, random)
        else:
            data = self._altered(random.choice(self._trees), random)
        return self._written("model.json", data)

    def _archive(self, random: random.Random) -> Path:
        members: dict[str, bytes] = dict(random.choice(self._files))
        way = random.random()
        name = random.choice(list(members))
        if way < 0.5:
            tree = random.choice(self._trees) if way < 0.1 else Tree.of(members["config.json"])
            members["config.json"] = self._altered(tree, random)
        elif way < 0.85:
            other = random.choice(self._files)
            members[name] = mutations.damaged(members[name], list(other.values()), random)
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", random.choice((0, 0, 8))) as archive:
            for member, content in members.items():
                archive.writestr(member, content)
        data = buffer.getvalue()
        if way >= 0.85:
            data = mutations.damaged(data, [data], random)
        return self._written("model.keras", data)

    def _hdf5(self, random: random.Random) -> Path:
        data, trees = random.choice(self._files)
        if trees and random.random() < 0.4:
            data = self._replaced(data, trees, random)
        else:
            data = mutations.damaged(data, [random.choice(self._files)[0]], random)
        return self._written("model.h5", data)

    def _saved_model(self, random: random.Random) -> Path:
        parts, trees = random.choice(self._files)
        part = random.choice(list(parts))
        if trees and random.random() < 0.4:
            part = "keras_metadata.pb" if "keras_metadata.pb" in parts else "saved_model.pb"
            changed = self._replaced(parts[part], trees, random)
        else:
            other = random.choice(self._files)[0]
            changed = mutations.damaged(parts[part], list(other.values()), random)
        for name, data in {**parts, part: changed}.items():
            self._written(name, data)
        return self._folder

    def _replaced(self, data: bytes, trees: dict[bytes, Tree], random: random.Random) -> bytes:
        """Return the bytes with one of their JSON texts altered to another of the same length."""
        old = random.choice(list(trees))
        value = mutations.altered(trees[old].value, trees[old].places, self._pool, random)
        new = json.dumps(value, separators=(",", ":")).encode()
        return data.replace(old, new.ljust(len(old))[: len(old)])

    def _written(self, name: str, data: bytes) -> Path:
        path = self._folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        return path


def complaint(path: Path, index: int) -> tuple[str, str]:
    """Check, repair and profile a model, and return what came of it, and a bug if there is one.

    Parameters
    ----------
    path : Path
        A file or folder.
    index : int
        Every input is checked; by its index, every fourth is repaired twice, every fourth is
        profiled, and of every fiftieth the repaired model is written to a file and read back.

    Returns
    -------
    outcome, bug : str
        ``refused`` or ``read``; one line, empty where nothing is wrong.
    """
    signal.signal(signal.SIGALRM, _too_slow)
    signal.alarm(SECONDS)
    try:
        return "read", _use(path, index)
    except SeluLintError as error:
        line = str(error)
        if "more memory than there is" in line:
            return "refused", f"needed too much memory: {line}"
        if not line.isprintable() or len(line) > 400:
            return "refused", f"no printable line: {line!r}"
        return "refused", ""
    except Exception as error:
        return "refused", _described(error)
    finally:
        signal.alarm(0)


def _use(path: Path, index: int) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # Files of a model that was not wanted any more are closed with it.
        warnings.simplefilter("ignore", ResourceWarning)
        document = read(path)
        report = check_document(document, _SETTINGS, _RULES)
        for finding in report.findings:
            if finding.code == CRASH_CODE:
                return f"crash: {finding.data}"
        if index % 4 == 1:
            profile_document(document, _SETTINGS)
        if index % 50 == 0:
            output = path.parent / "fixed"
            fixed = selu_lint.fix(path, output=output, force=True, seed=0, settings=_SETTINGS)
            for file in fixed.files:
                if file.error is not None and "the result" in file.error:
                    return f"written wrong: {file.error}"
        return _repaired_twice(document) if index % 4 == 0 else ""


def _repaired_twice(document: Document) -> str:
    """Hold a repair against its promises and return what it breaks."""
    repaired = repair(document, _CHECK)
    if not repaired.applied:
        return ""
    again = repair(repaired.document, _CHECK)
    if again.edits:
        return f"not idempotent: {again.edits[0]}"
    claimed = {(each.code, each.layer) for each in repaired.applied if each.fix and each.fix.edits}
    told = {(each.finding.code, each.finding.layer) for each in repaired.remaining}
    left = {(each.finding.code, each.finding.layer) for each in again.remaining}
    if claimed & left - told:
        return f"not removed: {sorted(claimed & left - told)[0]}"
    return ""


def _too_slow(*_: object) -> None:
    raise TimeoutError(f"took more than {SECONDS} s")


def _described(error: BaseException) -> str:
    trace, place = error.__traceback__, ""
    while trace is not None:
        code = trace.tb_frame.f_code
        if "selu_lint" in code.co_filename or "rules" in code.co_filename:
            place = f"{os.path.basename(code.co_filename)}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__} at {place}: {str(error)[:150]!r}"


def _named(suffix: str) -> Iterator[Path]:
    for release in _RELEASES:
        yield from sorted((_MODELS / release).glob(f"*.{suffix}"))


def _members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _trees(data: bytes) -> dict[bytes, Tree]:
    found = {}
    for match in _TEXT.finditer(data):
        try:
            found[match.group()] = Tree.of(match.group())
        except ValueError:
            continue
    return found


def _saved_models() -> list[Any]:
    found = []
    for release in _SAVED_MODELS:
        for folder in sorted((FIXTURES / "saved_models" / release).iterdir()):
            names = ("saved_model.pb", "keras_metadata.pb", "variables/variables.index")
            parts = {
                name: (folder / name).read_bytes() for name in names if (folder / name).exists()
            }
            if sum(map(len, parts.values())) > _LARGEST:
                continue
            trees: dict[bytes, Tree] = {}
            for data in parts.values():
                trees |= _trees(data)
            found.append((parts, trees))
    return found


def _at(value: Any, path: mutations.Path) -> Any:
    for key in path:
        value = value[key]
    return value
