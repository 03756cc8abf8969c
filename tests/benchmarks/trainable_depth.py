"""Holds the verdict of ``profile`` against real training: depths × rates × kinds of dropout.

Run by hand: ``python -m tests.benchmarks.trainable_depth mnist.npz [--output FILE.jsonl]``. Dense
SELU networks of 16, 64 and 256 units with LecunNormal on standardized MNIST, Adam 1e-3, batch 250,
600 steps; a network counts as trained if its test accuracy is over 0.5. One JSON line a run is
written as it goes, and an interrupted run is resumed. Needs selu-lint[tensorflow].
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
from pathlib import Path
from typing import Any

import numpy as np

DEPTHS = (4, 8, 16, 32)
RATES = (0.0, 0.05, 0.1, 0.25, 0.5)
KINDS = ("Dropout", "AlphaDropout")
BATCH, STEPS, ENOUGH = 250, 600, 0.5
CASES = [
    *((64, depth, kind, rate) for kind in KINDS for rate in RATES for depth in DEPTHS),
    (64, 24, "Dropout", 0.197),
    *((16, 8, "AlphaDropout", rate) for rate in (0.1, 0.15)),
    *((16, 4, "AlphaDropout", rate) for rate in (0.25, 0.35)),
    (16, 16, "AlphaDropout", 0.07),
    (16, 8, "Dropout", 0.35),
    *((256, 8, "AlphaDropout", rate) for rate in (0.25, 0.4, 0.5)),
    (256, 16, "AlphaDropout", 0.15),
]
"""Width, depth, kind and rate; without dropout only once a depth."""


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


def run(width: int, depth: int, kind: str, rate: float, arrays: tuple[Any, ...]) -> dict[str, Any]:
    """Build one network, ask for its verdict, train it, and return both."""
    import keras

    import selu_lint

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((784,))])
    for _ in range(depth):
        model.add(keras.layers.Dense(width, activation="selu", kernel_initializer="lecun_normal"))
        if rate:
            model.add(getattr(keras.layers, kind)(rate))
    model.add(keras.layers.Dense(10, activation="softmax"))
    profile = selu_lint.profile(model)
    loss = "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.Adam(1e-3), loss, metrics=["accuracy"])
    x, y, test_x, test_y = arrays
    order = np.random.default_rng(0).permutation(len(x))
    steps = np.resize(order, STEPS * BATCH)
    model.fit(x[steps], y[steps], batch_size=BATCH, epochs=1, shuffle=False, verbose=0)
    _, accuracy = model.evaluate(test_x, test_y, batch_size=1000, verbose=0)
    spent = [row.signal_spent for row in profile.before.layers if row.signal_spent is not None]
    return {
        "width": width,
        "depth": depth,
        "kind": kind,
        "rate": rate,
        "verdict": profile.verdict,
        "predicted": profile.before.trains,
        "spent": round(max(spent), 2),
        "band": [round(bound, 1) for bound in profile.before.band],
        "accuracy": round(float(accuracy), 4),
        "trained": bool(accuracy > ENOUGH),
    }


def summary(rows: list[dict[str, Any]]) -> str:
    """Return the confusion matrix and the wrong cases as Markdown."""
    count = {
        (said, did): sum(row["predicted"] == said and row["trained"] == did for row in rows)
        for said, did in itertools.product((True, None, False), (True, False))
    }
    lines = [
        "| | trained | did not |",
        "|---|---|---|",
        f"| predicted to train | {count[True, True]} | {count[True, False]} |",
        f"| borderline | {count[None, True]} | {count[None, False]} |",
        f"| predicted not to | {count[False, True]} | {count[False, False]} |",
        "",
        "| width | kind | rate | depth | spent | trains to, not from | verdict | accuracy |",
        "|---|---|---|---|---|---|---|---|",
    ]
    order = ("width", "kind", "rate", "depth")
    lines += [
        f"| {row['width']} | {row['kind']} | {row['rate']} | {row['depth']} | {row['spent']} "
        f"| {row['band'][0]}, {row['band'][1]} | {row['verdict'].partition(':')[0]} "
        f"| {row['accuracy']:.3f} |"
        for row in sorted(rows, key=lambda row: [row[key] for key in order])
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run what is not yet in the output file, and print the summary."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mnist", help="mnist.npz in the layout of keras.datasets.mnist")
    parser.add_argument("--output", type=Path, default=Path("trainable_depth.jsonl"))
    options = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    done = options.output.read_text().splitlines() if options.output.exists() else []
    rows = [json.loads(line) for line in done]
    seen = {(row["width"], row["depth"], row["kind"], row["rate"]) for row in rows}
    arrays = data(options.mnist)
    for width, depth, kind, rate in CASES:
        if (width, depth, kind, rate) in seen or (rate == 0 and kind != KINDS[0]):
            continue
        rows.append(run(width, depth, kind, rate, arrays))
        with options.output.open("a") as file:
            file.write(json.dumps(rows[-1]) + "\n")
    print(summary(rows))


if __name__ == "__main__":
    main()
