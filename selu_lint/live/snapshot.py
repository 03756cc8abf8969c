"""Looking at a built model without changing it: what its code does meanwhile is undone.

Code may count its calls, keep what it sees or update variables. All that is reached from the model,
and what Keras, Python and NumPy keep to name layers and to draw numbers, is put back.
"""

from __future__ import annotations

import collections
import contextlib
import copy
import functools
import itertools
import logging
import random
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

_Restore = Callable[[], None]
_CLOSED = (
    *(str, bytes, int, float, complex, type(None), type, types.ModuleType),
    *(types.FunctionType, types.BuiltinFunctionType, types.MethodType),
)
_FILLS: dict[Any, Callable[..., None]] = {
    collections.OrderedDict: collections.OrderedDict.update,
    dict: dict.update,
    list: list.extend,
    set: set.update,
    collections.deque: collections.deque.extend,
}
"""Kinds of containers that can change, and what fills each."""

_LIBRARIES = ("tensorflow", "torch", "jax", "jaxlib", "numpy")
_STATEFUL = ("Module", "AutoTrackable", "TrackableDataStructure")
"""Classes of TensorFlow that hold variables and layers, or are the lists and dicts of those."""


@contextlib.contextmanager
def unchanged(keras: Any, model: Any) -> Iterator[None]:
    """Put back, at the end, what is reached from a model, the names counted, the numbers drawn.

    Parameters
    ----------
    keras : module
        ``keras`` or ``tf_keras``, which the model is built with.
    model : keras.Model
        The model.
    """
    restores: list[_Restore] = []
    for found in itertools.chain(reachable(model), name_counters(keras)):
        with contextlib.suppress(Exception):
            restores.extend(_restores_of(found))
    restores += [_generator_restore(found) for found in _global_generators(keras)]
    loggers = [logging.getLogger(name) for name in ("tensorflow", "absl")]
    restores += [functools.partial(setattr, log, "disabled", log.disabled) for log in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        yield
    finally:
        for restore in restores:
            with contextlib.suppress(Exception):
                restore()


@contextlib.contextmanager
def variables_held(keras: Any) -> Iterator[None]:
    """Keep updates from the variables of Keras 3; TensorFlow's own are put back by `unchanged`."""
    scope = getattr(keras, "StatelessScope", None)
    with contextlib.nullcontext() if scope is None else scope():
        yield


def reachable(root: Any) -> Iterator[Any]:
    """Yield each object that holds others or values and is reached from one, itself included."""
    seen: dict[int, Any] = {}
    pending = [root]
    while pending:
        found = pending.pop()
        if isinstance(found, _CLOSED) or id(found) in seen:
            continue
        seen[id(found)] = found
        yield found
        # What refuses to be looked into is left alone.
        with contextlib.suppress(Exception):
            pending.extend(held_by(found).values())


def held_by(found: Any) -> dict[Any, Any]:
    """Return what an object holds, by attribute, key or index; nothing of other libraries' own."""
    held: dict[Any, Any] = {}
    if isinstance(found, _CLOSED):
        return held
    for kind in (*_FILLS, tuple, frozenset):
        if issubclass(type(found), kind):
            values = (
                dict.items(found) if issubclass(kind, dict) else enumerate(kind.__iter__(found))
            )
            held.update((("in", key), value) for key, value in values)
            break
    if _is_open(found):
        held.update(_attributes(found))
        with contextlib.suppress(AttributeError):
            held["__wrapped__"] = object.__getattribute__(found, "__wrapped__")
    return held


def is_tensorflow_variable(found: Any) -> bool:
    """Whether an object is a variable of TensorFlow, not one of Keras 3."""
    return hasattr(type(found), "read_value") and any(
        base.__name__ == "Variable" and base.__module__.startswith("tensorflow.")
        for base in type(found).__mro__
    )


def _is_open(found: Any) -> bool:
    """Whether an object's attributes are the model's: not those of other libraries' objects."""
    if is_tensorflow_variable(found):
        return False
    kind = type(found)
    if str(kind.__module__).partition(".")[0] not in _LIBRARIES:
        return True
    return any(base.__name__ in _STATEFUL for base in kind.__mro__)


def _attributes(found: Any) -> dict[str, Any]:
    try:
        # A proxy would hand out those of what it stands for.
        attributes = object.__getattribute__(found, "__dict__")
    except AttributeError:
        return {}
    return attributes if isinstance(attributes, dict) else {}


def _restores_of(found: Any) -> Iterator[_Restore]:
    """Yield what puts the contents of an object back, itself in its place."""
    kind = next((each for each in _FILLS if issubclass(type(found), each)), None)
    if kind is not None:
        yield _contents_restore(kind, found)
    elif is_tensorflow_variable(found):
        yield _variable_restore(found)
    elif type(found).__name__ == "ndarray" and found.flags.writeable:
        yield _array_restore(found)
    elif isinstance(found, random.Random) or hasattr(type(found), "bit_generator"):
        yield _generator_restore(found)
    attributes = _attributes(found) if _is_open(found) else {}
    if attributes:
        yield _contents_restore(dict, attributes)


def _contents_restore(kind: Any, found: Any) -> _Restore:
    # The methods of the base, since those of Keras and TensorFlow keep track of changes.
    items = kind.items if issubclass(kind, dict) else kind.__iter__
    saved = list(items(found))

    def restore() -> None:
        if list(map(_identity, items(found))) != list(map(_identity, saved)):
            kind.clear(found)
            _FILLS[kind](found, saved)

    return restore


def _identity(item: Any) -> Any:
    return tuple(map(id, item)) if type(item) is tuple else id(item)


def _variable_restore(variable: Any) -> _Restore:
    import numpy as np

    try:
        # TensorFlow copies the values only where they are written to meanwhile.
        saved = variable.read_value()
        values = saved.numpy()
    except Exception:
        return lambda: None

    def restore() -> None:
        if np.asarray(variable.read_value()).tobytes() != np.asarray(values).tobytes():
            variable.assign(saved)

    return restore


def _array_restore(array: Any) -> _Restore:
    saved = array.copy()

    def restore() -> None:
        array[...] = saved

    return restore


def _generator_restore(generator: Any) -> _Restore:
    """Return what lets a generator of Python or NumPy draw again what it would have drawn."""
    if isinstance(generator, random.Random) or generator is random:
        return functools.partial(generator.setstate, generator.getstate())
    if hasattr(generator, "get_state"):
        return functools.partial(generator.set_state, generator.get_state())
    bits = generator.bit_generator
    return functools.partial(setattr, bits, "state", copy.deepcopy(bits.state))


def _global_generators(keras: Any) -> Iterator[Any]:
    """Yield the generators that draw what the code gives no generator for."""
    import numpy as np

    yield random
    yield np.random
    seeds = getattr(_module(keras, "backend"), "_SEED_GENERATOR", None)
    context = sys.modules.get("tensorflow.python.eager.context")
    of_tensorflow = getattr(context.context(), "_rng", None) if context else None
    for found in (getattr(seeds, "generator", None), of_tensorflow):
        if isinstance(found, random.Random):
            yield found


def name_counters(keras: Any) -> list[Any]:
    """Return the mappings in which Keras counts the names that it gives."""
    state = _module(keras, "backend.common.global_state")
    if state is not None:
        counters = state.get_global_attribute(
            "object_name_uids", collections.defaultdict(int), set_to_default=True
        )
        return [counters]
    return [_module(keras, "backend").get_default_graph_uid_map()]


def _module(keras: Any, name: str) -> Any:
    return sys.modules.get(f"{keras.__name__}.src.{name}")
