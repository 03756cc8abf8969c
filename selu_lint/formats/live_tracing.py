"""The architecture of a built model: its config, with the code of subclassed models traced.

A subclassed model's ``call`` is run on symbolic inputs; what it calls is recorded by Keras as in a
Functional model, whose config then stands for it. Nodes that this leaves on layers are removed.
"""

from __future__ import annotations

import contextlib
import copy
import inspect
import json
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from selu_lint.formats.live_inputs import Arguments, built_inputs, node_inputs, tensors

Serialized = dict[str, Any]
_PACKAGES = ("keras", "tf_keras")
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
    with warnings.catch_warnings(), _nodes_removed(model):
        warnings.simplefilter("ignore")
        return _Tracer(keras).run(model)


def children_of(layer: Any) -> list[Any]:
    """Return the layers that a layer or model holds, in the order in which it holds them."""
    if not hasattr(layer, "_flatten_layers"):
        return []
    return list(layer._flatten_layers(recursive=False, include_self=False))


def is_graph(layer: Any) -> bool:
    """Whether a layer is a model whose config shows its layers: Sequential or Functional."""
    return any(
        base.__name__ in ("Sequential", "Functional") and _is_of_keras(base)
        for base in type(layer).__mro__
    )


class _Tracer:
    def __init__(self, keras: Any) -> None:
        self._keras = keras
        self._result = Traced({})

    def run(self, model: Any) -> Traced:
        result = self._result
        if is_graph(model):
            result.serialized = self._serialize_model(model)
            if _has_config_of_its_own(model):
                result.traced.append("")
            else:
                result.plain = copy.deepcopy(result.serialized)
            self._expand(result.serialized, model, "", "")
        else:
            functional = self._trace(model, built_inputs(self._keras, model))
            if functional is None:
                result.serialized = _reference(model)
                self._add_orphans(children_of(model), "")
            else:
                named = {key: _reference(model)[key] for key in ("module", "class_name")}
                result.serialized = self._serialize_model(functional) | named
                result.traced.append("")
                self._expand(result.serialized, functional, "", "")
                self._add_orphans(_unreached(model, functional), "")
        if result.orphans:
            result.serialized[_ORPHANS] = result.orphans
        return result

    def _expand(self, serialized: Serialized, model: Any, pointer: str, prefix: str) -> None:
        """Put traced code in the place of layers that are code with layers in it."""
        live = {layer.name: layer for layer in model.layers}
        for index, item in enumerate(serialized["config"].get("layers", ())):
            name = _name_of(item)
            layer = live.get(name)
            where, path = f"{pointer}/config/layers/{index}", f"{prefix}{name}"
            if layer is None:
                continue
            if is_graph(layer):
                self._expand(item, layer, where, f"{path}/")
            elif _is_code_with_layers(layer):
                functional = self._trace(layer, node_inputs(self._keras, layer))
                if functional is None:
                    self._add_orphans(children_of(layer), f"{path}/")
                    continue
                inner = self._serialize_model(functional)
                self._result.traced.append(where)
                # Name and inbound nodes stay: they say where the layer stands.
                for key in ("module", "registered_name"):
                    item.pop(key, None)
                item.update(
                    {key: value for key, value in inner.items() if not key.startswith("compile")}
                )
                item["config"]["name"] = name
                self._expand(item, functional, where, f"{path}/")
                self._add_orphans(_unreached(layer, functional), f"{path}/")

    def _add_orphans(self, layers: Sequence[Any], prefix: str) -> None:
        for layer in layers:
            path = f"{prefix}{layer.name}"
            if type(layer).__name__ == "InputLayer" or path in self._result.orphans:
                continue
            if _is_code_with_layers(layer):
                functional = self._trace(layer, built_inputs(self._keras, layer))
                if functional is None:
                    self._add_orphans(children_of(layer), f"{path}/")
                    continue
                serialized = self._serialize_model(functional)
                self._result.orphans[path] = serialized
                self._result.traced.append(f"/{_ORPHANS}/{_escaped(path)}")
            elif is_graph(layer):
                self._result.orphans[path] = self._serialize_model(layer)
            else:
                self._result.orphans[path] = self._serialize(layer)

    def _trace(self, layer: Any, given: Callable[[], Arguments] | None) -> Any | None:
        """Return the Functional model that records what a call does, or None if it fails."""
        kind = type(layer).__name__
        if given is None:
            self._result.unread.append(f"the input shapes of {kind} {layer.name} are not known")
            return None
        best, least, reason = None, -1, ""
        for training in (False, True) if _takes_training(layer) else (None,):
            try:
                arguments, keywords = given()
                extra = {} if training is None else {"training": training}
                outputs = layer.call(*arguments, **keywords, **extra)
                inputs = tensors((arguments, keywords))
                functional = self._keras.Model(inputs, outputs, name=layer.name)
            except Exception as error:
                text = str(error).strip().partition("\n")[0][:160]
                reason = f"{kind}.call fails on symbolic inputs: {type(error).__name__}: {text}"
                continue
            reached = -len(_unreached(layer, functional))
            if best is None or reached > least:
                best, least = functional, reached
                # A training call was forced: what the layers were told then is not the model's.
                best._selu_lint_forced = training is True
        if best is None:
            self._result.unread.append(reason)
        return best

    def _serialize_model(self, model: Any) -> Serialized:
        if _has_config_of_its_own(model):
            model = self._keras.Model(model.inputs, model.outputs, name=model.name)
        try:
            serialized = self._serialize(model)
        except Exception:
            with _failing_configs_replaced(model):
                serialized = self._serialize(model)
        if getattr(model, "_selu_lint_forced", False):
            _forget_training(serialized["config"].get("layers", ()))
        return serialized

    def _serialize(self, layer: Any) -> Serialized:
        """Return a layer or model as Keras writes it, as plain JSON data."""
        if self._keras.__name__ == "keras" and _generation(self._keras) >= 3:
            try:
                serialized = self._keras.saving.serialize_keras_object(layer)
            except Exception:
                serialized = {**_reference(layer), "config": layer.get_config()}
        elif hasattr(layer, "to_json") and is_graph(layer):
            serialized = json.loads(layer.to_json())
        else:
            name = self._keras.saving.get_registered_name(type(layer))
            serialized = {"class_name": name, "config": layer.get_config()}
        plain: Serialized = json.loads(json.dumps(serialized, default=_plain))
        return plain


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
    return not _is_of_keras(type(layer)) and not is_graph(layer) and bool(children_of(layer))


