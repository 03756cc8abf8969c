"""Breaks a sample of all places of the code one by one, and sees whether the quick tests notice.

    python -m tests.sampled_mutants --count 60 --seed 0

A place is a comparison, a condition, a number, a text, an operation or a truth value in one of
`FOLDERS`. The sample is drawn by the seed. The quick tests run once with coverage, which tells
the tests of each line; each mutant is tried with those alone (with `MOST` of them at most), in a
copy of the repository, until one of them fails.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
FOLDERS = ("selu_lint/model", "selu_lint/fixing", "rules")
MOST = 40
_SECONDS = 600
_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_OPERATIONS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Pow: ast.Mult,
}  # fmt: skip
_UNSEEN = (ast.JoinedStr, ast.Import, ast.ImportFrom, ast.Assert)
"""Nothing inside of them is mutated: inside a text its parts have no places of their own."""


class Mutant(NamedTuple):
    """A place in a file, and the code that stands there instead."""

    file: str
    line: int
    start: int
    end: int
    new: str


def mutants(root: Path) -> list[Mutant]:
    """Return one mutant of each place, in the order of files and places."""
    return [
        mutant
        for folder in FOLDERS
        for path in sorted((root / folder).rglob("*.py"))
        for mutant in _of_file(path, path.relative_to(root).as_posix())
    ]


def _of_file(path: Path, name: str) -> Iterator[Mutant]:
    text = path.read_bytes()
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for node in _places(ast.parse(text)):
        new = _changed(node)
        if new is not None:
            start = starts[node.lineno - 1] + node.col_offset
            end = starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
            yield Mutant(name, node.lineno, start, end, f"({ast.unparse(new)})")


def _places(node: ast.AST) -> Iterator[ast.expr]:
    """Yield the expressions that run: no annotations, documentation or code for type checkers."""
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "bases", "keywords_of_class"):
            continue
        for child in value if isinstance(value, list) else [value]:
            documents = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
            checks_types = isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"
            named_cases = isinstance(child, ast.FunctionDef) and child.name == "cases"
            if not isinstance(child, ast.AST) or documents or checks_types or named_cases:
                continue
            if isinstance(child, ast.expr):
                yield child
            if not isinstance(child, _UNSEEN):
                yield from _places(child)


def _changed(node: ast.expr) -> ast.expr | None:
    """Return what a place is changed to; None if it stays."""
    new = deepcopy(node)
    match new:
        case ast.Compare(ops=[operator, *_]):
            new.ops[0] = _COMPARISONS[type(operator)]()
        case ast.BoolOp(op=ast.And()):
            new.op = ast.Or()
        case ast.BoolOp():
            new.op = ast.And()
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return operand
        case ast.IfExp(test=test):
            new.test = ast.UnaryOp(ast.Not(), test)
        case ast.BinOp(op=operator) if type(operator) in _OPERATIONS:
            new.op = _OPERATIONS[type(operator)]()
        case ast.Constant(value=bool(value)):
            new.value = not value
        case ast.Constant(value=int(value) | float(value)):
            new.value = value + 1
        case ast.Constant(value=str(value)) if " " in value:
            new.value = f"{value}~"
        case ast.JoinedStr(values=values):
            new.values = [*values, ast.Constant("~")]
        case _:
            return None
    return new


class Trial:
    """A copy of the repository in which mutants are tried."""

    def __init__(self, folder: Path) -> None:
        self.copy = folder / "copy"
        left_out = shutil.ignore_patterns(".git", ".*_cache", "__pycache__", "*.egg-info", "site")
        shutil.copytree(ROOT, self.copy, ignore=left_out)
        self.environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
        self.lines: dict[str, dict[str, list[str]]] = {}

    def measure(self) -> None:
        """Run the quick tests and keep which of them run each line."""
        packages = ["--cov=selu_lint", "--cov=rules", "--cov-context=test", "--cov-report="]
        self._pytest(*packages, seconds=None)
        told = self.copy / "coverage.json"
        command = [sys.executable, "-m", "coverage", "json", "--show-contexts", "-o", str(told)]
        subprocess.run([*command, "-q"], cwd=self.copy, env=self.environment, check=True)
        for name, file in json.loads(told.read_text())["files"].items():
            self.lines[name] = file["contexts"]

    def tests_of(self, mutant: Mutant) -> list[str]:
        """Return the tests that run a line; of what runs at the import, those of its file."""
        lines = self.lines.get(mutant.file, {})
        contexts = set(lines.get(str(mutant.line), ()))
        found = {each.partition("|")[0] for each in contexts} - {""}
        if not found and contexts:
            found = {each.partition("|")[0] for line in lines.values() for each in line} - {""}
        first = sorted(each for each in found if "test_golden" in each or "test_cases" in each)
        others = sorted(found - set(first))
        random.Random(mutant.start).shuffle(others)
        return [*first, *others][:MOST]

    def survives(self, mutant: Mutant, tests: list[str]) -> bool:
        """Whether all these tests pass."""
        path = self.copy / mutant.file
        text = path.read_bytes()
        path.write_bytes(text[: mutant.start] + mutant.new.encode() + text[mutant.end :])
        try:
            return self._pytest("-x", "-p", "no:cacheprovider", *tests) == 0
        finally:
            path.write_bytes(text)

    def _pytest(self, *arguments: str, seconds: float | None = _SECONDS) -> int:
        command = [sys.executable, "-m", "pytest", *arguments]
        try:
            done = subprocess.run(
                command,
                cwd=self.copy,
                env=self.environment,
                capture_output=True,
                text=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return 1
        return done.returncode


def main() -> None:
    """Print what becomes of each mutant of the sample, and how many were noticed."""
    parser = argparse.ArgumentParser(prog="python -m tests.sampled_mutants", description=__doc__)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    every = mutants(ROOT)
    sample = random.Random(asked.seed).sample(every, asked.count)
    print(f"{asked.count} of {len(every):,} mutants by seed {asked.seed}", flush=True)
    noticed = 0
    with tempfile.TemporaryDirectory(prefix="selu-lint-mutants-") as folder:
        trial = Trial(Path(folder))
        trial.measure()
        for mutant in sample:
            tests = trial.tests_of(mutant)
            survived = not tests or trial.survives(mutant, tests)
            noticed += not survived
            what = "noticed" if not survived else "SURVIVED" if tests else "NOT RUN"
            print(f"{what:8} {mutant.file}:{mutant.line}: {_told(mutant)}", flush=True)
    print(f"{noticed} of {len(sample)} were noticed")


def _told(mutant: Mutant) -> str:
    old = (ROOT / mutant.file).read_bytes()[mutant.start : mutant.end].decode()
    return f"{' '.join(old.split())[:60]} -> {mutant.new[1:-1][-60:]}"


if __name__ == "__main__":
    main()
