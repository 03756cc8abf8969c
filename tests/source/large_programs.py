"""Programs of any size, each with as many findings that can be repaired as are asked for."""

from __future__ import annotations

import json
from collections.abc import Callable

HEAD = "from keras import Input, Model, Sequential, initializers, layers, regularizers\n"
NAMES = "from keras.layers import Dense, Dropout\n"


def functions(size: int) -> str:
    """Functions that each build a Sequential model."""
    return HEAD + "".join(
        f"def build_{i}():\n"
        "    model = Sequential()\n"
        f'    model.add(layers.Dense({i + 1}, activation="selu", input_shape=(8,)))\n'
        "    model.add(layers.Dropout(0.2))\n"
        "    model.add(layers.Dense(10))\n"
        "    return model\n"
        f"build_{i}()\n"
        for i in range(size // 2)
    )


def functional(size: int) -> str:
    """The same with the functional API and names that are imported."""
    return (HEAD + NAMES) + "".join(
        f"def build_{i}():\n"
        "    x = inputs = Input((8,))\n"
        f'    x = Dense({i + 1}, activation="selu")(x)\n'
        "    x = Dropout(0.2)(x)\n"
        "    return Model(inputs, Dense(10)(x))\n"
        f"build_{i}()\n"
        for i in range(size // 2)
    )


def imports_inside(size: int) -> str:
    """Functions with imports of their own."""
    return HEAD + "".join(
        f"def build_{i}():\n"
        "    from keras.layers import Dense, Dropout\n"
        f'    return Sequential([Dense({i + 1}, "selu"), Dropout(0.2), Dense(10)])\n'
        f"build_{i}()\n"
        for i in range(size // 2)
    )


def one_model(size: int) -> str:
    """One long model."""
    return (
        HEAD
        + "model = Sequential()\n"
        + "".join(
            f'model.add(layers.Dense({i + 1}, activation="selu"))\nmodel.add(layers.Dropout(0.2))\n'
            for i in range(size // 2)
        )
    )


def shared_values(size: int) -> str:
    """Values that all layers take from names."""
    return (HEAD + NAMES + 'RATE = 0.2\nINIT = "glorot_uniform"\nACT = "selu"\n') + "".join(
        f"model_{i} = Sequential([Dense({i + 1}, ACT, kernel_initializer=INIT), Dropout(RATE)])\n"
        for i in range(size)
    )


def shared_arguments(size: int) -> str:
    """Dicts of arguments, each for two layers."""
    return (HEAD + NAMES) + "".join(
        f'A{i} = dict(activation="selu", kernel_regularizer=None)\n'
        f"m{i} = Sequential([Dense({i + 1}, **A{i}), Dense({i + 1}, **A{i}), Dropout(0.2)])\n"
        for i in range(size // 3)
    )


def classes(size: int) -> str:
    """Subclassed models."""
    return "import keras\n" + (HEAD + NAMES) + "".join(
        f"class Net{i}(keras.Model):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        f'        self.hidden = Dense({i + 1}, activation="selu")\n'
        "        self.drop = Dropout(0.2)\n"
        "    def call(self, x):\n"
        "        return self.drop(self.hidden(x))\n"
        f"Net{i}()\n"
        for i in range(size // 2)
    )  # fmt: skip


def initializers_with_seeds(size: int) -> str:
    """Initializers as objects, of a class that is imported."""
    return (
        HEAD + NAMES + "from keras.initializers import GlorotUniform\n"
    ) + "".join(
        f'Sequential([Dense({i + 1}, "selu", kernel_initializer=GlorotUniform(seed={i}))])\n'
        for i in range(size)
    )  # fmt: skip


def notebook(size: int) -> str:
    """A notebook with a model in each cell."""
    cells = [HEAD, *(f'Sequential([layers.Dense({i + 1}, "selu")])' for i in range(size))]
    return json.dumps(
        {
            "cells": [
                {"cell_type": "code", "metadata": {}, "outputs": [], "source": each}
                for each in cells
            ],
            "metadata": {},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    )


PROGRAMS: dict[str, Callable[[int], str]] = {
    each.__name__: each
    for each in (
        functions,
        functional,
        imports_inside,
        one_model,
        shared_values,
        shared_arguments,
        classes,
        initializers_with_seeds,
        notebook,
    )
}
