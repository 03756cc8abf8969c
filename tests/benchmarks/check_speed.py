"""Speed and memory of ``selu-lint check``, as ratios taken in one run.

Run by hand: ``python tests/benchmarks/check_speed.py [--keras]``. Times are medians of repeated
whole processes, so they hold on a noisy machine as ratios only. ``--keras`` also loads the same
file with Keras (takes about 10 s a run).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from selu_lint.cases import layer, sequential
from selu_lint.cli import spare_the_garbage_collector

MODELS = Path(__file__).parent.parent.parent / "fixtures" / "models" / "keras3.15-tf"
SMALL = MODELS / "cnn_broken.keras"
IMPORTS = "import click, json, zipfile"


def process(command: list[str]) -> tuple[float, int]:
    """Run a process; return its time in seconds and its peak memory in KiB."""
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    taken = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        raise SystemExit(f"this process failed: {' '.join(command)}")
    return taken, usage.ru_maxrss


def medians(commands: dict[str, list[str]], repeats: int) -> dict[str, float]:
    """Return the median time of each process; they take turns, so that noise meets all alike."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(repeats + 1):
        for name, command in commands.items():
            times[name].append(process(command)[0])
    # The first run only warms the caches.
    return {name: statistics.median(each[1:]) for name, each in times.items()}


def large_archive(path: Path, size: int) -> None:
    """Write a .keras file whose weights are ``size`` bytes of zeros, stored without compression."""
    with zipfile.ZipFile(SMALL) as source, zipfile.ZipFile(path, "w") as target:
        for name in ("metadata.json", "config.json"):
            target.writestr(name, source.read(name))
        with target.open("model.weights.h5", "w", force_zip64=True) as member:
            for _ in range(size // 2**20):
                member.write(bytes(2**20))


def chain(path: Path, length: int) -> None:
    """Write the architecture of a chain of dense SELU layers as JSON."""
    dense = [
        layer("Dense", f"dense_{i}", units=8, activation="selu", kernel_initializer="lecun_normal")
        for i in range(length)
    ]
    path.write_text(json.dumps(sequential((8,), *dense)))


def check(path: Path) -> list[str]:
    """Return the command that checks a file."""
    return [str(Path(sys.executable).with_name("selu-lint")), "check", str(path)]


def main() -> None:
    """Measure, and print a table and a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keras", action="store_true", help="compare with loading by Keras")
    parser.add_argument("--repeats", type=int, default=21)
    options = parser.parse_args()
    spare_the_garbage_collector()
    rows: dict[str, float] = {}
    suffixes = ("keras", "h5", "json")
    commands = {suffix: check(MODELS / f"cnn_broken.{suffix}") for suffix in suffixes}
    times = medians({"imports": [sys.executable, "-c", IMPORTS], **commands}, options.repeats)
    for suffix in suffixes:
        aim = " (aim: <= 1.6)" if suffix == "keras" else ""
        ratio = times[suffix] / times["imports"]
        rows[f"check small .{suffix} / import click, json, zipfile{aim}"] = ratio
    if options.keras:
        load = f"import keras; keras.saving.load_model({str(SMALL)!r})"
        both = medians({"load": [sys.executable, "-c", load], "check": commands["keras"]}, 3)
        rows["load with Keras / check (aim: >= 50)"] = both["load"] / both["check"]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        large_archive(root / "small.keras", 2**20)
        large_archive(root / "large.keras", 2**30)
        _, small = process(check(root / "small.keras"))
        _, large = process(check(root / "large.keras"))
        rows["peak memory: 1 GB .keras / 1 MB .keras (aim: <= 1.2)"] = large / small
        for length in (1000, 10_000):
            chain(root / f"{length}.json", length)
        short, long = (statistics.median(in_process(root / f"{n}.json", 1) for _ in range(7))
                       for n in (1000, 10_000))  # fmt: skip
        rows["10,000 layers / 1,000 layers (aim: <= 12)"] = long / short
    rows["models a second in one process (aim: >= 500)"] = 1 / in_process(SMALL, 500)
    for name, value in rows.items():
        print(f"{value:10.2f}  {name}")
    print(json.dumps(rows))
    print(f"peak memory of the benchmark itself: {resource.getrusage(0).ru_maxrss} KiB")


def in_process(path: Path, repeats: int) -> float:
    """Return the mean processor time of a check inside this process, in seconds."""
    from selu_lint.linter import check_file
    from selu_lint.settings import Settings

    settings = Settings()
    check_file(str(path), settings)
    start = time.process_time()
    for _ in range(repeats):
        check_file(str(path), settings)
    return (time.process_time() - start) / repeats


if __name__ == "__main__":
    main()
