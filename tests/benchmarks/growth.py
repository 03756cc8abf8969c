"""How processor time and memory of each rule, ``check``, ``fix`` and ``profile`` grow with a model.

Run by hand: ``python -m tests.benchmarks.growth [--family NAME] [--seconds 60]``. Each family is a
way to connect layers, built at three sizes; each measurement is a process of its own, with bounds
on its processor time and memory. Of the sizes' times the exponent is printed (1: in proportion,
2: as the square), and what the largest took. A refusal by a limit is named as one.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

from selu_lint.cases import layer, sequential

Model = dict[str, Any]
GIB = 1 << 30


class Wiring:
    """A functional model under construction."""

    def __init__(self, width: int = 8) -> None:
        self.layers: list[Model] = [layer("InputLayer", "input", batch_input_shape=[None, width])]

    def add(self, class_name: str, *sources: str, **config: Any) -> str:
        """Add a layer that is called on the outputs of others, and return its name."""
        name = f"l{len(self.layers)}"
        node = [[source, 0, 0, {}] for source in sources]
        self.layers.append({**layer(class_name, name, **config), "inbound_nodes": [node]})
        return name

    def dense(self, source: str, activation: str = "selu") -> str:
        """Add a Dense layer of 8 units."""
        return self.add("Dense", source, units=8, activation=activation)

    def model(self, *outputs: str) -> Model:
        """Return the model with these outputs."""
        for each in self.layers:
            each.setdefault("inbound_nodes", [])
            each["name"] = each["config"]["name"]
        config = {
            "name": "model",
            "layers": self.layers,
            "input_layers": [["input", 0, 0]],
            "output_layers": [[name, 0, 0] for name in outputs],
        }
        return {"class_name": "Functional", "config": config, "keras_version": "2.15.0"}


def chain(size: int) -> Model:
    """Dense layers with dropout, one behind the other."""
    layers = []
    for number in range(size // 2):
        layers.append(layer("Dense", f"d{number}", units=8, activation="selu"))
        layers.append(layer("Dropout", f"o{number}", rate=0.1))
    return sequential((8,), *layers)


def residual(size: int) -> Model:
    """Sums of all that came before: each Add takes the sum and a new Dense."""
    wiring, current = Wiring(), "input"
    for _ in range(size // 3):
        current = wiring.add("Add", current, wiring.dense(current))
        current = wiring.add("Dropout", current, rate=0.1)
    return wiring.model(current)


def concatenated(size: int) -> Model:
    """Concatenations of all that came before and a new Dense."""
    wiring = Wiring()
    current = wiring.dense("input")
    for _ in range(size // 2):
        current = wiring.add("Concatenate", current, wiring.dense("input"))
    return wiring.model(wiring.add("Dropout", current, rate=0.1))


def doubled(size: int) -> Model:
    """Concatenations of a tensor with itself."""
    wiring = Wiring()
    current = wiring.dense("input")
    for _ in range(size):
        current = wiring.add("Concatenate", current, current)
    return wiring.model(wiring.add("Dropout", current, rate=0.1))


def wide(size: int) -> Model:
    """Many SELU layers side by side, joined, with many dropouts and normalizations behind."""
    wiring = Wiring()
    joined = wiring.add("Concatenate", *[wiring.dense("input") for _ in range(size // 3)])
    ends = [wiring.add("Dropout", joined, rate=0.1) for _ in range(size // 3)]
    ends += [wiring.add("BatchNormalization", joined) for _ in range(size // 3)]
    return wiring.model(*ends)


def densely(size: int) -> Model:
    """Each layer takes all before it; the size is the number of connections."""
    wiring, before = Wiring(), ["input"]
    for _ in range(int(math.sqrt(2 * size))):
        before.append(wiring.dense(wiring.add("Add", *before) if len(before) > 1 else "input"))
    return wiring.model(wiring.add("Dropout", before[-1], rate=0.1))


def many_behind_one(size: int) -> Model:
    """A long way of reshapes and sums behind one kernel, with an activation at each step."""
    wiring = Wiring()
    current, ends = wiring.dense("input", "linear"), []
    for _ in range(size // 3):
        current = wiring.add("Add", current, wiring.dense("input", "linear"))
        ends.append(wiring.add("Activation", current, activation="selu"))
    return wiring.model(*ends)


def normalizations(size: int) -> Model:
    """Many normalizations, summed step by step, with an activation behind each sum."""
    wiring = Wiring()
    current, ends = wiring.add("BatchNormalization", "input"), []
    for _ in range(size // 3):
        normalized = wiring.add("BatchNormalization", wiring.dense("input", "linear"))
        current = wiring.add("Add", current, normalized)
        ends.append(wiring.add("Activation", current, activation="selu"))
    return wiring.model(*ends)


def shared(size: int) -> Model:
    """One Dense and one Dropout, called again and again."""
    wiring = Wiring()
    wiring.layers += [
        layer("Dense", "dense", units=8, activation="selu"),
        layer("Dropout", "drop", rate=0.1),
    ]
    calls = size // 2
    nodes = [[["drop", number - 1, 0, {}]] for number in range(1, calls)]
    wiring.layers[1]["inbound_nodes"] = [[["input", 0, 0, {}]], *nodes]
    wiring.layers[2]["inbound_nodes"] = [[["dense", number, 0, {}]] for number in range(calls)]
    model = wiring.model("drop")
    model["config"]["output_layers"] = [["drop", calls - 1, 0]]
    return model


def nested(size: int) -> Model:
    """A model that calls a model twice, which calls a model twice, and so on."""
    model = sequential((8,), layer("Dense", "dense", units=8, activation="selu"))
    for number in range(int(math.log2(size))):
        name = f"inner{number}"
        model["config"]["name"] = name
        wiring = Wiring()
        nodes = [[["input", 0, 0, {}]], [[name, 1, 0, {}]]]
        wiring.layers.append({**model, "name": name, "inbound_nodes": nodes})
        outer = wiring.model(name)
        outer["config"]["output_layers"] = [[name, 2, 0]]
        model = outer
    return model


def values(size: int) -> Model:
    """A config with many small values."""
    dense = layer("Dense", "dense", units=8, activation="selu", extra=[{}] * (10 * size))
    return sequential((8,), dense)


FAMILIES: dict[str, Callable[[int], Model]] = {
    each.__name__: each
    for each in (
        chain, residual, concatenated, doubled, wide, densely, many_behind_one, normalizations,
        shared, nested, values,
    )
}  # fmt: skip


def steps() -> dict[str, Callable[[Any], object]]:
    """Return what is measured: each a function of a document."""
    from selu_lint.fixing.repairs import Checker, repair
    from selu_lint.linter import check_document
    from selu_lint.model.graph_builder import build_graph
    from selu_lint.profiles.profiling import profile_document
    from selu_lint.report import Report
    from selu_lint.reports.json_report import as_data
    from selu_lint.rule import find_rules
    from selu_lint.settings import Settings

    found: dict[str, Callable[[Any], object]] = {"graph": build_graph}
    for rule in find_rules():
        found[rule.code] = lambda document, rule=rule: list(
            rule(Settings()).check(build_graph(document))
        )
    found["check"] = lambda document: check_document(document, Settings())
    found["report"] = lambda document: json.dumps(
        as_data(Report((check_document(document, Settings()),)))
    )
    found["fix"] = lambda document: repair(document, Checker(Settings()))
    found["profile"] = lambda document: profile_document(document, Settings())
    return found


def _measure(step: str, text: str, seconds: int, memory: int, queue: Any) -> None:
    from selu_lint.errors import SeluLintError
    from selu_lint.limits import DEFAULT
    from selu_lint.model.document import Document
    from selu_lint.storage.strict_json import parse

    run = steps()[step]
    resource.setrlimit(resource.RLIMIT_CPU, (seconds + 5, seconds + 5))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    started = time.process_time()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        run(Document("model", "architecture-json", "2.15.0", parse(text, DEFAULT)))
        outcome = ""
    except SeluLintError as error:
        outcome = f"refused: {error}"[:60]
    except MemoryError:
        outcome = "out of memory"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    queue.put((time.process_time() - started, peak / 1024, outcome))


def measured(step: str, text: str, seconds: int) -> tuple[float, float, str]:
    """Return processor seconds, MiB of memory and what went wrong of one step in a new process."""
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    process = context.Process(target=_measure, args=(step, text, seconds, 6 * GIB, queue))
    process.start()
    process.join()
    return queue.get() if not queue.empty() else (float(seconds), 0.0, "out of time")


def main() -> None:
    """Print a table for each family."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--family", choices=FAMILIES, action="append")
    parser.add_argument("--step", action="append", help="only this rule or command")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 4000, 16000])
    parser.add_argument("--seconds", type=int, default=60, help="bound on each measurement")
    options = parser.parse_args()
    names = options.step or list(steps())
    for family in options.family or FAMILIES:
        texts = [json.dumps(FAMILIES[family](size)) for size in options.sizes]
        print(f"\n{family}: {', '.join(f'{len(text):,} bytes' for text in texts)}", flush=True)
        for name in names:
            rows = []
            for text in texts:
                rows.append(measured(name, text, options.seconds))
                if rows[-1][2]:
                    break
            (taken, peak, outcome), first = rows[-1], rows[max(len(rows) - 2, 0)]
            exponent = ""
            if len(rows) > 1 and first[0] > 0.01 and not outcome:
                ratio = options.sizes[len(rows) - 1] / options.sizes[len(rows) - 2]
                exponent = f"{math.log(taken / first[0]) / math.log(ratio):.2f}"
            print(f"  {name:8} {exponent:>5} {taken:8.2f} s {peak:8.0f} MiB  {outcome}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
