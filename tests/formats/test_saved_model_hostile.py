"""Damaged, hostile and enormous SavedModels: one clear line, nothing run, in bounded time."""

from __future__ import annotations

import json
import os
import shutil
import struct
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selu_lint.errors import SeluLintError
from selu_lint.formats import read
from selu_lint.formats.saved_model import reading
from selu_lint.formats.saved_model.folder import SavedModelFolder
from selu_lint.formats.saved_model.tensor_bundle import TensorBundle
from selu_lint.limits import DEFAULT, LimitError, Limits
from selu_lint.model.document import Variable
from tests.formats import wire

FIXTURES = Path(__file__).parents[2] / "fixtures" / "saved_models"
SOURCES = ("tf2.1/cnn_broken", "tf2.15/cnn_broken", "tf2.21/module", "tf2.21/tf1_resource")
PARTS = ("saved_model.pb", "keras_metadata.pb", "variables/variables.index")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A Keras SavedModel that a test may damage."""
    return Path(shutil.copytree(FIXTURES / "tf2.15/cnn_broken", tmp_path / "model"))


@pytest.fixture(autouse=True)
def _no_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)


def _refusal(path: Path | str, limits: Limits = DEFAULT) -> str:
    with pytest.raises(SeluLintError) as refusal:
        read(path, limits)
    message = str(refusal.value)
    assert "\n" not in message
    assert str(path) not in message
    return message


def _read_all(folder: str) -> None:
    """Read everything there is to read of a SavedModel."""
    document = reading.read(folder, DEFAULT)
    weights = document.weights
    assert weights is not None
    weights.iterations()
    for layer in ("conv", "hidden", *(each.name for each in document.exported)):
        for variable in weights.variables(layer):
            weights.read(variable)


@pytest.mark.parametrize("part", PARTS[:2])
def test_truncated(model: Path, part: str) -> None:
    data = (model / part).read_bytes()
    # At other places a message ends by chance and what is left of it is whole.
    for size in (1, 3, 100, len(data) // 2, len(data) - 1):
        (model / part).write_bytes(data[:size])
        message = _refusal(model)
        assert "truncated" in message or "holds no graph" in message


@pytest.mark.parametrize("part", PARTS[:2])
@pytest.mark.parametrize("data", [b"garbage!", b"\xff" * 100, b"\x00", b"<html></html>"])
def test_garbage(model: Path, part: str, data: bytes) -> None:
    (model / part).write_bytes(data)
    assert part in _refusal(model)


@pytest.mark.parametrize("part", PARTS[:2])
def test_empty(model: Path, part: str) -> None:
    (model / part).write_bytes(b"")
    assert _refusal(model) == f"{part} is empty"


@pytest.mark.parametrize("part", PARTS[:2])
def test_pointers_of_git_lfs(model: Path, part: str) -> None:
    (model / part).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    assert "git lfs pull" in _refusal(model)


@pytest.mark.parametrize("part", PARTS[:2])
def test_too_large(model: Path, part: str) -> None:
    os.truncate(model / part, DEFAULT.protobuf_bytes + 1)
    assert _refusal(model) == (
        f"{part} takes more than 512 MiB: refused; raise the limit 'protobuf-bytes' "
        "if you trust the file"
    )


@pytest.mark.parametrize("part", PARTS[:2])
def test_links_out_of_the_folder_are_not_followed(model: Path, part: str, tmp_path: Path) -> None:
    shutil.move(model / part, tmp_path / "outside")
    (model / part).symlink_to(tmp_path / "outside")
    assert "symbolic link out of the folder" in _refusal(model)


def test_variables_behind_a_link_are_not_followed(model: Path, tmp_path: Path) -> None:
    shutil.move(model / "variables", tmp_path / "outside")
    (model / "variables").symlink_to(tmp_path / "outside")
    weights = read(model).weights
    assert weights is not None
    (kernel, _) = weights.variables("conv")
    with pytest.raises(SeluLintError, match="symbolic link out of the folder"):
        weights.read(kernel)


def test_a_shard_behind_a_link_is_not_followed(model: Path, tmp_path: Path) -> None:
    shard = model / "variables/variables.data-00000-of-00001"
    shutil.move(shard, tmp_path / "outside")
    shard.symlink_to(tmp_path / "outside")
    weights = read(model).weights
    assert weights is not None
    with pytest.raises(SeluLintError, match="data-00000-of-00001 is a symbolic link out of"):
        weights.read(weights.variables("conv")[0])


def test_links_within_the_folder_are_followed(model: Path) -> None:
    (model / "saved_model.pb").rename(model / "other.pb")
    (model / "saved_model.pb").symlink_to("other.pb")
    assert read(model).architecture is not None


def test_a_link_to_the_folder_is_followed(model: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(model)
    assert read(tmp_path / "link").architecture is not None


def test_links_in_a_circle(model: Path) -> None:
    (model / "keras_metadata.pb").unlink()
    (model / "keras_metadata.pb").symlink_to("keras_metadata.pb")
    assert "cannot be read" in _refusal(model)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_in_the_folder_is_not_waited_for(model: Path) -> None:
    (model / "keras_metadata.pb").unlink()
    os.mkfifo(model / "keras_metadata.pb")
    assert _refusal(model) == "keras_metadata.pb is not a file"


def test_missing_variables(model: Path) -> None:
    shutil.rmtree(model / "variables")
    weights = read(model).weights
    assert weights is not None
    (kernel, _) = weights.variables("conv")
    assert kernel.shape == (3, 3, 1, 4)
    with pytest.raises(SeluLintError, match=r"variables\.index is missing"):
        weights.read(kernel)
    assert weights.iterations() is None


def test_damaged_variables(model: Path) -> None:
    index = model / "variables/variables.index"
    data = index.read_bytes()
    for damaged in (data[:-1], data[10:], b"x" * 100, data[:20] + b"\xff" + data[21:]):
        index.write_bytes(damaged)
        weights = read(model).weights
        assert weights is not None
        with pytest.raises(SeluLintError, match=r"variables\.index"):
            weights.read(weights.variables("conv")[0])
    index.write_bytes(data)
    shard = model / "variables/variables.data-00000-of-00001"
    shard.write_bytes(shard.read_bytes()[:10])
    weights = read(model).weights
    assert weights is not None
    with pytest.raises(SeluLintError, match="truncated"):
        weights.read(weights.variables("conv")[0])


def test_variables_that_are_not_there(model: Path) -> None:
    weights = read(model).weights
    assert weights is not None
    for location in ("", "no/such", "layer_with_weights-0"):
        with pytest.raises(SeluLintError, match="the variables hold no"):
            weights.read(Variable("kernel", location, (1,), "float32"))


def test_huge_variables_are_not_read(model: Path) -> None:
    weights = read(model, DEFAULT._replace(variable_bytes=100)).weights
    assert weights is not None
    with pytest.raises(
        SeluLintError, match=r"a variable takes more than 100 bytes.*'variable-bytes'"
    ):
        weights.read(weights.variables("conv")[0])


def test_a_checkpoint_in_a_form_that_is_not_read_is_one_line(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = TensorBundle(SavedModelFolder(str(model)), DEFAULT)
    key = next(key for key in bundle._entries if key.endswith("kernel/.ATTRIBUTES/VARIABLE_VALUE"))
    assert bundle.read(key).dtype == "float32"
    monkeypatch.setattr(bundle, "_little_endian", False)
    with pytest.raises(SeluLintError, match="in a big-endian checkpoint, which is not read; save"):
        bundle.read(key)


def test_too_many_variables_in_an_index(model: Path) -> None:
    with pytest.raises(LimitError, match=r"variables\.index lists more than 3.*'objects'"):
        TensorBundle(SavedModelFolder(str(model)), DEFAULT._replace(objects=3))


def test_a_checkpoint_past_a_limit_does_not_pass_for_an_untrained_one(model: Path) -> None:
    weights = read(model, DEFAULT._replace(objects=3)).weights
    assert weights is not None
    with pytest.raises(LimitError, match="'objects'"):
        weights.iterations()


def _block(entries: bytes, restarts: int = 0) -> bytes:
    """Return a block of a checkpoint's index, with its checksum."""
    data = entries + struct.pack("<I", 0) * restarts + struct.pack("<IB", restarts, 0)
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    masked = ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
    return data + struct.pack("<I", masked)


