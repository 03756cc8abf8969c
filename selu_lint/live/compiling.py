"""Compiling a copy as its model is: the same losses and functions, optimizer and metrics anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from selu_lint.errors import SeluLintError, one_line
from selu_lint.live.tracing import is_of_keras


def compile_alike(model: Any, new: Any) -> None:
    """Compile a copy as its model is; if it is.

    Raises
    ------
    SeluLintError
        If its ``compile`` is code that cannot be asked again, or an optimizer or a metric cannot be
        made anew.
    """
    if not _is_compiled(model):
        return
    if _excludes_from_weight_decay(getattr(model, "optimizer", None)):
        raise SeluLintError(
            "its optimizer excludes variables from weight decay, which no config tells; "
            "fix the model before it is compiled"
        )
    try:
        _compile(model, new)
    except Exception as error:
        raise SeluLintError(
            f"the new model cannot be compiled like the original ({one_line(error)}); "
            "fix it before it is compiled"
        ) from None
    if not _is_compiled(new) or not _same_optimizer(model, new):
        raise SeluLintError(
            f"{type(model).__name__}.compile is its own, and what it was given is not known; "
            "fix the model before it is compiled, or give it compile_from_config"
        )


def _excludes_from_weight_decay(optimizer: Any) -> bool:
    """Whether ``exclude_from_weight_decay`` was called on an optimizer or on one inside it."""
    kinds = ("", "_names", "_pattern")
    excluded = (getattr(optimizer, f"_exclude_from_weight_decay{kind}", None) for kind in kinds)
    inner = getattr(optimizer, "inner_optimizer", None)
    return any(excluded) or (inner is not None and _excludes_from_weight_decay(inner))


def _same_optimizer(model: Any, new: Any) -> bool:
    return type(getattr(new, "optimizer", None)) is type(getattr(model, "optimizer", None))


def _is_compiled(model: Any) -> bool:
    return bool(getattr(model, "compiled", getattr(model, "_is_compiled", False)))


def _compile(model: Any, new: Any) -> None:
    own = [
        not is_of_keras(_definer(type(model), name)) for name in ("compile", "compile_from_config")
    ]
    if own[0] or own[1]:
        if own[1]:
            new.compile_from_config(model.get_compile_config())
        return
    given = dict(model._compile_config.config)
    given = {name: _anew(value) for name, value in given.items()}
    # What was given may be its name only, and its rate may have been set since.
    given["optimizer"] = _anew(model.optimizer)
    new.compile(**given)
    if new.run_eagerly != model.run_eagerly:
        new.run_eagerly = model.run_eagerly


def _definer(kind: type, name: str) -> type:
    return next((base for base in kind.__mro__ if name in vars(base)), kind)


def _anew(value: Any) -> Any:
    """Return optimizers and metrics in a structure made anew; losses and functions are kept."""
    if isinstance(value, Mapping):
        return {key: _anew(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_anew(each) for each in value]
    if not (hasattr(value, "update_state") or hasattr(value, "apply_gradients")):
        return value
    made = type(value).from_config(value.get_config())
    if type(made) is not type(value):
        raise TypeError(f"{type(value).__name__} made anew is a {type(made).__name__}")
    return made
