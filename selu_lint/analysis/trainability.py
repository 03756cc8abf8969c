"""Whether a network trains, from what is predicted of its activations: one verdict for all."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from selu_lint.analysis.forecast import Assumptions, forecast
from selu_lint.analysis.inputs import Premise, premises
from selu_lint.analysis.noise_repairs import dropouts_behind_selu, rate_of
from selu_lint.model.graph import ModelGraph
from selu_lint.model.layer_kinds import ALL_DROPOUTS
from selu_lint.model.layers import Call
from selu_lint.theory.states import State
from selu_lint.wording import band_in_words

USUAL = 1e-4, 1e4
"""Second moments of the last SELU layers with which networks train; a standardized one has 1."""

POSSIBLE = 1e-24, 1e38
"""Beyond these kernels do not learn: Adam divides gradients by their size and 1e-7, so that the
root of the least moves a weight by 1e-5 of a step, and keeps their squares in single precision,
which ends at the most. Biases learn whatever comes in, and revive what is small."""

SPENT_A_LAYER = 0.3
"""How much less a network may spend for each of its SELU layers, so that all of them train."""

SURE = 0.84
"""Which share of what none spends that trains every network may spend, but for its depth."""

WIDEST = 4096
"""From here on width makes no difference: nothing nearly as wide was trained."""

_STEPS = 12
_NEAR = 0.05
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
    band: tuple[float, float] = (0.0, 0.0)

    @property
    def trains(self) -> bool | None:
        """Whether it trains; None where that is open."""
        return None if self.kind in ("unknown", "borderline") else self.kind == "trains"


def most_spent(width: float) -> float:
    """Return what no network of a width spends that trains, in nepers.

    What is spent is what two passes no longer agree in, of the signal and of its gradient, so what
    a step learns from has e^−spent of the power of the noise, of which more units average more
    away. Fitted on trained networks of 16 to 512 units, see ``docs/evidence/bands.md``.
    """
    return 5.0 * math.log1p(min(width, WIDEST) / 2.0)


def band(narrowest: float, widest: float, depth: int) -> tuple[float, float]:
    """Return what a network may spend and trains, and from where on it does not.

    Deep networks bear less at the usual learning rates, and a lower one may help: that goes to the
    borderline, as does what lies between the narrowest and the widest layer. From 230 trained
    networks of 1 to 100 layers, see ``docs/evidence/bands.md``.
    """
    least = SURE * most_spent(narrowest) - SPENT_A_LAYER * depth
    return max(least, 0.0), most_spent(max(widest, 1.0))


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
    plain = _least_depths(graph)
    body, widths = graph.up_to_selu, _widths(graph, states)
    scale = _scale(graph, states, depths)
    if scale is not None and scale.kind != "borderline":
        return scale
    worst: Verdict | None = None
    unknown = ""
    for call in graph.calls:
        state = states[call]
        if call not in body and not depths[call]:
            continue
        if state is None:
            # An embedding is drawn, whatever the tokens are.
            encoded = call in inputs and all(states[each] for each in graph.consumers(call))
            if call in body and not encoded:
                unknown = unknown or _unknown(call, inputs)
            continue
        if not depths[call]:
            continue
        if state.second == 0 or not math.isfinite(state.spent):
            continue
        limits = band(*widths[call], plain[call])
        found = Verdict("trains", "trains", call, depths[call], deepest, state.spent, limits)
        if state.spent > limits[1]:
            at = f"{call.layer.path}{_place(call, depths[call], deepest)}"
            return found._replace(kind="signal lost", text=f"signal lost at {at}")
        if worst is None or state.spent - limits[0] > worst.spent - worst.band[0]:
            worst = found
    if worst is not None and worst.spent > worst.band[0]:
        told = band_in_words(*worst.band)
        text = f"borderline, as the signal fades by {worst.spent:.1f} nepers; {told}"
        return worst._replace(kind="borderline", text=text)
    found = worst or Verdict("trains", "trains", depth=deepest)
    if scale is not None:
        found = found._replace(kind=scale.kind, text=scale.text, call=scale.call)
    if unknown:
        return found._replace(kind="unknown", text=unknown, call=None)
    other = _other_activations(body)
    if other:
        return found._replace(kind="unknown", text=f"no verdict: {other}", call=None)
    return found


def _scale(
    graph: ModelGraph, states: Mapping[Call, State | None], depths: Mapping[Call, int]
) -> Verdict | None:
    """Return the verdict on the size of what SELU layers put out; None where it is usual.

    What shrinks on the way counts where it is small at the end: what is behind may restore it.
    """
    deepest, body = max(depths.values()), graph.up_to_selu
    seconds = {
        call: state.second
        for call in graph.calls
        if depths[call] and (state := states[call]) is not None
    }
    # What is exactly 0 was meant to be, a branch or a head, unless it has shrunk to it.
    smallest = min((second for second in seconds.values() if second > 0), default=1.0)
    last = {
        call: second or smallest
        for call, second in seconds.items()
        if call in body and not any(each in body for each in graph.consumers(call))
    }
    least = min(last.values(), default=1.0)

    def found(kind: Kind, text: str, call: Call) -> Verdict:
        text = text.format(f"{call.layer.path}{_place(call, depths[call], deepest)}")
        return Verdict(kind, text, call, depths[call], deepest)

    for call, second in seconds.items():
        if second > POSSIBLE[1]:
            return found("explodes", "variance explodes at {}", call)
        if least < POSSIBLE[0] and 0 < second < POSSIBLE[0] and not _has_biases(body):
            return found("dies out", "activations die out at {}", call)
    for call, second in last.items():
        if not USUAL[0] <= second <= USUAL[1]:
            how = "grows" if second > 1 else "shrinks"
            return found("borderline", f"variance {how} to {second:.0e} at {{}}: borderline", call)
    return None


def _has_biases(body: frozenset[Call]) -> bool:
    return any(
        call.layer.kernel_slots and call.layer.config.get("use_bias", True) is not False
        for call in body
    )


def judge_signal(
    graph: ModelGraph, dropouts: tuple[str, float] | None = None, unit_gains: bool = False
) -> Verdict:
    """Return the verdict on a model, or on it with other dropouts or gains; see `Assumptions`."""
    taken = premises(graph)
    assumed = Assumptions(True, taken, dropouts, unit_gains=unit_gains)
    return verdict(graph, forecast(graph, assumed), taken)


def largest_rate(graph: ModelGraph, class_name: str, unit_gains: bool = False) -> float | None:
    """Return the largest rate that, set for every dropout behind SELU, lets the network train.

    Rounded down to three digits, and no larger than what is there; with gains of 1 if told so. None
    if none does, or the network is too large to try.
    """

    def margin(nepers: float) -> float:
        """Return what is spent too much where each dropout keeps e^−nepers."""
        found = judge_signal(graph, (class_name, -math.expm1(-nepers)), unit_gains)
        if found.kind in ("explodes", "dies out"):
            return math.inf
        return -math.inf if found.kind == "unknown" else found.spent - found.band[0]

    rates = [rate_of(call.layer) or 0.0 for call in dropouts_behind_selu(graph)]
    below, above = 0.0, -math.log1p(-max(rates, default=0.0)) or -math.log(0.01)
    if len(graph.calls) > _MOST_CALLS or (least := margin(below)) > 0:
        return None
    most = margin(above)
    if most <= 0:
        below = above
    # What is spent is nearly linear in the nepers, so the chord leads there in a few steps.
    for _ in range(_STEPS if most > 0 else 0):
        if least > -2 * _NEAR:
            break
        chord = (-_NEAR - least) / (most - least) if math.isfinite(most - least) else 0.5
        middle = below + (above - below) * min(max(chord, 0.02), 0.98)
        here = margin(middle)
        if here > 0:
            above, most = middle, here
        else:
            below, least = middle, here
    return _floor(-math.expm1(-below))


def _floor(rate: float) -> float:
    if rate <= 0:
        return 0.0
    unit = 10.0 ** (2 - math.floor(math.log10(rate)))
    return math.floor(rate * unit) / unit


def _depths(graph: ModelGraph) -> dict[Call, int]:
    """Return for each call the most SELUs on a path to it, itself included."""
    depths: dict[Call, int] = {}
    for call in graph.calls:
        before = max((depths[source] for source in call.inputs), default=0)
        depths[call] = before + call.layer.applies_selu
    return depths


def _least_depths(graph: ModelGraph) -> dict[Call, int]:
    """Return for each call the fewest layers on a path to it that take something from the signal.

    These are the SELU layers, and the dropouts that stand elsewhere than behind one: behind a sum
    they act on every path.
    """
    depths: dict[Call, int] = {}
    for call in graph.calls:
        layer = call.layer
        apart = layer.class_name in ALL_DROPOUTS and not any(
            source.layer.applies_selu for source in call.inputs
        )
        before = min((depths[source] for source in call.inputs), default=0)
        depths[call] = before + (layer.applies_selu or apart)
    return depths


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
