"""The architecture of a built model: its config, with the code of subclassed models traced.

A subclassed model's ``call`` is run on symbolic inputs; what it calls is recorded by Keras as in a
Functional model, whose config then stands for it. Nodes that this leaves on layers are removed.
"""

from __future__ import annotations

import contextlib
import inspect
import json
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

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
        JSON pointers to the parts that code was traced into, which no config holds.
    unread : list of str
        Why something could not be traced, one line each.
    """

    serialized: Serialized
    orphans: dict[str, Serialized] = field(default_factory=dict)
    traced: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


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
            self._expand(result.serialized, model, "", "")
        else:
            functional = self._trace(model, _built_inputs(self._keras, model))
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
                functional = self._trace(layer, _node_inputs(self._keras, layer))
                if functional is None:
                    self._add_orphans(children_of(layer), f"{path}/")
                    continue
                inner = self._serialize_model(functional)
                self._result.traced.append(where)
                # Name and inbound nodes stay: they say where the layer stands.
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
                functional = self._trace(layer, _built_inputs(self._keras, layer))
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

    def _trace(self, layer: Any, given: Callable[[], tuple[Any, Any]] | None) -> Any | None:
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
                inputs = _tensors((arguments, keywords))
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
        custom = type(model).__name__ not in ("Sequential", "Functional", "Model")
        if custom and not any(c.__name__ == "Sequential" for c in type(model).__mro__):
            # A subclass of Functional may have a config of its own, which shows no layers.
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


def _built_inputs(keras: Any, layer: Any) -> Callable[[], tuple[Any, Any]] | None:
    """Return what gives symbolic arguments of the shapes that a layer was built with."""
    spec = layer.save_spec() if hasattr(layer, "save_spec") else None
    if spec is not None:
        return lambda: _symbolic(keras, spec)
    shapes = getattr(layer, "_build_shapes_dict", None) or {}
    shape = next(iter(shapes.values()), None) or getattr(layer, "_build_input_shape", None)
    if shape is None or not layer.built:
        return None
    if len(shapes) > 1:
        named = {name.removesuffix("_shape"): each for name, each in shapes.items()}
        return lambda: ((), {name: _input_of_shape(keras, each) for name, each in named.items()})
    return lambda: ((_input_of_shape(keras, shape),), {})


def _node_inputs(keras: Any, layer: Any) -> Callable[[], tuple[Any, Any]] | None:
    """Return what gives symbolic arguments like those of a layer's first call."""
    nodes = layer._inbound_nodes
    if not nodes:
        return _built_inputs(keras, layer)
    node = nodes[0]
    if hasattr(node, "call_args"):
        return lambda: _symbolic(keras, (node.call_args, node.call_kwargs))
    return lambda: _symbolic(keras, (node.arguments.args, node.arguments.kwargs))


def _symbolic(keras: Any, value: Any) -> Any:
    """Return a structure with fresh symbolic inputs in the place of tensors and their specs."""
    if isinstance(value, tuple):
        return tuple(_symbolic(keras, each) for each in value)
    if isinstance(value, list):
        return [_symbolic(keras, each) for each in value]
    if isinstance(value, Mapping):
        kept = {key: each for key, each in value.items() if key not in ("training", "mask")}
        return {key: _symbolic(keras, each) for key, each in kept.items()}
    if _is_tensor(value):
        dtype = getattr(value.dtype, "name", value.dtype)
        return _input(keras, tuple(value.shape), dtype)
    return value


def _input_of_shape(keras: Any, shape: Any) -> Any:
    if isinstance(shape, Mapping):
        return {key: _input_of_shape(keras, each) for key, each in shape.items()}
    if hasattr(shape, "as_list"):
        shape = shape.as_list()
    if any(isinstance(each, list | tuple) or hasattr(each, "as_list") for each in shape):
        return [_input_of_shape(keras, each) for each in shape]
    return _input(keras, tuple(shape), None)


def _input(keras: Any, shape: tuple[int | None, ...], dtype: str | None) -> Any:
    return keras.Input(shape=shape[1:], dtype=dtype)


def _tensors(value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        return [tensor for each in value for tensor in _tensors(each)]
    if isinstance(value, Mapping):
        return [tensor for each in value.values() for tensor in _tensors(each)]
    return [value] if _is_tensor(value) else []


def _is_tensor(value: Any) -> bool:
    return any(
        base.__name__ in ("KerasTensor", "TensorSpec", "TypeSpec") for base in type(value).__mro__
    )


def _unreached(owner: Any, functional: Any) -> list[Any]:
    """Return the layers of a model, without those that only hold others, that no call reaches."""
    reached = {id(each) for layer in functional.layers for each in _with_all_below(layer)}
    missed = []
    for layer in children_of(owner):
        below = list(_with_all_below(layer))
        if type(layer).__name__ != "InputLayer" and not any(id(each) in reached for each in below):
            missed.append(layer)
    return missed


def _with_all_below(layer: Any) -> Iterator[Any]:
    yield layer
    for child in children_of(layer):
        yield from _with_all_below(child)


def _is_code_with_layers(layer: Any) -> bool:
    return not _is_of_keras(type(layer)) and not is_graph(layer) and bool(children_of(layer))


def _is_of_keras(kind: type) -> bool:
    return kind.__module__.partition(".")[0] in _PACKAGES


def _takes_training(layer: Any) -> bool:
    try:
        return "training" in inspect.signature(layer.call).parameters
    except (TypeError, ValueError):
        return False


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
    layers = list({id(each): each for each in _with_all_below(model)}.values())
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
        for layer in _with_all_below(model):
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
