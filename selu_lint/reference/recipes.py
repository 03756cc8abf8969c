"""The networks of the recipes: what a self-normalizing Keras network looks like.

Copy from here: with ``repaired=True`` these are networks that the linter has nothing to say about,
but for the unstandardized input of ``seed``, which is how it was published; without it they are
left at Keras's defaults, the usual slip.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from selu_lint.reference.data import CLASSES
from selu_lint.reference.grids import Recipe

# Mean and variance of all grey values of the 60,000 training images, scaled to [0, 1].
MEAN, VARIANCE = 0.1306605, 0.3081078**2


def build(recipe: Recipe, repaired: bool) -> Any:
    """Build the network of a recipe, untrained.

    Parameters
    ----------
    recipe : Recipe
        Which network.
    repaired : bool
        Whether kernels in front of SELU are drawn by LecunNormal and dropouts keep mean and
        variance (AlphaDropout), or everything is left at Keras's defaults.

    Returns
    -------
    keras.Model
        From images of shape (28, 28, 1), scaled to [0, 1], to the probabilities of 10 digits.
    """
    return _NETWORKS[recipe.name](recipe, _selu(repaired), _dropout(repaired))


def _selu(repaired: bool) -> dict[str, Any]:
    if not repaired:
        return {"activation": "selu"}
    return {"activation": "selu", "kernel_initializer": "lecun_normal"}


def _dropout(repaired: bool) -> Callable[[float], Any]:
    dropout: Callable[[float], Any] = layers.AlphaDropout if repaired else layers.Dropout
    return dropout


def _seed(recipe: Recipe, selu: dict[str, Any], dropout: Callable[[float], Any]) -> Any:
    return keras.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Conv2D(32, (3, 3), **selu),
            dropout(recipe.dropout),
            layers.Flatten(),
            layers.Dense(256, **selu),
            layers.Dense(CLASSES, activation="softmax"),
        ],
        name="seed",
    )


def _deep(recipe: Recipe, selu: dict[str, Any], dropout: Callable[[float], Any]) -> Any:
    images = layers.Input((28, 28, 1))
    outputs = layers.Normalization(mean=MEAN, variance=VARIANCE)(images)
    outputs = layers.Flatten()(outputs)
    for _ in range(recipe.depth):
        outputs = layers.Dense(recipe.width, **selu)(outputs)
        outputs = dropout(recipe.dropout)(outputs)
    outputs = layers.Dense(CLASSES, activation="softmax")(outputs)
    return keras.Model(images, outputs, name="deep")


def _best(recipe: Recipe, selu: dict[str, Any], dropout: Callable[[float], Any]) -> Any:
    return keras.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Normalization(mean=MEAN, variance=VARIANCE),
            layers.Conv2D(32, (3, 3), **selu),
            layers.Conv2D(32, (3, 3), **selu),
            layers.MaxPooling2D(),
            layers.Conv2D(64, (3, 3), **selu),
            layers.Conv2D(64, (3, 3), **selu),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(128, **selu),
            dropout(recipe.dropout),
            layers.Dense(CLASSES, activation="softmax"),
        ],
        name="best",
    )


_NETWORKS: dict[str, Callable[[Recipe, dict[str, Any], Callable[[float], Any]], Any]] = {
    "seed": _seed,
    "deep": _deep,
    "best": _best,
}
