"""JSON texts that hold more than an architecture, or less: out of them, and back into them.

A layers model of TensorFlow.js keeps the architecture beside the manifest of its weights; the
config of a model, as ``get_config()`` returns it, is an architecture without its class. Sources:
``tensorflowjs.converters.keras_h5_conversion``; ``keras.src.models.functional``, ``get_config``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from selu_lint.storage import json_spans

_MODULE_OF_KERAS_3 = ('"batch_shape"', '"DTypePolicy"')


class Enclosed(NamedTuple):
    """An architecture that stands in a JSON text.

    Attributes
    ----------
    text : str
        Its own JSON text.
    value : Mapping
        What that stands for.
    version : str or None
        The release that wrote it.
    """

    text: str
    value: Mapping[str, Any]
    version: str | None


def find(text: str, value: object) -> Enclosed | None:
    """Return the architecture in a JSON text that is none itself; None if there is none in it.

    Parameters
    ----------
    text : str
        The JSON text.
    value : object
        What it stands for.
    """
    if not isinstance(value, dict) or "class_name" in value:
        return None
    keys = _keys(value)
    if keys:
        topology = value["modelTopology"]
        start, end = _span(text, keys)
        found = topology if len(keys) == 1 else topology[keys[1]]
        return Enclosed(text[start:end], found, _version(topology))
    head = _head(text, value)
    if head is None:
        return None
    whole = f"{head}{text.strip()}}}"
    return Enclosed(whole, json.loads(f"{head}null}}") | {"config": value}, None)


def put_back(old: str, text: str) -> str:
    """Return a JSON text with another architecture in it, and everything else as it was.

    Parameters
    ----------
    old : str
        The text as it was read.
    text : str
        The new architecture's own text.
    """
    value = json.loads(old)
    if not isinstance(value, dict) or "class_name" in value:
        return text
    keys = _keys(value)
    if keys:
        start, end = _span(old, keys)
        return old[:start] + text + old[end:]
    head = _head(old, value)
    return text if head is None else old.replace(old.strip(), text[len(head) : -1])


def _keys(value: Mapping[str, Any]) -> tuple[str, ...]:
    """Return where in a layers model of TensorFlow.js its architecture stands."""
    topology = value.get("modelTopology")
    if not isinstance(topology, dict):
        return ()
    if isinstance(topology.get("model_config"), dict):
        return "modelTopology", "model_config"
    return ("modelTopology",) if "class_name" in topology else ()


def _version(topology: Mapping[str, Any]) -> str | None:
    version = topology.get("keras_version")
    # TensorFlow.js knows the initializers of Keras 2.2, whatever release of 2 the model comes from.
    of_keras_2 = isinstance(version, str) and version.startswith("2.")
    return f"tfjs of {version}" if of_keras_2 else version if isinstance(version, str) else None


def _span(text: str, keys: tuple[str, ...]) -> json_spans.Span:
    span = json_spans.value(text)
    for key in keys:
        span = dict(json_spans.members(text, span))[key]
    return span


def _head(text: str, value: Mapping[str, Any]) -> str | None:
    """Return what stands in front of a model's config in its architecture; None for no config."""
    layers = value.get("layers")
    if not isinstance(value.get("name"), str) or not isinstance(layers, list) or not layers:
        return None
    if not all(isinstance(each, dict) and "class_name" in each for each in layers):
        return None
    head = {"class_name": "Functional" if "input_layers" in value else "Sequential"}
    module = str(layers[0].get("module")).partition(".")[0]
    if "module" in layers[0] and any(mark in text for mark in _MODULE_OF_KERAS_3):
        head = {"module": module, **head}
    separators = (", ", ": ") if '": ' in text else (",", ":")
    return json.dumps({**head, "config": None}, separators=separators).removesuffix("null}")
