"""Trains dense SELU networks of many widths, depths, rates and kinds of dropout on MNIST.

Run by hand: ``python -m tests.benchmarks.trainable_depth mnist.npz [--output FILE.jsonl]``; then
``tests.benchmarks.bands`` holds the verdicts of ``profile`` against what it wrote. LecunNormal,
standardized images, Adam, batch 250, one seed. One JSON line a run is written as it goes, and an
interrupted run is resumed. Needs selu-lint[tensorflow].
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

KINDS = ("Dropout", "AlphaDropout")
BATCH = 250


class Case(NamedTuple):
    """What is trained, and how: the fields of a record."""

    width: int
    depth: int
    kind: str
    rate: float
    learning_rate: float = 1e-3
    steps: int = 600


CASES = [
    *(Case(64, depth, "Dropout", 0.0) for depth in (4, 8, 16, 32)),
    *(
        Case(64, depth, kind, rate)
        for kind in KINDS
        for rate in (0.05, 0.1, 0.25, 0.5)
        for depth in (4, 8, 16, 32)
    ),
    Case(64, 24, "Dropout", 0.197),
    *(Case(16, 8, "AlphaDropout", rate) for rate in (0.1, 0.15)),
    *(Case(16, 4, "AlphaDropout", rate) for rate in (0.25, 0.35)),
    Case(16, 16, "AlphaDropout", 0.07),
    Case(16, 8, "Dropout", 0.35),
    *(Case(256, 8, "AlphaDropout", rate) for rate in (0.25, 0.4, 0.5)),
    Case(256, 16, "AlphaDropout", 0.15),
    *(Case(width, depth, "Dropout", 0.0) for width, depth in ((64, 64), (128, 64), (64, 100))),
    *(Case(64, 64, "AlphaDropout", rate) for rate in (0.01, 0.02)),
    Case(64, 48, "AlphaDropout", 0.01),
    *(
        Case(width, depth, "AlphaDropout", rate)
        for width, depth, rates in (
            (16, 1, (0.9,)),
            (16, 2, (0.7, 0.75, 0.8)),
            (16, 3, (0.55, 0.6)),
            (16, 4, (0.4, 0.5)),
            (32, 2, (0.8, 0.85)),
            (32, 4, (0.55,)),
            (64, 2, (0.9,)),
            (64, 4, (0.7, 0.8)),
            (64, 8, (0.4, 0.45)),
            (128, 4, (0.85,)),
            (128, 8, (0.55,)),
            (128, 12, (0.36,)),
            (256, 8, (0.6,)),
            (256, 12, (0.36,)),
            (256, 16, (0.3,)),
            (512, 4, (0.7, 0.8)),
            (512, 6, (0.55, 0.65, 0.75)),
            (512, 8, (0.45, 0.5, 0.6, 0.7)),
            (512, 12, (0.3, 0.36, 0.42, 0.5)),
            (512, 16, (0.3,)),
            (512, 20, (0.15,)),
            (512, 24, (0.1, 0.13, 0.2)),
        )
        for rate in rates
    ),
    *(Case(512, depth, "Dropout", rate) for depth, rate in ((8, 0.7), (16, 0.42))),
    Case(16, 4, "Dropout", 0.5),
]


def data(path: str) -> tuple[np.ndarray[Any, Any], ...]:
    """Return standardized images as (n, 784), and labels, for training and for the test."""
    with np.load(path) as file:
        x, y, test_x, test_y = (file[k] for k in ("x_train", "y_train", "x_test", "y_test"))
    mean, deviation = x.mean() / 255, x.std() / 255
    images = [
        ((part.reshape(len(part), -1) / 255 - mean) / deviation).astype("float32")
        for part in (x, test_x)
    ]
    return images[0], y, images[1], test_y


def run(case: Case, arrays: tuple[Any, ...]) -> float:
    """Return the test accuracy that a network reaches."""
    import keras

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((784,))])
    for _ in range(case.depth):
        drawn = {"activation": "selu", "kernel_initializer": "lecun_normal"}
        model.add(keras.layers.Dense(case.width, **drawn))
        if case.rate:
            model.add(getattr(keras.layers, case.kind)(case.rate))
    model.add(keras.layers.Dense(10, activation="softmax"))
    loss = "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.Adam(case.learning_rate), loss, metrics=["accuracy"])
    x, y, test_x, test_y = arrays
    order = np.random.default_rng(0).permutation(len(x))
    images = np.resize(order, case.steps * BATCH)
    model.fit(x[images], y[images], batch_size=BATCH, epochs=1, shuffle=False, verbose=0)
    _, accuracy = model.evaluate(test_x, test_y, batch_size=1000, verbose=0)
    return round(float(accuracy), 4)


def main() -> None:
    """Run what is not yet in the output file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mnist", help="mnist.npz in the layout of keras.datasets.mnist")
    parser.add_argument("--output", type=Path, default=Path("trainable_depth.jsonl"))
    options = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    done = options.output.read_text().splitlines() if options.output.exists() else []
    seen = {Case(*list(json.loads(line).values())[:-1]) for line in done}
    arrays = data(options.mnist)
    for case in CASES:
        if case in seen:
            continue
        record = {**case._asdict(), "accuracy": run(case, arrays)}
        with options.output.open("a") as file:
            file.write(json.dumps(record) + "\n")


if __name__ == "__main__":
    main()
