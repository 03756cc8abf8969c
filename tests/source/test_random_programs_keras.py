"""Random programs: their code tells the layers that Keras builds, and is repaired as they are."""

from __future__ import annotations

from typing import Any

import pytest

import selu_lint
from selu_lint.limits import DEFAULT
from selu_lint.source.analysis import analyse
from selu_lint.source.reading import python_text
from tests.quick import one_in
from tests.source.keras_programs import program
from tests.source.test_repairs import repair

pytestmark = pytest.mark.keras
keras = pytest.importorskip("keras")

_COMPARED = frozenset({"Dense", "Dropout", "AlphaDropout", "Activation", "BatchNormalization"})
_Described = tuple[str, int, float, str]


def _described(class_name: str, config: dict[str, Any]) -> _Described:
    rate, units = config.get("rate", 0), config.get("units", 0)
    return class_name, units, round(rate, 4), config.get("activation") or "linear"


def _built(code: str) -> Any:
    values: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(code, "train.py", "exec"), values)
    return values["model"]


def _of_model(model: Any) -> list[_Described]:
    inside = model._flatten_layers(include_self=False)
    found = ((type(layer).__name__, layer.get_config) for layer in inside)
    described = [_described(name, config()) for name, config in found if name in _COMPARED]
    return sorted(described, key=str)


def _of_code(code: str) -> list[_Described]:
    graphs = analyse(python_text(code, "train.py", DEFAULT), DEFAULT).graphs
    layers = [layer for graph in graphs if graph.whole for layer in graph.graph.layers]
    found = [(each.class_name, each.config) for each in layers if each.class_name in _COMPARED]
    return sorted((_described(*each) for each in found), key=str)


@pytest.mark.parametrize(
    "seeds", one_in(4, [range(n, n + 20) for n in range(0, 160, 20)]), ids=repr
)
def test_code_tells_what_keras_builds_and_is_repaired_as_that(seeds: range) -> None:
    for seed in seeds:
        code = program(seed)
        model = _built(code)
        assert _of_code(code) == _of_model(model), code
        result = repair(python_text(code, "train.py", DEFAULT), unsafe=True)
        assert result.document.code is not None
        repaired = _built(result.document.code.raw)
        stays = {each.finding.code for each in result.remaining}
        left = selu_lint.check(repaired, select=["SELU001", "SELU002"]).files[0].findings
        assert {each.code for each in left} <= stays, code
        # But for noise, the same layers in the same order.
        before, after = (
            [
                type(layer).__name__.replace("AlphaDropout", "Dropout")
                for layer in each._flatten_layers()
            ]
            for each in (model, repaired)
        )
        assert before == after
        keras.backend.clear_session()
