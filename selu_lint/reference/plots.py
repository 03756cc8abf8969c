"""The plots of an experiment, as PNG."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from selu_lint.errors import SeluLintError
from selu_lint.reference.grids import BROKEN, CLEAN, KEEP, MATCH, Grid, Recipe
from selu_lint.reference.records import Record
from selu_lint.reference.summary import Group
from selu_lint.storage.atomic import write_file

PICTURES = CURVES, HEAT_MAP = "curves.png", "heat_map.png"
# Okabe and Ito's colours, which the colour-blind tell apart.
COLOURS = {BROKEN: "#D55E00", KEEP: "#0072B2", MATCH: "#009E73", CLEAN: "#CC79A7"}
_INCHES_A_LABEL = 2.4
LABELS = {
    BROKEN: "broken (Glorot, Dropout)",
    KEEP: "repaired, rate kept",
    MATCH: "repaired, noise matched",
    CLEAN: "built as the linter asks",
}


def draw(grid: Grid, found: Sequence[Group], records: Sequence[Record], directory: Path) -> None:
    """Draw training curves and, over a grid of depths and rates, a heat map.

    Raises
    ------
    SeluLintError
        If matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise SeluLintError(
            "plots need matplotlib: pip install 'selu-lint[plot]', then run the same command again"
        ) from error
    if not records:
        return
    pictures: dict[str, Callable[[Any], None]]
    if len(grid.recipes) > 1:
        pictures = {
            CURVES: lambda figure: _cell_curves(figure, grid, records),
            HEAT_MAP: lambda figure: _heat_map(figure, grid, found),
        }
    else:
        pictures = {CURVES: lambda figure: _curves(figure, grid, records)}
    for name, picture in pictures.items():
        figure = Figure(layout="constrained")
        FigureCanvasAgg(figure)
        picture(figure)
        drawing = io.BytesIO()
        figure.savefig(drawing, format="png", dpi=110)
        write_file(directory / name, drawing.getvalue())


def _curves(figure: Any, grid: Grid, records: Sequence[Record]) -> None:
    """Draw loss and accuracy of one recipe, on training images and on those held out."""
    figure.set_size_inches(10, 4.2)
    recipe = grid.recipes[0]
    held_out = bool(recipe.validation_split)
    left, right = figure.subplots(1, 2)
    for axes, number in ((left, "loss"), (right, "accuracy")):
        for variant in grid.variants:
            _band(axes, _epochs(records, recipe, variant, number), variant, dashed=held_out)
            _band(axes, _epochs(records, recipe, variant, f"val_{number}"), variant)
        axes.set_xlabel("epoch")
        axes.set_title(number)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
    _legend(figure, grid)
    images = "solid: held-out images, dashed: training" if held_out else "training images"
    band = "; band: smallest to largest" if grid.seeds > 1 else ""
    figure.suptitle(f"Recipe {recipe.name}, {_seeds(grid)}\n{images}{band}", fontsize=10)


def _cell_curves(figure: Any, grid: Grid, records: Sequence[Record]) -> None:
    """Draw the accuracy of every depth and rate in a panel of its own."""
    depths, rates = _axes_of(grid)
    figure.set_size_inches(3.1 * len(rates) + 0.6, 1.9 * len(depths) + 1.2)
    panels = figure.subplots(len(depths), len(rates), sharex=True, sharey=True, squeeze=False)
    for recipe in grid.recipes:
        axes = panels[depths.index(recipe.depth)][rates.index(recipe.dropout)]
        for variant in grid.variants:
            _band(axes, _epochs(records, recipe, variant, "val_accuracy"), variant)
        axes.set_title(f"depth {recipe.depth}, dropout {recipe.dropout:g}", fontsize=9)
        axes.set_ylim(0, 1)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
    for axes in panels[-1]:
        axes.set_xlabel("epoch")
    for row in panels:
        row[0].set_ylabel("accuracy")
    _legend(figure, grid)
    band = "; band: smallest to largest" if grid.seeds > 1 else ""
    figure.suptitle(f"Accuracy on held-out images, {_seeds(grid)}{band}", fontsize=10)


