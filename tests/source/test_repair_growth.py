"""Repairs take time about in proportion to a file: calls of functions are counted, no clock."""

from __future__ import annotations

import functools
from collections.abc import Callable

import pytest

from selu_lint.limits import DEFAULT
from selu_lint.linter import lint
from selu_lint.model.document import NOTEBOOK, PYTHON, Document
from selu_lint.settings import Settings
from selu_lint.source import checking
from selu_lint.source.checking import Examination
from selu_lint.source.reading import read_text
from selu_lint.source.repair import planning, rounds
from selu_lint.source.repair.repairs import Repair
from tests.counting import calls
from tests.quick import one_in
from tests.source.large_programs import PROGRAMS, functions, notebook

SMALL, LARGE = 12, 48


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(each, id=name, marks=[] if name == "functional" else [pytest.mark.slow])
        for name, each in PROGRAMS.items()
    ],
)
def test_four_times_the_findings_take_four_times_the_calls(program: Callable[[int], str]) -> None:
    kind = NOTEBOOK if program is notebook else PYTHON
    repaired(program(SMALL), kind)
    counts = []
    for size in (SMALL, LARGE):
        found: list[rounds.Repaired] = []
        counts.append(calls(lambda: found.append(repaired(program(size), kind))))  # noqa: B023
        assert len(found[0].applied) >= size
        assert not found[0].remaining
    assert counts[1] < 4.4 * counts[0]


@pytest.mark.parametrize("wrong", one_in(2, [[7], [0, 15]]), ids=["one", "two"])
def test_wrong_repairs_are_found_in_few_attempts(
    wrong: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(monkeypatch, wrong)
    found = repaired(functions(16))
    assert len(found.applied) == 16 - len(wrong)
    assert {each.reason for each in found.remaining} == {LEFT_OUT}
    # At most two halves of each of the sizes 16 to 1 a wrong one, then those that stay alone.
    assert repaired.examinations <= 1 + len(wrong) * 2 * 4 + 1 + 3


def test_attempts_come_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "_MOST_ATTEMPTS", 5)
    spoil(monkeypatch, range(16))
    found = repaired(functions(16))
    assert not found.applied
    assert repaired.examinations == 1 + 5
    reasons = [each.reason for each in found.remaining]
    assert "its repair is left out: too many repairs of this file could not be made" in reasons


LEFT_OUT = "its repair is left out: the result would build something else than it should"


def spoil(monkeypatch: pytest.MonkeyPatch, wrong: range | tuple[int, ...]) -> None:
    """Let the planner write the wrong thing for some layers of `functions`."""
    write = planning.Planner.repair
    lines = {3 + number // 2 * 7 + number % 2 for number in wrong}

    def planned(planner: planning.Planner, number: int, finding: object) -> Repair:
        found = write(planner, number, finding)  # type: ignore[arg-type]
        start = found.replacements[0].start
        if planner._listing.line_and_column(start)[0] - 1 not in lines:
            return found
        first = found.replacements[0]
        new = first.new.replace("lecun_normal", "he_normal").replace("AlphaDropout", "ELU")
        return found._replace(replacements=(first._replace(new=new), *found.replacements[1:]))

    monkeypatch.setattr(planning.Planner, "repair", planned)


class _Repaired:
    """Repairs a file, and counts how often it was examined."""

    examinations = 0

    def __call__(self, code: str, kind: str = PYTHON) -> rounds.Repaired:
        settings = Settings()
        self.examinations = 0

        def examine(document: Document) -> Examination:
            self.examinations += 1
            return checking.examine(document, settings, functools.partial(lint, settings=settings))

        text = read_text(code.encode(), "train.py", kind, DEFAULT)
        assert text is not None
        document = Document(text.path, kind, None, None, text=text.raw, code=text)
        return rounds.repair(document, examine, unsafe_fixes=False)


repaired = _Repaired()
