"""The callback in real trainings of both generations of Keras."""

from __future__ import annotations

import linecache
import subprocess
import sys
import warnings
from typing import Any

import numpy as np
import pytest

from selu_lint.errors import SeluLintError, SeluLintWarning
from selu_lint.findings import Severity
from selu_lint.keras import SeluLint
from selu_lint.settings import Settings
from selu_lint.testing import assert_self_normalizing

pytestmark = pytest.mark.keras


def _network(keras: Any, initializer: str = "glorot_uniform") -> Any:
    dense = keras.layers.Dense(8, "selu", kernel_initializer=initializer, name="dense")
    model = keras.Sequential([keras.Input((5,)), dense, keras.layers.Dense(1, name="last")])
    model.compile("sgd", "mse")
    return model


def _fit(model: Any, callback: Any) -> int:
    """Train and return how many steps were made."""
    try:
        data = np.ones((8, 5), "float32"), np.ones((8, 1), "float32")
        model.fit(*data, batch_size=4, verbose=0, callbacks=[callback])
    finally:
        steps = int(np.asarray(model.optimizer.iterations))
    return steps


def test_it_warns_and_training_goes_on(keras: Any) -> None:
    model = _network(keras)
    with pytest.warns(SeluLintWarning, match=r"SELU001 error: dense: kernel_initializer is"):
        assert _fit(model, SeluLint()) == 2


def test_there_is_one_warning_at_the_line_of_the_user(keras: Any) -> None:
    layers = [keras.layers.Dense(8, "selu", name="dense"), keras.layers.Dropout(0.5, name="drop")]
    model = keras.Sequential(
        [keras.Input((5,)), *layers, keras.layers.Dense(1, name="last")], name="net"
    )
    model.compile("sgd", "mse")
    with pytest.warns(SeluLintWarning) as caught:
        _fit(model, SeluLint())
    (warning,) = (each for each in caught if each.category is SeluLintWarning)
    assert warning.filename == __file__
    assert linecache.getline(__file__, warning.lineno).strip().startswith("model.fit(")
    title, *findings, repair = str(warning.message).splitlines()
    assert title == "2 findings in net"
    assert [each.split(" error: ")[0] for each in findings] == ["  SELU001", "  SELU002"]
    assert repair == "to repair it before training: model = selu_lint.fix(model)"


def test_it_stops_before_the_first_step(keras: Any) -> None:
    model = _network(keras)
    with pytest.raises(SeluLintError, match="training is not begun: 1 finding in"):
        _fit(model, SeluLint(fail_on="error"))
    assert int(np.asarray(model.optimizer.iterations)) == 0


@pytest.mark.parametrize("fail_on", ["info", Severity.WARNING])
def test_a_good_model_is_trained_in_silence(keras: Any, fail_on: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", SeluLintWarning)
        assert _fit(_network(keras, "lecun_normal"), SeluLint(fail_on)) == 2


def test_settings_choose_the_rules(keras: Any) -> None:
    callback = SeluLint("error", settings=Settings(ignore=("SELU001",)))
    assert _fit(_network(keras), callback) == 2


def test_a_subclassed_model_is_checked(keras: Any) -> None:
    class Net(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.dense = keras.layers.Dense(8, "selu", name="dense")
            self.drop = keras.layers.Dropout(0.5, name="drop")
            self.last = keras.layers.Dense(1, name="last")

        def call(self, x: Any, training: bool = False) -> Any:
            return self.last(self.drop(self.dense(x), training=training))

    model = Net()
    model(np.ones((1, 5), "float32"))
    model.compile("sgd", "mse")
    with pytest.raises(SeluLintError, match=r"SELU001.*SELU002 error: drop"):
        _fit(model, SeluLint("error"))


def test_it_is_a_callback_of_every_keras_that_is_imported(keras: Any) -> None:
    assert isinstance(SeluLint(), keras.callbacks.Callback)
    assert isinstance(SeluLint(), SeluLint)


def test_unknown_severities_are_refused(keras: Any) -> None:
    with pytest.raises(ValueError, match="dreadful"):
        SeluLint(fail_on="dreadful")
    assert SeluLint(fail_on="never").fail_on is None


@pytest.mark.parametrize("name", ["keras", "tf_keras"])
def test_it_works_with_one_keras_alone(name: str) -> None:
    pytest.importorskip(name)
    code = f"""
import sys, warnings
import {name} as keras, numpy as np
from selu_lint.keras import SeluLint
model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(8, "selu", name="dense")])
model.compile("sgd", "mse")
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    model.fit(np.ones((4, 5)), np.ones((4, 8)), verbose=0, callbacks=[SeluLint()])
    model.evaluate(np.ones((4, 5)), np.ones((4, 8)), verbose=0, callbacks=[SeluLint("error")])
    model.predict(np.ones((4, 5)), verbose=0, callbacks=[SeluLint("error")])
print([each.category.__name__ for each in caught if "SELU" in str(each.message)])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "['SeluLintWarning']", done.stderr


def test_it_needs_a_keras_that_is_imported() -> None:
    code = "from selu_lint.keras import SeluLint; SeluLint()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "SeluLintError: import keras or tf_keras" in done.stderr


def test_the_assertion_takes_built_models(keras: Any) -> None:
    assert_self_normalizing(_network(keras, "lecun_normal"))
    with pytest.raises(AssertionError, match="SELU001"):
        assert_self_normalizing(_network(keras))
