"""What a careful reader finds in a live Keras model, from its layers' attributes and tensors only.

Nothing here comes from selu_lint: topology is Keras's own history of tensors, initializers are the
live objects, gains are measured on what they draw, and fan-ins by applying kernels of ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

Row = tuple[str, str, str, tuple[str, ...]]
"""(code, layer, slot, after); a slot or an after that does not belong to the code is empty."""

_KEEPS = (
    "Flatten", "Reshape", "Permute", "RepeatVector", "Identity", "Masking",
    "ActivityRegularization",
)  # fmt: skip
_KEEPS_OF_RANK = ("Cropping", "ZeroPadding", "UpSampling", "MaxPooling", "AveragePooling")
_DROPOUTS = ("Dropout", "AlphaDropout", "GaussianDropout", "GaussianNoise", "SpatialDropout1D",
             "SpatialDropout2D", "SpatialDropout3D")  # fmt: skip
_NORMALIZATIONS = ("BatchNormalization", "LayerNormalization", "UnitNormalization",
                   "GroupNormalization")  # fmt: skip
_SAMPLE = 4_000


class LiveOracle:
    """Reads one live model of either generation of Keras."""

    def __init__(self, keras: Any, model: Any) -> None:
        self.keras = keras
        self.paths: dict[int, str] = {}
        self.leaves: list[Any] = []
        self.calls: dict[int, list[list[Any]]] = {}
        self._callers: dict[int, list[Any]] = {}
        self._seen: set[tuple[int, int]] = set()
        self._name(model.layers, "")
        for tensor in self._outputs(model):
            self._walk(tensor)

    def rows(self) -> set[Row]:
        """Return the findings of SELU001 to SELU006."""
        return {
            *self._kernels(),
            *self._dropouts(),
            *self._alpha_dropouts(),
            *self._normalizations(),
        }

    def gain(self, path: str, slot: str) -> float:
        """Measure true fan-in × E[w²] of what a live initializer draws for its live kernel."""
        layer = next(leaf for leaf in self.leaves if self.paths[id(leaf)] == path)
        kernel = self._variable(layer, slot)
        initializer = getattr(layer, slot)
        config, count = initializer.get_config(), 0
        squares: list[np.ndarray] = []
        while count < _SAMPLE:
            seeded = {**config, "seed": len(squares) + 1} if "seed" in config else config
            drawn = values_of(type(initializer).from_config(seeded)(kernel.shape))
            squares.append(drawn.ravel() ** 2)
            count += drawn.size
        return self._fan_in(layer, slot, tuple(kernel.shape)) * float(
            np.mean(np.concatenate(squares))
        )

    # Topology.

    def _name(self, layers: list[Any], prefix: str) -> None:
        for layer in layers:
            path = prefix + layer.name
            if self._is_model(layer):
                self._name(layer.layers, f"{path}/")
                continue
            inner = self._inner(layer)
            if inner is not None:
                # Keras 2 keeps the wrapped layer under its own name beside the copy that runs.
                named = getattr(layer, "layer", None) or inner
                self.paths[id(inner)] = self.paths[id(layer)] = f"{path}/{named.name}"
                self.leaves.append(inner)
                continue
            self.paths[id(layer)] = path
            self.leaves.append(layer)

    def _walk(self, tensor: Any) -> None:
        """Note the inputs of every call that a tensor depends on."""
        pending = [tensor]
        while pending:
            tensor = pending.pop()
            layer, index = tuple(tensor._keras_history)[:2]
            if (id(layer), index) in self._seen:
                continue
            self._seen.add((id(layer), index))
            inputs = _listed(_inputs_of(layer._inbound_nodes[index]))
            if self._is_model(layer):
                for given, source in zip(self._given(layer), inputs, strict=True):
                    first = next(iter(given._keras_history))
                    self._callers.setdefault(id(first), []).append(source)
                pending.extend(self._outputs(layer))
            else:
                leaf = self._inner(layer) or layer
                self.calls.setdefault(id(leaf), []).append(inputs)
            pending.extend(inputs)

    def _is_model(self, layer: Any) -> bool:
        return isinstance(layer, self.keras.Model)

    @staticmethod
    def _outputs(model: Any) -> list[Any]:
        return _listed(model.outputs)

    @staticmethod
    def _given(model: Any) -> list[Any]:
        return _listed(model.inputs)

    def _inner(self, layer: Any) -> Any:
        layers = self.keras.layers
        if isinstance(layer, layers.TimeDistributed):
            return layer.layer
        if isinstance(layer, layers.Bidirectional):
            return layer.forward_layer
        return None

    def _sources(self, tensor: Any) -> list[tuple[Any, list[Any]]]:
        """Return the leaves that give a tensor, each with the inputs of that call."""
        layer, index = tuple(tensor._keras_history)[:2]
        position = tuple(tensor._keras_history)[2]
        if self._is_model(layer):
            return self._sources(self._outputs(layer)[position])
        if id(layer) in self._callers:
            return [each for caller in self._callers[id(layer)] for each in self._sources(caller)]
        return [(self._inner(layer) or layer, _listed(_inputs_of(layer._inbound_nodes[index])))]

    # What reaches what.

    def _is_selu(self, layer: Any) -> bool:
        activation = getattr(layer, "activation", None)
        return activation is self.keras.activations.selu

    def _gives_selu(self, layer: Any) -> bool:
        """Whether SELU's values are its output: gates change them."""
        return self._is_selu(layer) and not self._kind(layer, ("LSTM", "GRU"))

    def _is_linear(self, layer: Any) -> bool:
        return getattr(layer, "activation", None) in (None, self.keras.activations.linear)

    def _kind(self, layer: Any, names: tuple[str, ...]) -> bool:
        return type(layer).__name__ in names

    def _passes(self, layer: Any) -> bool:
        name = type(layer).__name__
        if name == "Activation":
            return self._is_linear(layer)
        return self._kind(layer, _KEEPS + _DROPOUTS) or name.rstrip("123D") in _KEEPS_OF_RANK

    def _after(self, tensor: Any, seen: frozenset[int] = frozenset()) -> frozenset[str]:
        """Return the SELU layers whose distribution reaches a tensor."""
        found: frozenset[str] = frozenset()
        for layer, inputs in self._sources(tensor):
            if self._gives_selu(layer):
                found |= {self.paths[id(layer)]}
            elif self._passes(layer):
                found |= self._after(inputs[0], seen)
            elif self._kind(layer, ("Concatenate", "Add")):
                reached = [self._after(each, seen) for each in inputs]
                if all(reached):
                    found |= frozenset().union(*reached)
        return found

    def _before(self, tensor: Any) -> Iterator[Any]:
        """Yield the leaves behind layers that pass on and merges."""
        for layer, inputs in self._sources(tensor):
            if inputs and (self._passes(layer) or self._kind(layer, ("Concatenate", "Add"))):
                for each in inputs:
                    yield from self._before(each)
            else:
                yield layer

    def _after_layer(self, layer: Any) -> tuple[str, ...]:
        inputs = [each for call in self.calls.get(id(layer), []) for each in call]
        return tuple(sorted(frozenset().union(*map(self._after, inputs)))) if inputs else ()

    # The rules.

    def _selu_kernels(self) -> Iterator[Any]:
        for layer in self.leaves:
            if not self._is_selu(layer):
                continue
            if self._slots(layer):
                yield layer
                continue
            for call in self.calls[id(layer)]:
                for source in self._before(call[0]):
                    if self._slots(source) and self._is_linear(source):
                        yield source

    def _kernels(self) -> Iterator[Row]:
        for layer in self._selu_kernels():
            path = self.paths[id(layer)]
            for slot in self._slots(layer):
                if not self._is_lecun_normal(path, slot, getattr(layer, slot)):
                    yield ("SELU001", path, slot, ())
            bias = layer.bias_initializer if layer.use_bias else None
            if bias is not None and np.any(values_of(bias((64,)))):
                yield ("SELU005", path, "", ())

    def _in_front(self) -> set[int]:
        """Return the dropouts whose output a separate SELU takes."""
        pending = [
            each
            for layer in self.leaves
            if self._is_selu(layer) and not self._slots(layer)
            for call in self.calls[id(layer)]
            for each in call
        ]
        found: set[int] = set()
        while pending:
            for layer, inputs in self._sources(pending.pop()):
                if self._kind(layer, _DROPOUTS):
                    found.add(id(layer))
                if self._passes(layer) or self._kind(layer, ("Concatenate", "Add")):
                    pending.extend(inputs)
        return found

    def _dropouts(self) -> Iterator[Row]:
        in_front = self._in_front()
        for layer in self.leaves:
            if not self._kind(layer, _DROPOUTS) or self._kind(layer, ("AlphaDropout",)):
                continue
            amount = layer.stddev if self._kind(layer, ("GaussianNoise",)) else layer.rate
            after = self._after_layer(layer)
            if amount and (after or id(layer) in in_front):
                code = "SELU002" if self._kind(layer, ("Dropout",)) else "SELU003"
                yield (code, self.paths[id(layer)], "", after)

    def _alpha_dropouts(self) -> Iterator[Row]:
        in_front = self._in_front()
        for layer in self.leaves:
            if not self._kind(layer, ("AlphaDropout",)) or id(layer) in in_front:
                continue
            sources = [s for call in self.calls[id(layer)] for s in self._before(call[0])]
            right = ("InputLayer", *_NORMALIZATIONS)
            if layer.rate and not any(self._kind(s, right) or self._gives_selu(s) for s in sources):
                yield ("SELU004", self.paths[id(layer)], "", ())

    def _normalizations(self) -> Iterator[Row]:
        ahead = {
            id(source)
            for layer in self.leaves
            if self._is_selu(layer) and not self._slots(layer)
            for call in self.calls[id(layer)]
            for source in self._before(call[0])
        }
        for layer in self.leaves:
            after = self._after_layer(layer)
            if self._kind(layer, _NORMALIZATIONS) and (after or id(layer) in ahead):
                yield ("SELU006", self.paths[id(layer)], "", after)

    # Initializers.

    @staticmethod
    def _slots(layer: Any) -> tuple[str, ...]:
        if hasattr(layer, "pointwise_initializer"):
            return ("depthwise_initializer", "pointwise_initializer")
        if hasattr(layer, "depthwise_initializer"):
            return ("depthwise_initializer",)
        return ("kernel_initializer",) if hasattr(layer, "kernel_initializer") else ()

    def _is_lecun_normal(self, path: str, slot: str, initializer: Any) -> bool:
        names = self.keras.initializers
        if isinstance(initializer, names.VarianceScaling) and (
            initializer.scale == 1 and initializer.mode == "fan_in"
        ):
            return "normal" in initializer.distribution
        normals = (names.RandomNormal, names.TruncatedNormal, names.VarianceScaling)
        if not isinstance(initializer, normals) or getattr(initializer, "mean", 0) != 0:
            return False
        if getattr(initializer, "distribution", "normal") == "uniform":
            return False
        return abs(self.gain(path, slot) - 1) < 0.05

    @staticmethod
    def _variable(layer: Any, slot: str) -> Any:
        names = {"depthwise_initializer": "depthwise_kernel"}
        name = names.get(slot, slot.removesuffix("_initializer"))
        name = "pointwise_kernel" if slot == "pointwise_initializer" else name
        holder = layer.cell if hasattr(layer, "cell") else layer
        return getattr(holder, name) if hasattr(holder, name) else holder.kernel

    def _fan_in(self, layer: Any, slot: str, shape: tuple[int, ...]) -> float:
        """Measure how many terms an output sums: with ones everywhere it is that number."""
        kind = type(layer).__name__
        if hasattr(layer, "pointwise_initializer"):
            return float(
                np.prod(shape[:-2]) * (1 if slot == "depthwise_initializer" else shape[-2])
            )
        if hasattr(layer, "cell"):
            return float(shape[0])
        ones = self.keras.initializers.get("ones")
        config = {**layer.get_config(), "activation": None, "name": "ones", slot: ones}
        if "use_bias" in config:
            config["use_bias"] = False
        if "dtype" in config:
            config["dtype"] = "float32"
        copy = type(layer).from_config(config)
        channels = shape[-1] if "Transpose" in kind else shape[-2] * getattr(layer, "groups", 1)
        space = [12] * (len(shape) - 2)
        summed = values_of(copy(np.ones((1, *space, channels), "float32")))
        if "Transpose" in kind:
            # With strides the outputs sum different numbers of terms; their mean is what counts.
            period = tuple(slice(4, 4 + 2 * step) for step in _listed(layer.strides))
            return float(summed[0][period].mean())
        return float(summed.max())


def values_of(tensor: Any) -> Any:
    """Return the values of a tensor of any backend."""
    return np.asarray(tensor.detach().cpu() if hasattr(tensor, "detach") else tensor)


def _inputs_of(node: Any) -> Any:
    # Keras 3 keeps a node's tensors in ``input_tensors``, Keras 2 in ``keras_inputs``.
    return node.keras_inputs if hasattr(node, "keras_inputs") else node.input_tensors


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
