"""The networks are what they say, and images arrive as they are."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import selu_lint
from selu_lint.reference import data, grids
from selu_lint.reference.progress import Progress

from .samples import SAMPLE

pytestmark = pytest.mark.keras
keras = pytest.importorskip("keras")

DEEP = grids.deep(3, 0.1, width=16, epochs=2)


def test_seed_is_the_published_network() -> None:
    from selu_lint.reference.recipes import build

    built = build(grids.SEED, repaired=True).layers
    kinds = ["Conv2D", "AlphaDropout", "Flatten", "Dense", "Dense"]
    assert [type(layer).__name__ for layer in built] == kinds
    conv, dropout, _, dense, head = built
    assert (conv.filters, conv.kernel_size, conv.activation.__name__) == (32, (3, 3), "selu")
    assert (dense.units, dense.activation.__name__) == (256, "selu")
    assert (head.units, head.activation.__name__) == (10, "softmax")
    assert dropout.rate == 0.25
    for layer in (conv, dense):
        assert type(layer.kernel_initializer).__name__ == "LecunNormal"


def test_deep_is_as_deep_as_asked_and_standardizes_its_input() -> None:
    from selu_lint.reference.recipes import build

    network = build(DEEP, repaired=False)
    assert sum(type(layer).__name__ == "Dropout" for layer in network.layers) == 3
    images = data.load(SAMPLE).x_train[..., None] / 255
    standardized = keras.ops.convert_to_numpy(network.layers[1](images))
    assert abs(standardized.mean()) < 0.05
    assert abs(standardized.std() - 1) < 0.05


@pytest.mark.parametrize("recipe", [grids.BEST, DEEP], ids=["best", "deep"])
def test_the_linter_asks_nothing_more_of_them(recipe: grids.Recipe, tmp_path: Path) -> None:
    from selu_lint.reference.recipes import build

    path = tmp_path / "built.keras"
    build(recipe, repaired=True).save(path)
    assert [finding.message for finding in selu_lint.check(path).findings] == []


def test_images_arrive_as_they_are_and_tests_are_not_augmented() -> None:
    from selu_lint.reference.feeding import ImageStore

    images = data.load(SAMPLE).x_train[:20]
    store = ImageStore(images, augment=True, seed=0)
    wanted = np.array([3, 0, 3], np.int32)
    seen = keras.ops.convert_to_numpy(store(wanted, training=False))
    np.testing.assert_allclose(seen[..., 0], images[wanted] / 255, rtol=1e-6)
    trained = keras.ops.convert_to_numpy(store(wanted, training=True))
    assert trained.shape == (3, 28, 28, 1)
    assert np.abs(trained[0] - trained[2]).max() > 0.1
    assert trained.min() >= 0
    assert trained.max() <= 1 + 1e-5


def test_a_warp_that_moves_nothing_changes_nothing_and_a_shift_shifts() -> None:
    from selu_lint.reference.feeding import warped

    flat = np.random.default_rng(0).random((2, 36), np.float32)
    identity = np.tile(np.eye(2, dtype=np.float32), (2, 1, 1))
    still = warped(flat, identity, np.zeros((2, 2), np.float32), size=6)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(still), flat, atol=1e-6)
    shift = np.array([[1, 0], [0, -2]], np.float32)
    moved = keras.ops.convert_to_numpy(warped(flat, identity, shift, size=6)).reshape(2, 6, 6)
    square = flat.reshape(2, 6, 6)
    np.testing.assert_allclose(moved[0, :5], square[0, 1:], atol=1e-6)
    np.testing.assert_allclose(moved[0, 5], 0, atol=1e-6)
    np.testing.assert_allclose(moved[1, :, 2:], square[1, :, :4], atol=1e-6)


def test_a_quarter_turn_turns() -> None:
    from selu_lint.reference.feeding import warped

    square = np.arange(25, dtype=np.float32).reshape(1, 5, 5)
    turn = np.array([[[0, 1], [-1, 0]]], np.float32)
    turned = warped(square.reshape(1, 25), turn, np.zeros((1, 2), np.float32), size=5)
    result = keras.ops.convert_to_numpy(turned).reshape(5, 5)
    np.testing.assert_allclose(result, np.rot90(square[0]), atol=1e-4)


class Watcher(Progress):
    wants_steps = True

    def __init__(self) -> None:
        self.seen = 0
        self.ended = False

    def steps(self, count: int, numbers: object) -> None:
        self.seen += count

    def end(self) -> None:
        self.ended = True


def test_the_same_seed_trains_the_same_network() -> None:
    from selu_lint.reference.recipes import build
    from selu_lint.reference.training import train

    images = data.load(SAMPLE)
    results = []
    for _ in range(2):
        keras.utils.clear_session()
        keras.utils.set_random_seed(7)
        watcher = Watcher()
        results.append(train(build(DEEP, True), images, DEEP, 7, watcher))
        assert (watcher.seen, watcher.ended) == (16, True)
    first, second = results
    assert first.steps == math.ceil(2000 * 11 / 12 / 250) == 8
    assert first.test_accuracy == pytest.approx(second.test_accuracy, abs=0.01)
    assert first.epochs[-1]["loss"] == pytest.approx(second.epochs[-1]["loss"], rel=1e-3)
    assert set(first.epochs[0]) == {"loss", "accuracy", "val_loss", "val_accuracy", "seconds"}
    assert first.seconds_an_epoch == first.epochs[1]["seconds"]
    assert first.epochs[1]["loss"] < first.epochs[0]["loss"]


def test_one_epoch_has_no_seconds_without_the_first() -> None:
    from selu_lint.reference.training import Training

    alone = Training(({"seconds": 3.0},), 0.1, 0.9, 8)
    assert (alone.seconds_an_epoch, alone.steps_a_second) == (None, None)
    two = Training(({"seconds": 3.0}, {"seconds": 0.5}), 0.1, 0.9, 8)
    assert (two.seconds_an_epoch, two.steps_a_second) == (0.5, 16.0)


def test_the_cosine_schedule_warms_up_and_ends_at_zero() -> None:
    from selu_lint.reference.training import _learning_rate

    rates = _learning_rate(replace(grids.BEST, epochs=10), steps=10)
    peak = grids.BEST.learning_rate
    assert float(rates(0)) == pytest.approx(peak / 10)
    assert float(rates(5)) == pytest.approx(peak)
    assert float(rates(100)) == pytest.approx(0, abs=1e-9)
