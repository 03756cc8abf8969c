"""What is predicted of the values between two layers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from selu_lint.theory.borders import Profile
from selu_lint.theory.distributions import Distribution, Normal

SMALLEST_SECOND_MOMENT = 1e-75
"""Below this the values cannot be told from 0 in single precision."""

LARGEST_SECOND_MOMENT = 1e75
"""Above this the values overflow single precision."""


class Correlations(NamedTuple):
    """How alike two values of a unit are, E[x·x']/E[x²], not centered.

    Attributes
    ----------
    inputs : float
        For two different inputs of the network.
    repeats : float
        For two passes of one input, with noise drawn anew.
    positions : float
        For two positions in one pass, such as two pixels of a channel, on average.
    neighbours : float
        For two positions next to each other, such as those of a pooling window.
    """

    inputs: float = 0.0
    repeats: float = 1.0
    positions: float = 0.0
    neighbours: float = 0.0

    def mapped(self, function: Callable[[float], float]) -> Correlations:
        """Return ``function`` of each correlation, kept between −1 and 1."""
        return Correlations(*(max(min(function(c), 1.0), -1.0) for c in self))

    def with_places_of(self, other: Correlations) -> Correlations:
        """Return these correlations, but those of places in one pass from ``other``."""
        return self._replace(positions=other.positions, neighbours=other.neighbours)


class State(NamedTuple):
    """What is predicted of the values between two layers.

    Attributes
    ----------
    mean, second : float
        E[x] and E[x²] over units, inputs, noise and draws of the weights; ``second`` is infinite
        where the values overflow.
    correlations : Correlations
        How alike the values of different passes and positions are.
    spent : float
        What the layers so far took of the signal, in nepers: the sum of −ln χ, where χ is the
        slope of each layer's map of ``correlations.inputs``; and of −ln χ', where χ' is the share
        of the squared gradient on its way back in which two inputs and passes agree.
    width : float
        Values that are independent given the layer before, such as the units of Dense; infinite
        where it is not known, which neglects the effects of finite width.
    kurtosis : float
        E[x⁴]/E[x²]².
    spread : float
        Relative variance of the mean square of one pass, over inputs and draws of the weights.
    origins : frozenset of str
        The layers whose draw the values go back to, up to the latest kernel on each way.
    distribution : Distribution or None
        Their distribution; None where no more than the moments is known.
    profiles : tuple of Profile
        For each axis of an image, the second moment along it; empty if it counts as uniform.
    """

    mean: float
    second: float
    correlations: Correlations = Correlations()
    spent: float = 0.0
    width: float = math.inf
    kurtosis: float = 3.0
    spread: float = 0.0
    origins: frozenset[str] = frozenset()
    distribution: Distribution | None = None
    profiles: tuple[Profile, ...] = ()

    @property
    def variance(self) -> float:
        """E[x²] − E[x]², infinite where the values overflow."""
        return max(self.second - self.mean**2, 0.0) if self.overflows is False else math.inf

    @property
    def overflows(self) -> bool:
        """Whether the values are too large for single precision."""
        return math.isinf(self.second)

    @property
    def is_known(self) -> bool:
        """Whether each of its numbers is one; infinite ones count."""
        numbers = (self.mean, self.second, self.spent, self.kurtosis, self.spread)
        return not any(map(math.isnan, (*numbers, *self.correlations)))

    def centered(self, correlation: float) -> float:
        """Return a correlation of the values less their mean, 0 where it would be negative."""
        constant = self.mean**2 / self.second
        return max((correlation - constant) / (1 - constant), 0.0)

    @property
    def noise_share(self) -> float:
        """Share of the second moment that is noise of the dropouts so far."""
        return 1 - self.correlations.repeats


def input_state(
    mean: float = 0.0, variance: float = 1.0, width: float = math.inf, name: str = ""
) -> State:
    """Return the state of a normal input, standardized if not told otherwise.

    Its positions and its examples are taken to be independent.

    Parameters
    ----------
    mean, variance : float
        Moments of the input.
    width : float
        Values of one example, infinite if not known.
    name : str
        Path of the input layer.
    """
    second = mean**2 + variance
    common = mean**2 / second if second > 0 else 1.0
    return State(
        mean,
        second,
        Correlations(common, 1.0, common, common),
        width=width,
        spread=2 / width,
        origins=frozenset({name}),
        distribution=Normal(mean=mean, variance=variance),
    )


def constant_state(value: float, width: float, origins: frozenset[str]) -> State:
    """Return the state in which every value is the same, so that nothing of the input is left."""
    return State(
        value,
        value**2,
        Correlations(1.0, 1.0, 1.0, 1.0),
        math.inf,
        width,
        kurtosis=1.0,
        origins=origins,
        distribution=Normal(mean=value, variance=0.0),
    )


def overflowed_state(state: State) -> State:
    """Return the state in which the values have overflowed."""
    return State(math.inf, math.inf, state.correlations, state.spent, state.width, 1.0, 0.0)
