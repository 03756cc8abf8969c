"""Speed and memory of ``selu-lint check``, as ratios taken in one run.

Run by hand: ``python -m tests.benchmarks.check_speed [--keras] [--output FILE.json]``. Times are
medians of repeated whole processes, so they hold on a noisy machine as ratios only. ``--keras``
also loads the same models with Keras and tf_keras (takes about 10 s a run). ``--before PYTHON``
names the interpreter of an environment with another selu-lint, which is measured in turns with
this one. The time of ``fix`` against ``cp`` is in ``fix_against_copy.py``.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

from selu_lint.cases import layer, sequential

FIXTURES = Path(__file__).parent.parent.parent / "fixtures"
MODELS = FIXTURES / "models" / "keras3.15-tf"
SMALL = MODELS / "cnn_broken.keras"
SAVED_MODEL = FIXTURES / "saved_models" / "tf2.15" / "cnn_broken"
Rows = dict[str, float]
Name = TypeVar("Name")
IMPORTS = "import click, json, zipfile"
IN_PROCESS = """
import gc, statistics, sys, time
from selu_lint.linter import check_file
from selu_lint.settings import Settings
gc.set_threshold(100_000, 50, 100)
times = []
for _ in range(int(sys.argv[2]) + 1):
    start = time.process_time()
    check_file(sys.argv[1], Settings())
    times.append(time.process_time() - start)
print(statistics.median(times[1:]))
"""


def process(command: list[str]) -> tuple[float, int]:
    """Run a process; return its time in seconds and its peak memory in KiB."""
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    taken = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        raise SystemExit(f"this process failed: {' '.join(command)}")
    return taken, usage.ru_maxrss


def peak_memory(command: list[str]) -> int:
    """Run a process and return its peak memory in KiB.

    A process in between starts it: a child counts the memory that its parent had when it forked.
    """
    code = (
        "import os, sys; child = os.fork() or os.execv(sys.argv[1], sys.argv[1:]);"
        "print(os.wait4(child, 0)[2].ru_maxrss, file=sys.stderr)"
    )
    launcher = [sys.executable, "-S", "-c", code, *command]
    done = subprocess.run(launcher, capture_output=True, text=True, check=True)
    return int(done.stderr.split()[-1])


def medians(commands: dict[Name, list[str]], repeats: int) -> dict[Name, float]:
    """Return the median time of each process; they take turns, so that noise meets all alike."""
    times: dict[Name, list[float]] = {name: [] for name in commands}
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


def large_hdf5(path: Path, size: int) -> None:
    """Write an HDF5 model with a further dataset of ``size`` bytes."""
    import h5py
    import numpy as np

    shutil.copy(MODELS / "cnn_broken.h5", path)
    with h5py.File(path, "r+") as file:
        file.create_dataset("ballast", data=np.zeros(size, dtype=np.uint8))


def large_saved_model(path: Path, size: int) -> None:
    """Copy a SavedModel and make its variables ``size`` bytes long."""
    shutil.copytree(SAVED_MODEL, path)
    with (path / "variables" / "variables.data-00000-of-00001").open("r+b") as file:
        file.truncate(size)


def chain(path: Path, length: int) -> None:
    """Write the architecture of a chain of dense SELU layers as JSON."""
    dense = [
        layer("Dense", f"dense_{i}", units=8, activation="selu", kernel_initializer="lecun_normal")
        for i in range(length)
    ]
    path.write_text(json.dumps(sequential((8,), *dense)))


def check(python: str, path: Path) -> list[str]:
    """Return the command that checks a file with the selu-lint of an interpreter."""
    return [str(Path(python).with_name("selu-lint")), "check", str(path)]


def main() -> None:
    """Measure, and print a table; write it as JSON where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keras", action="store_true", help="compare with loading by Keras")
    parser.add_argument("--before", metavar="PYTHON", help="measure this one's selu-lint, too")
    parser.add_argument("--repeats", type=int, default=21)
    parser.add_argument("--output", type=Path, help="write the ratios here, as JSON")
    options = parser.parse_args()
    pythons = {"now": sys.executable}
    if options.before:
        pythons = {"before": options.before, **pythons}
    table: dict[str, Rows] = {name: {} for name in pythons}
    with tempfile.TemporaryDirectory() as folder:
        for rows in measurements(Path(folder), options.repeats, options.keras):
            for name, python in pythons.items():
                table[name] |= rows(python)
    print("".join(f"{name:>10}" for name in table))
    for row in table["now"]:
        print("".join(f"{rows[row]:10.2f}" for rows in table.values()), f" {row}")
    if options.output is not None:
        rounded = {
            name: {row: round(value, 3) for row, value in rows.items()}
            for name, rows in table.items()
        }
        options.output.write_text(json.dumps(rounded, indent=1) + "\n")


