"""Models are recognized by their content, wherever they come from."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from selu_lint.errors import SeluLintError
from selu_lint.formats import read
from selu_lint.limits import Limits
from selu_lint.model.document import Document
from selu_lint.storage.byte_source import spool

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "fixtures" / "models"
NEWEST = MODELS / "keras3.15-tf"
FORMATS = {".keras": "keras-archive", ".h5": "hdf5", ".json": "architecture-json"}
FILES = sorted(path for path in MODELS.glob("*/*") if path.suffix in FORMATS)


def names(document: Document) -> list[str]:
    assert document.architecture is not None
    config = document.architecture["config"]
    return [layer["config"]["name"] for layer in config["layers"]]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_release_is_read(path: Path) -> None:
    document = read(path)
    hdf5_called_keras = path.parent.name == "tf2.12" and path.suffix == ".keras"
    assert document.format == ("hdf5" if hdf5_called_keras else FORMATS[path.suffix])
    assert document.path == str(path)
    assert document.text is not None
    assert json.loads(document.text) == document.architecture
    assert (document.weights is None) == (path.suffix == ".json")
    assert {"cnn": "conv", "functional": "conv_ok", "separable": "separable"}[
        path.stem.split("_")[0]
    ] in names(document)
    version = path.parent.name.removeprefix("keras").removeprefix("tf").split("-")[0]
    if path.parent.name.startswith("keras3") and path.suffix == ".json":
        assert document.keras_version is None
    elif path.parent.name == "tf2.1":
        assert document.keras_version == "2.3.0-tf"
    else:
        assert document.keras_version is not None
        assert document.keras_version.startswith(version)


def test_the_text_is_exactly_what_is_stored() -> None:
    path = NEWEST / "functional.keras"
    assert read(path).text == zipfile.ZipFile(path).read("config.json").decode()
    path = NEWEST / "functional.json"
    assert read(path).text == path.read_text()


@pytest.mark.parametrize("suffix", list(FORMATS))
@pytest.mark.parametrize("name", ["model", "model.json", "model.keras", "model.wts.h5", "a.txt"])
def test_names_do_not_matter(suffix: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    shutil.copy(NEWEST / f"cnn_broken{suffix}", path)
    assert read(path).format == FORMATS[suffix]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_json_in_other_encodings(encoding: str, tmp_path: Path) -> None:
    text = (NEWEST / "cnn_broken.json").read_text()
    path = tmp_path / "model.json"
    path.write_text(text, encoding=encoding)
    assert read(path).text == text


def test_json_string_that_holds_json(tmp_path: Path) -> None:
    text = (NEWEST / "cnn_broken.json").read_text()
    path = tmp_path / "model.json"
    path.write_text(json.dumps(text))
    assert read(path).text == text
    path.write_text(" \n\t" + json.dumps(text))
    assert read(path).text == text


def test_infinities_as_keras_writes_them(tmp_path: Path) -> None:
    text = (
        (NEWEST / "cnn_broken.json").read_text().replace("0.25", "NaN").replace("0.5", "-Infinity")
    )
    path = tmp_path / "model.json"
    path.write_text(text)
    assert names(read(path))


def test_hdf5_behind_a_user_block(tmp_path: Path) -> None:
    path = tmp_path / "model"
    # Addresses count from the superblock, so that any block of the right size may stand before.
    path.write_bytes(b"a user's block".ljust(2048) + (NEWEST / "cnn_broken.h5").read_bytes())
    document = read(path)
    assert document.format == "hdf5"
    assert document.weights is not None
    assert [v.shape for v in document.weights.variables("hidden")] == [(144, 16), (16,)]


def test_compressed_archive(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    with (
        zipfile.ZipFile(NEWEST / "cnn_trained.keras") as old,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, old.read(name))
    weights, stored = read(path).weights, read(NEWEST / "cnn_trained.keras").weights
    assert weights is not None
    assert stored is not None
    assert weights.variables("conv") == stored.variables("conv")
    assert weights.iterations() == 2


def test_archive_without_weights_or_metadata(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w") as file:
        file.write(NEWEST / "cnn_broken.json", "config.json")
    document = read(path)
    assert document.weights is None
    assert document.keras_version is None


@pytest.mark.parametrize("suffix", list(FORMATS))
def test_standard_input(suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = (NEWEST / f"cnn_broken{suffix}").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    document = read("-")
    assert document.path == "-"
    assert document.format == FORMATS[suffix]
    if document.weights is not None:
        assert len(document.weights.variables("conv")) == 2


def test_standard_input_of_a_savedmodel(monkeypatch: pytest.MonkeyPatch) -> None:
    data = (ROOT / "fixtures/saved_models/tf2.15/cnn_broken/saved_model.pb").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    with pytest.raises(SeluLintError, match="name the folder"):
        read("-")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
def test_named_pipe(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    data = (NEWEST / "cnn_broken.keras").read_bytes()
    writer = threading.Thread(target=path.write_bytes, args=(data,))
    writer.start()
    document = read(path)
    writer.join()
    assert document.format == "keras-archive"
    assert document.weights is not None
    assert len(document.weights.variables("conv")) == 2


def test_a_stream_is_copied_up_to_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with spool(io.BytesIO(b"x" * 100), Limits(spool_bytes=100)) as copy:
        assert copy.seek(0, os.SEEK_END) == 100
    with pytest.raises(SeluLintError, match=r"takes more than 99 bytes.*'spool-bytes'"):
        spool(io.BytesIO(b"x" * 100), Limits(spool_bytes=99))
    assert list(tmp_path.iterdir()) == []


def test_reading_imports_nothing_heavy() -> None:
    code = f"""
import sys
from selu_lint.formats import read
for name in ("cnn_broken.keras", "cnn_broken.h5", "cnn_broken.json"):
    document = read({str(NEWEST)!r} + "/" + name)
    if document.weights:
        assert document.weights.variables("hidden")
heavy = {{"numpy", "h5py", "tempfile", "google", "tensorflow", "keras"}} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code], check=True)
