"""The architecture of a built model: its config, with the code of subclassed models traced.

A subclassed model's ``call`` is run on symbolic inputs; what it calls is recorded by Keras as in a
Functional model, whose config then stands for it. What this changes in the model is put back, and
what fails in its code or in Keras is only noted.
"""

from __future__ import annotations

import contextlib
import copy
import inspect
import itertools
import json
import sys
import warnings
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from selu_lint.errors import one_line
from selu_lint.live.inputs import GivenInputs, built_inputs, node_inputs, tensors
from selu_lint.live.snapshot import is_tensorflow_variable, unchanged, variables_held
from selu_lint.model.pointers import escaped
from selu_lint.model.serialized_layers import PathNumbers, name_of

Serialized = dict[str, Any]
PACKAGES = ("keras", "tf_keras")
_ORPHANS = "orphans"


@dataclass
class Traced:
    """The architecture of a built model.

    Attributes
    ----------
    serialized : dict
        The serialized model as plain JSON data; ``orphans`` stand in it under their own key.
    orphans : dict
        Serialized layers by path whose connections are unknown.
    traced : list of str
        JSON pointers to the parts that code was traced into, which no config holds; the root
        where the whole model is code.
    plain : dict
        The model as Keras serializes it, without traced code; empty where the model is code.
    unread : list of str
        Why something could not be traced, one line each.
    """

    serialized: Serialized
    orphans: dict[str, Serialized] = field(default_factory=dict)
    traced: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    plain: Serialized = field(default_factory=dict)

    def is_code(self, pointer: str) -> bool:
        """Whether a place in the architecture is made by code, not by a config."""
        return pointer.startswith((f"/{_ORPHANS}/", *(f"{part}/" for part in self.traced)))


def architecture_of(keras: Any, model: Any) -> Traced:
    """Return the architecture of a built model, which is left as it was.

    Parameters
    ----------
    keras : module
        ``keras`` or ``tf_keras``, which the model is built with.
    model : keras.Model
        The model.
    """
    with warnings.catch_warnings(), unchanged(keras, model), variables_held(keras):
        warnings.simplefilter("ignore")
        try:
            return _Tracer(keras).run(model)
        except Exception as error:
            return Traced(_reference(model), unread=[f"looking into it fails: {one_line(error)}"])


def children_of(layer: Any) -> list[Any]:
    """Return the layers that a layer or model holds, in the order in which it holds them."""
    if not hasattr(layer, "_flatten_layers"):
        return []
    return list(layer._flatten_layers(recursive=False, include_self=False))


def is_graph(layer: Any) -> bool:
    """Whether a layer is a model whose config shows its layers: Sequential or Functional."""
    return any(
        base.__name__ in ("Sequential", "Functional") and is_of_keras(base)
        for base in type(layer).__mro__
    )


