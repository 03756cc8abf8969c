"""Fuzz one format, guided by coverage: ``python -m tests.fuzz.guided --format keras``.

Atheris (libFuzzer) keeps each input that reaches new code, and changes these further.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

import atheris

from tests.fuzz import corpus, mutations
from tests.fuzz.inputs import FORMATS, Inputs

_LONGEST = 1 << 20


def main() -> None:
    """Run the command, which ends the process: with 1 if there are bugs, else with 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.guided", description=__doc__)
    parser.add_argument("--format", choices=FORMATS, required=True)
    parser.add_argument("--inputs", type=int, default=100_000, help="how many (default: 100000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save", type=Path, help="folder for the inputs that show a bug")
    parser.add_argument("--found", type=Path, help="folder for the inputs that reach new code")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="selu-lint-fuzz-") as name:
        _fuzz(asked, Path(name))


def _fuzz(asked: argparse.Namespace, folder: Path) -> None:
    inputs = Inputs(asked.format, _damaged)
    place, found, seeds = folder / "input", asked.found or folder / "found", folder / "seeds"
    for each in (place, found, seeds):
        each.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate([*inputs.seeds, *corpus.load(asked.format)]):
        (seeds / str(number)).write_bytes(data)
    with atheris.instrument_imports(include=["selu_lint"]):
        from tests.fuzz.target import complaint, limit_memory

        # Much is imported where it is needed: what sound models need is imported here, counted.
        for share, data in enumerate(inputs.seeds * corpus.SHARES):
            complaint(inputs.written(data, place), share)
            if share > 2 * corpus.SHARES:
                break
    limit_memory()

    outcomes: Counter[str] = Counter()
    bugs: dict[str, str] = {}
    start = time.monotonic()

    def report() -> None:
        print(
            f"{asked.format}: {outcomes.total():,} inputs in {time.monotonic() - start:,.0f} s: "
            f"{outcomes['read']:,} read, {outcomes['refused']:,} refused; {len(bugs)} bugs",
            flush=True,
        )

    def one_input(data: bytes) -> None:
        outcome, bug = complaint(inputs.written(data, place), crc32(data) % corpus.SHARES)
        outcomes[outcome] += 1
        if bug and bug not in bugs:
            bugs[bug] = f"{asked.format}-{crc32(data):08x}"
            print(f"{bugs[bug]}: {bug}", flush=True)
            if asked.save is not None:
                asked.save.mkdir(parents=True, exist_ok=True)
                (asked.save / bugs[bug]).write_bytes(data)
        last = outcomes.total() >= asked.inputs
        if last or outcomes.total() % 5000 == 0:
            report()
        if last:
            # libFuzzer would end the process without a word, and with 0.
            os._exit(1 if bugs else 0)

    def changed(data: bytes, longest: int, seed: int) -> bytes:
        chance = random.Random(seed)
        # What is broken is kept as well, and changing it further seldom makes it sound.
        if chance.random() < 0.4:
            data = chance.choice(inputs.seeds)
        return inputs.changed(data, chance)[:longest]

    options = [f"-seed={asked.seed + 1}", f"-max_len={_LONGEST}", f"-artifact_prefix={folder}/"]
    # The target has limits of its own; libFuzzer counts the time in which a process is stopped.
    options += ["-timeout=3600", "-rss_limit_mb=0"]
    # Small inputs that reach the same are worth less here: most of a model would be gone.
    options += ["-len_control=0", "-reduce_inputs=0"]
    folders = [str(found), str(seeds)]
    atheris.Setup([sys.argv[0], *options, *folders], one_input, custom_mutator=changed)
    atheris.Fuzz()


def _damaged(data: bytes, others: Sequence[bytes], random: random.Random) -> bytes:
    """Damage bytes in our ways or, every other time, in those of libFuzzer."""
    if data and random.random() < 0.5:
        return atheris.Mutate(data, len(data) + 4096)
    return mutations.damaged(data, others, random)


if __name__ == "__main__":
    main()
