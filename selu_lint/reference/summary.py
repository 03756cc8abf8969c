"""What an experiment shows: the summary of its runs and its table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from selu_lint.reference.estimates import Estimate, estimate
from selu_lint.reference.grids import BROKEN, Grid, Recipe, Run
from selu_lint.reference.records import Record

TRAINED = 0.5
"""Test accuracy above which a network counts as one that trained."""


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
    seeds_at_once : int
        How many seeds an epoch of ``seconds_an_epoch`` trained together.
    compile_seconds : Estimate or None
        What compiling took, where it is measured apart.
    """

    recipe: Recipe
    variant: str
    accuracy: Estimate | None
    loss: Estimate | None
    seconds_an_epoch: Estimate | None
    steps_a_second: Estimate | None
    difference: Estimate | None
    predicted: str
    seeds_at_once: int = 1
    compile_seconds: Estimate | None = None

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
                    seeds_at_once=max(record.get("seeds_at_once", 1) for record in runs),
                    compile_seconds=_over(runs, "compile_seconds"),
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
        **{key: first.get(key) for key in ("backend", "device", "precision", "images", "versions")},
        "git_revisions": sorted({str(record.get("git_revision")) for record in records}),
        "verdicts": {
            kind: {"trained": trained, "did_not": did_not}
            for kind, (trained, did_not) in verdicts(records).items()
        },
        "wrong_verdicts": wrong_verdicts(records),
        "groups": [{**asdict(group), "compared_to_broken": group.compared} for group in found],
    }


def table(found: Sequence[Group]) -> str:
    """Return the summary as a Markdown table.

    An interval is Student's 95 % interval of the mean; the difference is paired by seed.
    """
    deep = any(group.recipe.name == "deep" for group in found)
    heads = ["depth", "rate"] if deep else []
    heads += ["variant", "runs", "test accuracy", "sd", "95 % interval", "minus broken"]
    heads += [
        "95 % interval",
        "compared",
        "profile",
        "test loss",
        "s an epoch",
        "seeds at once",
        "compile s",
    ]
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for group in found:
        cells = [str(group.recipe.depth), f"{group.recipe.dropout:g}"] if deep else []
        accuracy, difference = group.accuracy, group.difference
        cells += [group.variant, str(accuracy.n) if accuracy else "0"]
        cells += [_mean(accuracy), _number(accuracy.sd if accuracy else None), _interval(accuracy)]
        cells += [_mean(difference, "+.4f"), _interval(difference, "+.4f"), group.compared]
        cells += [group.predicted, _mean(group.loss), _mean(group.seconds_an_epoch, ".2f")]
        cells += [str(group.seeds_at_once), _mean(group.compile_seconds, ".1f")]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def sentence(found: Sequence[Group]) -> str:
    """Return what the groups show, in one sentence: how each variant compares to broken."""
    compared = [group for group in found if group.difference is not None]
    if not compared:
        parts = [
            f"{_named(group)} reaches a test accuracy of {_mean(group.accuracy)} ({_seeds(group)})"
            for group in found
            if group.accuracy is not None
        ]
        return f"{'; '.join(parts)}." if parts else "Nothing was trained."
    by_variant: dict[str, list[Group]] = {}
    for group in compared:
        by_variant.setdefault(group.variant, []).append(group)
    return f"{'; '.join(_against_broken(*each) for each in by_variant.items())}."


def _against_broken(variant: str, compared: Sequence[Group]) -> str:
    if len(compared) == 1:
        return f"{_compared(compared[0])} ({_seeds(compared[0])}: {_decision(compared[0])})"
    better = [group for group in compared if group.compared == "better"]
    worse = [group for group in compared if group.compared == "worse"]
    told = f"{variant} beats broken in {len(better)} of {len(compared)} networks"
    told += f", loses in {len(worse)}" if worse else ""
    undecided = len(compared) - len(better) - len(worse)
    told += f", {undecided} not decided" if undecided else ""
    largest = max(compared, key=lambda group: abs(group.difference.mean if group.difference else 0))
    difference = largest.difference.mean if largest.difference is not None else 0.0
    return f"{told}; the largest difference is {difference:+.2g} at {largest.recipe.cell}"


def _compared(group: Group) -> str:
    difference = group.difference.mean if group.difference is not None else 0.0
    at = f" at {group.recipe.cell}" if group.recipe.cell else ""
    if not difference:
        return f"{group.variant} equals broken{at}"
    verb = "beats" if difference > 0 else "loses to"
    return f"{group.variant} {verb} broken by {abs(difference):.2g}{at}"


def _decision(group: Group) -> str:
    return "decided" if group.compared in ("better", "worse") else "not decided"


def _seeds(group: Group) -> str:
    estimated = group.difference or group.accuracy
    count = estimated.n if estimated is not None else 0
    return "one seed" if count == 1 else f"{count} seeds"


def _named(group: Group) -> str:
    return f"{group.variant} at {group.recipe.cell}" if group.recipe.cell else group.variant


def text(grid: Grid, records: Sequence[Record]) -> str:
    """Return the whole of ``table.md``: the groups, then what ``profile`` had said of the runs."""
    precision = next((record["precision"] for record in records if "precision" in record), None)
    stated = "" if precision is None else f"\nAll arithmetic in {precision}.\n"
    lines = [f"| profile said | test accuracy over {TRAINED:g} | not |", "|---|---|---|"]
    for kind, (trained, did_not) in verdicts(records).items():
        lines.append(f"| {kind} | {trained} | {did_not} |")
    wrong = wrong_verdicts(records)
    if wrong:
        lines += ["", f"Wrong: {'; '.join(wrong)}."]
    return table(groups(grid, records)) + stated + "\n" + "\n".join(lines) + "\n"


def verdicts(records: Iterable[Record]) -> dict[str, tuple[int, int]]:
    """Count the runs that trained and those that did not, by what ``profile`` had said."""
    counts: dict[str, tuple[int, int]] = {}
    for kind in _KINDS:
        mine = [_trained(record) for record in records if _kind(record) == kind]
        if mine:
            counts[kind] = (sum(mine), len(mine) - sum(mine))
    return counts


def wrong_verdicts(records: Iterable[Record]) -> list[str]:
    """Name the runs of which ``profile`` had said the opposite of what they did."""
    return [
        f"{_title(record)}: {record['profile_verdict']}, {record['test_accuracy']:.3f}"
        for record in records
        if _kind(record) == ("will not train" if _trained(record) else "trains")
    ]


_KINDS = ("trains", "borderline", "will not train", "no verdict")


def _kind(record: Record) -> str:
    verdict = record["profile_verdict"] or "no verdict"
    said = [kind for kind in _KINDS if verdict.startswith(kind)]
    return said[0] if said else "will not train"


def _trained(record: Record) -> bool:
    return (record["test_accuracy"] or 0.0) > TRAINED


def _title(record: Record) -> str:
    return Run(Recipe(**record["recipe"]), record["variant"], record["seed"]).title


def _over(runs: Iterable[Record], key: str) -> Estimate | None:
    return estimate([record[key] for record in runs if record.get(key) is not None])


def _number(value: float | None, layout: str = ".4f") -> str:
    return "" if value is None else format(value, layout)


def _mean(value: Estimate | None, layout: str = ".4f") -> str:
    return _number(value.mean if value else None, layout)


def _interval(value: Estimate | None, layout: str = ".4f") -> str:
    if value is None or value.low is None:
        return ""
    return f"{_number(value.low, layout)} to {_number(value.high, layout)}"
