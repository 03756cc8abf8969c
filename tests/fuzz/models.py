"""Random models of every kind of layer, some with numbers that no one would write."""

from __future__ import annotations

from random import Random
from typing import Any

from selu_lint.model import layer_kinds
from selu_lint.source.keras_arguments import parameters

KINDS = sorted(layer_kinds.BUILT_IN_LAYERS | set(layer_kinds.CANONICAL) | {"Lambda", "MyLayer"})
_COMMON = ("Dense", "Conv2D", "Dropout", "AlphaDropout", "SpatialDropout1D", "GaussianNoise")
_WRAPPERS = ("TimeDistributed", "Bidirectional", "SpectralNormalization", "Wrapper", "RNN")
_WRAPPED = ("Dense", "Dropout", "LSTM", "Conv2D", "SimpleRNNCell")
_SHAPES = ([None, 8], [None, 8, 3], [None, 8, 8, 3], [None, None, 4], None)
_SIZES = (1, 2, 3, 8, 64)
_ACTIVATIONS = ("selu", "selu", "selu", "relu", "linear", "softmax", "elu", None)
_INITIALIZERS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("LecunNormal", {}), ("GlorotUniform", {}), ("HeNormal", {}), ("Orthogonal", {"gain": 1.0}),
    ("RandomNormal", {"mean": 0.0, "stddev": 0.05}), ("Zeros", {}), ("Ones", {}),
    ("Constant", {"value": 0.1}), ("RandomUniform", {"minval": -0.1, "maxval": 0.1}),
    ("VarianceScaling", {"scale": 1.0, "mode": "fan_in", "distribution": "normal"}),
    ("VarianceScaling", {"scale": 2.0, "mode": "fan_avg", "distribution": "uniform"}),
    ("TruncatedNormal", {"mean": 0.0, "stddev": 0.3}), ("MyInitializer", {"width": 3}),
)  # fmt: skip
EXTREMES = (
    0, -1, 0.0, -0.0, 5e-324, 1e-308, 1e-45, 1e-38, 1e-16, 1 - 2**-53, 1 + 2**-52, 0.5, 1, 1.0, 255,
    256, 1e19, 3.4e38, -3.4e38, 1e77, 1e154, 1e308, -1e308, float("inf"), float("-inf"),
    float("nan"), 2**31 - 1, 2**31, 2**53 + 1, 2**63, 2**64, -(2**63), 10**30, 10**400, 10**4000,
)  # fmt: skip
"""Numbers at the ends of what the types of Keras and of Python hold."""
_OF_OTHER_TYPES: tuple[Any, ...] = (
    None, True, "", "same", "selu", [], {}, [None], [[]], [1, 2, 3], [[1, 2]], [{}], {"a": []},
    {"class_name": "Dense", "config": None}, {"class_name": {}, "config": {}}, ["a", ["b"]],
)  # fmt: skip


def model(random: Random, extreme: bool = False) -> dict[str, Any]:
    """Return a chain or a graph of layers as a release of Keras 2 or 3 writes it.

    Parameters
    ----------
    random : Random
        Decides all of it.
    extreme : bool
        Whether some of its numbers become one of `EXTREMES`.
    """
    keras3, functional = random.random() < 0.5, random.random() < 0.5
    count = random.randint(1, 10)
    kinds = [random.choice(_COMMON if random.random() < 0.5 else KINDS) for _ in range(count)]
    key = "batch_shape" if keras3 else "batch_input_shape"
    layers = [_object(keras3, "layers", "InputLayer", {key: random.choice(_SHAPES)})]
    layers[0]["config"]["name"] = "given"
    layers += [_layer(random, kind, f"layer_{i}", keras3) for i, kind in enumerate(kinds)]
    config: dict[str, Any] = {"name": "model", "layers": layers}
    if extreme:
        _exaggerate(layers, random, random.choice((0.02, 0.1, 0.5)))
        _confuse(layers[1:], random, random.choice((0.0, 0.1, 0.3)))
    if functional:
        names = ["given", *(f"layer_{index}" for index in range(count))]
        for index, layer in enumerate(layers):
            layer["name"] = names[index]
            inputs = random.choice((1, 1, 1, 2)) if index else 0
            sources = [names[random.randint(max(0, index - 3), index - 1)] for _ in range(inputs)]
            layer["inbound_nodes"] = _nodes(sources, keras3)
        config |= {"input_layers": [["given", 0, 0]], "output_layers": [[names[-1], 0, 0]]}
    return _object(keras3, "models", "Functional" if functional else "Sequential", config)


