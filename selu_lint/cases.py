"""The cases of a rule: small models as data, what it finds in them, and what its fixes make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple


@dataclass(frozen=True)
class Case:
    """A small model, what a rule finds in it, and what the fix makes of it.

    Attributes
    ----------
    about : str
        What the case shows.
    architecture : Mapping
        The serialized model.
    layers : tuple of str
        Paths of the layers in which the rule finds something; none in a valid model.
    fixed : Mapping or None
        The architecture after the rule's fixes, safe and unsafe; None where nothing changes.
    keras_version : str or None
        The release that wrote it.
    settings : Mapping
        Settings other than the default.
    kernels : Mapping
        Shape and mean square of the stored kernels by layer; no weights if there are none.
    """

    about: str
    architecture: Mapping[str, Any]
    layers: tuple[str, ...] = ()
    fixed: Mapping[str, Any] | None = None
    keras_version: str | None = "3.15.1"
    settings: Mapping[str, Any] = field(default_factory=dict)
    kernels: Mapping[str, tuple[tuple[int, ...], float]] = field(default_factory=dict)


class Cases(NamedTuple):
    """The cases of a rule.

    Attributes
    ----------
    valid : tuple of Case
        Models in which it finds nothing.
    invalid : tuple of Case
        Models in which it finds something.
    """

    valid: tuple[Case, ...] = ()
    invalid: tuple[Case, ...] = ()


def layer(class_name: str, name: str, **config: Any) -> dict[str, Any]:
    """Return a serialized layer of Keras 3."""
    return {
        "module": "keras.layers",
        "class_name": class_name,
        "config": {"name": name, **config},
        "registered_name": None,
    }


def initializer(class_name: str, **config: Any) -> dict[str, Any]:
    """Return a serialized initializer of Keras 3."""
    return {
        "module": "keras.initializers",
        "class_name": class_name,
        "config": config,
        "registered_name": None,
    }


def sequential(shape: tuple[int | None, ...], *layers: dict[str, Any]) -> dict[str, Any]:
    """Return a serialized Sequential model of Keras 3 for inputs of this shape, without batch."""
    given = layer("InputLayer", "input", batch_shape=[None, *shape])
    return {
        "module": "keras",
        "class_name": "Sequential",
        "config": {"name": "model", "layers": [given, *layers]},
        "registered_name": None,
    }


def functional(*calls: tuple[dict[str, Any], list[Any]]) -> dict[str, Any]:
    """Return a serialized Functional model of Keras 3 from its input layer to its last layer.

    Each layer comes with the arguments of its call, in which a text names the layer whose output
    it takes.
    """

    def serialized(argument: Any) -> Any:
        if isinstance(argument, list):
            return [serialized(each) for each in argument]
        if not isinstance(argument, str):
            return argument
        return {"class_name": "__keras_tensor__", "config": {"keras_history": [argument, 0, 0]}}

    layers = [
        {
            **each,
            "name": each["config"]["name"],
            "inbound_nodes": [{"args": serialized(given), "kwargs": {}}] if given else [],
        }
        for each, given in calls
    ]
    ends = {"input_layers": [layers[0]["name"], 0, 0], "output_layers": [layers[-1]["name"], 0, 0]}
    return {
        "module": "keras.src.models.functional",
        "class_name": "Functional",
        "config": {"name": "model", "layers": layers, **ends},
        "registered_name": "Functional",
    }


def selu_behind(*layers: dict[str, Any], shape: tuple[int, ...] = (8,)) -> dict[str, Any]:
    """Return a model of a Dense without activation, these layers, and a SELU behind them."""
    dense = layer("Dense", "dense", units=8)
    return sequential(shape, dense, *layers, layer("Activation", "selu", activation="selu"))


def depthwise(initial: object, channels: int | None = 4) -> dict[str, Any]:
    """Return a model of a depthwise convolution with SELU, whose fan-in Keras miscounts."""
    given = {"kernel_size": [3, 3], "activation": "selu", "depthwise_initializer": initial}
    return sequential((8, 8, channels), layer("DepthwiseConv2D", "depthwise", **given))


def scaled(scale: float, **config: Any) -> dict[str, Any]:
    """Return the initializer that repairs write where Keras miscounts a fan-in."""
    told = {"scale": scale, "mode": "fan_in", "distribution": "truncated_normal", "seed": None}
    return initializer("VarianceScaling", **told, **config)
