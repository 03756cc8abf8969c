"""Comparing a copy with its model: the same layers, sharing, variables, settings and outputs."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any

from selu_lint.errors import SeluLintError
from selu_lint.live.built_model import values_of, weights_of
from selu_lint.live.inputs import built_inputs, dtype_of, values_like
from selu_lint.live.snapshot import unchanged, variables_held
from selu_lint.live.tracing import is_graph, with_all_below

_CLOSENESS = 1e-4
"""Relative difference of outputs that the order of sums explains."""

_FACTS = ("built", "trainable", "stateful", "lora_enabled", "lora_rank", "quantization_mode")


class Pairs:
    """The layers of a model and of its copy, and their variables.

    Parameters
    ----------
    model, new : keras.Model
        The model, and its copy.

    Raises
    ------
    SeluLintError
        If the copy has other layers or shares them otherwise, or has anything in common with the
        model.
    """

    def __init__(self, model: Any, new: Any) -> None:
        self.model = model
        self.new = new
        self._kind = type(model).__name__
        olds, news = list(with_all_below(model)), list(with_all_below(new))
        if len(olds) != len(news):
            raise self._refusal("has other layers; give it a get_config that tells how to build it")
        self.layers = list(zip(olds, news, strict=True))
        if {id(each) for each in olds} & {id(each) for each in news}:
            raise self._refusal("would be made of the same layers; let get_config serialize them")
        self._layers = self._matched(self.layers, "share its layers")
        self._variables: dict[int, Any] = {}

    def layer(self, old: Any) -> Any:
        """Return the layer that stands for one of the model's."""
        return self._layers[id(old)]

    def variable(self, old: Any) -> Any:
        """Return the variable that stands for one of the model's."""
        return self._variables[id(old)]

    def match_variables(self) -> list[tuple[Any, Any]]:
        """Return the variables of the model and of its copy, each pair once.

        Raises
        ------
        SeluLintError
            If the copy has other variables, or shares them otherwise.
        """
        pairs: list[tuple[Any, Any]] = []
        for old, new in self.layers:
            olds, news = weights_of(old), weights_of(new)
            if list(map(_form, olds)) != list(map(_form, news)):
                raise self._refusal(
                    "has weights of other shapes; call it on data before it is fixed"
                )
            pairs += zip(olds, news, strict=True)
        self._variables = self._matched(pairs, "share its weights")
        known = {id(old): (old, new) for old, new in pairs}
        return list(known.values())

    def hold_facts(self) -> None:
        """Refuse a copy of which a layer is set otherwise than its counterpart.

        Raises
        ------
        SeluLintError
            If a layer is set otherwise.
        """
        for old, new in self.layers:
            facts = {name: getattr(old, name, None) for name in _FACTS}
            facts |= _settings(old) if type(old) is type(new) else {}
            others = {name: getattr(new, name, None) for name in _FACTS}
            others |= _settings(new) if type(old) is type(new) else {}
            for name, value in facts.items():
                if others.get(name) != value:
                    raise self._refusal(
                        f"has another {name} in {old.name}; let its get_config tell it"
                    )

    def _matched(self, pairs: list[tuple[Any, Any]], what: str) -> dict[int, Any]:
        """Return which new object stands for each old one; the same object always for the same."""
        found: dict[int, Any] = {}
        back: dict[int, Any] = {}
        for old, new in pairs:
            if (
                found.setdefault(id(old), new) is not new
                or back.setdefault(id(new), old) is not old
            ):
                raise self._refusal(f"would no longer {what}; let its config tell what is shared")
        return found

    def _refusal(self, why: str) -> SeluLintError:
        return SeluLintError(f"{self._kind} built anew {why}")


def _form(variable: Any) -> tuple[Any, ...]:
    return tuple(variable.shape), dtype_of(variable)


def _settings(layer: Any) -> dict[str, str]:
    """Return the config of a layer by key, without initializers, and without what it holds."""
    # A Lambda's code is written otherwise each time, and a batch may be of any size.
    if is_graph(layer) or type(layer).__name__ in ("Lambda", "InputLayer"):
        return {}
    try:
        config = layer.get_config()
    except Exception:
        return {}
    return {
        key: json.dumps(value, default=_named, sort_keys=True)
        for key, value in config.items()
        if not (key.endswith("_initializer") or _holds_layers(value) or key == "name")
    }


def _holds_layers(value: Any) -> bool:
    if isinstance(value, Mapping):
        return "class_name" in value or any(map(_holds_layers, value.values()))
    return isinstance(value, list | tuple) and any(map(_holds_layers, value))


def _named(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else type(value).__name__


def hold_predictions(keras: Any, model: Any, new: Any) -> None:
    """Refuse a copy that gives other outputs than its model for the same inputs.

    Where the model cannot be called, or gives other outputs each time, nothing is compared.

    Raises
    ------
    SeluLintError
        If the outputs differ.
    """
    import numpy as np

    for given in _inputs(keras, model):
        try:
            outputs = _outputs(keras, model, given)
        except Exception:  # It takes other inputs.
            continue
        try:
            others = _outputs(keras, new, given)
            same = len(outputs) == len(others) and all(map(_close, outputs, others))
        except Exception:
            same = False
        if not same and all(map(np.array_equal, outputs, _outputs(keras, model, given))):
            raise SeluLintError(
                f"{type(model).__name__} built anew gives other outputs; "
                "let its get_config tell all that its call uses"
            )
        return


def _inputs(keras: Any, model: Any) -> Iterator[Any]:
    """Yield arguments to try: with sizes that are free, and with those that it was built with."""
    for batch, size in itertools.product((False, True), (1, 16)):
        try:
            structure = getattr(model, "_inputs_struct", getattr(model, "_nested_inputs", None))
            if structure is not None:
                yield values_like(((structure,), {}), size)
            elif (given := built_inputs(keras, model, batch)) is not None:
                yield values_like(given, size)
        except Exception:
            continue


def _outputs(keras: Any, model: Any, given: Any) -> list[Any]:
    arguments, keywords = given
    with unchanged(keras, model), variables_held(keras):
        return list(map(_values, _flat(model(*arguments, **keywords))))


def _flat(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [each for key in sorted(value, key=str) for each in _flat(value[key])]
    if isinstance(value, list | tuple):
        return [each for item in value for each in _flat(item)]
    return [] if value is None else [value]


def _values(tensor: Any) -> Any:
    import numpy as np

    found = values_of(tensor)
    return found if found.dtype.kind in "biufc" else np.asarray(found, dtype=str)


def _close(one: Any, other: Any) -> bool:
    import numpy as np

    if one.shape != other.shape:
        return False
    if one.dtype.kind not in "fc":
        return bool(np.array_equal(one, other))
    scale = float(np.max(np.abs(one), initial=0.0, where=np.isfinite(one))) or 1.0
    return bool(np.allclose(one, other, rtol=0, atol=_CLOSENESS * scale, equal_nan=True))
