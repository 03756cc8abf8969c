"""SavedModels are read without TensorFlow: the layers of Keras 2, the operations of exports."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

import selu_lint
from selu_lint.formats import read
from selu_lint.model.document import Document
from tests.formats import wire

FIXTURES = Path(__file__).parents[2] / "fixtures"
EXPECTED = json.loads((FIXTURES / "models" / "expected.json").read_text())
KERAS = sorted(
    path.parent
    for path in FIXTURES.glob("saved_models/*/*/saved_model.pb")
    if path.parent.name in EXPECTED
)
OTHERS = FIXTURES / "saved_models" / "tf2.21"
EXPORTS = FIXTURES / "saved_models" / "keras3.15-tf"
CODES = tuple(f"SELU00{n}" for n in range(1, 7))


def _id(path: Path) -> str:
    return f"{path.parent.name}-{path.name}"


def _findings(path: Path) -> list[tuple[str, str, str, dict[str, object]]]:
    (file,) = selu_lint.check(path).files
    assert file.error is None
    return [(each.code, each.layer, each.message, dict(each.data)) for each in file.findings]


def _exported(document: Document) -> list[tuple[object, ...]]:
    return [(e.name, e.operation, e.activation, e.variable, e.shape) for e in document.exported]


def test_there_are_models_of_six_releases() -> None:
    assert len({path.parent for path in KERAS}) == 6
    assert len(KERAS) == 24


@pytest.mark.parametrize("path", KERAS, ids=_id)
def test_keras_models_give_the_expected_findings(path: Path) -> None:
    found = {(code, layer) for code, layer, _, _ in _findings(path) if code in CODES}
    expected = {
        (code, entry["layer"].replace("<inner LSTM>", "lstm"))
        for code in CODES
        for entry in EXPECTED[path.name].get(code, [])
    }
    assert {(code, layer.split("/lstm_")[0]) for code, layer in found} == expected


@pytest.mark.parametrize("path", KERAS, ids=_id)
def test_findings_are_those_of_the_same_model_in_hdf5(path: Path) -> None:
    other = FIXTURES / "models" / path.parent.name / f"{path.name}.h5"
    assert _findings(path) == _findings(other)


@pytest.mark.parametrize("path", KERAS, ids=_id)
def test_the_release_is_known(path: Path) -> None:
    version = read(path).keras_version
    release = path.parent.name.removeprefix("tf")
    assert version is not None
    assert version.startswith(release if release != "2.1" else "2.3.0-tf")


@pytest.mark.parametrize("path", [p for p in KERAS if p.name == "functional"], ids=_id)
def test_weights_are_those_of_the_same_model_in_hdf5(path: Path) -> None:
    weights = read(path).weights
    assert weights is not None
    with h5py.File(FIXTURES / "models" / path.parent.name / "functional.h5") as file:
        root = file["model_weights"]
        for layer, group in {
            "conv_ok": "conv_ok",
            "td/td_inner": "td",
            "bidi/lstm": "bidi",
            "shared": "shared",
            "block/block_dense": "block",
        }.items():
            names = [str(name) for name in root[group].attrs["weight_names"].astype(str)]
            variables = weights.variables(layer)
            assert [each.name for each in variables] == [
                name.rpartition("/")[2].split(":")[0] for name in names
            ]
            for variable, name in zip(variables, names, strict=True):
                assert variable.dtype == "float32"
                assert variable.shape == root[group][name].shape
                np.testing.assert_array_equal(weights.read(variable), root[group][name][()])


def test_the_layers_of_a_bidirectional_have_their_own_weights() -> None:
    weights = read(FIXTURES / "saved_models/tf2.15/functional").weights
    assert weights is not None
    both = weights.variables("bidi/lstm")
    forward = weights.variables("bidi/forward_lstm")
    backward = weights.variables("bidi/backward_lstm")
    assert [each.name for each in forward] == ["kernel", "recurrent_kernel", "bias"]
    assert both == forward + backward
    assert not np.array_equal(weights.read(forward[0]), weights.read(backward[0]))


@pytest.mark.parametrize(
    ("model", "iterations"),
    [("tf2.21/trained", 6), ("tf2.15/cnn_broken", 0), ("tf2.1/cnn_broken", None)],
)
def test_optimizer_steps(model: str, iterations: int | None) -> None:
    weights = read(FIXTURES / "saved_models" / model).weights
    assert weights is not None
    assert weights.iterations() == iterations


def test_unknown_layers_have_no_variables() -> None:
    weights = read(KERAS[0]).weights
    assert weights is not None
    assert weights.variables("no such layer") == ()


@pytest.mark.parametrize("name", ["cnn_broken", "cnn_clean"])
def test_export_of_a_sequential_model(name: str) -> None:
    document = read(EXPORTS / f"{name}_export")
    assert document.architecture is None
    assert document.keras_version is None
    assert _exported(document) == [
        (f"{name}/conv", "Conv2D", "selu", f"{name}/conv/kernel", (3, 3, 1, 4)),
        (f"{name}/hidden", "MatMul", "selu", f"{name}/hidden/kernel", (144, 16)),
    ]


def test_export_of_a_functional_model() -> None:
    """Each layer once, however often it is called or unrolled; those with relu are absent."""
    found = _exported(read(EXPORTS / "functional_export"))
    cell = "bidi/{}_lstm/lstm_cell"
    assert [(name, variable, shape) for name, _, _, variable, shape in found] == [
        ("conv_ok", "conv_ok/kernel", (3, 6, 8)),
        ("td/td_inner", "td/td_inner/kernel", (8, 8)),
        *(
            (cell.format(way), f"{cell.format(way)}/{name}", (rows, 16))
            for way in ("forward", "backward")
            for name, rows in (("kernel", 8), ("recurrent_kernel", 4))
        ),
        ("linear_then_selu", "linear_then_selu/kernel", (8, 8)),
        ("shared", "shared/kernel", (8, 8)),
        ("block_dense", "block_dense/kernel", (8, 8)),
    ]
    assert {operation for _, operation, _, _, _ in found} == {"MatMul", "Conv2D"}


def test_export_of_separable_convolutions() -> None:
    found = _exported(read(EXPORTS / "separable_export"))
    assert [(name, operation, variable) for name, operation, _, variable, _ in found] == [
        ("separable", "DepthwiseConv2dNative", "separable/depthwise_kernel"),
        ("separable", "Conv2D", "separable/pointwise_kernel"),
        ("depthwise", "DepthwiseConv2dNative", "depthwise/kernel"),
        ("vs_equal", "MatMul", "vs_equal/kernel"),
        ("lecun_uniform", "MatMul", "lecun_uniform/kernel"),
        ("random_normal", "MatMul", "random_normal/kernel"),
    ]


def test_weights_of_an_export_are_those_of_the_model() -> None:
    weights = read(EXPORTS / "separable_export").weights
    assert weights is not None
    with h5py.File(FIXTURES / "models/keras3.15-tf/separable.h5") as file:
        root = file["model_weights"]
        for layer in ("separable", "depthwise", "vs_equal"):
            for variable in weights.variables(layer):
                stored = root[layer][layer][variable.name][()]
                np.testing.assert_array_equal(weights.read(variable), stored)
    assert len(weights.variables("separable")) == 2


def test_every_kind_of_kernel_is_followed() -> None:
    found = _exported(read(OTHERS / "kinds"))
    assert {(name, operation) for name, operation, _, _, _ in found} == {
        ("dilated", "DepthwiseConv2dNative"),
        ("dilated", "Conv2D"),
        ("conv", "Conv2D"),  # through BatchNormalization
        ("transpose", "Conv2DBackpropInput"),
        ("dense_4d", "MatMul"),  # through tensordot
        ("conv1d", "Conv2D"),
        ("einsum", "Einsum"),
    }


def test_modules_are_named_by_their_attributes() -> None:
    found = _exported(read(OTHERS / "module"))
    assert [(name, operation, shape) for name, operation, _, _, shape in found] == [
        ("first", "MatMul", (6, 8)),
        ("second", "MatMul", (8, 8)),
        ("filters", "Conv2D", (3, 3, 1, 4)),
    ]


def test_hand_written_selus_are_known_by_their_constants() -> None:
    found = _exported(read(OTHERS / "hand_written"))
    assert {name: activation for name, _, activation, _, _ in found} == {
        "a": "Exp, alpha 1.67326, scale 1.0507",
        "b": "Expm1, scale times alpha 1.7581",
        "c": "Elu, alpha 1.6733, scale 1.0507",
        "d": "Elu, alpha 1.67326, no scale",
        "e": "Expm1, alpha 1.67326, scale 1.0507",
    }


@pytest.mark.parametrize("name", ["tf1_resource", "tf1_reference"])
def test_graphs_of_tensorflow_1(name: str) -> None:
    document = read(OTHERS / name)
    assert [(each.name, each.operation, each.shape) for each in document.exported] == [
        ("conv", "Conv2D", (3, 3, 1, 4)),
        ("dense", "MatMul", (144, 8)),
        ("frozen", "MatMul", (8, 4)),
        ("loop", "MatMul", (4, 4)),
    ]
    assert document.weights is not None
    (kernel,) = document.weights.variables("dense")
    assert document.weights.read(kernel).shape == (144, 8)
    assert 0.08 < document.weights.read(kernel).std() < 0.095
    assert document.weights.variables("frozen") == ()


def test_a_subclassed_model_gives_its_layers_without_connections() -> None:
    document = read(OTHERS / "subclassed")
    assert document.architecture == {"class_name": "Subclassed", "config": {}}
    assert document.keras_version == "2.21.0"
    orphans = document.orphans
    assert list(orphans) == ["stem", "inner", "td", "drop", "block_0", "block_1"]
    assert orphans["stem"]["class_name"] == "Dense"
    assert orphans["stem"]["config"]["activation"] == "selu"
    assert len(orphans["inner"]["config"]["layers"]) == 3
    # The SELU of block_0 is in no config, but among the operations.
    assert [each.name for each in document.exported] == [
        "stem",
        "block_0",
        "inner/inner_dense",
        "td/td_inner",
    ]
    assert document.weights is not None
    assert [each.shape for each in document.weights.variables("block_0")] == [(8, 8), (8,)]


def test_a_subclassed_model_without_metadata_is_inference_only() -> None:
    document = read(OTHERS / "subclassed_inference")
    assert document.architecture is None
    assert document.orphans == {}
    assert len(document.exported) == 4


def test_models_that_show_their_layers_have_neither_orphans_nor_exported_layers() -> None:
    document = read(FIXTURES / "saved_models/tf2.15/functional")
    assert document.orphans == {}
    assert document.exported == ()


def test_the_file_itself_is_read_as_its_folder() -> None:
    folder = FIXTURES / "saved_models/tf2.15/cnn_broken"
    assert read(folder / "saved_model.pb").architecture == read(folder).architecture


def test_opaque_operations_are_told(tmp_path: Path) -> None:
    path = wire.write(tmp_path, wire.saved_model([wire.node("call", "XlaCallModule")]))
    document = read(path)
    assert document.exported == ()
    assert document.unread == (
        "the operation XlaCallModule holds StableHLO code, which is not looked into",
    )


def test_a_selu_without_a_kernel_is_still_told(tmp_path: Path) -> None:
    nodes = [wire.node("x", "Placeholder"), wire.node("block/act/Selu", "Selu", "x")]
    document = read(wire.write(tmp_path, wire.saved_model(nodes)))
    assert _exported(document) == [("block/act", "", "selu", "", None)]


def test_a_kernel_is_followed_through_nested_calls(tmp_path: Path) -> None:
    """The call that a tensor came from decides which argument it is, not another call."""
    inner = wire.function(
        "inner",
        ["x", "w"],
        [
            wire.node("read", "ReadVariableOp", "w"),
            wire.node("dense/MatMul", "MatMul", "x", "read:value:0"),
        ],
        y="dense/MatMul:product:0",
    )
    outer = wire.function(
        "outer",
        ["x", "v", "w"],
        [
            wire.node("relu_call", "PartitionedCall", "x", "v", f=wire.calls("inner")),
            wire.node("relu", "Relu", "relu_call:output:0"),
            wire.node("selu_call", "PartitionedCall", "relu", "w", f=wire.calls("inner")),
            wire.node("selu/Selu", "Selu", "selu_call:output:0"),
        ],
        y="selu/Selu:activations:0",
    )
    objects = [wire.message(), wire.variable("v", 2, 3), wire.variable("w", 3, 4)]
    data = wire.saved_model([], [inner, outer], objects, {"outer": [1, 2]})
    (layer,) = read(wire.write(tmp_path, data)).exported
    assert (layer.variable, layer.shape) == ("w", (3, 4))


def test_the_nearest_kernel_is_taken_through_a_residual_sum(tmp_path: Path) -> None:
    nodes = [
        wire.node("near/kernel", "VarHandleOp", shape=wire.message((7, wire.shape(4, 4)))),
        wire.node("far/kernel", "VarHandleOp", shape=wire.message((7, wire.shape(4, 4)))),
        wire.node("far/MatMul", "MatMul", "x", "far/kernel"),
        wire.node("near/MatMul", "MatMul", "far/MatMul", "near/kernel"),
        wire.node("far/BiasAdd", "BiasAdd", "far/MatMul", "b"),
        wire.node("add", "AddV2", "far/BiasAdd", "near/MatMul"),
        wire.node("Selu", "Selu", "add"),
    ]
    (layer,) = read(wire.write(tmp_path, wire.saved_model(nodes))).exported
    assert layer.variable == "near/kernel"


@pytest.mark.parametrize("implementation", ["upb", "python"])
def test_neither_tensorflow_nor_the_default_pool_is_touched(implementation: str) -> None:
    """And both implementations of the protobuf library read the same."""
    program = """
import sys
from selu_lint.formats import read
paths = sys.argv[1:]
print([len(read(path).exported) for path in paths])
from google.protobuf import descriptor_pool
from google.protobuf.internal import api_implementation
assert not {"tensorflow", "keras", "tf_keras", "numpy", "h5py"} & sys.modules.keys()
try:
    descriptor_pool.Default().FindMessageTypeByName("selu_lint.SavedModel")
except KeyError:
    print(api_implementation.Type())
"""
    paths = [str(EXPORTS / "functional_export"), str(OTHERS / "module"), str(KERAS[0])]
    result = subprocess.run(
        [sys.executable, "-c", program, *paths],
        capture_output=True,
        text=True,
        check=True,
        env={"PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": implementation},
    )
    assert result.stdout.split("\n") == ["[9, 3, 0]", implementation, ""]
