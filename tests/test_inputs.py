"""What a model's inputs are taken to be, and what follows for the verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from selu_lint.cases import layer, sequential
from selu_lint.model.document import Document
from selu_lint.model.graph_builder import build_graph
from selu_lint.profiles.profiling import Prediction, given_input, predict
from selu_lint.theory.activation_functions import activation_function

SAMPLE = Path(__file__).parents[1] / "fixtures" / "mnist_sample.npz"


def _dense(name: str, **config: Any) -> dict[str, Any]:
    drawn = {"activation": "selu", "kernel_initializer": "lecun_normal"}
    return layer("Dense", name, **{"units": 256, **drawn, **config})


def _predict(shape: tuple[int, ...], *layers: dict[str, Any], **said: float) -> Prediction:
    architecture = sequential(shape, *layers)
    graph = build_graph(Document("model", "architecture-json", "3.15.1", architecture))
    return predict(graph, given_input(said["mean"], said["std"]) if said else None)


def _first(prediction: Prediction) -> tuple[str, float | None, float | None]:
    (premise,) = prediction.inputs.values()
    return premise.text, prediction.layers[0].mean, prediction.layers[0].variance


MNIST = {"scale": 1 / (255 * 0.3081), "offset": -0.1307 / 0.3081}


@pytest.mark.parametrize(
    ("shape", "config", "text", "mean", "variance"),
    [
        ((28, 28, 1), MNIST, "as pixels 0 to 255, mean 33, deviation 79", 0.0, 1.0),
        ((28, 28, 1), {"scale": 1 / 255}, "as pixels 0 to 255, mean 33, deviation 79",
         0.1306, 0.095),
        ((32, 32, 3), {"scale": 1 / 127.5, "offset": -1}, "as pixels 0 to 255, mean 121, "
         "deviation 64", -0.0533, 0.2535),
        ((784,), {"scale": 1 / 255}, "as pixels 0 to 255, mean 33, deviation 79", 0.1306, 0.095),
        ((784,), {"scale": 2.0}, "as N(0, 1)", 0.0, 4.0),
    ],
)  # fmt: skip
def test_pixels_are_recognized_by_what_the_model_does_to_them(
    shape: tuple[int, ...], config: dict[str, Any], text: str, mean: float, variance: float
) -> None:
    prediction = _predict(
        shape, layer("Rescaling", "rescaling", **config), layer("Flatten", "f"), _dense("dense")
    )
    told, predicted_mean, predicted_variance = _first(prediction)
    assert told == text
    assert predicted_mean == pytest.approx(mean, abs=1e-3)
    assert predicted_variance == pytest.approx(variance, rel=1e-2)
    assert prediction.verdict == "trains"


def test_the_first_row_is_near_what_real_digits_give() -> None:
    """A kernel turns a patch into a normal value with the variance of the patch."""
    numpy = pytest.importorskip("numpy")
    with numpy.load(SAMPLE) as sample:
        pixels = sample["x_train"][:300] / 255
    patches = numpy.lib.stride_tricks.sliding_window_view(
        (pixels - 0.1307) / 0.3081, (3, 3), axis=(1, 2)
    )
    variances = numpy.quantile((patches**2).mean((3, 4)), numpy.linspace(0.005, 0.995, 100))
    function = activation_function("selu")
    assert function is not None
    real = sum(function.moments(float(each)).second for each in variances) / len(variances)
    drawn = {"activation": "selu", "kernel_initializer": "lecun_normal"}
    convolution = layer("Conv2D", "conv", filters=32, kernel_size=[3, 3], **drawn)
    rescaling = layer("Rescaling", "rescaling", **MNIST)
    prediction = _predict(
        (28, 28, 1), rescaling, convolution, layer("AlphaDropout", "drop", rate=0.05)
    )
    row = prediction.layers[1]
    assert row.mean is not None
    assert row.variance is not None
    assert row.variance + row.mean**2 == pytest.approx(real, rel=0.1)


def test_what_is_said_of_the_input_is_what_is_predicted_from() -> None:
    prediction = _predict((64,), layer("Rescaling", "r", scale=10.0), _dense("d"), mean=1, std=0.5)
    text, mean, variance = _first(prediction)
    assert text == "with mean 1 and deviation 0.5, as given"
    assert (mean, variance) == (pytest.approx(10), pytest.approx(25))


@pytest.mark.parametrize(
    ("config", "said", "mean", "variance"),
    [
        ({"mean": [5.0], "variance": [4.0]}, {}, 0.0, 1.0),
        ({"mean": [5.0], "variance": [4.0]}, {"mean": 9.0, "std": 4.0}, 2.0, 4.0),
        ({"mean": [5.0, 7.0], "variance": [4.0, 1.0]}, {"mean": 5.0, "std": 2.0}, -1.0, 3.5),
        ({"mean": [5.0], "variance": [4.0], "invert": True}, {}, 5.0, 4.0),
        ({}, {"mean": 9.0, "std": 4.0}, 0.0, 1.0),
    ],
)
def test_normalization_by_its_statistics(
    config: dict[str, Any], said: dict[str, float], mean: float, variance: float
) -> None:
    prediction = _predict((2,), layer("Normalization", "n", **config), _dense("d"), **said)
    _, predicted_mean, predicted_variance = _first(prediction)
    assert predicted_mean == pytest.approx(mean)
    assert predicted_variance == pytest.approx(variance)


def test_embeddings_and_one_hot_vectors() -> None:
    embedding = layer("Embedding", "e", input_dim=500, output_dim=32)
    prediction = _predict((16,), embedding, layer("Flatten", "f"), _dense("d"))
    # RandomUniform(-0.05, 0.05).
    assert prediction.layers[0].variance == pytest.approx(0.1**2 / 12)
    encoding = layer("CategoryEncoding", "c", num_tokens=50, output_mode="one_hot")
    prediction = _predict((1,), encoding, _dense("d"))
    assert prediction.layers[0].mean == pytest.approx(1 / 50)
    assert prediction.layers[0].variance == pytest.approx(1 / 50 - 1 / 50**2)


def test_where_nothing_can_be_known_no_verdict_is_made() -> None:
    given = layer("InputLayer", "given", batch_shape=[None, 4], dtype="int32")
    graph = build_graph(
        Document(
            "model",
            "architecture-json",
            "3.15.1",
            {"class_name": "Sequential", "config": {"layers": [given, _dense("d")]}},
        )
    )
    prediction = predict(graph)
    assert prediction.verdict.startswith("no verdict: input given is taken as unknown")
    assert prediction.trains is None


def test_a_body_that_is_not_selus_is_neither_charged_nor_judged() -> None:
    body = []
    for n in range(24):
        body += [layer("Dense", f"r{n}", units=256, activation="relu")]
        body += [layer("Dropout", f"d{n}", rate=0.3)]
    prediction = _predict((256,), *body, _dense("head"))
    assert prediction.verdict == (
        "no verdict: r0 and 23 more in the body of the network have another activation than SELU"
    )
    assert all(row.signal_spent == 0 for row in prediction.layers[:-1])
    assert prediction.layers[-1].signal_spent == pytest.approx(0.09, abs=0.03)


def test_heads_and_branches_that_start_at_zero_are_no_loss() -> None:
    zero = _dense("zero", kernel_initializer="zeros", activation="linear", units=1)
    assert _predict((64,), _dense("a"), _dense("b"), zero).verdict == "trains"


def test_an_embedding_that_is_drawn_has_a_verdict_whatever_the_tokens_are() -> None:
    tokens = layer("InputLayer", "tokens", batch_shape=[None, 12], dtype="int32")
    embedding = layer("Embedding", "e", input_dim=500, output_dim=32)
    layers = [tokens, embedding, layer("GlobalAveragePooling1D", "g"), _dense("a"), _dense("b")]
    architecture = {"class_name": "Sequential", "config": {"layers": layers}}
    graph = build_graph(Document("model", "architecture-json", "3.15.1", architecture))
    assert predict(graph).verdict == "trains"
