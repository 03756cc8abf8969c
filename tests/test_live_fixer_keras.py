"""Fixing built models: a new model, with weights carried over or drawn anew."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import selu_lint
from selu_lint.errors import SeluLintError, SeluLintWarning
from selu_lint.fixing.live_fixer import LiveFix, fix_model
from tests.live_oracle import values_of
from tests.random_models import RandomModels

pytestmark = pytest.mark.keras

_GAIN_TOLERANCE = 0.15
"""Of a few thousand drawn values."""


def _network(keras: Any, units: int = 64) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((40,)),
            layers.Dense(units, activation="selu", name="first"),
            layers.Dropout(0.25, name="drop"),
            layers.Dense(units, activation="selu", kernel_initializer="he_normal", name="second"),
            layers.Dense(3, name="last"),
        ],
        name="network",
    )


def _train(model: Any) -> None:
    random = np.random.default_rng(0)
    model.fit(random.normal(size=(32, 40)), random.normal(size=(32, 3)), epochs=2, verbose=0)


def _findings(model: Any) -> set[tuple[str, str]]:
    return {(finding.code, finding.layer) for finding in selu_lint.check(model).findings}


def _gain(layer: Any) -> float:
    kernel = np.asarray(layer.get_weights()[0])
    return float((kernel**2).mean() * kernel.shape[0])


def _same_weights(one: Any, other: Any) -> bool:
    pairs = zip(one.get_weights(), other.get_weights(), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


def test_an_untrained_model_gets_new_kernels(keras: Any) -> None:
    model = _network(keras)
    model.compile("adam", "mse")
    before = model.get_weights()
    fixed = fix_model(model, redraw="untrained", seed=1)
    assert _findings(fixed.model) == set()
    assert [type(layer).__name__ for layer in fixed.model.layers][1] == "AlphaDropout"
    assert fixed.model.layers[1].rate == pytest.approx(0.0753)
    for name in ("first", "second"):
        assert _gain(fixed.model.get_layer(name)) == pytest.approx(1, abs=_GAIN_TOLERANCE)
    # What no finding names is carried over, and the original is as it was.
    assert np.array_equal(fixed.model.get_weights()[-2], before[-2])
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    assert {outcome.redrawn for outcome in fixed.fix.kernels} == {True}


def test_the_same_seed_draws_the_same(keras: Any) -> None:
    model = _network(keras)

    def drawn(seed: int) -> Any:
        return fix_model(model, redraw="always", seed=seed).model

    assert _same_weights(drawn(5), drawn(5))
    assert not _same_weights(drawn(5), drawn(6))


def test_a_trained_model_keeps_weights_inference_and_optimizer(keras: Any) -> None:
    model = _network(keras)
    model.compile(keras.optimizers.Adam(0.003), "mse", metrics=["mae"])
    _train(model)
    fixed = fix_model(model)
    assert _findings(fixed.model) == set()
    assert _same_weights(model, fixed.model)
    given = np.random.default_rng(1).normal(size=(8, 40)).astype("float32")
    assert np.array_equal(model.predict(given, verbose=0), fixed.model.predict(given, verbose=0))
    assert {outcome.redrawn for outcome in fixed.fix.kernels} == {False}
    optimizer = fixed.model.optimizer
    assert type(optimizer).__name__ == "Adam"
    assert float(np.asarray(optimizer.learning_rate)) == pytest.approx(0.003)
    assert int(np.asarray(optimizer.iterations)) == int(np.asarray(model.optimizer.iterations)) == 2
    assert fixed.model.loss == "mse"
    # Neither shares anything with the other: both can go on.
    _train(fixed.model)
    assert int(np.asarray(optimizer.iterations)) == 4
    _train(model)
    assert int(np.asarray(model.optimizer.iterations)) == 4


def test_always_redraws_a_trained_model(keras: Any) -> None:
    model = _network(keras)
    model.compile("adam", "mse")
    _train(model)
    fixed = fix_model(model, redraw="always", seed=2)
    assert _gain(fixed.model.get_layer("second")) == pytest.approx(1, abs=_GAIN_TOLERANCE)
    assert int(np.asarray(fixed.model.optimizer.iterations)) == 0
    kept = fix_model(model, redraw="never")
    assert _same_weights(model, kept.model)


def test_a_model_that_is_not_compiled_stays_so(keras: Any) -> None:
    fixed = fix_model(_network(keras)).model
    assert getattr(fixed, "optimizer", None) is None


@pytest.mark.parametrize("seed", range(6))
def test_models_of_many_kinds_and_their_files_are_repaired_alike(
    keras: Any, seed: int, tmp_path: Path
) -> None:
    model = RandomModels(keras, seed).build()
    fixed = fix_model(model, redraw="never")
    assert _same_weights(model, fixed.model)
    path = tmp_path / "model.keras"
    model.save(path)
    report = selu_lint.fix(path, redraw="never", in_place=True)
    assert not report.errors
    assert _findings(fixed.model) == _findings(path)
    shape = [size or 2 for size in model.input_shape]
    given = np.random.default_rng(seed).normal(size=shape).astype("float32")
    # Some backends round differently from call to call.
    outputs = values_of(model(given)), values_of(fixed.model(given))
    assert np.allclose(*outputs, rtol=1e-5, atol=1e-5)


def test_what_layers_computed_from_data_comes_along(keras: Any) -> None:
    data = np.random.default_rng(0).normal(5, 3, size=(64, 4)).astype("float32")
    normalization = keras.layers.Normalization(name="normalization")
    normalization.adapt(data)
    dense = keras.layers.Dense(8, activation="selu", name="dense")
    model = keras.Sequential([keras.Input((4,)), normalization, dense])
    fixed = fix_model(model, redraw="never").model
    outputs = values_of(model(data)), values_of(fixed(data))
    assert np.allclose(*outputs, rtol=1e-5, atol=1e-5)
    assert np.abs(outputs[0]).mean() < 3


def test_a_vocabulary_comes_along(keras: Any) -> None:
    tf = pytest.importorskip("tensorflow")
    lookup = keras.layers.StringLookup(output_mode="multi_hot", name="lookup")
    lookup.adapt(tf.constant(["one", "two", "three"]))
    dense = keras.layers.Dense(8, activation="selu", name="dense")
    model = keras.Sequential([keras.Input((2,), dtype="string"), lookup, dense])
    fixed = fix_model(model, redraw="never").model
    assert fixed.layers[0].get_vocabulary() == lookup.get_vocabulary()


def test_a_lambda_is_built_again(keras: Any) -> None:
    double = keras.layers.Lambda(lambda x: x * 2, output_shape=(40,))
    dense = keras.layers.Dense(8, activation="selu", name="dense")
    model = keras.Sequential([keras.Input((40,)), double, dense])
    fixed = fix_model(model, redraw="never").model
    given = np.ones((2, 40), "float32")
    assert np.allclose(values_of(model(given)), values_of(fixed(given)))


def test_a_model_that_was_never_built_gets_its_initializers(keras: Any) -> None:
    model = keras.Sequential([keras.layers.Dense(8, activation="selu", name="dense")])
    fixed = fix_model(model)
    assert fixed.fix.kernels == ()
    fixed.model(np.ones((2, 64), "float32"))
    assert _gain(fixed.model.layers[0]) == pytest.approx(1, abs=3 * _GAIN_TOLERANCE)


def test_classes_and_functions_of_the_author_are_used_again(keras: Any) -> None:
    class Doubled(keras.layers.Layer):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            return x * 2

    def doubled(x: Any) -> Any:
        return x * 2

    def loss(true: Any, predicted: Any) -> Any:
        return (true - predicted) ** 2

    class Network(keras.Sequential):  # type: ignore[misc]
        pass

    model = Network(
        [
            keras.Input((40,)),
            Doubled(name="doubled"),
            keras.layers.Dense(8, activation=doubled, name="dense"),
            keras.layers.Dense(8, activation="selu", name="selu"),
        ]
    )
    model.compile("sgd", loss)
    fixed = fix_model(model).model
    assert type(fixed) is Network
    assert type(fixed.layers[0]) is Doubled
    assert fixed.layers[1].activation is doubled
    assert fixed.loss is loss
    assert ("SELU001", "selu") not in _findings(fixed)


def _subclassed(keras: Any) -> Any:
    layers = keras.layers

    class Net(keras.Model):  # type: ignore[misc]
        def __init__(self, units: int = 64, **options: Any) -> None:
            super().__init__(**options)
            self.units = units
            self.dense = layers.Dense(units, activation="selu", name="dense")
            self.drop = layers.Dropout(0.5, name="drop")
            rnn = layers.LSTM(8, activation="selu", name="lstm")
            self.both = layers.Bidirectional(rnn, name="both")
            self.steps = layers.Reshape((4, units // 4), name="steps")

        def call(self, x: Any) -> Any:
            return self.both(self.steps(self.drop(self.dense(x))))

        def get_config(self) -> dict[str, Any]:
            return {"units": self.units, "name": self.name}

    return Net


def _fixed_net(keras: Any, **options: Any) -> tuple[Any, LiveFix]:
    model = _subclassed(keras)()
    model(np.ones((2, 40), "float32"))
    model.compile("adam", "mse")
    return model, fix_model(model, redraw="always", seed=3, **options)


def test_a_subclassed_model_is_repaired_in_its_layers(keras: Any) -> None:
    model, fixed = _fixed_net(keras)
    new = fixed.model
    assert type(new) is type(model)
    assert new is not model
    assert type(new.dense.kernel_initializer).__name__ == "LecunNormal"
    assert type(model.dense.kernel_initializer).__name__ == "GlorotUniform"
    assert type(new.both.forward_layer.cell.kernel_initializer).__name__ == "GlorotUniform"
    assert type(new.both.backward_layer.cell.kernel_initializer).__name__ == "GlorotUniform"
    assert _gain(new.dense) == pytest.approx(1, abs=_GAIN_TOLERANCE)
    assert np.array_equal(new.dense.get_weights()[1], model.dense.get_weights()[1])
    (stays,) = (each for each in fixed.fix.remaining if each.finding.layer == "drop")
    assert "the code of Net makes this layer" in stays.reason
    assert "AlphaDropout(0.1964)" in stays.reason
    assert type(new.optimizer).__name__ == "Adam"


def test_what_stays_is_a_warning(keras: Any) -> None:
    model = _subclassed(keras)()
    model(np.ones((2, 40), "float32"))
    with pytest.warns(SeluLintWarning, match="SELU002 stays in drop: the code of Net"):
        selu_lint.fix(model)
    with warnings.catch_warnings():
        warnings.simplefilter("error", SeluLintWarning)
        selu_lint.fix(_network(keras), redraw="always")


def test_what_is_repaired_is_told(keras: Any, capsys: pytest.CaptureFixture[str]) -> None:
    dense = keras.layers.Dense(4, "selu", name="dense")
    drop = keras.layers.Dropout(0.5, name="drop")
    model = keras.Sequential([keras.Input((3,)), dense, drop], name="net")
    with pytest.warns(SeluLintWarning) as caught:
        selu_lint.fix(model)
    assert capsys.readouterr().err.splitlines()[-3:] == [
        "selu-lint: 2 findings repaired in a copy of net",
        "  SELU001 dense: set kernel_initializer to LecunNormal; takes effect in a new training, "
        "its kernel was kept",
        "  SELU002 drop: replace Dropout(0.5) by AlphaDropout(0.1964)",
    ]
    (warning,) = (each for each in caught if each.category is SeluLintWarning)
    assert warning.filename == __file__
    assert "--" not in str(warning.message)
    assert "to draw them anew: selu_lint.fix(model, redraw=" in str(warning.message)
    repaired = selu_lint.fix(model, redraw="always", seed=1, quiet=True)
    assert capsys.readouterr().err == ""
    selu_lint.fix(repaired)
    assert capsys.readouterr().err.splitlines()[-1] == (
        "selu-lint: nothing to repair in net; the copy is as it was"
    )
    with pytest.raises(ValueError, match="quiet is for built models"):
        selu_lint.fix("model.keras", quiet=True)  # type: ignore[call-overload]
    assert "2 findings repaired" in str(fix_model(model))


def test_options_about_files_are_refused(keras: Any) -> None:
    with pytest.raises(ValueError, match="options about files"):
        selu_lint.fix(_network(keras), in_place=True)
    with pytest.raises(TypeError, match="neither a path nor a Keras model"):
        selu_lint.fix(object())  # type: ignore[call-overload]


def test_a_model_whose_call_cannot_be_traced_is_repaired_too(keras: Any) -> None:
    class Branching(_subclassed(keras)):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            if float(np.asarray(x)[0, 0]) > 1e9:
                return x
            return self.both(self.steps(self.drop(self.dense(x))))

    model = Branching()
    model(np.ones((2, 40), "float32"))
    fixed = fix_model(model, redraw="always", seed=1)
    assert type(fixed.model.dense.kernel_initializer).__name__ == "LecunNormal"
    assert _gain(fixed.model.dense) == pytest.approx(1, abs=_GAIN_TOLERANCE)


def test_code_in_a_functional_model_is_repaired_in_its_layers(keras: Any) -> None:
    class Block(keras.layers.Layer):  # type: ignore[misc]
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.inner = keras.layers.Dense(64, activation="selu", name="inner")
            self.drop = keras.layers.Dropout(0.5, name="inner_drop")

        def call(self, x: Any) -> Any:
            return self.drop(self.inner(x))

    given = keras.Input((40,))
    output = keras.layers.Dropout(0.2, name="drop")(Block(name="block")(given))
    model = keras.Model(given, output)
    fixed = fix_model(model, redraw="always", seed=1)
    assert type(fixed.model.get_layer("drop")).__name__ == "AlphaDropout"
    inner = fixed.model.get_layer("block").inner
    assert type(inner.kernel_initializer).__name__ == "LecunNormal"
    assert _gain(inner) == pytest.approx(1, abs=_GAIN_TOLERANCE)
    assert _findings(fixed.model) == {("SELU002", "block/inner_drop")}


def test_a_model_that_cannot_be_built_anew_says_so(keras: Any) -> None:
    class Net(keras.Model):  # type: ignore[misc]
        def __init__(self, key: object) -> None:
            super().__init__()
            self.dense = keras.layers.Dense(4, activation="selu")

        def call(self, x: Any) -> Any:
            return self.dense(x)

    model = Net(object())
    model(np.ones((2, 40), "float32"))
    with pytest.raises(SeluLintError, match="Net cannot be built anew"):
        fix_model(model)
