"""A file that cannot be read gives one line that says what is wrong, and never a traceback."""

from __future__ import annotations

import json
import os
import sys
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from selu_lint.errors import SeluLintError
from selu_lint.formats import DEFAULT, read

MODELS = Path(__file__).parents[2] / "fixtures" / "models"
ARCHIVE = MODELS / "keras3.15-tf" / "cnn_broken.keras"
HDF5 = MODELS / "keras3.15-tf" / "cnn_broken.h5"
CONFIG = {"class_name": "Sequential", "config": {"name": "s", "layers": []}}
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


def refuses(path: Path | str, message: str, **limits: int) -> None:
    with pytest.raises(SeluLintError, match=message) as raised:
        read(path, DEFAULT._replace(**limits))
    line = str(raised.value)
    assert "\n" not in line
    assert line.isprintable()
    assert str(path) not in line
    assert len(line) < 200


def archive(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return path


def hdf5(path: Path, write: Callable[[Any], None]) -> Path:
    with h5py.File(path, "w") as file:
        write(file)
    return path


def test_missing_file(tmp_path: Path) -> None:
    refuses(tmp_path / "nothing.keras", "there is no such file or directory")


@pytest.mark.parametrize("name", ["m.keras", "m.h5", "m.json", "m"])
def test_empty_file(name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()
    refuses(tmp_path / name, "the file is empty")


@pytest.mark.parametrize("name", ["m.keras", "m.h5", "m.json", "m"])
def test_git_lfs_pointer(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(LFS)
    refuses(tmp_path / name, "Git LFS pointer.*`git lfs pull`")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"\x1c\x00\x00\x00TFL3\x14", "TensorFlow Lite"),
        (b"\x89PNG\r\n\x1a\n" + bytes(5000), "not a Keras model"),
        (b"\x80\x04\x95pickle", "a pickle"),
        (bytes(100_000), "not a Keras model"),
    ],
)
def test_something_else(data: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    path.write_bytes(data)
    refuses(path, message)


@pytest.mark.parametrize("source", [ARCHIVE, HDF5, ARCHIVE.with_suffix(".json")], ids=str)
def test_truncated_anywhere(source: Path, tmp_path: Path) -> None:
    data = source.read_bytes()
    path = tmp_path / "model"
    for part in range(1, 40):
        path.write_bytes(data[: len(data) * part // 40])
        refuses(path, "broken|truncated")


def test_archive_without_config(tmp_path: Path) -> None:
    refuses(archive(tmp_path / "a.zip", {"readme": b"x"}), "no Keras model.*no config.json")
    refuses(archive(tmp_path / "b.zip", {}), "no config.json")
    refuses(archive(tmp_path / "c.zip", {"model.weights.h5": b""}), "only weights")
    refuses(archive(tmp_path / "d.zip", {"m/config.json": b"{}"}), "zip the folder's contents")


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (b"{}", "describes no Keras model"),
        (b"[]", "describes no Keras model"),
        (b"", "broken JSON"),
        (b"{", "broken JSON"),
        (b"\xff\xfe\x00", "broken JSON"),
        (b"\xff\xff\xff\xff", "broken JSON"),
        (b'{"class_name": "A", "class_name": "B"}', "'class_name' stands twice"),
        (b'{"class_name": ' + b"[" * 100_000, "nested more than|broken JSON"),
        (b"[" * 500 + b"]" * 500, "nested more than 400 deep"),
        (b'{"a": ' * 5000 + b"1" + b"}" * 5000, "nested more than 400 deep"),
        (b'{"class_name": ' + b"9" * 10_000 + b"}", "broken JSON|describes no Keras"),
    ],
)
def test_archive_with_a_bad_config(config: bytes, message: str, tmp_path: Path) -> None:
    refuses(archive(tmp_path / "m.keras", {"config.json": config}), message)
    path = tmp_path / "m.json"
    if config.startswith((b"{", b"[")):
        path.write_bytes(config)
        refuses(path, message.replace("describes no Keras model", "no Keras model"))


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5", "assets/words.txt"])
@pytest.mark.parametrize("end", ["", "\0.txt"])
def test_archive_with_two_members_of_one_name(name: str, end: str, tmp_path: Path) -> None:
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file.writestr("config.json", json.dumps(CONFIG))
        # What reads the archive ends a name at its first NUL.
        for each in [name + "_" * len(end), name] if name != "config.json" or end else [name]:
            file.writestr(each, json.dumps(CONFIG))
    if end:
        path.write_bytes(
            path.read_bytes().replace(f"{name}{'_' * len(end)}".encode(), f"{name}{end}".encode())
        )
    refuses(path, "two members of the same name")


def test_archive_with_metadata_that_names_the_release_twice(tmp_path: Path) -> None:
    metadata = b'{"keras_version": "3.0.0", "keras_version": "2.15.0"}'
    members = {"config.json": json.dumps(CONFIG).encode(), "metadata.json": metadata}
    refuses(archive(tmp_path / "m.keras", members), "'keras_version' stands twice")


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_archive_with_unusual_compression(compression: int, tmp_path: Path) -> None:
    path = archive(tmp_path / "m.keras", {"config.json": b" " * 9999}, compression)
    refuses(path, "compressed in a way that Keras never uses")


def test_archive_with_an_encrypted_config(tmp_path: Path) -> None:
    data = bytearray(archive(tmp_path / "m.keras", {"config.json": b"{}"}).read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "m.keras").write_bytes(data)
    refuses(tmp_path / "m.keras", "encrypted")


def test_archive_with_a_wrong_checksum(tmp_path: Path) -> None:
    path = archive(tmp_path / "m.keras", {"config.json": json.dumps(CONFIG).encode()})
    path.write_bytes(path.read_bytes().replace(b"Sequential", b"Sequentiol"))
    refuses(path, "config.json in the archive is broken")


def test_zip_bomb(tmp_path: Path) -> None:
    bomb = {"config.json": b" " * (1 << 24)}
    refuses(
        archive(tmp_path / "m.keras", bomb, zipfile.ZIP_DEFLATED),
        "more than 250 times as large as its compressed bytes.*'ratio'",
    )
    refuses(
        archive(tmp_path / "n.keras", bomb), "takes more than 1,000,000 bytes", json_bytes=10**6
    )


def test_zip_that_lies_about_a_size(tmp_path: Path) -> None:
    config = json.dumps(CONFIG).encode() + b" " * 5000
    path = archive(tmp_path / "m.keras", {"config.json": config}, zipfile.ZIP_DEFLATED)
    data = bytearray(path.read_bytes())
    start = data.index(b"PK\x01\x02") + 24
    data[start : start + 4] = (100).to_bytes(4, "little")
    path.write_bytes(data)
    refuses(path, "config.json in the archive is broken")


def test_zip_with_too_many_members(tmp_path: Path) -> None:
    path = archive(tmp_path / "m.keras", {f"m{i}": b"" for i in range(30)})
    refuses(path, "more than 20 members", members=20)
    refuses(path, "directory takes more than 1,000 bytes", directory_bytes=1000)


def test_hdf5_without_a_model(tmp_path: Path) -> None:
    refuses(hdf5(tmp_path / "a.h5", lambda file: file.attrs.update(title="x")), "no model_config")
    refuses(hdf5(tmp_path / "b.h5", lambda file: file.create_group("layers")), "only weights")
    refuses(
        hdf5(tmp_path / "c.h5", lambda file: file.attrs.update(layer_names=["a", "b"])),
        "only weights",
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("{}", "describes no Keras model"),
        ('{"class_name": "A", "config": {"a": {"b": 1, "b": 2}}}', "'b' stands twice"),
        ("[1, 2]", "describes no Keras model"),
        ("{", "broken JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (7, "no model_config"),
        (np.zeros(3), "no model_config"),
        (["{}", "{}"], "no model_config"),
        ("", "broken JSON"),
    ],
)
def test_hdf5_with_a_bad_config(value: Any, message: str, tmp_path: Path) -> None:
    refuses(hdf5(tmp_path / "m.h5", lambda f: f.attrs.update(model_config=value)), message)


def test_hdf5_with_a_config_over_the_limit(tmp_path: Path) -> None:
    path = hdf5(tmp_path / "m.h5", lambda f: f.attrs.update(model_config=" " * 200_000))
    refuses(path, "takes more than 100,000 bytes.*'json-bytes'", json_bytes=100_000)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "no Keras model"),
        ("[1]", "no Keras model"),
        ('"text"', "broken JSON"),
        ('"{}"', "no Keras model"),
        ('{"modelTopology": {}}', "TensorFlow.js"),
        ('{"class_name": "Adam", "config": {"name": "Adam"}}', "no Keras model"),
        ('{"class_name": "Sequential", "config": {"layers": [}', "broken JSON: .* line 1"),
        ('{"class_name": "Sequential"}', "no Keras model"),
    ],
)
def test_json_without_a_model(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_text(text)
    refuses(path, message)


def test_directory_without_a_model(tmp_path: Path) -> None:
    refuses(tmp_path, "no Keras model in this directory")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read it all")
def test_permission_denied(tmp_path: Path) -> None:
    path = tmp_path / "m.keras"
    path.touch(mode=0)
    refuses(path, "permission denied")


def test_errors_of_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.keras"
    path.write_bytes(ARCHIVE.read_bytes())
    for error, message in [
        (PermissionError(13, "Permission denied"), "permission denied"),
        (OSError(5, "Input/output error"), "cannot be read: Input/output error"),
        (MemoryError(), "more memory than there is"),
    ]:

        def fail(*_: object, error: BaseException = error) -> None:
            raise error

        with monkeypatch.context() as patch:
            patch.setattr("selu_lint.storage.byte_source.Source.verify", fail)
            refuses(path, message)


@pytest.mark.skipif(sys.platform == "win32", reason="no device files")
def test_devices_are_no_models() -> None:
    refuses("/dev/null", "neither a file nor a directory")


def test_a_file_that_changes_between_reads(tmp_path: Path) -> None:
    path = tmp_path / "m.keras"
    path.write_bytes(ARCHIVE.read_bytes())
    weights = read(path).weights
    assert weights is not None
    path.write_bytes((MODELS / "keras3.0.5" / "cnn_broken.keras").read_bytes())
    with pytest.raises(SeluLintError, match="changed while it was read"):
        weights.variables("conv")


def test_a_file_that_vanishes_between_reads(tmp_path: Path) -> None:
    path = tmp_path / "m.keras"
    path.write_bytes(ARCHIVE.read_bytes())
    weights = read(path).weights
    assert weights is not None
    path.unlink()
    with pytest.raises(SeluLintError, match="no such file"):
        weights.variables("conv")


@pytest.mark.parametrize("member", [b"", b"no HDF5", HDF5.read_bytes()[:2000]])
def test_broken_weights_do_not_hide_the_architecture(member: bytes, tmp_path: Path) -> None:
    config = zipfile.ZipFile(ARCHIVE).read("config.json")
    path = archive(tmp_path / "m.keras", {"config.json": config, "model.weights.h5": member})
    document = read(path)
    assert document.text == config.decode()
    assert document.weights is not None
    with pytest.raises(SeluLintError, match="broken HDF5"):
        document.weights.variables("conv")
