"""Built models that code makes: checks change nothing, trainings go on, copies are faithful."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import selu_lint
from selu_lint.errors import SeluLintError, SeluLintWarning
from selu_lint.fixing.live_fixer import fix_model
from selu_lint.keras import SeluLint
from selu_lint.live import built_model

pytestmark = pytest.mark.keras

_GIVEN = np.random.default_rng(0).normal(size=(4, 8)).astype("float32")


def _net(keras: Any, call: Any = None, **held: Any) -> Any:
    """Return a model of code, with the names that Keras gives, called once."""

    class Net(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.dense = keras.layers.Dense(8, activation="selu")
            self.drop = keras.layers.Dropout(0.2)
            self.last = keras.layers.Dense(1)
            for name, make in held.items():
                setattr(self, name, make(self))

        def call(self, x: Any, training: bool | None = None) -> Any:
            return self.last(self.drop(self.dense(x), training=training))

        def get_config(self) -> dict[str, Any]:
            return {}

    if call is not None:
        Net.call = call
    model = Net()
    model(_GIVEN)
    return model


def _codes(model: Any) -> set[str]:
    (file,) = selu_lint.check(model).files
    assert file.error is None
    return {finding.code for finding in file.findings}


def _number(value: Any) -> float:
    return float(np.asarray(value))


def _trained_in_silence(model: Any) -> list[str]:
    """Train with the callback and return the lines of its warnings that tell something."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(_GIVEN, _GIVEN[:, :1], verbose=0, callbacks=[SeluLint()])
    told = [str(each.message) for each in caught if each.category is SeluLintWarning]
    lines = [line for text in told for line in text.splitlines()]
    return [line.strip() for line in lines if "finding" not in line and "repair it" not in line]


def test_a_check_puts_back_all_that_the_code_changes(keras: Any) -> None:
    def call(self: Any, x: Any, training: bool | None = None) -> Any:
        self.count += 1
        self.seen["n"] += 1
        self.log.append(x)
        self.values[0] += 1
        self.steps.assign_add(1.0)
        np.random.normal()
        self.draws.normal()
        if training:
            x = self.only_in_training(x)
        return self.last(self.drop(self.dense(x), training=training))

    def steps(model: Any) -> Any:
        return model.add_weight(name="steps", shape=(), initializer="zeros", trainable=False)

    model = _net(
        keras,
        call,
        count=lambda model: 0,
        seen=lambda model: {"n": 0},
        log=lambda model: [],
        values=lambda model: np.zeros(2),
        steps=steps,
        draws=lambda model: np.random.default_rng(0),
        only_in_training=lambda model: keras.layers.Dense(8),
    )

    def state() -> list[Any]:
        python = [model.count, dict(model.seen), len(model.log), model.values.tolist()]
        drawn = [str(model.draws.bit_generator.state), np.random.get_state()[2]]
        nodes = [len(layer._inbound_nodes) for layer in (model.dense, model.drop)]
        built = [model.only_in_training.built, len(model.weights)]
        return [*python, *drawn, *nodes, *built, *(each.tolist() for each in model.get_weights())]

    before = state()
    assert {"SELU001", "SELU002"} <= _codes(model)
    assert state() == before
    # The next layer gets the name that it would have had.
    first = keras.layers.Dense(1).name
    selu_lint.check(model)
    stem, _, number = first.rpartition("_")
    assert keras.layers.Dense(1).name == f"{stem}_{int(number) + 1}"


@pytest.mark.parametrize("error", [ValueError, RecursionError, AttributeError, NotImplementedError])
def test_code_that_fails_is_a_note(keras: Any, error: type[Exception]) -> None:
    def call(self: Any, x: Any, training: bool | None = None) -> Any:
        if not hasattr(x, "numpy"):
            raise error("not now")
        return self.last(self.dense(x))

    assert {"SELU001", "SELU905"} <= _codes(_net(keras, call))


def test_a_variable_that_the_code_multiplies_with_is_no_hindrance(keras: Any) -> None:
    def call(self: Any, x: Any, training: bool | None = None) -> Any:
        return self.last(self.drop(self.dense(x), training=training) * self.scale)

    def scale(model: Any) -> Any:
        return model.add_weight(name="scale", shape=(8,), initializer="ones")

    model = _net(keras, call, scale=scale)
    assert _codes(model) == {"SELU001", "SELU002"}
    model.compile("sgd", "mse")
    # The kernel is square, where GlorotUniform has gain 1: SELU001 is an info, and not told.
    (told,) = _trained_in_silence(model)
    assert told.startswith("SELU002")


