"""The profile of a model for people: the verdict, then a table of what makes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from selu_lint.profiles.profiling import LayerProfile, Prediction, Profile
from selu_lint.profiles.source_profiles import SourceProfiles
from selu_lint.reports import PLAIN, Style
from selu_lint.reports.text import colored, columns, cut, hanging, headed, padded
from selu_lint.theory.moments import HEALTHY_MEAN, HEALTHY_VARIANCE
from selu_lint.wording import band_in_words, plural, printable

_UNKNOWN = "?"
_PROSE = 100
_NARROWEST_NAME = 8
_WIDEST_NAME = 40
_ROUNDING = 1e-12
_FIXED = "  fixed"
_HEAD = ("gain", "mean", "variance", "training", "noise", "spent")
_LEGEND = (
    "gain: fan-in × variance of the kernel's initializer; SELU needs 1. mean, variance: of what "
    "the layer puts out, in inference. training: its variance in training. noise: the share of it "
    "that is the dropouts' noise. spent: by how much the SELU layers and dropouts so far have made "
    "the signal and its gradient fade, in nepers: 1 leaves 37%, 5 leave less than 1%."
)

Cell = tuple[str, str | None]
"""A text and its colour."""


def render(profile: Profile | SourceProfiles, style: Style = PLAIN, every: bool = False) -> str:
    """Return the verdicts and the table of a model, or of each model that source code builds.

    Parameters
    ----------
    profile : Profile or SourceProfiles
        The profile.
    style : Style
        Colours and width.
    every : bool
        Whether to show also layers that change nothing, or for which nothing is predicted.
    """
    if isinstance(profile, SourceProfiles):
        return _of_source(profile, style, every)
    return "".join(f"{line}\n" for line in _lines(profile, style, every))


def _lines(profile: Profile, style: Style, every: bool) -> Iterator[str]:
    before, after = profile.before, profile.after
    prose = style._replace(width=style.width or _PROSE)
    yield from headed(profile.path, *_verdict(before, style))
    same = (before.verdict, before.layers) == (after.verdict, after.layers)
    yield from ["as fixed: the same"] if same else headed("as fixed", *_verdict(after, style))
    for name, premise in before.inputs.items():
        head = f"input {name}" if len(before.inputs) > 1 else "input"
        yield from hanging("", printable(f"{head} taken {premise.text}"), prose)
    yield ""
    shown = list(before.layers) if every else _telling(before.layers)
    yield from _table(shown, before, after, style)
    left = len(before.layers) - len(shown)
    if left:
        yield f"  {plural(left, 'layer')} left out, without effect or prediction: see --all"
    yield ""
    unpredicted = (row.layer for row in before.layers if not row.predicted)
    unknown = [cut(printable(layer), _WIDEST_NAME) for layer in unpredicted]
    if unknown:
        few = ", ".join(unknown[:3]) + (", …" if len(unknown) > 3 else "")
        yield from hanging("", f"no prediction for {few}", prose)
    yield from hanging("", _LEGEND, prose)
    if any(row.signal_spent for row in before.layers):
        bounds = band_in_words(*before.band)
        told = f"{bounds[0].upper()}{bounds[1:]}; `selu-lint rule SELU007` says why."
        yield from hanging("", told, prose)


def _of_source(found: SourceProfiles, style: Style, every: bool) -> str:
    texts = [
        f"{printable(each.name)}: {plural(each.layers, 'layer')}, "
        "whose sizes do not follow from the code\n"
        if each.profile is None
        else render(each.profile, style, every)
        for each in found.models
    ]
    return "\n".join(texts) or f"{printable(found.path)}: builds no model with SELU layers\n"


def _verdict(prediction: Prediction, style: Style) -> tuple[str, Style, str]:
    """Return the verdict as people read it, with its colour."""
    color = {True: "green", False: "red", None: "yellow"}[prediction.trains]
    return printable(prediction.verdict), style, color


def _telling(rows: Sequence[LayerProfile]) -> list[LayerProfile]:
    """Return the SELU layers, and the others that change what they take."""
    shown, last = [], None
    for row in rows:
        if row.applies_selu or (row.predicted and last is not None and _numbers(row) != last):
            shown.append(row)
        if row.predicted:
            last = _numbers(row)
    return shown


def _numbers(row: LayerProfile) -> tuple[float | None, ...]:
    return (row.mean, row.variance, row.training_variance, row.noise_share, row.signal_spent)


def _table(
    rows: Sequence[LayerProfile], before: Prediction, after: Prediction, style: Style
) -> Iterator[str]:
    measured = any(row.measured for row in before.layers)
    head = [*_HEAD, *(("measured", "in training") if measured else ())]
    fixed = {row.layer: row for row in after.layers}
    lines: list[tuple[str, list[Cell]]] = []
    for row in rows:
        cells = _cells(row, before.band, measured)
        lines.append((printable(row.layer), cells))
        other = fixed.get(row.layer)
        repaired = cells if other is None else _cells(other, after.band, measured)
        if [text for text, _ in repaired] != [text for text, _ in cells]:
            lines.append((_FIXED, repaired))
    widths = [
        max(map(len, (title, *(cells[index][0] for _, cells in lines))))
        for index, title in enumerate(head)
    ]
    room = _WIDEST_NAME
    if style.width is not None:
        left = style.width - 2 - sum(width + 2 for width in widths)
        room = min(room, max(_NARROWEST_NAME, left))
    names = [cut(name, room) for name, _ in lines]
    name = max(map(columns, ("layer", *names)))
    titles = "".join(f"  {title:>{width}}" for title, width in zip(head, widths, strict=True))
    yield colored(f"  {padded('layer', name)}{titles}", style, dim=True)
    for shown, (_, cells) in zip(names, lines, strict=True):
        told = (
            f"  {' ' * (width - len(text))}{colored(text, style, fg=color)}"
            for (text, color), width in zip(cells, widths, strict=True)
        )
        yield f"  {padded(shown, name)}{''.join(told)}".rstrip()


def _cells(row: LayerProfile, band: tuple[float, float], measured: bool) -> list[Cell]:
    gain = ("" if row.gain is None else _number(row.gain), None)
    cells: list[Cell] = [
        gain,
        _within(row.mean, HEALTHY_MEAN, row.applies_selu),
        _within(row.variance, HEALTHY_VARIANCE, row.applies_selu),
        _within(row.training_variance, HEALTHY_VARIANCE, row.applies_selu),
        (_number(row.noise_share), None),
        (_number(row.signal_spent), _spent(row.signal_spent, band)),
    ]
    if measured:
        seen = row.measured
        cells.append(("" if seen is None else _number(seen.variance), None))
        cells.append(("" if seen is None else _number(seen.training_variance), None))
    return cells


def _within(value: float | None, healthy: tuple[float, float], told: bool) -> Cell:
    outside = told and value is not None and not healthy[0] <= value <= healthy[1]
    return _number(value), "red" if outside else None


def _spent(value: float | None, band: tuple[float, float]) -> str | None:
    if value is None or value <= band[0]:
        return None
    return "red" if value > band[1] else "yellow"


def _number(value: float | None) -> str:
    if value is None:
        return _UNKNOWN
    if abs(value) < _ROUNDING:
        return "0.000"
    if not 0.001 <= abs(value) < 10_000:
        return f"{value:.1e}"
    return f"{value:.3f}"
