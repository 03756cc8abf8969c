"""SELU008's count and its fix against what Keras draws."""

from __future__ import annotations

import json
from typing import Any

import pytest

from selu_lint.analysis.lecun import judge
from selu_lint.linter import lint
from selu_lint.model.document import Document
from selu_lint.model.edits import apply_edits
from selu_lint.model.graph import ModelGraph
from selu_lint.model.graph_builder import build_graph
from selu_lint.settings import Settings

pytestmark = pytest.mark.keras
CODES = Settings(select=("SELU001", "SELU008"))


def _graph(architecture: Any, version: str) -> ModelGraph:
    return build_graph(Document("model", "architecture-json", version, architecture))


def _last_variance(model: Any) -> float:
    import numpy as np

    given = np.random.default_rng(0).standard_normal((4, *model.input_shape[1:]))
    # Away from the borders, where padding takes terms away.
    return float(np.asarray(model(given.astype("float32")))[:, 8:-8, 8:-8].var())


def test_a_stack_of_depthwise_convolutions_loses_its_activations_until_it_is_fixed() -> None:
    keras = pytest.importorskip("keras")
    keras.utils.set_random_seed(0)
    depth, channels = 6, 16
    blocks = [
        keras.layers.DepthwiseConv2D(
            3, activation="selu", padding="same", depthwise_initializer="lecun_normal"
        )
        for _ in range(depth)
    ]
    model = keras.Sequential([keras.Input((32, 32, channels)), *blocks])
    assert _last_variance(model) < 1e-4

    architecture = json.loads(model.to_json())
    findings, _ = lint(_graph(architecture, keras.__version__), CODES)
    assert [finding.code for finding in findings] == ["SELU008"] * depth
    assert {finding.data["gain"] for finding in findings} == {1 / channels}

    edits = [edit for finding in findings if finding.fix for edit in finding.fix.edits]
    fixed = apply_edits(architecture, edits)
    assert lint(_graph(fixed, keras.__version__), CODES) == ((), False)
    variances = [_last_variance(keras.models.model_from_json(json.dumps(fixed))) for _ in range(8)]
    assert 0.5 < sum(variances) / len(variances) < 2


def test_the_gain_is_the_one_of_the_kernels_that_keras_draws() -> None:
    keras = pytest.importorskip("keras")
    lecun = {"activation": "selu", "kernel_initializer": "lecun_normal"}
    layers = [
        keras.layers.Conv2DTranspose(48, 4, strides=2, name="transposed", **lecun),
        keras.layers.SeparableConv2D(
            32,
            5,
            activation="selu",
            depthwise_initializer="lecun_normal",
            pointwise_initializer="lecun_normal",
            name="separable",
        ),
        keras.layers.Reshape((-1, 32)),
        keras.layers.EinsumDense("abc,cde->abde", (None, 8, 24), name="heads", **lecun),
        keras.layers.EinsumDense("abde,def->abf", (None, 40), name="joined", **lecun),
    ]
    model = keras.Sequential([keras.Input((9, 9, 24)), *layers])
    graph = _graph(json.loads(model.to_json()), keras.__version__)
    kernels = 0
    for layer in graph.layers:
        stored = model.get_layer(layer.path).weights if layer.kernel_slots else []
        for slot in layer.kernel_slots:
            judgement = judge(graph, layer, slot)
            assert judgement.kernel is not None
            assert judgement.kernel.shape == tuple(stored[slot.position].shape)
            drawn = float((stored[slot.position].numpy() ** 2).mean())
            assert judgement.gain == pytest.approx(judgement.kernel.fan_in * drawn, rel=0.15)
            kernels += 1
    assert kernels == 5
