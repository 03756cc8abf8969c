"""Trains a network by its recipe and measures it."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from selu_lint.reference.data import Images
from selu_lint.reference.feeding import fed, one_hot
from selu_lint.reference.grids import Recipe
from selu_lint.reference.progress import Progress


@dataclass(frozen=True)
class Training:
    """What a training gave.

    Attributes
    ----------
    epochs : tuple of dict
        For each epoch ``loss``, ``accuracy``, where images are held out ``val_loss`` and
        ``val_accuracy``, and ``seconds``.
    test_loss, test_accuracy : float
        On the test images, after the last epoch.
    steps : int
        Steps an epoch.
    """

    epochs: tuple[dict[str, float], ...]
    test_loss: float
    test_accuracy: float
    steps: int

    @property
    def seconds_an_epoch(self) -> float | None:
        """Mean over the epochs but the first, which compiles; validation included."""
        later = [epoch["seconds"] for epoch in self.epochs[1:]]
        return sum(later) / len(later) if later else None

    @property
    def steps_a_second(self) -> float | None:
        """Training steps by `seconds_an_epoch`."""
        seconds = self.seconds_an_epoch
        return self.steps / seconds if seconds else None


class _Reporter(keras.callbacks.Callback):  # type: ignore[misc]
    """Keeps the numbers of each epoch and hands them on."""

    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self.progress = progress
        self.epochs: list[dict[str, float]] = []
        self._began = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        numbers = {name: float(value) for name, value in (logs or {}).items()}
        numbers["seconds"] = time.perf_counter() - self._began
        self.epochs.append(numbers)
        self.progress.epoch(epoch, numbers)


class _Stepper(keras.callbacks.Callback):  # type: ignore[misc]
    """Moves a progress bar."""

    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self.progress = progress
        self._done = -1

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._done = -1

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        steps, self._done = batch - self._done, batch
        self.progress.steps(steps, {name: float(value) for name, value in (logs or {}).items()})


def train(
    network: Any,
    images: Images,
    recipe: Recipe,
    seed: int,
    progress: Progress,
    on_gpu: bool = False,
) -> Training:
    """Train a network in place and test it.

    Parameters
    ----------
    network : keras.Model
        From images of shape (28, 28, 1), scaled to [0, 1], to probabilities of 10 digits.
    images : Images
        What it learns from and is tested on.
    recipe : Recipe
        Epochs, batch, optimizer, schedule, augmentation.
    seed : int
        Seed of the order of the images and of the augmentation; set for every generator.
    progress : Progress
        Told about steps and epochs.
    on_gpu : bool
        Whether to compile several steps into one execution, which hides the time of Python.
    """
    keras.utils.set_random_seed(seed)
    model = fed(network, images, recipe.augment, seed)
    count = len(images.x_train)
    steps = steps_an_epoch(recipe, count)
    model.compile(
        optimizer=optimizer_of(recipe, count),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
        steps_per_execution=steps_per_execution(on_gpu),
    )
    reporter = _Reporter(progress)
    watched = [reporter, _Stepper(progress)] if progress.wants_steps else [reporter]
    progress.begin(recipe.epochs, steps)
    try:
        model.fit(
            np.arange(count, dtype=np.int32),
            one_hot(images.y_train),
            batch_size=recipe.batch_size,
            epochs=recipe.epochs,
            validation_split=recipe.validation_split,
            callbacks=watched,
            verbose=0,
        )
    finally:
        progress.end()
    tested = np.arange(count, count + len(images.x_test), dtype=np.int32)
    loss, accuracy = model.evaluate(tested, one_hot(images.y_test), batch_size=500, verbose=0)
    return Training(tuple(reporter.epochs), float(loss), float(accuracy), steps)


def steps_an_epoch(recipe: Recipe, count: int) -> int:
    """Return the steps of an epoch, of ``count`` training images less those held out."""
    kept = count - int(count * recipe.validation_split)
    return math.ceil(kept / recipe.batch_size)


def steps_per_execution(on_gpu: bool) -> int:
    """Return how many steps ``fit`` compiles into one execution: several hide Python's time."""
    return 8 if on_gpu and keras.backend.backend() != "torch" else 1


def optimizer_of(recipe: Recipe, count: int) -> Any:
    """Return Adam with the recipe's schedule, for ``count`` training images."""
    return keras.optimizers.Adam(_learning_rate(recipe, steps_an_epoch(recipe, count)))


def _learning_rate(recipe: Recipe, steps: int) -> Any:
    if recipe.schedule == "constant":
        return recipe.learning_rate
    total = recipe.epochs * steps
    warm_up = max(total // 20, 1)
    return keras.optimizers.schedules.CosineDecay(
        recipe.learning_rate / 10,
        max(total - warm_up, 1),
        warmup_target=recipe.learning_rate,
        warmup_steps=warm_up,
    )