@pytest.mark.parametrize(("times", "refused"), [(1, False), (50, True)])
def test_one_block_of_an_index_is_not_read_again_and_again(
    model: Path, times: int, refused: bool
) -> None:
    block = _block(b"", restarts=250)
    handle = wire.varint(0) + wire.varint(len(block) - 5)
    listed = _block(b"".join(bytes([0, 1, len(handle)]) + b"k" + handle for _ in range(times)))
    places = handle + wire.varint(len(block)) + wire.varint(len(listed) - 5)
    footer = places.ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57)
    (model / "variables/variables.index").write_bytes(block + listed + footer)
    folder = SavedModelFolder(str(model))
    if not refused:
        TensorBundle(folder, DEFAULT)
        return
    with pytest.raises(SeluLintError, match="damaged"):
        TensorBundle(folder, DEFAULT)


def test_names_in_an_index_are_bounded(model: Path) -> None:
    with pytest.raises(
        SeluLintError, match=r"variables\.index take more than 100 bytes.*'names-bytes'"
    ):
        TensorBundle(SavedModelFolder(str(model)), DEFAULT._replace(names_bytes=100))


def test_many_tiny_messages_are_counted_before_they_are_parsed(tmp_path: Path) -> None:
    limits = DEFAULT._replace(protobuf_nodes=1000)
    path = wire.write(tmp_path / "nodes", wire.saved_model([b""] * 1001))
    assert "more than 1,000" in _refusal(path, limits)
    path = wire.write(tmp_path / "objects", wire.saved_model(objects=[b""] * 1001))
    assert "more than 1,000" in _refusal(path, limits)
    functions = [wire.function(str(n), [], [b""] * 400) for n in range(3)]
    path = wire.write(tmp_path / "functions", wire.saved_model(functions=functions))
    assert "it has more than 1,000 operations" in _refusal(path, limits)


