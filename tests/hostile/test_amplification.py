"""Small files that ask for far more memory or time than they take are refused."""

from __future__ import annotations

import io
import json
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import selu_lint
from selu_lint.cases import layer, sequential
from selu_lint.errors import SeluLintError
from selu_lint.formats import read
from selu_lint.formats.hdf5_reader.bytes import Storage
from selu_lint.formats.hdf5_reader.file import Node, open_root
from selu_lint.formats.hdf5_reader.values import GlobalHeap
from selu_lint.formats.saved_model.objects import ObjectGraph
from selu_lint.formats.writing.archive_groups import renames
from selu_lint.limits import DEFAULT, LimitError, Limits
from selu_lint.model.document import Document, Variable
from selu_lint.model.graph_builder import build_graph
from selu_lint.model.layer_tree import LayerTree
from tests.counting import calls
from tests.formats import wire

NAMES = Limits(names_bytes=100_000)
LONG = "x" * 1000


def dense(name: str) -> dict[str, Any]:
    return layer("Dense", name, units=2, activation="selu")


def graph_of(model: dict[str, Any], limits: Limits = DEFAULT) -> None:
    build_graph(Document("model", "architecture-json", "3.15.1", model, limits=limits))


def inside(owner: dict[str, Any]) -> dict[str, Any]:
    return sequential((2,), owner)


def many() -> list[dict[str, Any]]:
    return [dense(f"d{number}") for number in range(200)]


@pytest.mark.parametrize(
    "owner",
    [
        {"class_name": "Sequential", "config": {"name": LONG, "layers": many()}},
        {"class_name": "My>Block", "config": {"name": "block", LONG: many()}},
        {"class_name": "My>Block", "config": {"name": LONG, "parts": many()}},
        {
            "class_name": "My>Block",
            "config": {"name": "block", LONG: [{
                "class_name": "Dense", "config": {"name": "d", "units": 2},
            }] * 200},
        },
    ],
    ids=["path", "pointer", "custom", "same"],
)  # fmt: skip
def test_a_long_name_around_many_layers(owner: dict[str, Any]) -> None:
    graph_of(inside(owner))
    with pytest.raises(LimitError, match=r"paths of its layers take.*'names-bytes'"):
        graph_of(inside(owner), NAMES)


def test_a_long_name_around_many_slots() -> None:
    slots = {f"k{number}_initializer": "zeros" for number in range(200)}
    held = {"class_name": "My>Layer", "config": {"name": "l", "activation": "selu", **slots}}
    owner = {"class_name": "Sequential", "config": {"name": "s", "layers": [held]}}
    block = {"class_name": "My>Block", "config": {"name": "block", LONG: owner}}
    graph_of(inside(block))
    with pytest.raises(LimitError, match="'names-bytes'"):
        graph_of(inside(block), NAMES)


def test_names_of_models_inside_each_other() -> None:
    model = dense("d")
    for number in range(100):
        model = {
            "class_name": "Sequential",
            "config": {"name": f"{number}{LONG}", "layers": [model]},
        }
    with pytest.raises(LimitError, match="'names-bytes'"):
        graph_of(model, Limits(names_bytes=1_000_000))
    with pytest.raises(LimitError, match="'names-bytes'"):
        LayerTree(model, Limits(names_bytes=1_000_000))


def test_paths_of_bidirectional_in_bidirectional() -> None:
    model = layer("LSTM", "lstm", units=2)
    for number in range(60):
        model = layer("Bidirectional", f"b{number}", layer=model)
    with pytest.raises(LimitError, match="'names-bytes'"):
        LayerTree(inside(model), Limits(names_bytes=1 << 20))


@pytest.mark.parametrize("build", [lambda model: LayerTree(model, DEFAULT), graph_of])
def test_one_name_for_four_times_the_layers(build: Callable[[Any], object]) -> None:
    few, many = (sequential((2,), *[dense("d")] * count) for count in (500, 2000))
    assert calls(lambda: build(many)) < 4.4 * calls(lambda: build(few))


def hdf5(write: Any, **layout: Any) -> bytearray:
    file = io.BytesIO()
    with h5py.File(file, "w", **layout) as root:
        write(root)
    return bytearray(file.getvalue())


