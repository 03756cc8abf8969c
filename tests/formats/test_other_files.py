"""What is no Keras model is called by its name, with what to do."""

from __future__ import annotations

import io
import pickle
import random
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

import selu_lint
from selu_lint.errors import SeluLintWarning
from selu_lint.formats.other_files import ends_converted
from tests.commands.command import run

FIXTURES = Path(__file__).parents[2] / "fixtures"
SAVED_MODEL = FIXTURES / "saved_models" / "tf2.15" / "cnn_broken"
ARCHIVE = FIXTURES / "models" / "tf2.15" / "cnn_broken.keras"

YAML = """\
backend: tensorflow
class_name: Sequential
config:
  layers:
  - class_name: Dense
    config: {activation: selu}
keras_version: 2.3.1
"""


def zipped(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/"), data)
    return stream.getvalue()


def array() -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.zeros(3))
    return stream.getvalue()


def hdf5(fill: Callable[[h5py.File], None]) -> bytes:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        fill(file)
    return stream.getvalue()


def of_keras_0(file: h5py.File) -> None:
    file.attrs["nb_layers"] = 1
    group = file.create_group("layer_0")
    group.attrs["nb_params"] = 1
    group["param_0"] = np.zeros((3, 4))


def of_keras_2(file: h5py.File) -> None:
    file.attrs["layer_names"] = [b"dense"]
    file.create_group("dense")


OTHERS = [
    ("model.yaml", YAML.encode(), "a Keras model in YAML"),
    ("model.h5", YAML.encode(), "a Keras model in YAML"),
    ("model.h5", pickle.dumps({"a": 1}, 2), "a pickle"),
    ("model.keras", pickle.dumps({"a": 1}), "a pickle"),
    ("model.keras", zipped(archive__data=b"", **{"archive__data.pkl": b""}), "PyTorch"),
    ("model.keras", zipped(**{"m__saved_model.pb": b""}), "a SavedModel in a zip archive"),
    ("model.keras", zipped(**{"a.npy": array()}), "arrays of NumPy"),
    ("model.h5", array(), "an array of NumPy"),
    ("keras_metadata.pb", b"\n\x04root", "part of a SavedModel; name its folder"),
    ("variables.index", b"\0\0\4", "part of a SavedModel; name its folder"),
    ("variables.data-00000-of-00001", bytes(64), "part of a SavedModel; name its folder"),
    ("cp.ckpt.index", b"\0\0\4", "part of a checkpoint"),
    ("model.h5", hdf5(of_keras_0), "only weights of Keras 0"),
    ("model.h5", hdf5(of_keras_2), "only weights, no architecture"),
]


@pytest.mark.parametrize(("name", "data", "message"), OTHERS)
def test_the_message_names_it(name: str, data: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    error = selu_lint.check(path).files[0].error
    assert error is not None
    assert message in error


CONVERSIONS = [
    pytest.param(lambda data: data.replace(b"\r\n", b"\n"), id="to-unix"),
    pytest.param(
        lambda data: data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), id="to-windows"
    ),
]
Convert = Callable[[bytes], bytes]


@pytest.mark.parametrize("convert", CONVERSIONS)
def test_line_ends_of_a_saved_model(convert: Convert, tmp_path: Path) -> None:
    model = Path(shutil.copytree(SAVED_MODEL, tmp_path / "model"))
    graph = model / "saved_model.pb"
    graph.write_bytes(convert(graph.read_bytes()))
    error = selu_lint.check(model).files[0].error
    assert error is not None
    assert error.startswith("saved_model.pb is")
    assert "`*.pb binary` into .gitattributes" in error


@pytest.mark.parametrize("convert", CONVERSIONS)
def test_line_ends_of_an_hdf5_file(convert: Convert, tmp_path: Path) -> None:
    path = tmp_path / "model.h5"
    path.write_bytes(convert((FIXTURES / "models" / "tf2.15" / "cnn_broken.h5").read_bytes()))
    error = selu_lint.check(path).files[0].error
    assert error is not None
    assert "`*.h5 binary` into .gitattributes" in error


@pytest.mark.parametrize("convert", CONVERSIONS)
def test_line_ends_of_an_archive(convert: Convert, tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    noise = random.Random(0).randbytes(1 << 18)
    with zipfile.ZipFile(path, "w") as archive:
        with zipfile.ZipFile(ARCHIVE) as old:
            archive.writestr("config.json", old.read("config.json"))
        archive.writestr("model.weights.h5", noise)
    assert selu_lint.check(path).files[0].error is None
    path.write_bytes(convert(path.read_bytes()))
    error = selu_lint.check(path).files[0].error
    assert error is not None
    assert "`*.keras binary` into .gitattributes" in error


def test_other_damage_is_not_blamed_on_line_ends(tmp_path: Path) -> None:
    noise = random.Random(0).randbytes(1 << 18)
    assert not ends_converted(noise)
    assert not ends_converted(b"")
    assert not ends_converted(b"\r\n" * 100)
    model = Path(shutil.copytree(SAVED_MODEL, tmp_path / "model"))
    graph = model / "saved_model.pb"
    graph.write_bytes(graph.read_bytes()[:-1000])
    error = selu_lint.check(model).files[0].error
    assert error is not None
    assert "gitattributes" not in error


def test_a_walk_counts_the_files_with_weights_alone(tmp_path: Path) -> None:
    shutil.copy(ARCHIVE, tmp_path / "model.keras")
    for name in ("a.h5", "b.weights.h5"):
        (tmp_path / name).write_bytes(hdf5(of_keras_2))
    with zipfile.ZipFile(ARCHIVE) as archive:
        (tmp_path / "c.weights.h5").write_bytes(archive.read("model.weights.h5"))
    (tmp_path / "data.h5").write_bytes(hdf5(lambda file: file.create_group("images")))
    for command in ("check", "fix"):
        done = run(command, str(tmp_path))
        assert re.search(r"weights alone, .*: 3 \(.*a\.h5, .*b\.weights\.h5, .*c\.w", done.stderr)
    with pytest.warns(SeluLintWarning, match="weights alone"):
        selu_lint.check(tmp_path)
