"""Whether a model can be built without running code that its file names: an allowlist.

A list of what is forbidden cannot work: Keras takes classes and functions by name out of itself and
TensorFlow, thousands of them, and some read, write, download, or load native code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from selu_lint.errors import SeluLintError
from selu_lint.processes.allowed_names import (
    CLASSES,
    FUNCTIONS,
    LOOKUPS,
    MODULES,
    OPERATION_MODULES,
    OPERATIONS,
    OPTIMIZERS,
    SHORT_NAMES,
    SLICING_FUNCTIONS,
    TENSORFLOW_FUNCTIONS,
    WORDS,
)

_TENSORFLOW_LAYERS = {
    "SlicingOpLambda": SLICING_FUNCTIONS,
    "TFOpLambda": TENSORFLOW_FUNCTIONS
    | {f"compat.v1.{name}" for name in TENSORFLOW_FUNCTIONS if not name.startswith("keras.")},
}
_TEXTS = CLASSES | FUNCTIONS | SHORT_NAMES
_SLOTS = re.compile(r"(.*_)?(activation|constraint|fn|initializer|regularizer)")
_TRAINING = re.compile(r"loss|optimizer|(weighted_)?metrics")
_REFERENCE = ("class_name", "module", "config", "registered_name")
_LONGEST = 80
_NAME = re.compile(rf"[\w.>]{{1,{_LONGEST}}}")
_ARGUMENT = re.compile(rf"{'|'.join(sorted(WORDS))}|[A-Za-z., ]*->[A-Za-z. ]*")


class _Place(NamedTuple):
    """A value of an architecture, and what Keras makes of it.

    Attributes
    ----------
    value : object
        The value.
    slot : bool
        Whether Keras takes a text here for the name of a class or function.
    slots : re.Pattern or None
        Names of the keys in it that are slots.
    """

    value: object
    slot: bool = False
    slots: re.Pattern[str] | None = None


def code_in(architecture: object, training: object = None) -> Iterator[str]:
    """Yield the names of what Keras might run that is not on the list.

    Parameters
    ----------
    architecture : object
        What Keras is given to build a model from, as parsed JSON.
    training : object
        How the model was compiled, where Keras is to compile it again.
    """
    layers: frozenset[str] | None = None
    pending = [_Place(training, slots=_TRAINING), _Place(architecture)]
    while pending:
        place = pending.pop()
        value = place.value
        if isinstance(value, str):
            if place.slot and value not in _TEXTS:
                yield value if _NAME.fullmatch(value) else "a function of its own"
        elif isinstance(value, list | tuple):
            pending.extend(place._replace(value=each) for each in value)
        elif isinstance(value, dict):
            if "class_name" in value:
                yield from _unlisted(value)
                if _text(value["class_name"]) in _TENSORFLOW_LAYERS:
                    layers = _layer_names(architecture) if layers is None else layers
                    yield from _texts(value.get("inbound_nodes"), layers)
            pending.extend(_inside(value, place))


def hold_listed(architecture: object, training: object, trust_code: bool) -> None:
    """Refuse a model that names what Keras might run and is not on the list.

    Raises
    ------
    SeluLintError
        If what the file names is not on the list, and is not trusted.
    """
    code = None if trust_code else next(code_in(architecture, training), None)
    if code is not None:
        raise SeluLintError(
            f"Keras would run what the file names ({code}), which selu-lint does not know to be "
            "harmless; --trust-code allows that"
        )


def _inside(value: Mapping[str, Any], place: _Place) -> Iterator[_Place]:
    reference = "class_name" in value
    for key, each in value.items():
        slot = bool(place.slots and place.slots.fullmatch(key)) or (place.slot and not reference)
        if key == "compile_config":
            yield _Place(each, slot, _TRAINING)
        elif key == "config" and reference:
            yield _Place(each, False, _SLOTS)
        else:
            inherited = place.slots is _TRAINING and not reference
            yield _Place(each, slot, _TRAINING if inherited else None)


def _unlisted(serialized: Mapping[str, Any]) -> Iterator[str]:
    """Yield the name of a serialized object, or of the function it calls, if it is not listed."""
    name, module, config = (
        _text(serialized.get(key)) for key in ("class_name", "module", "config")
    )
    registered = _text(serialized.get("registered_name"))
    inner = serialized["config"] if isinstance(serialized.get("config"), dict) else {}
    function = _text(inner.get("function"))
    place = "" if module is None else f"{module}."
    # Keras 2.11 to 2.15 registers its own optimizers like a user's classes.
    own = name.removeprefix("Custom>") if name is not None else None
    if name == "function" and module is not None:
        listed = module in MODULES and config in FUNCTIONS and registered in (None, name, config)
        name = config
    elif name in _TENSORFLOW_LAYERS:
        listed = module in (None, "keras.layers") and function in _TENSORFLOW_LAYERS[name]
        listed = listed and registered in (None, name)
        name = f"{name} {function}"
    elif module in OPERATION_MODULES:
        listed = name in OPERATIONS and registered in (None, name)
    elif name in LOOKUPS and isinstance(inner.get("vocabulary"), str):
        listed, name = False, f"{name} with a file"
    else:
        listed = name in CLASSES or (name != own and own in OPTIMIZERS)
        listed = listed and (module is None or module in MODULES)
        listed = listed and registered in (None, name, own)
    if not listed:
        yield _short(f"{place}{name}")


def _text(value: object) -> str | None:
    """Return a text or None as it is, and for anything else a text that is on no list."""
    return value if value is None or isinstance(value, str) else type(value).__name__ + "?"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _texts(calls: object, names: frozenset[str]) -> Iterator[str]:
    """Yield the texts in a TensorFlow function's calls that are no layers, types or modes."""
    pending = [calls]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            pending.extend(each for key, each in value.items() if key not in ("class_name", "name"))
        elif isinstance(value, list | tuple):
            pending.extend(value)
        elif isinstance(value, str) and not (value in names or _ARGUMENT.fullmatch(value)):
            yield _short(f"the text {value!r} as an argument")


def _layer_names(architecture: object) -> frozenset[str]:
    found: set[str] = set()
    pending = [architecture]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            config = value.get("config")
            for each in (value, config if isinstance(config, dict) else {}):
                if "class_name" in value and isinstance(each.get("name"), str):
                    found.add(each["name"])
            pending.extend(value.values())
        elif isinstance(value, list | tuple):
            pending.extend(value)
    return frozenset(found)
