"""Speed and memory of ``selu-lint check``, as ratios taken in one run.

Run by hand: ``python -m tests.benchmarks.check_speed [--keras] [--output FILE.json]``. Times are
medians of repeated whole processes, so they hold on a noisy machine as ratios only. ``--keras``
also loads the same models with Keras and tf_keras (takes about 10 s a run). The time of ``fix``
against ``cp`` is in ``fix_against_copy.py``.
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
from pathlib import Path

from selu_lint.cli import spare_the_garbage_collector
from tests.cases import layer, sequential

FIXTURES = Path(__file__).parent.parent.parent / "fixtures"
MODELS = FIXTURES / "models" / "keras3.15-tf"
SMALL = MODELS / "cnn_broken.keras"
SAVED_MODEL = FIXTURES / "saved_models" / "tf2.15" / "cnn_broken"
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


def check(path: Path) -> list[str]:
    """Return the command that checks a file."""
    return [str(Path(sys.executable).with_name("selu-lint")), "check", str(path)]


def main() -> None:
    """Measure, and print a table and a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keras", action="store_true", help="compare with loading by Keras")
    parser.add_argument("--repeats", type=int, default=21)
    parser.add_argument("--output", type=Path, help="write the ratios here, as JSON")
    options = parser.parse_args()
    spare_the_garbage_collector()
    rows = small_files(options.repeats)
    if options.keras:
        rows |= against_keras()
    with tempfile.TemporaryDirectory() as folder:
        rows |= large_files(Path(folder), options.repeats)
        rows |= long_chains(Path(folder))
        rows |= many_files(Path(folder))
    for name, value in rows.items():
        print(f"{value:10.2f}  {name}")
    text = json.dumps({name: round(value, 3) for name, value in rows.items()}, indent=1)
    if options.output is not None:
        options.output.write_text(text + "\n")


def small_files(repeats: int) -> dict[str, float]:
    """Compare the check of small models with a process that only imports what all need."""
    files = {suffix: MODELS / f"cnn_broken.{suffix}" for suffix in ("keras", "h5", "json")}
    commands = {name: check(path) for name, path in {**files, "SavedModel": SAVED_MODEL}.items()}
    times = medians({"imports": [sys.executable, "-c", IMPORTS], **commands}, repeats)
    return {
        f"check small {name} / import click, json, zipfile"
        + (" (aim: <= 1.6)" if name == "keras" else ""): times[name] / times["imports"]
        for name in commands
    }


def against_keras() -> dict[str, float]:
    """Compare the check of small models with loading them."""
    loads = {
        "keras": (SMALL, f"import keras; keras.saving.load_model({str(SMALL)!r})"),
        "SavedModel": (
            SAVED_MODEL,
            f"import tf_keras; tf_keras.models.load_model({str(SAVED_MODEL)!r})",
        ),
    }
    rows = {}
    for name, (path, load) in loads.items():
        both = medians({"load": [sys.executable, "-c", load], "check": check(path)}, 3)
        aim = " (aim: >= 50)" if name == "keras" else ""
        rows[f"load {name} with Keras / check it{aim}"] = both["load"] / both["check"]
    return rows


def large_files(root: Path, repeats: int) -> dict[str, float]:
    """Compare time and memory of the check of 1 GB models with those of 1 MB models."""
    rows = {}
    writers = {
        "keras": large_archive,
        "h5": large_hdf5,
        "saved_model": large_saved_model,
    }
    for name, write in writers.items():
        small, large = root / f"small.{name}", root / f"large.{name}"
        write(small, 2**20)
        write(large, 2**30)
        times = medians({"small": check(small), "large": check(large)}, max(3, repeats // 4))
        memory = {path: peak_memory(check(path)) for path in (small, large)}
        aim = " (aim: <= 1.2)" if name == "keras" else ""
        rows[f"time: 1 GB {name} / 1 MB {name}"] = times["large"] / times["small"]
        rows[f"peak memory: 1 GB {name} / 1 MB {name}{aim}"] = memory[large] / memory[small]
        rows[f"peak memory of a small {name}, MiB"] = memory[small] / 1024
        for path in (small, large):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return rows


def long_chains(root: Path) -> dict[str, float]:
    """Compare models of 1,000, 10,000 and 100,000 layers."""
    times = {}
    for length, repeats in ((1000, 7), (10_000, 5), (100_000, 1)):
        path = root / f"{length}.json"
        chain(path, length)
        times[length] = statistics.median(in_process(path, 1) for _ in range(repeats))
    return {
        "10,000 layers / 1,000 layers (aim: <= 12)": times[10_000] / times[1000],
        "100,000 layers / 10,000 layers": times[100_000] / times[10_000],
        "peak memory of 100,000 layers, MiB": peak_memory(check(root / "100000.json")) / 1024,
    }


def many_files(root: Path) -> dict[str, float]:
    """Count models a second, in this process and with one and two processes."""
    folder = root / "many"
    folder.mkdir()
    for number in range(400):
        shutil.copy(SMALL, folder / f"{number}.keras")
    one, two = (
        statistics.median(process([*check(folder), "--jobs", jobs])[0] for _ in range(3))
        for jobs in ("1", "2")
    )
    return {
        "models a second in one process (aim: >= 500)": 1 / in_process(SMALL, 500),
        "400 models: --jobs 1 / --jobs 2": one / two,
    }


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
