"""Models that a user's code builds, named ``package.module:build`` or ``path/to/file.py:build``.

This is the one place where a user's code runs: in a process of its own, which hands back the
architecture and the weights of the model as data.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selu_lint import console
from selu_lint.code import Code, parts
from selu_lint.errors import SeluLintError, one_line
from selu_lint.limits import Limits
from selu_lint.model.document import Document, Variable, Weights
from selu_lint.processes.children import run
from selu_lint.settings import Settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_DEFAULTS = Settings()


class FactoryError(SeluLintError):
    """A user's code gave no model.

    Attributes
    ----------
    details : str
        The traceback of the user's code, or the last of what its process wrote.
    """

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.details = details


def read(
    code: Code, timeout: float = _DEFAULTS.build_timeout, limits: Limits = _DEFAULTS.limits
) -> Document:
    """Run code in a process of its own, and read the model it gives; standard error says so first.

    Parameters
    ----------
    code : Code
        The name of the code.
    timeout : float
        Seconds after which the process is ended, with those that it started.
    limits : Limits
        Bounds on the model; its weights are copied to temporary files.

    Raises
    ------
    FactoryError
        If the code fails, gives no model, or takes too long.
    """
    console.say(f"{code}: running this code, in a process of its own")
    folder = _Folder()
    task = {"path": code, "folder": folder.name, "most_bytes": limits.spool_bytes}
    outcome = run("selu_lint.processes.factories", task, folder.name, timeout, bounds=None)
    answer = outcome.answer
    if answer is None:
        message = f"its code ended the process (exit code {outcome.exit_code})"
        if outcome.exit_code is None:
            message = (
                f"its code took longer than {timeout:g} seconds and was ended; "
                "--build-timeout allows more"
            )
        raise FactoryError(message, outcome.said)
    if answer["error"] is not None:
        raise FactoryError(answer["error"], answer["details"])
    architecture = answer["architecture"]
    return Document(
        code,
        answer["format"],
        answer["keras_version"],
        architecture,
        _BuiltWeights(folder, answer["variables"], answer["iterations"], limits),
        orphans=architecture.get("orphans", {}),
        unread=tuple(answer["unread"]),
        limits=limits,
    )


class _Folder:
    """A temporary folder that goes when nothing uses it any more."""

    def __init__(self) -> None:
        self.name = tempfile.mkdtemp(prefix="selu-lint-")
        weakref.finalize(self, shutil.rmtree, self.name, ignore_errors=True)


class _BuiltWeights(Weights):
    """The weights that the other process left in a temporary folder, which goes with them."""

    def __init__(
        self,
        folder: _Folder,
        variables: Mapping[str, list[Mapping[str, Any]]],
        iterations: int | None,
        limits: Limits,
    ) -> None:
        self._folder = folder
        self._limits = limits
        self._iterations = iterations
        self._variables = {
            path: tuple(
                Variable(each["name"], each["location"], tuple(each["shape"]), each["dtype"])
                for each in found
            )
            for path, found in variables.items()
        }

    def variables(self, layer: str) -> tuple[Variable, ...]:
        """Return the variables of the layer with this path, in Keras's order; () if unknown."""
        return self._variables.get(layer, ())

    def read(self, variable: Variable) -> NDArray[np.generic]:
        """Return the values of a variable; bfloat16 as float32.

        Raises
        ------
        SeluLintError
            If the weights were too large to be handed over.
        """
        import numpy as np

        try:
            values: NDArray[np.generic] = np.load(
                Path(self._folder.name, variable.location), allow_pickle=False
            )
        except OSError:
            raise self._limits.exceeded("spool_bytes", "its weights take") from None
        return values

    def iterations(self) -> int | None:
        """Return how many steps the optimizer has made; None if the model is not compiled."""
        return self._iterations


def answer(task: Mapping[str, Any]) -> dict[str, Any]:
    """Build the model that a path names, and leave its weights in a folder."""
    # What the user's code prints must not mix with a report.
    os.dup2(2, 1)
    try:
        built = _read_built(_build(task["path"]), task["folder"], task["most_bytes"])
    except FactoryError as error:
        return {"error": str(error), "details": error.details}
    return {"error": None, **built}


def _build(path: str) -> Any:
    """Return the model, by running the user's code."""
    from selu_lint.live.built_model import keras_of

    named = parts(path)
    if named is None:
        raise FactoryError(f"{path} names no code that builds a model")
    place, name = named
    try:
        found: Any = _imported(place)
    except BaseException as error:
        raise FactoryError(f"{place} cannot be imported: {one_line(error)}", _traceback()) from None
    for part in name.split("."):
        if not hasattr(found, part):
            raise FactoryError(f"there is no {name} in {place}")
        found = getattr(found, part)
    if keras_of(found) is not None:
        return found
    if not callable(found):
        kind = type(found).__name__
        raise FactoryError(f"{name} is a {kind}, neither a Keras model nor a function")
    try:
        model = found()
    except BaseException as error:
        raise FactoryError(f"{name}() failed: {one_line(error)}", _traceback()) from None
    if keras_of(model) is None:
        raise FactoryError(f"{name}() gives a {type(model).__name__}, not a Keras model")
    return model


def _imported(place: str) -> Any:
    """Import a user's code; its neighbours can be imported, but stand for no installed module."""
    import importlib
    import importlib.util

    if not place.endswith(".py"):
        sys.path.append(os.getcwd())
        return importlib.import_module(place)
    file = Path(place).absolute()
    if not file.is_file():
        raise FileNotFoundError("there is no such file")
    taken = not file.stem.isidentifier() or importlib.util.find_spec(file.stem) is not None
    name = "model_code" if taken else file.stem
    sys.path.append(str(file.parent))
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError("it is no Python source file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _read_built(model: Any, folder: str, most_bytes: int) -> dict[str, Any]:
    """Return what is to be known of a model, and leave its weights in a folder."""
    import numpy as np

    from selu_lint.live import built_model

    document = built_model.read(model)
    weights = built_model.LiveWeights(model)
    files: dict[int, str] = {}
    variables: dict[str, list[dict[str, Any]]] = {}
    left = most_bytes
    for path in built_model.layers_by_path(model):
        variables[path] = []
        for each in weights.variables(path):
            key = id(weights.live(each))
            if key not in files:
                files[key] = f"{len(files)}.npy"
                left -= weights.extent(each)[1]
                if left >= 0:
                    values = weights.read(each)
                    np.save(Path(folder, files[key]), values, allow_pickle=False)
            told = {"name": each.name, "shape": each.shape, "dtype": each.dtype}
            variables[path].append({**told, "location": files[key]})
    return {
        "format": document.format,
        "keras_version": document.keras_version,
        "architecture": document.architecture,
        "unread": document.unread,
        "variables": variables,
        "iterations": weights.iterations(),
    }


def _traceback() -> str:
    import traceback

    return traceback.format_exc()
