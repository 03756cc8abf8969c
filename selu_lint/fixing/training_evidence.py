"""What a file shows about the training of its kernels; what is missing proves nothing."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from selu_lint.analysis.random_draws import candidates, is_draw
from selu_lint.analysis.stored_bytes import FLOATS, stored_bytes
from selu_lint.errors import SeluLintError
from selu_lint.model.dialects import read_initializer
from selu_lint.model.document import Document, Variable, Weights
from selu_lint.model.initializers import Initializer, initializer_of, truncated_normal_stddev
from selu_lint.model.layer_kinds import CANONICAL, PREPROCESSING
from selu_lint.model.layer_tree import LayerTree, Place
from selu_lint.model.variables import expected_variables

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
_LSTMS = ("LSTM", "LSTMCell", "CuDNNLSTM", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")


class Verdict(enum.Enum):
    """Whether something was trained."""

    UNTRAINED = "untrained"
    """All evidence that there is says that it was not."""

    UNPROVEN = "unproven"
    """Nothing speaks for training, but evidence is missing."""

    TRAINED = "trained"
    """It has values that it was not initialized with."""


@dataclass(frozen=True)
class Evidence:
    """What a file shows about training.

    Attributes
    ----------
    verdict : Verdict
        Of the model as a whole.
    reason : str
        What it shows, or what speaks against it or is missing.
    witnessed : frozenset of str
        Locations of the variables of layers with a trainable bias that is as it was initialized.
    """

    verdict: Verdict
    reason: str
    witnessed: frozenset[str] = frozenset()

    def of(self, kernel: Variable) -> tuple[Verdict, str]:
        """Return the verdict on one kernel, and its reason."""
        if self.verdict is Verdict.UNTRAINED and kernel.location not in self.witnessed:
            return Verdict.UNPROVEN, "its layer has no trainable bias, which would show training"
        return self.verdict, self.reason


def evidence_of(document: Document, whole: bool = True) -> Evidence:
    """Return what a file shows about training.

    A model counts as untrained if its file stores that the optimizer has made no step, every stored
    variable belongs to a layer whose class is known, every bias and every other variable that
    starts at a constant is exactly there, and every kernel is, bit for bit, a number that Keras's
    random initializers draw. A kernel must also have a trainable bias in its own layer.

    Parameters
    ----------
    document : Document
        The model.
    whole : bool
        Whether every value is looked at, or a sample of each kernel.
    """
    weights = document.weights
    if weights is None:
        return Evidence(Verdict.UNPROVEN, "no weights were found in the file")
    try:
        return _Inspection(document, weights, whole).evidence()
    except _TrainedError as sign:
        return Evidence(Verdict.TRAINED, str(sign))
    except SeluLintError as error:
        return Evidence(Verdict.UNPROVEN, f"its weights cannot be read: {error}")


class _TrainedError(Exception):
    """A sign of training."""


class _Inspection:
    """Goes through all variables of a file."""

    def __init__(self, document: Document, weights: Weights, whole: bool) -> None:
        self._tree = LayerTree.of(document)
        self._weights = weights
        self._whole = whole
        self._gap = ""
        self._witnessed: set[str] = set()

    def evidence(self) -> Evidence:
        """Return what they show.

        Raises
        ------
        _TrainedError
            At the first sign of training.
        """
        steps = self._weights.iterations()
        if steps:
            raise _TrainedError(f"the optimizer has made {steps:,} step{'s' * (steps != 1)}")
        claimed: list[Variable] = []
        for place in self._tree.leaves:
            if not place.operation:
                variables = self._weights.variables(place.path)
                claimed.extend(variables)
                self._inspect(place, variables)
        if steps is None:
            self._miss("the file does not store that the optimizer has made no step")
        for other in self._weights.unclaimed(claimed):
            self._miss(f"it is not known which layer {other} belongs to")
        if self._gap:
            return Evidence(Verdict.UNPROVEN, self._gap)
        reason = (
            "the optimizer has made no step, every bias is as initialized, "
            "every kernel has values that Keras draws"
        )
        return Evidence(Verdict.UNTRAINED, reason, frozenset(self._witnessed))

    def _miss(self, gap: str) -> None:
        self._gap = self._gap or gap

    def _inspect(self, place: Place, variables: tuple[Variable, ...]) -> None:
        if CANONICAL.get(place.class_name, place.class_name) in PREPROCESSING:
            return
        expected = expected_variables(place)
        if expected is None or len(expected) != len(variables):
            if variables or expected:
                self._miss(f"how the variables of {place.path} were drawn is not known")
            return
        for (name, _), variable in zip(expected, variables, strict=True):
            self._compare(place, name, variable)
        if ("bias", True) in expected and _may_move(place):
            self._witnessed.update(variable.location for variable in variables)

    def _compare(self, place: Place, name: str, variable: Variable) -> None:
        """Hold a variable against its initializer."""
        initializer = _initializer(place, name)
        where = f"{name} of {place.path}"
        if initializer is None or initializer.distribution in (None, "identity"):
            self._miss(f"how the {where} was drawn is not known")
        elif variable.dtype not in FLOATS:
            self._miss(f"the {where} is quantized")
        elif initializer.distribution == "constant":
            if not self._is_initial(place, name, variable, initializer):
                raise _TrainedError(f"the {where} is not as it was initialized")
        else:
            self._compare_draw(where, variable, initializer)

    def _is_initial(
        self, place: Place, name: str, variable: Variable, initializer: Initializer
    ) -> bool:
        import numpy as np

        if initializer.variance is None:
            return False
        # Reading holds what the file says of its size against what it may take.
        values = self._weights.read(variable)
        expected = np.full(values.shape, initializer.mean)
        forgets = place.config.get("unit_forget_bias", True) and initializer.mean == 0
        if name == "bias" and forgets and place.class_name.rpartition(".")[2] in _LSTMS:
            quarter = variable.shape[-1] // 4
            expected[..., quarter : 2 * quarter] = 1
        return stored_bytes(values, variable.dtype) == stored_bytes(expected, variable.dtype)

    def _compare_draw(self, where: str, variable: Variable, initializer: Initializer) -> None:
        import numpy as np

        values = self._weights.read(variable)
        found: list[bool | None] = []
        # A damaged file may hold numbers that signal when they are converted.
        with np.errstate(all="ignore"):
            for each in candidates(initializer):
                if looks_drawn(values, variable.shape, each):
                    found.append(self._is_draw(values, variable, each))
                    if found[-1]:
                        return
        if not found:
            raise _TrainedError(f"the {where} does not look like {initializer.name}")
        if None not in found:
            raise _TrainedError(f"the {where} has values that {initializer.name} does not draw")
        self._miss(f"the values of the {where} cannot tell a draw from training")

    def _is_draw(
        self, values: NDArray[np.generic], variable: Variable, initializer: Initializer
    ) -> bool | None:
        moment = initializer.second_moment(variable.shape)
        # Weights of bfloat16 are read as float32.
        if moment is None or variable.dtype != "float32":
            return None
        if not self._whole:
            values = values.ravel()[:: max(1, values.size // _SAMPLE)].copy()
        return is_draw(values, initializer, moment)


def _may_move(place: Place) -> bool:
    """Whether training changes the bias of a layer for all that its config says."""
    frozen = any(each.config.get("trainable", True) is False for each in place.line)
    return not frozen and not place.config.get("bias_constraint")


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


def looks_drawn(
    values: NDArray[np.generic], shape: tuple[int, ...], initializer: Initializer
) -> bool:
    """Whether a kernel looks like a draw from an initializer.

    Bounds hold exactly; the distribution is held against the sample by Kolmogorov's distance.
    """
    import numpy as np

    moment = initializer.second_moment(shape)
    if moment is None or values.size == 0 or not np.isfinite(values).all():
        return False
    if initializer.distribution == "orthogonal":
        return _is_orthogonal(values.astype(np.float64), shape, initializer.scale or 1.0)
    sample = values.ravel()[:: max(1, values.size // _SAMPLE)]
    flat = np.sort(sample.astype(np.float64))
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
