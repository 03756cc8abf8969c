"""The allowlist against the real Keras: its names only compute, and no others are called."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import json
from pathlib import Path
from typing import Any

import pytest

import selu_lint
from selu_lint.processes import allowed_names
from selu_lint.processes.allowed_names import (
    CLASSES,
    DATA,
    FUNCTIONS,
    OPERATION_MODULES,
    OPERATIONS,
    TENSORFLOW_FUNCTIONS,
)
from tests.commands.command import run

pytestmark = pytest.mark.keras

_PLACES = ("layers", "initializers", "regularizers", "constraints", "losses", "metrics", "models")
_PLACES += ("optimizers", "optimizers.schedules", "mixed_precision", "activations")
_PLACES += ("dtype_policies", "layers.experimental")
_ELSEWHERE = frozenset(
    """
    BatchNormalizationV1 BatchNormalizationV2 ConvLSTM1DCell ConvLSTM2DCell ConvLSTM3DCell CuDNNGRU
    CuDNNLSTM Functional GRUV2 GroupedQueryAttention LSTMV2 LossFunctionWrapper PolicyV1
    SyncBatchNormalizationV2
    """.split()  # noqa: SIM905
)
_ACTING = ("body", "callable", "cond", "f", "filename", "fn", "func", "function", "path")


@pytest.fixture(scope="module")
def places() -> list[Any]:
    libraries = [pytest.importorskip(name) for name in ("keras", "tf_keras")]
    found = []
    for library in libraries:
        for place in _PLACES:
            value: Any = library
            for part in place.split("."):
                value = getattr(value, part, None)
            found += [value] if value is not None else []
    return found


def test_classes_are_keras_own(places: list[Any]) -> None:
    for name in CLASSES - DATA - _ELSEWHERE:
        owners = [getattr(place, name) for place in places if hasattr(place, name)]
        assert owners, name
        assert all(inspect.isclass(owner) for owner in owners)
        assert all(owner.__module__.split(".")[0].endswith("keras") for owner in owners)


def test_texts_name_functions_that_only_compute(places: list[Any]) -> None:
    for name in FUNCTIONS:
        for place in places:
            function = getattr(place, name, None)
            if callable(function) and not inspect.isclass(function):
                assert not set(inspect.signature(function).parameters) & set(_ACTING), name


def test_operations_call_no_function_that_they_are_given() -> None:
    pytest.importorskip("keras")
    from keras.src.ops.operation import Operation

    modules = [importlib.import_module(name) for name in sorted(OPERATION_MODULES)]
    for name in OPERATIONS:
        found = [getattr(module, name) for module in modules if hasattr(module, name)]
        assert found, name
        for operation in found:
            assert issubclass(operation, Operation)
            assert not set(inspect.signature(operation).parameters) & set(_ACTING), name


def test_functions_of_tensorflow_call_none_that_they_are_given() -> None:
    pytest.importorskip("tf_keras")
    from tf_keras.src.layers.core.tf_op_layer import get_symbol_from_name

    for name in sorted(TENSORFLOW_FUNCTIONS):
        for each in (name, f"compat.v1.{name}"):
            function = get_symbol_from_name(each)
            if each == name:
                assert function is not None or name.startswith(("keras.", "__operators__")), name
            if function is not None:
                assert not set(inspect.signature(function).parameters) & set(_ACTING), each


def test_short_names_are_those_of_listed_classes() -> None:
    pytest.importorskip("tf_keras")
    import tf_keras

    found = set()
    for kind in ("initializers", "regularizers", "constraints", "optimizers"):
        for name in allowed_names.SHORT_NAMES:
            with contextlib.suppress(ValueError):
                found.add(getattr(tf_keras, kind).get(name))
    assert {type(each).__name__ for each in found if not isinstance(each, str)} <= CLASSES


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    keras = pytest.importorskip("tf_keras")
    given = keras.Input((8,), name="given")
    hidden = keras.layers.Dense(8, activation="selu", name="hidden")(given)
    model = keras.Model(given, keras.layers.Dropout(0.5, name="drop")(hidden))
    path = tmp_path_factory.mktemp("saved") / "model"
    model.save(path, save_format="tf")
    return path


def _with_layer(saved: Path, folder: Path, layer: dict[str, Any]) -> Path:
    """Copy a SavedModel and put a layer into its config."""
    import shutil

    from tf_keras.protobuf import saved_metadata_pb2

    path = Path(shutil.copytree(saved, folder / "model"))
    metadata = saved_metadata_pb2.SavedMetadata()
    metadata.ParseFromString((path / "keras_metadata.pb").read_bytes())
    root = next(node for node in metadata.nodes if node.node_path == "root")
    config = json.loads(root.metadata)
    config["config"]["layers"].append(layer)
    root.metadata = json.dumps(config)
    (path / "keras_metadata.pb").write_bytes(metadata.SerializeToString())
    return path


@pytest.mark.parametrize(
    "class_name, function",
    [
        ("TFOpLambda", "io.write_file"),
        ("TFOpLambda", "compat.v1.write_file"),
        ("SlicingOpLambda", "io.write_file"),
        ("SlicingOpLambda", "compat.v1.io.write_file"),
    ],
)
def test_a_saved_model_that_writes_a_file_is_not_built(
    saved: Path, tmp_path: Path, class_name: str, function: str
) -> None:
    marker = tmp_path / "marker"
    layer = {
        "class_name": class_name,
        "config": {"name": "evil", "trainable": True, "dtype": "float32", "function": function},
        "name": "evil",
        "inbound_nodes": [["_CONSTANT_VALUE", -1, str(marker), {"contents": "it ran"}]],
    }
    path = _with_layer(saved, tmp_path, layer)
    for arguments in ((), ("--verify",), ("--redraw", "never"), ("-o", "new.keras")):
        done = run("fix", "model", *arguments, cwd=tmp_path)
        assert done.returncode == 2
        assert f"({class_name} {function}), which selu-lint does not know" in done.stdout
        assert not marker.exists()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["model"]
    # It is a real attack: with trust the file is written.
    selu_lint.fix(path, trust_code=True)
    assert marker.read_text() == "it ran"
