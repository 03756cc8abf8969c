"""A stored variable that cannot be read is a finding; the rest of the check goes on."""

from __future__ import annotations

import io
import re
import shutil
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest

import selu_lint
from selu_lint.findings import Finding, Severity
from selu_lint.settings import Settings
from tests.formats import wire
from tests.quick import one_in

FIXTURES = Path(__file__).parent.parent / "fixtures"
MODELS = FIXTURES / "models" / "keras3.15-tf"
KERNELS = {
    ".keras": "layers/dense/vars/0",
    ".h5": "model_weights/hidden/cnn_clean/hidden/kernel",
}
BIASES = {
    ".keras": "layers/dense/vars/1",
    ".h5": "model_weights/hidden/cnn_clean/hidden/bias",
}
Damage = Callable[[bytes, str], bytes]


def bad_chunk(data: bytes, name: str) -> bytes:
    """Store a dataset compressed, and change bytes in the middle of its only chunk."""
    file = io.BytesIO(data)
    with h5py.File(file, "r+") as root:
        values = root[name][()]
        attributes = dict(root[name].attrs)
        del root[name]
        root.create_dataset(name, data=values, chunks=values.shape, compression="gzip")
        root[name].attrs.update(attributes)
        chunk = root[name].id.get_chunk_info(0)
    damaged = bytearray(file.getvalue())
    middle = chunk.byte_offset + chunk.size // 3
    damaged[middle : middle + 8] = b"\xff" * 8
    return bytes(damaged)


def bad_offset(data: bytes, name: str) -> bytes:
    """Let the address of a dataset's values lead behind the end of the file."""
    with h5py.File(io.BytesIO(data)) as root:
        offset, size = root[name].id.get_offset(), root[name].id.get_storage_size()
    address = struct.pack("<QQ", offset, size)
    assert data.count(address) == 1
    return data.replace(address, struct.pack("<QQ", len(data) + 4096, size))


def damaged_copy(suffix: str, name: str, damage: Damage, folder: Path) -> Path:
    source, path = MODELS / f"cnn_clean{suffix}", folder / f"damaged{suffix}"
    if suffix == ".h5":
        path.write_bytes(damage(source.read_bytes(), name))
        return path
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w") as new:
        for member in old.namelist():
            content = old.read(member)
            new.writestr(member, damage(content, name) if member.endswith(".h5") else content)
    return path


def findings(path: Path, *codes: str) -> list[Finding]:
    settings = Settings(weights=True) if not codes else Settings(select=codes)
    (file,) = selu_lint.check(path, settings=settings).files
    assert file.error is None
    assert not file.crashed
    return list(file.findings)


def unread(found: list[Finding]) -> list[tuple[str, str]]:
    return [(each.code, each.layer) for each in found if "cannot be read" in each.message]


@pytest.mark.parametrize("damage", [bad_chunk, bad_offset])
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_damaged_kernel_is_told_and_the_others_are_measured(
    suffix: str, damage: Damage, tmp_path: Path
) -> None:
    whole = findings(MODELS / f"cnn_clean{suffix}")
    assert not unread(whole)
    found = findings(damaged_copy(suffix, KERNELS[suffix], damage, tmp_path))
    assert unread(found) == [("SELU011", "hidden"), ("SELU906", "hidden")]
    told = next(each for each in found if each.code == "SELU011")
    assert told.data == {"slot": "kernel_initializer", "unread": told.message.split(": ", 1)[1]}
    assert told.fix is None
    rest = [each for each in whole if (each.code, each.layer) != ("SELU906", "hidden")]
    assert rest == [each for each in found if "cannot be read" not in each.message]
    assert [each.layer for each in rest if each.code == "SELU906"] == ["conv"]


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_damaged_bias_is_told_and_shows_no_untrained_layer(suffix: str, tmp_path: Path) -> None:
    found = findings(damaged_copy(suffix, BIASES[suffix], bad_offset, tmp_path))
    assert unread(found) == [("SELU011", "hidden")]
    assert [each.layer for each in found if each.code == "SELU906"] == ["conv", "hidden"]


def test_the_other_layers_are_still_held_against_their_initializers(tmp_path: Path) -> None:
    def far_from_lecun(data: bytes, name: str) -> bytes:
        file = io.BytesIO(data)
        with h5py.File(file, "r+") as root:
            root["layers/conv2d/vars/0"][...] *= np.float32(9)
        return bad_offset(file.getvalue(), name)

    path = damaged_copy(".keras", KERNELS[".keras"], far_from_lecun, tmp_path)
    found = findings(path, "SELU011")
    assert [each.layer for each in found] == ["conv", "hidden"]
    assert unread(found) == [("SELU011", "hidden")]
    assert found[0].fix is not None


