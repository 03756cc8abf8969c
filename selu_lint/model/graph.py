"""The model as a graph: its layers, its calls, and what reaches what.

Rules see a model only through this module: they do not know which file or release it came from.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from selu_lint.errors import SeluLintError
from selu_lint.limits import LimitError
from selu_lint.model.dialects import Dialect, as_mapping
from selu_lint.model.document import Document, Variable
from selu_lint.model.kernels import Kernel, fan_axes, kernel_of, kernel_shape
from selu_lint.model.layer_kinds import ALL_DROPOUTS, MERGES_KEEPING_SELU
from selu_lint.model.layers import Call, Layer, Slot
from selu_lint.model.reach import Reach, united


class SeluKernel(NamedTuple):
    """A kernel whose output goes through a SELU.

    Attributes
    ----------
    layer : Layer
        Its layer.
    slot : Slot
        What initializes it.
    selu : str
        Path of the layer that applies the SELU.
    """

    layer: Layer
    slot: Slot
    selu: str


class ModelGraph:
    """The layers and calls of a model.

    Attributes
    ----------
    document : Document
        What it was built from.
    dialect : Dialect
        How the document's release writes things.
    layers : tuple of Layer
        In the order of the architecture.
    calls : tuple of Call
        In an order in which a call stands behind those whose outputs it takes.
    outputs : tuple of Call
        The calls whose outputs the model returns.
    """

    def __init__(
        self,
        document: Document,
        dialect: Dialect,
        layers: tuple[Layer, ...],
        calls: tuple[Call, ...],
        outputs: tuple[Call, ...],
    ) -> None:
        self.document = document
        self.dialect = dialect
        self.layers = layers
        self.calls = calls
        self.outputs = outputs
        self._kernels: dict[tuple[Layer, str], Kernel | None] = {}

    @cached_property
    def _calls_of(self) -> dict[Layer, list[Call]]:
        calls: dict[Layer, list[Call]] = {layer: [] for layer in self.layers}
        for call in self.calls:
            calls.setdefault(call.layer, []).append(call)
        return calls

    @cached_property
    def _consumers(self) -> dict[Call, list[Call]]:
        consumers: dict[Call, list[Call]] = {call: [] for call in self.calls}
        for call in self.calls:
            for source in call.inputs:
                consumers[source].append(call)
        return consumers

    def layers_of(self, class_names: Collection[str]) -> Iterator[Layer]:
        """Yield the layers of these classes that are Keras's own."""
        for layer in self.layers:
            if layer.built_in and layer.class_name in class_names:
                yield layer

    def calls_of(self, layer: Layer) -> list[Call]:
        """Return the calls of a layer."""
        return self._calls_of.get(layer, [])

    def consumers(self, call: Call) -> list[Call]:
        """Return the calls that take the output of this one."""
        return self._consumers[call]

    def kernel(self, layer: Layer, slot: Slot) -> Kernel | None:
        """Return the kernel of a slot with its fans; None where its shape is not known.

        The shape comes from the layer's input shape or, failing that, from the weights file.
        """
        key = (layer, slot.name)
        if key not in self._kernels:
            self._kernels[key] = self._find_kernel(layer, slot)
        return self._kernels[key]

    def stored(self, layer: Layer, slot: Slot) -> Variable | None:
        """Return the stored variable that a slot initializes; None if there is none.

        Raises
        ------
        SeluLintError
            If the weights are damaged or past a limit.
        """
        weights = self.document.weights
        variables = () if weights is None else weights.variables(layer.path)
        return variables[slot.position] if slot.position < len(variables) else None

    def _find_kernel(self, layer: Layer, slot: Slot) -> Kernel | None:
        calls = self.calls_of(layer)
        given = calls[0].input_shape if calls else None
        shape = kernel_shape(layer.class_name, layer.config, slot.name, given)
        if shape is None:
            # Damaged weights leave it unknown.
            try:
                stored = self.stored(layer, slot)
            except LimitError:
                raise
            except SeluLintError:
                stored = None
            shape = None if stored is None else stored.shape
        if shape is None:
            return None
        # Only releases that give an initializer axes write their keys.
        drawn = as_mapping(as_mapping(slot.value).get("config"))
        by_equation = self.dialect.counts_fans_by_equation or "input_axes" in drawn
        axes = fan_axes(layer.class_name, layer.config, drawn, by_equation)
        return kernel_of(layer.class_name, layer.config, slot.name, shape, axes)

    @cached_property
    def _selu_outputs(self) -> dict[Call, Reach]:
        reached: dict[Call, Reach] = {}
        for position, call in enumerate(self.calls):
            reached[call] = self._selu_output(position, call, reached)
        return reached

    def _selu_output(self, position: int, call: Call, reached: Mapping[Call, Reach]) -> Reach:
        if call.layer.puts_out_selu:
            return Reach(((-position, call.layer.path),))
        before = [reached[source] for source in call.inputs]
        if call.passes_on:
            return before[0]
        if call.merges and call.layer.class_name in MERGES_KEEPING_SELU and all(before):
            return united(before)
        return Reach()

    @cached_property
    def _selu_inputs(self) -> dict[Call, Reach]:
        """The separate SELUs that take the output of each call; see ``selu_ahead``."""
        taken: dict[Call, Reach] = {}
        inside: dict[Call, Reach] = {}
        for position, call in reversed(tuple(enumerate(self.calls))):
            taken[call] = united(inside[consumer] for consumer in self.consumers(call))
            if call.layer.applies_selu and not call.layer.kernel_slots:
                inside[call] = Reach(((position, call.layer.path),))
            else:
                inside[call] = taken[call] if call.merges or call.passes_on else Reach()
        return taken

    def selu_sources(self, call: Call) -> Reach:
        """Return the SELU layers whose distribution reaches the input of a call.

        It is kept by what ``passes_on`` the elements, by dropout and noise of every kind, and by
        Concatenate, Add and Average when every input comes from SELU; anything else ends it.
        A pooling of whole images does not keep it: means of so many values have nearly no variance.
        """
        return united(self._selu_outputs[source] for source in call.inputs)

    def selu_ahead(self, call: Call) -> Reach:
        """Return the separate SELUs that take the output of a call.

        Through what ``passes_on`` the elements, and through merges.
        """
        return self._selu_inputs[call]

    def acts_in_training(self, call: Call) -> bool:
        """Whether a dropout of this call acts in training.

        Keras 3 records ``training=False`` for every call of a functional model and overrides it
        when the model is trained; in Keras 2 the author wrote it, and it holds.
        """
        return call.training is not False or self.dialect.generation >= 3

    def acting_calls(self, layer: Layer) -> list[Call]:
        """Return the calls of a layer in which its dropout acts in training."""
        return [call for call in self.calls_of(layer) if self.acts_in_training(call)]

    def selu_sources_of(self, layer: Layer) -> Reach:
        """Return the SELU layers that reach any call of a layer; see ``selu_sources``.

        Of a dropout only the calls in which it acts count.
        """
        return self._of_calls(layer, self.selu_sources)

    def selu_ahead_of(self, layer: Layer) -> Reach:
        """Return the separate SELUs that take what a layer gives; see ``selu_ahead``."""
        return self._of_calls(layer, self.selu_ahead)

    def _of_calls(self, layer: Layer, told: Callable[[Call], Reach]) -> Reach:
        is_dropout = layer.class_name in ALL_DROPOUTS
        calls = self.acting_calls(layer) if is_dropout else self.calls_of(layer)
        return united(told(call) for call in calls)

    @property
    def selu_layers(self) -> tuple[Layer, ...]:
        """The layers that apply SELU."""
        return tuple(layer for layer in self.layers if layer.applies_selu)

    @cached_property
    def feeds_selu(self) -> frozenset[Layer]:
        """The layers whose kernel feeds a SELU."""
        return frozenset(layer for layer, _ in self.selu_kernel_layers)

    @cached_property
    def up_to_selu(self) -> frozenset[Call]:
        """The calls that a SELU stands behind, and the SELUs: all but the heads."""
        found = {call for call in self.calls if call.layer.applies_selu}
        for call in reversed(self.calls):
            if call in found:
                found.update(call.inputs)
        return frozenset(found)

    @property
    def selu_kernels(self) -> Iterator[SeluKernel]:
        """The kernels of ``selu_kernel_layers``, one by one."""
        for layer, selu in self.selu_kernel_layers:
            for slot in layer.kernel_slots:
                yield SeluKernel(layer, slot, selu)

    @cached_property
    def selu_kernel_layers(self) -> tuple[tuple[Layer, str], ...]:
        """The layers whose kernel feeds a SELU, each with the path of the layer that applies it.

        That is the layer itself, or a separate Activation behind it; where a normalization stands
        between, the kernel's scale does not reach the SELU and the layer is not named.
        """
        found: list[tuple[Layer, str]] = []
        for layer in self.layers:
            if not layer.kernel_slots:
                continue
            if layer.applies_selu:
                found.append((layer, layer.path))
            elif layer.activation is None or layer.activation.is_linear:
                ahead = self.selu_ahead_of(layer)
                if ahead:
                    found.append((layer, ahead.nearest[0][1]))
        return tuple(found)
