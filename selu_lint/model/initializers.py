"""What a Keras initializer draws: its distribution, its variance, and whether it is LecunNormal."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from selu_lint.model.config_values import finite_number
from selu_lint.model.kernels import keras_fans

TRUNCATED_STANDARD_DEVIATION = 0.87962566103423978
"""Standard deviation of a standard normal cut at two (``scipy.stats.truncnorm.std(-2, 2)``)."""

GAIN_TOLERANCE = 0.05
"""How far a gain may be from 1 to count as 1: hand-written standard deviations are rounded."""


DistributionKind = Literal["normal", "uniform", "constant", "orthogonal", "identity", "none"]
FanMode = Literal["fan_in", "fan_out", "fan_avg"]


class Initializer(NamedTuple):
    """What an initializer draws.

    Attributes
    ----------
    name : str
        Name for people, such as ``GlorotUniform`` or ``RandomNormal(stddev=0.05)``.
    distribution : str or None
        Its shape; ``none`` where Keras refuses to draw, None where it cannot be known.
    mean : float
        Mean of what it draws.
    variance : float or None
        Variance where it does not depend on the kernel's shape.
    scale : float or None
        ``scale`` of ``VarianceScaling``: the variance is scale / fan. The square of ``gain`` of
        ``Orthogonal`` and ``Identity``.
    mode : str
        ``fan_in``, ``fan_out`` or ``fan_avg``, which fan the scale is divided by.
    """

    name: str
    distribution: DistributionKind | None = None
    mean: float = 0.0
    variance: float | None = None
    scale: float | None = None
    mode: FanMode = "fan_in"

    @property
    def known(self) -> bool:
        """Whether it can be known what it draws."""
        return self.distribution is not None

    @property
    def is_zero(self) -> bool:
        """Whether all that it draws is 0."""
        return self.mean == 0 and 0 in (self.variance, self.scale)

    @property
    def is_lecun_normal(self) -> bool:
        """Whether it is LecunNormal whatever the kernel's shape is."""
        return self.distribution == "normal" and self.scale == 1 and self.mode == "fan_in"

    def second_moment(
        self, shape: tuple[int, ...], fans: tuple[float, float] | None = None
    ) -> float | None:
        """Return E[w²] of a drawn weight; None if it is unknown or Keras refuses to draw it.

        Parameters
        ----------
        shape : tuple of int
            Shape of the variable.
        fans : tuple of float, optional
            Fan-in and fan-out as Keras counts them; those of its usual count if not given.

        Notes
        -----
        Source: ``keras.initializers.VarianceScaling``, ``Orthogonal``, ``Identity``. Orthogonal
        draws a matrix of (all other axes, last axis), the longer of which is the fan of a weight.
        """
        if self.distribution is None:
            return None
        if self.scale is None:
            return None if self.variance is None else self.variance + self.mean**2
        if self.distribution == "orthogonal":
            rows, columns = math.prod(shape[:-1]), shape[-1] if shape else 0
            return self.scale / max(rows, columns) if len(shape) > 1 and rows and columns else None
        if self.distribution == "identity":
            return self.scale / max(shape) if len(shape) == 2 and min(shape) > 0 else None
        fan_in, fan_out = fans or keras_fans(shape)
        fan = {"fan_in": fan_in, "fan_out": fan_out}.get(self.mode, (fan_in + fan_out) / 2)
        return self.scale / max(1.0, fan)


_VARIANCE_SCALINGS: dict[str, tuple[float, FanMode, DistributionKind]] = {
    "LecunNormal": (1.0, "fan_in", "normal"),
    "LecunUniform": (1.0, "fan_in", "uniform"),
    "GlorotNormal": (1.0, "fan_avg", "normal"),
    "GlorotUniform": (1.0, "fan_avg", "uniform"),
    "HeNormal": (2.0, "fan_in", "normal"),
    "HeUniform": (2.0, "fan_in", "uniform"),
}
_NAMES_OF_VARIANCE_SCALINGS = {value: name for name, value in _VARIANCE_SCALINGS.items()}
_ALIASES = {
    "zero": "Zeros",
    "one": "Ones",
    "normal": "RandomNormal",
    "uniform": "RandomUniform",
    "xavieruniform": "GlorotUniform",
    "xaviernormal": "GlorotNormal",
    "kaimingnormal": "HeNormal",
    "kaiminguniform": "HeUniform",
    "orthogonalinitializer": "Orthogonal",
    "identityinitializer": "Identity",
}
_CLASSES = {
    name.lower(): name
    for name in (
        *_VARIANCE_SCALINGS,
        "VarianceScaling",
        "RandomNormal",
        "RandomUniform",
        "TruncatedNormal",
        "Zeros",
        "Ones",
        "Constant",
        "Orthogonal",
        "Identity",
    )
} | _ALIASES


