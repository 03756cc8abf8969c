"""Plots are drawn, and show what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from selu_lint.reference import plots, summary
from selu_lint.reference.grids import Grid, grid

from .samples import records_of

matplotlib = pytest.importorskip("matplotlib")
pytestmark = pytest.mark.slow
PNG = b"\x89PNG"


def draw(planned: Grid, directory: Path) -> list[str]:
    runs = records_of(planned)
    plots.draw(planned, summary.groups(planned, runs), runs, directory)
    for path in directory.iterdir():
        assert path.read_bytes().startswith(PNG)
    return sorted(path.name for path in directory.iterdir())


def test_a_grid_of_depths_has_a_heat_map(tmp_path: Path) -> None:
    planned = grid("depth", 2, depths=(4, 8), rates=(0.1, 0.5))
    assert draw(planned, tmp_path) == [plots.CURVES, plots.HEAT_MAP]


@pytest.mark.parametrize("experiment", ["seed", "best"])
def test_a_grid_of_one_recipe_has_curves(experiment: str, tmp_path: Path) -> None:
    assert draw(grid(experiment, 1), tmp_path) == [plots.CURVES]


def test_the_heat_map_shows_means_and_gaps() -> None:
    from matplotlib.figure import Figure

    planned = grid("depth", 2, depths=(4, 8), rates=(0.1,))
    runs = [run for run in records_of(planned) if run["recipe"]["depth"] == 4]
    figure = Figure()
    plots._heat_map(figure, planned, summary.groups(planned, runs))
    shown = [text.get_text() for axes in figure.axes[:3] for text in axes.texts]
    assert shown == ["0.505", "0.405", "0.755"]


@pytest.mark.parametrize("rates", [[0.1, 0.2, 0.3, 0.5], [0.1]])
def test_the_legend_is_not_wider_than_the_picture(rates: list[float]) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    planned = grid("depth", 2, depths=(4,), rates=tuple(rates))
    figure = Figure(layout="constrained")
    FigureCanvasAgg(figure)
    plots._cell_curves(figure, planned, records_of(planned))
    figure.canvas.draw()
    (legend,) = figure.legends
    assert legend.get_window_extent().width <= figure.bbox.width


def test_a_band_spans_the_seeds() -> None:
    from matplotlib.figure import Figure

    planned = grid("seed", 2, variants=("match",))
    figure = Figure()
    plots._curves(figure, planned, records_of(planned))
    accuracy = figure.axes[1]
    (band,) = accuracy.collections
    heights = band.get_paths()[0].vertices[:, 1]
    assert heights.min() == pytest.approx(0.375)
    assert heights.max() == pytest.approx(0.76)
    assert accuracy.lines[-1].get_ydata()[-1] == pytest.approx(0.755)
