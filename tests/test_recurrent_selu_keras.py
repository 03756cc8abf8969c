"""LecunNormal in recurrent SELU layers, in the real Keras: it lets their states grow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.keras


@pytest.mark.parametrize("kind", ["SimpleRNN", "LSTM"])
def test_lecun_normal_makes_recurrent_selu_worse(keras: Any, kind: str) -> None:
    steps = 40
    x = np.random.default_rng(0).standard_normal((8, steps, 4)).astype("float32")

    def last(initializer: str, seed: int) -> float:
        keras.utils.set_random_seed(seed)
        recurrent = getattr(keras.layers, kind)
        layer = recurrent(16, activation="selu", kernel_initializer=initializer)
        return float(np.mean(np.asarray(layer(x)) ** 2))

    seeds = range(4)
    lecun = np.log([last("lecun_normal", seed) for seed in seeds])
    glorot = np.log([last("glorot_uniform", seed) for seed in seeds])
    assert (lecun > glorot).sum() >= 3
    assert np.median(lecun - glorot) > np.log(1.2)
