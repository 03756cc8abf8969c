"""A model as it was read: its architecture as data, and its weights on request."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from selu_lint.limits import DEFAULT, Limits

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from selu_lint.model.source_text import SourceText


PYTHON, NOTEBOOK = "python", "notebook"
SOURCE_FORMATS = (PYTHON, NOTEBOOK)
"""The formats of source code."""

SOURCE_SUFFIXES = {".py": PYTHON, ".pyw": PYTHON, ".ipynb": NOTEBOOK}
"""The suffixes of source code, in small letters, and the format that each means."""

FORMATS_WITH_WEIGHTS = ("keras-archive", "keras-folder")
"""The formats of which Keras loads no model without its weights."""


class Variable(NamedTuple):
    """A stored variable of a layer: where it lies and what shape it has, not its values.

    Attributes
    ----------
    name : str
        Its name without scopes, such as ``kernel`` or ``bias``; empty where the file has none.
    location : str
        Where it lies inside the weights file.
    shape : tuple of int
        Its shape.
    dtype : str
        Its NumPy dtype, such as ``float32``.
    """

    name: str
    location: str
    shape: tuple[int, ...]
    dtype: str

    @property
    def size(self) -> int:
        """Bytes that its values take."""
        bits = int("".join(filter(str.isdigit, self.dtype)) or 0)
        return math.prod(self.shape) * (bits // 8)


class Weights(ABC):
    """The weights that belong to an architecture; nothing is read before it is asked for.

    What only some of them know has an answer here for all others.
    """

    @abstractmethod
    def variables(self, layer: str) -> tuple[Variable, ...]:
        """Return the variables of the layer with this path, in Keras's order; () if unknown."""

    @abstractmethod
    def read(self, variable: Variable) -> NDArray[np.generic]:
        """Return the values of a variable; bfloat16 as float32.

        Raises
        ------
        SeluLintError
            If they cannot be read.
        """

    @abstractmethod
    def iterations(self) -> int | None:
        """Return how many steps the optimizer has made; None if it is not known."""

    def extent(self, variable: Variable) -> tuple[int, int] | None:
        """Return where values can be overwritten: start and size in bytes of the weights file.

        None where they are compressed, in several pieces, or not to be written. Where each variable
        is written by itself, it is as if each lay in a file of its own.
        """
        return None

    def optimizer_variables(self, variable: Variable) -> tuple[Variable, ...]:
        """Return the optimizer's slots of a variable, such as momentum and velocity.

        Empty where it cannot be told with certainty which they are.
        """
        return ()

    def unclaimed(self, claimed: Iterable[Variable]) -> tuple[str, ...]:
        """Return the names or locations of the model's variables that none of these are."""
        return ("its other variables",)


class KerasModel(Protocol):
    """A model built in memory, of Keras 3 or of tf_keras."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def layers(self) -> Any:
        """Its layers."""


class ExportedLayer(NamedTuple):
    """A SELU layer of an inference-only graph, found by its operations.

    Attributes
    ----------
    name : str
        Name of the layer, from the scope of its operations.
    operation : str
        The operation that applies the kernel, such as ``MatMul`` or ``Conv2D``; empty if none
        was found.
    activation : str
        ``selu`` or, for a hand-written one, what it was recognized by.
    variable : str
        Name of the kernel's variable; empty if it was not found.
    shape : tuple of int or None
        The kernel's shape.
    fan_in : float or None
        How many terms an output sums; None where the operations do not tell.
    stored : Variable or None
        The kernel's variable, if it is stored as one.
    """

    name: str
    operation: str
    activation: str
    variable: str
    shape: tuple[int, ...] | None
    fan_in: float | None = None
    stored: Variable | None = None


class Document(NamedTuple):
    """A model as it was read.

    Attributes
    ----------
    path : str
        The path that the user named.
    format : str
        ``keras-archive``, ``keras-folder``, ``hdf5``, ``architecture-json``, ``saved-model``,
        ``live``, ``python`` or ``notebook``.
    keras_version : str or None
        The release that wrote it, such as ``3.15.1``, ``2.15.0`` or ``2.2.4-tf``; of a model for
        TensorFlow.js ``tfjs-layers 4.22.0`` or ``tfjs of 2.15.0``.
    architecture : Mapping or None
        The serialized model, ``{"class_name": ..., "config": ...}``; None for a graph without
        layers.
    weights : Weights or None
        Its weights, None where the file has none.
    exported : tuple of ExportedLayer
        The SELU layers of an inference-only graph.
    text : str or None
        The architecture's JSON text exactly as stored, where it is stored as text.
    orphans : Mapping
        Serialized layers by path whose connections are unknown, because the config of the model
        that calls them shows no layers.
    unread : tuple of str
        What of the model could not be looked into, one line each.
    limits : Limits
        The bounds that it was read with; what reads on keeps to them.
    code : SourceText or None
        The source code of ``python`` and ``notebook``; None where it does not name SELU.
    """

    path: str
    format: str
    keras_version: str | None
    architecture: Mapping[str, Any] | None
    weights: Weights | None = None
    exported: tuple[ExportedLayer, ...] = ()
    text: str | None = None
    orphans: Mapping[str, Mapping[str, Any]] = {}
    unread: tuple[str, ...] = ()
    limits: Limits = DEFAULT
    code: SourceText | None = None
