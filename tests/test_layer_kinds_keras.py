"""No layer and no operation of the real Keras 3 and tf_keras is taken for the author's own."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from types import ModuleType
from typing import Any
from unittest import mock

import pytest

from selu_lint.model.dialects import is_built_in, read_activation

pytestmark = pytest.mark.keras

_CODE = {
    # Functions of the author's, models and modules of other libraries.
    "Lambda", "TFSMLayer", "JaxLayer", "FlaxLayer", "TorchModuleWrapper",
    "AssociativeScan", "Cond", "ForiLoop", "Function", "Map", "Scan", "Switch", "VectorizedMap",
    "WhileLoop",
    # Bases that other classes are made of.
    "Layer", "AbstractRNNCell", "PreprocessingLayer", "Operation",
    # What TensorFlow functions become: judged by the function.
    "TFOpLambda", "TensorFlowOpLayer",
}  # fmt: skip


def _classes(module: ModuleType, base: type) -> set[type]:
    found = (value for name in dir(module) for value in [getattr(module, name, None)])
    return {each for each in found if inspect.isclass(each) and issubclass(each, base)}


def _operations(package: ModuleType, base: type) -> set[type]:
    found: set[type] = set()
    for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not each.name.endswith("_test"):
            found |= _classes(importlib.import_module(each.name), base)
    return found


def _serialized(serialize: Any, kind: type) -> dict[str, Any]:
    """Return what Keras writes for an instance of a class, without making one."""
    methods = ("get_config", "get_build_config", "get_compile_config")
    empty = dict.fromkeys(methods, lambda _: {})
    with mock.patch.multiple(kind, create=True, **empty):
        return serialize(object.__new__(kind))


def test_every_layer_and_operation_of_keras_3_is_known():
    keras = pytest.importorskip("keras")
    activations = importlib.import_module("keras.src.activations.activations")
    operation = keras.Operation
    kinds = _classes(keras.layers, keras.layers.Layer) | _classes(activations, operation)
    kinds |= _operations(importlib.import_module("keras.src.ops"), operation)
    kinds |= _classes(importlib.import_module("keras.src.legacy.layers"), operation)
    kinds = {kind for kind in kinds if not issubclass(kind, keras.Model)}
    assert len(kinds) > 450
    unknown = {
        kind.__name__
        for kind in kinds
        if not is_built_in(_serialized(keras.saving.serialize_keras_object, kind))
    }
    assert unknown <= _CODE


def test_every_layer_of_tf_keras_is_known_with_and_without_its_module():
    keras = pytest.importorskip("tf_keras")
    experimental = keras.layers.experimental
    kinds = {
        kind
        for module in (keras.layers, experimental, experimental.preprocessing)
        for kind in _classes(module, keras.layers.Layer)
        if not issubclass(kind, keras.Model)
    }
    assert len(kinds) > 110
    for kind in kinds:
        modern = _serialized(keras.saving.serialize_keras_object, kind)
        named = {"class_name": kind.__name__, "config": {}}
        known = is_built_in(modern) and is_built_in(named)
        assert known or kind.__name__ in _CODE, modern


@pytest.mark.parametrize("library", ["keras", "tf_keras"])
def test_every_activation_function_is_known(library: str):
    keras = pytest.importorskip(library)
    names = set(dir(keras.activations)) - {"get", "serialize", "deserialize"}
    names = {name for name in names if callable(getattr(keras.activations, name))}
    assert len(names) > 12
    for name in names:
        written = keras.activations.serialize(keras.activations.get(name))
        assert not read_activation(written).custom, written