def test_weights_that_cannot_be_opened_leave_the_other_rules(tmp_path: Path) -> None:
    def cut(data: bytes, _: str) -> bytes:
        return data[: len(data) // 2]

    path = damaged_copy(".keras", "", cut, tmp_path)
    found = findings(path)
    assert ("SELU011", "") in unread(found)
    without = findings(MODELS / "cnn_clean.keras", "SELU00", "SELU012", "SELU90")
    kept = [each for each in found if "cannot be read" not in each.message]
    assert kept == [each for each in without if each.code != "SELU906"]


@pytest.mark.parametrize("folder", [False, True])
def test_an_archive_without_weights_is_one_finding(folder: bool, tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(MODELS / "cnn_clean.keras") as whole:
        names = [name for name in whole.namelist() if not name.endswith(".h5")]
        if folder:
            whole.extractall(path, names)
        else:
            with zipfile.ZipFile(path, "w") as rest:
                for name in names:
                    rest.writestr(name, whole.read(name))
    (found,) = findings(path, "SELU011")
    assert (found.layer, found.message.partition(":")[0]) == ("", "model.weights.h5 is missing")
    fixed = selu_lint.fix(path, output=tmp_path / "fixed.keras").files[0]
    assert (fixed.error, fixed.applied) == (None, ())


@pytest.fixture(params=["tf2.15/cnn_clean", "keras3.15-tf/cnn_clean_export"])
def saved_model(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    shutil.copytree(FIXTURES / "saved_models" / request.param, tmp_path / "model")
    return tmp_path / "model"


def measured(found: list[Finding]) -> list[str]:
    return [each.layer.rpartition("/")[2] for each in found if "measured_gain" in each.data]


def test_one_variable_of_a_saved_model_has_a_bad_offset(saved_model: Path) -> None:
    assert measured(findings(saved_model)) == ["conv", "hidden"]
    index = saved_model / "variables" / "variables.index"
    index.write_bytes(with_bad_offset(index.read_bytes(), size=144 * 16 * 4))
    found = findings(saved_model)
    assert measured(found) == ["conv"]
    assert {layer.rpartition("/")[2] for _, layer in unread(found)} == {"hidden"}


@pytest.mark.parametrize("damage", ["cut", "gone", "index"])
def test_all_variables_of_a_saved_model_are_damaged(saved_model: Path, damage: str) -> None:
    codes = {each.code for each in findings(saved_model)}
    (shard,) = saved_model.glob("variables/variables.data-*")
    if damage == "gone":
        shard.unlink()
    elif damage == "cut":
        shard.write_bytes(shard.read_bytes()[:3000])
    else:
        (saved_model / "variables" / "variables.index").write_bytes(b"nothing")
    found = findings(saved_model)
    assert measured(found) == []
    assert {layer.rpartition("/")[2] for _, layer in unread(found)} <= {"", "conv", "hidden"}
    if damage != "cut" and "SELU011" in codes | {each.code for each in found}:
        (told,) = (each for each in found if "cannot be read" in each.message)
        assert (told.layer, told.severity) == ("", Severity.WARNING)
        assert told.message.startswith("stored variables of 2 layers cannot be read: ")
    assert {each.code for each in found} >= codes - {"SELU906"}


def with_bad_offset(index: bytes, size: int) -> bytes:
    """Let the entries of variables of this size lead behind the end of their shard."""
    entry = rb"\x20(?s:..)(\x28" + re.escape(wire.varint(size)) + rb")"
    damaged = re.sub(entry, lambda found: b"\x20\xff\x7f" + found[1], index)
    assert damaged != index
    # The checksum that LevelDB writes behind each block, here behind the first.
    end = next(end for end, crc in checksums(index) if index[end : end + 4] == crc)
    crc = next(crc for place, crc in checksums(damaged) if place == end)
    return damaged[:end] + crc + damaged[end + 4 :]


def checksums(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield LevelDB's masked CRC-32C of each beginning of the data."""
    crc = 0xFFFFFFFF
    for end, byte in enumerate(data, 1):
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
        done = crc ^ 0xFFFFFFFF
        yield end, struct.pack("<I", ((done >> 15 | done << 17) + 0xA282EAD8) & 0xFFFFFFFF)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_fix_keeps_a_kernel_that_cannot_be_read(suffix: str, tmp_path: Path) -> None:
    path = damaged_copy(suffix, KERNELS[suffix], bad_chunk, tmp_path)
    output = tmp_path / f"fixed{suffix}"
    report = selu_lint.fix(path, output=output, settings=Settings(weights=True)).files[0]
    assert report.error is None
    told = {each.finding.layer for each in report.remaining if "cannot" in each.finding.message}
    assert told == {"hidden"}


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("value", one_in(4, [np.nan, 1e300, -1e300, np.inf]))
@pytest.mark.parametrize("redraw", one_in(3, ["always", "never", "untrained"]))
def test_a_fix_warns_of_no_arithmetic_with_damaged_numbers(
    redraw: str, value: float, tmp_path: Path
) -> None:
    path = tmp_path / "model.h5"
    shutil.copy(MODELS / "cnn_broken.h5", path)
    with h5py.File(path, "r+") as root:
        kernel = "model_weights/hidden/cnn_broken/hidden/kernel"
        shape = root[kernel].shape
        del root[kernel]
        root[kernel] = np.full(shape, value, "float64")
    report = selu_lint.fix(path, output=tmp_path / "fixed.h5", redraw=redraw, seed=1).files[0]
    assert report.error is None
    kernels = {each.layer: each for each in report.kernels}
    assert kernels["hidden"].redrawn == (redraw == "always")
