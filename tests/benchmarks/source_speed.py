"""Speed of ``selu-lint check`` on source code, most of it as ratios taken in one run.

Run by hand: ``python -m tests.benchmarks.source_speed [TREE] [--before PYTHON]``. The tree is the
folder of installed packages, unless another one is named; with TensorFlow and Keras it holds
thousands of files and dozens that name SELU. ``--before PYTHON`` names the interpreter of an
environment with another selu-lint, whose start-up is measured in turns with this one's.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from selu_lint.linter import check_file, selected_rules
from selu_lint.model.document import SOURCE_SUFFIXES
from selu_lint.settings import Settings
from selu_lint.source.prefilter import matters
from tests.benchmarks.check_speed import IMPORTS, SMALL, Rows, check, medians
from tests.source.snippets import read_snippets


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree", nargs="?", type=Path, default=Path(sysconfig.get_path("purelib")))
    parser.add_argument("--before", metavar="PYTHON", help="measure this one's start-up, too")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    for rows in (
        whole_tree(options.tree, options.repeats),
        single_files(options.tree),
        start_up(options.before, 4 * options.repeats + 1),
    ):
        for name, value in rows.items():
            print(f"{value:10.2f}  {name}", flush=True)


def whole_tree(tree: Path, repeats: int) -> Rows:
    """Compare a check of a tree with a search of it for the four letters."""
    files = sum(
        name.lower().endswith(tuple(SOURCE_SUFFIXES))
        for _, _, names in os.walk(tree)
        for name in names
    )
    one = [*check(sys.executable, tree), "--jobs", "1"]
    seconds = min(processor_time(one) for _ in range(repeats))
    times = medians(
        {"check": check(sys.executable, tree), "grep": ["grep", "-ril", "selu", str(tree)]}, repeats
    )
    return {
        "Python files and notebooks in the tree": files,
        "of them a second of one processor (aim: >= 1000)": files / seconds,
        "check --jobs auto / grep -ril selu, wall clock (aim: <= 3)": times["check"]
        / times["grep"],
    }


def processor_time(command: list[str]) -> float:
    """Run a process and return the processor time that it took, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def single_files(tree: Path) -> Rows:
    """Return the processor time of files that name SELU, in milliseconds."""
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        for each in read_snippets("snippets.txt"):
            Path(folder, f"{each.name}.py").write_text(each.code, encoding="utf-8")
        for name, paths in (
            ("small program", sorted(Path(folder).iterdir())),
            ("file of the tree that names SELU", list(naming_selu(tree))),
        ):
            times = sorted(map(milliseconds, paths))
            aim = " (aim: <= 30)" if name != "small program" else ""
            rows[f"{name}: how many"] = float(len(times))
            if times:
                rows[f"{name}: median, ms{aim}"] = statistics.median(times)
                rows[f"{name}: slowest, ms"] = times[-1]
    return rows


def naming_selu(tree: Path) -> Iterator[Path]:
    """Yield the files of a tree that the pre-filter lets pass."""
    for folder, _, names in os.walk(tree):
        for name in names:
            path = Path(folder, name)
            if path.suffix.lower() in SOURCE_SUFFIXES and matters(path.read_bytes()):
                yield path


def milliseconds(path: Path) -> float:
    """Return the processor time of a check of one file, the least of two."""
    settings = Settings()
    rules = selected_rules(settings)
    times = []
    for _ in range(2):
        start = time.process_time()
        check_file(str(path), settings, rules)
        times.append(time.process_time() - start)
    return 1000 * min(times)


def start_up(before: str | None, repeats: int) -> Rows:
    """Compare the check of a small model with a process that only imports what all need."""
    pythons = {"now": sys.executable} | ({"before": before} if before else {})
    commands = {name: check(python, SMALL) for name, python in pythons.items()}
    times = medians({"imports": [sys.executable, "-c", IMPORTS], **commands}, repeats)
    return {
        f"check small keras / import click, json, zipfile, {name}": times[name] / times["imports"]
        for name in commands
    }


if __name__ == "__main__":
    main()
