"""Models built in memory, of Keras 3 and of Keras 2: their config is the architecture.

Keras is never imported here: whoever hands over a model has imported it.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from selu_lint.limits import DEFAULT, Limits
from selu_lint.live.inputs import dtype_of
from selu_lint.live.tracing import Traced, architecture_of, children_of, is_of_keras
from selu_lint.model.document import Document, Variable, Weights
from selu_lint.model.serialized_layers import PathNumbers

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FORMAT = "live"


def keras_of(model: object) -> Any | None:
    """Return the package, ``keras`` or ``tf_keras``, that a model is built with.

    None if it is no Keras model; told by the modules of its classes.
    """
    for base in type(model).__mro__:
        if base.__name__ == "Model" and is_of_keras(base):
            return sys.modules.get(base.__module__.partition(".")[0])
    return None


def read(model: object, limits: Limits = DEFAULT) -> Document:
    """Read a built model; the model is left as it was.

    Parameters
    ----------
    model : keras.Model or tf_keras.Model
        Sequential, Functional or subclassed; a subclassed one is traced on symbolic inputs.
    limits : Limits
        Bounds on its layers and connections.

    Returns
    -------
    Document
        Its ``path`` is the model's name, its ``orphans`` the layers that could not be traced.

    Raises
    ------
    TypeError
        If it is no Keras model.
    """
    return document_of(model, trace(model), limits)


def trace(model: object) -> Traced:
    """Return the architecture of a built model, and which parts of it are code.

    Raises
    ------
    TypeError
        If it is no Keras model.
    """
    keras = keras_of(model)
    if keras is None:
        raise TypeError(f"neither a path nor a Keras model: {type(model).__name__}")
    return architecture_of(keras, model)


def document_of(model: Any, traced: Traced, limits: Limits) -> Document:
    """Return the document of a model that was traced."""
    keras: Any = keras_of(model)
    return Document(
        str(getattr(model, "name", "model")),
        FORMAT,
        str(keras.__version__),
        traced.serialized,
        LiveWeights(model),
        orphans=traced.orphans,
        unread=tuple(traced.unread),
        limits=limits,
    )


class LiveWeights(Weights):
    """The variables of a built model.

    Parameters
    ----------
    model : keras.Model or tf_keras.Model
        The model.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._layers = layers_by_path(model)
        self._found: dict[str, Any] = {}

    def variables(self, layer: str) -> tuple[Variable, ...]:
        """Return the variables of the layer with this path, in Keras's order; () if unknown."""
        found: list[Variable] = []
        for owner in self._layers.get(layer, ()):
            for variable in weights_of(owner):
                location = f"{layer}#{len(found)}"
                self._found[location] = variable
                name = str(variable.name).rpartition("/")[2].partition(":")[0]
                shape = tuple(int(size) for size in variable.shape)
                found.append(Variable(name, location, shape, dtype_of(variable)))
        return tuple(found)

    def read(self, variable: Variable) -> NDArray[np.generic]:
        """Return the values of a variable; bfloat16 as float32."""
        return values_of(self.live(variable))

    def extent(self, variable: Variable) -> tuple[int, int]:
        """Return start and size in bytes of the values, as if each lay in a file of its own."""
        return 0, variable.size

    def live(self, variable: Variable) -> Any:
        """Return the live variable itself."""
        return self._found[variable.location]

    def unclaimed(self, claimed: Iterable[Variable]) -> tuple[str, ...]:
        """Return the names of the model's variables that none of these are."""
        known = {id(self.live(variable)) for variable in claimed}
        return tuple(str(each.name) for each in weights_of(self._model) if id(each) not in known)

    def iterations(self) -> int | None:
        """Return how many steps the optimizer has made; None if the model is not compiled."""
        optimizer = getattr(self._model, "optimizer", None)
        iterations = getattr(optimizer, "iterations", None)
        return None if iterations is None else int(values_of(iterations))


def values_of(variable: Any) -> NDArray[np.generic]:
    """Return the values of a live variable of any backend; bfloat16 as float32."""
    import numpy as np

    value = getattr(variable, "value", variable)
    value = value() if callable(value) else value
    # PyTorch refuses to convert what requires gradients or has no NumPy type.
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    if "bfloat16" in str(value.dtype):
        to_float: Callable[[], Any] | None = getattr(value, "float", None)
        if to_float is not None:
            return np.asarray(to_float())
        return np.asarray(value, dtype="float32")
    return np.asarray(value)


def weights_of(owner: Any) -> list[Any]:
    """Return the variables of a layer or model; none where it was never built."""
    try:
        weights = list(owner.weights)
    except ValueError:
        # Keras 2 refuses to tell that there are none yet.
        return []
    # Keras 2 counts the vocabulary of a lookup as a weight.
    return [each for each in weights if hasattr(each, "shape")]


def holder_of(layer: Any) -> Any:
    """Return what has a layer's initializers: a recurrent layer's are its cell's."""
    return getattr(layer, "cell", layer)


def layers_by_path(model: Any) -> Mapping[str, tuple[Any, ...]]:
    """Return the layers of a model by path; for the layer in a Bidirectional both directions.

    Layers that have their name twice in what holds them are left out, with all below: which of
    them a path means is not known.
    """
    numbers = PathNumbers()
    return numbers.table(_walk(model, "", numbers))


def _walk(owner: Any, path: str, numbers: PathNumbers) -> Iterator[tuple[str, Any]]:
    shared = None
    if hasattr(owner, "forward_layer") and hasattr(owner, "backward_layer"):
        shared = owner.forward_layer.name.removeprefix("forward_")
    layers = {id(each): each for each in children_of(owner)}.values()
    counted = Counter(each.name for each in layers)
    for layer in layers:
        if counted[layer.name] > 1:
            continue
        below = numbers.below(path, layer.name, shared)
        yield below, layer
        yield from _walk(layer, below, numbers)
