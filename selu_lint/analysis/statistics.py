"""What a model holds of its data: constants and stored statistics of normalization layers."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from selu_lint.errors import SeluLintError
from selu_lint.limits import LimitError
from selu_lint.model.config_values import finite_number
from selu_lint.model.dialects import read_initializer
from selu_lint.model.graph import ModelGraph
from selu_lint.model.layers import Layer

_MOST_CHANNELS = 1 << 16
_LARGEST = 1e30


class Channels(NamedTuple):
    """Mean and variance of each channel, or of all alike if there is one.

    Attributes
    ----------
    means, variances : tuple of float
        One for each channel, or one for all.
    """

    means: tuple[float, ...]
    variances: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean over all channels."""
        return math.fsum(self.means) / len(self.means)

    @property
    def variance(self) -> float:
        """Variance over all channels, that of their means included."""
        pairs = list(zip(*self._matched(self.means, self.variances), strict=True))
        second = math.fsum(variance + mean**2 for mean, variance in pairs) / len(pairs)
        return max(second - self.mean**2, 0.0)

    def scaled(self, scales: tuple[float, ...], offsets: tuple[float, ...]) -> Channels | None:
        """Return the moments of scale·x + offset; None where the channels do not match."""
        parts = (self.means, self.variances, scales, offsets)
        if len({len(part) for part in parts} - {1}) > 1:
            return None
        rows = list(zip(*self._matched(*parts), strict=True))
        return Channels(
            tuple(scale * mean + offset for mean, _, scale, offset in rows),
            tuple(scale**2 * variance for _, variance, scale, _ in rows),
        )

    @staticmethod
    def _matched(*parts: tuple[float, ...]) -> list[tuple[float, ...]]:
        length = max(map(len, parts))
        return [part * length if len(part) == 1 else part for part in parts]


class NormalizationVariables(NamedTuple):
    """What a normalization holds: a number for each channel, or one for all."""

    gamma: tuple[float, ...]
    beta: tuple[float, ...]
    moving: Channels


def statistics_of(graph: ModelGraph, layer: Layer) -> Channels | None:
    """Return the statistics that a Normalization holds: its constants, or what it was adapted to.

    Read from the file only where its weights are there; None where they cannot be known. Those of
    a layer that was never adapted are mean 0 and variance 1.
    """
    means, variances = (_numbers(layer.config.get(key)) for key in ("mean", "variance"))
    if means and variances:
        return Channels(means, variances)
    # Mean, variance, and the number of examples.
    read = stored_vectors(graph, layer, 2, 3)
    return None if read is None else Channels(read[0], read[1])


def stored_vectors(graph: ModelGraph, layer: Layer, *counts: int) -> list[tuple[float, ...]] | None:
    """Return the stored variables of a layer as numbers, if it has so many of them.

    None where there are none, one is too large or cannot be read, or holds what is no number.
    """
    weights = graph.document.weights
    if weights is None:
        return None
    try:
        stored = weights.variables(layer.path)
        if len(stored) not in counts or any(
            math.prod(variable.shape) > _MOST_CHANNELS for variable in stored
        ):
            return None
        read = [_numbers(weights.read(variable).tolist()) for variable in stored]
    except LimitError:
        raise
    except SeluLintError:
        return None
    return read if all(read) else None


def was_adapted(moving: Channels, initial: Channels) -> bool:
    """Whether moving statistics are other ones than those that a layer starts with."""
    return {*moving.means} != {*initial.means} or {*moving.variances} != {*initial.variances}


def moving_statistics(graph: ModelGraph, layer: Layer) -> Channels | None:
    """Return what a BatchNormalization met in training; None if that is not stored, or nothing."""
    stored, initial = stored_variables(graph, layer), initial_variables(layer)
    if stored is None or initial is None or not was_adapted(stored.moving, initial.moving):
        return None
    return stored.moving


def initial_variables(layer: Layer) -> NormalizationVariables | None:
    """Return what the variables start with; None where one of them is not a constant."""
    found = []
    for key, default in (
        ("gamma", "ones"),
        ("beta", "zeros"),
        ("moving_mean", "zeros"),
        ("moving_variance", "ones"),
    ):
        initializer = read_initializer(layer.config.get(f"{key}_initializer", default))
        if initializer.distribution != "constant":
            return None
        found.append((initializer.mean,))
    gamma, beta, mean, variance = found
    gamma = gamma if layer.config.get("scale", True) is not False else (1.0,)
    beta = beta if layer.config.get("center", True) is not False else (0.0,)
    return NormalizationVariables(gamma, beta, Channels(mean, variance))


def stored_variables(graph: ModelGraph, layer: Layer) -> NormalizationVariables | None:
    """Return the stored variables of a BatchNormalization; None where there are none."""
    scale, center = (layer.config.get(key, True) is not False for key in ("scale", "center"))
    read = stored_vectors(graph, layer, scale + center + 2)
    if read is None:
        return None
    *factors, means, variances = read
    if len(means) != len(variances) or min(variances) < 0:
        return None
    gamma = factors[0] if scale else (1.0,)
    beta = factors[-1] if center else (0.0,)
    return NormalizationVariables(gamma, beta, Channels(means, variances))


def _numbers(value: Any) -> tuple[float, ...]:
    """Return nested lists of numbers as one tuple; () if one is none."""
    pending, found = [value], list[float]()
    while pending:
        each = pending.pop()
        if isinstance(each, list | tuple):
            pending.extend(reversed(each))
            continue
        number = finite_number(each)
        if number is None or abs(number) > _LARGEST or len(found) >= _MOST_CHANNELS:
            return ()
        found.append(number)
    return tuple(found)
