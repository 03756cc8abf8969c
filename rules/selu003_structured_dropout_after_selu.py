"""SELU003: dropout of another kind, or Gaussian noise, follows SELU or stands in front of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from selu_lint.analysis.noise_repairs import (
    alpha_rate,
    behind,
    in_front,
    noise_data,
    rate_of,
    rate_text,
)
from selu_lint.findings import Finding, Severity
from selu_lint.model.config_values import finite_number
from selu_lint.model.graph import ModelGraph
from selu_lint.model.layer_kinds import NOISES, RECURRENT, STRUCTURED_DROPOUTS
from selu_lint.model.layers import Layer
from selu_lint.model.reach import Reach, united
from selu_lint.rule import Rule

if TYPE_CHECKING:
    from selu_lint.cases import Cases


class StructuredDropoutAfterSelu(Rule):
    """Dropout of another kind, or Gaussian noise, follows SELU or stands in front of it.

    What it does
    ------------
    Finds ``SpatialDropout1D``, ``2D``, ``3D``, ``GaussianDropout`` and ``GaussianNoise`` that SELU
    reaches or whose output a separate SELU takes, and the ``dropout`` arguments of recurrent layers
    and of attention that SELU reaches. The state of a SimpleRNN with SELU is SELU's output, so its
    ``recurrent_dropout`` counts, too.

    Why is this bad?
    ----------------
    Like Dropout they raise the second moment in training (by 1 / (1 − rate); GaussianNoise by its
    variance), so that the next layer no longer sees variance 1. AlphaDropout with a
    ``noise_shape`` drops whole channels and keeps mean and variance.

    Example
    -------
    >>> SpatialDropout2D(0.1)

    Use instead:

    >>> AlphaDropout(0.0264, noise_shape=(None, 1, 1, None))

    Fix safety
    ----------
    Safe: neither layer does anything in inference. The rate is matched as for SELU002. Keras 2
    does not save ``noise_shape`` with an AlphaDropout, so no fix is offered there; nor is there one
    for Gaussian noise, which changes values a little where AlphaDropout drops some, nor for what
    would have to move or become a layer of its own.

    References
    ----------
    Klambauer et al. 2017, "Self-Normalizing Neural Networks", section 3.
    ``keras.layers.SpatialDropout2D``, ``keras.layers.AlphaDropout``.
    """

    code = "SELU003"
    name = "structured-dropout-after-selu"
    severity = Severity.WARNING

    def check(self, graph: ModelGraph) -> Iterator[Finding]:
        """Yield a finding for each structured dropout or noise that SELU reaches."""
        for each in graph.layers:
            if not each.built_in:
                continue
            if each.class_name in RECURRENT or each.class_name.endswith("Attention"):
                yield from self._arguments(graph, each)
            if each.class_name not in STRUCTURED_DROPOUTS | NOISES:
                continue
            after, ahead = graph.selu_sources_of(each), graph.selu_ahead_of(each)
            rate = rate_of(each)
            if each.class_name in NOISES:
                if _amount(each) != 0 and (after or ahead):
                    yield self._noise(each, after, ahead)
            elif rate and after:
                yield self.finding(each.path, *behind(self.settings, graph, each, rate, after))
            elif rate and ahead:
                yield self.finding(each.path, *in_front(self.settings, each, rate, ahead))

    def _noise(self, noise: Layer, after: Reach, ahead: Reach) -> Finding:
        amount = _amount(noise)
        number = "" if amount is None else f"({amount:g})"
        where, names = ("follows", after) if after else ("stands in front of", ahead)
        gaussian = noise.class_name == "GaussianDropout"
        # GaussianNoise: its share of what it makes of a variance of 1.
        share = amount if gaussian or amount is None else 1 - 1 / (1 + amount * amount)
        new_rate = alpha_rate(share, "match") if share is not None and share < 1 else None
        as_noisy = "" if new_rate is None else f"({rate_text(new_rate)})"
        message = (
            f"{noise.class_name}{number} {where} the SELU of {names} and raises the variance in "
            f"training; AlphaDropout{as_noisy} behind SELU is as noisy and keeps the variance"
        )
        why_not = "AlphaDropout drops values where Gaussian noise shifts them: the choice is yours"
        data = {"rate" if gaussian else "stddev": amount, "alpha_rate": new_rate}
        data |= names.data("after" if after else "before")
        return self.finding(noise.path, message, data, None, why_not)

    def _arguments(self, graph: ModelGraph, each: Layer) -> Iterator[Finding]:
        """Yield a finding for each ``dropout`` argument of a layer that drops what SELU gives."""
        calls = graph.acting_calls(each)
        reached = united(graph.selu_sources(call) for call in calls)
        gives = each.class_name in RECURRENT and each.puts_out_selu and calls
        own = Reach(((0, each.path),)) if gives else Reach()
        for argument, keys, after in (
            ("dropout", ("dropout", "dropout_W"), reached),
            ("recurrent_dropout", ("recurrent_dropout", "dropout_U"), own),
        ):
            rate = next((finite_number(each.config[key]) for key in keys if key in each.config), 0)
            if not after or rate is None or not 0 < rate < 1:
                continue
            new_rate = alpha_rate(rate, self.settings.alpha_rate)
            what = f"{each.class_name}({argument}={rate_text(rate)})"
            if after is own:
                message = f"{what} drops parts of its state, the output of SELU; leave it out"
                why_not = "no layer can stand in front of a state"
            else:
                dropped = "values" if each.class_name in RECURRENT else "weights"
                message = (
                    f"{what} drops {dropped} of the input, which is the output of the SELU of "
                    f"{after}, and raises the variance in training; use "
                    f"AlphaDropout({rate_text(new_rate)}) in front of it instead"
                )
                why_not = "a layer would have to be added"
            data = {"argument": argument, **noise_data(rate, new_rate), **after.data("after")}
            yield self.finding(each.path, message, data, None, why_not)

    @staticmethod
    def cases() -> Cases:
        """Return models with nothing to find, models with something, and those repaired."""
        from selu_lint.cases import Case, Cases, layer, selu_behind, sequential

        def model(*behind: dict[str, object]) -> dict[str, object]:
            convolution = layer(
                "Conv2D",
                "conv",
                filters=4,
                kernel_size=[3, 3],
                activation="selu",
                kernel_initializer="lecun_normal",
            )
            return sequential((8, 8, 1), convolution, *behind)

        return Cases(
            valid=(
                Case(
                    "AlphaDropout",
                    model(layer("AlphaDropout", "drop", rate=0.1, noise_shape=[None, 1, 1, None])),
                ),
                Case(
                    "recurrent and attention layers without dropout, or before SELU",
                    sequential(
                        (8, 8),
                        layer("LSTM", "lstm", units=8, dropout=0.5, recurrent_dropout=0.5),
                        layer("Dense", "dense", units=8, activation="selu"),
                        layer("GRU", "gru", units=8, dropout=0.0, recurrent_dropout=0.5),
                    ),
                ),
                Case("no noise", model(layer("GaussianNoise", "noise", stddev=0.0))),
            ),
            invalid=(
                Case(
                    "channels last",
                    model(layer("SpatialDropout2D", "drop", rate=0.1, data_format="channels_last")),
                    ("drop",),
                    model(
                        layer("AlphaDropout", "drop", rate=0.0264, noise_shape=[None, 1, 1, None])
                    ),
                ),
                Case(
                    "channels first",
                    model(
                        layer("SpatialDropout2D", "drop", rate=0.1, data_format="channels_first")
                    ),
                    ("drop",),
                    model(
                        layer("AlphaDropout", "drop", rate=0.0264, noise_shape=[None, None, 1, 1])
                    ),
                ),
                Case(
                    "dropout arguments of recurrent layers",
                    sequential(
                        (8, 8),
                        layer("Dense", "dense", units=8, activation="selu"),
                        layer("LSTM", "lstm", units=8, dropout=0.5, return_sequences=True),
                        layer("Dense", "dense_1", units=8, activation="selu"),
                        layer(
                            "Bidirectional", "both", layer=layer("GRU", "gru", units=8, dropout=0.5)
                        ),
                    ),
                    ("lstm", "both/gru"),
                ),
                Case(
                    "the state of a SimpleRNN",
                    sequential(
                        (8, 8),
                        layer(
                            "SimpleRNN", "rnn", units=8, activation="selu", recurrent_dropout=0.2
                        ),
                    ),
                    ("rnn",),
                ),
                Case(
                    "dropout of attention",
                    model(
                        layer(
                            "MultiHeadAttention", "attention", num_heads=2, key_dim=4, dropout=0.1
                        )
                    ),
                    ("attention",),
                ),
                Case(
                    "in front of SELU",
                    selu_behind(layer("SpatialDropout1D", "drop", rate=0.5), shape=(8, 8)),
                    ("drop",),
                ),
                Case(
                    "Gaussian noise in front of SELU",
                    selu_behind(layer("GaussianNoise", "noise", stddev=0.5)),
                    ("noise",),
                ),
                Case(
                    "Gaussian noise", model(layer("GaussianNoise", "noise", stddev=0.1)), ("noise",)
                ),
                Case(
                    "Gaussian dropout",
                    model(layer("GaussianDropout", "noise", rate=0.1)),
                    ("noise",),
                ),
                Case(
                    "Keras 2 loses the noise_shape, so no fix",
                    model(layer("SpatialDropout2D", "drop", rate=0.1, noise_shape=None)),
                    ("drop",),
                    keras_version="2.15.0",
                ),
            ),
        )


def _amount(noise: Layer) -> float | None:
    """Return the rate of a GaussianDropout or the standard deviation of a GaussianNoise."""
    value = noise.config.get("stddev", noise.config.get("sigma"))
    if noise.class_name == "GaussianDropout":
        return rate_of(noise)
    return finite_number(value)
