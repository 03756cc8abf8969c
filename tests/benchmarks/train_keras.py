"""Do networks of the shapes that people build train where ``profile`` says so?

Run by hand: ``python -m tests.benchmarks.train_keras mnist.npz``, which trains what is not yet in
``docs/evidence/cpu/trained_networks.jsonl`` and writes the tables of
``docs/evidence/cpu/trained_networks.md``; without ``mnist.npz`` the tables alone. The networks are
those of `tests.benchmarks.predict_keras`, and more that may not train: much dropout, gains far from
1. One trains if its test accuracy passes 0.5 within 1100 steps of Adam. Training needs
selu-lint[tensorflow].
"""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from selu_lint.analysis.trainability import Verdict, judge_signal
from tests.benchmarks.keras_networks import CPU, Builder, HardBuilder, graph_of, keep, networks

RECORDS, PAGE = CPU / "trained_networks.jsonl", CPU / "trained_networks.md"
ENOUGH = 0.5
NETWORKS, HARD_NETWORKS = 6, 12
"""Of each family."""
STEPS, PART, BATCH, LEARNING_RATE = 1100, 50, 128, 1e-3
WRONG = {"trains": False, "signal lost": True, "dies out": True, "explodes": True}
"""The outcome that each definite verdict rules out."""


class Images:
    """MNIST in the forms that the networks take: images, components, tokens."""

    def __init__(self, path: str) -> None:
        with np.load(path) as file:
            self.labels = file["y_train"][:20000], file["y_test"][:1000]
            pixels = [file["x_train"][:20000], file["x_test"][:1000]]
        self.small = [
            np.pad(part.reshape(-1, 14, 2, 14, 2).mean((2, 4)), ((0, 0), (1, 1), (1, 1)))
            for part in pixels
        ]
        flat = [part.reshape(len(part), -1) / 255 for part in pixels]
        center = flat[0].mean(0)
        _, _, axes = np.linalg.svd(flat[0][:4000] - center, full_matrices=False)
        components = [(part - center) @ axes[:64].T for part in flat]
        self.components = [part / components[0].std(0) for part in components]

    def of(self, model: Any) -> list[Any]:
        """Return inputs for training and test, as the profile takes them to be."""
        shape, dtype = tuple(model.inputs[0].shape[1:]), str(model.inputs[0].dtype)
        kinds = {type(layer).__name__ for layer in model.layers}
        if "int" in dtype:
            levels = [np.clip(part[:, : shape[0]] * 6 + 20, 0, 40) for part in self.components]
            return [part.astype("int32") + 41 * np.arange(shape[0]) for part in levels]
        if len(shape) == 1:
            parts = [part[:, : shape[0]] for part in self.components]
            return [3 + 2 * part if "Normalization" in kinds else part for part in parts]
        parts = self.small
        if "Rescaling" not in kinds:
            mean, deviation = parts[0].mean(), parts[0].std()
            parts = [(part - mean) / deviation for part in parts]
        return [np.repeat(part[..., None], shape[-1], -1).astype("float32") for part in parts]


def accuracy(keras: Any, build: Callable[[], Any], images: Images) -> tuple[int, float]:
    """Return after how many steps the training ended, and the test accuracy there."""
    keras.utils.clear_session()
    keras.utils.set_random_seed(0)
    model = build()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    adam = keras.optimizers.Adam(LEARNING_RATE)
    model.compile(adam, loss, metrics=["accuracy"], jit_compile=False)
    (x, test_x), (y, test_y) = images.of(model), images.labels
    order = np.resize(np.random.default_rng(0).permutation(len(x)), STEPS * BATCH)
    reached = 0.0
    for step in range(0, STEPS, PART):
        part = order[step * BATCH : (step + PART) * BATCH]
        model.fit(x[part], y[part], batch_size=BATCH, shuffle=False, verbose=0)
        reached = float(model.evaluate(test_x, test_y, batch_size=1000, verbose=0)[1])
        if reached > ENOUGH:
            break
    return step + PART, round(reached, 3)


class Trained(NamedTuple):
    """A network that was trained: the fields of a record."""

    family: str
    number: int
    steps: int
    accuracy: float

    @property
    def trained(self) -> bool:
        """Whether it did."""
        return self.accuracy > ENOUGH


def records() -> list[Trained]:
    """Return what was trained so far."""
    lines = RECORDS.read_text(encoding="utf-8").splitlines() if RECORDS.exists() else []
    return [Trained(**json.loads(line)) for line in lines]


def tables(found: list[tuple[Trained, Verdict]]) -> str:
    """Return the confusion matrix and all networks as Markdown."""
    counts = Counter((verdict.kind, each.trained) for each, verdict in found)
    kinds = ("trains", "borderline", "signal lost", "dies out", "explodes", "unknown")
    lines = ["| verdict | trained | did not |", "|---|---|---|"]
    lines += [f"| {kind} | {counts[kind, True]} | {counts[kind, False]} |" for kind in kinds]
    lines += [
        "",
        "| family | SELU layers | spent | trains to, not from | verdict | steps | test accuracy |",
        "|" + "---|" * 7,
    ]
    for each, verdict in found:
        least, most = verdict.band
        lines.append(
            f"| {each.family} | {verdict.depth} | {verdict.spent:.1f} | {least:.1f}, {most:.1f} "
            f"| {verdict.kind} | {each.steps} | {each.accuracy:.2f} |"
        )
    return "\n".join(lines) + "\n"


def page(found: list[tuple[Trained, Verdict]]) -> str:
    """Return the page with the tables of today."""
    text = PAGE.read_text(encoding="utf-8")
    return text[: text.index("| verdict |")] + tables(found)


def judged() -> list[tuple[Trained, Verdict]]:
    """Return what was trained, and what the product says of it today."""
    return [(each, judge_signal(graph_of(each.family, each.number))) for each in records()]


def wrong(found: list[tuple[Trained, Verdict]]) -> list[tuple[Trained, Verdict]]:
    """Return those of which a definite verdict is not what happened."""
    return [pair for pair in found if WRONG.get(pair[1].kind) is pair[0].trained]


def main() -> None:
    """Train what was not trained yet, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mnist", nargs="?", help="mnist.npz in the layout of keras.datasets.mnist")
    parser.add_argument("--only", default="", help="families with this word in their name")
    options = parser.parse_args()
    if options.mnist:
        _train(Images(options.mnist), options.only)
    PAGE.write_text(page(judged()), encoding="utf-8")


def _train(images: Images, only: str) -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras

    done = {(each.family, each.number) for each in records()}
    every = networks(Builder(keras), NETWORKS) | networks(HardBuilder(keras), HARD_NETWORKS)
    for (family, number), build in every.items():
        if (family, number) not in done and only in family:
            keep(family, number, build())
            found = Trained(family, number, *accuracy(keras, build, images))
            with RECORDS.open("a", encoding="utf-8") as file:
                file.write(json.dumps(found._asdict()) + "\n")


if __name__ == "__main__":
    main()
