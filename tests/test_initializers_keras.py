"""What initializers draw in real kernels and biases of every kind, in both generations."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from selu_lint.analysis.lecun import bias_moments, judge
from selu_lint.model.document import Document
from selu_lint.model.graph import ModelGraph
from selu_lint.model.graph_builder import build_graph

pytestmark = pytest.mark.keras

KERNELS: list[tuple[str, tuple[int, ...], dict[str, Any], list[str]]] = [
    ("Dense", (20,), {"units": 90}, ["kernel"]),
    ("Dense", (90,), {"units": 20}, ["kernel"]),
    ("Conv1D", (9, 6), {"filters": 90, "kernel_size": 3}, ["kernel"]),
    ("Conv2D", (9, 9, 8), {"filters": 100, "kernel_size": 3}, ["kernel"]),
    ("Conv2D", (9, 9, 8), {"filters": 16, "kernel_size": 3, "groups": 2}, ["kernel"]),
    ("Conv2DTranspose", (9, 9, 8), {"filters": 16, "kernel_size": 3}, ["kernel"]),
    ("DepthwiseConv2D", (9, 9, 12), {"kernel_size": 5, "depth_multiplier": 2}, ["depthwise"]),
    ("SeparableConv2D", (9, 9, 9), {"filters": 40, "kernel_size": 5}, ["depthwise", "pointwise"]),
    ("EinsumDense", (20,), {"equation": "ab,bcd->acd", "output_shape": (3, 30)}, ["kernel"]),
]
INITIALIZERS: list[tuple[str, dict[str, Any]]] = [
    ("Orthogonal", {}),
    ("Orthogonal", {"gain": 1.5}),
    ("VarianceScaling", {"mode": "fan_out", "distribution": "uniform"}),
    ("VarianceScaling", {"scale": 2.0, "mode": "fan_avg"}),
]


@pytest.fixture(params=["keras", "tf_keras"])
def keras(request: pytest.FixtureRequest) -> Any:
    module = pytest.importorskip(request.param)
    module.utils.set_random_seed(0)
    return module


def _graph(keras: Any, model: Any) -> ModelGraph:
    document = Document("m", "architecture-json", keras.__version__, json.loads(model.to_json()))
    return build_graph(document)


def _layers(keras: Any) -> Iterator[tuple[Any, Any]]:
    """Yield a layer and its model for every kind of kernel and initializer."""
    for class_name, shape, config, kernels in KERNELS:
        for name, arguments in INITIALIZERS:
            drawn = {
                f"{kernel}_initializer": getattr(keras.initializers, name)(**arguments)
                for kernel in kernels
            }
            layer = getattr(keras.layers, class_name)(**config, **drawn)
            yield layer, keras.Sequential([keras.Input(shape), layer])


def test_the_gain_of_every_kernel_is_the_one_that_is_drawn(keras: Any) -> None:
    for layer, model in _layers(keras):
        graph = _graph(keras, model)
        told = graph.layers[-1]
        kernels = [np.asarray(w) for w in layer.get_weights() if np.ndim(w) > 1]
        for slot, values in zip(told.kernel_slots, kernels, strict=False):
            judgement = judge(graph, told, slot)
            assert judgement.kernel is not None
            assert judgement.kernel.shape == values.shape
            seen = judgement.kernel.fan_in * float(np.square(values).mean())
            exact = slot.initializer.distribution == "orthogonal"
            assert judgement.gain == pytest.approx(seen, rel=1e-4 if exact else 0.2), told


def test_the_gain_of_identity_and_of_its_argument(keras: Any) -> None:
    name = "Identity" if hasattr(keras.initializers, "Identity") else "IdentityInitializer"
    for units, gain in ((20, 1.0), (20, 3.0), (8, 2.0), (40, 2.0)):
        kernel = getattr(keras.initializers, name)(gain=gain)
        layer = keras.layers.Dense(units, kernel_initializer=kernel)
        model = keras.Sequential([keras.Input((20,)), layer])
        graph = _graph(keras, model)
        (slot,) = graph.layers[-1].kernel_slots
        judgement = judge(graph, graph.layers[-1], slot)
        # Keras 3 does not save the gain of Identity: what counts is what the file builds.
        rebuilt = keras.models.model_from_json(model.to_json())
        seen = 20 * float(np.square(rebuilt.get_weights()[0]).mean())
        assert judgement.gain == pytest.approx(seen, rel=1e-6)
        assert not judgement.equivalent


@pytest.mark.parametrize("initializer", ["lecun_normal", "glorot_uniform", "he_normal", "ones"])
def test_the_bias_is_drawn_with_the_fans_of_a_vector(keras: Any, initializer: str) -> None:
    layers = [
        ((20,), keras.layers.Dense(2000, bias_initializer=initializer)),
        ((9, 9, 3), keras.layers.Conv2D(2000, 2, bias_initializer=initializer)),
        ((9, 9, 500), keras.layers.DepthwiseConv2D(
            2, depth_multiplier=3, bias_initializer=initializer)),
        ((20,), keras.layers.EinsumDense(
            "ab,bcd->acd", (20, 90), bias_axes="cd", bias_initializer=initializer)),
        ((20,), keras.layers.EinsumDense(
            "ab,bcd->acd", (3, 2000), bias_axes="d", bias_initializer=initializer)),
    ]  # fmt: skip
    for shape, layer in layers:
        graph = _graph(keras, keras.Sequential([keras.Input(shape), layer]))
        moments = bias_moments(graph, graph.layers[-1])
        bias = layer.get_weights()[-1]
        assert moments is not None
        assert moments.second == pytest.approx(float(np.square(bias).mean()), rel=0.15)