def measurements(root: Path, repeats: int, keras: bool) -> Iterator[Callable[[str], Rows]]:
    """Yield what measures some rows of the table with an interpreter."""
    yield lambda python: small_files(python, repeats)
    if keras:
        yield against_keras
    writers = {"keras": large_archive, "h5": large_hdf5, "SavedModel": large_saved_model}
    for name, write in writers.items():
        small, large = root / f"small.{name}", root / f"large.{name}"
        write(small, 2**20)
        write(large, 2**30)
        yield partial(large_file, name, small, large, max(3, repeats // 4))
        for path in (small, large):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for length in (1000, 10_000, 100_000):
        chain(root / f"{length}.json", length)
    yield partial(long_chains, root)
    (root / "many").mkdir()
    for number in range(400):
        shutil.copy(SMALL, root / "many" / f"{number}.keras")
    yield partial(many_files, root / "many")


def small_files(python: str, repeats: int) -> Rows:
    """Compare the check of small models with a process that only imports what all need."""
    files = {suffix: MODELS / f"cnn_broken.{suffix}" for suffix in ("keras", "h5", "json")}
    files["SavedModel"] = SAVED_MODEL
    commands = {name: check(python, path) for name, path in files.items()}
    times = medians({"imports": [python, "-c", IMPORTS], **commands}, repeats)
    return {
        f"check small {name} / import click, json, zipfile"
        + (" (aim: <= 1.6)" if name == "keras" else ""): times[name] / times["imports"]
        for name in commands
    }


def against_keras(python: str) -> Rows:
    """Compare the check of small models with loading them."""
    keras = f"import keras; keras.saving.load_model({str(SMALL)!r})"
    tf_keras = f"import tf_keras; tf_keras.models.load_model({str(SAVED_MODEL)!r})"
    rows = {}
    for name, path, load in (("keras", SMALL, keras), ("SavedModel", SAVED_MODEL, tf_keras)):
        commands = {"load": [sys.executable, "-c", load], "check": check(python, path)}
        both = medians(commands, 5)
        aim = " (aim: >= 50)" if name == "keras" else ""
        rows[f"load {name} with Keras / check it{aim}"] = both["load"] / both["check"]
    return rows


def large_file(name: str, small: Path, large: Path, repeats: int, python: str) -> Rows:
    """Compare time and memory of the check of a 1 GB model with those of a 1 MB model."""
    commands = {path: check(python, path) for path in (small, large)}
    times = medians(commands, repeats)
    memory = {path: peak_memory(command) for path, command in commands.items()}
    aim = " (aim: <= 1.2)" if name == "keras" else ""
    return {
        f"time: 1 GB {name} / 1 MB {name}": times[large] / times[small],
        f"peak memory: 1 GB {name} / 1 MB {name}{aim}": memory[large] / memory[small],
        f"peak memory of a small {name}, MiB": memory[small] / 1024,
    }


def long_chains(root: Path, python: str) -> Rows:
    """Compare models of 1,000, 10,000 and 100,000 layers."""
    times = {
        length: in_process(python, root / f"{length}.json", repeats)
        for length, repeats in ((1000, 15), (10_000, 5), (100_000, 1))
    }
    largest = check(python, root / "100000.json")
    return {
        "10,000 layers / 1,000 layers (aim: <= 12)": times[10_000] / times[1000],
        "100,000 layers / 10,000 layers": times[100_000] / times[10_000],
        "peak memory of 100,000 layers, MiB": peak_memory(largest) / 1024,
    }


def many_files(folder: Path, python: str) -> Rows:
    """Count models a second in one process, and compare with two processes."""
    command = check(python, folder)
    jobs = medians({number: [*command, "--jobs", number] for number in ("1", "2")}, 3)
    return {
        "models a second in one process (aim: >= 500)": 1 / in_process(python, SMALL, 500),
        "400 models: --jobs 1 / --jobs 2": jobs["1"] / jobs["2"],
    }


def in_process(python: str, path: Path, repeats: int) -> float:
    """Return the median processor time of a check inside a process, in seconds."""
    command = [python, "-I", "-c", IN_PROCESS, str(path), str(repeats)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


if __name__ == "__main__":
    main()
