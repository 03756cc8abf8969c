"""What Keras's constructors give: layers, models, initializers and tensors, as data."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

from selu_lint.source.values import Argument, Assumption, List, Origin, Value


@dataclass(eq=False)
class Layer:
    """A layer, or an operation on tensors.

    Attributes
    ----------
    class_name : str
        The name that Keras has for its class, or of the function.
    module : str
        ``keras.layers``, ``keras.src.ops``, ``tensorflow`` or, of foreign code, empty.
    node : ast.expr
        The call that makes it.
    scope : str
        The function or class that this stands in.
    arguments : dict of str to Argument
        What it is given, by the names of its parameters.
    open : bool
        Whether there may be more arguments.
    wrapped : Value
        The layer in a wrapper.
    function : Value
        The function of a Lambda.
    label : str
        The name that the source gives it.
    assumed : tuple of Assumption
        What it rests on that this is a layer of Keras.
    callee : Origin or None
        Where its class is written.
    """

    class_name: str
    module: str
    node: ast.expr
    scope: str = ""
    arguments: dict[str, Argument] = field(default_factory=dict)
    open: bool = False
    wrapped: Value = None
    function: Value = None
    label: str = ""
    assumed: tuple[Assumption, ...] = ()
    callee: Origin | None = None


@dataclass(eq=False)
class Call:
    """One application of a layer.

    Attributes
    ----------
    layer : Layer
        The layer.
    inputs : tuple of Call
        The calls whose outputs it takes.
    constants : tuple of float
        Numbers among what it takes.
    training : bool or None
        Its ``training`` argument, where it is known.
    """

    layer: Layer
    inputs: tuple[Call, ...] = ()
    constants: tuple[float, ...] = ()
    training: bool | None = None


@dataclass(frozen=True, eq=False)
class Tensor:
    """The output of a call."""

    call: Call


@dataclass(eq=False)
class Stack:
    """A Sequential.

    Attributes
    ----------
    layers : List
        Its layers, which may still be added.
    node : ast.expr
        The call that makes it.
    label : str
        The name that the source gives it.
    own_input : Tensor or None
        What it takes where it is not part of another model.
    own_outputs : list of Tensor
        What its layers, one after the other, make of that.
    used : int
        How many layers it had when it was last called or put into another model.
    """

    layers: List
    node: ast.expr
    label: str = ""
    own_input: Tensor | None = None
    own_outputs: list[Tensor] = field(default_factory=list)
    used: int = -1


@dataclass(eq=False)
class Model:
    """A functional model: from tensors to tensors."""

    inputs: Value
    outputs: Value
    node: ast.expr
    label: str = ""


@dataclass(frozen=True, eq=False)
class Initializer:
    """An initializer with its arguments."""

    class_name: str
    config: Mapping[str, Argument]
    open: bool = False
