"""How far are predicted second moments from those of real Keras networks, layer by layer?

Run by hand: ``python -m tests.benchmarks.predict_keras [--only WORD]``, which measures what is not
yet in ``docs/evidence/cpu/keras_moments.jsonl`` and writes the tables of
``docs/evidence/cpu/keras_moments.md``. Networks of the shapes that people build are drawn by Keras
again and again, each time with 64 inputs as the profile takes them, until the mean of what each
layer puts out, in inference and in training, is sure to 3 %, or 24 times; the prediction is that of
today. Needs selu-lint[tensorflow] to measure.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from selu_lint.analysis.inputs import Premise
from selu_lint.profiles.measurement import measure
from selu_lint.profiles.profiling import Measured, predict
from tests.benchmarks.keras_networks import CPU, Builder, graph_of, keep, networks

RECORDS, PAGE = CPU / "keras_moments.jsonl", CPU / "keras_moments.md"
NETWORKS, KNOWN = 12, 6
"""Of each family, and how many of them the theory was mended on."""
CLOSE = 0.1
_LEAST_DRAWS, _MOST_DRAWS, _SURE, _EXAMPLES = 6, 24, 0.03, 64
_MODES = "inference", "training"
_VARIABLES = (
    *("kernel", "bias", "depthwise_kernel", "pointwise_kernel", "embeddings"),
    *("moving_mean", "moving_variance"),
)


class Measurement(NamedTuple):
    """What was seen of a network: the fields of a record.

    ``layers`` has for each layer the mean over draws of E[x²] and its standard error, in inference
    and in training.
    """

    family: str
    number: int
    draws: int
    layers: dict[str, list[float]]


class Row(NamedTuple):
    """One layer in one mode: its class, and prediction over measurement; None if unpredicted.

    ``error`` is the relative standard error of the measurement, over draws.
    """

    family: str
    number: int
    layer: str
    mode: str
    ratio: float | None
    error: float


def measured(keras: Any, family: str, number: int, build: Callable[[], Any]) -> Measurement:
    """Return the second moments of the layers of one network, drawn by Keras."""
    seen: dict[str, list[tuple[float, float]]] = {}
    keras.utils.clear_session()
    model = build()
    keep(family, number, model)
    premises = predict(graph_of(family, number)).inputs
    for draw in range(_MOST_DRAWS):
        _draw(model, draw)
        for layer, each in _measured(model, premises, draw).items():
            second = each.variance + each.mean**2
            training = each.training_variance + each.training_mean**2
            seen.setdefault(layer, []).append((second, training))
        if draw + 1 >= _LEAST_DRAWS and max(map(_error, seen.values())) < _SURE:
            break
    layers = {}
    for layer, values in seen.items():
        means, errors = np.mean(values, 0), _errors(values) * np.mean(values, 0)
        layers[layer] = [float(f"{x:.4g}") for x in (means[0], errors[0], means[1], errors[1])]
    return Measurement(family, number, draw + 1, layers)


def _draw(model: Any, draw: int) -> None:
    """Draw all variables of a model by its initializers, with seeds of their own."""
    for place, (layer, name) in enumerate(itertools.product(model.layers, _VARIABLES)):
        variable = getattr(layer, name, None)
        if variable is not None:
            slot = name.removesuffix("_kernel")
            initializer = getattr(layer, f"{slot}_initializer", None)
            # The kernel of DepthwiseConv2D.
            initializer = initializer or layer.depthwise_initializer
            config = initializer.get_config()
            if "seed" in config:
                initializer = type(initializer)(**{**config, "seed": 10_000 * draw + place})
            variable.assign(initializer(variable.shape))


def _errors(values: list[tuple[float, float]]) -> Any:
    return np.std(values, 0, ddof=1) / np.mean(values, 0) / len(values) ** 0.5


def _error(values: list[tuple[float, float]]) -> float:
    return float(_errors(values).max())


def _measured(model: Any, premises: Mapping[str, Premise], draw: int) -> Mapping[str, Measured]:
    random, (given,) = np.random.default_rng(draw), model.inputs
    shape, (premise,) = (_EXAMPLES, *given.shape[1:]), premises.values()
    if premise.channels is None:
        examples = random.integers(0, 500, shape)
    else:
        deviations = np.sqrt(np.asarray(premise.channels.variances))
        examples = np.asarray(premise.channels.means) + deviations * random.standard_normal(shape)
    with tempfile.NamedTemporaryFile(suffix=".npy") as file:
        np.save(file.name, examples)
        return measure(model, file.name)


def records() -> list[Measurement]:
    """Return what was measured so far."""
    lines = RECORDS.read_text(encoding="utf-8").splitlines() if RECORDS.exists() else []
    return [Measurement(**json.loads(line)) for line in lines]


def compared(each: Measurement) -> Iterator[Row]:
    """Yield the prediction of today over the measurement for each layer, in both modes."""
    for layer in predict(graph_of(each.family, each.number)).layers:
        told = (layer.mean, layer.variance), (layer.training_mean, layer.training_variance)
        for place, (mode, (mean, variance)) in enumerate(zip(_MODES, told, strict=True)):
            real, error = each.layers[layer.layer][2 * place : 2 * place + 2]
            known = mean is not None and variance is not None
            ratio = (variance + mean**2) / real if known else None
            yield Row(each.family, each.number, layer.class_name, mode, ratio, error / real)


def table(rows: list[Row]) -> str:
    """Return how close the predictions are, by family, as Markdown."""
    lines = [
        "| family | layers | predicted | within 10 % | median error | 95 % | farthest |",
        "|" + "---|" * 7,
    ]
    families = list(dict.fromkeys(row.family for row in rows))
    for family in [*families, "all"]:
        mine = [row for row in rows if family in (row.family, "all")]
        known = [row for row in mine if row.ratio is not None]
        errors = np.abs([(row.ratio or 0.0) - 1 for row in known])
        worst = known[int(errors.argmax())]
        farthest = f"{worst.ratio:.2f}, {worst.layer} in {worst.mode}"
        lines.append(
            f"| {family} | {len(mine)} | {len(known) / len(mine):.0%} "
            f"| {(errors <= CLOSE).mean():.1%} | {np.median(errors):.1%} "
            f"| {np.quantile(errors, 0.95):.1%} | {farthest} |"
        )
    return "\n".join(lines) + "\n"


def page(rows: list[Row]) -> str:
    """Return the page with the tables of today."""
    text = PAGE.read_text(encoding="utf-8")
    fresh = table([row for row in rows if row.number >= KNOWN])
    known = table([row for row in rows if row.number < KNOWN])
    kept = text[: text.index("| family |")]
    return f"{kept}{fresh}\nThose at hand while the theory was made:\n\n{known}"


def main() -> None:
    """Measure what was not measured yet, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="families with this word in their name")
    parser.add_argument("--tables", action="store_true", help="write the tables alone")
    options = parser.parse_args()
    if not options.tables:
        _measure(options.only)
    rows = [row for each in records() for row in compared(each)]
    PAGE.write_text(page(rows), encoding="utf-8")
    print(*[row for row in rows if row.ratio is None or abs(row.ratio - 1) > CLOSE], sep="\n")


def _measure(only: str) -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras

    done = {(each.family, each.number) for each in records()}
    for (family, number), build in networks(Builder(keras), NETWORKS).items():
        if (family, number) not in done and only in family:
            found = measured(keras, family, number, build)
            with RECORDS.open("a", encoding="utf-8") as file:
                file.write(json.dumps(found._asdict()) + "\n")


if __name__ == "__main__":
    main()
