"""Builds a repaired SavedModel in tf_keras; run as a program that reads a task as JSON.

Nothing of the original's graph is loaded or run: the model is built from its repaired config, and
its variables are read from the checkpoint as data.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from selu_lint.document import Variable, Weights
from selu_lint.errors import SeluLintError
from selu_lint.formats.live_tracing import with_all_below
from selu_lint.formats.saved_model import read
from selu_lint.formats.saved_model_folder import SavedModelFolder
from selu_lint.formats.tensor_bundle import VARIABLES
from selu_lint.limits import Limits
from selu_lint.redrawing import Drawn

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_PREFIX = os.path.join(VARIABLES, "variables")


def main() -> None:
    """Read a task from standard input and print the answer as the last line."""
    task = json.load(sys.stdin)
    try:
        answer = build(task)
    except ImportError:
        answer = {"error": "tf_keras is not installed: pip install 'selu-lint[tensorflow]'"}
    except SeluLintError as error:
        answer = {"error": str(error)}
    except Exception as error:
        lines = str(error).strip().splitlines()
        answer = {"error": f"{type(error).__name__}: {lines[0] if lines else ''}"[:300]}
    print(json.dumps(answer))


def build(task: Mapping[str, Any]) -> dict[str, Any]:
    """Build and save a model.

    Parameters
    ----------
    task : Mapping
        ``original``, the folder; ``architecture``, the repaired one; ``training``, how it was
        compiled; ``drawn``, the kernels to
        draw anew with location, shape, dtype, variance and seed; ``result``, the path to write,
        whose suffix decides on the format; ``trust_code``; ``limits``, those to read with.

    Raises
    ------
    SeluLintError
        If the stored variables do not fit the model.
    ImportError
        If tf_keras is not installed.
    """
    keras = importlib.import_module("tf_keras")
    if task["trust_code"]:
        importlib.import_module(
            "tf_keras.src.saving.serialization_lib"
        ).enable_unsafe_deserialization()
    limits = Limits(**task["limits"])
    document = read(task["original"], limits)
    weights: Any = document.weights
    model = keras.models.model_from_json(json.dumps(task["architecture"]))
    if not model.built:
        raise SeluLintError("the folder does not tell the model's input shape; build it in code")
    drawn = {each["location"]: each for each in task["drawn"]}
    for layer in model.layers:
        _fill(layer, weights.variables(layer.name), weights, drawn)
    for layer in with_all_below(model):
        # Normalization and Discretization compute with what they take from their variables here.
        if layer.weights and hasattr(layer, "finalize_state"):
            layer.finalize_state()
    _compile(model, task, weights, with_state=not drawn)
    folder = not task["result"].endswith((".keras", ".h5", ".hdf5"))
    model.save(task["result"], **({"save_format": "tf"} if folder else {}))
    return {"library": f"tf_keras {keras.__version__}"}


def _fill(
    layer: Any,
    variables: Sequence[Variable],
    weights: Weights,
    drawn: Mapping[str, Mapping[str, Any]],
) -> None:
    """Give a layer, and those inside it, the stored or the drawn values."""
    stored = [(each.name, each.shape) for each in variables]
    wanted = [(_name_of(each), tuple(each.shape)) for each in layer.weights]
    if [shape for _, shape in stored] != [shape for _, shape in wanted] or any(
        name and name != other for (name, _), (other, _) in zip(stored, wanted, strict=True)
    ):
        raise SeluLintError(
            f"the stored variables of {layer.name} are not those that tf_keras gives it; "
            "change the model's code and save it again"
        )
    for variable, target in zip(variables, layer.weights, strict=True):
        draw = drawn.get(variable.location)
        values = weights.read(variable) if draw is None else _draw(variable, draw)
        target.assign(values)


def _name_of(variable: Any) -> str:
    return str(variable.name).rpartition("/")[2].partition(":")[0]


def _draw(variable: Variable, draw: Mapping[str, Any]) -> NDArray[np.generic]:
    import numpy as np

    blocks = Drawn(variable, draw["variance"], draw["seed"]).values()
    return np.concatenate(list(blocks)).reshape(variable.shape).astype(variable.dtype)


def _compile(model: Any, task: Mapping[str, Any], weights: Weights, with_state: bool) -> None:
    """Compile the model as its folder says, with the optimizer's state where it can be read."""
    config = task["training"]
    if not config:
        return
    saving = importlib.import_module("tf_keras.src.saving.legacy.saving_utils")
    try:
        _compile_fresh(model, config, saving)
    except Exception as error:
        if task["trust_code"]:
            return
        kind = type(error).__name__
        raise SeluLintError(
            f"it cannot be compiled as it was ({kind}: {str(error).partition(chr(10))[0][:120]}); "
            "--trust-code writes it without its loss and optimizer"
        ) from None
    if with_state:
        # TensorFlow follows links by itself.
        SavedModelFolder(task["original"]).hold_inside(VARIABLES)
        _restore(model, config, os.path.join(task["original"], _PREFIX), saving, weights)


def _compile_fresh(model: Any, config: Mapping[str, Any], saving: Any) -> None:
    model.compile(**saving.compile_args_from_training_config(config))
    # Optimizers of TensorFlow up to 2.10 have another method for it.
    build = getattr(model.optimizer, "build", None) or model.optimizer._create_all_weights
    build(model.trainable_variables)


def _restore(
    model: Any, config: Mapping[str, Any], prefix: str, saving: Any, weights: Weights
) -> None:
    import tensorflow

    try:
        # The slots of older optimizers are found by the variables that they belong to.
        checkpoint = tensorflow.train.Checkpoint(model)
        checkpoint.read(prefix).assert_existing_objects_matched()
    except Exception:
        _compile_fresh(model, config, saving)
        steps = weights.iterations()
        if steps is not None:
            model.optimizer.iterations.assign(steps)


if __name__ == "__main__":
    main()
