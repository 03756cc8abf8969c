"""The ``training`` argument of a call: findings and the safety of fixes agree with real runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from selu_lint.findings import Finding
from selu_lint.linter import check_document
from selu_lint.model.document import Document
from selu_lint.settings import Settings

pytestmark = pytest.mark.keras

Call = Callable[[Any, Any], Any]


def _sequential(keras: Any, drop: Any) -> Any:
    return keras.Sequential([keras.layers.Reshape((4, 4), name="reshape"), drop], name="block")


def _functional(keras: Any, drop: Any, **arguments: Any) -> Any:
    given = keras.Input((4, 4))
    return keras.Model(given, drop(given, **arguments), name="functional")


def _dropout(keras: Any, kind: str = "Dropout") -> Any:
    return getattr(keras.layers, kind)(0.5, name="drop")


CALLS: dict[str, Call] = {
    "no argument": lambda k, x: _dropout(k)(x),
    "True": lambda k, x: _dropout(k)(x, training=True),
    "1": lambda k, x: _dropout(k)(x, training=1),
    "False": lambda k, x: _dropout(k)(x, training=False),
    "0": lambda k, x: _dropout(k)(x, training=0),
    "spatial True": lambda k, x: _dropout(k, "SpatialDropout1D")(x, training=True),
    "spatial False": lambda k, x: _dropout(k, "SpatialDropout1D")(x, training=False),
    "distributed True": lambda k, x: k.layers.TimeDistributed(_dropout(k))(x, training=True),
    "distributed False": lambda k, x: k.layers.TimeDistributed(_dropout(k))(x, training=False),
    "sequential": lambda k, x: _sequential(k, _dropout(k))(x),
    "sequential True": lambda k, x: _sequential(k, _dropout(k))(x, training=True),
    "sequential False": lambda k, x: _sequential(k, _dropout(k))(x, training=False),
    "functional True": lambda k, x: _functional(k, _dropout(k))(x, training=True),
    "functional False": lambda k, x: _functional(k, _dropout(k))(x, training=False),
    "two levels True": lambda k, x: _sequential(k, _functional(k, _dropout(k)))(x, training=True),
    "False in True": lambda k, x: _functional(k, _dropout(k), training=False)(x, training=True),
    "True in False": lambda k, x: _functional(k, _dropout(k), training=True)(x, training=False),
    "True in none": lambda k, x: _functional(k, _dropout(k), training=True)(x),
}  # fmt: skip


def _called_twice(keras: Any, tensor: Any) -> Any:
    drop = _dropout(keras)
    return keras.layers.Add()([drop(tensor), drop(tensor, training=True)])


CALLS["shared"] = _called_twice


def _findings(keras: Any, model: Any) -> list[Finding]:
    saved = json.loads(model.to_json())
    version = saved.get("keras_version") or keras.__version__
    document = Document("model", "architecture-json", version, saved)
    return list(check_document(document, Settings(select=("SELU002", "SELU003"))).findings)


def _acts(model: Any, **training: bool) -> bool:
    given = np.ones((4, 4, 4), "float32")
    return not np.array_equal(model(given, **training), model(given, **training))


@pytest.mark.parametrize("how", CALLS)
def test_findings_are_safe_to_fix_where_inference_draws_nothing(keras: Any, how: str) -> None:
    given = keras.Input((4, 4))
    value = keras.layers.Dense(4, activation="selu", name="dense")(given)
    model = keras.Model(given, CALLS[how](keras, value))
    found = _findings(keras, model)
    assert bool(found) == _acts(model, training=True)
    for finding in found:
        if finding.fix is not None:
            assert (finding.fix.unsafe is not None) == _acts(model)


def test_a_tensor_may_say_when_a_dropout_acts(keras: Any) -> None:
    given, flag = keras.Input((4, 4)), keras.Input(shape=(), dtype="bool", name="flag")
    value = keras.layers.Dense(4, activation="selu", name="dense")(given)
    (finding,) = _findings(keras, keras.Model([given, flag], _dropout(keras)(value, training=flag)))
    assert finding.fix is not None
    assert "a tensor of the model says when it acts" in (finding.fix.unsafe or "")
