"""MNIST: where to find it, and whether a file holds it."""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selu_lint.errors import SeluLintError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VARIABLE = "SELU_LINT_MNIST"
CLASSES = 10
KEYS = ("x_train", "y_train", "x_test", "y_test")
HOW_TO_GET = (
    "download mnist.npz on a machine with network (keras.datasets.mnist.load_data() leaves it in "
    f"~/.keras/datasets) and name it with --data or {VARIABLE}"
)
_LARGEST = 2**30


@dataclass(frozen=True, eq=False)
class Images:
    """MNIST as it is stored.

    Attributes
    ----------
    x_train, x_test : ndarray of uint8, shape (n, 28, 28)
        Grey values, 0 for background to 255.
    y_train, y_test : ndarray of uint8, shape (n,)
        Digits, 0 to 9.
    """

    x_train: NDArray[np.uint8]
    y_train: NDArray[np.uint8]
    x_test: NDArray[np.uint8]
    y_test: NDArray[np.uint8]


def load(path: str | os.PathLike[str] | None = None) -> Images:
    """Load MNIST from a file, or else from the Keras cache or its download.

    Parameters
    ----------
    path : path-like, optional
        A file in the layout of ``keras.datasets.mnist``. Without it the variable
        ``SELU_LINT_MNIST`` names one.

    Raises
    ------
    SeluLintError
        If there is no such file, no network, or the file does not hold MNIST.
    """
    named = path if path is not None else os.environ.get(VARIABLE) or None
    if named is not None:
        return read(Path(named))
    try:
        import keras

        train, test = keras.datasets.mnist.load_data()
    except Exception as error:
        raise SeluLintError(f"no MNIST in the Keras cache and no download: {HOW_TO_GET}") from error
    return validated(
        {"x_train": train[0], "y_train": train[1], "x_test": test[0], "y_test": test[1]}
    )


def read(path: Path) -> Images:
    """Read and validate an ``.npz`` file; see `load`."""
    import numpy as np

    if not path.is_file():
        raise SeluLintError(f"{path}: no such file; {HOW_TO_GET}")
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(member.file_size for member in archive.infolist()) > _LARGEST:
                raise SeluLintError(f"{path}: holds more than 1 GiB, MNIST holds 55 MB")
        with np.load(path, allow_pickle=False) as arrays:
            missing = [key for key in KEYS if key not in arrays]
            if missing:
                raise SeluLintError(
                    f"{path}: has no {', '.join(missing)}; it needs {', '.join(KEYS)}"
                )
            stored = {key: arrays[key] for key in KEYS}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise SeluLintError(f"{path}: is not a readable .npz file; {HOW_TO_GET}") from error
    try:
        return validated(stored)
    except SeluLintError as error:
        raise SeluLintError(f"{path}: {error}") from error


def validated(arrays: dict[str, NDArray[Any]]) -> Images:
    """Check shapes, types and ranges.

    Parameters
    ----------
    arrays : dict of ndarray
        ``x_train``, ``x_test`` of shape (n, 28, 28) and ``y_train``, ``y_test`` of shape (n,).

    Raises
    ------
    SeluLintError
        If one of them does not hold unsigned bytes of that shape, or a label is above 9.
    """
    import numpy as np

    for part in ("train", "test"):
        images, labels = arrays[f"x_{part}"], arrays[f"y_{part}"]
        if images.ndim != 3 or images.shape[1:] != (28, 28) or not len(images):
            raise SeluLintError(f"x_{part} has shape {images.shape}, MNIST has (n, 28, 28)")
        if images.dtype != np.uint8:
            raise SeluLintError(f"x_{part} holds {images.dtype}, MNIST holds uint8 from 0 to 255")
        if int(images.max()) < 128:
            raise SeluLintError(
                f"x_{part} goes up to {images.max()} only, MNIST goes from 0 to 255; is it scaled?"
            )
        if labels.shape != images.shape[:1]:
            raise SeluLintError(
                f"y_{part} has shape {labels.shape} for {len(images)} images, it needs one each"
            )
        if labels.dtype.kind not in "iu" or int(labels.min()) < 0 or int(labels.max()) >= CLASSES:
            raise SeluLintError(f"y_{part} must hold integers from 0 to 9")
    return Images(
        x_train=arrays["x_train"],
        y_train=arrays["y_train"].astype(np.uint8),
        x_test=arrays["x_test"],
        y_test=arrays["y_test"].astype(np.uint8),
    )
