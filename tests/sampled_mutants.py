"""Breaks a sample of all places of the code one by one, and sees whether the quick tests notice.

    pytest --cov --cov-context=test --cov-report=
    python -m tests.sampled_mutants --count 300 --seed 0

A place is a comparison, a condition, a number, a text, an operation or a truth value in a function
of one of `FOLDERS`. The sample is drawn by the seed. The coverage tells the tests that run a line:
each mutant is tried with those alone, with `MOST` of them at most, until one of them fails. No file
is changed: in a forked process the functions of the file get other code.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import gc
import importlib
import os
import random
import resource
from collections.abc import Iterator
from copy import deepcopy
from itertools import chain, zip_longest
from pathlib import Path
from types import CodeType, FunctionType
from typing import NamedTuple

import pytest
from coverage import CoverageData

ROOT = Path(__file__).parents[1]
FOLDERS = ("selu_lint/model", "selu_lint/fixing", "rules")
MOST = 60
_SECONDS = 120
_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_OPERATIONS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Pow: ast.Mult,
}  # fmt: skip
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_QUIET = ("-q", "-x", "-p", "no:cacheprovider", "-p", "no:cov")


class Mutant(NamedTuple):
    """A file, its number of the places in it, the line, what stands there and what instead."""

    file: Path
    number: int
    line: int
    old: str
    new: str


def mutants(file: Path) -> Iterator[Mutant]:
    """Yield one mutant of each place in the functions of a file."""
    for number, node in enumerate(_places(ast.parse(file.read_bytes()))):
        new = _change(deepcopy(node))
        yield Mutant(file, number, node.lineno, ast.unparse(node), ast.unparse(new))


def _places(node: ast.AST, inside: bool = False) -> Iterator[ast.expr]:
    """Yield what can be changed where it runs in a function; no annotations, no documentation."""
    for field, value in ast.iter_fields(node):
        runs_before = field in ("annotation", "returns", "decorator_list", "args")
        if runs_before and not isinstance(node, ast.Call):
            continue
        for child in value if isinstance(value, list) else [value]:
            documents = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
            named_cases = isinstance(child, ast.FunctionDef) and child.name == "cases"
            if not isinstance(child, ast.AST) or documents or named_cases:
                continue
            if inside and isinstance(child, ast.expr) and _is_place(child):
                yield child
            if not isinstance(child, ast.JoinedStr | ast.Assert):
                yield from _places(child, inside or isinstance(child, _FUNCTIONS))


def _is_place(node: ast.expr) -> bool:
    match node:
        case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()) | ast.IfExp():
            return True
        case ast.BinOp(op=operator):
            return type(operator) in _OPERATIONS
        case ast.Constant(value=str(text)):
            return " " in text
        case ast.Constant(value=value):
            return isinstance(value, bool | int | float)
    return isinstance(node, ast.JoinedStr)


def _change(node: ast.expr) -> ast.expr:
    """Change what stands in a place, and return it."""
    match node:
        case ast.Compare(ops=[operator, *_]):
            node.ops[0] = _COMPARISONS[type(operator)]()
        case ast.BoolOp():
            node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        case ast.UnaryOp():
            node.operand = ast.UnaryOp(ast.Not(), node.operand)
        case ast.IfExp(test=test):
            node.test = ast.UnaryOp(ast.Not(), test)
        case ast.BinOp(op=operator):
            node.op = _OPERATIONS[type(operator)]()
        case ast.Constant(value=bool(value)):
            node.value = not value
        case ast.Constant(value=int(value) | float(value)):
            node.value = value + 1
        case ast.Constant(value=str(value)):
            node.value = f"{value}~"
        case ast.JoinedStr(values=values):
            node.values = [*values, ast.Constant("~")]
    return node


def put_in(mutant: Mutant) -> None:
    """Give the functions of a file the code that they have with a mutant."""
    tree, changed = (ast.parse(mutant.file.read_bytes()) for _ in range(2))
    _change(list(_places(changed))[mutant.number])
    before, after = (
        _codes(compile(ast.fix_missing_locations(each), mutant.file, "exec", dont_inherit=True))
        for each in (tree, changed)
    )
    codes = dict(zip(before, after, strict=True))
    # Some modules are imported only where they are needed.
    parts = mutant.file.relative_to(ROOT).with_suffix("").parts
    importlib.import_module(".".join(parts if parts[0] == "selu_lint" else ("selu_lint", *parts)))
    gc.unfreeze()
    live = [each for each in gc.get_objects() if isinstance(each, FunctionType)]
    mutated = [each for each in live if each.__code__.co_filename == str(mutant.file)]
    for each in mutated:
        each.__code__ = codes[each.__code__]
    assert mutated


def _codes(code: CodeType) -> Iterator[CodeType]:
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield each
            yield from _codes(each)


def tests_of(mutant: Mutant, measured: CoverageData) -> list[str]:
    """Return tests that run a line, those of many functions before many of one function."""
    lines = measured.contexts_by_lineno(str(mutant.file))
    # A part of a statement may stand on a line that is not told for itself.
    contexts = lines.get(max((line for line in lines if line <= mutant.line), default=0), ())
    cases: dict[str, list[str]] = {}
    for test in sorted({each.rpartition("|")[0] for each in contexts} - {""}):
        cases.setdefault(test.partition("[")[0], []).append(test)
    drawn = random.Random(mutant.number)
    for each in cases.values():
        drawn.shuffle(each)
    rounds = zip_longest(*(cases[each] for each in drawn.sample(sorted(cases), len(cases))))
    return [each for each in chain.from_iterable(rounds) if each][:MOST]


def outcome(mutant: Mutant, tests: list[str]) -> str:
    """Say what the tests make of a mutant."""
    if not tests:
        return "not run"
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
        put_in(mutant)
        os._exit(_quietly(*tests))
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return {0: "SURVIVED", 1: "noticed"}.get(code, f"noticed ({code})")


def _quietly(*arguments: str) -> int:
    with open(os.devnull, "w") as nothing, contextlib.redirect_stdout(nothing):
        return int(pytest.main([*_QUIET, *arguments]))


def main() -> None:
    """Print what becomes of each mutant of the sample, and how many were noticed."""
    parser = argparse.ArgumentParser(prog="python -m tests.sampled_mutants", description=__doc__)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    measured = CoverageData(str(ROOT / ".coverage"))
    measured.read()
    files = chain.from_iterable(sorted((ROOT / folder).rglob("*.py")) for folder in FOLDERS)
    every = [mutant for file in files for mutant in mutants(file)]
    print(f"{asked.count} of {len(every):,} mutants by seed {asked.seed}", flush=True)
    # What is imported once stands ready in each process.
    _quietly("--collect-only", str(ROOT / "tests"))
    noticed = 0
    for mutant in random.Random(asked.seed).sample(every, asked.count):
        what = outcome(mutant, tests_of(mutant, measured))
        noticed += what.startswith("noticed")
        place = f"{mutant.file.relative_to(ROOT)}:{mutant.line}"
        print(f"{what:8} {place}: {mutant.old[:70]} -> {mutant.new[-70:]}", flush=True)
    print(f"{noticed} of {asked.count} were noticed")


if __name__ == "__main__":
    main()
