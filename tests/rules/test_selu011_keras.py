"""SELU011 on a model whose initializer was changed after it was built."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import selu_lint
from selu_lint.findings import Finding
from selu_lint.settings import Settings

pytestmark = pytest.mark.keras


def _findings(model: Any, path: Path) -> tuple[Finding, ...]:
    model.save(path)
    report = selu_lint.check(path, settings=Settings(select=("SELU011",)))
    return tuple(report.findings)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_changed_initializer_draws_nothing(tmp_path: Path, suffix: str) -> None:
    keras = pytest.importorskip("keras")
    path = tmp_path / f"model{suffix}"
    layers = [keras.layers.Dense(64, activation="selu") for _ in range(2)]
    model = keras.Sequential([keras.Input((256,)), *layers])
    lecun = keras.initializers.LecunNormal(seed=1)
    for layer in layers:
        layer.kernel_initializer = lecun
    finding, square = _findings(model, path)
    assert finding.layer == layers[0].name
    # The second kernel is square, where GlorotUniform has the gain 1: told by its bits.
    assert square.layer == layers[1].name
    assert square.data["looks_like"] == "GlorotUniform"
    assert finding.data["looks_like"] == "GlorotUniform"
    assert finding.data["measured_gain"] == pytest.approx(2 * 256 / (256 + 64), rel=0.05)

    layers[0].bias.assign(layers[0].bias + 0.01)
    assert [each.layer for each in _findings(model, path)] == [square.layer]
    layers[0].bias.assign(layers[0].bias * 0)
    layers[0].kernel.assign(lecun(layers[0].kernel.shape))
    assert [each.layer for each in _findings(model, path)] == [square.layer]
