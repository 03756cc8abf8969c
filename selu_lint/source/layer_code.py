"""A serialized layer as the line of Keras that makes it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from selu_lint.model.dialects import read_initializer, snake_case
from selu_lint.source.keras_parameters import REQUIRED, parameters
from selu_lint.source.keras_signatures import LATEST

_LONGEST = 240
_DEFAULTS = {"data_format": "channels_last", "activation": "linear", "dtype": "float32"}
"""Values that a config always holds, though no call has to say them."""

_OF_SPACE = frozenset({"kernel_size", "strides", "pool_size", "dilation_rate", "size", "axis"})
"""Parameters for which one number stands for the same in each direction, or for a list of one."""

_PLACES = ("initializers", "regularizers", "constraints")


class _UnwritableError(Exception):
    """A value that no line of code can say."""


def line_of(serialized: Mapping[str, Any], name: bool = True) -> str:
    """Return the call that makes a layer, ``Dense(64, activation="selu")``, without defaults.

    Parameters
    ----------
    serialized : Mapping
        The layer as Keras 2 or 3 serializes it.
    name : bool
        Whether to give the name, unless Keras chose it.

    Returns
    -------
    str
        The call; empty where it cannot be said in one line of Keras 3.
    """
    config = serialized.get("config")
    try:
        written = _call(str(serialized.get("class_name")), config, name)
    except _UnwritableError:
        return ""
    return written if len(written) <= _LONGEST else ""


def argument_of(serialized: Mapping[str, Any], name: str, written_as: str) -> str:
    """Return one argument of a layer, ``kernel_initializer="lecun_normal"``, with its class behind.

    It is for layers whose call cannot be said, such as those of the model's author; empty where the
    argument cannot be said either.
    """
    config, kind = serialized.get("config"), str(serialized.get("class_name")).rpartition(">")[2]
    if not isinstance(config, Mapping) or written_as not in config or not kind.isidentifier():
        return ""
    try:
        line = f"{name}={_value(config[written_as])}  # in {kind}"
    except _UnwritableError:
        return ""
    return line if len(line) <= _LONGEST else ""


def _call(class_name: str, config: object, named: bool) -> str:
    if class_name not in LATEST or not isinstance(config, Mapping):
        raise _UnwritableError
    words = []
    for key, default in parameters(class_name).items():
        if key == "name":
            continue
        if key not in config:
            if default is REQUIRED:
                raise _UnwritableError
            continue
        value = config[key]
        if key in _OF_SPACE and isinstance(value, list) and len(set(map(str, value))) == 1:
            value = value[0]
        if default is REQUIRED:
            words.append(_value(value))
        elif not _is_default(key, value, default):
            words.append(f"{key}={_value(value)}")
    name = config.get("name")
    if named and isinstance(name, str) and not _is_automatic(class_name, name):
        words.append(f"name={json.dumps(name, ensure_ascii=False)}")
    return f"{class_name}({', '.join(words)})"


def _is_default(key: str, value: object, default: object) -> bool:
    if value is None or value == _DEFAULTS.get(key):
        return True
    if isinstance(default, tuple):
        return value == list(default) or default == (value,) * len(default)
    if isinstance(default, str):
        if isinstance(value, str):
            return value == default
        return default in (_plain(value), snake_case(_class_of(value)), _of_scaling(value))
    return value == default


def _value(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return repr(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int | float):
        return f"{value:.6g}" if isinstance(value, float) else str(value)
    if isinstance(value, list | tuple):
        items = [_value(each) for each in value]
        return f"({', '.join(items)}{',' * (len(items) == 1)})"
    plain = _plain(value)
    if plain is not None:
        return json.dumps(plain)
    return _object(value)


def _plain(value: object) -> str | None:
    """Return the name of a function that is serialized by it."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and value.get("class_name") == "function":
        config = value.get("config")
        return config if isinstance(config, str) else None
    return None


def _class_of(value: object) -> str:
    return str(value.get("class_name")) if isinstance(value, Mapping) else ""


def _object(value: object) -> str:
    """Return an initializer, regularizer or constraint: its name, or the call that makes it."""
    if not isinstance(value, Mapping):
        raise _UnwritableError
    kind, module = _class_of(value), str(value.get("module") or "keras.initializers")
    if not (kind.isidentifier() and kind[:1].isupper()):
        raise _UnwritableError
    place = module.rpartition(".")[2]
    if place not in _PLACES or not module.startswith(("keras.", "tf_keras.")):
        raise _UnwritableError
    config = value.get("config") or {}
    if not isinstance(config, Mapping):
        raise _UnwritableError
    if place != "initializers":
        words = (f"{key}={_value(each)}" for key, each in config.items() if str(key).isidentifier())
        return f"keras.{place}.{kind}({', '.join(words)})"
    if all(each is None for each in config.values()):
        return json.dumps(snake_case(kind))
    if kind == "VarianceScaling":
        if config.get("seed") is None and (name := _of_scaling(value)) is not None:
            return json.dumps(name)
        # Keras 2.2 and 2.3 called the truncated normal so.
        if config.get("distribution") == "normal":
            config = {**config, "distribution": "truncated_normal"}
    written = _call(kind, config, False)
    return (
        json.dumps(snake_case(kind)) if written.endswith("()") else f"keras.initializers.{written}"
    )


def _of_scaling(value: object) -> str | None:
    """Return the name of an initializer that is written as a VarianceScaling, as Keras 2.3 did."""
    if _class_of(value) != "VarianceScaling":
        return None
    name = read_initializer(value).name
    return snake_case(name) if name.isidentifier() and name != "VarianceScaling" else None


def _is_automatic(class_name: str, name: str) -> bool:
    """Whether Keras chose a name, as it does: ``dense``, ``dense_12``, ``conv2d``."""
    return re.sub(r"_\d+$", "", name) == snake_case(class_name)
