"""The profile of a model as a picture: variance and signal over the layers, before and after."""

from __future__ import annotations

import contextlib
import io
import math
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from selu_lint.errors import SeluLintError
from selu_lint.profiles.profiling import LayerProfile, Prediction, Profile
from selu_lint.reports.text import cut
from selu_lint.storage.atomic import write_file
from selu_lint.theory.moments import HEALTHY_VARIANCE
from selu_lint.wording import printable

SUFFIXES = (".png", ".svg", ".html")

_WIDEST = 14.0
"""Inches."""
_A_LAYER = 0.25
_LONGEST = 60
_LONGEST_TICK = 24
_LARGEST = 1e30
_LOOKS = (("as it is", "tab:red", 1.5, 1.0), ("as fixed", "tab:blue", 4.0, 0.45))
"""Name, colour, width and opacity: a wide pale line shows under a thin one with equal values."""


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
    with _own_settings():
        drawing = _drawn(profile, suffix)
    write_file(path, drawing)


def figure(profile: Profile) -> Any:
    """Return the picture as a figure of matplotlib.

    Raises
    ------
    SeluLintError
        If matplotlib is missing.
    """
    with _own_settings():
        return _figure(profile)


@contextlib.contextmanager
def _own_settings() -> Iterator[None]:
    try:
        import matplotlib
    except ImportError:
        raise SeluLintError('a plot needs matplotlib: pip install "selu-lint[plot]"') from None
    with matplotlib.rc_context(), warnings.catch_warnings():
        # A matplotlibrc in the working folder may be a stranger's, and may ask for LaTeX; a name
        # with dollar signs is no formula; not every character of a name is in every font.
        matplotlib.rcdefaults()
        matplotlib.rcParams["text.parse_math"] = False
        warnings.simplefilter("ignore")
        yield


def _drawn(profile: Profile, suffix: str) -> bytes:
    drawing = io.BytesIO()
    _figure(profile).savefig(drawing, format="png" if suffix == ".png" else "svg")
    if suffix == ".html":
        page = "<!doctype html><meta charset=utf-8><title>selu-lint profile</title>\n"
        return page.encode() + drawing.getvalue()
    return drawing.getvalue()


def _figure(profile: Profile) -> Any:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = profile.before.layers
    figure = Figure(figsize=(min(max(8.0, _A_LAYER * len(rows)), _WIDEST), 8), layout="constrained")
    FigureCanvasAgg(figure)
    predictions = list(zip((profile.before, profile.after), _LOOKS, strict=True))
    title = [_drawable(Path(profile.path).name)]
    title += [f"{name}: {_drawable(prediction.verdict)}" for prediction, (name, *_) in predictions]
    figure.suptitle("\n".join(title), fontsize="medium")
    variance, spent = figure.subplots(2, 1, sharex=True)
    # What is repaired goes below: where nothing changes, both are seen.
    for prediction, look in reversed(predictions):
        _draw_variance(variance, prediction, *look)
        name, color, width, alpha = look
        values = _values(prediction, "signal_spent")
        spent.plot(values, color=color, linewidth=width, alpha=alpha, label=name)
    variance.axhspan(*HEALTHY_VARIANCE, color="tab:green", alpha=0.15, label="healthy: 0.8 to 1.5")
    variance.set_yscale("log")
    variance.yaxis.set_major_formatter("{x:g}")
    variance.yaxis.set_minor_formatter("{x:g}")
    variance.set_ylabel("variance of the activations")
    least, most = profile.before.band
    if any(row.signal_spent for row in rows):
        spent.axhspan(least, most, color="0.85", label=f"borderline: {least:.1f} to {most:.1f}")
        spent.axhline(most, color="0.3", linewidth=0.8, label="does not train from here on")
    spent.set_ylabel("spent of the signal (nepers)")
    for axes in (variance, spent):
        axes.legend(fontsize="small", loc="upper left", bbox_to_anchor=(1, 1))
        axes.margins(x=0.01)
    _name_layers(spent, rows, figure.get_figwidth())
    return figure


def _draw_variance(
    axes: Any, prediction: Prediction, name: str, color: str, width: float, alpha: float
) -> None:
    for mode, field, style in (
        ("inference", "variance", "-"),
        ("training", "training_variance", "--"),
    ):
        axes.plot(
            _values(prediction, field),
            color=color,
            linewidth=width,
            alpha=alpha,
            linestyle=style,
            label=f"{name}, {mode}",
        )
    seen = [
        (place, row.measured.training_variance)
        for place, row in enumerate(prediction.layers)
        if row.measured is not None
    ]
    if seen:
        axes.plot(*zip(*seen, strict=True), "x", color=color, label=f"{name}, measured in training")


def _name_layers(axes: Any, rows: Sequence[LayerProfile], width: float) -> None:
    """Write the names of as many layers below the picture as fit, evenly."""
    step = 1 + int(_A_LAYER * len(rows) / width)
    names = [_drawable(row.layer, _LONGEST_TICK) for row in rows[::step]]
    axes.set_xticks(range(0, len(rows), step), names, rotation=90, fontsize="x-small")


def _drawable(text: str, longest: int = _LONGEST) -> str:
    """Return a text's end; what matplotlib's own font lacks, such as Chinese, becomes ``?``."""
    from matplotlib.font_manager import findfont, get_font

    known = get_font(findfont("DejaVu Sans")).get_charmap()
    shown = cut(printable(text), longest)
    return "".join(each if ord(each) in known else "?" for each in shown)


def _values(prediction: Prediction, name: str) -> list[float]:
    """Return one number of each layer; NaN, which leaves a gap, where there is none."""
    values = (getattr(row, name) for row in prediction.layers)
    return [
        math.nan if value is None or not abs(value) < _LARGEST else max(value, 1 / _LARGEST)
        for value in values
    ]
