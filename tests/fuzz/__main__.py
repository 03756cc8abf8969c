"""Fuzz one format: ``python -m tests.fuzz --format keras --inputs 100000 --seed 0``."""

from __future__ import annotations

import argparse
import gc
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.fuzz.inputs import FORMATS, MODELS, SOURCE, Inputs
from tests.fuzz.target import complaint, limit_memory

_COLLECTED = 250
"""How many inputs go by between two searches for cycles: the collector's own take a tenth."""


def fuzz(
    kind: str,
    inputs: range,
    seed: int,
    save: Path | None = None,
    progress: bool = False,
    deep: int = 1,
) -> tuple[Counter[str], dict[str, int]]:
    """Try inputs and return how many were read and refused, and each bug with its first input.

    Parameters
    ----------
    kind : str
        One of `FORMATS`, `MODELS` or `SOURCE`.
    inputs : range
        The indices of the inputs.
    seed : int
        Which inputs.
    save : Path, optional
        Where inputs that show a bug are kept.
    progress : bool
        Whether every thousand inputs are told on standard error.
    deep : int
        Of how many inputs one is repaired, profiled and written, too, as `complaint` chooses.
    """
    outcomes: Counter[str] = Counter()
    bugs: dict[str, int] = {}
    with tempfile.TemporaryDirectory(prefix="selu-lint-fuzz-") as name:
        made = Inputs(kind)
        # All that is there now stays: the collector need not look at it again and again.
        gc.freeze()
        for index in inputs:
            if index % _COLLECTED == 0:
                gc.collect()
            path = made.written(made.made(seed, index), Path(name))
            share = None if index % deep else index // deep
            outcome, bug = complaint(path, share, whole=kind == MODELS)
            outcomes[outcome] += 1
            if progress and (index + 1) % 1000 == 0:
                print(f"{kind}: {index + 1 - inputs.start:,} inputs", file=sys.stderr, flush=True)
            if not bug:
                continue
            outcomes["bug"] += 1
            if bug not in bugs:
                bugs[bug] = index
                print(f"{kind} input {index}: {bug}", flush=True)
                if save is not None:
                    _keep(path, save / f"{kind}-{seed}-{index}{path.suffix}")
    return outcomes, bugs


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 1 if there are bugs."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--format", choices=(*FORMATS, MODELS, SOURCE), required=True)
    parser.add_argument("--inputs", type=int, default=10_000, help="how many (default: 10000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=int, default=0, help="index of the first input")
    parser.add_argument(
        "--deep", type=int, default=1, help="repair and profile among one in how many (default: 1)"
    )
    parser.add_argument("--save", type=Path, help="folder for the inputs that show a bug")
    asked = parser.parse_args(arguments)
    limit_memory()
    gc.disable()
    start = time.monotonic()
    inputs = range(asked.start, asked.start + asked.inputs)
    outcomes, bugs = fuzz(
        asked.format, inputs, asked.seed, asked.save, progress=True, deep=asked.deep
    )
    seconds = time.monotonic() - start
    print(
        f"{asked.format}: {len(inputs):,} inputs in {seconds:,.0f} s: {outcomes['read']:,} read, "
        f"{outcomes['refused']:,} refused; {outcomes['bug']:,} showed {len(bugs)} bugs"
    )
    return 1 if bugs else 0


def _keep(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        shutil.copytree(path, target, dirs_exist_ok=True)
    else:
        shutil.copy(path, target)


if __name__ == "__main__":
    sys.exit(main())
