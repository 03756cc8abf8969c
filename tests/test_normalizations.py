"""Which statistics and factors a prediction takes of normalization layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from selu_lint.cases import layer, sequential
from selu_lint.errors import SeluLintError
from selu_lint.model.document import Document, Variable
from selu_lint.model.graph_builder import build_graph
from selu_lint.profiles.profiling import Prediction, given_input, predict

EPSILON = 1e-3
NAMES = ("gamma", "beta", "moving_mean", "moving_variance")


class _Weights:
    """Stored variables of layers; one that is None cannot be read."""

    def __init__(self, stored: Mapping[str, tuple[list[float] | None, ...]]) -> None:
        self._stored = stored

    def variables(self, layer: str) -> tuple[Variable, ...]:
        return tuple(
            Variable("", f"{layer}/{place}", (2,), "float32")
            for place, _ in enumerate(self._stored.get(layer, ()))
        )

    def read(self, variable: Variable) -> Any:
        name, _, place = variable.location.partition("/")
        values = self._stored[name][int(place)]
        if values is None:
            raise SeluLintError("damaged")
        return np.array(values, "float32")

    def iterations(self) -> None:
        return None


def _predict(
    config: dict[str, Any],
    stored: tuple[list[float] | None, ...] | None = None,
    kind: str = "BatchNormalization",
    before: tuple[dict[str, Any], ...] = (),
    version: str = "3.15.1",
) -> Prediction:
    dense = layer("Dense", "d", units=64, activation="selu", kernel_initializer="lecun_normal")
    normalization = layer(kind, "n", epsilon=EPSILON, **config)
    architecture = sequential((2,), *before, normalization, dense)
    weights = None if stored is None else _Weights({"n": stored})
    document = Document("model", "keras-archive", version, architecture, weights)
    return predict(build_graph(document), None if not before else given_input(3.0, 2.0))


BEFORE = (layer("Dropout", "nothing", rate=0.0),)
ADAPTED = ([1.0, 1.0], [0.0, 0.0], [3.0, 5.0], [4.0, 1.0])
FROZEN = {"trainable": False}


@pytest.mark.parametrize(
    ("config", "stored", "inference", "training"),
    [
        pytest.param({}, None, (3.0, 4.0), (0.0, 1.0), id="as built"),
        pytest.param(
            {}, ([1, 1], [0, 0], [0, 0], [1, 1]), (3.0, 4.0), (0.0, 1.0), id="never adapted"
        ),
        pytest.param({}, ADAPTED, (0.0, 1.0), (0.0, 1.0), id="adapted"),
        pytest.param(
            {}, ([2, 2], [1, 1], *ADAPTED[2:]), (0.0, 1.0), (0.0, 1.0), id="drawn anew"
        ),
        pytest.param(
            FROZEN, ([2, 2], [1, 1], *ADAPTED[2:]), (1.0, 4.0), (1.0, 4.0), id="frozen, adapted"
        ),
        pytest.param(
            FROZEN, ([1, 3], [-1, 1], *ADAPTED[2:]), (0.0, 6.0), (0.0, 6.0), id="by channel"
        ),
        pytest.param(
            FROZEN, ([2, 2], [1, 1], [0, 0], [1, 1]), (7.0, 16.0), (7.0, 16.0), id="frozen as built"
        ),
        pytest.param(
            {**FROZEN, "scale": False, "center": False},
            ([3.0, 5.0], [4.0, 1.0]), (0.0, 1.0), (0.0, 1.0), id="without factors",
        ),
        pytest.param({"gamma_initializer": "zeros"}, None, (0.0, 0.0), (0.0, 0.0), id="zero"),
    ],
)  # fmt: skip
def test_the_statistics_of_a_batch_or_moving_ones(
    config: dict[str, Any],
    stored: tuple[list[float] | None, ...] | None,
    inference: tuple[float, float],
    training: tuple[float, float],
) -> None:
    row = next(row for row in _predict(config, stored, before=BEFORE).layers if row.layer == "n")
    assert (row.mean, row.variance) == pytest.approx(inference, rel=3e-3, abs=1e-2)
    assert (row.training_mean, row.training_variance) == pytest.approx(training, rel=3e-3, abs=1e-2)


@pytest.mark.parametrize(
    ("config", "stored", "kind"),
    [
        (FROZEN, None, "BatchNormalization"),
        (FROZEN, ([1, 1], None, [0, 0], [1, 1]), "BatchNormalization"),
        ({"gamma_initializer": "random_normal"}, None, "BatchNormalization"),
        ({"mode": 1}, None, "BatchNormalization"),
        ({"rms_scaling": True}, None, "LayerNormalization"),
    ],
)
def test_what_cannot_be_known_is_not_predicted(
    config: dict[str, Any], stored: tuple[list[float] | None, ...] | None, kind: str
) -> None:
    row = next(each for each in _predict(config, stored, kind, BEFORE).layers if each.layer == "n")
    assert row.variance is None
    assert row.training_variance is None


def test_a_frozen_one_went_by_the_batch_before_keras_2_4() -> None:
    stored = ([1.0, 1.0], [0.0, 0.0], [0.0, 0.0], [1.0, 1.0])
    for version, variance in (("2.3.1", 1.0), ("2.2.4-tf", 4.0), ("2.4.0", 4.0)):
        rows = _predict(FROZEN, stored, before=BEFORE, version=version).layers
        row = next(each for each in rows if each.layer == "n")
        assert row.training_variance == pytest.approx(variance, rel=3e-3)


def test_one_in_front_tells_what_the_data_are() -> None:
    (premise,) = _predict({}, ADAPTED).inputs.values()
    assert premise.text == "as the data that n holds the statistics of"
    assert premise.channels is not None
    assert premise.channels.means == (3.0, 5.0)
    (premise,) = _predict({}, ([1, 1], [0, 0], [0, 0], [1, 1])).inputs.values()
    assert premise.text == "as N(0, 1)"
