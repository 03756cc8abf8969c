"""What bounds the way through source code: past it results are unknown, the rest is read."""

from __future__ import annotations

import pytest

from selu_lint.limits import DEFAULT, Limits
from selu_lint.source.analysis import analyse
from selu_lint.source.calls import PythonAndKeras
from selu_lint.source.facts import gather
from selu_lint.source.machine import Machine
from selu_lint.source.reading import python_text
from selu_lint.source.roots import run_file
from tests.source.test_snippets import check

FOUND = '\nfrom keras.layers import Dense\nDense(3, activation="selu")\n'

HOSTILE = {
    "doubled list": "x = [1]\nfor i in range(10**6):\n    x = x + x",
    "list extended by itself in front": "from collections import deque\nx = deque([1])\n"
    "for i in range(10**6):\n    x.extendleft(x)\n    Dense(1)",
    "list put into itself": "x = [1]\nfor i in range(10**6):\n    x[:0] = x\n    Dense(1)",
    "many lists joined": "import itertools\nx = [[1] * 2000] * 2000\nfor i in range(10**6):\n"
    "    sum(x, [])\n    list(itertools.chain.from_iterable(x))\n    Dense(1)",
    "list extended by itself": "x = [1]\nfor i in range(10**6):\n    x.extend(x)",
    "augmented by itself": "x = [1]\nwhile True:\n    x += x",
    "nested tuples compared": "x = (1,)\nfor i in range(50):\n    x = (x, x)\nif x == x: print(1)",
    "nested tuples as keys": "x = (1,)\nfor i in range(50):\n    x = (x, x)\nd = {x: 1}\nd[x]",
    "nested lists as tensors": "x = [1]\nfor i in range(50):\n    x = [x, x]\nf(x)\nx in x",
    "join": "x = 'a' * 4000\nx = x.join([x] * 4000)\nx = x.join([x] * 4000)",
    "replace": "x = 'a' * 4000\nx = x.replace('a', x).replace('a', x)",
    "wide percent": "x = '%1000000000d' % 1\ny = '%*d' % (10**9, 1)\nz = '%.999999999f' % 1.0",
    "wide format": "x = '{:>999999999}'.format(1)\ny = f'{1:>99999999}'\nz = format(1, '99')",
    "long repeat": "x = 'a' * 10**10\ny = [1] * 10**10\nz = (1,) * 10**10",
    "longer than a length": "x = [*range(10**30)]\nx.insert(10**30, 1)\nx.insert(-(10**30), 1)",
    "large power": "x = 9**9**9\ny = 1 << 10**10\nz = 10**400\nw = 2.0**10000",
    "70,000 elements": "x = [" + "1," * 70_000 + "]",
    "deep nesting": "x = " + "(" * 90 + "1" + ")" * 90 + "\ny = " + "-" * 900 + "1",
    "long sum": "x = " + "+".join(["1"] * 800),
    "long chain": "x = f" + "()" * 900,
    "list in itself": "x = []\nx.append(x)\nf(x)\nx == x\nx in x\nlist(x)",
    "dict in itself": "x = {}\nx['x'] = x\nf(**x)\nx == x",
    "model in itself": (
        "import keras\nm = keras.Sequential()\nm.add(m)\nm(keras.Input((2,)))\nm.layers"
    ),
    "model that begins with itself": (
        "import keras\nm = keras.Sequential()\nm.add(m)\nm.add(keras.layers.Dense(2, 'selu'))\n"
    ),
    "layer that calls itself": (
        "import keras\nclass L(keras.layers.Layer):\n    def call(self, x): return self(self(x))\n"
        "L()(keras.Input((2,)))"
    ),
    "recursion": "def f(x): return f(f(x))\nf(1)",
    "mutual recursion": "def f(x): return g(g(x))\ndef g(x): return f(f(x))\nf(1)",
    "nested loops": "\n".join(" " * i + f"for a{i} in range(10**9):" for i in range(12))
    + "\n" + " " * 12 + "x = f(1)",
    "nested comprehensions": "x = [1" + " for a in range(2000)" * 8 + "]",
    "product": "from itertools import product\nx = list(product(*[range(2000)] * 9))",
    "many conditions": "\n".join(f"if a{i}: x = f({i})" for i in range(300)),
    "class bomb": "class A: pass\n" + "class A(A, A): pass\n" * 60 + "A().x",
    "property of itself": "class A:\n    @property\n    def x(self): return self.x\nA().x",
    "names of symbols": "z = f()\nfor i in range(40):\n    z = z(z, z)(z).z[z] + z",
    "partial of partial": (
        "from functools import partial\nx = f\nfor i in range(10**5): x = partial(x, 1)\nx()"
    ),
    "activation of itself": (
        "import keras\ndef f(x): return keras.layers.Dense(3, activation=f)(x)\n"
        "keras.layers.Dense(3, activation=f)"
    ),
    "activation layer of itself": (
        "import keras\na = keras.layers.Activation('relu')\na.activation = a\n"
        "keras.layers.Dense(3, activation=a)"
    ),
    "generator of itself": "def f():\n    yield from f()\n    yield from f()\nlist(f())",
    "strings in strings": "x = 'ab'\nfor i in range(40):\n    x = f'{x}{x}'",
    "wrapped wrapper": (
        "import keras\nt = keras.layers.Dense(2)\nfor i in range(3000):\n"
        "    t = keras.layers.TimeDistributed(t)"
    ),
    "super of itself": (
        "import keras\nclass A(keras.Model):\n    def __init__(self): super().__init__(); A()\nA()"
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("program", HOSTILE.values(), ids=HOSTILE)
def test_hostile_programs_come_to_an_end_and_what_follows_is_found(program: str) -> None:
    report = check(program + FOUND)
    assert not report.crashed
    assert "SELU001" in {finding.code for finding in report.findings}
    assert steps_of(program + FOUND) < 12 * DEFAULT.source_file_steps


LOOP = "for i in range(30):\n    f(g(i), h(i + 1), [i, i, i])\n"
CHAIN = "from keras import layers as L\nx = L.Input((4,))\nfor _ in range(9): x = L.Dense(4)(x)"
BRANCHES = "if a: x = f(1)\nif b: x = f(2)\nif c: x = f(3)"
SMALL = {
    "source_steps": (Limits(source_steps=60), LOOP, "followed in part only"),
    "source_calls": (Limits(source_calls=3), CHAIN, "followed in part only"),
    "source_items": (Limits(source_items=3), "x = [1, 2, 3, 4, 5]", "followed in part only"),
    "source_runs": (Limits(source_runs=2), BRANCHES, "more paths than were followed"),
    "source_file_steps": (Limits(source_file_steps=1), BRANCHES, "more paths than were followed"),
}


@pytest.mark.parametrize("name", SMALL)
def test_a_spent_budget_is_told_and_what_follows_is_read(name: str) -> None:
    limits, program, note = SMALL[name]
    analysis = analyse(python_text(program + FOUND, "train.py", DEFAULT), limits)
    assert [text for text in analysis.notes if note in text]
    layers = [layer for each in analysis.graphs for layer in each.graph.layers]
    assert any(layer.applies_selu for layer in layers)
    assert analyse(python_text(program + FOUND, "train.py", DEFAULT), DEFAULT).notes == ()


def test_the_lines_of_spent_budgets_are_one_note() -> None:
    code = "import keras\nselu = 1\n" + "x = [1, 2, 3, 4, 5]\n" * 5
    analysis = analyse(python_text(code, "train.py", DEFAULT), Limits(source_items=3))
    told = "what is made from there on was followed in part only"
    assert analysis.notes == (f"lines 3, 4, 5 and 2 more: {told}",)


def test_of_a_file_without_keras_no_budget_is_told() -> None:
    code = "import os\nselu = 1\n" + BRANCHES
    limits = Limits(source_runs=2, source_items=3)
    assert analyse(python_text(code, "train.py", DEFAULT), limits).notes == ()
    code = code.replace("import os", "import keras")
    assert analyse(python_text(code, "train.py", DEFAULT), limits).notes


def test_a_text_that_is_too_long_is_unknown() -> None:
    code = 'from keras.layers import Dense\nDense(3, activation="selu")\n'
    text = python_text(code, "train.py", DEFAULT)
    assert analyse(text, DEFAULT).graphs
    assert not analyse(text, Limits(source_characters=3)).graphs


def steps_of(code: str) -> int:
    """Return how many nodes the machine evaluates for a program."""
    text = python_text(code, "train.py", DEFAULT)
    machine = Machine(PythonAndKeras(), gather(text.tree), DEFAULT)
    for _ in run_file(machine, text.tree):
        pass
    return machine.steps
