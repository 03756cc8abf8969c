"""Which SELU reaches a dropout, as real activations show it, in models of every signature."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import selu_lint
from selu_lint.linter import check_document
from selu_lint.model.document import Document
from selu_lint.settings import Settings
from tests.random_signatures import WIDTH, RandomSignatures, combinations_of

pytestmark = pytest.mark.keras


def _recorded(
    keras: Any, model: Any, monkeypatch: pytest.MonkeyPatch
) -> dict[str, list[np.ndarray]]:
    """Run a model in training mode and return what reaches each dropout, which passes it on."""
    seen: dict[str, list[np.ndarray]] = {}

    def call(layer: Any, inputs: Any, *_: Any, **__: Any) -> Any:
        seen.setdefault(layer.name, []).append(np.asarray(inputs))
        return inputs

    with monkeypatch.context() as patched:
        for kind in ("Dropout", "AlphaDropout"):
            patched.setattr(getattr(keras.layers, kind), "call", call)
        model([np.ones((2, WIDTH), "float32")] * len(model.inputs), training=True)
    return seen


def _expected(built: RandomSignatures, seen: dict[str, list[np.ndarray]]) -> dict[str, set[str]]:
    """Return the sources of each dropout that SELU alone reaches, in any of its calls."""
    known = list(combinations_of(built.values))
    after: dict[str, set[str]] = {}
    for name, calls in seen.items():
        for values in calls:
            found = [
                [names for value, names in known if abs(value - each) < 1e-5]
                for each in np.unique(values.round(6))
            ]
            if all(found):
                after.setdefault(name, set()).update(*(names[0] for names in found))
    return after


def _findings(built: RandomSignatures, model: Any, keras: Any) -> Iterator[list[Any]]:
    settings = Settings(select=("SELU002", "SELU004"))
    saved = json.loads(model.to_json())
    version = saved.get("keras_version") or keras.__version__
    yield check_document(Document("m", "architecture-json", version, saved), settings).findings
    yield selu_lint.check(model, settings=settings).files[0].findings


@pytest.mark.parametrize("seed", range(30))
def test_the_dropouts_named_are_those_that_selu_reaches(
    keras: Any, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = RandomSignatures(keras, seed)
    model = built.build()
    seen = _recorded(keras, model, monkeypatch)
    kinds = {each.name: type(each).__name__ for each in _all_layers(model)}
    after = _expected(built, seen)
    expected = {name: found for name, found in after.items() if kinds[name] == "Dropout"}
    for findings in _findings(built, model, keras):
        found = {
            each.layer.rpartition("/")[2]: {path.rpartition("/")[2] for path in each.data["after"]}
            for each in findings
            if each.code == "SELU002"
        }
        assert found == expected
        for each in findings:
            if each.code == "SELU004":
                # All that reaches it is what others give.
                (name,) = {each.layer.rpartition("/")[2]}
                for value in np.unique(np.concatenate(seen[name]).round(6)):
                    assert not any(abs(value - own) < 1e-5 for own in built.values.values())


def _all_layers(model: Any) -> list[Any]:
    layers = list(model.layers)
    for layer in layers:
        layers += getattr(layer, "layers", [])
    return layers
