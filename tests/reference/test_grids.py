"""Grids hold the runs that the experiments promise."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from selu_lint.errors import SeluLintError
from selu_lint.reference import grids


def test_seed_is_the_published_recipe() -> None:
    recipe = grids.grid("seed", 3).recipes[0]
    assert (recipe.epochs, recipe.batch_size, recipe.validation_split) == (5, 250, 0.2)
    assert (recipe.learning_rate, recipe.dropout, recipe.schedule) == (1e-3, 0.25, "constant")


def test_depth_crosses_depths_rates_variants_and_seeds() -> None:
    runs = list(grids.grid("depth", 3).runs())
    assert len(runs) == len(set(runs)) == 5 * 3 * 3 * 3
    assert Counter(run.variant for run in runs) == {"broken": 45, "keep": 45, "match": 45}
    assert {run.recipe.depth for run in runs} == {4, 8, 16, 32, 64}
    assert {run.recipe.dropout for run in runs} == {0.1, 0.25, 0.5}


def test_a_seed_is_finished_in_every_variant_before_the_next_begins() -> None:
    runs = list(grids.grid("seed", 2).runs())
    assert [(run.seed, run.variant) for run in runs] == [
        (seed, variant) for seed in (0, 1) for variant in ("broken", "keep", "match")
    ]


def test_best_is_trained_as_the_linter_asks() -> None:
    planned = grids.grid("best", 5, epochs=7)
    assert [run.variant for run in planned.runs()] == ["clean"] * 5
    assert planned.recipes[0].epochs == 7


def test_variants_depths_rates_and_width_can_be_chosen() -> None:
    planned = grids.grid("depth", 1, variants=("match",), depths=(2,), rates=(0.0,), width=16)
    (run,) = planned.runs()
    assert (run.recipe.depth, run.recipe.dropout, run.recipe.width) == (2, 0.0, 16)
    assert run.title == "deep · depth 2, rate 0 · match · seed 0"


@pytest.mark.parametrize(
    "experiment, options",
    [
        ("seed", {"depths": (4,)}),
        ("best", {"width": 64}),
        ("depth", {"depths": (0,)}),
        ("depth", {"rates": (1.0,)}),
        ("depth", {"rates": (float("nan"),)}),
    ],
)
def test_refuses_what_makes_no_sense(experiment: str, options: dict[str, Any]) -> None:
    with pytest.raises(SeluLintError):
        grids.grid(experiment, 1, **options)
