"""The profile of a model as a page of HTML that stands alone, its charts drawn in the page."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from selu_lint.profiles.profiling import LayerProfile, Prediction, Profile
from selu_lint.profiles.source_profiles import SourceProfiles
from selu_lint.reports.page import escaped, page, search
from selu_lint.reports.text import cut
from selu_lint.theory.moments import HEALTHY_MEAN, HEALTHY_VARIANCE

_WIDTH, _HEIGHT = 1000.0, 300.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 70.0, 990.0, 12.0, 200.0
_MOST_NAMES = 40
_MOST_POINTS = 60
_LONGEST_NAME = 14
_LARGEST = 1e30
_COLUMNS = ("gain", "mean", "variance", "training variance", "noise", "spent")

Line = tuple[str, Sequence[float | None]]
"""Classes of a line and its values, None where there is a gap."""


class _Band(NamedTuple):
    """A range of values that is marked, from low to high."""

    kind: str
    low: float
    high: float


def render(profiles: Sequence[Profile | SourceProfiles]) -> str:
    """Return a page with the verdicts, the charts and the numbers of each profile."""
    found: list[Profile] = []
    for each in profiles:
        if isinstance(each, Profile):
            found.append(each)
        else:
            found += [model.profile for model in each.models if model.profile is not None]
    body = ["<h1>selu-lint profile</h1>"]
    if not found:
        body.append("<p>There is no model with SELU layers whose sizes are known.</p>")
    else:
        body.append(search({}))
    for profile in found:
        body += section(profile)
    return page("selu-lint profile", "\n".join(body))


def section(profile: Profile) -> Iterator[str]:
    """Yield the parts of a page on one model."""
    before, after = profile.before, profile.after
    yield f"<section><h2>{escaped(profile.path)}</h2>"
    for name, prediction in (("as it is", before), ("as fixed", after)):
        kind = {True: "info", False: "error", None: "warning"}[prediction.trains]
        yield f'<p>{name}: <strong class="{kind}">{escaped(prediction.verdict)}</strong></p>'
    for path, premise in before.inputs.items():
        named = f"input {path}" if len(before.inputs) > 1 else "input"
        yield f'<p class="muted">{escaped(named)} taken {escaped(premise.text)}</p>'
    yield (
        '<p class="key"><span><i style="--c:var(--before)"></i>as it is</span>'
        '<span><i style="--c:var(--after)"></i>as fixed</span><span>dashed: in training</span>'
        '<span><i style="--c:var(--healthy)"></i>healthy</span>'
        '<span><i style="--c:var(--border)"></i>borderline</span></p>'
    )
    rows = before.layers
    yield _chart(
        "mean of the activations",
        rows,
        _lines(before, after, "mean", "training_mean"),
        [_Band("healthy", *HEALTHY_MEAN)],
    )
    yield _chart(
        "variance of the activations (logarithmic)",
        rows,
        _lines(before, after, "variance", "training_variance"),
        [_Band("healthy", *HEALTHY_VARIANCE)],
        logarithmic=True,
    )
    least, most = before.band
    yield _chart(
        f"spent of the signal, in nepers: borderline from {least:.1f}, lost from {most:.1f}",
        rows,
        _lines(before, after, "signal_spent"),
        [_Band("border", least, most)] if any(row.signal_spent for row in rows) else [],
    )
    yield _table(before, after)
    yield "</section>"


def _lines(before: Prediction, after: Prediction, *fields: str) -> list[Line]:
    """Return the lines of numbers, in inference and in training, the wide pale ones first."""
    lines: list[Line] = []
    for kind, prediction in (("after", after), ("before", before)):
        for field, mode in zip(fields, ("", " training"), strict=False):
            lines.append((kind + mode, [getattr(row, field) for row in prediction.layers]))
    return lines


def _chart(
    title: str,
    rows: Sequence[LayerProfile],
    lines: Sequence[Line],
    bands: Sequence[_Band],
    logarithmic: bool = False,
) -> str:
    scaled: Callable[[float], float] = _log if logarithmic else float
    values = [
        scaled(value) for _, line in lines for value in line if value is not None and _sane(value)
    ]
    values += [scaled(edge) for band in bands for edge in (band.low, band.high)]
    low, high = min(values, default=0.0), max(values, default=1.0)
    margin = 0.05 * (high - low) or 1.0
    low = low - margin if logarithmic or low < 0 else 0.0
    high += margin

    def x(place: int) -> float:
        return _LEFT + (_RIGHT - _LEFT) * (place + 0.5) / max(1, len(rows))

    def y(value: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * (value - low) / (high - low)

    parts = [
        f'<rect class="{band.kind}" x="{_LEFT}" width="{_RIGHT - _LEFT}" '
        f'y="{y(scaled(band.high)):.1f}" '
        f'height="{y(scaled(band.low)) - y(scaled(band.high)):.1f}"/>'
        for band in bands
    ]
    for step in range(5):
        value = low + (high - low) * step / 4
        shown = 10**value if logarithmic else value
        parts.append(
            f'<line class="axis" x1="{_LEFT}" x2="{_RIGHT}" y1="{y(value):.1f}" '
            f'y2="{y(value):.1f}"/><text x="{_LEFT - 8}" y="{y(value) + 4:.1f}" '
            f'text-anchor="end">{shown:.3g}</text>'
        )
    for kind, line in lines:
        parts += _drawn(kind, line, rows, x, lambda value: y(scaled(value)))
    step = 1 + (len(rows) - 1) // _MOST_NAMES
    for place in range(0, len(rows), step):
        name = cut(rows[place].layer, _LONGEST_NAME)
        parts.append(
            f'<text transform="translate({x(place) + 4:.1f} {_BOTTOM + 8}) rotate(90)">'
            f"{escaped(name)}</text>"
        )
    return (
        f"<figure><figcaption>{title}</figcaption>"
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{title}">'
        f"{''.join(parts)}</svg></figure>"
    )


def _drawn(
    kind: str,
    values: Sequence[float | None],
    rows: Sequence[LayerProfile],
    x: Callable[[int], float],
    y: Callable[[float], float],
) -> Iterator[str]:
    """Yield the pieces of a line between gaps; where points are few, a mark shows each number."""
    piece: list[str] = []
    for place, value in enumerate([*values, None]):
        if value is not None and _sane(value):
            piece.append(f"{x(place):.1f},{y(value):.1f}")
            if len(rows) <= _MOST_POINTS:
                yield (
                    f'<circle class="{kind}" r="3.5" cx="{x(place):.1f}" cy="{y(value):.1f}">'
                    f"<title>{escaped(rows[place].layer)}: {value:.4g}</title></circle>"
                )
        elif piece:
            yield f'<polyline class="{kind}" points="{" ".join(piece)}"/>'
            piece = []


def _log(value: float) -> float:
    return math.log10(max(value, 1 / _LARGEST))


def _sane(value: float) -> bool:
    return abs(value) < _LARGEST


def _table(before: Prediction, after: Prediction) -> str:
    head = "".join(f'<th class="number">{name}</th>' for name in _COLUMNS)
    fixed = {row.layer: row for row in after.layers}
    lines = []
    for row in before.layers:
        other = fixed.get(row.layer, row)
        cells = "".join(
            f'<td class="number">{_number(old)}{_new(old, new)}</td>'
            for old, new in zip(_values(row), _values(other), strict=True)
        )
        lines.append(
            f"<tr data-text><td><code>{escaped(row.layer)}</code> "
            f'<span class="muted">{escaped(row.class_name)}</span></td>{cells}</tr>'
        )
    rows = "\n".join(lines)
    return (
        f"<details open><summary>{len(lines)} layers: as it is, then as fixed</summary>"
        f"<table><thead><tr><th>layer</th>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table>"
        "</details>"
    )


def _values(row: LayerProfile) -> tuple[float | None, ...]:
    return (
        row.gain,
        row.mean,
        row.variance,
        row.training_variance,
        row.noise_share,
        row.signal_spent,
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def _new(old: float | None, new: float | None) -> str:
    return "" if _number(new) == _number(old) else f" → {_number(new)}"
