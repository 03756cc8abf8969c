"""Predictions over a model's graph, against numbers of the theory and what is plainly so."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from selu_lint.analysis.forecast import Assumptions, forecast
from selu_lint.analysis.lecun import gain_of
from selu_lint.cases import initializer, layer, sequential
from selu_lint.model.document import Document
from selu_lint.model.graph_builder import build_graph
from selu_lint.profiles.profiling import profile_document
from selu_lint.settings import Settings
from selu_lint.theory.states import State
from tests.stationary import stationary_second_moment


def _dense(name: str, initial: object = "lecun_normal", **config: Any) -> dict[str, Any]:
    config = {"units": 512, "activation": "selu", "kernel_initializer": initial, **config}
    return layer("Dense", name, **config)


def _stack(depth: int, initial: object, *behind: dict[str, Any], width: int = 512) -> Any:
    layers = []
    for i in range(depth):
        layers.append(_dense(f"dense_{i}", initial, units=width))
        for each in behind:
            named = {**each["config"], "name": f"{each['config']['name']}_{i}"}
            layers.append({**each, "config": named})
    return sequential((width,), *layers)


def _document(architecture: Any) -> Document:
    return Document("model", "architecture-json", "3.15.1", architecture)


def _states(architecture: Any, training: bool = True) -> dict[str, State | None]:
    graph = build_graph(_document(architecture))
    states = forecast(graph, Assumptions(training))
    return {call.layer.path: states[call] for call in graph.calls}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["AlphaDropout", "Dropout", "SpatialDropout1D"])
def test_what_is_predicted_of_a_long_chain_is_short_to_print(kind: str) -> None:
    dropout, pooling = layer(kind, "drop", rate=0.01), layer("MaxPooling1D", "pool", pool_size=2)
    chain = sequential((None, 64), *[{**dropout} for _ in range(800)], pooling)
    for architecture in (chain, _stack(800, "lecun_normal", dropout)):
        graph = build_graph(_document(architecture))
        states = forecast(graph, Assumptions(training=True))
        assert len(states) > 800
        assert all(len(repr(call)) < 1000 for call in graph.calls)
        assert all(len(repr(state)) < 1000 for state in states.values())


@pytest.mark.parametrize(("gain", "second"), [(0.64, 0.1305), (1.0, 1.0), (1.25, 2.298)])
def test_deep_stacks_settle_at_the_stationary_second_moment(gain: float, second: float) -> None:
    scaled = initializer("VarianceScaling", scale=gain, mode="fan_in", distribution="normal")
    # So wide that the effects of finite width do not show.
    states = _states(_stack(60, scaled, width=1_000_000))
    last = states["dense_59"]
    assert last is not None
    assert last.second == pytest.approx(second, rel=2e-3)
    assert stationary_second_moment(gain) == pytest.approx(second, rel=1e-3)


def test_large_gains_explode_and_small_gains_die_out() -> None:
    settings = Settings()
    large = initializer("VarianceScaling", scale=4.0, mode="fan_in", distribution="normal")
    profile = profile_document(_document(_stack(120, large)), settings)
    assert profile.before.verdict.startswith("variance explodes at dense_")
    profile = profile_document(_document(_stack(15, large)), settings)
    assert profile.before.verdict.startswith("variance grows to ")
    assert profile.before.verdict.endswith(" at dense_14, SELU layer 15 of 15: borderline")
    assert profile.before.trains is None
    assert profile.after.verdict == "trains"
    tiny = initializer("VarianceScaling", scale=0.1, mode="fan_in", distribution="normal")
    small = _stack(60, tiny)
    assert profile_document(_document(small), settings).before.trains is None
    # Biases would learn, and revive what is small.
    for each in small["config"]["layers"]:
        each["config"]["use_bias"] = False
    profile = profile_document(_document(small), settings)
    assert profile.before.verdict.startswith("activations die out at dense_")
    profile = profile_document(_document(_stack(15, tiny)), settings)
    assert profile.before.verdict.startswith("variance shrinks to ")


def test_what_is_small_on_the_way_and_restored_at_the_end_is_no_loss() -> None:
    tiny = initializer("RandomNormal", stddev=1e-4)
    first = layer("Dense", "first", units=64, activation="selu", kernel_initializer=tiny)
    restored = layer("BatchNormalization", "normalization")
    last = layer("Dense", "last", units=64, activation="selu", kernel_initializer="lecun_normal")
    for layers, verdict in (((first, restored, last), "trains"), ((first, last), "variance")):
        profile = profile_document(_document(sequential((64,), *layers)), Settings())
        assert profile.before.verdict.startswith(verdict)


@pytest.mark.slow
def test_the_signal_is_lost_where_the_budget_ends_and_matched_rates_keep_it() -> None:
    drop = layer("Dropout", "drop", rate=0.25)
    deep = _stack(32, "lecun_normal", drop, width=64)
    profile = profile_document(_document(deep), Settings())
    assert profile.before.verdict.startswith("signal lost at d")
    assert "SELU layer 21 of 32" in profile.before.verdict
    shallower = _stack(20, "lecun_normal", drop, width=64)
    kept = profile_document(_document(shallower), Settings(alpha_rate="keep"))
    matched = profile_document(_document(_stack(14, "lecun_normal", drop, width=64)), Settings())
    assert kept.after.verdict.startswith("signal lost")
    assert matched.after.verdict == "trains"


def test_alpha_dropout_keeps_mean_and_variance_and_dropout_does_not() -> None:
    alpha = _states(_stack(1, "lecun_normal", layer("AlphaDropout", "drop", rate=0.1)))["drop_0"]
    plain = _states(_stack(1, "lecun_normal", layer("Dropout", "drop", rate=0.5)))["drop_0"]
    assert alpha is not None
    assert plain is not None
    assert alpha.mean == pytest.approx(0, abs=1e-2)
    assert alpha.second == pytest.approx(1, abs=1e-2)
    assert alpha.noise_share == pytest.approx(0.313, abs=5e-3)
    assert plain.second == pytest.approx(2, rel=1e-2)
    calm = _states(_stack(1, "lecun_normal", layer("Dropout", "drop", rate=0.5)), training=False)
    assert calm["drop_0"] is not None
    assert calm["drop_0"].second == pytest.approx(1, rel=1e-2)


def test_depthwise_layers_lose_their_activations_until_the_fan_in_is_counted_right() -> None:
    layers = [
        layer(
            "DepthwiseConv2D",
            f"depthwise_{i}",
            kernel_size=[3, 3],
            padding="valid",
            activation="selu",
            depthwise_initializer="lecun_normal",
        )
        for i in range(4)
    ]
    profile = profile_document(_document(sequential((32, 32, 16), *layers)), Settings())
    first = profile.before.layers[0]
    assert first.gain == pytest.approx(1 / 16)
    last_before, last_after = profile.before.layers[-1], profile.after.layers[-1]
    assert last_before.variance is not None
    assert last_after.variance is not None
    assert last_before.variance < 1e-3
    assert last_after.gain == pytest.approx(1)
    assert last_after.variance == pytest.approx(1, rel=0.25)


@pytest.mark.parametrize(
    "unknown",
    [
        layer("Lambda", "unknown"),
        layer("LSTM", "unknown", units=4, activation="selu"),
        layer("Dense", "unknown", units=4, activation="softmax"),
        layer("Dense", "unknown", units=4, kernel_initializer={"class_name": "own>Own"}),
        layer("Dropout", "unknown", rate="0.5"),
    ],
    ids=lambda value: value["class_name"],
)
def test_no_prediction_is_named_and_nothing_behind_it_is_guessed(unknown: dict[str, Any]) -> None:
    states = _states(sequential((8,), _dense("before"), unknown, _dense("behind")))
    assert states["before"] is not None
    assert states["unknown"] is None
    assert states["behind"] is None


def test_an_unknown_layer_between_selus_makes_the_verdict_unknown() -> None:
    model = sequential((8,), _dense("a"), layer("Lambda", "code"), _dense("b"))
    profile = profile_document(_document(model), Settings())
    assert profile.before.verdict == "unknown: no prediction at code"
    assert profile.before.trains is None


@pytest.mark.parametrize(
    ("version", "variance"),
    [("3.15.1", 1 / 512), ("2.2.4-tf", 1 / 512), ("2.3.1", 512**-0.5), ("2.2.4", 512**-0.5)],
)
def test_a_bias_is_drawn_with_the_fan_of_a_vector(version: str, variance: float) -> None:
    biased = _dense("biased", bias_initializer="lecun_normal", activation="linear")
    graph = build_graph(Document("model", "architecture-json", version, sequential((512,), biased)))
    state = forecast(graph, Assumptions(training=False))[graph.calls[-1]]
    assert state is not None
    assert state.second == pytest.approx(1 + variance, rel=1e-3)


@pytest.mark.parametrize(
    "unknown",
    [
        _dense("unknown", "identity"),
        layer("SpectralNormalization", "unknown", layer=_dense("inner"), power_iterations=1),
    ],
)
def test_kernels_that_copy_or_are_rescaled_have_no_prediction(unknown: dict[str, Any]) -> None:
    states = _states(sequential((8,), unknown, _dense("behind")))
    assert states["behind"] is None


def test_two_kernels_multiply_their_gains() -> None:
    separable = layer(
        "SeparableConv2D",
        "separable",
        filters=8,
        kernel_size=[3, 3],
        activation="selu",
        depthwise_initializer="lecun_normal",
        pointwise_initializer="he_normal",
    )
    graph = build_graph(_document(sequential((8, 8, 4), separable)))
    call = next(call for call in graph.calls if call.layer.path == "separable")
    assert gain_of(graph, call.layer) == pytest.approx(0.25 * 2)


@pytest.mark.slow
def test_the_profile_is_plain_json() -> None:
    profile = profile_document(_document(_stack(240, "he_normal")), Settings())
    data = json.loads(json.dumps(profile.to_dict(), allow_nan=False))
    assert data["before"]["trains"] is False
    assert data["after"]["verdict"].startswith("signal lost at dense_")
    rows = data["before"]["layers"]
    assert [row["layer"] for row in rows] == [f"dense_{i}" for i in range(240)]
    assert all(math.isfinite(row["gain"]) for row in rows)


def test_the_mean_square_of_an_image_fluctuates_less_than_that_of_a_pixel() -> None:
    """Two images of one channel: what stands behind them goes with all of their pixels."""
    dense = {"activation": "selu", "kernel_initializer": "lecun_normal"}
    flat = _states(
        sequential(
            (16, 16, 1), layer("Flatten", "flat"), layer("Dense", "dense", units=64, **dense)
        )
    )["dense"]
    wide = _states(sequential((256,), layer("Dense", "dense", units=64, **dense)))["dense"]
    assert flat is not None
    assert wide is not None
    assert flat.second == pytest.approx(wide.second, rel=1e-3)


@pytest.mark.parametrize(("activation", "second"), [("selu", 1.70), ("relu", 2.54)])
def test_a_pooling_behind_a_normalized_activation_is_predicted(
    activation: str, second: float
) -> None:
    """Conv2D(64, 3), activation, BatchNormalization, MaxPooling2D(2) of Keras, four draws."""
    states = _states(
        sequential(
            (16, 16, 3),
            layer("Conv2D", "conv", filters=64, kernel_size=[3, 3], activation=activation,
                  padding="same", kernel_initializer="lecun_normal"),
            layer("BatchNormalization", "bn", epsilon=1e-3),
            layer("MaxPooling2D", "pool", pool_size=[2, 2]),
        )
    )  # fmt: skip
    assert states["pool"] is not None
    assert states["pool"].second == pytest.approx(second, rel=0.03)
