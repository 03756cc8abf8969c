"""SELU007: with so much dropout a network of this depth does not train."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from selu_lint.analysis.lecun import gain_of
from selu_lint.analysis.noise_repairs import dropouts_behind_selu, rate_of
from selu_lint.findings import Finding, Severity
from selu_lint.model.graph import ModelGraph
from selu_lint.model.initializers import GAIN_TOLERANCE
from selu_lint.model.layers import Call
from selu_lint.rule import Rule
from selu_lint.wording import band_in_words

if TYPE_CHECKING:
    from selu_lint.cases import Cases


class DropoutExceedsDepth(Rule):
    """With so much dropout a network of this depth does not train.

    What it does
    ------------
    Predicts, as ``selu-lint profile`` does and with the same verdict, by how much the SELU layers
    and the dropouts behind them make the signal and its gradient fade, in nepers (1 neper leaves 37
    %, 5 leave less than 1 %), and compares it with networks that were trained. None trained whose
    signal fades by more than 5·ln(1 + width / 2) nepers: 17 at a width of 64, 28 at 512. All did
    where it fades by less than 84 % of that, less 0.3 for each SELU layer; in between it goes
    either way. It says at which layer the signal is lost, and the largest rate with which this
    depth trains. Where branches are added or joined, what they keep of the signal is averaged;
    another activation or a normalization ends the count. Where kernels of SELU layers have other
    gains than 1, that is to be mended first: noise weighs more on a signal that shrinks, and the
    rates are those for gain 1.

    Why is this bad?
    ----------------
    Dropout makes two passes of one input differ. Of the likeness of two activations a SELU layer
    keeps 97 %, and a dropout behind it 1 − s, where s is the share of noise: the rate for Dropout,
    0.31 for AlphaDropout(0.1), 0.58 for AlphaDropout(0.25). Of the likeness of two gradients it
    keeps 91 %, and a dropout 1 − rate. Layer by layer these multiply; once too little is left,
    outputs and gradients are noise, and the loss does not fall.

    An error where the network will not train, a warning on the borderline.

    Example
    -------
    >>> for _ in range(32):
    ...     x = Dense(128, activation="selu", kernel_initializer="lecun_normal")(x)
    ...     x = AlphaDropout(0.1)(x)

    Use instead:

    >>> x = AlphaDropout(0.03)(x)  # or fewer layers, or dropout behind some of them only

    Fix safety
    ----------
    There is no fix: whether to take less dropout, fewer layers or connections that skip layers is
    yours to decide.

    References
    ----------
    Schoenholz et al. 2017, "Deep Information Propagation", sections 4 and 5.
    Klambauer et al. 2017, "Self-Normalizing Neural Networks", section 3.
    """

    code = "SELU007"
    name = "dropout-exceeds-depth"
    severity = Severity.ERROR

    def check(self, graph: ModelGraph) -> Iterator[Finding]:
        """Yield one finding for a model in which too much of the signal is spent."""
        dropouts = dropouts_behind_selu(graph)
        if not dropouts:
            return
        from selu_lint.analysis.trainability import judge_signal, largest_rate

        verdict = judge_signal(graph)
        if verdict.kind not in ("signal lost", "borderline") or verdict.call is None:
            return
        least, most = verdict.band
        if verdict.spent <= least:
            return
        drawn_first = any(
            gain is not None and abs(gain - 1) > GAIN_TOLERANCE
            for gain in (gain_of(graph, layer) for layer in graph.feeds_selu)
        )
        trains = drawn_first and judge_signal(graph, unit_gains=True).kind == "trains"
        alphas = all(call.layer.class_name == "AlphaDropout" for call in dropouts)
        alpha_rate = None if trains else largest_rate(graph, "AlphaDropout", drawn_first)
        dropout_rate = None if alphas or trains else largest_rate(graph, "Dropout", drawn_first)
        message = f"{verdict.depth} SELU layers with {_names(dropouts)}: {verdict.text}"
        if verdict.kind != "borderline":
            told = band_in_words(*verdict.band)
            message += f", where it has faded by {verdict.spent:.1f} nepers; {told}"
        if drawn_first:
            message += "; first draw the kernels of SELU layers with gain 1"
        if trains:
            message += ": then it trains"
        elif not alpha_rate:
            message += "; use fewer layers or skip connections"
        elif alphas or not dropout_rate:
            message += f"; AlphaDropout({alpha_rate:g}) or less trains"
        else:
            message += f"; Dropout({dropout_rate:g}) or AlphaDropout({alpha_rate:g}) or less trains"
        data = {
            "depth": verdict.depth,
            "dropouts": len(dropouts),
            "spent": round(verdict.spent, 3),
            "band": [round(least, 3), round(most, 3)],
            "at": verdict.call.layer.path,
            "selu_layer": verdict.place,
            "alpha_rate": alpha_rate,
            "dropout_rate": dropout_rate,
            "unit_gain_trains": trains,
        }
        severity = Severity.WARNING if verdict.kind == "borderline" else None
        yield self.finding("", message, data, severity=severity)

    @staticmethod
    def cases() -> Cases:
        """Return models with nothing to find, models with something, and those repaired."""
        from selu_lint.cases import Case, Cases, layer, sequential

        small = {"class_name": "RandomNormal", "config": {"mean": 0.0, "stddev": 0.01}}

        def deep(
            depth: int,
            kind: str = "AlphaDropout",
            kernel_initializer: object = "lecun_normal",
            **config: Any,
        ) -> dict[str, Any]:
            layers = []
            for index in range(depth):
                drawn = {"activation": "selu", "kernel_initializer": kernel_initializer}
                layers.append(layer("Dense", f"dense_{index}", units=64, **drawn))
                layers.append(layer(kind, f"drop_{index}", **config))
            return sequential((64,), *layers)

        def normalized(index: int) -> list[dict[str, Any]]:
            return [
                layer("Dense", f"dense_{index}", units=64, activation="selu"),
                layer("BatchNormalization", f"bn_{index}"),
                layer("AlphaDropout", f"drop_{index}", rate=0.3),
            ]

        return Cases(
            valid=(
                Case("few layers", deep(8, rate=0.2)),
                Case("many layers, little dropout", deep(16, rate=0.05)),
                Case("many layers without dropout", deep(40, rate=0.0)),
                Case("a rate that is not known", deep(32, rate=None)),
                Case(
                    "no SELU",
                    sequential((8,), *[layer("Dropout", f"d{n}", rate=0.5) for n in range(40)]),
                ),
                Case(
                    "a normalization behind each SELU begins anew",
                    sequential((64,), *(each for n in range(12) for each in normalized(n))),
                ),
                Case("no layers", sequential((8,))),
            ),
            invalid=(
                Case("AlphaDropout at the rate of the paper, 32 layers", deep(32, rate=0.1), ("",)),
                Case("Dropout", deep(12, "Dropout", rate=0.5), ("",)),
                Case("Gaussian noise", deep(24, "GaussianNoise", stddev=1.0), ("",)),
                Case(
                    "kernels that let the signal shrink",
                    deep(8, rate=0.1, kernel_initializer=small),
                    ("",),
                ),
                Case(
                    "kernels that let it shrink, and too much dropout",
                    deep(32, rate=0.1, kernel_initializer=small),
                    ("",),
                ),
                Case("a depth that is too much by itself", deep(60, rate=0.001), ("",)),
            ),
        )


def _names(dropouts: tuple[Call, ...]) -> str:
    """Return the dropouts with their rates: ``AlphaDropout(0.05 to 0.1)``."""
    kinds: dict[str, list[float]] = {}
    for call in dropouts:
        rate = rate_of(call.layer)
        kinds.setdefault(call.layer.class_name, []).extend([] if rate is None else [rate])
    names = []
    for kind, rates in kinds.items():
        low, high = min(rates, default=0.0), max(rates, default=0.0)
        span = f"{high:g}" if low == high else f"{low:g} to {high:g}"
        names.append(f"{kind}({span})" if rates else kind)
    return " and ".join(names)
