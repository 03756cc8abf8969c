"""SELU002 at the ends of the rates that there are."""

from __future__ import annotations

import pytest

from selu_lint.analysis.noise_repairs import alpha_rate, rate_text
from selu_lint.linter import check_document
from selu_lint.model.document import Document
from selu_lint.settings import Settings


@pytest.mark.parametrize("rate", [0.99999, 0.9999999, 1 - 2**-53, 5e-324, 1e-300])
@pytest.mark.parametrize("how", ["match", "keep"])
def test_extreme_rates_get_a_repair_that_keras_takes(rate: float, how: str) -> None:
    layers = [
        {"class_name": "InputLayer", "config": {"name": "given", "batch_input_shape": [None, 8]}},
        {"class_name": "Dense", "config": {"name": "dense", "units": 8, "activation": "selu"}},
        {"class_name": "Dropout", "config": {"name": "ends", "rate": rate}},
        {"class_name": "Dropout", "config": {"name": "usual", "rate": 0.5}},
    ]
    model = {"class_name": "Sequential", "config": {"name": "m", "layers": layers}}
    document = Document("m.json", "architecture-json", "2.4.0", model)
    settings = Settings(select=("SELU002",), alpha_rate=how)
    found = {each.layer: each for each in check_document(document, settings).findings}
    assert set(found) == {"ends", "usual"}
    assert found["ends"].data["alpha_rate"] == alpha_rate(rate, how) < 1
    assert "(1)" not in found["ends"].message


def test_rates_that_look_like_1_are_written_out() -> None:
    assert rate_text(0.9999999) == "0.9999999"
    assert rate_text(0.25) == "0.25"