def test_a_model_that_the_first_batch_builds_is_checked_after_it(keras: Any) -> None:
    model = type(_net(keras))()
    model.compile("sgd", "mse")
    told = _trained_in_silence(model)
    assert [line.partition(" ")[0] for line in told] == ["SELU001", "SELU002"]
    stopped = type(_net(keras))()
    stopped.compile("sgd", "mse")
    stopped.dense.kernel_initializer = keras.initializers.LecunNormal()
    with pytest.raises(SeluLintError, match=r"stopped after its first step: 1 finding.*SELU002"):
        stopped.fit(_GIVEN, _GIVEN[:, :1], verbose=0, callbacks=[SeluLint("error")])


def test_what_cannot_be_checked_never_stops_a_training(
    keras: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")

    def fail(*arguments: Any) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(built_model, "document_of", fail)
    (told,) = _trained_in_silence(model)
    assert told.startswith("the model could not be checked: ")


def test_a_model_of_default_names_is_fixed_though_a_finding_stays(keras: Any) -> None:
    model = _net(keras)
    model.compile(keras.optimizers.Adam(0.01), "mse")
    model.fit(_GIVEN, _GIVEN[:, :1], verbose=0)
    fixed = fix_model(model, redraw="never")
    new = fixed.model
    assert [each.name for each in new.layers] == [each.name for each in model.layers]
    assert type(new.dense.kernel_initializer).__name__ == "LecunNormal"
    assert [each.finding.layer for each in fixed.fix.remaining] == [model.drop.name]
    assert np.array_equal(model.predict(_GIVEN, verbose=0), new.predict(_GIVEN, verbose=0))
    assert _number(new.optimizer.iterations) == 1


def test_what_the_config_does_not_tell_is_refused_or_carried(keras: Any) -> None:
    def call(self: Any, x: Any, training: bool | None = None) -> Any:
        return self.last(self.dense(x)) * self.factor

    model = _net(keras, call, factor=lambda model: 2.0)
    model.factor = 3.0
    # A plain value comes along.
    assert fix_model(model, redraw="never").model.factor == 3.0
    model.drop.rate = 0.4
    with pytest.raises(SeluLintError, match="another rate in dropout"):
        fix_model(model)
    model = _net(keras, call, factor=lambda model: 2.0)
    kind = type(model)
    kind.call = lambda self, x, training=None: self.last(self.dense(x)) * self.table["factor"]
    model.table = {"factor": 2.0}
    with pytest.raises(SeluLintError, match="gives other outputs"):
        fix_model(model)


def test_a_copy_of_the_same_layers_is_refused(keras: Any) -> None:
    class Wrapped(keras.Model):  # type: ignore[misc]
        def __init__(self, inner: Any) -> None:
            super().__init__()
            self.inner = inner

        def call(self, x: Any) -> Any:
            return self.inner(x)

        def get_config(self) -> dict[str, Any]:
            return {"inner": self.inner}

    model = Wrapped(keras.layers.Dense(3, activation="selu"))
    model(_GIVEN)
    with pytest.raises(SeluLintError, match="would be made of the same layers"):
        fix_model(model)
    assert type(model.inner.kernel_initializer).__name__ == "GlorotUniform"


def test_a_graph_that_code_holds_may_be_built_with_another_batch(keras: Any) -> None:
    def call(self: Any, x: Any, training: bool | None = None) -> Any:
        return self.last(self.inner(x))

    dense = keras.layers.Dense
    model = _net(keras, call, inner=lambda model: keras.Sequential([dense(8, "selu")]))
    new = fix_model(model, redraw="never").model
    assert type(new.inner.layers[0].kernel_initializer).__name__ == "LecunNormal"


def test_frozen_layers_stay_frozen(keras: Any) -> None:
    model = _net(keras)
    model.last.trainable = False
    new = fix_model(model, redraw="never").model
    assert [each.trainable for each in new.layers] == [each.trainable for each in model.layers]
    assert len(new.trainable_variables) == len(model.trainable_variables) == 2


def test_a_layer_that_nested_models_share_stays_shared(keras: Any) -> None:
    layers = keras.layers
    shared = layers.Dense(8, activation="selu", name="shared")
    first = keras.Sequential([keras.Input((8,)), shared], name="first")
    second = keras.Sequential([keras.Input((8,)), shared, layers.Dropout(0.1)], name="second")
    given = keras.Input((8,))
    model = keras.Model(given, second(first(given)))
    new = fix_model(model, redraw="never").model
    assert len(new.weights) == len(model.weights) == 2
    assert new.get_layer("first").layers[-1] is new.get_layer("second").layers[-2]


def test_functions_that_are_not_registered_are_kept(keras: Any) -> None:
    def metric(true: Any, predicted: Any) -> Any:
        return predicted - true

    def loss(true: Any, predicted: Any) -> Any:
        return (predicted - true) ** 2

    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(1, activation="selu")])
    optimizer = keras.optimizers.SGD(0.5, momentum=0.9)
    model.compile(optimizer, loss, metrics=[metric, keras.metrics.MeanSquaredError(name="own")])
    model.fit(_GIVEN, _GIVEN[:, :1], verbose=0)
    model.optimizer.learning_rate = 0.25
    new = fix_model(model, redraw="never").model
    assert new.loss is loss
    assert _number(new.optimizer.learning_rate) == 0.25
    assert _number(new.optimizer.iterations) == 1
    reported = [
        set(each.evaluate(_GIVEN, _GIVEN[:, :1], verbose=0, return_dict=True))
        for each in (model, new)
    ]
    assert reported[0] == reported[1] == {"loss", "metric", "own"}


