"""Holds the bands of ``profile`` against all training runs there are records of.

``python -m tests.benchmarks.bands`` writes its table into ``docs/evidence/bands.md``. The records
are those of ``selu-lint train --experiment depth`` and of ``tests.benchmarks.trainable_depth``.
Nothing is trained: each network is built anew as an architecture, judged by the verdict of today,
and compared with the recorded accuracies. A network counts as trained if the mean test accuracy of
its seeds is over 0.5.
"""

from __future__ import annotations

import json
import statistics
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from selu_lint.analysis.trainability import Verdict, judge_signal
from selu_lint.cases import layer, sequential
from selu_lint.model.document import Document
from selu_lint.model.graph_builder import build_graph
from selu_lint.theory.moments import matched_alpha_rate

EVIDENCE = Path(__file__).parents[2] / "docs" / "evidence"
PAGE = EVIDENCE / "bands.md"
RECORDS = (
    "cpu/trainable_depth.jsonl",
    "gpu-h100/depth/runs.jsonl",
    "gpu-h100/depth-256/runs.jsonl",
    "gpu-h100/depth-512/runs.jsonl",
)
ENOUGH = 0.5
_PIXELS = 784


class Network(NamedTuple):
    """A dense SELU network on MNIST, and how it was trained."""

    width: int
    depth: int
    dropout: str
    rate: float
    initializer: str
    steps: int
    learning_rate: float

    def verdict(self) -> Verdict:
        """Return what the product says of it."""
        layers = []
        for index in range(self.depth):
            drawn = {"activation": "selu", "kernel_initializer": self.initializer}
            layers.append(layer("Dense", f"dense_{index}", units=self.width, **drawn))
            if self.rate:
                layers.append(layer(self.dropout, f"dropout_{index}", rate=self.rate))
        layers.append(layer("Dense", "head", units=10, activation="softmax"))
        architecture = json.loads(json.dumps(sequential((_PIXELS,), *layers)))
        return judge_signal(build_graph(Document("m", "architecture-json", "3.15.1", architecture)))


def network(record: dict[str, Any]) -> tuple[Network, float]:
    """Return the network of a record, and the test accuracy that it reached."""
    recipe = record.get("recipe")
    if recipe is None:
        width, depth, kind, rate, learning_rate, steps, accuracy = record.values()
        found = Network(width, depth, kind, rate, "lecun_normal", steps, learning_rate)
        return found, accuracy
    rate, variant = recipe["dropout"], record["variant"]
    kept = round(record["images"][0] * (1 - recipe["validation_split"]))
    found = Network(
        recipe["width"],
        recipe["depth"],
        "Dropout" if variant == "broken" else "AlphaDropout",
        round(matched_alpha_rate(rate), 4) if variant == "match" else rate,
        "glorot_uniform" if variant == "broken" else "lecun_normal",
        recipe["epochs"] * -(-kept // recipe["batch_size"]),
        recipe["learning_rate"],
    )
    return found, record["test_accuracy"]


class Judged(NamedTuple):
    """A network, what is said of it, and the accuracies that it reached."""

    network: Network
    verdict: Verdict
    accuracies: list[float]

    @property
    def trained(self) -> bool:
        """Whether it did."""
        return statistics.fmean(self.accuracies) > ENOUGH


def judged() -> list[Judged]:
    """Return all networks of the records."""
    networks: dict[Network, list[float]] = {}
    for name in RECORDS:
        for line in (EVIDENCE / name).read_text(encoding="utf-8").splitlines():
            found, accuracy = network(json.loads(line))
            networks.setdefault(found, []).append(accuracy)
    return [Judged(each, each.verdict(), reached) for each, reached in sorted(networks.items())]


def table(networks: list[Judged]) -> str:
    """Return the confusion matrix and all networks as Markdown."""
    counts = Counter((each.verdict.kind, each.trained) for each in networks)
    lines = ["| verdict | trained | did not |", "|---|---|---|"]
    lines += [
        f"| {kind} | {counts[kind, True]} | {counts[kind, False]} |"
        for kind in ("trains", "borderline", "signal lost")
    ]
    lines += [
        "",
        "| width | depth | dropout | rate | kernels | Adam, steps | spent | trains to, not from "
        "| verdict | test accuracy |",
        "|" + "---|" * 10,
    ]
    for each, verdict, accuracies in networks:
        reached = ", ".join(f"{accuracy:.2f}" for accuracy in accuracies)
        least, most = verdict.band
        lines.append(
            f"| {each.width} | {each.depth} | {each.dropout} | {each.rate:g} "
            f"| {each.initializer} | {each.learning_rate:g}, {each.steps} | {verdict.spent:.1f} "
            f"| {least:.1f}, {most:.1f} | {verdict.kind} | {reached} |"
        )
    return "\n".join(lines) + "\n"


def page(networks: list[Judged]) -> str:
    """Return the page with the table of today."""
    text = PAGE.read_text(encoding="utf-8")
    return text[: text.index("| verdict |")] + table(networks)


if __name__ == "__main__":
    PAGE.write_text(page(judged()), encoding="utf-8")
