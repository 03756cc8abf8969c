"""Architectures inside other JSON: models of TensorFlow.js, and configs without a class."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import selu_lint
from selu_lint.formats import find_models, read
from tests.quick import one_in

MODELS = Path(__file__).parents[2] / "fixtures" / "models"
MANIFEST = [
    {
        "paths": ["group1-shard1of1.bin"],
        "weights": [{"name": "conv/kernel", "shape": [3, 3, 1, 4], "dtype": "float32"}],
    }
]


def converted(plain: dict[str, Any]) -> str:
    """Return a model as the converter of TensorFlow.js writes it."""
    topology = {
        "keras_version": plain["keras_version"],
        "backend": "tensorflow",
        "model_config": {"class_name": plain["class_name"], "config": plain["config"]},
        "training_config": {"loss": "mse", "metrics": []},
    }
    whole = {
        "format": "layers-model",
        "generatedBy": f"keras v{plain['keras_version']}",
        "convertedBy": "TensorFlow.js Converter v4.17.0",
        "modelTopology": topology,
        "weightsManifest": MANIFEST,
    }
    return json.dumps(whole)


def made_in_javascript(plain: dict[str, Any]) -> str:
    """Return a model as TensorFlow.js itself writes it."""
    topology = {
        "class_name": plain["class_name"],
        "config": plain["config"],
        "keras_version": "tfjs-layers 4.22.0",
        "backend": "tensor_flow.js",
    }
    whole = {
        "modelTopology": topology,
        "format": "layers-model",
        "generatedBy": "TensorFlow.js tfjs-layers v4.22.0",
        "convertedBy": None,
        "weightsManifest": MANIFEST,
    }
    return json.dumps(whole, separators=(",", ":"))


def config_alone(plain: dict[str, Any]) -> str:
    return json.dumps(plain["config"]) + "\n"


def indented_config(plain: dict[str, Any]) -> str:
    return json.dumps(plain["config"], indent=2)


def config_in_a_string(plain: dict[str, Any]) -> str:
    return json.dumps(config_alone(plain).strip())


WRAPS = [converted, made_in_javascript, config_alone, indented_config, config_in_a_string]
SOURCES = [
    MODELS / release / f"{name}.json"
    for release in ("tf2.4", "tf2.15", "keras3.15-tf")
    for name in ("cnn_broken", "functional")
]
ENCLOSED = [
    (source, wrap)
    for source in SOURCES
    for wrap in WRAPS
    # TensorFlow.js writes what Keras 2 does.
    if not (wrap is made_in_javascript and "keras3" in source.parent.name)
]
Wrap = Callable[[dict[str, Any]], str]


def _named(each: Path | Wrap) -> str:
    return f"{each.parent.name}-{each.stem}" if isinstance(each, Path) else each.__name__


def wrapped(source: Path, wrap: Wrap, folder: Path) -> Path:
    plain = json.loads(source.read_text())
    plain.setdefault("keras_version", "3.15.1")
    path = folder / "model.json"
    path.write_text(wrap(plain))
    return path


def found_in(path: Path) -> list[tuple[str, str, str]]:
    return [(each.layer, each.code, each.message) for each in selu_lint.check(path).findings]


@pytest.mark.parametrize(("source", "wrap"), ENCLOSED, ids=_named)
def test_the_findings_are_those_of_the_architecture(
    source: Path, wrap: Wrap, tmp_path: Path
) -> None:
    path = wrapped(source, wrap, tmp_path)
    assert found_in(path) == found_in(source)
    assert found_in(path)
    assert list(find_models(tmp_path)) == [str(path)]


@pytest.mark.parametrize(("source", "wrap"), one_in(3, ENCLOSED), ids=_named)
def test_a_repair_changes_the_architecture_alone(source: Path, wrap: Wrap, tmp_path: Path) -> None:
    path, fixed = wrapped(source, wrap, tmp_path), tmp_path / "fixed.json"
    report = selu_lint.fix(path, output=fixed).files[0]
    assert report.error is None
    assert report.applied
    old, new = json.loads(path.read_text()), json.loads(fixed.read_text())
    if isinstance(old, str):
        old, new = json.loads(old), json.loads(new)
    if "modelTopology" in old:
        for topology in (old["modelTopology"], new["modelTopology"]):
            topology.get("model_config", topology).pop("config")
    else:
        for each in (old, new):
            each.pop("layers")
    assert new == old
    assert read(fixed).architecture != read(path).architecture
    again = selu_lint.fix(fixed, output=tmp_path / "again.json").files[0]
    assert not again.applied
    assert (tmp_path / "again.json").read_bytes() == fixed.read_bytes()


def test_everything_else_is_byte_for_byte_what_it_was(tmp_path: Path) -> None:
    path = wrapped(MODELS / "tf2.15" / "cnn_broken.json", made_in_javascript, tmp_path)
    selu_lint.fix(path, in_place=True, select=["SELU002"])
    old = made_in_javascript(json.loads((MODELS / "tf2.15" / "cnn_broken.json").read_text()))
    for rate, matched in ((0.25, 0.0753), (0.5, 0.1964)):
        old = old.replace(f'"rate":{rate}', f'"rate":{matched}')
    old = old.replace('"class_name":"Dropout"', '"class_name":"AlphaDropout"')
    assert path.read_text() == old


@pytest.mark.parametrize("wrap", [converted, made_in_javascript])
def test_tensorflow_js_gets_an_initializer_that_it_knows(wrap: Wrap, tmp_path: Path) -> None:
    path = wrapped(MODELS / "tf2.15" / "cnn_broken.json", wrap, tmp_path)
    selu_lint.fix(path, in_place=True)
    topology = json.loads(path.read_text())["modelTopology"]
    config = topology.get("model_config", topology)["config"]
    drawn = next(
        each["config"]["kernel_initializer"]
        for each in config["layers"]
        if each["config"]["name"] == "conv"
    )
    # Its own class is called LeCunNormal, and what it calls normal is cut at two deviations.
    assert drawn["class_name"] == "VarianceScaling"
    assert {key: drawn["config"][key] for key in ("scale", "mode", "distribution")} == {
        "scale": 1.0,
        "mode": "fan_in",
        "distribution": "normal",
    }


def test_a_graph_model_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    nodes = {"node": [{"name": "x", "op": "Placeholder"}], "library": {}}
    path.write_text(json.dumps({"format": "graph-model", "modelTopology": nodes}))
    error = selu_lint.check(path).files[0].error
    assert error is not None
    assert "TensorFlow.js graph model" in error


@pytest.mark.keras
@pytest.mark.parametrize(
    ("library", "release"),
    [("keras", "keras3.15-tf"), ("tf_keras", "tf2.15"), ("tf_keras", "tf2.4")],
)
def test_keras_takes_a_repaired_config(library: str, release: str, tmp_path: Path) -> None:
    keras = pytest.importorskip(library)
    path = wrapped(MODELS / release / "cnn_broken.json", config_alone, tmp_path)
    fixed = tmp_path / "fixed.json"
    report = selu_lint.fix(path, output=fixed, verify=release != "tf2.4").files[0]
    assert report.error is None
    model = keras.Sequential.from_config(json.loads(fixed.read_text()))
    assert model.get_layer("drop_conv").rate == pytest.approx(0.0753)
    kernel = np.asarray(model.get_layer("hidden").get_weights()[0])
    assert kernel.var() * kernel.shape[0] == pytest.approx(1, abs=0.2)