def canonical_name(name: str) -> str | None:
    """Return the class name of a built-in initializer, or None for any other."""
    return _CLASSES.get(name.rpartition(".")[2].replace("_", "").lower())


def initializer_of(name: str, config: Mapping[str, Any]) -> Initializer:
    """Return what the initializer with this name and config draws.

    Names are accepted as class (``LecunNormal``), as function (``lecun_normal``), with a version
    suffix, and with a module in front. A name that is not Keras's own gives an unknown draw.
    """
    kind = canonical_name(name) or canonical_name(name.removesuffix("V2").removesuffix("V1"))
    if kind is None:
        return Initializer(name)
    if kind in _VARIANCE_SCALINGS:
        scale, mode, distribution = _VARIANCE_SCALINGS[kind]
        return Initializer(kind, distribution, scale=scale, mode=mode)
    if kind == "VarianceScaling":
        return _variance_scaling(config)
    if kind in ("RandomNormal", "TruncatedNormal"):
        return _normal(kind, config)
    if kind == "RandomUniform":
        return _random_uniform(config)
    if kind in ("Orthogonal", "Identity"):
        gain = finite_number(config.get("gain", 1.0))
        if gain is None:
            return Initializer(kind)
        label = kind if gain == 1 else f"{kind}(gain={gain:g})"
        distribution = "orthogonal" if kind == "Orthogonal" else "identity"
        return Initializer(label, distribution, scale=gain**2)
    constant = finite_number(config.get("value", 0.0))
    value = {"Zeros": 0.0, "Ones": 1.0, "Constant": constant}.get(kind)
    if value is None:
        return Initializer(kind)
    label = f"Constant({value:g})" if kind == "Constant" else kind
    return Initializer(label, "constant", mean=value, variance=0.0)


def truncated_normal_stddev(variance: float) -> float:
    """Return the standard deviation before cutting at two that gives this variance after it."""
    return math.sqrt(variance) / TRUNCATED_STANDARD_DEVIATION


def _variance_scaling(config: Mapping[str, Any]) -> Initializer:
    scale = finite_number(config.get("scale", 1.0))
    mode = config.get("mode", "fan_in")
    written = config.get("distribution", "truncated_normal")
    if scale is None or mode not in ("fan_in", "fan_out", "fan_avg"):
        return Initializer("VarianceScaling")
    if written not in ("normal", "truncated_normal", "untruncated_normal", "uniform"):
        return Initializer("VarianceScaling")
    distribution: DistributionKind = "uniform" if written == "uniform" else "normal"
    words = [f"scale={scale:g}"]
    words += [] if mode == "fan_in" else [f'mode="{mode}"']
    words += [] if distribution == "normal" else [f'distribution="{distribution}"']
    name = _NAMES_OF_VARIANCE_SCALINGS.get(
        (scale, mode, distribution), f"VarianceScaling({', '.join(words)})"
    )
    return Initializer(name, distribution, scale=scale, mode=mode)


def _normal(kind: str, config: Mapping[str, Any]) -> Initializer:
    mean, stddev = finite_number(config.get("mean", 0.0)), finite_number(config.get("stddev", 0.05))
    if mean is None or stddev is None:
        return Initializer(kind)
    kept = TRUNCATED_STANDARD_DEVIATION if kind == "TruncatedNormal" else 1.0
    mean_text = f"mean={mean:g}, " if mean else ""
    label = f"{kind}({mean_text}stddev={stddev:.4g})"
    return Initializer(label, "normal", mean=mean, variance=(stddev * kept) ** 2)


def _random_uniform(config: Mapping[str, Any]) -> Initializer:
    low, high = (
        finite_number(config.get("minval", -0.05)),
        finite_number(config.get("maxval", 0.05)),
    )
    if low is None or high is None:
        return Initializer("RandomUniform")
    label = f"RandomUniform({low:.4g}, {high:.4g})"
    return Initializer(label, "uniform", mean=(low + high) / 2, variance=(high - low) ** 2 / 12)
