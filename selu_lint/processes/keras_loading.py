"""Loads a model into Keras without running what its file names; used in confined processes only.

What Keras is going to parse is parsed here before, from the same private copy of the file.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from selu_lint.errors import SeluLintError
from selu_lint.formats.saved_model.reading import read as read_saved_model
from selu_lint.limits import Limits
from selu_lint.live.tracing import with_all_below
from selu_lint.model.dialects import version_of
from selu_lint.model.document import Variable, Weights
from selu_lint.processes.allowlist import hold_listed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FIXED = (3, 15, 1)
_FIXED_OLDER = (3, 12, 4)
"""The first releases of Keras 3 without known holes in loading, of 3.12 the second."""


def known_holes(version: str) -> str | None:
    """Return what to do about a release of Keras 3 with known holes in loading; None if fine.

    CVE-2025-1550 (fixed in 3.9.0), CVE-2025-8747 and CVE-2025-9906 (3.11.0), CVE-2025-9905 and
    CVE-2025-49655 (3.11.3), CVE-2025-12058, -12060 and -12638 (3.12.0), CVE-2026-0897, -1462 and
    -1669 (3.12.1 and 3.13.2), GHSA-hqp4-2352-xf5r (3.14.0), and what 3.12.3, 3.12.4 and 3.15.1
    mend without a number: links and virtual datasets in HDF5 files, bombs in archives.
    """
    release = version_of(version) or ()
    if release >= _FIXED or _FIXED_OLDER <= release < (3, 13):
        return None
    return (
        f"Keras {version} has known holes in loading models: pip install 'keras>=3.15.1' "
        "(with Python 3.10 'keras>=3.12.4'), or --trust-code if you trust the file"
    )


def import_keras(name: str, trust_code: bool) -> Any:
    """Import ``keras`` or ``tf_keras``, to load code of a model as well if that is trusted.

    Raises
    ------
    SeluLintError
        If it is not installed, or has known holes.
    """
    try:
        holes = known_holes(importlib.metadata.version("keras")) if name == "keras" else None
        if holes is not None and not trust_code:
            raise SeluLintError(holes)
        keras = importlib.import_module(name)
    except ImportError:
        raise SeluLintError(
            f"{name} is not installed: pip install 'selu-lint[tensorflow]'"
        ) from None
    if trust_code:
        place = f"{name}.src.saving.serialization_lib"
        importlib.import_module(place).enable_unsafe_deserialization()
    return keras


def load(keras: Any, given: Mapping[str, Any], trust_code: bool) -> Any:
    """Load a model.

    Parameters
    ----------
    keras : module
        Keras 3 or tf_keras.
    given : Mapping
        ``path``; ``limits``, those to read a SavedModel with; ``built``, whether a SavedModel was
        built by selu-lint. Any other is never loaded: its graph may do anything, so a model is
        built from its config, and its weights are read as data.
    trust_code : bool
        Whether what the file names may run.

    Raises
    ------
    SeluLintError
        If the file names what is not known to be harmless, or leads out of itself.
    """
    path = given["path"]
    if os.path.isdir(path):
        if given["built"]:
            return keras.models.load_model(path, compile=False)
        document = read_saved_model(path, Limits(**given["limits"]))
        hold_listed(document.architecture, None, trust_code)
        return build(keras, document.architecture or {}, document.weights)
    if path.endswith(".json"):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        hold_listed(json.loads(text), None, trust_code)
        return keras.models.model_from_json(text)
    if path.endswith(".keras"):
        _hold_archive(path, trust_code)
    else:
        hold_listed(json.loads(_model_config(path)), None, trust_code)
        _hold_inside(path, "the file")
    return keras.models.load_model(path, compile=False, safe_mode=not trust_code)


def build(
    keras: Any,
    architecture: Mapping[str, Any],
    weights: Weights | None,
    drawn: Callable[[Variable], NDArray[np.generic] | None] = lambda variable: None,
) -> Any:
    """Build a model of Keras 2 from its config and give it the values of its variables.

    Parameters
    ----------
    keras : module
        tf_keras.
    architecture : Mapping
        What it is built from.
    weights : Weights or None
        The stored values.
    drawn : callable
        What takes the place of the stored values of a variable; None for nothing.

    Raises
    ------
    SeluLintError
        If the stored variables do not fit the model.
    """
    if weights is None:
        raise SeluLintError("the folder holds no variables")
    model = keras.models.model_from_json(json.dumps(architecture))
    if not model.built:
        raise SeluLintError("the folder does not tell the model's input shape; build it in code")
    for layer in model.layers:
        variables = weights.variables(layer.name)
        _hold_fitting(layer, variables)
        for variable, target in zip(variables, layer.weights, strict=True):
            values = drawn(variable)
            target.assign(weights.read(variable) if values is None else values)
    for layer in with_all_below(model):
        # Normalization and Discretization compute with what they take from their variables here.
        if layer.weights and hasattr(layer, "finalize_state"):
            layer.finalize_state()
    return model


def _hold_fitting(layer: Any, variables: Sequence[Variable]) -> None:
    stored = [(each.name, each.shape) for each in variables]
    wanted = [(_name_of(each), tuple(each.shape)) for each in layer.weights]
    if [shape for _, shape in stored] != [shape for _, shape in wanted] or any(
        name and name != other for (name, _), (other, _) in zip(stored, wanted, strict=True)
    ):
        raise SeluLintError(
            f"the stored variables of {layer.name} are not those that tf_keras gives it; "
            "change the model's code and save it again"
        )


def _name_of(variable: Any) -> str:
    return str(variable.name).rpartition("/")[2].partition(":")[0]


def _hold_archive(path: str, trust_code: bool) -> None:
    with zipfile.ZipFile(path) as archive:
        hold_listed(json.loads(archive.read("config.json")), None, trust_code)
        for name in archive.namelist():
            if os.path.isabs(name) or ".." in name.replace("\\", "/").split("/"):
                raise SeluLintError(f"its member {name[:80]!r} leads out of the archive")
            if name.endswith(".h5"):
                with archive.open(name) as member:
                    _hold_inside(member, "its weights")


def _model_config(path: str) -> Any:
    import h5py

    with h5py.File(path, "r") as file:
        text = file.attrs.get("model_config")
    if text is None:
        raise SeluLintError("it holds no architecture")
    return text


def _hold_inside(file: Any, subject: str) -> None:
    """Refuse an HDF5 file in which anything leads to another file."""
    import h5py

    with h5py.File(file, "r") as opened:
        for each in _objects(opened):
            outside = isinstance(each, h5py.ExternalLink | h5py.SoftLink)
            if isinstance(each, h5py.Dataset):
                outside = bool(each.external) or each.is_virtual
            if outside:
                raise SeluLintError(f"a link or dataset in {subject} leads out of it")


def _objects(group: Any) -> Iterator[Any]:
    import h5py

    pending, seen = [group], set()
    while pending:
        each = pending.pop()
        for name in each:
            link = each.get(name, getlink=True)
            if not isinstance(link, h5py.HardLink):
                yield link
                continue
            found = each[name]
            yield found
            address = h5py.h5o.get_info(found.id).addr
            if isinstance(found, h5py.Group) and address not in seen:
                seen.add(address)
                pending.append(found)
