"""Building a model anew: from its own classes and a config, with its weights and optimizer."""

from __future__ import annotations

import contextlib
import json
import sys
import types
import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from selu_lint.errors import SeluLintError
from selu_lint.formats.live import holder_of, keras_of, layers_by_path, weights_of
from selu_lint.formats.live_inputs import built_inputs
from selu_lint.formats.live_state import carry_optimizer, carry_weights
from selu_lint.formats.live_tracing import children_of, with_all_below

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_PACKAGES = ("keras", "tf_keras")


class Rebuilding:
    """A new model like a built one.

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
        If it cannot be built.
    """

    def __init__(self, model: Any, plain: Mapping[str, Any] | None) -> None:
        self._old = model
        self._keras: Any = keras_of(model)
        self._objects = _objects_of(self._keras, model)
        try:
            self.model = self._from_code() if plain is None else self._from_config(plain)
        except Exception as error:
            raise SeluLintError(
                f"{type(model).__name__} cannot be built anew from its config "
                f"({_line(error)}); give its classes get_config and from_config"
            ) from None
        self._paths = layers_by_path(model)
        below = list(with_all_below(model))
        new_below = list(with_all_below(self.model))
        if len(below) != len(new_below):
            raise SeluLintError(
                f"{type(model).__name__} built anew has other layers; "
                "give it a get_config that tells how to build it"
            )
        self._pairs = list(zip(below, new_below, strict=True))
        self._new = {id(old): new for old, new in self._pairs}

    def set_initializer(self, path: str, slot: str, value: Any) -> None:
        """Set an initializer of the layer with a path, from its serialized form.

        For a layer in a Bidirectional it is set in both directions.
        """
        layers = [self._new[id(layer)] for layer in self._paths[path]]
        owner: Any = self._new.get(id(self._paths.get(path.rpartition("/")[0], (None,))[0]))
        if hasattr(owner, "backward_layer"):
            # Keras 2 writes a third one into the config, the layer that both are copies of.
            both = (owner.forward_layer, owner.backward_layer, getattr(owner, "layer", None))
            layers = [each for each in both if each is not None]
        for layer in layers:
            initializer = self._keras.initializers.get(value)
            setattr(holder_of(layer), slot, initializer)

    def carry_weights(self) -> None:
        """Give the new model the weights of the original.

        Raises
        ------
        SeluLintError
            If they do not fit.
        """
        carry_weights(self._old, self.model, self._pairs)

    def set_values(self, old: Any, blocks: Iterable[NDArray[np.float64]]) -> None:
        """Set the variable that stands for one of the original's."""
        import numpy as np

        index = next(i for i, each in enumerate(weights_of(self._old)) if each is old)
        new = weights_of(self.model)[index]
        values = np.concatenate(list(blocks)).reshape(tuple(new.shape))
        dtype = getattr(new.dtype, "as_numpy_dtype", None)
        new.assign(values.astype(dtype if dtype is not None else "float32"))

    def compile(self, with_state: bool) -> None:
        """Compile the new model as the original is; perhaps with the state of its optimizer."""
        if not getattr(self._old, "compiled", getattr(self._old, "_is_compiled", False)):
            return
        try:
            with self._scope():
                self.model.compile_from_config(self._old.get_compile_config())
        except Exception as error:
            raise SeluLintError(
                f"the new model cannot be compiled like the original ({_line(error)}); "
                "fix it before it is compiled"
            ) from None
        if with_state:
            carry_optimizer(self._old, self.model)

    def _from_config(self, plain: Mapping[str, Any]) -> Any:
        serialized = {key: value for key, value in plain.items() if key != "compile_config"}
        with self._scope():
            if hasattr(self._keras, "ops"):
                return self._keras.saving.deserialize_keras_object(serialized, safe_mode=False)
            return self._keras.models.model_from_json(json.dumps(serialized))

    def _from_code(self) -> Any:
        with self._scope(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            new = type(self._old).from_config(self._old.get_config())
            if not self._old.built or new.built:
                return new
            given = built_inputs(self._keras, self._old)
            # Code that asks for values runs on values only; else its layers are built one by one.
            if given is None or not (_calls(new, given()) or _calls(new, _zeros(given()))):
                _build_layers_alike(self._old, new)
            return new

    @contextlib.contextmanager
    def _scope(self) -> Iterator[None]:
        """Know the author's classes, and run a Lambda's code: it is the author's own model."""
        name = f"{self._keras.__name__}.src.saving.serialization_lib"
        unsafe = getattr(sys.modules.get(name), "SafeModeScope", None)
        with contextlib.ExitStack() as stack:
            stack.enter_context(self._keras.saving.custom_object_scope(self._objects))
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
    """Build each layer as its counterpart is, where the model itself does not tell its inputs."""
    for source, target in zip(children_of(old), children_of(new), strict=True):
        if not source.built or target.built:
            continue
        config = source.get_build_config()
        if config:
            target.build_from_config(config)
        else:
            _build_layers_alike(source, target)


def _objects_of(keras: Any, model: Any) -> dict[str, Any]:
    """Return the classes and functions of the model's author that its layers use, by name."""
    found: dict[str, Any] = {}
    kept: list[Any] = [model, *with_all_below(model)]
    for attribute in ("optimizer", "loss"):
        kept.append(getattr(model, attribute, None))
    for each in kept:
        held = [type(each), *vars(each).values()] if hasattr(each, "__dict__") else [type(each)]
        if isinstance(each, types.FunctionType):
            held.append(each)
        for value in held:
            named = value if isinstance(value, type | types.FunctionType) else type(value)
            package = str(named.__module__).partition(".")[0]
            if package in (*_PACKAGES, "builtins", "numpy", "tensorflow", "jax", "torch"):
                continue
            found[named.__name__] = named
            found[keras.saving.get_registered_name(named)] = named
    return found


def _zeros(value: Any) -> Any:
    import numpy as np

    if isinstance(value, list | tuple):
        return type(value)(_zeros(each) for each in value)
    if isinstance(value, Mapping):
        return {key: _zeros(each) for key, each in value.items()}
    if not hasattr(value, "shape"):
        return value
    dtype = getattr(value.dtype, "name", value.dtype)
    return np.zeros([size or 1 for size in value.shape], str(dtype))


def _line(error: Exception) -> str:
    text = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {text}"[:200]
