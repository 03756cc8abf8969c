"""Trains the same networks by ``fit`` and all seeds at once, with JAX on the CPU; prints JSON.

Run by hand: ``python -m tests.reference.against_fit [--seeds 10] [--depth 4] [--rate 0.25]
[--epochs 2] [--data mnist.npz] [--convolutional]``. Both start from the same variables and see the
images in the same order, so that without dropout they give the same losses. ``seconds`` are those
of each way with all that it compiles.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from selu_lint.reference import backends, grids
from tests.reference.samples import SAMPLE


def main() -> None:
    """Print losses of each epoch, test accuracies and seconds of both ways."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--depth", type=int, default=4)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--rate", type=float, default=0.25)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--data", type=Path, default=SAMPLE)
    parser.add_argument("--device", choices=backends.DEVICES, default="cpu")
    parser.add_argument("--convolutional", action="store_true", help="the network of `seed`")
    options = parser.parse_args()
    backends.choose("jax", options.device)
    recipe = grids.deep(options.depth, options.rate, options.width, options.epochs)
    if options.convolutional:
        recipe = replace(grids.SEED, dropout=options.rate, epochs=options.epochs)
    print(json.dumps(compared(recipe, options.seeds, options.data, options.device)))


def compared(recipe: grids.Recipe, seeds: int, data: Path, device: str) -> dict[str, Any]:
    """Return what both ways give: ``fit`` and ``together``."""
    from selu_lint.reference.data import load

    images = load(data)
    ways = {"fit": partial(by_fit, on_gpu=device == "gpu"), "together": together}
    found: dict[str, Any] = {}
    for name, way in ways.items():
        began = time.perf_counter()
        found[name] = way(recipe, range(seeds), images)
        found[name]["seconds"] = time.perf_counter() - began
    return found


def network(recipe: grids.Recipe, seed: int) -> Any:
    """Return a network as the linter asks."""
    import keras

    from selu_lint.reference.recipes import build

    keras.utils.set_random_seed(seed)
    return build(recipe, repaired=True)


def by_fit(recipe: grids.Recipe, seeds: range, images: Any, on_gpu: bool = False) -> dict[str, Any]:
    """Train one network after the other, each epoch in the order that the engine takes."""
    import numpy as np

    from selu_lint.reference.feeding import fed, one_hot
    from selu_lint.reference.together import order
    from selu_lint.reference.training import optimizer_of, steps_per_execution

    count = len(images.x_train)
    kept = count - int(count * recipe.validation_split)
    labels = one_hot(np.concatenate([images.y_train, images.y_test]))
    held, tested = np.arange(kept, count), np.arange(count, len(labels))
    losses, accuracies = [], []
    for seed in seeds:
        model = fed(network(recipe, seed), images, recipe.augment, seed)
        model.compile(
            optimizer_of(recipe, count),
            "categorical_crossentropy",
            metrics=["accuracy"],
            steps_per_execution=steps_per_execution(on_gpu),
        )
        mine = []
        for epoch in range(recipe.epochs):
            indices = order(seed, epoch, kept).astype("int32")
            seen = model.fit(
                indices,
                labels[indices],
                batch_size=recipe.batch_size,
                shuffle=False,
                validation_data=(held.astype("int32"), labels[held]),
                verbose=0,
            ).history
            mine.append([seen["loss"][0], seen["val_loss"][0]])
        losses.append(mine)
        tested32 = tested.astype("int32")
        accuracies.append(model.evaluate(tested32, labels[tested], batch_size=500, verbose=0)[1])
    return {"losses": losses, "accuracies": [float(each) for each in accuracies]}


def together(recipe: grids.Recipe, seeds: range, images: Any) -> dict[str, Any]:
    """Train all networks as one program."""
    from selu_lint.reference.progress import Progress
    from selu_lint.reference.together import Engine

    networks = [network(recipe, seed) for seed in seeds]
    trained = Engine(images).program(networks, recipe, seeds).compile().train(Progress())
    return {
        "losses": [[[e["loss"], e["val_loss"]] for e in each.epochs] for each in trained],
        "accuracies": [each.test_accuracy for each in trained],
    }


if __name__ == "__main__":
    main()
