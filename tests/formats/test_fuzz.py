"""Damaged files of every format give a document or one line, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from selu_lint.errors import SeluLintError
from selu_lint.formats import read
from tests.quick import one_in

FIXTURES = Path(__file__).parents[2] / "fixtures"
SEEDS = {
    "hdf5": ["models/keras3.15-tf/cnn_broken.h5", "models/keras2.2.4/cnn_trained.h5"],
    "archive": ["models/keras3.15-tf/cnn_trained.keras", "archives/tf2.13_nested.keras"],
    "json": ["models/keras3.15-tf/cnn_broken.json", "models/keras2.2.4/functional.json"],
}
NUMBERS = (0, 1, 2, 8, 255, 256, 0xFFFF, 1 << 31, (1 << 32) - 1, 1 << 40, (1 << 64) - 1)
LAYERS = ("conv", "hidden", "output", "one", "one/one_inner/second", "out")


@st.composite
def damages(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """Return a file with some of its numbers changed, bytes moved, or its end cut off."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, max(0, len(data) - 9)))
        size = draw(st.sampled_from((1, 2, 4, 8)))
        kind = draw(st.sampled_from(("number", "byte", "move", "cut")))
        if kind == "number":
            number = draw(st.sampled_from(NUMBERS)) % (1 << 8 * size)
            data[place : place + size] = number.to_bytes(size, "little")
        elif kind == "byte":
            data[place : place + 1] = bytes([draw(st.integers(0, 255))])
        elif kind == "move":
            source = draw(st.integers(0, max(0, len(data) - 64)))
            data[place : place + 8 * size] = data[source : source + 8 * size]
        else:
            del data[place : place + draw(st.sampled_from((1, 8, 512)))]
    return bytes(data)


def use(path: Path) -> Iterator[object]:
    document = read(path)
    yield document.architecture
    weights = document.weights
    if weights is None:
        return
    yield weights.iterations()
    for layer in LAYERS:
        for variable in weights.variables(layer):
            yield weights.read(variable)


@pytest.mark.parametrize("kind", list(SEEDS))
@pytest.mark.parametrize("examples", one_in(2, [25, 150]))
def test_damaged_files(kind: str, examples: int, tmp_path: Path) -> None:
    path = tmp_path / "model"
    seeds = [(FIXTURES / name).read_bytes() for name in SEEDS[kind]]

    @settings(max_examples=examples, suppress_health_check=[HealthCheck.too_slow], database=None)
    @given(damages(seeds))
    def run(data: bytes) -> None:
        path.write_bytes(data)
        line = ""
        try:
            assert list(use(path))
        except SeluLintError as error:
            line = str(error)
        assert line.isprintable()
        assert len(line) < 250

    run()
