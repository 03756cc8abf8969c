"""What the installed Keras can do with the pieces that repairs write: one row of docs/releases.md.

Run it with the Python of each release, nothing but Keras and TensorFlow is needed::

    pip install tensorflow-cpu==2.16.2 keras==3.0.5
    python tests/benchmarks/keras_releases.py

Keras 2.0 to 2.2 is installed without its dependencies (``pip install --no-deps --target old
keras==2.1.6``, and ``pyyaml``) beside a later TensorFlow, whose module of compatibility with
TensorFlow 1 takes TensorFlow's place: ``python tests/benchmarks/keras_releases.py old``.
"""

from __future__ import annotations

import collections
import collections.abc
import inspect
import os
import re
import sys
from typing import Any
from unittest import mock

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="", KERAS_BACKEND="tensorflow")

_NEVER_CALLED = (
    "tensorflow.contrib", "tensorflow.contrib.tensorboard",
    "tensorflow.contrib.tensorboard.plugins", "keras_applications", "keras_preprocessing",
    "keras_preprocessing.image", "keras_preprocessing.sequence", "keras_preprocessing.text",
)  # fmt: skip


def _import_old(folder: str) -> Any:
    """Import a Keras for TensorFlow 1, whose Python and NumPy were older, too."""
    import numpy as np
    import tensorflow.compat.v1 as tensorflow

    tensorflow.disable_v2_behavior()
    for name in ("Iterable", "Mapping", "Sequence", "Callable"):
        setattr(collections, name, getattr(collections.abc, name))
    inspect.getargspec = lambda function: inspect.getfullargspec(function)[:4]
    np.bool, np.int, np.float = bool, int, float
    sys.modules["tensorflow"] = tensorflow
    for name in [each for each in sys.modules if each.split(".")[0] == "keras"]:
        del sys.modules[name]
    sys.modules.update({name: mock.MagicMock(__path__=[]) for name in _NEVER_CALLED})
    sys.path.insert(0, folder)
    import keras

    return keras


def _attempt(action: Any) -> str:
    try:
        return str(action())
    except Exception as error:
        plain = re.sub(r"\x1b\[\d+m", "", str(error))
        return f"{type(error).__name__}: {' '.join(plain.split())[:110]}"


def main() -> None:
    """Print the row of a release: AlphaDropout, the gain of lecun_normal, what is saved."""
    if sys.argv[1:]:
        keras = _import_old(sys.argv[1])
    else:
        import keras
    import numpy as np

    rng = np.random.default_rng(0)
    # Not a multiple of the batch size: the last batch has another one, so that none is static.
    x = rng.standard_normal((50, 8)).astype("float32")

    def trained() -> str:
        layers = keras.layers
        first = {} if hasattr(keras, "KerasTensor") else {"input_shape": (8,)}
        given = [keras.Input((8,))] if not first else []
        lecun = {"kernel_initializer": "lecun_normal", "activation": "selu"}
        dense = layers.Dense(16, **lecun, **first)
        model = keras.models.Sequential([*given, dense, layers.AlphaDropout(0.1), layers.Dense(1)])
        model.compile("sgd", "mse")
        model.fit(x, x[:, :1], epochs=2, verbose=0)
        return "trains"

    def gain() -> str:
        kernel = keras.initializers.get("lecun_normal")((400, 500))
        array = keras.backend.eval(kernel) if sys.argv[1:] else np.asarray(kernel)
        return f"{400 * float(array.var()):.3f}"

    def saved() -> str:
        config = keras.layers.AlphaDropout(0.1, noise_shape=(None, 1)).get_config()
        return "yes" if "noise_shape" in config else "no"

    row = (keras.__version__, _attempt(trained), _attempt(gain), _attempt(saved))
    print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
