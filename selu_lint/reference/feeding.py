"""Images that lie on the device once; a step sends their indices."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from selu_lint.reference.data import CLASSES, Images

SHIFT, TURN, SCALE = 2.0, math.radians(10), 0.1


class ImageStore(keras.layers.Layer):  # type: ignore[misc]
    """Turns indices into images, from bytes that stay on the device.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, 28, 28)
        All images, training and test.
    augment : bool
        Whether training sees each image shifted by up to 2 pixels, turned by up to 10 degrees and
        scaled by up to a tenth, bilinearly interpolated.
    seed : int
        Seed of the augmentation.
    """

    def __init__(
        self, images: np.ndarray[Any, np.dtype[np.uint8]], augment: bool, seed: int
    ) -> None:
        super().__init__(name="image_store", trainable=False)
        self.size = images.shape[1]
        flat = images.reshape(len(images), self.size**2)
        self.images = keras.Variable(flat, dtype="uint8", trainable=False, name="images")
        self.augment = augment
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, indices: Any, training: bool | None = None) -> Any:
        """Return the images, shape (batch, size, size, 1), scaled to [0, 1]."""
        flat = ops.cast(ops.take(self.images, indices, axis=0), "float32") / 255.0
        if self.augment and training:
            flat = warped(flat, *self._warps(ops.shape(flat)[0]), size=self.size)
        return ops.reshape(flat, (-1, self.size, self.size, 1))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return (batch, size, size, 1)."""
        return (input_shape[0], self.size, self.size, 1)

    def _warps(self, batch: Any) -> tuple[Any, Any]:
        draw = keras.random.uniform((batch, 4), -1.0, 1.0, seed=self.generator)
        turn, scale = draw[:, 0] * TURN, 1.0 + draw[:, 1] * SCALE
        cosine, sine = ops.cos(turn) * scale, ops.sin(turn) * scale
        matrix = ops.reshape(ops.stack([cosine, -sine, sine, cosine], axis=1), (-1, 2, 2))
        return matrix, draw[:, 2:] * SHIFT


def warped(flat: Any, matrix: Any, shift: Any, size: int) -> Any:
    """Sample images at affinely moved places, bilinearly, with 0 outside.

    Parameters
    ----------
    flat : tensor, shape (batch, size * size)
        Images by rows.
    matrix : tensor, shape (batch, 2, 2)
        From a place in the result to one in the image, both (row, column) from the centre.
    shift : tensor, shape (batch, 2)
        Added to the place in the image, in pixels.
    size : int
        Rows and columns of an image.
    """
    centre = (size - 1) / 2
    rows, columns = np.divmod(np.arange(size * size), size)
    places = ops.convert_to_tensor(np.stack([rows, columns], axis=1) - centre, dtype="float32")
    source = ops.einsum("bij,pj->bpi", matrix, places) + shift[:, None, :] + centre
    corner = ops.floor(source)
    weight = source - corner
    total = 0.0
    for down in (0, 1):
        for right in (0, 1):
            row, column = corner[..., 0] + down, corner[..., 1] + right
            inside = (row >= 0) & (row < size) & (column >= 0) & (column < size)
            index = ops.clip(row, 0, size - 1) * size + ops.clip(column, 0, size - 1)
            value = ops.take_along_axis(flat, ops.cast(index, "int32"), axis=1)
            share = (weight[..., 0] if down else 1 - weight[..., 0]) * (
                weight[..., 1] if right else 1 - weight[..., 1]
            )
            total = total + value * share * ops.cast(inside, "float32")
    return total


def fed(network: Any, images: Images, augment: bool, seed: int) -> Any:
    """Put an `ImageStore` in front of a network; it then takes indices, training images first."""
    everything = np.concatenate([images.x_train, images.x_test])
    indices = keras.Input((), dtype="int32", name="indices")
    store = ImageStore(everything, augment, seed)
    return keras.Model(indices, network(store(indices)), name="fed")


def one_hot(labels: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return labels of shape (n,) as (n, 10)."""
    encoded: np.ndarray[Any, np.dtype[np.float32]] = np.eye(CLASSES, dtype=np.float32)[labels]
    return encoded