def _is_of_keras(kind: type) -> bool:
    return kind.__module__.partition(".")[0] in _PACKAGES


def _takes_training(layer: Any) -> bool:
    try:
        return "training" in inspect.signature(layer.call).parameters
    except (TypeError, ValueError):
        return False


def _has_config_of_its_own(model: Any) -> bool:
    """Whether a subclass of Functional has a config that does not show its layers."""
    if _is_of_keras(type(model)) or not hasattr(model, "outputs"):
        return False
    try:
        return "layers" not in model.get_config()
    except Exception:
        return True


def _generation(keras: Any) -> int:
    return int(str(keras.__version__).partition(".")[0])


def _reference(layer: Any) -> Serialized:
    """Return a layer that is told by its class and name only."""
    kind = type(layer)
    return {
        "module": kind.__module__,
        "class_name": kind.__name__,
        "config": {"name": layer.name},
        "registered_name": kind.__name__,
    }


def _name_of(item: Mapping[str, Any]) -> str:
    return str(item["config"].get("name", item.get("name")))


def _forget_training(layers: Sequence[Serialized]) -> None:
    pending: list[Any] = [layer.get("inbound_nodes") for layer in layers]
    while pending:
        value = pending.pop()
        if isinstance(value, list):
            pending.extend(value)
        elif isinstance(value, dict):
            if value.get("training") is True:
                del value["training"]
            pending.extend(value.values())


def _plain(value: Any) -> Any:
    for method in ("tolist", "as_list", "get_config"):
        if hasattr(value, method):
            return getattr(value, method)()
    return str(getattr(value, "__name__", value))


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


@contextlib.contextmanager
def _nodes_removed(model: Any) -> Iterator[None]:
    """Remove, at the end, the nodes that symbolic calls add to the layers of a model."""
    layers = list({id(each): each for each in with_all_below(model)}.values())
    before = [
        (nodes, len(nodes))
        for layer in layers
        for name in ("_inbound_nodes", "_outbound_nodes")
        if isinstance(nodes := getattr(layer, name, None), list)
    ]
    try:
        yield
    finally:
        for nodes, length in before:
            del nodes[length:]


@contextlib.contextmanager
def _failing_configs_replaced(model: Any) -> Iterator[None]:
    """Let layers without a usable ``get_config`` tell their name, for a time."""
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
