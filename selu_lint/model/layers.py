"""Layers, the slots of their initializers, and their calls: what a graph is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from selu_lint.model.config_values import finite_number
from selu_lint.model.dialects import Activation, class_of
from selu_lint.model.inbound_nodes import Training
from selu_lint.model.initializers import Initializer
from selu_lint.model.kernels import Shape, channels_first
from selu_lint.model.layer_kinds import (
    ALL_DROPOUTS,
    ALL_POOLINGS,
    ELEMENTWISE_MERGES,
    GATED,
    KEEPS_DISTRIBUTION,
)

_KEEPS = KEEPS_DISTRIBUTION | ALL_DROPOUTS
_MERGES = ELEMENTWISE_MERGES | {"Concatenate"}
_NEUTRAL = {"Multiply": 1.0, "Add": 0.0}
"""The constants with which an operation of one tensor changes nothing."""


class Slot(NamedTuple):
    """An initializer slot of a layer.

    Attributes
    ----------
    name : str
        Name of today, such as ``kernel_initializer``.
    value : object
        The initializer as it is written.
    initializer : Initializer
        What it draws.
    pointers : tuple of str
        JSON pointers to it: one, or two for the directions of a Bidirectional.
    stated : bool
        Whether the architecture states it; else Keras takes GlorotUniform.
    position : int
        Index of its variable among the layer's variables.
    """

    name: str
    value: object
    initializer: Initializer
    pointers: tuple[str, ...]
    stated: bool
    position: int


class Layer:
    """A layer, however often it is called; what builds the graph fills it.

    Attributes
    ----------
    path : str
        Names from the root joined with ``/``, nested models and wrappers included.
    class_name : str
        The name that Keras has for its class today.
    serialized : Mapping
        The layer as it is written.
    pointer : str
        JSON pointer to it in the architecture.
    built_in : bool
        Whether it is a layer of Keras, whose behaviour class and config tell.
    activation : Activation or None
        The activation that it applies; None where it has none or is not known.
    kernel_slots : tuple of Slot
        The slots of its kernels.
    bias_slot : Slot or None
        The slot of its bias, where it has one.
    around : tuple of Mapping
        The wrappers around it as they are written, outermost first.
    opaque : bool
        Whether it contains layers or code that cannot be seen.
    config : Mapping
        Its config; empty where there is none.
    applies_selu : bool
        Whether its activation is SELU.
    puts_out_selu : bool
        Whether its output is SELU's: gates of a recurrent layer make another one of it.
    """

    def __init__(
        self,
        path: str,
        class_name: str,
        serialized: Mapping[str, Any],
        pointer: str,
        built_in: bool,
        activation: Activation | None = None,
        kernel_slots: tuple[Slot, ...] = (),
        bias_slot: Slot | None = None,
        around: tuple[Mapping[str, Any], ...] = (),
        opaque: bool = False,
    ) -> None:
        self.path = path
        self.class_name = class_name
        self.serialized = serialized
        self.pointer = pointer
        self.built_in = built_in
        self.activation = activation
        self.kernel_slots = kernel_slots
        self.bias_slot = bias_slot
        self.around = around
        self.opaque = opaque
        config = serialized.get("config")
        self.config: Mapping[str, Any] = config if isinstance(config, dict) else {}
        self.applies_selu = activation is not None and activation.is_selu
        self.puts_out_selu = self.applies_selu and not (built_in and class_name in GATED)

    @property
    def wrappers(self) -> tuple[str, ...]:
        """Classes of the wrappers around it, outermost first."""
        return tuple(map(class_of, self.around))


class Call:
    """One application of a layer; the graph's builder fills it, afterwards it is read only.

    Attributes
    ----------
    layer : Layer
        The layer that is called.
    inputs : list of Call
        The calls whose outputs it takes, in order.
    constants : tuple of float
        Numbers that it was called with in the place of tensors.
    training : Training
        The ``training`` argument that it, or a model around it, was called with.
    input_shapes, output_shape : shapes with the batch in front, None where not known.
    """

    def __init__(
        self,
        layer: Layer,
        inputs: list[Call],
        constants: tuple[float, ...] = (),
        training: Training = None,
        output_shape: Shape | None = None,
    ) -> None:
        self.layer = layer
        self.inputs = inputs
        self.constants = constants
        self.training = training
        self.input_shapes: list[Shape | None] = []
        self.output_shape = output_shape

    @property
    def input_shape(self) -> Shape | None:
        """Shape of the first input."""
        return self.input_shapes[0] if self.input_shapes else None

    @property
    def pools_whole_image(self) -> bool:
        """Whether it is a pooling that leaves one position of many."""
        if self.layer.class_name not in ALL_POOLINGS:
            return False
        if self.layer.class_name.startswith("Global"):
            return True
        first = channels_first(self.layer.config)
        spaces = [
            (shape or ())[2:] if first else (shape or ())[1:-1]
            for shape in (self.output_shape, self.input_shape)
        ]
        return set(spaces[0]) == {1} != set(spaces[1])

    @property
    def is_identity(self) -> bool:
        """Whether its output is its input: Activation("linear"), times 1, plus 0."""
        layer, activation = self.layer, self.layer.activation
        if not layer.built_in or len(self.inputs) != 1:
            return False
        if layer.class_name == "Rescaling":
            scale, offset = layer.config.get("scale"), layer.config.get("offset", 0.0)
            return finite_number(scale) == 1 and finite_number(offset) == 0
        if layer.class_name in _NEUTRAL:
            return self.constants == (_NEUTRAL[layer.class_name],)
        return layer.class_name == "Activation" and activation is not None and activation.is_linear

    @property
    def passes_on(self) -> bool:
        """Whether the elements keep, in inference, nearly the distribution of its first input."""
        if not self.inputs or not self.layer.built_in:
            return False
        keeps = self.layer.class_name in _KEEPS and not self.pools_whole_image
        return keeps or self.is_identity

    @property
    def merges(self) -> bool:
        """Whether it joins its inputs, or combines them element by element."""
        several = self.layer.built_in and len(self.inputs) > 1
        return several and self.layer.class_name in _MERGES
