"""Shapes of calls are those of tf_keras, also where the file holds none (Keras 2.12 and before)."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from selu_lint.model.document import Document
from selu_lint.model.graph_builder import build_graph

pytestmark = pytest.mark.keras
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

Build = Callable[[Any], Any]


@pytest.fixture(scope="module")
def keras() -> Any:
    return pytest.importorskip("tf_keras")


def recurrent(keras: Any) -> Iterator[Any]:
    layers = keras.layers
    steps = keras.Input((7, 5))
    for merge_mode in ("concat", "sum", "mul", "ave"):
        for sequences in (False, True):
            inner = layers.LSTM(3, return_sequences=sequences)
            yield layers.Bidirectional(inner, merge_mode=merge_mode)(steps)
    for sequences in (False, True):
        cells = [layers.LSTMCell(3), layers.GRUCell(4)]
        yield layers.RNN(layers.SimpleRNNCell(3), return_sequences=sequences)(steps)
        yield layers.RNN(cells, return_sequences=sequences)(steps)
        inner = layers.RNN(layers.GRUCell(3), return_sequences=sequences)
        yield layers.Bidirectional(inner)(steps)
    folded = keras.Input((4, 7, 5))
    yield layers.TimeDistributed(layers.Bidirectional(layers.GRU(3)))(folded)
    yield layers.TimeDistributed(layers.TimeDistributed(layers.Dense(3)))(folded)


def convolutional_lstm(keras: Any) -> Iterator[Any]:
    layers = keras.layers
    for sequences in (False, True):
        yield layers.ConvLSTM1D(6, 3, return_sequences=sequences)(keras.Input((4, 9, 2)))
        yield layers.ConvLSTM2D(
            6, (3, 2), strides=(2, 1), padding="same", return_sequences=sequences
        )(keras.Input((4, 9, 8, 2)))
    yield layers.Bidirectional(layers.ConvLSTM2D(6, 3))(keras.Input((4, 9, 8, 2)))
    yield layers.LocallyConnected2D(6, 3)(keras.Input((9, 8, 2)))


def categories(keras: Any) -> Iterator[Any]:
    layers = keras.layers
    words = keras.Input((9,), dtype="int32")
    yield layers.Embedding(100, 8)(words)
    yield layers.Conv1D(4, 3)(layers.Embedding(100, 8)(words))
    for mode in ("multi_hot", "count"):
        yield layers.CategoryEncoding(12, output_mode=mode)(words)
    one = keras.Input((1,), dtype="int32")
    yield layers.CategoryEncoding(12, output_mode="one_hot")(one)
    yield layers.Hashing(5)(words)
    yield layers.Discretization([0.0, 1.0])(keras.Input((3,)))
    text = keras.Input((1,), dtype="string")
    yield layers.TextVectorization(max_tokens=50, output_sequence_length=6)(text)
    yield layers.TextVectorization(
        max_tokens=50, output_mode="multi_hot", pad_to_max_tokens=True, vocabulary=["a"]
    )(text)


def products(keras: Any) -> Iterator[Any]:
    layers = keras.layers
    query, value = keras.Input((7, 5)), keras.Input((3, 5))
    yield layers.Attention()([query, value])
    yield layers.AdditiveAttention()([query, value])
    yield layers.MultiHeadAttention(2, 4)(query, value)
    yield layers.MultiHeadAttention(2, 4, output_shape=6)(query, value=value)
    yield layers.Dot(axes=2)([query, value])
    yield layers.Dot(axes=(1, 2))([keras.Input((3, 5)), keras.Input((2, 3))])
    yield layers.Dot(axes=1)([keras.Input((5,)), keras.Input((5,))])
    for equation, shape in (
        ("abc,cd->abd", (None, 4)),
        ("abc,cd->abd", (7, 4)),
        ("...x,xy->...y", (4,)),
        ("abc,cde->abde", (None, 2, 3)),
    ):
        yield layers.EinsumDense(equation, output_shape=shape)(query)


def images(keras: Any) -> Iterator[Any]:
    layers = keras.layers
    image = keras.Input((9, 8, 3))
    yield layers.Resizing(5, 6)(image)
    yield layers.CenterCrop(5, 6)(image)
    yield layers.RandomCrop(5, 6)(image)
    yield layers.RandomFlip()(image)
    yield layers.Conv2D(4, 3)(layers.Resizing(5, 6)(keras.Input((None, None, 3))))


def transposed(keras: Any) -> Iterator[Any]:
    layers = keras.layers
    image = keras.Input((9, 8, 3))
    for padding in ("same", "valid"):
        for strides in (1, 2, 3):
            yield layers.Conv2DTranspose(4, (2, 3), strides=strides, padding=padding)(image)
            yield layers.Conv1DTranspose(4, 4, strides=strides, padding=padding)(
                keras.Input((7, 3))
            )
        for added in (0, 1, (2, 1)):
            yield layers.Conv2DTranspose(4, (4, 3), 3, padding, output_padding=added)(image)
        yield layers.Conv2DTranspose(4, 3, padding=padding, dilation_rate=2)(image)


def merges(keras: Any) -> Iterator[Any]:
    layers = keras.layers
    for kind in (layers.Add, layers.Multiply, layers.Maximum, layers.Average):
        yield kind()([keras.Input((1, 8)), keras.Input((4, 1))])
        yield kind()([keras.Input((4, 8)), keras.Input((4, 8)), keras.Input((4, 1))])
    yield layers.Concatenate(axis=1)([keras.Input((3, 8)), keras.Input((4, 8))])


def slices(keras: Any) -> Iterator[Any]:
    given = keras.Input((8, 6))
    yield given[:, 0]
    yield given[:, -1, 2]
    yield given[:, 1:5, ::2]
    yield given[..., -1]
    yield given[:, None, 2]
    yield given[:, -3:]
    tf = pytest.importorskip("tensorflow")
    yield tf.concat([given, given], 1)
    yield tf.expand_dims(given, -1)
    yield tf.expand_dims(given, 1)
    yield tf.squeeze(tf.expand_dims(given, 1), axis=1)
    yield tf.reshape(given, (-1, 48))
    yield tf.transpose(given, [0, 2, 1])


GROUPS = [recurrent, convolutional_lstm, categories, products, images, transposed, merges, slices]


def without_shapes(value: Any) -> Any:
    """Return a serialized model as Keras up to 2.12 writes it, without shapes."""
    if isinstance(value, dict):
        return {k: without_shapes(v) for k, v in value.items() if k != "build_config"}
    return [without_shapes(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("group", GROUPS)
def test_shapes_are_inferred(group: Callable[[Any], Iterator[Any]], keras: Any) -> None:
    outputs = list(group(keras))
    # What the models have in common is deep enough in the graph of their tensors.
    inputs = {id(leaf): leaf for output in outputs for leaf in sources(output)}
    model = keras.Model(list(inputs.values()), outputs)
    architecture = without_shapes(json.loads(model.to_json()))
    graph = build_graph(Document("model", "architecture-json", "2.12.0", architecture))
    shapes = {layer.name: layer.output_shape for layer in model.layers}
    compared = 0
    for call in graph.calls:
        name = call.layer.path.partition("/")[0]
        expected = shapes[name]
        if isinstance(expected, tuple) and "/" not in call.layer.path:
            assert call.output_shape == expected, (name, call.layer.class_name)
            compared += 1
        elif isinstance(expected, tuple) and call is graph.calls_of(call.layer)[-1]:
            last = [each for each in graph.calls if each.layer.path.startswith(f"{name}/")][-1]
            assert last.output_shape == expected, (name, call.layer.class_name)
            compared += 1
    assert compared >= len(outputs)


def sources(tensor: Any) -> list[Any]:
    history = tensor.node
    if history.is_input:
        return [tensor]
    return [leaf for parent in history.keras_inputs for leaf in sources(parent)]
