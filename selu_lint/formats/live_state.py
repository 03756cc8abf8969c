"""What a built model knows besides its config: weights, vocabularies, the optimizer's state."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from typing import Any

from selu_lint.errors import SeluLintError
from selu_lint.formats.live import values_of, weights_of


def carry_weights(model: Any, new: Any, pairs: Iterable[tuple[Any, Any]]) -> None:
    """Give a new model what the original's layers know.

    Each layer hands it over as when it is saved, since some keep more than their variables: the
    vocabulary of a lookup, what a Normalization computes from its mean.

    Parameters
    ----------
    model, new : keras.Model
        The original and the new model.
    pairs : iterable of (layer, layer)
        The layers of both, themselves included.

    Raises
    ------
    SeluLintError
        If the weights do not fit.
    """
    old_weights, new_weights = weights_of(model), weights_of(new)
    if [tuple(each.shape) for each in old_weights] != [tuple(each.shape) for each in new_weights]:
        raise SeluLintError(
            f"{type(model).__name__} built anew has weights of other shapes; "
            "call it on data before it is fixed"
        )
    for old, target in pairs:
        if type(old) is not type(target):
            # A dropout that became another one: it has no weights.
            continue
        store: dict[str, Any] = {}
        old.save_own_variables(store)
        if store:
            target.load_own_variables({name: _copied(each) for name, each in store.items()})
        if hasattr(old, "save_assets"):
            with tempfile.TemporaryDirectory(prefix="selu-lint-") as folder:
                old.save_assets(folder)
                target.load_assets(folder)
    for one, other in zip(weights_of(model), weights_of(new), strict=True):
        if (values_of(one) != values_of(other)).any():
            raise SeluLintError(f"the weights of {type(model).__name__} cannot be carried over")


def carry_optimizer(model: Any, new: Any) -> None:
    """Give the optimizer of a new model the state of the original's, where it has one."""
    optimizer, fresh = model.optimizer, new.optimizer
    variables = _variables(optimizer)
    if not variables or not hasattr(fresh, "build"):
        return
    fresh.build(new.trainable_variables)
    targets = _variables(fresh)
    if [tuple(each.shape) for each in variables] == [tuple(each.shape) for each in targets]:
        for source, target in zip(variables, targets, strict=True):
            target.assign(_copied(source))


def _copied(variable: Any) -> Any:
    """Return the values of a variable in memory of their own.

    Keras 3 hands on the arrays themselves, and JAX deletes those that a training step has used.
    """
    import numpy as np

    handed_on = not callable(getattr(variable, "value", len))
    return np.array(values_of(variable)) if handed_on else variable


def _variables(optimizer: Any) -> list[Any]:
    found = optimizer.variables
    return list(found() if callable(found) else found)
