"""Archives that TensorFlow wrote on Windows name the groups of weights with backslashes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import selu_lint
from selu_lint.formats import read
from selu_lint.formats.weights.deferred import DeferredWeights
from selu_lint.settings import Settings

FIXTURES = Path(__file__).parents[2] / "fixtures"
ARCHIVES = [
    FIXTURES / "archives" / "tf2.13_nested.keras",
    *sorted((FIXTURES / "models" / "tf2.15").glob("*.keras")),
]


def folded(root: h5py.File) -> list[str]:
    """Return the paths of the groups that Keras makes for layers, and not for lists of them."""
    found: list[str] = []

    def visit(name: str, node: h5py.Group | h5py.Dataset) -> None:
        if isinstance(node, h5py.Group) and name.rpartition("/")[2] == "vars":
            found.append(name.rpartition("/")[0])

    root.visititems(visit)
    return [name for name in found if name]


def as_on_windows(data: bytes) -> bytes:
    """Return a weights file with the names that it would have there."""
    stream = io.BytesIO()
    with h5py.File(io.BytesIO(data)) as old, h5py.File(stream, "w") as new:
        for name in old.keys() & {"vars"}:
            old.copy(name, new)
        for name in folded(old):
            group = new.create_group(name.replace("/", "\\"))
            old.copy(f"{name}/vars", group)
    return stream.getvalue()


def windows_archive(path: Path, target: Path) -> Path:
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, as_on_windows(data) if name.endswith(".h5") else data)
    return target


def values(path: Path) -> dict[str, list[Any]]:
    document = read(path)
    weights = document.weights
    assert isinstance(weights, DeferredWeights)
    found: dict[str, list[Any]] = {}
    for layer in weights.loaded._tree._by_path:
        found[layer] = [(v.name, weights.read(v)) for v in weights.variables(layer)]
    weights.close()
    return found


def assert_same(ours: dict[str, list[Any]], theirs: dict[str, list[Any]]) -> None:
    assert ours.keys() == theirs.keys()
    for layer, expected in theirs.items():
        assert [name for name, _ in ours[layer]] == [name for name, _ in expected]
        for (_, one), (_, other) in zip(ours[layer], expected, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("path", ARCHIVES, ids=lambda path: path.name)
def test_weights_are_found_under_names_of_windows(path: Path, tmp_path: Path) -> None:
    archive = windows_archive(path, tmp_path / "model.keras")
    expected = values(path)
    assert sum(map(len, expected.values())) > 4
    assert_same(values(archive), expected)


def kernels(path: Path, settings: Settings) -> list[tuple[str, str, str]]:
    return [
        (each.layer, each.code, each.message)
        for each in selu_lint.check(path, settings=settings).findings
    ]


@pytest.mark.parametrize("path", ARCHIVES, ids=lambda path: path.name)
def test_findings_are_those_of_the_archive_from_elsewhere(path: Path, tmp_path: Path) -> None:
    settings = Settings(select=("SELU",))
    archive = windows_archive(path, tmp_path / "model.keras")
    assert kernels(archive, settings) == kernels(path, settings)


def stored(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        data = archive.read("model.weights.h5")
    with h5py.File(io.BytesIO(data)) as root:
        return sorted(root)


def test_redrawing_keeps_the_names(tmp_path: Path) -> None:
    path = FIXTURES / "models" / "tf2.15" / "cnn_broken.keras"
    archive = windows_archive(path, tmp_path / "model.keras")
    output = tmp_path / "fixed.keras"
    report = selu_lint.fix(archive, output=output, redraw="always", seed=1)
    assert [each.redrawn for each in report.files[0].kernels] == [True, True]
    assert stored(output) == stored(archive)
    elsewhere = tmp_path / "elsewhere.keras"
    selu_lint.fix(path, output=elsewhere, redraw="always", seed=1)
    assert_same(values(output), values(elsewhere))


def test_weights_alone_are_known_for_weights(tmp_path: Path) -> None:
    with zipfile.ZipFile(ARCHIVES[0]) as archive:
        data = archive.read("model.weights.h5")
    path = tmp_path / "model.weights.h5"
    path.write_bytes(as_on_windows(data))
    error = selu_lint.check(path).files[0].error
    assert error is not None
    assert error.startswith("only weights")


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """Let tf_keras join paths as it does on Windows."""

    def patched() -> Any:
        import ntpath

        keras = pytest.importorskip("tf_keras")
        from tf_keras.src.saving import saving_lib

        monkeypatch.setattr(saving_lib.tf.io.gfile, "join", ntpath.join)
        return keras

    return patched


def several_dropouts(keras: Any) -> Any:
    """A model in which a layer with weights is counted with a replaced Dropout."""
    layers = keras.layers

    @keras.saving.register_keras_serializable("windows")
    class AlphaDropout(layers.Layer):  # type: ignore[misc,name-defined]
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.inner = layers.Dense(6)

        def call(self, inputs: Any) -> Any:
            return self.inner(inputs)

    inner = keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(6, activation="selu", kernel_initializer="lecun_normal"),
            layers.Dropout(0.2, seed=1),
            AlphaDropout(),
            layers.Dense(6, activation="selu"),
        ],
        name="inner",
    )
    given = keras.Input((6,))
    kept = layers.TimeDistributed(layers.Dense(6, activation="selu", name="steps"), name="td")
    values = layers.Reshape((6,))(kept(layers.Reshape((1, 6))(inner(given))))
    both = layers.Bidirectional(layers.LSTM(3), name="both")(layers.Reshape((1, 6))(values))
    return keras.Model(given, layers.Dense(2)(layers.Dropout(0.5)(both)))


@pytest.mark.keras
def test_a_repaired_archive_loads_in_keras_on_windows(
    windows: Callable[[], Any], tmp_path: Path
) -> None:
    keras = windows()
    model = several_dropouts(keras)
    model.compile(optimizer="sgd", loss="mse", run_eagerly=True)
    model.fit(np.ones((4, 6)), np.ones((4, 2)), verbose=0)
    path, output = tmp_path / "model.keras", tmp_path / "fixed.keras"
    model.save(path)
    assert any("\\" in name for name in stored(path))
    report = selu_lint.fix(path, output=output)
    assert {finding.code for finding in report.files[0].applied} == {"SELU001", "SELU002"}
    # The replaced Dropout is counted first, which moves the layer and the layer in it.
    moved = set(stored(output)) - set(stored(path))
    assert {name.rpartition("layers\\")[2] for name in moved} == {
        "alpha_dropout_1",
        "alpha_dropout_1\\inner",
    }
    given = np.random.default_rng(0).normal(size=(4, 6))
    loaded = keras.models.load_model(output)
    np.testing.assert_array_equal(loaded(given).numpy(), model(given).numpy())
    ours = read(path).weights
    assert ours is not None
    assert ours.iterations() == 1
    kernel = next(v for v in ours.variables("td/steps") if v.name == "kernel")
    np.testing.assert_array_equal(ours.read(kernel), model.get_layer("td").layer.kernel.numpy())
