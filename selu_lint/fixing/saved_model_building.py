"""Builds a repaired SavedModel in tf_keras; a program for a confined process.

Nothing of the original's graph is loaded or run: the model is built from its repaired config, and
its variables are read from the checkpoint as data.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from selu_lint.errors import SeluLintError, one_line
from selu_lint.fixing.redrawing import Drawn
from selu_lint.formats.saved_model.folder import SavedModelFolder
from selu_lint.formats.saved_model.reading import read
from selu_lint.formats.saved_model.tensor_bundle import VARIABLES
from selu_lint.limits import Limits
from selu_lint.model.document import Variable, Weights
from selu_lint.processes import keras_loading
from selu_lint.processes.keras_loading import import_keras

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_PREFIX = os.path.join(VARIABLES, "variables")


def answer(task: Mapping[str, Any]) -> dict[str, Any]:
    """Carry out a task; a failure is an answer with its ``error``."""
    try:
        return build(task)
    except Exception as error:
        return {"error": one_line(error)}


def build(task: Mapping[str, Any]) -> dict[str, Any]:
    """Build and save a model.

    Parameters
    ----------
    task : Mapping
        ``original``, the folder; ``architecture``, the repaired one; ``training``, how it was
        compiled; ``drawn``, the kernels to draw anew with location, variance and seed; ``result``,
        the path to write, whose suffix decides on the format; ``trust_code``; ``limits``, those to
        read with.

    Raises
    ------
    SeluLintError
        If tf_keras is not installed, or the stored variables do not fit the model.
    """
    keras = import_keras("tf_keras", task["trust_code"])
    weights = read(task["original"], Limits(**task["limits"])).weights
    drawn = {each["location"]: each for each in task["drawn"]}

    def values(variable: Variable) -> NDArray[np.generic] | None:
        draw = drawn.get(variable.location)
        return None if draw is None else _draw(variable, draw)

    model = keras_loading.build(keras, task["architecture"], weights, values)
    assert weights is not None
    _compile(model, task, weights, with_state=not drawn)
    folder = not task["result"].endswith((".keras", ".h5", ".hdf5"))
    model.save(task["result"], **({"save_format": "tf"} if folder else {}))
    return {"library": f"tf_keras {keras.__version__}"}


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
