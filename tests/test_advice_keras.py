"""Every line of Keras that findings tell people to write is one that Keras takes."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.golden import FILE

keras = pytest.importorskip("keras")
pytestmark = pytest.mark.keras

LINES = sorted(set(re.findall(r"^    write: (.*)", FILE.read_text(encoding="utf-8"), re.MULTILINE)))


def _model() -> Any:
    """A model with the layers that lines which assign to a kernel name."""
    names = (re.search(r'get_layer\("(\w+)"\)', line) for line in LINES)
    found = sorted({name[1] for name in names if name})
    return keras.Sequential(
        [keras.Input((4,)), *(keras.layers.Dense(4, name=name) for name in found)]
    )


def test_keras_takes_every_line() -> None:
    x = keras.Input((8,))
    scope = {**vars(keras.layers), "keras": keras, "model": _model(), "x": x, "block": lambda x: x}
    for line in LINES:
        exec(line.removeprefix("# leave out "), scope)


def test_a_kernel_takes_the_draw_of_its_initializer() -> None:
    model = _model()
    line = next(line for line in LINES if line.startswith("layer = model.get_layer"))
    for layer in model.layers:
        layer.kernel_initializer = keras.initializers.Ones()
    scope: dict[str, Any] = {"model": model}
    exec(line, scope)
    ones = [each.name for each in model.layers if (each.kernel.numpy() == 1).all()]
    assert ones == [scope["layer"].name]


def test_an_argument_alone_is_one_of_the_class_behind_it() -> None:
    lines = [line for line in LINES if re.match(r"\w+=", line)]
    assert lines
    for line in lines:
        argument, _, kind = line.partition("  # in ")
        made = getattr(keras.layers, kind.replace("each SELU layer", "Dense"))
        made(4, **eval(f"dict({argument})"))
