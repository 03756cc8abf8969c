"""Breaks guards, thresholds and sentences one by one, and sees whether the quick tests notice.

    python -m tests.mutants [NUMBER ...]

Each mutant is made in a copy of the repository; run by hand, since each takes as long as the tests.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]


class Mutant(NamedTuple):
    """A line that is broken: its file, what stands in it once, what stands there instead."""

    about: str
    file: str
    old: str
    new: str
    tests: str


MUTANTS = (
    Mutant(
        "a Dropout that a ReLU branch shares becomes AlphaDropout",
        "selu_lint/analysis/noise_repairs.py",
        "if any(not graph.selu_sources(call) for call in graph.acting_calls(layer)):",
        "if False:",
        "tests/rules/test_cases.py",
    ),
    Mutant(
        "a gain of 1.06 passes for 1",
        "selu_lint/model/initializers.py",
        "GAIN_TOLERANCE = 0.05",
        "GAIN_TOLERANCE = 0.07",
        "tests/rules/test_cases.py",
    ),
    Mutant(
        "a gain of 1.04 is reported",
        "selu_lint/model/initializers.py",
        "GAIN_TOLERANCE = 0.05",
        "GAIN_TOLERANCE = 0.03",
        "tests/rules/test_cases.py",
    ),
    Mutant(
        "--verify and --measure run code without --trust-code",
        "selu_lint/processes/keras_files.py",
        "hold_listed(document.architecture, None, trust_code)",
        "hold_listed(document.architecture, None, True)",
        "tests/test_gates.py",
    ),
    Mutant(
        "a SavedModel is built with code without --trust-code",
        "selu_lint/fixing/saved_model_fixer.py",
        "_hold_buildable(architecture, training, trust_code)\n    ",
        "_hold_buildable(architecture, training, True)\n    ",
        "tests/test_gates.py",
    ),
    Mutant(
        "--trust-code trusts nothing",
        "selu_lint/processes/allowlist.py",
        "code = None if trust_code else next(code_in(architecture, training), None)",
        "code = next(code_in(architecture, training), None)",
        "tests/test_gates.py",
    ),
    Mutant(
        "a result that still has findings is written",
        "selu_lint/fixing/file_fixer.py",
        "for code, layer in found - left:",
        "for code, layer in Counter() - left:",
        "tests/test_gates.py",
    ),
    Mutant(
        "the shortest prefix decides on a severity",
        "selu_lint/config/suppressions.py",
        "max(codes, key=len)",
        "min(codes, key=len)",
        "tests/test_gates.py",
    ),
    Mutant(
        "a variance of 1.6 is healthy",
        "selu_lint/theory/moments.py",
        "(0.8, 1.5)",
        "(0.8, 1.7)",
        "tests/test_gates.py",
    ),
    Mutant(
        "a variance of 0.75 is healthy",
        "selu_lint/theory/moments.py",
        "(0.8, 1.5)",
        "(0.7, 1.5)",
        "tests/test_gates.py",
    ),
    Mutant(
        "SELU008 advises the inverse of the scale",
        "rules/selu008_miscounted_fan_in.py",
        "scale = kernel.keras_fan_in / kernel.fan_in",
        "scale = kernel.fan_in / kernel.keras_fan_in",
        "tests/test_golden.py",
    ),
    Mutant(
        "a layer of another class keeps its old group of weights",
        "selu_lint/formats/writing/archive_groups.py",
        "    if not moved:\n        return\n    with open",
        "    return\n    with open",
        "tests/test_gates.py",
    ),
    Mutant(
        "a chunk is unpacked however much larger than its dataset it is",
        "selu_lint/formats/hdf5_reader/chunks.py",
        "if math.prod(counts) * size > limits.variable_bytes:",
        "if False:",
        "tests/formats/test_hdf5_file.py",
    ),
    Mutant(
        "the second layer of a name has the path of the first",
        "selu_lint/model/serialized_layers.py",
        "while unique in self._given:",
        "while False:",
        "tests/test_layer_tree.py",
    ),
    Mutant(
        "a network of 64 units that spends 16 nepers trains",
        "selu_lint/analysis/trainability.py",
        "SURE = 0.84",
        "SURE = 0.94",
        "tests/test_gates.py",
    ),
    Mutant(
        "depth costs nothing of what a network may spend",
        "selu_lint/analysis/trainability.py",
        "SPENT_A_LAYER = 0.3",
        "SPENT_A_LAYER = 0.0",
        "tests/test_gates.py",
    ),
)
"""Guards of which the tests once knew nothing, thresholds in both directions."""


def survives(mutant: Mutant) -> bool:
    """Whether the tests of a mutant pass."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "copy")
        left_out = shutil.ignore_patterns(".git", ".*_cache", "__pycache__", "*.egg-info")
        shutil.copytree(ROOT, copy, ignore=left_out)
        file = copy / mutant.file
        file.write_text(file.read_text(encoding="utf-8").replace(mutant.old, mutant.new))
        command = [sys.executable, "-m", "pytest", "-x", "-m", "not keras and not slow"]
        done = subprocess.run([*command, *mutant.tests.split()], cwd=copy, capture_output=True)
        return done.returncode == 0


def main() -> None:
    """Print what became of each mutant, or of those whose numbers are given."""
    numbers = [int(word) for word in sys.argv[1:]] or range(1, len(MUTANTS) + 1)
    alive = 0
    for number in numbers:
        survived = survives(MUTANTS[number - 1])
        alive += survived
        what = "SURVIVED" if survived else "noticed"
        print(f"{number:2} {what:8} {MUTANTS[number - 1].about}", flush=True)
    print(f"{len(numbers) - alive} of {len(numbers)} were noticed")


if __name__ == "__main__":
    main()
