"""The weights of models that 14 Keras releases wrote are found by the layers' paths."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from selu_lint.formats import read
from selu_lint.formats.weights.deferred import DeferredWeights
from selu_lint.model.document import Document

MODELS = Path(__file__).parents[2] / "fixtures" / "models"
FILES = sorted(path for path in MODELS.glob("*/*") if path.suffix in (".keras", ".h5"))
BROKE_OFF = MODELS / "keras3.0.5" / "functional.h5"
WHOLE = [path for path in FILES if path != BROKE_OFF]
TRAINED = [path for path in FILES if path.stem == "cnn_trained"]

CNN = {
    "conv": [(3, 3, 1, 4), (4,)],
    "drop_conv": [],
    "hidden": [(144, 16), (16,)],
    "output": [(16, 10), (10,)],
}
DENSE = [(8, 8), (8,)]
SHAPES: dict[str, dict[str, list[tuple[int, ...]]]] = {
    "cnn_broken": CNN,
    "cnn_clean": CNN,
    "cnn_trained": CNN,
    "functional": {
        "conv_ok": [(3, 6, 8), (8,)],
        "td": DENSE,
        "td/td_inner": DENSE,
        "bidi": [(8, 16), (4, 16), (16,)] * 2,
        "linear_then_selu": DENSE,
        "selu_act": [],
        "shared": DENSE,
        "concat": [],
        "relu": [(16, 8), (8,)],
        "block": DENSE,
        "block/block_dense": DENSE,
        "block/block_alpha": [],
        "output": [(16, 3), (3,)],
    },
    "separable": {
        "separable": [(3, 3, 3, 1), (1, 1, 3, 4), (4,)],
        "depthwise": [(3, 3, 4, 1), (4,)],
        "bn": [(4,)] * 4,
        "vs_equal": [(64, 8), (8,)],
        "lecun_uniform": DENSE,
        "random_normal": DENSE,
        "output": [(8, 2), (2,)],
    },
}


def weights_of(path: Path) -> DeferredWeights:
    weights = read(path).weights
    assert isinstance(weights, DeferredWeights)
    return weights


def identify(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def inner_lstm(document: Document) -> str:
    assert document.architecture is not None
    layers = document.architecture["config"]["layers"]
    config = next(layer["config"] for layer in layers if layer["config"]["name"] == "bidi")
    return str(config["layer"]["config"]["name"])


@pytest.mark.parametrize("path", WHOLE, ids=identify)
def test_every_layer_has_its_shapes(path: Path) -> None:
    weights = weights_of(path)
    found = {
        layer: [variable.shape for variable in weights.variables(layer)]
        for layer in SHAPES[path.stem]
    }
    assert found == SHAPES[path.stem]


@pytest.mark.parametrize("path", [p for p in WHOLE if p.stem == "functional"], ids=identify)
def test_bidirectional_has_two_directions(path: Path) -> None:
    weights, written = weights_of(path), inner_lstm(read(path))
    name = written.removeprefix("forward_")
    forward = weights.variables(f"bidi/forward_{name}")
    backward = weights.variables(f"bidi/backward_{name}")
    assert [variable.name for variable in forward] == ["kernel", "recurrent_kernel", "bias"]
    assert [variable.shape for variable in backward] == [(8, 16), (4, 16), (16,)]
    assert {v.location for v in forward}.isdisjoint(v.location for v in backward)
    assert weights.variables("bidi") == forward + backward
    if not written.startswith("forward_"):
        assert weights.variables(f"bidi/{written}") == forward + backward


@pytest.mark.parametrize("path", WHOLE, ids=identify)
def test_kernels_and_biases_are_named(path: Path) -> None:
    weights = weights_of(path)
    assert [variable.name for variable in weights.variables("output")] == ["kernel", "bias"]


@pytest.mark.slow
@pytest.mark.parametrize("path", WHOLE, ids=identify)
def test_values_are_those_that_h5py_reads(path: Path) -> None:
    data = path.read_bytes()
    if data.startswith(b"PK"):
        data = zipfile.ZipFile(path).read("model.weights.h5")
    weights = weights_of(path)
    with h5py.File(io.BytesIO(data)) as file:
        for layer in SHAPES[path.stem]:
            for variable in weights.variables(layer):
                values = weights.read(variable)
                assert values.dtype == np.float32
                assert variable.dtype == "float32"
                np.testing.assert_array_equal(values, file[variable.location][()])
                extent = weights.extent(variable)
                assert extent is not None
                assert data[extent[0] :][: extent[1]] == values.tobytes()


@pytest.mark.parametrize("path", FILES, ids=identify)
def test_unknown_layers_have_no_variables(path: Path) -> None:
    weights = weights_of(path)
    for layer in ("", "nobody", "conv/nobody", "/conv", "layers/dense"):
        assert weights.variables(layer) == ()


@pytest.mark.parametrize("path", TRAINED, ids=identify)
def test_trained_models_have_counted_their_steps(path: Path) -> None:
    assert weights_of(path).iterations() == 2


@pytest.mark.parametrize("path", [p for p in FILES if p not in TRAINED], ids=identify)
def test_untrained_models_have_counted_none(path: Path) -> None:
    assert weights_of(path).iterations() in (None, 0)


@pytest.mark.parametrize("path", TRAINED, ids=identify)
def test_each_variable_has_two_slots_of_adam(path: Path) -> None:
    weights = weights_of(path)
    seen: set[str] = set()
    for layer in ("conv", "hidden", "output"):
        for variable in weights.variables(layer):
            momentum, velocity = weights.optimizer_variables(variable)
            assert momentum.shape == velocity.shape == variable.shape
            # Velocities are means of squares.
            assert np.asarray(weights.read(velocity), float).min() >= 0
            assert np.asarray(weights.read(momentum), float).min() < 0
            seen.update((momentum.location, velocity.location))
    assert len(seen) == 12


def test_archives_of_keras_2_13_leave_out_numbers() -> None:
    weights = weights_of(MODELS.parent / "archives" / "tf2.13_nested.keras")
    places = {
        layer: [variable.location for variable in weights.variables(layer)]
        for layer in ("one/second", "one/one_inner/second", "two/second", "two/first", "out")
    }
    listed = "_layer_checkpoint_dependencies"
    one, two = f"{listed}/sequential/{listed}", f"{listed}/sequential_2/{listed}"
    assert places == {
        "one/second": [f"{one}/dense_2/vars/0"],
        "one/one_inner/second": [f"{one}/sequential/{listed}/dense_2/vars/0"],
        "two/second": [f"{two}/dense_2/vars/0"],
        "two/first": [f"{two}/dense/vars/0", f"{two}/dense/vars/1"],
        "out": [f"{listed}/dense/vars/0", f"{listed}/dense/vars/1"],
    }
    assert len(weights.variables("one")) == 14


def test_a_model_that_broke_off_shows_no_weights_of_the_wrong_layer() -> None:
    weights = weights_of(BROKE_OFF)
    assert weights.variables("bidi") == weights.variables("conv_ok") == ()


def test_closed_weights_open_again() -> None:
    weights = weights_of(MODELS / "keras3.15-tf" / "cnn_trained.keras")
    before = weights.variables("conv")
    weights.close()
    assert weights.variables("conv") == before
    weights.close()
    weights.close()
