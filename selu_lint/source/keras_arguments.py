"""The arguments of Keras's constructors by the names of their parameters."""

from __future__ import annotations

from collections.abc import Mapping

from selu_lint.source.facts import is_choice
from selu_lint.source.keras_parameters import parameters
from selu_lint.source.machine import Machine
from selu_lint.source.values import Argument, Arguments

_KERAS_1_NAMES = frozenset(
    {
        "init", "inner_init", "p", "output_dim", "nb_filter", "border_mode", "subsample", "nb_row",
        "nb_col", "filter_length", "W_regularizer", "b_regularizer", "bias", "dim_ordering",
        "pool_length", "dropout_W", "dropout_U", "inner_activation",
    }
)  # fmt: skip


def by_name(machine: Machine, class_name: str, arguments: Arguments) -> dict[str, Argument]:
    """Return the arguments of a constructor by the names of its parameters."""
    names = list(parameters(class_name, is_keras_1(machine, class_name, arguments)))
    given = dict(zip(names, arguments.positional, strict=False))
    return given | dict(arguments.named)


def is_keras_1(machine: Machine, class_name: str, arguments: Arguments) -> bool:
    """Whether the arguments of a layer are those of Keras 1."""
    if not _KERAS_1_NAMES.isdisjoint(arguments.named):
        return True
    values = [machine.known(each.value) for each in arguments.positional]
    if class_name.startswith(("Conv", "Convolution")) and class_name.endswith("2D"):
        return len(values) > 2 and all(isinstance(each, int) for each in values[:3])
    second = values[1] if len(values) > 1 else None
    return isinstance(second, str) and is_choice(second) and "_" in second


def label_of(machine: Machine, given: Mapping[str, Argument]) -> str:
    """Return the ``name`` that a layer or model is given; empty where it is not known."""
    label = machine.known(given["name"].value) if "name" in given else None
    return label if isinstance(label, str) else ""
