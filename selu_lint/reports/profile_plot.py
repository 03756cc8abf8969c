"""The profile of a model as a picture: variance and signal over the layers, before and after."""

from __future__ import annotations

import io
import math
from pathlib import Path

from selu_lint.errors import SeluLintError
from selu_lint.moments import SIGNAL_BUDGET
from selu_lint.profiling import Prediction, Profile

SUFFIXES = (".png", ".svg", ".html")


def write(profile: Profile, path: str) -> None:
    """Draw a profile into a .png, .svg or .html file.

    Raises
    ------
    SeluLintError
        If matplotlib is missing, or the file has another suffix or cannot be written.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise SeluLintError(f"a plot is a {', '.join(SUFFIXES)} file, not {path}")
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise SeluLintError(
            'a plot needs matplotlib: pip install "selu-lint[tensorflow]"'
        ) from None
    figure = Figure(figsize=(max(7.0, 0.25 * len(profile.before.layers)), 7), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(Path(profile.path).name)
    variance, spent = figure.subplots(2, 1, sharex=True)
    for prediction, name, color in (
        (profile.before, "as it is", "tab:red"),
        (profile.after, "as fixed", "tab:blue"),
    ):
        rows = prediction.layers
        places = range(len(rows))
        label = f"{name}: {prediction.verdict}"
        variance.plot(
            places, _values(prediction, "variance"), color=color, label=f"{name}, inference"
        )
        variance.plot(
            places,
            _values(prediction, "training_variance"),
            color=color,
            linestyle="--",
            label=f"{name}, training",
        )
        seen = [(i, row.measured) for i, row in enumerate(rows) if row.measured]
        if seen:
            variance.plot(
                [i for i, _ in seen],
                [measured.training_variance for _, measured in seen],
                "x",
                color=color,
                label=f"{name}, measured in training",
            )
        spent.plot(places, _values(prediction, "signal_spent"), color=color, label=label)
    variance.set_yscale("log")
    variance.axhline(1, color="0.6", linewidth=0.8)
    variance.set_ylabel("variance of the activations")
    variance.legend(fontsize="small")
    spent.axhline(SIGNAL_BUDGET, color="0.6", linewidth=0.8)
    spent.set_ylabel("signal budget spent (of 6)")
    spent.set_xticks(
        range(len(profile.before.layers)),
        [row.layer for row in profile.before.layers],
        rotation=90,
        fontsize="x-small",
    )
    spent.legend(fontsize="small")
    try:
        if suffix != ".html":
            figure.savefig(path, format=suffix[1:])
            return
        drawing = io.StringIO()
        figure.savefig(drawing, format="svg")
        svg = drawing.getvalue()
        page = f"<!doctype html><meta charset=utf-8><title>selu-lint profile</title>\n{svg}"
        Path(path).write_text(page, encoding="utf-8")
    except OSError as error:
        raise SeluLintError(f"{path} cannot be written: {error.strerror}") from None


def _values(prediction: Prediction, name: str) -> list[float]:
    """Return one number of each layer; NaN, which leaves a gap, where there is none."""
    values = (getattr(row, name) for row in prediction.layers)
    return [math.nan if value is None or not math.isfinite(value) else value for value in values]
