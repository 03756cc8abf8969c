"""Files that cannot matter are told from their bytes."""

from __future__ import annotations

import pytest

from selu_lint.source.prefilter import matters
from tests.source.snippets import read_snippets


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"import keras\nDense(3, activation='selu')", True),
        (b"import KERAS\nDense(3, activation='SELU')", True),
        (b"model.add(Dense(3, activation='selu'))", True),
        (b"Conv2DTranspose(3, 3, activation=selu)", True),
        (b"import keras\nAlphaDropout(0.1)", True),
        (b"import keras\n1.0507 * elu(x, 1.67326)", True),
        (b"import torch\nnn.SELU(), nn.Linear(3)", False),
        (b"import tensorflow as tf\ntf.nn.selu(x)", False),
        (b"import keras\nDense(3, activation='relu')", False),
        (b"", False),
    ],
)
def test_matters(data, expected):
    assert matters(data) is expected


@pytest.mark.parametrize("snippet", read_snippets("snippets.txt"), ids=lambda each: each.name)
def test_nothing_that_gives_a_finding_is_passed_over(snippet):
    if snippet.expected:
        assert matters(snippet.code.encode())
