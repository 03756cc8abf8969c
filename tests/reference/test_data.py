"""MNIST is found, read and validated."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from selu_lint.errors import SeluLintError
from selu_lint.reference import data

from .samples import SAMPLE


def arrays(**changed: Any) -> dict[str, Any]:
    images = np.full((4, 28, 28), 255, np.uint8)
    labels = np.arange(4, dtype=np.uint8)
    return {"x_train": images, "y_train": labels, "x_test": images, "y_test": labels} | changed


def test_reads_the_sample() -> None:
    images = data.load(SAMPLE)
    assert images.x_train.shape == (2000, 28, 28)
    assert images.x_test.shape == (500, 28, 28)
    assert np.bincount(images.y_train).tolist() == [
        191,
        220,
        198,
        191,
        214,
        180,
        200,
        224,
        172,
        210,
    ]
    assert 0.12 < images.x_train.mean() / 255 < 0.14


def test_the_variable_names_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(data.VARIABLE, str(SAMPLE))
    assert len(data.load().x_test) == 500
    with pytest.raises(SeluLintError, match=r"no such file; download mnist.npz"):
        data.load(tmp_path / "absent.npz")


@pytest.mark.parametrize(
    "changed, message",
    [
        ({"x_train": np.full((4, 32, 32), 255, np.uint8)}, "x_train has shape (4, 32, 32)"),
        ({"x_test": np.zeros((0, 28, 28), np.uint8)}, "x_test has shape (0, 28, 28)"),
        ({"x_train": np.ones((4, 28, 28), np.float32)}, "x_train holds float32"),
        ({"x_test": np.ones((4, 28, 28), np.uint8)}, "x_test goes up to 1 only"),
        ({"y_train": np.zeros(3, np.uint8)}, "y_train has shape (3,) for 4 images"),
        ({"y_test": np.full(4, 10, np.uint8)}, "y_test must hold integers from 0 to 9"),
        ({"y_test": np.full(4, -1, np.int64)}, "y_test must hold integers from 0 to 9"),
        ({"y_test": np.full(4, 0.5)}, "y_test must hold integers from 0 to 9"),
    ],
)
def test_refuses_what_is_not_mnist(changed: dict[str, Any], message: str, tmp_path: Path) -> None:
    path = tmp_path / "mnist.npz"
    np.savez(path, **arrays(**changed))
    with pytest.raises(SeluLintError) as caught:
        data.read(path)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_refuses_a_file_without_labels(tmp_path: Path) -> None:
    path = tmp_path / "mnist.npz"
    np.savez(path, x_train=np.zeros(1), x_test=np.zeros(1))
    with pytest.raises(SeluLintError, match="has no y_train, y_test"):
        data.read(path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", SAMPLE.read_bytes()[:5000], b"\x93NUMPY"])
def test_refuses_a_broken_file(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "mnist.npz"
    path.write_bytes(content)
    with pytest.raises(SeluLintError, match=r"is not a readable \.npz file"):
        data.read(path)


def test_never_unpickles(tmp_path: Path) -> None:
    path = tmp_path / "mnist.npz"
    np.savez(path, **arrays(y_test=np.array([{}] * 4, dtype=object)))
    with pytest.raises(SeluLintError, match=r"is not a readable \.npz file"):
        data.read(path)


def test_refuses_a_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "_LARGEST", 1000)
    path = tmp_path / "mnist.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x_train.npy", bytes(2000))
    with pytest.raises(SeluLintError, match="holds more than 1 GiB"):
        data.read(path)


def test_no_data_and_no_network_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys
    from types import SimpleNamespace

    def load_data() -> None:
        raise OSError("URL fetch failure\non three lines\nof text")

    mnist = SimpleNamespace(load_data=load_data)
    stand_in = SimpleNamespace(datasets=SimpleNamespace(mnist=mnist))
    monkeypatch.setitem(sys.modules, "keras", stand_in)
    monkeypatch.delenv(data.VARIABLE, raising=False)
    with pytest.raises(SeluLintError) as caught:
        data.load()
    assert "--data" in str(caught.value)
    assert "\n" not in str(caught.value)
