"""What the stored kernels of a model are like, against what their initializers draw."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from selu_lint.analysis.random_draws import candidates, is_draw
from selu_lint.analysis.stored_bytes import stored_bytes
from selu_lint.model.document import Variable, Weights
from selu_lint.model.graph import ModelGraph
from selu_lint.model.initializers import initializer_of
from selu_lint.model.kernels import Kernel
from selu_lint.model.layer_kinds import RECURRENT
from selu_lint.model.layers import Layer, Slot

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BLOCK = 1 << 20
_DEVIATIONS = 5.0
_ROUNDING = 0.01
_CANDIDATES = ("GlorotUniform", "GlorotNormal", "HeUniform", "HeNormal", "LecunUniform")


class StoredKernel(NamedTuple):
    """The values of a stored kernel, in numbers.

    Attributes
    ----------
    size : int
        How many there are.
    second_moment : float
        Mean of their squares; infinite or not a number where one of them is.
    largest : float
        The largest magnitude.
    """

    size: int
    second_moment: float
    largest: float

    @property
    def finite(self) -> bool:
        """Whether all values are finite."""
        return math.isfinite(self.second_moment) and math.isfinite(self.largest)

    def fits(self, second_moment: float) -> bool:
        """Whether a draw with this second moment can be it.

        The mean of n squares of a normal deviates from its expectation by √(2/n) of it; five of
        these, and 1 % for half precision, are allowed.
        """
        allowed = _DEVIATIONS * math.sqrt(2 / self.size) + _ROUNDING
        return abs(self.second_moment - second_moment) <= allowed * second_moment

    def looks_like(self, kernel: Kernel) -> str | None:
        """Return the initializer of Keras that can have drawn it; None if none of them can."""
        # A uniform ends at 1.73 deviations, a normal that is cut at two at 2.27.
        uniform = self.largest <= 1.8 * math.sqrt(self.second_moment)
        for name in _CANDIDATES:
            initializer = initializer_of(name, {})
            moment = initializer.second_moment(kernel.shape, kernel.keras_fans)
            if moment and self.fits(moment) and uniform == (initializer.distribution == "uniform"):
                return name
        return None


def stored_kernel(graph: ModelGraph, layer: Layer, slot: Slot) -> StoredKernel | None:
    """Return the stored kernel of a slot; None where it is not found or is quantized.

    Raises
    ------
    SeluLintError
        If its values cannot be read.
    """
    values = _values_of(graph, layer, slot)
    return None if values is None or not values.size else measured(values)


def stored_in(weights: Weights, variable: Variable) -> StoredKernel | None:
    """Return the stored kernel that a variable is; None where it is empty or quantized.

    Raises
    ------
    SeluLintError
        If its values cannot be read.
    """
    values = _values(weights, variable)
    return None if values is None or not values.size else measured(values)


def drawn_by_another(graph: ModelGraph, layer: Layer, slot: Slot) -> str | None:
    """Return the initializer that drew a stored kernel bit for bit, if it is not its own.

    Raises
    ------
    SeluLintError
        If its values cannot be read.
    """
    kernel, values = graph.kernel(layer, slot), _values_of(graph, layer, slot)
    if kernel is None or values is None:
        return None
    for initializer in candidates(slot.initializer):
        moment = initializer.second_moment(kernel.shape, kernel.keras_fans)
        if moment and is_draw(values, initializer, moment):
            return None if initializer == slot.initializer else initializer.name
    return None


def _values_of(graph: ModelGraph, layer: Layer, slot: Slot) -> NDArray[np.generic] | None:
    kernel, weights = graph.kernel(layer, slot), graph.document.weights
    if kernel is None or weights is None:
        return None
    variable = graph.stored(layer, slot)
    if variable is None or variable.shape != kernel.shape:
        return None
    return _values(weights, variable)


def bias_is_initial(graph: ModelGraph, layer: Layer) -> bool | None:
    """Whether a stored bias is as it was initialized; None where there is none, or none is known.

    Raises
    ------
    SeluLintError
        If its values cannot be read.
    """
    slot, weights = layer.bias_slot, graph.document.weights
    # The bias of an LSTM starts with ones in the part of its forget gate.
    if slot is None or weights is None or layer.class_name in RECURRENT:
        return None
    if slot.initializer.distribution != "constant" or slot.initializer.variance != 0:
        return None
    variable = graph.stored(layer, slot)
    if variable is None or variable.name not in ("", "bias"):
        return None
    import numpy as np

    values = _values(weights, variable)
    if values is None:
        return None
    start = np.full(values.shape, slot.initializer.mean)
    return stored_bytes(values, variable.dtype) == stored_bytes(start, variable.dtype)


def _values(weights: Weights, variable: Variable) -> NDArray[np.generic] | None:
    import numpy as np

    values = weights.read(variable)
    return values.ravel() if np.issubdtype(values.dtype, np.floating) else None


def measured(values: NDArray[np.generic]) -> StoredKernel:
    """Return what at least one value, in a row, is like."""
    import numpy as np

    total, largest = 0.0, 0.0
    for start in range(0, values.size, _BLOCK):
        with np.errstate(all="ignore"):
            block = np.abs(values[start : start + _BLOCK].astype(np.float64))
            total += float((block * block).sum())
        largest = max(largest, float(block.max()))
    return StoredKernel(values.size, total / values.size, largest)
