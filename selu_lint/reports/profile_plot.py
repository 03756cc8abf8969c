"""The profile of a model as a picture: variance and signal over the layers, before and after."""

from __future__ import annotations

import io
import math
import warnings
from pathlib import Path

from selu_lint.errors import SeluLintError
from selu_lint.profiles.profiling import Prediction, Profile
from selu_lint.storage.atomic import write_file
from selu_lint.wording import printable

SUFFIXES = (".png", ".svg", ".html")

_WIDEST = 250.0
"""Inches; matplotlib draws no more than 65,536 pixels, 100 an inch."""
_LONGEST = 60


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
        import matplotlib
    except ImportError:
        raise SeluLintError(
            'a plot needs matplotlib: pip install "selu-lint[tensorflow]"'
        ) from None
    with matplotlib.rc_context(), warnings.catch_warnings():
        # A matplotlibrc in the working folder may be a stranger's, and may ask for LaTeX; a name
        # with dollar signs is no formula; not every character of a name is in every font.
        matplotlib.rcdefaults()
        matplotlib.rcParams["text.parse_math"] = False
        warnings.simplefilter("ignore")
        drawing = _drawn(profile, suffix)
    write_file(path, drawing)


def _drawn(profile: Profile, suffix: str) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    count = len(profile.before.layers)
    size = (min(max(7.0, 0.25 * count), _WIDEST), 7)
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(_short(Path(profile.path).name))
    variance, spent = figure.subplots(2, 1, sharex=True)
    for prediction, name, color in (
        (profile.before, "as it is", "tab:red"),
        (profile.after, "as fixed", "tab:blue"),
    ):
        rows = prediction.layers
        places = range(len(rows))
        label = f"{name}: {_short(prediction.verdict)}"
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
    spent.axhspan(*profile.before.band, color="0.9")
    spent.set_ylabel("signal spent (grey: borderline)")
    step = 1 + int(0.25 * count / _WIDEST)
    spent.set_xticks(
        range(0, count, step),
        [_short(row.layer) for row in profile.before.layers[::step]],
        rotation=90,
        fontsize="x-small",
    )
    spent.legend(fontsize="small")
    drawing = io.BytesIO()
    figure.savefig(drawing, format="png" if suffix == ".png" else "svg")
    if suffix == ".html":
        page = "<!doctype html><meta charset=utf-8><title>selu-lint profile</title>\n"
        return page.encode() + drawing.getvalue()
    return drawing.getvalue()


def _short(name: str) -> str:
    """Return a name as it is drawn; of one that is longer than the picture is high, its end."""
    name = printable(name)
    return name if len(name) <= _LONGEST else f"…{name[1 - _LONGEST :]}"


def _values(prediction: Prediction, name: str) -> list[float]:
    """Return one number of each layer; NaN, which leaves a gap, where there is none."""
    values = (getattr(row, name) for row in prediction.layers)
    return [math.nan if value is None or not math.isfinite(value) else value for value in values]
