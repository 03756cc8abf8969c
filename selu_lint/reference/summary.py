"""What an experiment shows: the summary of its runs and its table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from selu_lint.reference.estimates import Estimate, estimate
from selu_lint.reference.grids import BROKEN, Grid, Recipe
from selu_lint.reference.records import Record


@dataclass(frozen=True)
class Group:
    """The runs of one recipe in one variant.

    Attributes
    ----------
    recipe : Recipe
        What was trained.
    variant : str
        In which variant.
    accuracy, loss : Estimate or None
        On the test images; the loss over the runs where it stayed finite.
    seconds_an_epoch, steps_a_second : Estimate or None
        Without the first epoch.
    difference : Estimate or None
        Test accuracy minus that of the broken variant with the same seed.
    predicted : str
        What ``profile`` said before the training; several verdicts with `` / `` between them.
    """

    recipe: Recipe
    variant: str
    accuracy: Estimate | None
    loss: Estimate | None
    seconds_an_epoch: Estimate | None
    steps_a_second: Estimate | None
    difference: Estimate | None
    predicted: str

    @property
    def compared(self) -> str:
        """How it compares to broken, in words; empty where it was not compared."""
        if self.difference is None:
            return ""
        word = "worse" if self.difference.mean < 0 else "better"
        if self.difference.low is None or self.difference.high is None:
            return f"{word} (one run)"
        if self.difference.low <= 0 <= self.difference.high:
            return f"{word}, within noise" if self.difference.mean else "equal"
        return word


def groups(grid: Grid, records: Sequence[Record]) -> tuple[Group, ...]:
    """Summarize the runs of a grid, in its order; a group without runs is left out."""
    found = []
    for recipe in grid.recipes:
        mine = [record for record in records if record["recipe"] == asdict(recipe)]
        broken = {
            record["seed"]: record["test_accuracy"]
            for record in mine
            if record["variant"] == BROKEN
        }
        for variant in grid.variants:
            runs = [record for record in mine if record["variant"] == variant]
            if not runs:
                continue
            paired = [
                record["test_accuracy"] - broken[record["seed"]]
                for record in runs
                if variant != BROKEN and record["seed"] in broken
            ]
            found.append(
                Group(
                    recipe,
                    variant,
                    accuracy=_over(runs, "test_accuracy"),
                    loss=_over(runs, "test_loss"),
                    seconds_an_epoch=_over(runs, "seconds_an_epoch"),
                    steps_a_second=_over(runs, "steps_a_second"),
                    difference=estimate(paired),
                    predicted=" / ".join(
                        sorted({record["profile_verdict"] or "" for record in runs})
                    ),
                )
            )
    return tuple(found)


def as_json(grid: Grid, found: Iterable[Group], records: Sequence[Record]) -> dict[str, Any]:
    """Return the summary as it is written to ``summary.json``."""
    first = records[0] if records else {}
    return {
        "experiment": grid.name,
        "runs": len(records),
        "runs_planned": sum(1 for _ in grid.runs()),
        **{key: first.get(key) for key in ("backend", "device", "images", "versions")},
        "git_revisions": sorted({str(record.get("git_revision")) for record in records}),
        "groups": [{**asdict(group), "compared_to_broken": group.compared} for group in found],
    }


def table(found: Sequence[Group]) -> str:
    """Return the summary as a Markdown table.

    An interval is Student's 95 % interval of the mean; the difference is paired by seed.
    """
    deep = any(group.recipe.name == "deep" for group in found)
    heads = ["depth", "rate"] if deep else []
    heads += ["variant", "runs", "test accuracy", "sd", "95 % interval", "minus broken"]
    heads += ["95 % interval", "compared", "profile", "test loss", "s an epoch", "steps a s"]
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for group in found:
        cells = [str(group.recipe.depth), f"{group.recipe.dropout:g}"] if deep else []
        accuracy, difference = group.accuracy, group.difference
        cells += [group.variant, str(accuracy.n) if accuracy else "0"]
        cells += [_mean(accuracy), _number(accuracy.sd if accuracy else None), _interval(accuracy)]
        cells += [_mean(difference, "+.4f"), _interval(difference, "+.4f"), group.compared]
        cells += [group.predicted, _mean(group.loss), _mean(group.seconds_an_epoch, ".2f")]
        cells += [_mean(group.steps_a_second, ".0f")]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _over(runs: Iterable[Record], key: str) -> Estimate | None:
    return estimate([record[key] for record in runs if record[key] is not None])


def _number(value: float | None, layout: str = ".4f") -> str:
    return "" if value is None else format(value, layout)


def _mean(value: Estimate | None, layout: str = ".4f") -> str:
    return _number(value.mean if value else None, layout)


def _interval(value: Estimate | None, layout: str = ".4f") -> str:
    if value is None or value.low is None:
        return ""
    return f"{_number(value.low, layout)} to {_number(value.high, layout)}"
