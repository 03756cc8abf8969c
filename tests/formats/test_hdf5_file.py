"""The HDF5 reader sees what the HDF5 library sees, in every layout that the library writes."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from selu_lint.errors import SeluLintError
from selu_lint.formats.hdf5_reader.arrays import read_array
from selu_lint.formats.hdf5_reader.file import Node, open_root
from selu_lint.limits import DEFAULT, LimitError, Limits

LAYOUTS = [
    {"libver": "earliest"},
    {"libver": "earliest", "track_order": True},
    {"libver": "v108"},
    {"libver": "latest"},
    {"libver": "latest", "track_order": True},
    {"libver": "earliest", "userblock_size": 1024},
]


def write(path: Path, groups: int, attributes: int, **layout: Any) -> None:
    with h5py.File(path, "w", **layout) as file:
        for index in range(groups):
            group = file.create_group(f"group_{index}")
            group["kernel"] = np.full((3, 2), index, "f4")
        for index in range(attributes):
            file.attrs[f"attribute_{index}"] = "x" * index
        file.attrs["bytes"] = np.array([b"a", b"bb"])
        file.attrs["texts"] = ["é", "", "long" * 100]
        file.attrs["negative"] = np.int64(-5)
        file.attrs["numbers"] = np.array([1, 2], ">u2")
        file.attrs["empty"] = np.array([])
        file.attrs["float"] = 1.5
        file["scalar"] = np.int64(7)
        file["flags"] = np.array([True, False])
        file["half"] = np.arange(3, dtype="f2")
        file["big"] = np.arange(4, dtype=">f8").reshape(2, 2)
        file["none"] = np.zeros((0, 3), "f4")
        file.create_dataset("chunks", data=np.arange(64.0).reshape(8, 8), compression="gzip")
        file["group_0/again"] = h5py.SoftLink("/scalar")
        file["outside"] = h5py.ExternalLink("other.h5", "/kernel")


def same(ours: Node, theirs: Any) -> int:
    hard = [name for name in theirs if isinstance(theirs.get(name, getlink=True), h5py.HardLink)]
    assert sorted(ours.links) == sorted(hard)
    seen = len(hard)
    for name in theirs.attrs:
        value = theirs.attrs[name]
        if isinstance(value, np.ndarray):
            value = [v.decode() if isinstance(v, bytes) else v for v in value.tolist()]
        assert ours.attribute(name) == (None if isinstance(value, float) else value)
    for name in hard:
        mine, other = ours.child(name), theirs[name]
        assert mine is not None
        assert mine.is_dataset == isinstance(other, h5py.Dataset)
        if mine.is_dataset:
            assert mine.shape == other.shape
            assert np.dtype(mine.datatype.name) == other.dtype.newbyteorder("=")
        else:
            seen += same(mine, other)
    return seen


@pytest.mark.slow
@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
@pytest.mark.parametrize("size", [0, 3, 30, 700])
def test_reads_what_the_library_reads(layout: dict[str, Any], size: int, tmp_path: Path) -> None:
    path = tmp_path / "file.h5"
    # Old layouts have no room for many attributes.
    many = min(size, 20) if layout == {"libver": "earliest"} or "userblock_size" in layout else size
    try:
        write(path, size or 1, many, **layout)
    except (OSError, RuntimeError) as error:
        pytest.skip(f"the library refuses: {error}")
    with open(path, "rb") as file, h5py.File(path) as theirs:
        assert same(open_root(file, DEFAULT), theirs) > size


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_reads_the_values_that_the_library_reads(layout: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "file.h5"
    write(path, 1, 1, **layout)
    with open(path, "rb") as file, h5py.File(path) as theirs:
        root = open_root(file, DEFAULT)
        for name in ("scalar", "flags", "half", "big", "none", "chunks", "group_0/kernel"):
            node = root.find(name)
            assert node is not None
            values = read_array(node, file, name, DEFAULT)
            np.testing.assert_array_equal(values, theirs[name][()])
            assert values.dtype.isnative


@pytest.mark.parametrize("layout", [LAYOUTS[0], LAYOUTS[3], LAYOUTS[5]], ids=str)
def test_a_truncated_file_is_refused(layout: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "file.h5"
    write(path, 3, 3, **layout)
    data = path.read_bytes()
    for size in (len(data) - 1, len(data) - 512, len(data) // 2, 600, 100, 40, 8):
        with pytest.raises(SeluLintError, match="broken HDF5 file"):
            open_root(io.BytesIO(data[:size]), DEFAULT)


def test_values_outside_the_file_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "file.h5"
    secret = tmp_path / "secret.bin"
    secret.write_bytes(b"secrets!" * 8)
    with h5py.File(path, "w", libver="latest") as file:
        file.create_dataset("external", (8,), "f8", external=[(str(secret), 0, 64)])
        layout = h5py.VirtualLayout((8,), "f8")
        layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "x", (8,))
        file.create_virtual_dataset("virtual", layout)
    with open(path, "rb") as stream:
        root = open_root(stream, DEFAULT)
        for name in ("external", "virtual"):
            node = root.child(name)
            assert node is not None
            assert node.shape == (8,)
            assert node.is_external
            assert node.extent is None
            with pytest.raises(SeluLintError, match="outside the file"):
                read_array(node, stream, name, DEFAULT)


def test_the_library_follows_no_link_and_reads_no_other_file(tmp_path: Path) -> None:
    # Values in chunks are read by the library; in a damaged file it may see another dataset.
    path, other = tmp_path / "file.h5", tmp_path / "other.h5"
    with h5py.File(other, "w") as file:
        file["secret"] = np.arange(8.0)
    raw = tmp_path / "secret.bin"
    raw.write_bytes(bytes(64))
    with h5py.File(path, "w", libver="latest") as file:
        file.create_dataset("chunks", data=np.arange(8.0), chunks=(4,))
        file.create_group("group")["chunks"] = file["chunks"]
        file["link"] = h5py.ExternalLink(str(other), "/secret")
        file["group/root"] = h5py.ExternalLink(str(other), "/")
        file["soft"] = h5py.SoftLink("/chunks")
        file["loop"] = h5py.SoftLink("/loop")
        file.create_dataset("external", (8,), "f8", external=[(str(raw), 0, 64)])
        layout = h5py.VirtualLayout((8,), "f8")
        layout[:] = h5py.VirtualSource(str(other), "secret", (8,))
        file.create_virtual_dataset("virtual", layout)
        file.create_dataset("large", (1 << 20,), "f8", chunks=(4,))
    with open(path, "rb") as stream:
        node = open_root(stream, DEFAULT).child("chunks")
        assert node is not None
        for name in ("chunks", "group/chunks"):
            np.testing.assert_array_equal(read_array(node, stream, name, DEFAULT), np.arange(8.0))
        for name in ("link", "group/root/secret", "soft", "loop", "external", "virtual"):
            with pytest.raises(SeluLintError, match="lie outside the file"):
                read_array(node, stream, name, DEFAULT)
        with pytest.raises(LimitError, match=r"a variable takes.*'variable-bytes'"):
            read_array(node, stream, "large", Limits(variable_bytes=1 << 20))
        for name in ("group", "chunks/more", "nothing"):
            with pytest.raises(SeluLintError, match=r"cannot be read|outside the file"):
                read_array(node, stream, name, DEFAULT)


def test_an_enormous_shape_costs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "file.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("huge", (1 << 40,), "f4", chunks=(1024,))
        file.create_dataset("large", (1 << 28,), "f4", chunks=(1024,))
    with open(path, "rb") as stream:
        root = open_root(stream, DEFAULT)
        for name, message in (("huge", "more than"), ("large", "not stored")):
            node = root.child(name)
            assert node is not None
            with pytest.raises(SeluLintError, match=message):
                read_array(node, stream, name, DEFAULT)


def test_groups_that_contain_themselves_end(tmp_path: Path) -> None:
    path = tmp_path / "file.h5"
    with h5py.File(path, "w") as file:
        group = file.create_group("a")
        group["a"] = group
        file["soft"] = h5py.SoftLink("/soft")
    with open(path, "rb") as stream:
        root = open_root(stream, DEFAULT)
        assert list(root.links) == ["a"]
        assert root.find("/".join("a" * 1000)) is not None
