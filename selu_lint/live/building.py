"""Building a model anew: from its own classes and a config, with its weights and optimizer."""

from __future__ import annotations

import contextlib
import inspect
import json
import sys
import types
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from selu_lint.errors import SeluLintError, one_line
from selu_lint.live.built_model import holder_of, keras_of, layers_by_path
from selu_lint.live.comparison import Pairs, hold_predictions
from selu_lint.live.compiling import compile_alike
from selu_lint.live.inputs import built_inputs, values_like
from selu_lint.live.names import count_from, name_alike
from selu_lint.live.state import carry_optimizer, carry_state
from selu_lint.live.tracing import PACKAGES, children_of, sharing_scope, with_all_below

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_OF_EVERY_LAYER = ("name", "trainable", "dtype")


class Rebuilding:
    """A new model like a built one, compared with it.

    Parameters
    ----------
    model : keras.Model or tf_keras.Model
        The original; it is left as it was.
    plain : Mapping or None
        The serialized model to build; None where the model is code, which then runs again.

    Attributes
    ----------
    model : keras.Model
        The new model; its weights are fresh, it is not compiled.

    Raises
    ------
    SeluLintError
        If it cannot be built, or would not be like the original.
    """

    def __init__(self, model: Any, plain: Mapping[str, Any] | None) -> None:
        self._old = model
        self._keras: Any = keras_of(model)
        self._objects = _objects_of(self._keras, model)
        try:
            with self._scope(), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                count_from(self._keras, model)
                self.model = self._from_code() if plain is None else self._from_config(plain)
        except Exception as error:
            raise SeluLintError(
                f"{type(model).__name__} cannot be built anew from its config "
                f"({one_line(error)}); give its classes get_config and from_config"
            ) from None
        self._paths = layers_by_path(model)
        self._pairs = Pairs(model, self.model)
        name_alike(model, self.model)

    def set_initializer(self, path: str, slot: str, value: Any) -> None:
        """Set an initializer of the layer with a path, from its serialized form.

        For a layer in a Bidirectional it is set in both directions.
        """
        layers = [self._pairs.layer(layer) for layer in self._paths[path]]
        parent = self._paths.get(path.rpartition("/")[0])
        owner: Any = self._pairs.layer(parent[0]) if parent else None
        if hasattr(owner, "backward_layer"):
            # Keras 2 writes a third one into the config, the layer that both are copies of.
            both = (owner.forward_layer, owner.backward_layer, getattr(owner, "layer", None))
            layers = [each for each in both if each is not None]
        for layer in layers:
            initializer = self._keras.initializers.get(value)
            setattr(holder_of(layer), slot, initializer)

    def carry_weights(self, same_inference: bool) -> None:
        """Give the new model the weights of the original, and what else its layers know.

        Parameters
        ----------
        same_inference : bool
            Whether both are to give the same outputs afterwards.

        Raises
        ------
        SeluLintError
            If they do not fit, or the outputs differ.
        """
        carry_state(self._pairs)
        if same_inference:
            hold_predictions(self._keras, self._old, self.model)

    def set_values(self, old: Any, blocks: Iterable[NDArray[np.float64]]) -> None:
        """Set the variable that stands for one of the original's."""
        import numpy as np

        new = self._pairs.variable(old)
        values = np.concatenate(list(blocks)).reshape(tuple(new.shape))
        dtype = getattr(new.dtype, "as_numpy_dtype", None)
        new.assign(values.astype(dtype if dtype is not None else "float32"))

    def compile(self, with_state: bool) -> None:
        """Compile the new model as the original is; perhaps with the state of its optimizer.

        Raises
        ------
        SeluLintError
            If that cannot be done.
        """
        with self._scope():
            compile_alike(self._old, self.model)
        if with_state:
            carry_optimizer(self._pairs)

    def _from_config(self, plain: Mapping[str, Any]) -> Any:
        serialized = {key: value for key, value in plain.items() if key != "compile_config"}
        if hasattr(self._keras, "ops"):
            return self._keras.saving.deserialize_keras_object(serialized, safe_mode=False)
        return self._keras.models.model_from_json(json.dumps(serialized))

    def _from_code(self) -> Any:
        new = self._constructed()
        name_alike(self._old, new)
        if not self._old.built or new.built:
            return new
        given = [built_inputs(self._keras, self._old, batch) for batch in (False, True)]
        # Code that asks for values runs on values only.
        candidates = [each for each in given if each is not None]
        candidates += [values_like(each) for each in candidates]
        any(_calls(new, each) for each in candidates)
        _build_layers_alike(self._old, new)
        return new

    def _constructed(self) -> Any:
        """Return a new instance of the model's class, of the config that it tells."""
        kind = type(self._old)
        config = self._old.get_config()
        try:
            return kind.from_config(config)
        except Exception:
            # Keras tells what every layer has; not every constructor takes it.
            taken = inspect.signature(kind).parameters
            if not set(config).difference(taken).issubset(_OF_EVERY_LAYER):
                raise
            return kind(**{key: value for key, value in config.items() if key in taken})

    @contextlib.contextmanager
    def _scope(self) -> Iterator[None]:
        """Know the author's classes, and run a Lambda's code: it is the author's own model."""
        name = f"{self._keras.__name__}.src.saving.serialization_lib"
        unsafe = getattr(sys.modules.get(name), "SafeModeScope", None)
        with contextlib.ExitStack() as stack:
            stack.enter_context(self._keras.saving.custom_object_scope(self._objects))
            stack.enter_context(sharing_scope(self._keras))
            if unsafe is not None:
                stack.enter_context(unsafe(safe_mode=False))
            yield


def _calls(model: Any, given: tuple[Any, Any]) -> bool:
    """Call a model, which builds it; return whether that worked."""
    arguments, keywords = given
    try:
        model(*arguments, **keywords)
    except Exception:
        return False
    return True


def _build_layers_alike(old: Any, new: Any) -> None:
    """Build each layer as its counterpart is, where no call of the model has built it."""
    for source, target in zip(children_of(old), children_of(new), strict=False):
        config = source.get_build_config() if source.built and not target.built else None
        if config:
            target.build_from_config(config)
        _build_layers_alike(source, target)


def _objects_of(keras: Any, model: Any) -> dict[str, Any]:
    """Return the classes and functions of the model's author that its layers use, by name."""
    found: dict[str, Any] = {}
    kept: list[Any] = list(with_all_below(model))
    for attribute in ("optimizer", "loss"):
        kept.append(getattr(model, attribute, None))
    for each in kept:
        held = [type(each), *vars(each).values()] if hasattr(each, "__dict__") else [type(each)]
        if isinstance(each, types.FunctionType):
            held.append(each)
        for value in held:
            named = value if isinstance(value, type | types.FunctionType) else type(value)
            package = str(named.__module__).partition(".")[0]
            if package in (*PACKAGES, "builtins", "numpy", "tensorflow", "jax", "torch"):
                continue
            found[named.__name__] = named
            found[keras.saving.get_registered_name(named)] = named
    # Keras 2 forgets that a layer is shared where its class is no custom one.
    counted = Counter(map(id, kept))
    found.update((type(each).__name__, type(each)) for each in kept if counted[id(each)] > 1)
    return found
