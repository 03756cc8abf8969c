"""Names that Keras gives: the layers of a copy are to be called like those of its model."""

from __future__ import annotations

import re
from typing import Any

from selu_lint.live.snapshot import name_counters
from selu_lint.live.tracing import children_of, is_graph, with_all_below

_NUMBERED = re.compile(r"(?P<stem>.+?)(?:_(?P<number>\d+))?")


def count_from(keras: Any, model: Any) -> None:
    """Let Keras name the next layers as it once named those of a model.

    The names of each kind go on from the least number that the model has of it.
    """
    least: dict[str, int] = {}
    for layer in with_all_below(model):
        match = _NUMBERED.fullmatch(layer.name)
        if match is not None:
            stem, number = match["stem"], int(match["number"] or 0)
            least[stem] = min(number, least.get(stem, number))
    for counter in name_counters(keras):
        for stem, number in least.items():
            # Keras 3 counts by name, and a name that it knows gets a number; Keras 2 by scope too.
            if hasattr(keras, "ops"):
                counter.pop(stem, None)
                counter.update({stem: number} if number else {})
            else:
                counter["", stem] = number


def name_alike(model: Any, new: Any) -> None:
    """Give the layers of a copy the names of their counterparts, where code makes them.

    A graph of Keras 2 finds its layers by name: those keep their own.
    """
    _rename(new, model.name)
    _name_children(model, new)


def _name_children(model: Any, new: Any) -> None:
    for old, copy in zip(children_of(model), children_of(new), strict=False):
        if not is_graph(new):
            _rename(copy, old.name)
        _name_children(old, copy)


def _rename(layer: Any, name: str) -> None:
    if layer.name == name:
        return
    if isinstance(getattr(type(layer), "name", None), property):
        layer._name = name
    else:
        object.__setattr__(layer, "name", name)
