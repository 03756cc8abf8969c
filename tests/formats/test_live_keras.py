"""Built models: the same findings as in their files, and subclassed ones traced."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import selu_lint
from selu_lint.live import built_model
from tests.random_models import RandomModels

pytestmark = pytest.mark.keras


def _lines(model_or_path: Any) -> list[tuple[str, str, str]]:
    (file,) = selu_lint.check(model_or_path).files
    assert file.error is None
    return [(finding.code, finding.layer, finding.message) for finding in file.findings]


def _codes(model: Any) -> set[tuple[str, str]]:
    return {(code, layer) for code, layer, _ in _lines(model)}


def _net(keras: Any, call: Any, **extra: Any) -> Any:
    """Return an instance of a subclassed model with a dense, a drop and a Sequential tail."""
    layers = keras.layers

    class Net(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(name="net")
            self.dense = layers.Dense(8, activation="selu", name="dense")
            self.drop = layers.Dropout(0.5, name="drop")
            tail = [
                layers.Dense(4, activation="selu", name="tail_dense"),
                layers.Dropout(0.1, name="tail_drop"),
            ]
            self.tail = keras.Sequential(tail, name="tail")
            for name, layer in extra.items():
                setattr(self, name, layer)

    Net.call = call
    return Net()


def _called(model: Any) -> Any:
    model(np.ones((2, 5), "float32"))
    return model


@pytest.mark.parametrize("seed", range(10))
def test_a_built_model_has_the_findings_of_its_file(keras: Any, seed: int, tmp_path: Path) -> None:
    model = RandomModels(keras, seed).build()
    built = _lines(model)
    for suffix in (".keras", ".h5"):
        model.save(tmp_path / f"model{suffix}")
        assert _lines(tmp_path / f"model{suffix}") == built


def test_the_document_tells_where_it_is_from(keras: Any) -> None:
    document = built_model.read(
        keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)], name="net")
    )
    assert (document.path, document.format) == ("net", "live")
    assert document.keras_version == keras.__version__


def test_a_subclassed_model_is_traced_through_its_call(keras: Any) -> None:
    model = _called(_net(keras, lambda self, x: self.tail(self.drop(self.dense(x)))))
    assert _codes(model) == {
        ("SELU001", "dense"),
        ("SELU002", "drop"),
        ("SELU001", "tail/tail_dense"),
        ("SELU002", "tail/tail_drop"),
    }


def test_what_runs_in_training_only_is_traced_too(keras: Any) -> None:
    def call(self: Any, x: Any, training: bool = False) -> Any:
        x = self.dense(x)
        return self.tail(self.drop(x, training=training) if training else x)

    (file,) = selu_lint.check(_called(_net(keras, call))).files
    (drop,) = (finding for finding in file.findings if finding.layer == "drop")
    assert drop.fix is not None
    assert drop.fix.unsafe is None


def test_a_dropout_that_is_told_to_train_stays_unsafe(keras: Any) -> None:
    def call(self: Any, x: Any, training: bool = False) -> Any:
        return self.tail(self.drop(self.dense(x), training=True), training=training)

    (file,) = selu_lint.check(_called(_net(keras, call))).files
    (drop,) = (finding for finding in file.findings if finding.layer == "drop")
    assert drop.fix is not None
    assert drop.fix.unsafe is not None


def test_layers_of_own_that_hold_layers_are_traced(keras: Any) -> None:
    layers = keras.layers

    class Block(keras.layers.Layer):  # type: ignore[misc]
        def __init__(self, unserializable: object, **options: Any) -> None:
            super().__init__(**options)
            self.inner = layers.Dense(8, activation="selu", name="inner")
            self.unserializable = unserializable

        def call(self, x: Any) -> Any:
            return self.inner(x)

    given = keras.Input((5,))
    shared = Block(object(), name="block")
    output = layers.Dropout(0.2, name="drop")(shared(shared(layers.Dense(8)(given))))
    block = Block(object(), name="other")
    model = keras.Model(given, layers.Dropout(0.2, name="last")(block(output)))
    assert ("SELU001", "block/inner") in _codes(model)
    assert {("SELU001", "other/inner"), ("SELU002", "last")} <= _codes(model)
    subclassed = _net(keras, lambda self, x: self.drop(self.block(x)), block=Block(1, name="block"))
    assert {("SELU001", "block/inner"), ("SELU002", "drop")} <= _codes(_called(subclassed))


def test_where_the_trace_fails_each_layer_is_checked_and_it_is_said(keras: Any) -> None:
    def call(self: Any, x: Any) -> Any:
        return self.tail(self.drop(self.dense(x)) if float(x[0, 0]) > 0 else x)

    lines = _lines(_called(_net(keras, call)))
    codes = {(code, layer) for code, layer, _ in lines}
    assert ("SELU001", "dense") in codes
    assert ("SELU002", "drop") not in codes
    # Inside the Sequential the connections are known.
    assert {("SELU001", "tail/tail_dense"), ("SELU002", "tail/tail_drop")} <= codes
    (note,) = (message for code, _, message in lines if code == "SELU905")
    assert "not known" in note
    assert "drop" in note


def test_layers_that_the_call_does_not_use_are_checked(keras: Any) -> None:
    extra = keras.layers.Dense(3, activation="selu", kernel_initializer="ones", name="unused")
    extra.build((None, 4))
    model = _called(_net(keras, lambda self, x: self.tail(self.dense(x)), unused=extra))
    assert {("SELU001", "unused"), ("SELU905", "")} <= _codes(model)


def test_a_model_that_was_never_called_is_checked_layer_by_layer(keras: Any) -> None:
    model = _net(keras, lambda self, x: self.drop(self.dense(x)))
    assert {("SELU001", "dense"), ("SELU905", "")} <= _codes(model)
    assert not model.built


def test_a_subclass_of_functional_with_a_config_of_its_own(keras: Any) -> None:
    class Net(keras.Model):  # type: ignore[misc]
        def __init__(self, units: int) -> None:
            given = keras.Input((5,))
            output = keras.layers.Dense(units, activation="selu", name="dense")(given)
            super().__init__(given, output)
            self.units = units

        def get_config(self) -> dict[str, Any]:
            return {"units": self.units}

    assert _codes(Net(3)) == {("SELU001", "dense")}


def test_a_check_leaves_the_model_as_it_was(keras: Any) -> None:
    model = _called(_net(keras, lambda self, x: self.tail(self.drop(self.dense(x)))))
    before = [np.array(each) for each in model.get_weights()]
    nodes = [len(layer._inbound_nodes) for layer in model.layers]
    names = set(vars(model.dense))
    selu_lint.check(model)
    assert [len(layer._inbound_nodes) for layer in model.layers] == nodes
    assert set(vars(model.dense)) == names
    for old, new in zip(before, model.get_weights(), strict=True):
        assert np.array_equal(old, new)


def test_layers_of_one_name_are_all_seen_and_none_has_the_weights_of_another(keras: Any) -> None:
    def call(self: Any, inputs: Any) -> Any:
        return self.first(self.second(np.asarray(inputs)))

    dense = keras.layers.Dense
    first, second = (dense(n, activation="selu", name="twice") for n in (5, 4))
    net = _net(keras, call, first=first, second=second)
    net(np.ones((2, 5), "float32"))
    found = [layer for code, layer, _ in _lines(net) if code == "SELU001"]
    assert [layer for layer in found if "twice" in layer] == ["twice", "twice:2"]
    weights = built_model.read(net).weights
    assert weights is not None
    assert weights.variables("twice") == weights.variables("twice:2") == ()


def test_weights_are_read_by_path(keras: Any) -> None:
    layers = keras.layers
    lstm = layers.Bidirectional(layers.LSTM(3, name="lstm"), name="both")
    inner = layers.TimeDistributed(layers.Dense(2, name="dense"), name="each")
    model = keras.Sequential([keras.Input((4, 5)), inner, lstm])
    weights = built_model.read(model).weights
    assert weights is not None
    kernel, bias = weights.variables("each/dense")
    assert (kernel.name, kernel.shape, bias.name) == ("kernel", (5, 2), "bias")
    assert np.array_equal(weights.read(kernel), model.get_weights()[0])
    assert len(weights.variables("both/lstm")) == 6
    assert next(each.shape for each in weights.variables("both/forward_lstm")) == (2, 12)
    assert weights.variables("nothing") == ()
    assert weights.iterations() is None
    model.compile("adam", "mse")
    assert weights.iterations() == 0
    model.fit(np.zeros((2, 4, 5)), np.zeros((2, 6)), epochs=1, verbose=0)
    assert weights.iterations() == 1


def test_neither_a_path_nor_a_model() -> None:
    with pytest.raises(TypeError, match="neither a path nor a Keras model: int"):
        selu_lint.check(3)  # type: ignore[arg-type]
