"""SELU002: a regular Dropout follows SELU, or stands in front of it."""

from __future__ import annotations

from collections.abc import Iterator

from selu_lint.analysis.noise_repairs import (
    alpha_dropout_impossible,
    alpha_rate,
    in_front,
    noise_data,
    rate_of,
    rate_text,
    to_alpha_dropout,
)
from selu_lint.findings import Finding, Severity
from selu_lint.model.graph import ModelGraph
from selu_lint.rule import Rule


class DropoutAfterSelu(Rule):
    """A regular Dropout follows SELU, or stands in front of it.

    What it does
    ------------
    Finds every ``Dropout`` that takes the output of a SELU, directly or through layers that keep
    the distribution of the elements: reshaping, padding, pooling, a linear Activation, other
    dropouts, Concatenate, Add and Average of SELU outputs, the borders of nested models. It also
    finds those whose output a separate SELU takes. The gates of LSTM and GRU end it: what these
    give is not SELU's. A Dropout that Keras 2 calls with ``training=False`` never acts.
    Behind a pooling of whole images (global, or with a window of their size) Dropout is right:
    there little variance is left, and the AlphaDropout that injects half of noise into SELU's
    output injects 0.91 to 0.97 (measured on MNIST; behind 2 × 2 poolings 0.52 to 0.61).

    Why is this bad?
    ----------------
    Dropout sets elements to 0 and scales the rest, which multiplies the second moment by
    1 / (1 − rate) in training: the next layer no longer sees variance 1, and training and inference
    differ. AlphaDropout sets them to the value that SELU saturates at and keeps mean and variance.

    Example
    -------
    >>> Dense(256, activation="selu", kernel_initializer="lecun_normal")
    >>> Dropout(0.25)

    Use instead:

    >>> AlphaDropout(0.0753)  # injects the noise that Dropout(0.25) did

    Fix safety
    ----------
    Safe: neither layer does anything in inference. At the same rate AlphaDropout injects about
    three times the noise of Dropout, enough to stop a deep network from training; the fix
    therefore takes the rate with the same share of noise (``--alpha-rate keep`` keeps the rate).
    A Dropout that is called with ``training=True``, or in a nested model that is, acts in
    inference: there the fix is unsafe. There is none for a Dropout in front of SELU, which has to
    move behind it.

    References
    ----------
    Klambauer et al. 2017, "Self-Normalizing Neural Networks", section 3, "New Dropout Technique".
    ``keras.layers.AlphaDropout``.
    """

    code = "SELU002"
    name = "dropout-after-selu"
    severity = Severity.ERROR
    fixable = True

    def check(self, graph: ModelGraph) -> Iterator[Finding]:
        """Yield a finding for each Dropout that SELU reaches."""
        for dropout in graph.layers:
            if dropout.class_name != "Dropout" or not dropout.built_in:
                continue
            after = graph.selu_sources_of(dropout)
            rate = rate_of(dropout)
            if rate == 0:
                continue
            if not after:
                ahead = graph.selu_ahead_of(dropout)
                if ahead and rate is not None:
                    front = in_front(self.settings, dropout, rate, ahead)
                    yield self.finding(dropout.path, *front)
                continue
            follows = f"follows SELU of {after}"
            if rate is None:
                message = f"Dropout {follows}; use AlphaDropout"
                data: dict[str, object] = {"rate": None, **after.data("after")}
                yield self.finding(dropout.path, message, data, None, "its rate is not known")
                continue
            new_rate = alpha_rate(rate, self.settings.alpha_rate)
            advice = f"use AlphaDropout({rate_text(new_rate)})"
            if new_rate != rate:
                advice += ", which injects the same noise"
            why_not = alpha_dropout_impossible(graph, dropout)
            fix = None if why_not else to_alpha_dropout(graph, dropout, rate, new_rate)
            message = f"Dropout({rate_text(rate)}) {follows}; {advice}"
            if why_not:
                message += f" (no fix: {why_not})"
            data = {**noise_data(rate, new_rate), **after.data("after")}
            yield self.finding(dropout.path, message, data, fix, why_not)