class _Tracer:
    def __init__(self, keras: Any) -> None:
        self._keras = keras
        self._result = Traced({})
        self._numbers = PathNumbers()
        self._placed: set[int] = set()
        """The layers that stand in the architecture, by identity."""

    def run(self, model: Any) -> Traced:
        result = self._result
        serialized = self._model_or_note(model) if is_graph(model) else None
        if serialized is not None:
            result.serialized = serialized
            if _has_config_of_its_own(model):
                result.traced.append("")
            else:
                counted = Counter(map(id, with_all_below(model)))
                _tell_shared(serialized, model, {each for each, n in counted.items() if n > 1})
                result.plain = copy.deepcopy(serialized)
            self._expand(serialized, model, "", "")
        elif not is_graph(model) and (found := self._trace(model, built_inputs)) is not None:
            functional, serialized = found
            result.serialized = serialized | {
                key: _reference(model)[key] for key in ("module", "class_name")
            }
            result.traced.append("")
            self._expand(result.serialized, functional, "", "")
            self._add_orphans(_unreached(model, functional), "")
        else:
            result.serialized = _reference(model)
            self._add_orphans(children_of(model), "")
        if result.orphans:
            result.serialized[_ORPHANS] = result.orphans
        return result

    def _expand(self, serialized: Serialized, model: Any, pointer: str, path: str) -> None:
        """Put traced code in the place of layers that are code with layers in it."""
        live = {layer.name: layer for layer in model.layers}
        self._placed.update(map(id, live.values()))
        for index, item in enumerate(serialized["config"].get("layers", ())):
            name = name_of(item, 0)
            layer = live.get(name)
            where, inside = f"{pointer}/config/layers/{index}", f"{path}/{name}" if path else name
            if layer is None:
                continue
            if is_graph(layer):
                self._expand(item, layer, where, inside)
            elif _is_code_with_layers(layer):
                found = self._trace(layer, node_inputs)
                if found is None:
                    self._add_orphans(children_of(layer), inside)
                    continue
                functional, inner = found
                self._result.traced.append(where)
                # Name and inbound nodes stay: they say where the layer stands.
                for key in ("module", "registered_name"):
                    item.pop(key, None)
                item.update(
                    {key: value for key, value in inner.items() if not key.startswith("compile")}
                )
                item["config"]["name"] = name
                self._expand(item, functional, where, inside)
                self._add_orphans(_unreached(layer, functional), inside)

    def _add_orphans(self, layers: Sequence[Any], owner: str) -> None:
        for layer in layers:
            # What is placed already is shared with a place whose connections are known.
            if type(layer).__name__ == "InputLayer" or id(layer) in self._placed:
                continue
            self._placed.add(id(layer))
            path = self._numbers.below(owner, layer.name)
            serialized: Serialized | None
            if _is_code_with_layers(layer):
                found = self._trace(layer, built_inputs)
                serialized = found[1] if found else None
                if found:
                    self._result.traced.append(f"/{_ORPHANS}/{escaped(path)}")
            elif is_graph(layer):
                serialized = self._model_or_note(layer)
            else:
                serialized = self._serialize(layer)
            if serialized is None:
                self._add_orphans(children_of(layer), path)
            else:
                self._result.orphans[path] = serialized

    def _trace(self, layer: Any, inputs: GivenInputs) -> tuple[Any, Serialized] | None:
        """Return the Functional model that records what a call does, and its serialized form.

        None if that fails.
        """
        kind = type(layer).__name__
        best: tuple[Any, Serialized] | None = None
        least, reason = -1, f"the input shapes of {kind} {layer.name} are not known"
        trainings = (False, True) if _takes_training(layer) else (None,)
        for name in ("add_loss", "add_metric"):
            # Outside of a training Keras 2 refuses losses that are no symbolic tensors.
            if hasattr(layer, name):
                object.__setattr__(layer, name, lambda *values, **options: None)
        # Some layers go on only with the batch that they were built with.
        for batch, training in itertools.product((False, True), trainings):
            if batch and best is not None:
                break
            try:
                given = inputs(self._keras, layer, batch)
                if given is None:
                    break
                arguments, keywords = given
                extra = {} if training is None else {"training": training}
                outputs = layer.call(*arguments, **keywords, **extra)
                functional = self._keras.Model(tensors(given), outputs, name=layer.name)
                serialized = self._serialize_model(functional)
            except Exception as error:
                reason = f"{kind}.call fails on symbolic inputs: {one_line(error)}"
                continue
            # What the layers were told because this call was forced is not the model's.
            _forget_training(serialized["config"].get("layers", ()), training)
            reached = -len(_unreached(layer, functional))
            if best is None or reached > least:
                best, least = (functional, serialized), reached
        if best is None:
            self._result.unread.append(reason)
        return best

    def _model_or_note(self, model: Any) -> Serialized | None:
        """Return a serialized model; None, with a note, where Keras or a layer refuses."""
        try:
            return self._serialize_model(model)
        except Exception as error:
            kind = type(model).__name__
            self._result.unread.append(f"{kind} {model.name} has no config: {one_line(error)}")
            return None

    def _serialize_model(self, model: Any) -> Serialized:
        if _has_config_of_its_own(model):
            model = self._keras.Model(model.inputs, model.outputs, name=model.name)
        _name_variables(model)
        with _failing_configs_replaced(model), sharing_scope(self._keras):
            if _generation(self._keras) < 3:
                return _as_json(json.loads(model.to_json()))
            return _as_json(self._keras.saving.serialize_keras_object(model))

    def _serialize(self, layer: Any) -> Serialized:
        """Return a layer as Keras writes it, as plain JSON data; its name if it has no config."""
        named = _reference(layer)
        if _generation(self._keras) < 3:
            named = {"class_name": self._keras.saving.get_registered_name(type(layer))}
        with contextlib.suppress(Exception):
            if _generation(self._keras) >= 3:
                return _as_json(self._keras.saving.serialize_keras_object(layer))
        with contextlib.suppress(Exception):
            return _as_json({**named, "config": layer.get_config()})
        return _reference(layer)


