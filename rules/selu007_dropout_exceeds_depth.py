"""SELU007: with so much dropout a network of this depth does not train."""

from __future__ import annotations

import math
from collections.abc import Iterator

from selu_lint.findings import Finding, Severity
from selu_lint.graph import Call, ModelGraph
from selu_lint.moments import SIGNAL_BUDGET, matched_alpha_rate
from selu_lint.noise_repairs import rate_of
from selu_lint.rule import Rule
from selu_lint.signal_paths import costliest_path, largest_noise_share


class DropoutExceedsDepth(Rule):
    """With so much dropout a network of this depth does not train.

    What it does
    ------------
    Adds up, over the SELU layers and the dropouts behind them on the longest path of the model,
    what each takes of the signal, and compares the sum with what a network that trains can spend:
    6. It says at which layer the signal is lost, and the largest rate with which this depth
    trains. Dropouts whose rate is not known do not count; where branches are added or joined, what
    they keep of the signal is averaged. A layer or nested model that is called several times counts
    at each of its calls on the path: as often as it is called in series, once side by side.

    Why is this bad?
    ----------------
    Dropout makes two passes of one input differ. Of the likeness of two activations a SELU layer
    keeps 97 %, and a dropout behind it 1 − s, where s is the share of noise: the rate for Dropout,
    0.31 for AlphaDropout(0.1), 0.58 for AlphaDropout(0.25). Layer by layer these multiply; once
    less than e⁻⁶ is left, the outputs and the gradients are noise, and the loss does not fall.

    Example
    -------
    >>> for _ in range(32):
    ...     x = Dense(128, activation="selu", kernel_initializer="lecun_normal")(x)
    ...     x = AlphaDropout(0.1)(x)

    Use instead:

    >>> x = AlphaDropout(0.04)(x)  # or fewer layers, or dropout behind some of them only

    Fix safety
    ----------
    There is no fix: whether to take less dropout, fewer layers or connections that skip layers is
    for you to say. The estimate takes every gain as 1, and the budget is a rule of thumb: a network
    just above it may train slowly.

    References
    ----------
    Schoenholz et al. 2017, "Deep Information Propagation", sections 4 and 5.
    Klambauer et al. 2017, "Self-Normalizing Neural Networks", section 3.
    """

    code = "SELU007"
    name = "dropout-exceeds-depth"
    severity = Severity.WARNING

    def check(self, graph: ModelGraph) -> Iterator[Finding]:
        """Yield one finding for a model whose longest path spends more than the budget."""
        path = costliest_path(graph)
        lost = path.lost_after()
        if path.spent <= SIGNAL_BUDGET or not path.dropouts or lost is None:
            return
        share = largest_noise_share(graph)
        rates = None if share is None else (_floor(matched_alpha_rate(share)), _floor(share))
        layers, where = lost
        message = (
            f"{path.depth} SELU layers with {_names(path.dropouts)} spend {path.spent:.1f} of a "
            f"signal budget of {SIGNAL_BUDGET:g}: the signal is lost at SELU layer {layers} "
            f"({where.layer.path}); "
        )
        if rates is None:
            message += "the depth alone spends more, use fewer layers or skip connections"
        elif all(call.layer.class_name == "AlphaDropout" for call in path.dropouts):
            message += f"AlphaDropout({rates[0]:g}) and less trains"
        else:
            message += f"Dropout({rates[1]:g}) and less trains, or AlphaDropout({rates[0]:g})"
        data = {
            "depth": path.depth,
            "dropouts": len(path.dropouts),
            "spent": round(path.spent, 3),
            "budget": SIGNAL_BUDGET,
            "lost_after": layers,
            "lost_at": where.layer.path,
            "alpha_rate": rates and rates[0],
            "dropout_rate": rates and rates[1],
        }
        yield self.finding("", message, data)


def _floor(rate: float) -> float:
    """Return a rate with three digits, rounded down so that it still fits."""
    if rate <= 0:
        return 0.0
    unit = 10.0 ** (2 - math.floor(math.log10(rate)))
    return math.floor(rate * unit) / unit


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