def test_names_that_lie_over_each_other() -> None:
    def write(root: Any) -> None:
        for number in range(200):
            root.create_group(f"{number:04}" + "x" * 200)

    data = hdf5(write, libver="earliest")
    heap = data.index(b"HEAP")
    size, segment = (struct.unpack_from("<Q", data, heap + at)[0] for at in (8, 24))
    data[segment + 8 : segment + size - 8] = b"y" * (size - 16)
    node, number = -1, 0
    while (node := data.find(b"SNOD", node + 1)) >= 0:
        for entry in range(struct.unpack_from("<H", data, node + 6)[0]):
            struct.pack_into("<Q", data, node + 8 + 40 * entry, 8 + number)
            number += 1
    assert number == 200
    assert len(open_root(io.BytesIO(data), DEFAULT).links) == 200
    with pytest.raises(LimitError, match=r"names in the HDF5 file take.*'names-bytes'"):
        _ = open_root(io.BytesIO(data), NAMES).links


def test_long_names_in_new_groups() -> None:
    data = hdf5(lambda root: [root.create_group(f"{n}{LONG}") for n in range(200)], libver="latest")
    assert len(open_root(io.BytesIO(data), DEFAULT).links) == 200
    with pytest.raises(LimitError, match="'names-bytes'"):
        _ = open_root(io.BytesIO(data), NAMES).links


def in_pieces(count: int) -> bytearray:
    """Return a file whose root comes in so many pieces."""
    data = hdf5(lambda root: None, libver="earliest")
    pieces = b"".join(
        struct.pack("<HHB3xQQ", 16, 16, 0, 8 * number, 0) for number in range(1, count + 1)
    )
    struct.pack_into("<Q", data, 24 + 40, len(data))
    data += struct.pack("<BxHII4x", 1, 0, 1, len(pieces)) + pieces + bytes(8 * count)
    struct.pack_into("<Q", data, 24 + 16, len(data))
    return data


def test_an_object_in_pieces_without_end() -> None:
    few, many = in_pieces(1000), in_pieces(4000)
    assert open_root(io.BytesIO(many), DEFAULT).messages == ()
    few_calls = calls(lambda: open_root(io.BytesIO(few), DEFAULT))
    assert calls(lambda: open_root(io.BytesIO(many), DEFAULT)) < 4.4 * few_calls
    with pytest.raises(LimitError, match=r"an object of the HDF5 file takes.*'attribute-bytes'"):
        open_root(io.BytesIO(many), Limits(attribute_bytes=1 << 15))


def test_a_piece_of_an_object_that_is_listed_twice() -> None:
    data = hdf5(lambda root: None, libver="earliest")
    pieces = struct.pack("<HHB3xQQ", 16, 16, 0, len(data) + 16, 24)
    struct.pack_into("<Q", data, 24 + 40, len(data))
    data += struct.pack("<BxHII4x", 1, 0, 1, len(pieces)) + pieces
    struct.pack_into("<Q", data, 24 + 16, len(data))
    with pytest.raises(SeluLintError, match="an object without end"):
        open_root(io.BytesIO(data), DEFAULT)


def test_texts_that_are_read_again_and_again() -> None:
    # Each is larger than what is kept, so that the other one is forgotten.
    def write(root: Any) -> None:
        root.attrs["one"], root.attrs["other"] = "x" * 5_000_000, "y" * 5_000_000

    data = bytes(hdf5(write, libver="latest"))
    first = data.index(b"GCOL")
    places = first, data.index(b"GCOL", first + 1)
    heap = GlobalHeap(Storage(io.BytesIO(data), Limits(structure_bytes=1 << 27)))
    with pytest.raises(LimitError, match=r"what describes the HDF5 file takes.*'structure-bytes'"):
        _ = [heap.object(place, 1) for place in places * 50]


def test_texts_of_one_number() -> None:
    data = hdf5(lambda root: root.attrs.update(one="x" * 30, other="y" * 30), libver="latest")
    entry = data.index(b"x" * 30) - 16
    second = data.index(b"y" * 30) - 16
    data[second : second + 2] = data[entry : entry + 2]
    root = open_root(io.BytesIO(data), DEFAULT)
    with pytest.raises(SeluLintError, match="two strings have one number"):
        root.attribute("one")


def doubling(depth: int) -> bytes:
    def write(root: Any) -> None:
        group = root.create_group("layers/dropout")
        for _ in range(depth):
            group["b"] = inner = group.create_group("a")
            group = inner

    return bytes(hdf5(write))


