"""Fixing SavedModels of Keras 2: a repaired one is built in tf_keras and written whole."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from selu_lint.errors import SeluLintError
from selu_lint.fixing.redrawing import Redrawing
from selu_lint.formats import keras_folder
from selu_lint.formats.saved_model.reading import SAVED_MODEL, folder_of, training_config
from selu_lint.formats.writing.keras_folder import copy_file
from selu_lint.model.document import Document, Variable
from selu_lint.model.layer_tree import LayerTree
from selu_lint.processes.allowed_names import LOOKUPS
from selu_lint.processes.allowlist import hold_listed
from selu_lint.processes.children import ask_keras, working_folder
from selu_lint.processes.keras_files import size_of
from selu_lint.storage.atomic import replacing
from selu_lint.storage.folder_replacement import replacing_folder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FILES = (".keras", ".h5", ".hdf5")
_OWN = (SAVED_MODEL, "keras_metadata.pb", "fingerprint.pb", "variables", "assets")
_CODE = "change the model's code and save it again"


def identity(path: str) -> tuple[int, ...]:
    """Return what changes when a file of a model's folder changes."""
    found: list[int] = []
    for name in (*_OWN[:3], "variables", *keras_folder.FILES):
        inside = os.path.join(folder_of(path), name)
        files = sorted(os.listdir(inside)) if os.path.isdir(inside) else [""]
        for file in files:
            with contextlib.suppress(FileNotFoundError):
                status = os.stat(os.path.join(inside, file) if file else inside)
                found += (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
    return tuple(found)


@contextlib.contextmanager
def replacing_model(
    document: Document,
    architecture: Mapping[str, Any],
    drawing: Redrawing,
    target: str,
    overwrite: bool,
    trust_code: bool,
) -> Iterator[str]:
    """Write a repaired SavedModel that appears under its name when the block ends without an error.

    Parameters
    ----------
    document : Document
        The original.
    architecture : Mapping
        The repaired architecture.
    drawing : Redrawing
        The kernels that are drawn anew.
    target : str
        Where it goes: a ``.keras`` or HDF5 file by its suffix, else a folder.
    overwrite : bool
        Whether it may replace what is there.
    trust_code : bool
        Whether code that the model brings along may run.

    Yields
    ------
    str
        A path that opens the repaired model.

    Raises
    ------
    SeluLintError
        If tf_keras is missing, the model brings code along, or it cannot be built or written.
    """
    source = folder_of(document.path)
    if target.endswith(_FILES) and not os.path.isdir(target):
        with tempfile.TemporaryDirectory() as folder:
            result = os.path.join(folder, "model" + os.path.splitext(target)[1])
            _build(document, architecture, drawing, result, trust_code)
            with replacing(target, os.path.join(source, SAVED_MODEL), overwrite) as draft:
                with open(result, "rb") as file:
                    shutil.copyfileobj(file, draft.file)
                draft.file.flush()
                yield result
        return
    with replacing_folder(target, source, overwrite, _is_saved_model) as result:
        if architecture == document.architecture and not drawing.drawn:
            shutil.copytree(
                source, result, symlinks=True, dirs_exist_ok=True, copy_function=copy_file
            )
        else:
            _build(document, architecture, drawing, result, trust_code)
            _copy_others(source, result)
        yield result


def hold_against(
    result: Document, original: Document, repaired: Document, drawing: Redrawing
) -> None:
    """Hold a written model against the original and what was drawn.

    Raises
    ------
    SeluLintError
        If a layer is another, or a variable has other values than it should.
    """
    places = [_places(each) for each in (result, repaired)]
    if places[0] != places[1]:
        raise SeluLintError("the result has other layers than it should; not written")
    if original.weights is None or result.weights is None:
        raise SeluLintError("the result has other variables than it should; not written")
    drawn = {each.variable.location: each for each in drawing.drawn}
    for path, _ in places[1]:
        stored, written = original.weights.variables(path), result.weights.variables(path)
        if len(stored) != len(written):
            raise SeluLintError(f"the result has other variables in {path}; not written")
        for old, new in zip(stored, written, strict=True):
            values = original.weights.read(old)
            if old.location in drawn:
                values = _joined(drawn[old.location].values(), old)
            if values.tobytes() != result.weights.read(new).tobytes():
                raise SeluLintError(f"the result has other values in {path}; not written")


def _build(
    document: Document,
    architecture: Mapping[str, Any],
    drawing: Redrawing,
    result: str,
    trust_code: bool,
) -> None:
    if importlib.util.find_spec("tf_keras") is None:
        raise SeluLintError(
            "a SavedModel holds traced functions, which only tf_keras can trace anew: "
            "pip install 'selu-lint[tensorflow]', or fix the model's code"
        )
    source = folder_of(document.path)
    training = training_config(source, document.limits)
    _hold_buildable(architecture, training, trust_code)
    drawn = [
        {"location": each.variable.location, "variance": each.variance, "seed": each.seed}
        for each in drawing.drawn
    ]
    task = {
        "original": os.path.abspath(source),
        "architecture": architecture,
        "training": training,
        "drawn": drawn,
        "result": os.path.abspath(result),
        "trust_code": trust_code,
        "limits": document.limits._asdict(),
    }
    program, size = "selu_lint.fixing.saved_model_building", size_of(source)
    with working_folder() as folder:
        answer = ask_keras(program, task, document.limits, size, folder)
    if "error" in answer:
        raise SeluLintError(f"not fixed: {answer['error']}")


def _hold_buildable(architecture: Mapping[str, Any], training: object, trust_code: bool) -> None:
    hold_listed(architecture, training, trust_code)
    for layer in _dicts(architecture):
        name, config = layer.get("class_name"), layer.get("config")
        if not (isinstance(name, str) and isinstance(config, dict)):
            continue
        if name in LOOKUPS and not config.get("vocabulary"):
            raise SeluLintError(f"the vocabulary of its {name} is in no config; {_CODE}")


def _dicts(value: object) -> Iterator[dict[str, Any]]:
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, dict):
            yield each
            pending.extend(each.values())
        elif isinstance(each, list | tuple):
            pending.extend(each)


def _copy_others(source: str, result: str) -> None:
    """Copy what else lies in the folder and is not TensorFlow's."""
    for entry in os.scandir(source):
        place = os.path.join(result, entry.name)
        if entry.name in _OWN or os.path.lexists(place):
            continue
        if entry.is_dir(follow_symlinks=False):
            shutil.copytree(entry.path, place, symlinks=True, copy_function=copy_file)
        elif entry.is_file(follow_symlinks=False) or entry.is_symlink():
            shutil.copy2(entry.path, place, follow_symlinks=False)


def _is_saved_model(path: str) -> bool:
    return os.path.isfile(os.path.join(path, SAVED_MODEL))


def _places(document: Document) -> list[tuple[str, str]]:
    return [(place.path, place.class_name) for place in LayerTree.of(document).leaves]


def _joined(blocks: Iterator[NDArray[np.float64]], variable: Variable) -> NDArray[np.generic]:
    import numpy as np

    return np.concatenate(list(blocks)).astype(variable.dtype)
