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
from tests.quick import one_in

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
            values = read_array(node, DEFAULT)
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
                read_array(node, DEFAULT)


CHUNKS: list[dict[str, Any]] = [
    {"chunks": (4, 3)},
    {"chunks": (8, 10), "compression": "gzip"},
    {"chunks": (16, 16), "maxshape": (20, 30)},
    {"chunks": (1, 1), "shuffle": True},
    {"chunks": (4, 3), "compression": "gzip", "shuffle": True, "fletcher32": True},
    {"chunks": (5, 9), "compression": "lzf"},
    {"chunks": (3, 3), "fletcher32": True},
    {"chunks": (3, 3), "maxshape": (20, 30)},
    {"chunks": (3, 4), "maxshape": (None, None)},
    {"chunks": (3, 4), "maxshape": (None, None), "compression": "gzip"},
]
"""Ways to store values in chunks; among them all indexes of chunks but that of growing rows."""


@pytest.mark.parametrize("libver", ["earliest", "v108", "latest"])
@pytest.mark.parametrize("form", CHUNKS, ids=str)
def test_reads_chunks_as_the_library_does(form: dict[str, Any], libver: str) -> None:
    stream = io.BytesIO()
    values = {
        "random": np.random.default_rng(0).normal(size=(8, 10)).astype("f4"),
        "same": np.ones((8, 10), ">i2"),
        "growing": np.arange(80, dtype="u1").reshape(8, 10) // 3,
        "many": np.arange(1200.0).reshape(30, 40) if "maxshape" not in form else np.eye(3),
    }
    with h5py.File(stream, "w", libver=libver) as file:
        for name, array in values.items():
            file.create_dataset(name, data=array, **form)
    root = open_root(stream, DEFAULT)
    for name, array in values.items():
        node = root.child(name)
        assert node is not None
        np.testing.assert_array_equal(read_array(node, DEFAULT), array)


def test_reads_what_was_stored_before_any_chunk_was_indexed() -> None:
    stream = io.BytesIO()
    with h5py.File(stream, "w", libver="latest") as file:
        for name, place in (("in_a_row", h5py.h5d.ALLOC_TIME_EARLY), ("compact", None)):
            form = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            if place is None:
                form.set_layout(h5py.h5d.COMPACT)
            else:
                form.set_chunk((3, 4))
                form.set_alloc_time(place)
            space = h5py.h5s.create_simple((8, 10))
            made = h5py.h5d.create(file.id, name.encode(), h5py.h5t.NATIVE_INT32, space, form)
            made.write(h5py.h5s.ALL, h5py.h5s.ALL, np.arange(80, dtype="i4").reshape(8, 10))
    root = open_root(stream, DEFAULT)
    for name in ("in_a_row", "compact"):
        node = root.child(name)
        assert node is not None
        np.testing.assert_array_equal(read_array(node, DEFAULT), np.arange(80).reshape(8, 10))


@pytest.mark.parametrize("libver", ["earliest", "latest"])
@pytest.mark.parametrize("form", one_in(4, CHUNKS), ids=str)
def test_damaged_chunks_are_refused_or_read_as_something(form: dict[str, Any], libver: str) -> None:
    stream = io.BytesIO()
    with h5py.File(stream, "w", libver=libver) as file:
        file.create_dataset("x", data=np.arange(80.0).reshape(8, 10), **form)
    data, generator = stream.getvalue(), np.random.default_rng(0)
    refused = 0
    for _ in range(200):
        damaged = bytearray(data)
        for place in generator.integers(0, len(data), 3):
            damaged[place] ^= int(generator.integers(1, 256))
        try:
            node = open_root(io.BytesIO(damaged), DEFAULT).child("x")
            assert node is None or not node.is_dataset or read_array(node, DEFAULT).size >= 0
        except SeluLintError:
            refused += 1
    assert refused


def test_a_checksum_that_does_not_hold_is_told() -> None:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        made = file.create_dataset("x", data=np.arange(8.0), chunks=(8,), fletcher32=True)
        place = made.id.get_chunk_info(0).byte_offset
    damaged = bytearray(stream.getvalue())
    damaged[place + 3] ^= 1
    node = open_root(io.BytesIO(damaged), DEFAULT).child("x")
    assert node is not None
    with pytest.raises(SeluLintError, match="checksum"):
        read_array(node, DEFAULT)


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"chunks": (4,), "maxshape": (None,)}, "arrays of chunks that can grow"),
        ({"chunks": (4,), "scaleoffset": 2}, "the filter 6"),
    ],
    ids=str,
)
def test_what_is_stored_as_few_files_are_is_refused(form: dict[str, Any], message: str) -> None:
    stream = io.BytesIO()
    with h5py.File(stream, "w", libver="latest") as file:
        file.create_dataset("x", data=np.arange(8.0), **form)
    node = open_root(stream, DEFAULT).child("x")
    assert node is not None
    with pytest.raises(SeluLintError, match=message):
        read_array(node, DEFAULT)


def test_a_chunk_much_larger_than_its_dataset_counts_as_large_as_it_is() -> None:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        form = {"chunks": (1 << 18,), "maxshape": (None,), "compression": "gzip"}
        file.create_dataset("x", data=np.ones(1), **form)
    node = open_root(stream, Limits(variable_bytes=1 << 20)).child("x")
    assert node is not None
    with pytest.raises(LimitError, match=r"a variable takes.*'variable-bytes'"):
        read_array(node, Limits(variable_bytes=1 << 20))


def test_chunks_with_gaps_between_them_are_not_made_up() -> None:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file.create_dataset("x", (8,), "f8", chunks=(4,))[:4] = 1
    node = open_root(stream, DEFAULT).child("x")
    assert node is not None
    with pytest.raises(SeluLintError, match="not stored"):
        read_array(node, DEFAULT)


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
                read_array(node, DEFAULT)


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
