"""Repairs are written as the file's own release can load and train them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from selu_lint.cases import layer, sequential
from selu_lint.fixing.repairs import Checker, repair
from selu_lint.linter import check_document
from selu_lint.model.dialects import Dialect
from selu_lint.model.document import Document
from selu_lint.settings import Settings

_DENSE = layer("Dense", "dense", units=8, activation="selu")
_DROPOUT = layer("Dropout", "drop", rate=0.5)


def _document(architecture: Any, version: str | None) -> Document:
    plain = json.loads(json.dumps(architecture))
    return Document("model", "architecture-json", version, plain)


def _repaired(architecture: Any, version: str | None, **options: Any) -> list[dict[str, Any]]:
    settings = Settings(select=("SELU001", "SELU002", "SELU004", "SELU005"))
    result = repair(_document(architecture, version), Checker(settings), **options)
    assert result.document.architecture is not None
    layers: list[dict[str, Any]] = result.document.architecture["config"]["layers"]
    return layers


def _keras_2(*layers: dict[str, Any]) -> dict[str, Any]:
    def plain(each: dict[str, Any]) -> dict[str, Any]:
        return {key: each[key] for key in ("class_name", "config")}

    whole = sequential((8,))
    given = [plain(each) for each in (*whole["config"]["layers"], *layers)]
    return {"class_name": "Sequential", "config": {"name": "model", "layers": given}}


@pytest.mark.parametrize(
    ("version", "fault"),
    [
        ("2.0.5", "Keras 2.0.5 has no AlphaDropout"),
        ("2.0.6", None),
        ("2.15.0", None),
        ("3.0.0", "Keras 3.0.0 has no AlphaDropout"),
        ("3.0.1", "Keras 3.0.1 has no AlphaDropout"),
        ("3.0.2", "Keras 3.0.2 has an AlphaDropout that cannot be trained on TensorFlow"),
        ("3.0.5", "Keras 3.0.5 has an AlphaDropout that cannot be trained on TensorFlow"),
        ("3.1.0", None),
        ("3.15.1", None),
        (None, None),
    ],
)
def test_alpha_dropout_is_written_where_it_can_be_trained(version: str, fault: str | None) -> None:
    architecture = sequential((8,), _DENSE, _DROPOUT)
    report = check_document(_document(architecture, version), Settings(select=("SELU002",)))
    (finding,) = report.findings
    assert (finding.fix is None) == (fault is not None)
    if fault is not None:
        later = f"{fault}; save the model with a later release first"
        assert finding.unfixable == later
        assert later in finding.message


@pytest.mark.parametrize("version", ["2.0.6", "2.1.6"])
def test_keras_2_1_draws_lecun_normal_too_narrow(version: str) -> None:
    lecun = {"class_name": "VarianceScaling", "config": {"scale": 1.0, "mode": "fan_in"}}
    lecun["config"] |= {"distribution": "normal", "seed": None}  # type: ignore[operator]
    written = {**_DENSE, "config": {**_DENSE["config"], "kernel_initializer": lecun}}
    settings = Settings(select=("SELU001",))
    (finding,) = check_document(_document(_keras_2(written), version), settings).findings
    assert finding.message.startswith(
        f"kernel_initializer is LecunNormal of Keras {version} (gain 0.77); a SELU layer needs"
    )
    for later in ("2.2.0", "2.1.6-tf"):
        assert not check_document(_document(_keras_2(written), later), settings).findings
    # What draws with gain 1 there does so in later releases.
    _, repaired = _repaired(_keras_2(written), version)
    initializer = repaired["config"]["kernel_initializer"]
    stddev = pytest.approx(8**-0.5)
    assert initializer["class_name"] == "RandomNormal"
    assert initializer["config"] == {"mean": 0.0, "stddev": stddev, "seed": None}


def test_a_kernel_of_unknown_shape_gets_what_its_release_draws_with_gain_1() -> None:
    architecture = _keras_2(_DENSE)
    del architecture["config"]["layers"][0]
    (repaired,) = _repaired(architecture, "2.1.6")
    initializer = repaired["config"]["kernel_initializer"]
    assert initializer["class_name"] == "VarianceScaling"
    drawn = Dialect.of("2.1.6", None).initializer(initializer)
    assert drawn.is_lecun_normal
    assert initializer["config"]["scale"] == pytest.approx(1 / 0.77374, rel=1e-4)


@pytest.mark.parametrize(
    ("module", "registered"),
    [("keras._legacy.layers", None), ("keras.src.legacy.layers", "AlphaDropout")],
)
def test_another_class_is_written_with_its_own_module_and_name(
    module: str, registered: str | None
) -> None:
    relu = layer("Dense", "dense", units=8, activation="relu")
    alpha = layer("AlphaDropout", "alpha", rate=0.1)
    alpha |= {"module": module, "registered_name": registered}
    architecture = sequential((8,), relu, alpha)
    *_, repaired = _repaired(architecture, "3.15.1", unsafe_fixes=True)
    assert repaired == layer("Dropout", "alpha", rate=0.1)


def test_keras_core_is_read_as_keras_3_and_repaired_in_its_own_package() -> None:
    initializers = {"module": "keras_core.src.initializers.random_initializers"}
    glorot = {**initializers, "class_name": "GlorotUniform", "config": {"seed": None}}
    glorot["registered_name"] = "GlorotUniform"
    config = {**_DENSE["config"], "kernel_initializer": glorot, "bias_initializer": "ones"}
    dense = {**_DENSE, "module": "keras_core.src.layers.core.dense", "config": config}
    dropout = {**_DROPOUT, "module": "keras_core.src.layers.regularization.dropout"}
    dropout["registered_name"] = "Dropout"
    architecture = sequential((8,), dense, dropout) | {"module": "keras_core"}
    _, repaired, kept = _repaired(architecture, "0.1.7")
    initializer = repaired["config"]["kernel_initializer"]
    assert (initializer["module"], initializer["class_name"]) == (
        "keras_core.initializers",
        "LecunNormal",
    )
    assert kept == json.loads(json.dumps(dropout))
    (finding,) = check_document(
        _document(architecture, "0.1.7"), Settings(select=("SELU002",))
    ).findings
    assert finding.unfixable is not None
    assert finding.unfixable.startswith("Keras Core 0.1.7 has no AlphaDropout")
