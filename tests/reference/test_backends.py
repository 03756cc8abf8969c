"""Backend and device are settled before Keras is imported, and errors are one line."""

from __future__ import annotations

import importlib.util
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from selu_lint.errors import SeluLintError
from selu_lint.reference import backends


def installed(monkeypatch: pytest.MonkeyPatch, *missing: str) -> None:
    def find_spec(name: str, *_: Any) -> object:
        return None if name in missing else object()

    monkeypatch.setattr(importlib.util, "find_spec", find_spec)
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    monkeypatch.setenv(backends.VARIABLE, "tensorflow")


def torch_that_sees(gpu: bool) -> SimpleNamespace:
    cuda = SimpleNamespace(is_available=lambda: gpu, get_device_name=lambda: "a loom")
    mps = SimpleNamespace(is_available=lambda: False)
    products = SimpleNamespace(matmul=SimpleNamespace(allow_tf32=True))
    convolutions = SimpleNamespace(allow_tf32=True)
    backends = SimpleNamespace(mps=mps, cuda=products, cudnn=convolutions)
    return SimpleNamespace(cuda=cuda, backends=backends)


@pytest.mark.parametrize("missing", ["keras", "jax"])
def test_what_is_not_installed_is_named(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, missing)
    with pytest.raises(SeluLintError, match=f"training needs {missing}: pip install"):
        backends.choose("jax")


def test_an_unknown_backend_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(backends.VARIABLE, "openvino")
    with pytest.raises(SeluLintError, match="KERAS_BACKEND is openvino"):
        backends.choose()


def test_keras_cannot_change_its_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch)
    config = SimpleNamespace(backend=lambda: "tensorflow")
    monkeypatch.setitem(sys.modules, "keras", SimpleNamespace(config=config))
    with pytest.raises(SeluLintError, match="Keras runs on tensorflow already"):
        backends.choose("torch")


@pytest.mark.parametrize("device, kind", [(None, "gpu"), ("gpu", "gpu"), ("cpu", "cpu")])
def test_torch_with_a_gpu(device: str | None, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch)
    monkeypatch.setenv("KERAS_TORCH_DEVICE", "")
    torch = torch_that_sees(gpu=True)
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setattr(backends.metadata, "version", lambda _: "3.15.1")
    chosen = backends.choose("torch", device)
    assert chosen.kind == kind
    assert (chosen.device == "a loom") == (kind == "gpu")
    assert chosen.precision == "float32"
    assert not torch.backends.cuda.matmul.allow_tf32
    assert not torch.backends.cudnn.allow_tf32
    assert backends.os.environ["KERAS_BACKEND"] == "torch"
    assert backends.os.environ["KERAS_TORCH_DEVICE"] == ("cuda" if kind == "gpu" else "cpu")


def test_no_gpu_where_one_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch)
    monkeypatch.setenv("KERAS_TORCH_DEVICE", "")
    monkeypatch.setitem(sys.modules, "torch", torch_that_sees(gpu=False))
    with pytest.raises(SeluLintError, match="torch sees no GPU here"):
        backends.choose("torch", "gpu")


def test_tensorflow_grows_its_memory_before_use(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch)
    grown, tf32 = [], []
    experimental = SimpleNamespace(
        set_memory_growth=lambda gpu, on: grown.append((gpu.name, on)),
        get_device_details=lambda gpu: {"device_name": "a loom"},
        enable_tensor_float_32_execution=tf32.append,
    )
    config = SimpleNamespace(
        list_physical_devices=lambda kind: [SimpleNamespace(name="GPU:0")],
        experimental=experimental,
    )
    monkeypatch.setitem(sys.modules, "tensorflow", SimpleNamespace(config=config))
    monkeypatch.setattr(backends.metadata, "version", lambda _: "3.15.1")
    assert backends.choose("tensorflow") == backends.Backend("tensorflow", "gpu", "a loom")
    assert grown == [("GPU:0", True)]
    assert tf32 == [False]


def test_keras_2_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch)
    monkeypatch.setenv("KERAS_TORCH_DEVICE", "")
    monkeypatch.setitem(sys.modules, "torch", torch_that_sees(gpu=False))
    monkeypatch.setattr(backends.metadata, "version", lambda _: "2.15.0")
    with pytest.raises(SeluLintError, match="training needs Keras 3"):
        backends.choose("torch")


def test_the_processor_has_a_name() -> None:
    assert "cores" in backends.processor()
