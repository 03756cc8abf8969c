"""Models that a user's code builds: the same findings as in memory, from another process."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import selu_lint
from selu_lint.live import built_model
from selu_lint.model.graph_builder import build_graph
from selu_lint.processes import factories
from tests.commands.command import run

pytestmark = pytest.mark.keras

_CODE = """
import {keras} as keras
import neighbour

def build():
    print("building")
    return keras.Sequential([
        keras.Input((neighbour.SIZE,)),
        keras.layers.Dense(8, activation="selu", name="dense"),
        keras.layers.Dropout(0.5, name="drop"),
    ], name="built")

model = build()
"""


@pytest.fixture(params=["keras", "tf_keras"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    pytest.importorskip(request.param)
    (tmp_path / "neighbour.py").write_text("SIZE = 5\n")
    (tmp_path / "code.py").write_text(_CODE.format(keras=request.param))
    return tmp_path


def test_a_factory_is_checked(folder: Path) -> None:
    (file,) = selu_lint.check(selu_lint.Code(f"{folder}/code.py:build")).files
    assert (file.error, file.format) == (None, "live")
    assert [(f.code, f.layer) for f in file.findings] == [("SELU001", "dense"), ("SELU002", "drop")]
    assert file.findings[0].data["fan_in"] == 5


def test_a_factory_is_profiled(folder: Path) -> None:
    done = run("profile", "--format", "json", "code.py:build", cwd=folder)
    assert done.returncode == 0
    assert "code.py:build: running this code" in done.stderr
    layers = json.loads(done.stdout)["before"]["layers"]
    assert "dense" in [layer["layer"] for layer in layers]
    refused = run("profile", "--measure", "code.py:build", cwd=folder)
    assert refused.returncode == 2
    assert "--measure takes a model on this disk" in refused.stderr
    assert "running this code" not in refused.stderr


def test_a_model_of_a_package_is_checked_by_the_command(folder: Path) -> None:
    (folder / "package").mkdir()
    (folder / "package" / "__init__.py").write_text("")
    (folder / "code.py").rename(folder / "package" / "code.py")
    done = run("check", "package.code:model", cwd=folder)
    assert done.returncode == 1
    assert done.stdout.startswith("package.code:model: 2 findings\n")
    assert "  dense  SELU001 error" in done.stdout
    assert "  drop   SELU002 error" in done.stdout
    assert " `selu_lint.fix(model)` in Python would repair 2.\n" in done.stdout


def test_the_weights_come_along() -> None:
    keras = pytest.importorskip("keras")
    here = Path(__file__)
    document = factories.read(selu_lint.Code(f"{here}:build_network"))
    weights = document.weights
    assert weights is not None
    kernel, bias = weights.variables("block/dense")
    assert (kernel.name, kernel.shape, bias.shape) == ("kernel", (5, 8), (8,))
    assert np.array_equal(weights.read(kernel), np.full((5, 8), 0.5, "float32"))
    assert weights.iterations() == 0
    assert weights.variables("nothing") == ()
    (layer,) = (each for each in build_graph(document).layers if each.path == "block/dense")
    (built,) = (
        each
        for each in build_graph(built_model.read(build_network())).layers
        if each.path == layer.path
    )
    assert layer.serialized == built.serialized
    assert document.keras_version == keras.__version__


def build_network() -> object:
    import keras

    block = keras.Sequential(
        [
            keras.Input((5,)),
            keras.layers.Dense(
                8, kernel_initializer=keras.initializers.Constant(0.5), name="dense"
            ),
        ],
        name="block",
    )
    model = keras.Sequential([keras.Input((5,)), block], name="network")
    model.compile("adam", "mse")
    return model
