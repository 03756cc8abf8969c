"""Models with dict, list and nested signatures whose activations tell where they come from.

Each source is a Dense layer with a kernel of zeros: it gives one value of its own everywhere, so
that what reaches a layer names the sources that it comes from.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

WIDTH = 4
_ACTIVATIONS: dict[str, Callable[[float], float]] = {
    "selu": lambda x: 1.0507009873554805 * (x if x > 0 else 1.6732632423543772 * np.expm1(x)),
    "relu": lambda x: max(x, 0.0),
    "tanh": np.tanh,
    "linear": lambda x: x,
}


class RandomSignatures:
    """Builds a model from a seed, and knows what each of its sources gives.

    Parameters
    ----------
    keras : module
        ``keras`` or ``tf_keras``.
    seed : int
        Which model.

    Attributes
    ----------
    values : dict
        What each SELU gives, by the name of its layer.
    others : set of float
        What the other sources give.
    """

    def __init__(self, keras: Any, seed: int) -> None:
        self.keras = keras
        self.layers = keras.layers
        self.random = random.Random(seed)
        self.values: dict[str, float] = {}
        self.others: set[float] = set()
        self._count = itertools.count()

    def build(self) -> Any:
        """Return a Functional model of nested models."""
        given = [self._input() for _ in range(2)]
        outputs = [self._dropout(each) for each in self._tensors(given, nested=2)]
        return self.keras.Model(given, self.layers.Concatenate(name="all")(outputs), name="model")

    def _title(self, kind: str) -> str:
        return f"{kind}_{next(self._count)}"

    def _input(self) -> Any:
        # Names in no order, so that sorting them matters.
        return self.keras.Input((WIDTH,), name=f"{self.random.choice('azkq')}{self._title('in')}")

    def _tensors(self, given: list[Any], nested: int) -> list[Any]:
        tensors = [self._source(self.random.choice(given)) for _ in range(3)]
        for _ in range(nested):
            call = self._nested(nested - 1)
            for _ in range(self.random.choice([1, 2])):
                tensors += self._flat(call(tensors))
        self.random.shuffle(tensors)
        merge = self.random.choice(["Add", "Average", "Concatenate", "Multiply"])
        joined = getattr(self.layers, merge)(name=self._title("merge"))(tensors[:2])
        return [self._passed(each) for each in tensors[:5]] + [joined]

    def _nested(self, depth: int) -> Callable[[list[Any]], Any]:
        """Return what calls a new nested model on some of the tensors given to it."""
        names = self.random.sample("zaxmcb", 3)
        given = [self._input() for _ in names]
        inside = [self._passed(given[0]), self._source(given[1]), self._dropout(given[2])]
        if depth > 1 or self.random.random() < 0.3:
            call = self._nested(0)
            inside += self._flat(call(inside))[:1]
        takes, gives = self._structure(given, names), self._structure(inside, None)
        model = self.keras.Model(takes, gives, name=self._title("block"))
        by_name = isinstance(takes, list) and self.random.random() < 0.5

        def call(tensors: list[Any]) -> Any:
            chosen = self.random.sample(tensors, len(given))
            if by_name:
                pairs = list(zip([_name_of(each) for each in given], chosen, strict=True))
                self.random.shuffle(pairs)
                return model(dict(pairs))
            taken = self._structure(chosen, names, like=takes)
            return model(inputs=taken) if self.random.random() < 0.3 else model(taken)

        return call

    def _structure(self, tensors: list[Any], names: list[str] | None, like: Any = None) -> Any:
        """Return tensors as a list, a dict, or a dict with a list or a dict in it."""
        keys = names or self.random.sample("zaxmcbqd", len(tensors))
        kind = self._kind_of(like) if like is not None else self.random.choice("ldnm")
        if kind == "l":
            return tensors
        pairs = list(zip(keys, tensors, strict=True))
        if kind == "n":
            pairs = [(keys[0], tensors[0]), (keys[1], tensors[1:])]
        elif kind == "m":
            pairs = [(keys[0], tensors[0]), (keys[1], dict(pairs[1:]))]
        self.random.shuffle(pairs)
        return dict(pairs)

    @staticmethod
    def _kind_of(structure: Any) -> str:
        if isinstance(structure, list):
            return "l"
        kinds = {type(each) for each in structure.values()}
        return "n" if list in kinds else "m" if dict in kinds else "d"

    def _flat(self, structure: Any) -> list[Any]:
        if isinstance(structure, Mapping):
            structure = list(structure.values())
        if isinstance(structure, list | tuple):
            return [each for part in structure for each in self._flat(part)]
        return [structure]

    def _source(self, tensor: Any) -> Any:
        name = self.random.choice(["selu", "selu", "relu", "tanh", "linear"])
        bias = self.random.uniform(0.2, 2) * (1 if name == "relu" else self.random.choice([1, -1]))
        value = float(_ACTIVATIONS[name](bias))
        title = self._title(name)
        if name == "selu":
            self.values[title] = value
        else:
            self.others.add(value)
        settings = {
            "kernel_initializer": "zeros",
            "bias_initializer": self.keras.initializers.Constant(bias),
        }
        activation = self.layers.Activation(name) if self.random.random() < 0.2 else name
        if self.random.random() < 0.3:
            dense = self.layers.Dense(WIDTH, name=self._title("dense"), **settings)
            return self.layers.Activation(name, name=title)(dense(tensor))
        return self.layers.Dense(WIDTH, activation=activation, name=title, **settings)(tensor)

    def _passed(self, tensor: Any) -> Any:
        layers = self.layers
        kinds: list[Callable[[Any], Any]] = [
            layers.Flatten(name=self._title("flatten")),
            layers.Activation("linear", dtype="float32", name=self._title("linear")),
            layers.Reshape((WIDTH,), name=self._title("reshape")),
            lambda x: x * 1.0,
            lambda x: x,
        ]
        return self.random.choice(kinds)(tensor)

    def _dropout(self, tensor: Any) -> Any:
        kind = self.random.choice(["Dropout", "Dropout", "AlphaDropout"])
        return getattr(self.layers, kind)(0.1, name=self._title("drop"))(tensor)


def _name_of(tensor: Any) -> str:
    layer = next(iter(tensor._keras_history))
    return str(layer.name)


def combinations_of(values: Mapping[str, float]) -> Iterator[tuple[float, frozenset[str]]]:
    """Yield what one or two sources can give through Add and Average, with their names."""
    for name, value in values.items():
        yield value, frozenset({name})
    for (one, first), (other, second) in itertools.combinations_with_replacement(values.items(), 2):
        yield first + second, frozenset({one, other})
        yield (first + second) / 2, frozenset({one, other})
