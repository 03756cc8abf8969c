"""What the interpreter knows of a program's values is what Python itself makes of it."""

from __future__ import annotations

import ast
import warnings
from collections import deque
from typing import Any

import pytest

from selu_lint.limits import DEFAULT
from selu_lint.source import builtins, loops, statements
from selu_lint.source.calls import PythonAndKeras
from selu_lint.source.definitions import Scope
from selu_lint.source.facts import gather
from selu_lint.source.iteration import elements
from selu_lint.source.machine import Machine
from selu_lint.source.values import Dict, List, Value, is_constant
from tests.quick import one_in
from tests.source.python_programs import program

_COMPARED = (int, float, str, list, tuple, dict, set, deque)
_UNKNOWN = object()


class _Run:
    """A program that the interpreter has run.

    Attributes
    ----------
    guessed : bool
        Whether it took a condition or a loop's length that the program does not tell it, or ended
        before the program does.
    """

    def __init__(self, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self._open = False
        for module in (loops, builtins):
            monkeypatch.setattr(module, "elements", self._elements)
        tree = ast.parse(code)
        self._machine = Machine(PythonAndKeras(), gather(tree), DEFAULT)
        self._scope = Scope(variables={"__name__": "__main__"})
        statements.run_module(self._machine, tree, self._scope)

    @property
    def guessed(self) -> bool:
        return self._open or self._machine.decided > 0 or bool(self._machine.spent)

    def _elements(self, machine: Machine, value: Value) -> tuple[list[Value], bool]:
        found = elements(machine, value)
        self._open |= found[1]
        return found

    def value(self, name: str) -> Any:
        """Return what is known of a variable, in Python's own types."""
        return self._plain(self._scope.variables.get(name, _UNKNOWN))

    def _plain(self, value: Value) -> Any:
        value = self._machine.resolve(value)
        if isinstance(value, List | Dict) and value.open:
            return _UNKNOWN
        if isinstance(value, List):
            return [self._plain(each) for each in value.items]
        if isinstance(value, Dict):
            return {key: self._plain(held) for key, held in value.items.values()}
        if isinstance(value, tuple):
            return tuple(map(self._plain, value))
        return value if is_constant(value) else _UNKNOWN


def _agree(known: Any, real: Any) -> bool:
    if known is _UNKNOWN:
        return True
    if isinstance(known, list) and isinstance(real, set):
        return len(known) == len(real) and set(known) <= {*real, _UNKNOWN}
    if isinstance(known, list) and isinstance(real, deque):
        real = list(real)
    if type(known) is not type(real):
        return False
    if isinstance(known, dict):
        return list(known) == list(real) and all(_agree(known[key], real[key]) for key in real)
    if isinstance(known, list | tuple):
        return len(known) == len(real) and all(map(_agree, known, real))
    return bool(known == real)


def _disagreements(code: str, run: _Run) -> tuple[list[str], int, int]:
    """Return where the two differ, how many values are known, and how many there are."""
    real: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(code, "program", "exec", dont_inherit=True), real)
    names = [name for name, value in real.items() if isinstance(value, _COMPARED)]
    known = {name: run.value(name) for name in names}
    wrong = [
        f"{name} is {real[name]!r}, not {known[name]!r}"
        for name in names
        if not _agree(known[name], real[name])
    ]
    return wrong, sum(each is not _UNKNOWN for each in known.values()), len(names)


@pytest.mark.parametrize("seeds", one_in(2, [range(150), range(150, 1500)]), ids=repr)
def test_values_are_those_of_python(seeds: range, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = all_known = all_values = 0
    for seed in seeds:
        code = program(seed, statements=2 + seed % 12)
        run = _Run(code, monkeypatch)
        if run.guessed:
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SyntaxWarning)
                wrong, known, values = _disagreements(code, run)
        except (ArithmeticError, AttributeError, LookupError, NameError, ValueError):
            continue
        assert not wrong, f"program {seed}: {wrong}\n{code}"
        compared, all_known, all_values = compared + 1, all_known + known, all_values + values
    assert compared > len(seeds) / 2
    assert all_known > 0.75 * all_values
