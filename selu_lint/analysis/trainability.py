"""Whether a network trains, from what is predicted of its activations: one verdict for all."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from selu_lint.analysis.forecast import Assumptions, forecast
from selu_lint.analysis.inputs import Premise, premises
from selu_lint.analysis.noise_repairs import rate_of
from selu_lint.model.graph import Call, ModelGraph
from selu_lint.model.layer_kinds import ALL_DROPOUTS
from selu_lint.theory.states import State

EXPLODED = 1e4
"""Second moment above which the activations count as exploded; a standardized network has 1."""

VANISHED = 1e-4
"""Second moment below which the activations count as dead."""

MEASURED_WIDTH = 64
LARGEST_THAT_TRAINS = 4.8
"""Everything that spends no more of its signal trained, at a width of 64."""

SMALLEST_THAT_DOES_NOT = 7.2
"""Nothing that spends more did; between the two it goes either way."""

_WIDEST = 512
_LEAST_EXPONENT = 0.3
_MOST_EXPONENT = 0.45
_BISECTIONS = 9
_MOST_CALLS = 2000

Kind = Literal["trains", "borderline", "signal lost", "explodes", "dies out", "unknown"]


class Verdict(NamedTuple):
    """Whether a network trains.

    Attributes
    ----------
    kind : str
        In one word or two.
    text : str
        For people, such as ``signal lost at dense_9, SELU layer 9 of 40``.
    call : Call or None
        Where something goes wrong.
    place : int
        How many SELU layers lie on the longest way to there, itself included.
    depth : int
        How many lie on the longest way through the network.
    spent : float
        The most that is spent of the signal on any way, in nepers.
    band : tuple of float
        Up to which of it networks of these widths train, and from where on they do not.
    """

    kind: Kind
    text: str
    call: Call | None = None
    place: int = 0
    depth: int = 0
    spent: float = 0.0
    band: tuple[float, float] = (LARGEST_THAT_TRAINS, SMALLEST_THAT_DOES_NOT)

    @property
    def trains(self) -> bool | None:
        """Whether it trains; None where that is open."""
        return None if self.kind in ("unknown", "borderline") else self.kind == "trains"


def band(narrowest: float, widest: float) -> tuple[float, float]:
    """Return what a network may spend and trains, and from where on it does not.

    Wider networks bear more: of those that spend 13.3 in 8 layers, one of 64 units reached 0.10 on
    MNIST, one of 256 units 0.77. Narrow ones bear less: one of 16 units that spends 4.1 reached
    0.21. What lies between the narrowest and the widest layer is given to the borderline. Measured
    from 16 to 256 units; beyond, by the same powers up to 512.
    """
    least = min(narrowest, _WIDEST) / MEASURED_WIDTH
    most = max(min(widest, _WIDEST) / MEASURED_WIDTH, 1.0)
    return (
        LARGEST_THAT_TRAINS * math.pow(least, _LEAST_EXPONENT),
        SMALLEST_THAT_DOES_NOT * math.pow(most, _MOST_EXPONENT),
    )


def verdict(
    graph: ModelGraph,
    states: Mapping[Call, State | None],
    inputs: Mapping[Call, Premise],
) -> Verdict:
    """Return whether a network trains: the first place where something goes wrong, if there is one.

    Parameters
    ----------
    graph : ModelGraph
        The model.
    states : Mapping of Call to State
        Its forecast in training.
    inputs : Mapping of Call to Premise
        What its inputs were taken to be.
    """
    depths = _depths(graph)
    deepest = max(depths.values(), default=0)
    if not deepest:
        return Verdict("unknown", "unknown: no SELU layer was found")
    body, widths = _body(graph), _widths(graph, states)
    worst: Verdict | None = None
    unknown = ""
    for call in graph.calls:
        state = states[call]
        if call not in body and not depths[call]:
            continue
        if state is None:
            if call in body:
                unknown = unknown or _unknown(call, inputs)
            continue
        if not depths[call]:
            continue
        at = f"{call.layer.path}{_place(call, depths[call], deepest)}"
        found = Verdict("trains", "trains", call, depths[call], deepest, state.spent)
        if state.overflows or state.second > EXPLODED:
            return found._replace(kind="explodes", text=f"variance explodes at {at}")
        # What is exactly 0 was meant to be: a branch or a head that starts at zero.
        if 0 < state.second < VANISHED and call in body:
            return found._replace(kind="dies out", text=f"activations die out at {at}")
        if state.second == 0 or not math.isfinite(state.spent):
            continue
        limits = band(*widths[call])
        found = found._replace(band=limits)
        if state.spent > limits[1]:
            return found._replace(kind="signal lost", text=f"signal lost at {at}")
        if worst is None or state.spent - limits[0] > worst.spent - worst.band[0]:
            worst = found
    if worst is not None and worst.spent > worst.band[0]:
        least, most = worst.band
        text = (
            f"borderline: {worst.spent:.1f} of the signal budget is spent, and networks of this "
            f"width train up to {least:.1f} and not from {most:.1f} on"
        )
        return worst._replace(kind="borderline", text=text)
    if unknown:
        return Verdict("unknown", unknown, depth=deepest)
    other = _other_activations(body)
    if other:
        return Verdict("unknown", f"no verdict: {other}", depth=deepest)
    return worst or Verdict("trains", "trains", depth=deepest)


def judge_signal(graph: ModelGraph, dropouts: tuple[str, float] | None = None) -> Verdict:
    """Return the verdict on a model, or on it with other dropouts; see `Assumptions`."""
    taken = premises(graph)
    assumed = Assumptions(training=True, inputs=taken, dropouts=dropouts)
    return verdict(graph, forecast(graph, assumed), taken)


def dropouts_behind_selu(graph: ModelGraph) -> tuple[Call, ...]:
    """Return the calls of dropouts and noises that SELU reaches and that act in training."""
    return tuple(
        call
        for call in graph.calls
        if call.layer.class_name in ALL_DROPOUTS
        and call.layer.built_in
        and rate_of(call.layer) != 0
        and graph.acts_in_training(call)
        and graph.selu_sources(call)
    )


def largest_rate(graph: ModelGraph, class_name: str) -> float | None:
    """Return the largest rate that, set for every dropout behind SELU, lets the network train.

    Rounded down to three digits, and no larger than what is there. None if none does, or the
    network is too large to try.
    """

    def fits(rate: float) -> bool:
        return judge_signal(graph, (class_name, rate)).kind in ("trains", "unknown")

    if len(graph.calls) > _MOST_CALLS or not fits(0.0):
        return None
    rates = [rate_of(call.layer) or 0.0 for call in dropouts_behind_selu(graph)]
    # Bisection in −ln(1 − rate), in which what is spent is nearly linear.
    below, above = 0.0, -math.log1p(-max(rates, default=0.0)) or -math.log(0.01)
    for _ in range(_BISECTIONS):
        middle = (below + above) / 2
        below, above = (middle, above) if fits(-math.expm1(-middle)) else (below, middle)
    return _floor(-math.expm1(-below))


def _floor(rate: float) -> float:
    if rate <= 0:
        return 0.0
    unit = 10.0 ** (2 - math.floor(math.log10(rate)))
    return math.floor(rate * unit) / unit


def _depths(graph: ModelGraph) -> dict[Call, int]:
    """Return for each call how many SELUs are on the longest path to it, itself included."""
    depths: dict[Call, int] = {}
    for call in graph.calls:
        before = max((depths[source] for source in call.inputs), default=0)
        depths[call] = before + call.layer.applies_selu
    return depths


def _body(graph: ModelGraph) -> frozenset[Call]:
    """Return the calls that a SELU stands behind, and the SELUs: all but the heads."""
    body = {call for call in graph.calls if call.layer.applies_selu}
    for call in reversed(graph.calls):
        if call in body:
            body.update(call.inputs)
    return frozenset(body)


def _widths(
    graph: ModelGraph, states: Mapping[Call, State | None]
) -> dict[Call, tuple[float, float]]:
    """Return for each call the width of the narrowest and the widest SELU layer up to it."""
    widths: dict[Call, tuple[float, float]] = {}
    for call in graph.calls:
        before = [widths[source] for source in call.inputs]
        state = states[call]
        if call.layer.applies_selu and state is not None:
            units = _units(call)
            before.append((units, units))
        widths[call] = (
            min((least for least, _ in before), default=math.inf),
            max((most for _, most in before), default=0.0),
        )
    return widths


def _units(call: Call) -> float:
    """Return how many values of an example stand behind a call; infinite if it is not known."""
    sizes = (call.output_shape or (None, None))[1:]
    return float(math.prod(size for size in sizes if size)) if all(sizes) else math.inf


def _place(call: Call, place: int, deepest: int) -> str:
    if not place:
        return ""
    where = "" if call.layer.applies_selu else "behind "
    return f", {where}SELU layer {place} of {deepest}"


def _unknown(call: Call, inputs: Mapping[Call, Premise]) -> str:
    if call in inputs:
        return f"no verdict: input {call.layer.path} is taken {inputs[call].text}"
    return f"unknown: no prediction at {call.layer.path}"


def _other_activations(body: frozenset[Call]) -> str:
    """Return in words which layers of the body have another activation; empty if none has."""
    others: Iterator[Call] = (
        call
        for call in body
        if call.layer.activation is not None
        and not call.layer.activation.is_linear
        and not call.layer.applies_selu
    )
    paths = sorted({call.layer.path for call in others})
    if not paths:
        return ""
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    return f"{paths[0]}{more} in the body of the network have another activation than SELU"