def _heat_map(figure: Any, grid: Grid, found: Sequence[Group]) -> None:
    """Draw mean test accuracy over depth and rate, a panel a variant."""
    depths, rates = _axes_of(grid)
    figure.set_size_inches(3.0 * len(grid.variants) + 1.2, 0.55 * len(depths) + 2.0)
    panels = figure.subplots(1, len(grid.variants), sharey=True, squeeze=False)[0]
    image = None
    for axes, variant in zip(panels, grid.variants, strict=True):
        values = [[float("nan")] * len(rates) for _ in depths]
        for group in found:
            if group.variant == variant and group.accuracy is not None:
                row, column = depths.index(group.recipe.depth), rates.index(group.recipe.dropout)
                values[row][column] = group.accuracy.mean
        image = axes.imshow(values, vmin=0, vmax=1, cmap="viridis", aspect="auto")
        for row, line in enumerate(values):
            for column, value in enumerate(line):
                if value == value:
                    colour = "black" if value > 0.6 else "white"
                    axes.text(column, row, f"{value:.3f}", ha="center", va="center", color=colour)
        axes.set_title(LABELS[variant], fontsize=10)
        axes.set_xticks(range(len(rates)), [f"{rate:g}" for rate in rates])
        axes.set_yticks(range(len(depths)), [str(depth) for depth in depths])
        axes.set_xlabel("dropout of the broken network")
    panels[0].set_ylabel("depth")
    figure.colorbar(image, ax=list(panels), label="test accuracy")
    figure.suptitle(f"Test accuracy, mean over {_seeds(grid)}", fontsize=10)


def _band(axes: Any, runs: list[list[float]], variant: str, dashed: bool = False) -> None:
    """Draw the mean of several runs, and in a band their range unless the line is dashed."""
    if not runs:
        return
    by_epoch = list(zip(*runs, strict=False))
    epochs = range(1, len(by_epoch) + 1)
    means = [sum(values) / len(values) for values in by_epoch]
    style = {"linestyle": "--", "linewidth": 1.0} if dashed else {"marker": "o", "markersize": 3}
    axes.plot(epochs, means, color=COLOURS[variant], **style)
    if not dashed:
        low, high = [min(values) for values in by_epoch], [max(values) for values in by_epoch]
        axes.fill_between(epochs, low, high, color=COLOURS[variant], alpha=0.18, linewidth=0)


def _epochs(
    records: Sequence[Record], recipe: Recipe, variant: str, name: str
) -> list[list[float]]:
    """Return a number's values by epoch for each run; values that were not finite become NaN."""
    wanted = asdict(recipe)
    found = []
    for record in records:
        if record["variant"] == variant and record["recipe"] == wanted:
            values = [epoch.get(name) for epoch in record["epochs"] if name in epoch]
            if values:
                found.append([float("nan") if value is None else value for value in values])
    return found


def _axes_of(grid: Grid) -> tuple[list[int], list[float]]:
    depths = sorted({recipe.depth for recipe in grid.recipes})
    return depths, sorted({recipe.dropout for recipe in grid.recipes})


def _seeds(grid: Grid) -> str:
    return f"{grid.seeds} seeds" if grid.seeds > 1 else "one seed"


def _legend(figure: Any, grid: Grid) -> None:
    from matplotlib.lines import Line2D

    lines = [Line2D([], [], color=COLOURS[variant]) for variant in grid.variants]
    labels = [LABELS[variant] for variant in grid.variants]
    beside = max(1, int(figure.get_figwidth() // _INCHES_A_LABEL))
    figure.legend(
        lines, labels, loc="outside lower center", ncols=min(beside, len(lines)), fontsize=9
    )
