"""A grid is run once, resumed, and concluded even when it is interrupted."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from selu_lint.reference import experiments
from selu_lint.reference.grids import Run, grid
from selu_lint.reference.progress import Progress, TimeUpError
from selu_lint.reference.records import FILE, Record

from .samples import ACCURACY, BACKEND, few_images, record

pytest.importorskip("matplotlib")
pytestmark = pytest.mark.slow


class Trainer:
    """Stands in for `experiments.once`; stops after some runs."""

    def __init__(self, stop_after: int = 100) -> None:
        self.trained: list[Run] = []
        self.stop_after = stop_after

    def __call__(self, run: Run, *_: Any) -> Record:
        if len(self.trained) == self.stop_after:
            raise KeyboardInterrupt
        self.trained.append(run)
        whole = record(run.recipe, run.variant, run.seed, ACCURACY[run.variant])
        return {key: whole[key] for key in whole if key not in ("recipe", "variant", "seed")}


def run(directory: Path, trainer: Trainer, monkeypatch: pytest.MonkeyPatch) -> list[Record]:
    monkeypatch.setattr(experiments, "once", trainer)
    return experiments.run(grid("seed", 2), few_images(), BACKEND, directory, Progress())


def test_resumes_where_it_was_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = Trainer(stop_after=4), Trainer()
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, first, monkeypatch)
    partial = json.loads((tmp_path / experiments.SUMMARY).read_text(encoding="utf-8"))
    assert (partial["runs"], partial["runs_planned"]) == (4, 6)
    done = run(tmp_path, second, monkeypatch)
    assert first.trained + second.trained == list(grid("seed", 2).runs())
    assert len(done) == len((tmp_path / FILE).read_text(encoding="utf-8").splitlines()) == 6
    whole = json.loads((tmp_path / experiments.SUMMARY).read_text(encoding="utf-8"))
    assert whole["runs"] == 6


def test_a_finished_grid_trains_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path, Trainer(), monkeypatch)
    again = Trainer(stop_after=0)
    assert len(run(tmp_path, again, monkeypatch)) == 6
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "curves.png",
        "runs.jsonl",
        "summary.json",
        "table.md",
    ]


def test_stops_when_the_time_is_up_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = Trainer()
    monkeypatch.setattr(experiments, "once", trainer)
    late, lines = Progress(), list[str]()
    late.until, late.note = -math.inf, lines.append  # type: ignore[method-assign]
    assert experiments.run(grid("seed", 2), few_images(), BACKEND, tmp_path, late) == []
    assert lines == ["time is up: the same command goes on from here"]
    assert trainer.trained == []
    assert len(run(tmp_path, trainer, monkeypatch)) == 6


def test_an_epoch_behind_the_end_of_the_time_is_the_last() -> None:
    late = Progress()
    late.epoch(0, {})
    late.until = -math.inf
    with pytest.raises(TimeUpError):
        late.epoch(1, {})
