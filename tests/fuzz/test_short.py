"""The fuzz target on a few hundred inputs of each format; the long run is in docs/fuzzing.md."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from zlib import crc32

import pytest

from tests.fuzz import corpus
from tests.fuzz.__main__ import fuzz
from tests.fuzz.inputs import FORMATS, MODELS, SOURCE, Inputs
from tests.fuzz.target import complaint
from tests.quick import one_in

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs SIGPROF")


# The first inputs by default, the others with the slow tests.
_FEW_AND_MANY = pytest.mark.parametrize("part", one_in(2, [range(12), range(12, 250)]), ids=repr)


@_FEW_AND_MANY
@pytest.mark.parametrize("kind", FORMATS)
def test_damaged_models_show_no_bug(kind: str, part: range) -> None:
    outcomes, bugs = fuzz(kind, part, seed=1)
    assert not bugs
    assert outcomes["read"] > 0
    assert outcomes["refused"] > 0


@_FEW_AND_MANY
def test_damaged_programs_show_no_bug(part: range) -> None:
    outcomes, bugs = fuzz(SOURCE, part, seed=1)
    assert not bugs
    assert outcomes["read"] > 0.75 * len(part)
    assert outcomes["refused"] > 0


@_FEW_AND_MANY
def test_models_with_extreme_numbers_show_no_bug(part: range) -> None:
    outcomes, bugs = fuzz(MODELS, part, seed=1)
    assert not bugs
    assert outcomes["read"] > 0.95 * len(part)


@pytest.mark.parametrize("step", one_in(2, [20, 1]))
@pytest.mark.parametrize("kind", FORMATS)
def test_inputs_that_reached_new_code_show_no_bug(kind: str, step: int, tmp_path: Path) -> None:
    inputs, outcomes = Inputs(kind), set()
    for data in list(corpus.load(kind))[::step]:
        outcome, bug = complaint(inputs.written(data, tmp_path), crc32(data) % corpus.SHARES)
        assert not bug
        outcomes.add(outcome)
    assert outcomes == {"read", "refused"} or (step > 1 and outcomes <= {"read", "refused"})


@pytest.mark.slow
@pytest.mark.skipif(find_spec("atheris") is None, reason="needs atheris")
def test_guided_inputs_show_no_bug() -> None:
    command = [sys.executable, "-m", "tests.fuzz.guided", "--format", "json", "--inputs", "300"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "json: 300 inputs" in ran.stdout
    assert "0 bugs" in ran.stdout


def test_a_crash_of_a_rule_is_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.fuzz import target

    def crash(self: object, graph: object) -> None:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(target._RULES[0], "check", crash)
    outcomes, bugs = fuzz("json", range(20), seed=1)
    assert outcomes["bug"] > 0
    assert any("ZeroDivisionError" in bug for bug in bugs)


def test_a_repair_of_code_that_has_no_end_is_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    from selu_lint.fixing import source_fixer

    def restless(data: bytes, *_: object) -> bytes:
        return data + b"\n#"

    monkeypatch.setattr(source_fixer, "_encoded", restless)
    bugs = fuzz(SOURCE, range(20), seed=1)[1]
    assert any("not idempotent" in bug for bug in bugs)


def test_a_crash_of_a_repair_of_code_is_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    from selu_lint.fixing import source_fixer

    def crash(*_: object) -> None:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(source_fixer, "repair", crash)
    bugs = fuzz(SOURCE, range(20), seed=1)[1]
    assert any("not repaired" in bug and "ZeroDivisionError" in bug for bug in bugs)
