"""Records of runs that never were, and the sample of MNIST."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np

from selu_lint.reference.backends import Backend
from selu_lint.reference.data import Images
from selu_lint.reference.grids import Grid, Recipe
from selu_lint.reference.records import Record

SAMPLE = Path(__file__).parents[2] / "fixtures" / "mnist_sample.npz"
BACKEND = Backend("tensorflow", "cpu", "an abacus")
# Test accuracy of each variant with seed 0.
ACCURACY = {"broken": 0.5, "keep": 0.4, "match": 0.75, "clean": 0.9}


def few_images() -> Images:
    """Return two images to train on and one to test on."""
    images = np.full((3, 28, 28), 200, np.uint8)
    labels = np.array([0, 9, 5], np.uint8)
    return Images(images[:2], labels[:2], images[2:], labels[2:])


def record(recipe: Recipe, variant: str, seed: int, accuracy: float) -> Record:
    """Return a record with the numbers that summaries and plots read."""
    epochs = [
        {"loss": 1.0, "accuracy": accuracy / 2, "val_loss": 1.0, "val_accuracy": accuracy / 2},
        {"loss": None, "accuracy": accuracy, "val_loss": 0.5, "val_accuracy": accuracy},
    ]
    return {
        "recipe": asdict(recipe),
        "variant": variant,
        "seed": seed,
        "epochs": epochs,
        "test_loss": 0.5,
        "test_accuracy": accuracy,
        "seconds_an_epoch": 2.0,
        "steps_a_second": 100.0,
        "backend": BACKEND.name,
        "device": BACKEND.device,
        "profile_verdict": "trains",
        "git_revision": "0123",
    }


def records_of(grid: Grid) -> list[Record]:
    """Return a record for each run of a grid; the second seed is 0.01 better than the first."""
    return [
        record(run.recipe, run.variant, run.seed, ACCURACY[run.variant] + 0.01 * run.seed)
        for run in grid.runs()
    ]