def test_groups_that_double_at_each_level_while_a_fix_looks_for_data() -> None:
    old = sequential((2,), layer("Dropout", "drop", rate=0.5), dense("dense"))
    new = sequential((2,), layer("AlphaDropout", "drop", rate=0.5), dense("dense"))

    def weights(depth: int, limits: Limits) -> Any:
        def open_weights() -> Node:
            return open_root(io.BytesIO(doubling(depth)), limits)

        return renames(old, new, open_weights, limits)

    assert weights(5, DEFAULT) == ()
    with pytest.raises(LimitError, match="'objects'"):
        weights(40, Limits(objects=10_000))
    with pytest.raises(LimitError, match=r"groups in the weights are nested.*'object-depth'"):
        weights(40, Limits(object_depth=20))


def custom(folder: Path, write: Any) -> Path:
    """Write an archive with a layer of a user's class, of which only the weights tell shapes."""
    config = {"name": "custom", "units": 2, "activation": "selu", "kernel_initializer": "he_normal"}
    model = sequential((2,), {"class_name": "My>Custom", "config": config})
    path = folder / "model.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(model))
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.15.1"}))
        archive.writestr("model.weights.h5", bytes(hdf5(write)))
    return path


def variables(path: Path, limits: Limits) -> tuple[Variable, ...]:
    weights = read(path, limits).weights
    assert weights is not None
    return weights.variables("custom")


def test_groups_that_hold_themselves(tmp_path: Path) -> None:
    def write(root: Any) -> None:
        group = root.create_group("layers/custom")
        group["vars/0"] = np.zeros((2, 2), "f4")
        group["inner"] = group

    path = custom(tmp_path, write)
    with pytest.raises(LimitError, match=r"groups in the weights are nested.*'object-depth'"):
        variables(path, DEFAULT)
    # What refuses the weights refuses the model: its kernels' shapes would be missing in silence.
    (file,) = selu_lint.check(path).files
    assert "raise the limit 'object-depth'" in (file.error or "")


def test_paths_of_variables_in_groups_with_long_names(tmp_path: Path) -> None:
    def write(root: Any) -> None:
        group = root.create_group(f"layers/custom/{LONG}")
        for number in range(200):
            group[f"part{number}/vars/0"] = np.zeros((2, 2), "f4")

    path = custom(tmp_path, write)
    assert len(variables(path, DEFAULT)) == 200
    with pytest.raises(LimitError, match=r"paths of its variables take.*'names-bytes'"):
        variables(path, NAMES)


@pytest.mark.slow
def test_what_is_read_again_is_not_counted_again(tmp_path: Path) -> None:
    def write(root: Any) -> None:
        for number in range(200):
            root[f"layers/custom/part{number}/vars/0"] = np.zeros((2, 2), "f4")

    weights: Any = read(custom(tmp_path, write), Limits(objects=3000)).weights
    for _ in range(20):
        for variable in weights.variables("custom"):
            assert weights.read(variable).shape == (2, 2)
            assert weights.extent(variable)[1] == 16


def test_long_names_of_layers_in_a_saved_model(tmp_path: Path) -> None:
    metadata = json.dumps({"class_name": "Block", "name": LONG, "config": {}})
    root = json.dumps({"class_name": "Model", "name": "model", "config": {}})
    objects = [wire.keras(root, "_tf_keras_model", inner=1)]
    objects += [wire.keras(metadata, inner=number + 1) for number in range(1, 50)]
    objects.append(wire.variable("v", 2))
    path = wire.write(tmp_path / "model", wire.saved_model([b""], objects=objects))
    assert len(read(path).orphans) == 49
    with pytest.raises(LimitError, match=r"paths of its layers take.*'names-bytes'"):
        read(path, NAMES)


@pytest.mark.slow
def test_objects_at_the_end_of_a_long_chain() -> None:
    # The paths to all of them together would take depth times as much as the file.
    chain = [wire.keras("", "", next=number + 1) for number in range(300)]
    leaves = {f"leaf{number}": 301 + number for number in range(10_000)}
    data = wire.message(
        *((1, each) for each in (*chain, wire.keras("", "", **leaves), *[b""] * 10_000))
    )
    graph = ObjectGraph(data, DEFAULT)
    tracemalloc.start()
    assert graph.path(10_300) == (*["next"] * 300, "leaf9999")
    assert tracemalloc.get_traced_memory()[1] < 15_000_000
    tracemalloc.stop()
    assert graph.path(20_000) == ()
    with pytest.raises(LimitError, match=r"more than 300 deep.*'object-depth'"):
        ObjectGraph(data, Limits(object_depth=300)).path(10_300)