def test_a_compile_of_its_own_is_refused(keras: Any) -> None:
    class Adversarial(type(_net(keras))):  # type: ignore[misc]
        def compile(self, first: Any, second: Any) -> None:
            super().compile(optimizer=first, loss="mse")
            self.second = second

    model = Adversarial()
    model(_GIVEN)
    model.compile(keras.optimizers.SGD(), 0.5)
    with pytest.raises(SeluLintError, match="compile is its own"):
        fix_model(model)


def test_lora_stays() -> None:
    keras: Any = pytest.importorskip("keras")
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(8, activation="selu")])
    model.layers[0].enable_lora(2)
    model.compile("sgd", "mse")
    model.fit(_GIVEN, _GIVEN, verbose=0)
    new = fix_model(model, redraw="never").model
    assert len(new.trainable_variables) == len(model.trainable_variables) == 3
    for old, copy in zip(model.weights, new.weights, strict=True):
        assert old.trainable == copy.trainable
        assert np.array_equal(built_model.values_of(old), built_model.values_of(copy))


def test_tied_weights_are_checked_trained_and_stay_tied(keras: Any) -> None:
    tf = pytest.importorskip("tensorflow")

    class Transposed(keras.layers.Layer):  # type: ignore[misc]
        def __init__(self, dense: Any, **options: Any) -> None:
            super().__init__(**options)
            self.dense = dense

        def call(self, x: Any) -> Any:
            return tf.matmul(x, self.dense.kernel, transpose_b=True)

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "dense": keras.layers.serialize(self.dense)}

        @classmethod
        def from_config(cls, config: dict[str, Any]) -> Any:
            return cls(keras.layers.deserialize(config.pop("dense")), **config)

    dense = keras.layers.Dense(6, activation="selu", name="dense")
    model = keras.Sequential([keras.Input((8,)), dense, Transposed(dense)])
    model.compile("sgd", "mse")
    assert "SELU001" in _codes(model)
    assert _trained_in_silence(model)
    new = fix_model(model, redraw="never").model
    assert new.layers[1].dense is new.layers[0]
    assert len(new.weights) == len(model.weights) == 2


@pytest.mark.parametrize("named", [{"var_names": ["bias"]}, {"var_list": True}])
def test_what_is_excluded_from_weight_decay_is_not_lost(keras: Any, named: dict[str, Any]) -> None:
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(8, activation="selu")])
    optimizer = keras.optimizers.AdamW(1e-3)
    if "var_list" in named:
        named = {"var_list": [model.layers[0].bias]}
    optimizer.exclude_from_weight_decay(**named)
    model.compile(optimizer, "mse")
    with pytest.raises(SeluLintError, match="excludes variables from weight decay"):
        fix_model(model)
    model.compile(keras.optimizers.AdamW(1e-3), "mse")
    assert fix_model(model).model.optimizer is not model.optimizer
