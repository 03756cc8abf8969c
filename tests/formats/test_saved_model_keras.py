"""SavedModels against TensorFlow: its checkpoints, its protobufs, models that it writes now."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from selu_lint.errors import SeluLintError
from selu_lint.formats import read
from selu_lint.formats.saved_model import messages
from selu_lint.formats.saved_model.folder import SavedModelFolder
from selu_lint.formats.saved_model.tensor_bundle import TensorBundle
from selu_lint.limits import DEFAULT

pytestmark = pytest.mark.keras

FIXTURES = Path(__file__).parents[2] / "fixtures" / "saved_models"
FOLDERS = sorted(path.parent for path in FIXTURES.glob("*/*/saved_model.pb"))
OBJECTS = "_CHECKPOINTABLE_OBJECT_GRAPH"
# Where TensorFlow declares what saved_model.proto declares anew, and the names that differ.
DECLARED = {
    "SavedModel": "saved_model_pb2.SavedModel",
    "MetaGraph": "meta_graph_pb2.MetaGraphDef",
    "MetaInfo": "meta_graph_pb2.MetaGraphDef.MetaInfoDef",
    "Graph": "graph_pb2.GraphDef",
    "Library": "function_pb2.FunctionDefLibrary",
    "Function": "function_pb2.FunctionDef",
    "Signature": "op_def_pb2.OpDef",
    "Argument": "op_def_pb2.OpDef.ArgDef",
    "Node": "node_def_pb2.NodeDef",
    "Attribute": "attr_value_pb2.AttrValue",
    "AttributeList": "attr_value_pb2.AttrValue.ListValue",
    "Tensor": "tensor_pb2.TensorProto",
    "Shape": "tensor_shape_pb2.TensorShapeProto",
    "Dimension": "tensor_shape_pb2.TensorShapeProto.Dim",
    "ObjectGraph": "saved_object_graph_pb2.SavedObjectGraph",
    "Object": "saved_object_graph_pb2.SavedObject",
    "Child": "trackable_object_graph_pb2.TrackableObjectGraph.TrackableObject.ObjectReference",
    "UserObject": "saved_object_graph_pb2.SavedUserObject",
    "StoredVariable": "saved_object_graph_pb2.SavedVariable",
    "StoredConstant": "saved_object_graph_pb2.SavedConstant",
    "ConcreteFunction": "saved_object_graph_pb2.SavedConcreteFunction",
    "SavedMetadata": "saved_metadata_pb2.SavedMetadata",
    "LayerMetadata": "saved_metadata_pb2.SavedObject",
    "BundleHeader": "tensor_bundle_pb2.BundleHeaderProto",
    "BundleEntry": "tensor_bundle_pb2.BundleEntryProto",
    "CheckpointGraph": "trackable_object_graph_pb2.TrackableObjectGraph",
    "CheckpointObject": "trackable_object_graph_pb2.TrackableObjectGraph.TrackableObject",
    "CheckpointAttribute": (
        "trackable_object_graph_pb2.TrackableObjectGraph.TrackableObject.SerializedTensor"
    ),
}
SAME = {"enum": "int32", "message": "bytes"}


@pytest.fixture(scope="module")
def tensorflow() -> Any:
    """TensorFlow."""
    return pytest.importorskip("tensorflow")


def _descriptor(name: str) -> Any:
    import importlib

    module, *path = name.split(".")
    package = "tf_keras.protobuf" if module == "saved_metadata_pb2" else "tensorflow.core"
    for folder in ("", ".protobuf", ".framework"):
        try:
            found: Any = importlib.import_module(f"{package}{folder}.{module}")
            break
        except ModuleNotFoundError:
            continue
    else:
        pytest.skip(f"this TensorFlow has no {module}")
    for part in path:
        found = getattr(found, part)
    return found.DESCRIPTOR


@pytest.mark.parametrize("name", DECLARED)
def test_declarations_are_those_of_tensorflow(tensorflow: Any, name: str) -> None:
    """Same numbers, same wire types, same repetition."""
    source = Path(messages.__file__).with_name("saved_model.proto").read_text()
    body = re.search(rf"^message {name} {{\n(.*?)^}}", source, re.MULTILINE | re.DOTALL)
    assert body is not None
    theirs = _descriptor(DECLARED[name]).fields_by_number
    kinds = {number: kind[5:].lower() for kind, number in _types().items()}
    fields = re.findall(r"^  (repeated )?(\w+) \w+ = (\d+);", body[1], re.MULTILINE)
    assert fields
    for repeated, kind, number in fields:
        field = theirs[int(number)]
        wire = kinds[field.type]
        assert SAME.get(wire, wire) == kind or (wire, kind) == ("bytes", "string")
        many = field.is_repeated if hasattr(field, "is_repeated") else field.label == 3
        assert bool(repeated) == many


def _types() -> dict[str, int]:
    from google.protobuf import descriptor_pb2

    return dict(descriptor_pb2.FieldDescriptorProto.Type.items())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_checkpoints_are_read_as_tensorflow_reads_them(tensorflow: Any, folder: Path) -> None:
    bundle = TensorBundle(SavedModelFolder(str(folder)), DEFAULT)
    reader = tensorflow.train.load_checkpoint(str(folder / "variables" / "variables"))
    for key in reader.get_variable_to_shape_map():
        assert key in bundle
        if key == OBJECTS:
            assert bundle.text(key) == reader.get_tensor(key)
        else:
            np.testing.assert_array_equal(bundle.read(key), reader.get_tensor(key))


def test_sliced_variables_are_refused(tensorflow: Any, tmp_path: Path) -> None:
    v1 = tensorflow.compat.v1
    with tensorflow.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tensorflow.float32, [None, 6])
        split = v1.fixed_size_partitioner(2)
        kernel = v1.get_variable("kernel", [6, 4], partitioner=split, use_resource=False)
        session.run(v1.global_variables_initializer())
        y = tensorflow.nn.selu(tensorflow.matmul(x, tensorflow.convert_to_tensor(kernel)))
        v1.saved_model.simple_save(session, str(tmp_path / "model"), {"x": x}, {"y": y})
    bundle = TensorBundle(SavedModelFolder(str(tmp_path / "model")), DEFAULT)
    with pytest.raises(SeluLintError, match="in slices, which is not read; save the model anew"):
        bundle.read("kernel")


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_exports_of_today(tensorflow: Any, tmp_path: Path, dtype: str) -> None:
    keras = pytest.importorskip("keras")
    if keras.config.backend() != "tensorflow":
        pytest.skip("the export of another backend is StableHLO")
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(8, activation="selu", name="first", dtype=dtype),
            layers.AlphaDropout(0.1),
            layers.Dense(4, activation=keras.activations.selu, name="second"),
            layers.Dense(2, activation="elu", name="last"),
        ],
        name="model",
    )
    model.export(str(tmp_path / "export"), verbose=False)
    document = read(tmp_path / "export")
    found = [(each.name.rpartition("/")[2], each.shape) for each in document.exported]
    assert found == [("first", (6, 8)), ("second", (8, 4))]
    assert document.weights is not None
    (kernel,) = document.weights.variables(document.exported[0].name)
    assert kernel.dtype == dtype
    expected = np.asarray(model.get_layer("first").kernel, dtype="float64")
    np.testing.assert_array_equal(np.asarray(document.weights.read(kernel), "float64"), expected)


def test_models_of_tf_keras_today(tensorflow: Any, tmp_path: Path) -> None:
    keras = pytest.importorskip("tf_keras")
    x = keras.Input((5,), name="x")
    y = keras.layers.Dense(4, activation="selu", name="dense")(x)
    model = keras.Model(x, keras.layers.Dropout(0.1, name="drop")(y), name="m")
    model.save(str(tmp_path / "model"), save_format="tf")
    document = read(tmp_path / "model")
    assert document.keras_version == keras.__version__
    assert document.architecture is not None
    config = document.architecture["config"]
    assert [layer["name"] for layer in config["layers"]] == ["x", "dense", "drop"]
    assert document.weights is not None
    for variable, value in zip(
        document.weights.variables("dense"), model.get_layer("dense").get_weights(), strict=True
    ):
        np.testing.assert_array_equal(document.weights.read(variable), value)