def test_no_graph(tmp_path: Path) -> None:
    assert "holds no graph" in _refusal(wire.write(tmp_path / "a", wire.message((1, 1))))
    graph_def = wire.message((1, wire.node("x", "Placeholder")))
    assert "holds no graph" in _refusal(wire.write(tmp_path / "b", graph_def))


def test_cyclic_operations(tmp_path: Path) -> None:
    nodes = [
        wire.node("a", "Identity", "b"),
        wire.node("b", "AddV2", "a", "a"),
        wire.node("layer/Selu", "Selu", "b"),
        wire.node("MatMul", "MatMul", "x", "c"),
        wire.node("c", "Identity", "c"),
        wire.node("other/Selu", "Selu", "MatMul"),
    ]
    document = read(wire.write(tmp_path, wire.saved_model(nodes)))
    assert [(each.name, each.operation) for each in document.exported] == [
        ("layer", ""),
        ("other", ""),
    ]


def test_functions_that_call_themselves(tmp_path: Path) -> None:
    nodes = [
        wire.node("call", "PartitionedCall", "x", f=wire.calls("f")),
        wire.node("Selu", "Selu", "call:output:0"),
    ]
    data = wire.saved_model(functions=[wire.function("f", ["x"], nodes, y="call:output:0")])
    assert "more than 64 deep: refused; raise the limit 'call-depth'" in _refusal(
        wire.write(tmp_path, data)
    )


def test_paths_that_double_at_each_call_are_bounded(tmp_path: Path) -> None:
    functions = [
        wire.function(
            f"f{n}",
            ["x"],
            [
                wire.node("a", "PartitionedCall", "x", f=wire.calls(f"f{n + 1}")),
                wire.node("b", "PartitionedCall", "x", f=wire.calls(f"f{n + 1}")),
                wire.node("c", "AddV2", "a:output:0", "b:output:0"),
                wire.node("Selu", "Selu", "c:z:0"),
            ],
            y="c:z:0",
        )
        for n in range(60)
    ]
    path = wire.write(tmp_path, wire.saved_model(functions=functions))
    assert read(path).exported
    assert "takes more than 1,000 steps" in _refusal(path, DEFAULT._replace(graph_steps=1000))


def test_references_to_nothing(tmp_path: Path) -> None:
    nodes = [
        wire.node("call", "PartitionedCall", "x", f=wire.calls("nowhere")),
        wire.node("a/Selu", "Selu", "call:output:7"),
        wire.node("b/Selu", "Selu", ":::"),
        wire.node("c/Selu", "Selu"),
        wire.node("d/Selu", "Selu", "^control"),
        wire.node("MatMul", "MatMul"),
        wire.node("e/Selu", "Selu", "MatMul"),
        wire.node("Mul", "Mul", "", ""),
    ]
    empty = wire.function("", ["x", "x"], nodes, y="")
    document = read(wire.write(tmp_path, wire.saved_model(nodes, [empty])))
    assert {each.operation for each in document.exported} == {""}


