"""Loops around models and in front of them: as many layers, as many units as Python makes."""

from __future__ import annotations

import pytest

from selu_lint.limits import DEFAULT
from selu_lint.source.analysis import Analysis, analyse
from selu_lint.source.reading import python_text

_HEAD = "from keras import Input, Sequential, layers\n"
_DEEP = {
    "add": "m = Sequential([Input((8,))])\nfor _ in range({n}):\n    m.add({layer})\n",
    "comprehension": "m = Sequential([Input((8,)), *[{layer} for _ in range({n})]])\n",
    "calls": "x = Input((8,))\nfor _ in range({n}):\n    x = {layer}(x)\n",
    "block": "def block(x):\n    return {layer}(x)\nx = Input((8,))\nfor _ in range({n}):\n"
    "    x = block(x)\n",
    "while": "x, n = Input((8,)), 0\nwhile n < {n}:\n    n += 1\n    x = {layer}(x)\n",
    "endless": "x, n = Input((8,)), 0\nwhile True:\n    x = {layer}(x)\n    n += 1\n"
    "    if n >= {n}:\n        break\n",
}
_LAYER = "layers.Dense(8, activation='selu')"
_UNITS = {
    "augmented": ("units = 0\nfor _ in range(3): units += 32", 96),
    "halved": ("units = 512\nfor _ in range(4):\n    units = units // 2", 32),
    "while": ("units = 1\nwhile units < 20:\n    units *= 2", 32),
    "endless": ("units = 0\nwhile True:\n    units += 1\n    if units == 7: break", 7),
    "emptied": ("q = [4, 9]\nwhile q:\n    units = q.pop(0)", 9),
    "set": ("units = len({3, 3, 4})", 2),
    "sorted": ("units = sorted([16, 64, 32], key=lambda n: -n)[0]", 64),
    "last": ("for n in range(100):\n    units = n", 99),
    "too long": ("units = 0\nfor _ in range(100): units += 1", None),
    "unknown": ("units = 1\nfor row in rows: units += 1", None),
    "unknown condition": ("units = 1\nwhile more():\n    units += 1", None),
    "from one counted": ("n = 1\nfor row in rows:\n    n += 1\n    units = 2 * n", None),
    "filled": ("held = []\nfor i in range(100): held.append(i)\nunits = len(held)", None),
}


def _analysed(code: str) -> Analysis:
    return analyse(python_text(_HEAD + code, "train.py", DEFAULT), DEFAULT)


@pytest.mark.parametrize("wiring", _DEEP)
def test_a_loop_makes_as_many_layers_as_it_says(wiring: str) -> None:
    analysis = _analysed(_DEEP[wiring].format(n=50, layer=_LAYER))
    (graph,) = analysis.graphs
    assert sum(layer.applies_selu for layer in graph.graph.layers) == 50
    assert analysis.notes == ()


@pytest.mark.parametrize("wiring", _DEEP)
def test_a_loop_that_is_cut_is_told(wiring: str) -> None:
    analysis = _analysed(_DEEP[wiring].format(n=1000, layer=_LAYER))
    assert any("followed in part only" in note for note in analysis.notes)


@pytest.mark.parametrize("name", _UNITS)
def test_what_a_loop_counts_is_right_or_unknown(name: str) -> None:
    code, units = _UNITS[name]
    code += "\nSequential([Input((8,)), layers.Dense(units, activation='selu')])"
    graph = _analysed(code).graphs[-1].graph
    (dense,) = (layer for layer in graph.layers if layer.applies_selu)
    found = dense.config["units"]
    assert (found if isinstance(found, int) else None) == units
