"""How the processor time of ``check`` and ``fix`` grows with a file of source code.

Run by hand: ``python -m tests.benchmarks.source_repair [--sizes 100 200 400 800] [PROGRAM ...]``.
Each program is written at each size, in findings; of each, the ratio to the size before is printed
(2: in proportion, 4: as the square), and the seconds that the largest took. Files may be named
instead of programs: of these, ``fix --diff`` as a ratio to ``check``.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from selu_lint.fixing.fixer import fix
from selu_lint.linter import check
from tests.source.large_programs import PROGRAMS, notebook


def main() -> None:
    """Measure, and print a line a program or file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("programs", nargs="*", default=list(PROGRAMS), metavar="PROGRAM")
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 200, 400, 800])
    options = parser.parse_args()
    for name in options.programs:
        if name in PROGRAMS:
            print(f"{name}: {growth(name, options.sizes)}", flush=True)
        else:
            checked, repaired = seconds(check, name), seconds(fix, name, dry_run=True)
            print(f"{name}: check {checked:.2f} s, fix {repaired / checked:.1f} times as long")


def growth(name: str, sizes: list[int]) -> str:
    """Return how the times of check and fix grow from size to size."""
    suffix = ".ipynb" if PROGRAMS[name] is notebook else ".py"
    checked, repaired = [], []
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            path = Path(folder, f"{name}{size}{suffix}")
            path.write_text(PROGRAMS[name](size), encoding="utf-8")
            checked.append(seconds(check, str(path)))
            repaired.append(seconds(fix, str(path), dry_run=True))
    return f"check {ratios(checked)}; fix {ratios(repaired)}"


def ratios(times: list[float]) -> str:
    """Return each time as a ratio to the one before, and the last time."""
    grown = " ".join(f"{b / a:.1f}" for a, b in itertools.pairwise(times))
    return f"{grown} ({times[-1]:.2f} s)"


def seconds(function: Callable[..., object], path: str, **options: bool) -> float:
    """Return the processor time of a call, the least of two."""
    times = []
    for _ in range(2):
        start = time.process_time()
        function(path, **options)
        times.append(time.process_time() - start)
    return min(times)


if __name__ == "__main__":
    main()
