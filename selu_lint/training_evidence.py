"""Whether a model was ever trained, by what its file shows; where it does not show, it was."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from selu_lint.dialects import read_initializer
from selu_lint.document import Document, Variable, Weights
from selu_lint.errors import SeluLintError
from selu_lint.formats.layer_tree import LayerTree, Place, expected_variables
from selu_lint.initializers import Initializer, initializer_of, truncated_normal_stddev
from selu_lint.layer_kinds import CANONICAL, PREPROCESSING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SAMPLE = 30_000
"""Values of a kernel that are looked at; more would see the steps of half precision."""

_LIMIT = 2.5
"""Bound on √n times the Kolmogorov distance: passed by chance once in 100,000 kernels."""

_DEFAULTS = {
    "gamma": "Ones",
    "beta": "Zeros",
    "moving_mean": "Zeros",
    "moving_variance": "Ones",
    "embeddings": "RandomUniform",
    "alpha": "Zeros",
    "bias": "Zeros",
    "recurrent_kernel": "Orthogonal",
}


@dataclass(frozen=True)
class Evidence:
    """What a file shows about training.

    Attributes
    ----------
    untrained : bool
        Whether the model provably was never trained.
    reason : str
        By what it shows, or what speaks against it or is missing.
    """

    untrained: bool
    reason: str


def evidence_of(document: Document) -> Evidence:
    """Return whether a model was never trained.

    It was not if the optimizer has made no step (where the file says), every bias and every other
    variable that starts at a constant is still there, at least one of them trainable, and every
    kernel looks like a draw from its initializer.
    """
    weights = document.weights
    if weights is None:
        return Evidence(False, "the file holds no weights")
    constants = kernels = 0
    try:
        steps = weights.iterations()
        if steps:
            count = "1 step" if steps == 1 else f"{steps:,} steps"
            return Evidence(False, f"the optimizer has made {count}")
        for place, name, variable, trainable in _variables(document, weights):
            initializer = _initializer(place, name)
            where = f"{name or 'a variable'} of {'/'.join(each.name for each in place.line)}"
            if initializer is None or not initializer.known:
                return Evidence(False, f"how {where} was drawn is not known")
            if initializer.distribution == "constant":
                if not _is_initial(place, name, weights.read(variable), initializer.mean):
                    return Evidence(False, f"{where} is not as it was initialized")
                constants += trainable
            else:
                if not looks_drawn(_sample(weights, variable), variable.shape, initializer):
                    return Evidence(False, f"{where} does not look like {initializer.name}")
                kernels += 1
    except SeluLintError as error:
        return Evidence(False, f"its weights cannot be read: {error}")
    if not constants:
        return Evidence(False, "it has no trainable bias, which would show training")
    if not kernels:
        return Evidence(False, "the kernels of its layers were not found")
    optimizer = "" if steps is None else "the optimizer has made no step, "
    return Evidence(
        True, f"{optimizer}every bias is as initialized, every kernel fits its initializer"
    )


def _variables(document: Document, weights: Weights) -> Iterator[tuple[Place, str, Variable, bool]]:
    """Yield the variables of all layers with their names and whether training changes them."""
    for place in LayerTree(document.architecture or {}, document.limits).root.leaves:
        if place.operation or CANONICAL.get(place.class_name, place.class_name) in PREPROCESSING:
            continue
        variables = weights.variables("/".join(each.name for each in place.line))
        expected = expected_variables(place)
        if expected is None or len(expected) != len(variables):
            named = [(variable.name, False) for variable in variables]
            expected = tuple(("", False) for _ in named) if expected is None else expected
            if len(expected) != len(variables):
                raise SeluLintError(f"{place.name} has other variables than its class")
        for (name, trainable), variable in zip(expected, variables, strict=True):
            yield place, name, variable, trainable


def _initializer(place: Place, name: str) -> Initializer | None:
    if not name:
        return None
    if name == "kernel" and "init" in place.config:
        return read_initializer(place.config["init"])
    written = place.config.get(f"{name.removesuffix('_kernel')}_initializer")
    if name == "kernel":
        written = place.config.get("kernel_initializer")
    if written is None and name in _DEFAULTS:
        return initializer_of(_DEFAULTS[name], {})
    return read_initializer(written)


def _is_initial(place: Place, name: str, values: NDArray[np.generic], start: float) -> bool:
    import numpy as np

    expected: Any = np.full(values.shape, start)
    forgets = place.config.get("unit_forget_bias", True) and start == 0
    if name == "bias" and forgets and place.class_name.rpartition(".")[2] in _LSTMS:
        quarter = values.shape[-1] // 4
        expected[..., quarter : 2 * quarter] = 1
    return bool(np.allclose(np.asarray(values, np.float64), expected, rtol=4e-3, atol=1e-12))


_LSTMS = ("LSTM", "LSTMCell", "CuDNNLSTM", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")


def _sample(weights: Weights, variable: Variable) -> NDArray[np.float64]:
    import numpy as np

    values = weights.read(variable)
    if not np.issubdtype(values.dtype, np.floating):
        raise SeluLintError("a kernel is quantized")
    # A damaged file may hold numbers that signal when they are converted.
    with np.errstate(all="ignore"):
        return np.asarray(values, np.float64)


def looks_drawn(
    values: NDArray[np.float64], shape: tuple[int, ...], initializer: Initializer
) -> bool:
    """Whether a kernel looks like a draw from an initializer.

    Bounds hold exactly; the distribution is held against the sample by Kolmogorov's distance.
    """
    import numpy as np

    moment = initializer.second_moment(shape)
    if moment is None or values.size == 0 or not np.isfinite(values).all():
        return False
    if initializer.distribution == "orthogonal":
        return _is_orthogonal(values, shape, initializer.scale or 1.0)
    flat = values.ravel()
    flat = np.sort(flat[:: max(1, flat.size // _SAMPLE)])
    variance = moment - initializer.mean**2
    if not variance > 0:
        return False
    centred = flat - initializer.mean
    if initializer.distribution == "uniform":
        bound = math.sqrt(3 * variance)
        cumulative = np.clip((centred + bound) / (2 * bound), 0, 1)
    else:
        truncated = initializer.scale is not None or initializer.name.startswith("Truncated")
        deviation = truncated_normal_stddev(variance) if truncated else math.sqrt(variance)
        bound = 2 * deviation if truncated else math.inf
        normal = np.vectorize(lambda x: 0.5 * math.erfc(-x / math.sqrt(2)))(centred / deviation)
        cut = 0.5 * math.erfc(math.sqrt(2)) if truncated else 0.0
        cumulative = np.clip((normal - cut) / (1 - 2 * cut), 0, 1)
    # Half precision rounds by up to 1/256.
    if np.abs(centred).max() > bound * (1 + 1 / 128):
        return False
    steps = np.arange(flat.size + 1) / flat.size
    distance = max(
        float(np.abs(cumulative - steps[1:]).max()), float(np.abs(cumulative - steps[:-1]).max())
    )
    return distance * math.sqrt(flat.size) < _LIMIT


def _is_orthogonal(values: NDArray[np.float64], shape: tuple[int, ...], scale: float) -> bool:
    import numpy as np

    matrix = values.reshape(-1, shape[-1])
    if matrix.shape[0] < matrix.shape[1]:
        matrix = matrix.T
    with np.errstate(all="ignore"):
        product = matrix.T @ matrix
    return bool(np.allclose(product, scale * np.eye(len(product)), atol=2e-2 * scale))
