"""The profile of a model as a table for people."""

from __future__ import annotations

from selu_lint.profiles.profiling import LayerProfile, Prediction, Profile
from selu_lint.profiles.source_profiles import SourceProfiles
from selu_lint.reports.text import columns
from selu_lint.wording import printable

_UNKNOWN = "?"
_NARROW = 34
_ROUNDING = 1e-12


def render(profile: Profile) -> str:
    """Return the table: a row a layer, as it is and as ``fix`` would leave it, and the verdicts."""
    measured = any(row.measured for row in profile.before.layers)
    head = ["layer", "gain", "mean", "variance", "training", "noise", "spent"]
    seen = ["measured", "training"] if measured else []
    after = ["gain", "variance", "training", "noise", "spent"]
    rows = [[*head, *seen, "| fixed:", *after, *seen]]
    fixed = {row.layer: row for row in profile.after.layers}
    for row in profile.before.layers:
        rows.append(
            [*_cells(row), *_measured(row, measured), "|", *_fixed(fixed.get(row.layer), measured)]
        )
    widths = [max(columns(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [printable(profile.path)]
    for path, premise in profile.before.inputs.items():
        name = f"input {path}" if len(profile.before.inputs) > 1 else "input"
        lines.append(printable(f"{name} taken {premise.text}"))
    for texts in rows:
        cells = [
            cell + " " * (width - columns(cell))
            if column == 0 or cell.startswith("|")
            else " " * (width - columns(cell)) + cell
            for column, (cell, width) in enumerate(zip(texts, widths, strict=True))
        ]
        lines.append("  " + "  ".join(cells).rstrip())
    lines += [
        "",
        f"as it is: {printable(profile.before.verdict)}{_unpredicted(profile.before)}",
        f"as fixed: {printable(profile.after.verdict)}{_unpredicted(profile.after)}",
        "mean, variance: in inference; training: variance in training; noise: dropout's share of",
        "the second moment; spent: of signal and gradient, by SELU and the dropouts behind it.",
    ]
    if any(row.signal_spent for row in profile.before.layers):
        least, most = profile.before.band
        lines.append(
            f"Networks of this width and depth train up to {least:.1f} spent, and not from "
            f"{most:.1f} on."
        )
    return "\n".join(lines) + "\n"


def render_source(found: SourceProfiles) -> str:
    """Return the tables of the models that source code builds, and which have none."""
    texts = [
        f"{printable(each.name)}: {_count(each.layers)}, whose sizes do not follow from the code\n"
        if each.profile is None
        else render(each.profile)
        for each in found.models
    ]
    return "\n".join(texts) or f"{printable(found.path)}: builds no model with SELU layers\n"


def _count(layers: int) -> str:
    return f"{layers} layer{'' if layers == 1 else 's'}"


def _cells(row: LayerProfile) -> list[str]:
    name = printable(row.layer)
    return [
        name if len(name) <= _NARROW else f"…{name[1 - _NARROW :]}",
        "" if row.gain is None else _number(row.gain),
        _number(row.mean),
        _number(row.variance),
        _number(row.training_variance),
        _number(row.noise_share),
        _number(row.signal_spent),
    ]


def _fixed(row: LayerProfile | None, measured: bool) -> list[str]:
    if row is None:
        return [""] * (7 if measured else 5)
    gain, _, variance, training, noise, spent = _cells(row)[1:]
    return [gain, variance, training, noise, spent, *_measured(row, measured)]


def _measured(row: LayerProfile, shown: bool) -> list[str]:
    if not shown:
        return []
    if row.measured is None:
        return ["", ""]
    return [_number(row.measured.variance), _number(row.measured.training_variance)]


def _unpredicted(prediction: Prediction) -> str:
    names = [row.layer for row in prediction.layers if not row.predicted]
    if not names:
        return ""
    some = ", ".join(printable(name) for name in names[:3]) + (", …" if len(names) > 3 else "")
    return f" (no prediction for {some})"


def _number(value: float | None) -> str:
    if value is None:
        return _UNKNOWN
    if abs(value) < _ROUNDING:
        return "0.000"
    if not 0.001 <= abs(value) < 10_000:
        return f"{value:.1e}"
    return f"{value:.3f}"
