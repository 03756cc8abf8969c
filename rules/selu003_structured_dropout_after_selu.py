"""SELU003: dropout of whole channels, or Gaussian noise, follows SELU."""

from __future__ import annotations

from collections.abc import Iterator

from selu_lint.config_values import finite_number
from selu_lint.findings import Finding, Severity
from selu_lint.graph import Layer, ModelGraph
from selu_lint.layer_kinds import NOISES, STRUCTURED_DROPOUTS
from selu_lint.noise_repairs import (
    alpha_dropout_impossible,
    alpha_rate,
    noise_data,
    rate_of,
    rate_text,
    to_alpha_dropout,
)
from selu_lint.rule import Rule


class StructuredDropoutAfterSelu(Rule):
    """Dropout of whole channels, or Gaussian noise, follows SELU.

    What it does
    ------------
    Finds ``SpatialDropout1D``, ``2D``, ``3D``, ``GaussianDropout`` and ``GaussianNoise`` that SELU
    reaches.

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
    does not save ``noise_shape`` with an AlphaDropout, so there no fix is offered; nor is one for
    Gaussian noise, which has no counterpart.

    References
    ----------
    Klambauer et al. 2017, "Self-Normalizing Neural Networks", section 3.
    ``keras.layers.SpatialDropout2D``, ``keras.layers.AlphaDropout``.
    """

    code = "SELU003"
    name = "structured-dropout-after-selu"
    severity = Severity.WARNING
    fixable = True

    def check(self, graph: ModelGraph) -> Iterator[Finding]:
        """Yield a finding for each structured dropout or noise that SELU reaches."""
        for noise in graph.layers:
            if noise.class_name not in STRUCTURED_DROPOUTS | NOISES or not noise.built_in:
                continue
            after = graph.selu_sources_of(noise)
            if not after:
                continue
            if noise.class_name in NOISES:
                if _amount(noise) != 0:
                    yield self._noise(noise, after)
                continue
            rate = rate_of(noise)
            if rate is not None and rate > 0:
                yield self._spatial(graph, noise, rate, after)

    def _spatial(
        self, graph: ModelGraph, noise: Layer, rate: float, after: tuple[str, ...]
    ) -> Finding:
        new_rate = alpha_rate(rate, self.settings.alpha_rate)
        why_not = alpha_dropout_impossible(graph, noise)
        fix = None if why_not else to_alpha_dropout(graph, noise, rate, new_rate)
        message = (
            f"{noise.class_name}({rate_text(rate)}) follows SELU of {', '.join(after)}; "
            f"use AlphaDropout({rate_text(new_rate)}) with noise_shape"
        )
        if why_not:
            message += f" (no fix: {why_not})"
        data = {**noise_data(rate, new_rate), "after": list(after)}
        return self.finding(noise.path, message, data, fix, why_not)

    def _noise(self, noise: Layer, after: tuple[str, ...]) -> Finding:
        amount = _amount(noise)
        number = "" if amount is None else f"({amount:g})"
        message = (
            f"{noise.class_name}{number} follows SELU of {', '.join(after)} and raises its "
            "variance in training; use AlphaDropout"
        )
        key = "rate" if noise.class_name == "GaussianDropout" else "stddev"
        why_not = f"{noise.class_name} has no counterpart that keeps the variance"
        return self.finding(noise.path, message, {key: amount, "after": list(after)}, None, why_not)


def _amount(noise: Layer) -> float | None:
    """Return the rate of a GaussianDropout or the standard deviation of a GaussianNoise."""
    value = noise.config.get("stddev", noise.config.get("sigma"))
    if noise.class_name == "GaussianDropout":
        return rate_of(noise)
    return finite_number(value)
