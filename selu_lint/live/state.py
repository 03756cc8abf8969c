"""What a built model knows besides its config: weights, vocabularies, counters, the optimizer."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from typing import Any

from selu_lint.errors import SeluLintError
from selu_lint.live.built_model import values_of
from selu_lint.live.comparison import Pairs
from selu_lint.live.snapshot import held_by, is_tensorflow_variable
from selu_lint.live.tracing import is_of_keras

_Path = tuple[Any, ...]
_PLAIN = (bool, int, float, str, type(None))
_OF_TRAINING = (
    *("optimizer", "history", "compiled_loss", "compiled_metrics", "_compile_config"),
    *("_compile_loss", "_compile_metrics", "_loss_tracker", "_metrics", "train_function"),
    *("_inbound_nodes", "_outbound_nodes", "_inbound_nodes_value", "_outbound_nodes_value"),
)
"""What Keras keeps in a model while it trains it, and how layers are connected."""

_OF_KERAS = (
    *("built", "compiled", "stop_training", "run_eagerly", "jit_compile", "steps_per_execution"),
    *("loss", "auto_scale_loss", "autocast", "supports_masking", "stateful"),
)
"""Plain values that Keras sets in layers and models of an author, too."""


def carry_state(pairs: Pairs) -> None:
    """Give the layers of a copy what those of the model know.

    Each hands it over as when it is saved, since some keep more than variables: the vocabulary of a
    lookup, what a Normalization computes from its mean. Variables then get the very values, since
    LoRA saves merged kernels; those that no layer lists, arrays and plain values of the author's
    own layers come along, too.

    Raises
    ------
    SeluLintError
        If the copy has no place for something.
    """
    for old, new in pairs.layers:
        if getattr(old, "trainable", None) != getattr(new, "trainable", None):
            new.trainable = old.trainable
    variables = pairs.match_variables()
    for old, new in pairs.layers:
        if type(old) is type(new):
            _carry_saved(old, new)
    for old, new in variables:
        _set_trainable(old, new)
        new.assign(_copied(old))
    known = {id(each) for pair in variables for each in pair}
    for old, new in pairs.layers:
        if type(old) is type(new):
            _carry_loose(old, new, known)
    pairs.hold_facts()


def carry_optimizer(pairs: Pairs) -> None:
    """Give the optimizer of a copy the state of the original's, where it has one.

    Raises
    ------
    SeluLintError
        If it has no place for it.
    """
    old: Any = getattr(pairs.model, "optimizer", None)
    new: Any = getattr(pairs.new, "optimizer", None)
    if old is None:
        return
    trained = [pairs.variable(each) for each in _trained_by(old, pairs.model)]
    if hasattr(old, "_create_all_weights"):
        # The optimizers that Keras 2 calls legacy.
        if old.get_weights():
            new._create_all_weights(trained)
            new.set_weights(old.get_weights())
        return
    if trained and hasattr(new, "build"):
        new.build(trained)
    known = {id(each) for each in pairs.model.weights}
    found, others = dict(_variables_in(old, known)), dict(_variables_in(new, known))
    for path, variable in found.items():
        target = others.get(path)
        if target is None or tuple(target.shape) != tuple(variable.shape):
            raise SeluLintError(
                f"the state of {type(old).__name__} cannot be carried over; "
                "fix the model before it is compiled"
            )
        target.assign(_copied(variable))


def _trained_by(optimizer: Any, model: Any) -> list[Any]:
    """Return the variables that an optimizer was built for, in its order."""
    inner = getattr(optimizer, "_optimizer", optimizer)
    listed = getattr(inner, "_trainable_variables", None)
    if listed is not None:
        return list(listed)
    indices = getattr(inner, "_index_dict", None)
    if indices is None:
        return list(model.trainable_variables)
    known = [each for each in model.weights if inner._var_key(each) in indices]
    return sorted(known, key=lambda each: indices[inner._var_key(each)])


def _carry_saved(old: Any, new: Any) -> None:
    store: dict[str, Any] = {}
    old.save_own_variables(store)
    if store:
        new.load_own_variables({name: _copied(each) for name, each in store.items()})
    if hasattr(old, "save_assets"):
        with tempfile.TemporaryDirectory(prefix="selu-lint-") as folder:
            old.save_assets(folder)
            new.load_assets(folder)


def _carry_loose(old: Any, new: Any, known: set[int]) -> None:
    """Carry what a layer keeps beside its weights; of Keras's own layers the states of seeds."""
    own = not is_of_keras(type(old))
    others = dict(_variables_in(new, known))
    for path, value in _variables_in(old, known):
        target = others.get(path)
        if target is not None and tuple(target.shape) == tuple(value.shape):
            _assign(target, value)
        elif own and not str(path[0]).startswith("_"):
            where = ".".join(str(part) for part in path)
            raise SeluLintError(
                f"{type(old).__name__} built anew has no place for what {where} holds; "
                "let its constructor make it"
            )
    for name, value in vars(old).items() if own else ():
        if (
            name.startswith("_")
            or name in _OF_KERAS
            or type(value) not in _PLAIN
            or vars(new).get(name) == value
        ):
            continue
        with contextlib.suppress(AttributeError):
            object.__setattr__(new, name, value)


def _variables_in(root: Any, known: set[int]) -> Iterator[tuple[_Path, Any]]:
    """Yield variables and arrays that an object holds, by path; not those of layers in it."""
    seen = set(known)
    pending: list[tuple[_Path, Any]] = [((), root)]
    while pending:
        path, found = pending.pop()
        if id(found) in seen:
            continue
        seen.add(id(found))
        if _is_variable(found):
            yield path, found
        elif found is root or not hasattr(type(found), "_flatten_layers"):
            pending += [
                ((*path, key), value)
                for key, value in held_by(found).items()
                if type(value) not in _PLAIN and not (path == () and key in _OF_TRAINING)
            ]


def _is_variable(found: Any) -> bool:
    if is_tensorflow_variable(found) or type(found).__name__ == "ndarray":
        return True
    return any(
        base.__name__ in ("Variable", "KerasVariable") and is_of_keras(base)
        for base in type(found).__mro__
    )


def _assign(target: Any, value: Any) -> None:
    if hasattr(target, "assign"):
        target.assign(_copied(value))
    else:
        target[...] = value


def _set_trainable(old: Any, new: Any) -> None:
    trainable = getattr(old, "trainable", None)
    if getattr(new, "trainable", None) != trainable:
        try:
            new.trainable = trainable
        except AttributeError:
            raise SeluLintError(
                f"whether {old.name} is trained cannot be carried over; let the constructor say it"
            ) from None


def _copied(variable: Any) -> Any:
    """Return the values of a variable in memory of their own.

    Keras 3 hands on the arrays themselves, and JAX deletes those that a training step has used.
    """
    import numpy as np

    handed_on = not callable(getattr(variable, "value", len))
    return np.array(values_of(variable)) if handed_on else variable
