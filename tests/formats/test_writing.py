"""What is written is what was read, but for the architecture and the kernels that change."""

from __future__ import annotations

import io
import json
import shutil
import struct
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import selu_lint
from selu_lint.cases import layer, sequential
from selu_lint.errors import SeluLintError
from selu_lint.formats import read
from selu_lint.formats.writing import keras_archive
from selu_lint.formats.writing.changes import Change
from selu_lint.limits import DEFAULT
from selu_lint.processes import hdf5_library
from selu_lint.processes.children import Outcome

_MODELS = Path(__file__).parent.parent.parent / "fixtures" / "models" / "keras3.15-tf"
_DENSE = layer("Dense", "dense", units=8, activation="selu", kernel_initializer="he_normal")
_MODEL = sequential((8,), _DENSE)
_DATE = (2020, 2, 2, 2, 2, 2)


class _Stream(io.RawIOBase):
    """A file that cannot seek, for which zip archives get data descriptors."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return int(self._file.write(data))


def _info(name: str, method: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _DATE)
    info.compress_type = method
    info.comment = f"about {name}".encode()
    info.external_attr = 0o640 << 16
    return info


def _write(path: Path, method: int, stream: bool, wide: bool) -> None:
    with open(path, "wb") as file:
        target: Any = _Stream(file) if stream else file
        with zipfile.ZipFile(target, "w") as archive:
            archive.comment = b"a comment"
            for name, data in (
                ("assets/words.txt", b"a b c " * 100),
                ("config.json", json.dumps(_MODEL).encode()),
                ("model.weights.h5", bytes(range(256)) * 40),
                ("metadata.json", b'{"keras_version": "3.15.1"}'),
            ):
                with archive.open(_info(name, method), "w", force_zip64=wide) as member:
                    member.write(data)


@pytest.mark.parametrize("wide", [False, True], ids=["32", "64"])
@pytest.mark.parametrize("stream", [False, True], ids=["file", "stream"])
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("prefix", [b"", b"#!/usr/bin/env python\n"])
def test_archives_keep_all_else(
    method: int, stream: bool, wide: bool, prefix: bytes, tmp_path: Path
) -> None:
    path, result = tmp_path / "model.keras", tmp_path / "result.keras"
    _write(path, method, stream, wide)
    path.write_bytes(prefix + path.read_bytes())
    changes = [
        Change(5, 3, lambda: iter((b"ab", b"c"))),
        Change(9_000, 1, lambda: iter((b"x",))),
    ]
    text = json.dumps(_MODEL).replace("he_normal", "lecun_normal")
    with open(path, "rb") as source, open(result, "w+b") as target:
        keras_archive.write(source, target, text, DEFAULT, changes)
    assert result.read_bytes().startswith(prefix)
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(result) as new:
        assert new.testzip() is None
        assert new.comment == old.comment
        weights = bytearray(old.read("model.weights.h5"))
        weights[5:8], weights[9_000:9_001] = b"abc", b"x"
        expected = {name: old.read(name) for name in old.namelist()}
        expected |= {"config.json": text.encode(), "model.weights.h5": bytes(weights)}
        assert {name: new.read(name) for name in new.namelist()} == expected
        for before, after in zip(old.infolist(), new.infolist(), strict=True):
            assert after.file_size == len(expected[after.filename])
            for name in ("filename", "date_time", "comment", "external_attr", "compress_type"):
                assert getattr(before, name) == getattr(after, name)
            if before.filename in ("assets/words.txt", "metadata.json"):
                assert _raw(path, before) == _raw(result, after)


def _raw(path: Path, info: zipfile.ZipInfo) -> bytes:
    with open(path, "rb") as file:
        file.seek(info.header_offset)
        header = file.read(30)
        names = sum(struct.unpack("<HH", header[26:30]))
        return header + file.read(names + info.compress_size)


def test_an_archive_of_more_than_4_gib_is_written_with_wide_sizes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sparse(source: Any, start: int, size: int, target: Any) -> None:
        if size < 1 << 32:
            really_copy(source, start, size, target)
        else:
            really_copy(source, start, 1000, target)
            target.seek(size - 1000, io.SEEK_CUR)
            target.truncate()

    really_copy = keras_archive.copy_range
    monkeypatch.setattr(keras_archive, "copy_range", sparse)
    path, result = tmp_path / "model.keras", tmp_path / "result.keras"
    size = (1 << 32) + 10
    # A sparse member, put in by hand: nobody wants to write 4 GiB.
    with open(path, "w+b") as file, zipfile.ZipFile(file, "w", allowZip64=True) as archive:
        info = zipfile.ZipInfo("model.weights.h5", _DATE)
        info.file_size = info.compress_size = size
        info.header_offset = info.CRC = 0
        extra = struct.pack("<HHQQ", 1, 16, size, size)
        name = info.filename.encode()
        file.write(
            struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 45, 0, 0, 0, 33, 0, 2**32 - 1, 2**32 - 1,
                        len(name), len(extra)) + name + extra
        )  # fmt: skip
        file.seek(size, io.SEEK_CUR)
        archive.start_dir = file.tell()  # type: ignore[attr-defined]
        archive.filelist.append(info)
        archive.NameToInfo[info.filename] = info
        archive.writestr("metadata.json", '{"keras_version": "3.15.1"}')
        archive.writestr("config.json", json.dumps(_MODEL))
    with open(path, "rb") as source, open(result, "w+b") as target:
        text = json.dumps(_MODEL).replace("he_normal", "lecun_normal")
        keras_archive.write(source, target, text, DEFAULT)
    with zipfile.ZipFile(result) as archive:
        assert archive.getinfo("model.weights.h5").file_size == size
        assert archive.read("config.json").decode() == text
        assert archive.getinfo("config.json").header_offset > size


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("inside_a_string", [False, True])
def test_json_keeps_encoding_and_form(
    encoding: str, indent: int | None, inside_a_string: bool, tmp_path: Path
) -> None:
    path, result = tmp_path / "model.json", tmp_path / "result.json"
    model = sequential((8,), _DENSE | {"note": "é"})
    text = json.dumps(model, indent=indent, ensure_ascii=False)
    text = json.dumps(text) if inside_a_string else text + "\n"
    path.write_bytes(text.encode(encoding))
    assert selu_lint.fix(path, output=result).files[0].error is None
    assert result.read_bytes() == text.replace("he_normal", "lecun_normal").encode(encoding)


def _hdf5(path: Path, text: str, stored: Any, **more: Any) -> None:
    shutil.copy(_MODELS / "cnn_broken.h5", path)
    with h5py.File(path, "r+") as root:
        del root.attrs["model_config"]
        root.attrs.create("model_config", stored(text), **more)


@pytest.mark.parametrize(
    "stored",
    [
        str,
        lambda text: np.bytes_(text.encode()),
        json.dumps,
    ],
    ids=["text", "bytes", "text inside a text"],
)
def test_hdf5_keeps_the_form_of_its_attribute(stored: Any, tmp_path: Path) -> None:
    path, result = tmp_path / "model.h5", tmp_path / "result.h5"
    text = json.dumps(_MODEL)
    _hdf5(path, text, stored)
    report = selu_lint.fix(path, output=result).files[0]
    assert report.error is None
    with h5py.File(path) as old, h5py.File(result) as new:
        before, after = (root.attrs.get_id("model_config") for root in (old, new))
        assert before.shape == after.shape
        assert before.get_type().is_variable_str() == after.get_type().is_variable_str()
        assert set(old.attrs) == set(new.attrs)
        for name in set(old.attrs) - {"model_config"}:
            np.testing.assert_array_equal(old.attrs[name], new.attrs[name])
        found: list[str] = []
        old["model_weights"].visit(found.append)
        for name in found:
            if isinstance(old["model_weights"][name], h5py.Dataset):
                np.testing.assert_array_equal(
                    old["model_weights"][name], new["model_weights"][name]
                )
    assert read(result).text == text.replace("he_normal", "lecun_normal")


@pytest.mark.slow
def test_hdf5_takes_architectures_beyond_64_kib(tmp_path: Path) -> None:
    path, result = tmp_path / "model.h5", tmp_path / "result.h5"
    more = [layer("Dense", f"dense_{n}", units=8, activation="selu") for n in range(1000)]
    _hdf5(path, json.dumps(sequential((8,), *more)), str)
    report = selu_lint.fix(path, output=result).files[0]
    assert report.error is None
    assert len(report.applied) == 1000
    assert not selu_lint.check(result).findings


def test_compressed_kernels_are_kept_and_that_is_said(tmp_path: Path) -> None:
    path, packed = tmp_path / "model.h5", tmp_path / "packed.h5"
    shutil.copy(_MODELS / "cnn_broken.h5", path)
    with h5py.File(path) as old, h5py.File(packed, "w") as new:
        for name, value in old.attrs.items():
            new.attrs[name] = value

        def copy(name: str, item: Any) -> None:
            if isinstance(item, h5py.Dataset):
                gzip = {"compression": "gzip"} if item.shape else {}
                new.create_dataset(name, data=item[()], **gzip)
            else:
                new.require_group(name)
            for key, value in item.attrs.items():
                new[name].attrs[key] = value

        old.visititems(copy)
    report = selu_lint.fix(packed).files[0]
    assert report.error is None
    assert [kernel.redrawn for kernel in report.kernels] == [False, False]
    assert "compressed" in report.kernels[0].reason


@pytest.mark.parametrize(
    ("exit_code", "message"), [(-11, "broke off with exit code -11"), (None, "took longer")]
)
def test_a_library_that_crashes_is_told_and_nothing_is_written(
    exit_code: int | None, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hdf5_library, "run", lambda *_: Outcome(None, exit_code, ""))
    path = Path(shutil.copy(_MODELS / "cnn_broken.h5", tmp_path))
    report = selu_lint.fix(path)
    assert message in str(report.files[0].error)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.slow
def test_what_the_library_cannot_change_is_told(tmp_path: Path) -> None:
    path = tmp_path / "model.h5"
    path.write_bytes(b"no HDF5")
    with pytest.raises(SeluLintError, match=r"HDF5 library cannot change the file: .*signature"):
        hdf5_library.change(str(path), {"model_config": "{}"})
    with h5py.File(path, "w") as file:
        file.create_group("a")
        file.create_group("b")
    with pytest.raises(SeluLintError, match="a group b that belongs to no layer"):
        hdf5_library.change(str(path), moves=[("a", "b")])


def test_a_change_of_another_size_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    _write(path, zipfile.ZIP_STORED, stream=False, wide=False)
    change = Change(0, 4, lambda: iter((b"abc",)))
    with (
        open(path, "rb") as source,
        open(tmp_path / "x", "w+b") as target,
        pytest.raises(SeluLintError, match="size"),
    ):
        keras_archive.write(source, target, "{}", DEFAULT, [change])


def test_members_that_overlap_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    _write(path, zipfile.ZIP_STORED, stream=False, wide=False)
    data = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        first, last = archive.getinfo("assets/words.txt"), archive.getinfo("metadata.json")
        at = data.rindex(b"PK\1\2") + 42
    assert struct.unpack_from("<I", data, at) == (last.header_offset,)
    place = struct.pack("<I", first.header_offset)
    path.write_bytes(data[:at] + place + data[at + 4 :])
    assert selu_lint.fix(path).files[0].error is not None
    with (
        open(path, "rb") as source,
        open(tmp_path / "x", "w+b") as target,
        pytest.raises(SeluLintError, match="overlaps"),
    ):
        keras_archive.write(source, target, "{}", DEFAULT)