def _nodes(sources: list[str], keras3: bool) -> list[Any]:
    if not sources:
        return []
    if not keras3:
        return [[[source, 0, 0, {}] for source in sources]]
    tensors = [
        {"class_name": "__keras_tensor__", "config": {"keras_history": [source, 0, 0]}}
        for source in sources
    ]
    return [{"args": [tensors[0] if len(tensors) == 1 else tensors], "kwargs": {}}]


def _exaggerate(value: Any, random: Random, share: float) -> None:
    """Set a share of the numbers in lists and objects to extreme ones."""
    places = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    for key, item in places:
        if isinstance(item, dict | list):
            _exaggerate(item, random, share)
        elif type(item) in (int, float) and random.random() < share:
            value[key] = random.choice(EXTREMES)


def _confuse(layers: list[dict[str, Any]], random: Random, share: float) -> None:
    """Set a share of all arguments that the layers have to numbers and what is none."""
    for layer in layers:
        for name in parameters(layer["class_name"]):
            if random.random() < share:
                layer["config"][name] = random.choice(random.choice((EXTREMES, _OF_OTHER_TYPES)))


def _object(keras3: bool, module: str, name: str, config: Any) -> dict[str, Any]:
    own = {"class_name": name, "config": config}
    return {"module": f"keras.{module}", **own, "registered_name": None} if keras3 else own


def _initializer(random: Random, keras3: bool) -> dict[str, Any]:
    name, config = random.choice(_INITIALIZERS)
    return _object(keras3, "initializers", name, dict(config))


def _config(random: Random, kind: str, name: str, keras3: bool) -> dict[str, Any]:
    rank = int(kind[-2]) if kind[-2:] in ("1D", "2D", "3D") else 1
    config: dict[str, Any] = {"name": name, "trainable": True}
    slots = layer_kinds.KERNEL_SLOTS.get(layer_kinds.CANONICAL.get(kind, kind), ())
    if slots or kind in ("Activation", "MyLayer") or random.random() < 0.1:
        config["activation"] = random.choice(_ACTIVATIONS)
    if slots or kind in ("MyLayer", "MultiHeadAttention", "Embedding"):
        for slot in slots or ("kernel_initializer",):
            config[slot] = _initializer(random, keras3)
        config |= {
            "bias_initializer": _initializer(random, keras3),
            "use_bias": random.random() < 0.5,
            "units": random.choice(_SIZES),
            "filters": random.choice(_SIZES),
            "kernel_size": random.choices(_SIZES, k=rank),
            "strides": [random.choice((1, 2))] * rank,
            "padding": random.choice(("same", "valid", "causal")),
            "dilation_rate": [1] * rank,
            "groups": random.choice((1, 2)),
            "depth_multiplier": random.choice((1, 2)),
            "equation": "ab,bc->ac",
            "output_shape": random.choice(_SIZES),
        }
    elif "Dropout" in kind or "Noise" in kind:
        config |= {"rate": random.choice((0, 0.0, 0.1, 0.5, 0.99, 1.0)), "stddev": 0.1}
        config["noise_shape"] = random.choice((None, None, [None, 1], [1]))
    elif "Pool" in kind:
        config |= {"pool_size": [2] * rank, "padding": "valid", "strides": None}
    elif kind.startswith(("ZeroPadding", "Cropping", "UpSampling")):
        config |= {"padding": [1] * rank, "cropping": [1] * rank, "size": [2] * rank}
    elif kind in ("LeakyReLU", "ELU"):
        slope = random.choice((0.0, 0.3, 1.0, 1.6732632423543772))
        config |= {"alpha": slope, "negative_slope": slope}
    elif kind in ("Reshape", "Permute", "RepeatVector"):
        config |= {"target_shape": [-1], "dims": [2, 1], "n": 2}
    elif "Normalization" in kind:
        config |= {"axis": -1, "epsilon": 1e-3}
        if kind == "Normalization":
            config |= {"mean": [0.0], "variance": [1.0]}
    elif kind == "Rescaling":
        config |= {"scale": random.choice((0.0, 1 / 255, 1e6)), "offset": 0.0}
    if random.random() < 0.2 and len(config) > 2:
        config.pop(random.choice(sorted(set(config) - {"name"})))
    return config


def _layer(random: Random, kind: str, name: str, keras3: bool) -> dict[str, Any]:
    config = _config(random, kind, name, keras3)
    if kind in _WRAPPERS:
        inner = _layer(random, random.choice(_WRAPPED), f"{name}_in", keras3)
        config["cell" if kind == "RNN" else "layer"] = inner
    return _object(keras3, "layers", kind, config)
