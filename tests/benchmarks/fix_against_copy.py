"""Time and memory of ``selu-lint fix`` on a large archive, against ``cp`` of the same file.

Run by hand: ``python -m tests.benchmarks.fix_against_copy [--megabytes 1024] [--folder DIR]``.
Nothing is drawn anew. Times are medians of processes that take turns, so they hold as ratios; a
fix also waits for the disk (fsync), so the copy is timed with and without that. Peak memory is
taken for a small file, too: what it grows by is what the size costs.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.check_speed import SMALL, large_archive, process


def main() -> None:
    """Print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1024)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--folder", help="where the files are written; by default a temporary one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        measure(Path(folder), options.megabytes, options.repeats)


def measure(folder: Path, megabytes: int, repeats: int) -> None:
    """Print the medians of ``repeats`` runs with an archive of ``megabytes`` MiB."""
    large, small, result = folder / "large.keras", folder / "small.keras", folder / "result.keras"
    large_archive(large, megabytes * 2**20)
    shutil.copyfile(SMALL, small)
    fix = [sys.executable, "-m", "selu_lint", "fix", "--redraw", "never", "--force", "-q"]
    commands = {
        "cp": ["cp", str(large), str(result)],
        "cp and sync": ["sh", "-c", f"cp '{large}' '{result}' && sync '{result}'"],
        "fix": [*fix, "--output", str(result), str(large)],
        "fix of a small file": [*fix, "--output", str(result), str(small)],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    memory: dict[str, int] = {}
    for _ in range(repeats + 1):
        for name, command in commands.items():
            result.unlink(missing_ok=True)
            taken, peak = process(command)
            times[name].append(taken)
            memory[name] = max(peak, memory.get(name, 0))
    # The first run only warms the caches.
    medians = {name: statistics.median(each[1:]) for name, each in times.items()}
    for name, each in medians.items():
        print(f"{name:20} {each:7.3f} s {memory[name] / 1024:8.1f} MiB")
    for name in ("cp", "cp and sync"):
        print(f"fix / {name}: {medians['fix'] / medians[name]:.2f}")
    grown = (memory["fix"] - memory["fix of a small file"]) / 1024
    print(f"memory that {megabytes} MiB cost: {grown:.1f} MiB")


if __name__ == "__main__":
    main()