def test_captures_of_nothing(tmp_path: Path) -> None:
    nodes = [wire.node("MatMul", "MatMul", "x", "w"), wire.node("Selu", "Selu", "MatMul")]
    functions = [wire.function("f", ["x", "w"], nodes)]
    path = wire.write(tmp_path, wire.saved_model([], functions, [b""], {"f": [0, 99]}))
    assert "refers to its node 99, but has 1" in _refusal(path)
    path = wire.write(tmp_path, wire.saved_model([], functions, [b""], {"f": [0] * 9}))
    assert [each.variable for each in read(path).exported] == [""]


def test_cyclic_objects(tmp_path: Path) -> None:
    layer = json.dumps({"class_name": "Dense", "name": "dense", "config": {"name": "dense"}})
    root = json.dumps({"class_name": "Model", "name": "model", "config": {}})
    objects = [
        wire.keras(root, "_tf_keras_model", a=1, b=2),
        wire.keras(layer, child=2, root=0),
        wire.keras(layer, child=1, self=2),
    ]
    document = read(wire.write(tmp_path, wire.saved_model([b""], objects=objects)))
    assert list(document.orphans) == ["dense", "dense:2"]


def test_objects_nested_without_end(tmp_path: Path) -> None:
    root = json.dumps({"class_name": "Model", "name": "model", "config": {}})
    layer = json.dumps({"class_name": "Block", "name": "block", "config": {}})
    objects = [wire.keras(root, "_tf_keras_model", inner=1)]
    objects += [wire.keras(layer, inner=number + 1) for number in range(1, 5000)]
    objects.append(wire.variable("v", 2))
    path = wire.write(tmp_path, wire.saved_model([b""], objects=objects))
    assert "nested more than 400 deep: refused; raise the limit 'object-depth'" in _refusal(path)


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ("{", "broken JSON"),
        ("[]", "no JSON object"),
        ("[" * 100_000, "nested more than 400 deep"),
        ('{"class_name": "Model", "class_name": "Model"}', "stands twice"),
    ],
)
def test_broken_metadata(tmp_path: Path, metadata: str, message: str) -> None:
    objects = [wire.keras(metadata, "_tf_keras_model")]
    assert message in _refusal(wire.write(tmp_path, wire.saved_model([b""], objects=objects)))


@pytest.mark.parametrize(
    "metadata",
    [
        {"class_name": 3, "config": {}},
        {"class_name": "Sequential", "config": []},
        {"class_name": "Sequential", "config": {"layers": None}},
        {"class_name": "Sequential", "config": {"layers": {"class_name": "__tuple__", "items": 3}}},
        {"class_name": "__tuple__", "items": 1},
        {"keras_version": {}},
    ],
)
def test_metadata_of_other_types(tmp_path: Path, metadata: object) -> None:
    objects = [wire.keras(json.dumps(metadata), "_tf_keras_model")]
    path = wire.write(tmp_path, wire.saved_model([b""], objects=objects))
    if metadata == {"class_name": "__tuple__", "items": 1}:
        assert "no JSON object" in _refusal(path)
    else:
        assert read(path).keras_version is None


_MUTATION = st.tuples(
    st.floats(0, 1),
    st.sampled_from(["set", "flip", "cut", "insert", "end", "copy"]),
    st.binary(min_size=1, max_size=10),
)


@pytest.mark.slow
@settings(max_examples=300)
@given(
    source=st.sampled_from(SOURCES),
    part=st.sampled_from(PARTS),
    mutations=st.lists(_MUTATION, min_size=1, max_size=8),
)
def test_no_damage_is_a_crash(
    tmp_path_factory: pytest.TempPathFactory,
    source: str,
    part: str,
    mutations: list[tuple[float, str, bytes]],
) -> None:
    origin = FIXTURES / source
    if not (origin / part).exists():
        part = "saved_model.pb"
    folder = tmp_path_factory.getbasetemp() / source.replace("/", "-")
    if not folder.exists():
        shutil.copytree(origin, folder)
    data = (origin / part).read_bytes()
    for place, kind, new in mutations:
        at = int(place * len(data))
        data = {
            "set": data[:at] + new + data[at + len(new) :],
            "flip": data[:at] + bytes(each ^ new[0] for each in data[at : at + 1]) + data[at + 1 :],
            "cut": data[:at] + data[at + new[0] :],
            "insert": data[:at] + new + data[at:],
            "end": data[:at],
            "copy": data[:at] + data[new[0] : 3 * new[0]] + data[at:],
        }[kind]
    (folder / part).write_bytes(data)
    refusal = ""
    try:
        _read_all(str(folder))
    except SeluLintError as error:
        refusal = str(error)
    finally:
        (folder / part).write_bytes((origin / part).read_bytes())
    assert "\n" not in refusal
