"""Summary and table say what the runs showed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from selu_lint.reference import summary
from selu_lint.reference.grids import grid

from .samples import records_of


def test_the_difference_is_paired_by_seed() -> None:
    planned = grid("seed", 3)
    broken, keep, match = summary.groups(planned, records_of(planned))
    assert broken.difference is None
    assert broken.compared == ""
    assert keep.difference is not None
    assert keep.difference.mean == pytest.approx(-0.1)
    assert keep.difference.sd == pytest.approx(0, abs=1e-12)
    assert (keep.compared, match.compared) == ("worse", "better")
    assert match.accuracy is not None
    assert match.accuracy.mean == pytest.approx(0.76)


def test_differences_within_noise_and_of_one_run_say_so() -> None:
    planned = grid("seed", 2)
    runs = records_of(planned)
    runs[-1]["test_accuracy"] = 0.0
    assert summary.groups(planned, runs)[2].compared == "worse, within noise"
    first = grid("seed", 1)
    assert summary.groups(first, records_of(first))[1].compared == "worse (one run)"


def test_a_sentence_says_what_was_shown_and_whether_it_is_decided() -> None:
    def said(name: str, seeds: int, **options: Any) -> str:
        planned = grid(name, seeds, **options)
        return summary.sentence(summary.groups(planned, records_of(planned)))

    assert said("seed", 3) == (
        "keep loses to broken by 0.1 (3 seeds: decided); "
        "match beats broken by 0.25 (3 seeds: decided)."
    )
    one = said("depth", 1, depths=(8,), rates=(0.5,), variants=("broken", "match"))
    assert one == "match beats broken by 0.25 at depth 8, rate 0.5 (one seed: not decided)."
    assert said("depth", 2, depths=(4, 8), rates=(0.5,), variants=("broken", "match")) == (
        "match beats broken in 2 of 2 networks; "
        "the largest difference is +0.25 at depth 4, rate 0.5."
    )
    assert said("best", 1) == "clean reaches a test accuracy of 0.9000 (one seed)."
    assert summary.sentence([]) == "Nothing was trained."


def test_a_run_without_its_broken_one_is_not_compared() -> None:
    planned = grid("seed", 2, variants=("broken", "match"))
    runs = [run for run in records_of(planned) if run["seed"] or run["variant"] == "match"]
    match = summary.groups(planned, runs)[1]
    assert match.accuracy is not None
    assert match.difference is not None
    assert (match.accuracy.n, match.difference.n) == (2, 1)


def test_losses_that_were_not_finite_are_left_out() -> None:
    planned = grid("best", 2)
    runs = records_of(planned)
    runs[0]["test_loss"] = None
    (group,) = summary.groups(planned, runs)
    assert group.loss is not None
    assert group.loss.n == 1


def test_the_table_has_a_line_for_each_group() -> None:
    planned = grid("depth", 2, depths=(4, 8), rates=(0.5,))
    text = summary.table(summary.groups(planned, records_of(planned)))
    lines = text.splitlines()
    assert len(lines) == 2 + 6
    assert len({line.count("|") for line in lines}) == 1
    assert lines[0].startswith("| depth | rate | variant | runs | test accuracy |")
    assert lines[3].startswith(
        "| 4 | 0.5 | keep | 2 | 0.4050 | 0.0071 | 0.3415 to 0.4685 | -0.1000 |"
    )
    assert "| worse | trains |" in lines[3]


def test_the_summary_is_json() -> None:
    planned = grid("seed", 2)
    runs = records_of(planned)
    whole = summary.as_json(planned, summary.groups(planned, runs), runs)
    read = json.loads(json.dumps(whole, allow_nan=False))
    assert (read["runs"], read["runs_planned"], read["device"]) == (6, 6, "an abacus")
    assert read["git_revisions"] == ["0123"]
    assert read["groups"][1]["compared_to_broken"] == "worse"
    assert read["groups"][1]["accuracy"]["n"] == 2


def test_verdicts_are_held_against_what_was_trained() -> None:
    planned = grid("depth", 2, depths=(4,), rates=(0.5,))
    runs = records_of(planned)
    said = ["trains", "trains", "signal lost at layer 3 of 4", "no verdict: no SELU", "borderline"]
    said.append("signal lost at layer 3 of 4")
    gave = [0.9, 0.2, 0.1, 0.9, 0.7, 0.8]
    for run, verdict, accuracy in zip(runs, said, gave, strict=True):
        run["profile_verdict"], run["test_accuracy"] = verdict, accuracy
    assert summary.verdicts(runs) == {
        "trains": (1, 1),
        "borderline": (1, 0),
        "will not train": (1, 1),
        "no verdict": (1, 0),
    }
    titles = [summary.wrong_verdicts(runs)[index].partition(": ")[2] for index in (0, 1)]
    assert titles == ["trains, 0.200", "signal lost at layer 3 of 4, 0.800"]
    text = summary.text(planned, runs)
    assert "| will not train | 1 | 1 |" in text
    assert "Wrong: deep · depth 4, rate 0.5 · " in text


def test_the_seeds_at_once_and_the_compilation_are_told() -> None:
    planned = grid("seed", 2, variants=("match",))
    runs = [{**run, "seeds_at_once": 2, "compile_seconds": 3.0} for run in records_of(planned)]
    (group,) = summary.groups(planned, runs)
    assert group.seeds_at_once == 2
    assert summary.table([group]).splitlines()[-1].endswith("| 2 | 3.0 |")