def _unreached(owner: Any, functional: Any) -> list[Any]:
    """Return the layers of a model, without those that only hold others, that no call reaches."""
    reached = {id(each) for layer in functional.layers for each in with_all_below(layer)}
    missed = []
    for layer in children_of(owner):
        below = list(with_all_below(layer))
        if type(layer).__name__ != "InputLayer" and not any(id(each) in reached for each in below):
            missed.append(layer)
    return missed


def with_all_below(layer: Any) -> Iterator[Any]:
    """Yield a layer or model and all layers that it holds, at every depth."""
    yield layer
    for child in children_of(layer):
        yield from with_all_below(child)


def _is_code_with_layers(layer: Any) -> bool:
    return not is_of_keras(type(layer)) and not is_graph(layer) and bool(children_of(layer))


def is_of_keras(kind: type) -> bool:
    """Whether a class is of Keras itself, not of the author of a model."""
    return kind.__module__.partition(".")[0] in PACKAGES


def _takes_training(layer: Any) -> bool:
    try:
        return "training" in inspect.signature(layer.call).parameters
    except (TypeError, ValueError):
        return False


def _has_config_of_its_own(model: Any) -> bool:
    """Whether a subclass of Functional has a config that does not show its layers."""
    if is_of_keras(type(model)) or not hasattr(model, "outputs"):
        return False
    try:
        return "layers" not in model.get_config()
    except Exception:
        return True


def _generation(keras: Any) -> int:
    return int(str(keras.__version__).partition(".")[0])


def _reference(layer: Any) -> Serialized:
    """Return a layer described by its class and name only."""
    kind = type(layer)
    return {
        "module": kind.__module__,
        "class_name": kind.__name__,
        "config": {"name": layer.name},
        "registered_name": kind.__name__,
    }


def _forget_training(layers: Sequence[Serialized], forced: bool | None) -> None:
    """Remove the ``training`` arguments that are what a call was forced to."""
    pending: list[Any] = [layer.get("inbound_nodes") for layer in layers if forced is not None]
    while pending:
        value = pending.pop()
        if isinstance(value, list):
            pending.extend(value)
        elif isinstance(value, dict):
            if value.get("training") is forced:
                del value["training"]
            pending.extend(value.values())


def _plain(value: Any) -> Any:
    for method in ("tolist", "as_list", "get_config"):
        if hasattr(value, method):
            return getattr(value, method)()
    return str(getattr(value, "__name__", value))


def _tell_shared(serialized: Serialized, model: Any, shared: Collection[int]) -> None:
    """Mark layers that stand in several places as one: Keras forgets to mark the first of them."""
    live = {layer.name: layer for layer in model.layers}
    for item in serialized["config"].get("layers", ()):
        layer = live.get(name_of(item, 0))
        if id(layer) in shared:
            item["shared_object_id"] = id(layer)
        if layer is not None and is_graph(layer):
            _tell_shared(item, layer, shared)


def _as_json(serialized: Any) -> Serialized:
    plain: Serialized = json.loads(json.dumps(serialized, default=_plain))
    return plain


def sharing_scope(keras: Any) -> Any:
    """Return the scope in which Keras marks, and recognizes, an object that is held twice."""
    saving = sys.modules.get(f"{keras.__name__}.src.saving.serialization_lib")
    scope = getattr(saving, "ObjectSharingScope", contextlib.nullcontext)
    return scope()


def _name_variables(model: Any) -> None:
    """Let the nodes of a Keras 2 model name the variables that they take: to_json fails on them."""
    for layer in with_all_below(model):
        for node in getattr(layer, "_inbound_nodes", ()):
            for name in ("call_args", "call_kwargs"):
                if hasattr(node, name):
                    setattr(node, name, _variables_named(getattr(node, name)))


def _variables_named(value: Any) -> Any:
    if type(value) in (list, tuple):
        return type(value)(_variables_named(each) for each in value)
    if type(value) is dict:
        return {key: _variables_named(each) for key, each in value.items()}
    return str(value.name) if is_tensorflow_variable(value) else value


@contextlib.contextmanager
def _failing_configs_replaced(model: Any) -> Iterator[None]:
    """Give layers without a usable ``get_config`` one that tells their name, for a while."""
    replaced = []
    try:
        for layer in with_all_below(model):
            try:
                layer.get_config()
            except Exception:
                if layer is model or is_graph(layer):
                    continue
                config = {"name": layer.name}
                object.__setattr__(layer, "get_config", lambda config=config: config)
                replaced.append(layer)
        yield
    finally:
        for layer in replaced:
            object.__delattr__(layer, "get_config")
