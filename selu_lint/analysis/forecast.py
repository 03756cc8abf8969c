"""Predicts the activations of a model from its architecture alone: the theory over a ModelGraph.

Each call gets the `State` of its output, from those of its inputs; None where the theory has no
prediction, and then nothing behind it has one, either. Nothing is guessed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

from selu_lint.analysis.call_sizes import (
    axes_of,
    padded_axes,
    positions_of,
    width_of,
    windows_of,
)
from selu_lint.analysis.inputs import Premise, premises, preprocessed
from selu_lint.analysis.lecun import bias_moments, gain_of
from selu_lint.analysis.noise_repairs import rate_of
from selu_lint.analysis.normalizations import normalized
from selu_lint.analysis.statistics import Channels
from selu_lint.model.config_values import finite_number
from selu_lint.model.dialects import Activation, read_initializer
from selu_lint.model.graph import ModelGraph
from selu_lint.model.kernels import positive
from selu_lint.model.layer_kinds import (
    ACTIVATION_LAYERS,
    ACTIVATIONS,
    ALL_DROPOUTS,
    ALL_POOLINGS,
    CONVOLUTIONS,
    DEPTHWISE_CONVOLUTIONS,
    KERNEL_LAYERS,
    LOCALLY_CONNECTED,
    MERGES,
    NORMALIZATIONS,
    RECURRENT,
    RESHAPES,
    SEPARABLE_CONVOLUTIONS,
)
from selu_lint.model.layers import Call
from selu_lint.theory import merges, normalization, propagation, spatial
from selu_lint.theory.activation_functions import activation_function
from selu_lint.theory.states import State, input_state

_CONVOLVING = CONVOLUTIONS | SEPARABLE_CONVOLUTIONS | DEPTHWISE_CONVOLUTIONS
_UNPREDICTED = RECURRENT | LOCALLY_CONNECTED
_FACTORS: dict[str, Callable[[int], list[float]]] = {
    "Add": lambda count: [1.0] * count,
    "Subtract": lambda count: [1.0, *([-1.0] * (count - 1))],
    "Average": lambda count: [1.0 / count] * count,
}
_SLOPES = {"leaky_relu": ("negative_slope", "alpha", "slope"), "elu": ("alpha",)}
_LEAKY_RELU_LAYER = 0.3


class Assumptions(NamedTuple):
    """What a forecast takes for granted.

    Attributes
    ----------
    training : bool
        Whether dropout and noise act.
    inputs : Mapping of Call to Premise, optional
        What the inputs are taken to be; else `selu_lint.analysis.inputs.premises` says it.
    dropouts : (str, float), optional
        Class and rate that every dropout behind SELU is taken to have; else its own.
    unit_gains : bool
        Whether kernels of SELU layers are taken to have gain 1.
    repaired : bool
        Whether what rules find and repair one by one is taken as done: inputs are standardized,
        kernels of SELU layers have gain 1 and no bias, normalizations normalize. Then layers are
        infinitely wide, images without borders, pooling keeps the distribution, and nothing is
        predicted behind other activations than SELU.
    """

    training: bool
    inputs: Mapping[Call, Premise] | None = None
    dropouts: tuple[str, float] | None = None
    repaired: bool = False
    unit_gains: bool = False


def forecast(graph: ModelGraph, assumed: Assumptions) -> Mapping[Call, State | None]:
    """Return what is predicted of the output of each call, weights as the initializers draw them.

    What is spent of the signal budget is counted along stretches of SELU layers; other activations
    and normalizations end one.
    """
    taken = assumed.inputs
    if taken is None and not assumed.repaired:
        taken = premises(graph)
    channels = preprocessed(graph, taken)
    states: dict[Call, State | None] = {}
    selu = _self_normalizing(graph)
    for call in graph.calls:
        try:
            state = _predicted(graph, call, states, channels, assumed)
        except (ArithmeticError, ValueError):
            # Its numbers are past those of a float.
            state = None
        if state is not None and state.spent and not selu[call]:
            state = state._replace(spent=0.0)
        states[call] = state if state is not None and state.is_known else None
    return states


def _self_normalizing(graph: ModelGraph) -> dict[Call, bool]:
    """Return for each call whether SELU's output reaches it with no other activation between."""
    reached: dict[Call, bool] = {}
    for call in graph.calls:
        layer = call.layer
        other = layer.activation is not None and not layer.activation.is_linear
        ends = layer.class_name in NORMALIZATIONS or other
        before = any(reached[source] for source in call.inputs)
        reached[call] = layer.applies_selu or (before and not ends)
    return reached


def _input(call: Call, channels: Channels | None, width: float) -> State | None:
    if channels is None:
        return None
    state = input_state(channels.mean, channels.variance, width, call.layer.path)
    # A kernel sums over positions, too, so that the mean square of what it sees fluctuates less.
    positions = positions_of(call, call.output_shape) or 1.0
    return state._replace(spread=state.spread / positions)


def _embedding(call: Call) -> State | None:
    """Return the state of vectors as they are drawn, of tokens that differ from each other."""
    config = call.layer.config
    rows, columns = positive(config, "input_dim"), positive(config, "output_dim")
    initializer = read_initializer(config.get("embeddings_initializer", "uniform"))
    if rows is None or columns is None or not initializer.known:
        return None
    second = initializer.second_moment((rows, columns))
    if second is None:
        return None
    mean = initializer.mean
    state = input_state(mean, second - mean**2, float(columns), call.layer.path)
    return state if initializer.distribution == "normal" else state._replace(distribution=None)


def _one_hot(call: Call) -> State | None:
    """Return the state of vectors with one 1 among zeros, wherever it is."""
    count = positive(call.layer.config, "num_tokens")
    if call.layer.config.get("output_mode", "multi_hot") != "one_hot" or count is None:
        return None
    share = 1 / count
    state = input_state(share, share - share**2, float(count), call.layer.path)
    return state._replace(distribution=None)


_ENCODINGS: dict[str, Callable[[Call], State | None]] = {
    "Embedding": _embedding,
    "CategoryEncoding": _one_hot,
}


def _predicted(
    graph: ModelGraph,
    call: Call,
    states: Mapping[Call, State | None],
    channels: Mapping[Call, Channels | None],
    assumed: Assumptions,
) -> State | None:
    if call in channels:
        return _input(call, channels[call], math.inf if assumed.repaired else width_of(call))
    if call.layer.built_in and call.layer.class_name in _ENCODINGS:
        return _ENCODINGS[call.layer.class_name](call)
    before = [state for source in call.inputs if (state := states[source]) is not None]
    if not before or len(before) < len(call.inputs):
        return None
    return (_behind_repaired if assumed.repaired else _behind)(graph, call, before, assumed)


def _behind(
    graph: ModelGraph, call: Call, before: list[State], assumed: Assumptions
) -> State | None:
    layer, kind, config = call.layer, call.layer.class_name, call.layer.config
    training = assumed.training
    if kind == "InputLayer":
        return before[0]
    if not before or layer.opaque or not layer.built_in:
        return None
    state = before[0]
    if call.is_identity:
        return state
    if kind in KERNEL_LAYERS:
        return _kernel(graph, call, state, assumed.unit_gains)
    if kind in ALL_DROPOUTS:
        if not training or not graph.acts_in_training(call):
            return state
        return _dropout(graph, call, state, assumed.dropouts)
    if kind == "Activation" or kind in ACTIVATIONS:
        return _activate(state, layer.activation, is_layer=kind in ACTIVATION_LAYERS)
    if kind in MERGES:
        return _merge(call, before)
    if kind in NORMALIZATIONS:
        return normalized(graph, call, state, training)
    if kind in ALL_POOLINGS:
        return _pool(call, state)
    if kind == "Flatten":
        return spatial.flatten(state, positions_of(call, call.input_shape) or math.inf)
    if kind.startswith("ZeroPadding"):
        padded = padded_axes(call)
        return None if padded is None else spatial.zero_padding(state, padded)
    if kind == "Rescaling":
        factor, offset = finite_number(config.get("scale")), finite_number(config.get("offset", 0))
        known = factor is not None and offset is not None
        return normalization.rescale(state, factor or 0.0, offset or 0.0) if known else None
    return state if kind in RESHAPES and len(before) == 1 else None


def _behind_repaired(
    graph: ModelGraph, call: Call, before: list[State], assumed: Assumptions
) -> State | None:
    layer, kind = call.layer, call.layer.class_name
    activation = layer.activation
    if activation is not None and not (activation.is_linear or activation.is_selu):
        return None
    if call.is_identity:
        return before[0]
    if kind in NORMALIZATIONS and layer.built_in:
        return input_state(name=layer.path)
    if kind in ALL_POOLINGS and layer.built_in:
        return None if call.pools_whole_image else before[0]
    if kind.startswith("ZeroPadding") and layer.built_in:
        return before[0]
    if layer not in graph.feeds_selu or kind not in KERNEL_LAYERS - RECURRENT or layer.opaque:
        behind = _behind(graph, call, before, assumed)
        return behind and behind._replace(width=math.inf, spread=0.0, profiles=())
    known = all(slot.initializer.known for slot in layer.kernel_slots)
    if not known or not layer.built_in or "SpectralNormalization" in layer.wrappers:
        return None
    return _activate(propagation.kernel(before[0], 1.0, layer.path), activation)


def _kernel(graph: ModelGraph, call: Call, state: State, unit_gains: bool) -> State | None:
    layer = call.layer
    if layer.class_name in _UNPREDICTED:
        return None
    gain, bias = gain_of(graph, layer), bias_moments(graph, layer)
    # Identity copies its input instead of mixing it; SpectralNormalization rescales the kernel.
    copied = any(slot.initializer.distribution == "identity" for slot in layer.kernel_slots)
    if gain is not None and unit_gains and layer in graph.feeds_selu:
        gain = 1.0
    if gain is None or bias is None or copied or "SpectralNormalization" in layer.wrappers:
        return None
    bias_mean, bias_variance = bias.mean, bias.variance
    width = width_of(call)
    axes = axes_of(call)
    if layer.class_name in _CONVOLVING and axes:
        behind = propagation.convolution(
            state, gain, layer.path, width, axes, bias_variance, bias_mean
        )
    else:
        behind = propagation.kernel(state, gain, layer.path, width, bias_variance, bias_mean)
    return _activate(behind, layer.activation)


def _activate(state: State, activation: Activation | None, is_layer: bool = False) -> State | None:
    if activation is None or activation.custom:
        return None
    slope = next(
        (
            number
            for key in _SLOPES.get(activation.name, ())
            if (number := finite_number(activation.config.get(key))) is not None
        ),
        _LEAKY_RELU_LAYER if is_layer and activation.name == "leaky_relu" else None,
    )
    function = activation_function(activation.name, slope)
    return None if function is None else propagation.activation(state, function)


def _dropout(
    graph: ModelGraph, call: Call, state: State, instead: tuple[str, float] | None
) -> State | None:
    kind = call.layer.class_name
    if instead is not None and graph.selu_sources(call):
        name, rate = instead
        alpha = name == "AlphaDropout"
        act = propagation.alpha_dropout if alpha else propagation.dropout
        return act(state, rate)
    if kind == "GaussianNoise":
        deviation = finite_number(call.layer.config.get("stddev", call.layer.config.get("sigma")))
        return None if deviation is None else propagation.gaussian_noise(state, deviation)
    known = rate_of(call.layer)
    if known is None:
        return None
    rate = known
    if kind == "AlphaDropout":
        return propagation.alpha_dropout(state, rate)
    if kind == "GaussianDropout":
        return propagation.gaussian_dropout(state, rate)
    shared = kind != "Dropout" or call.layer.config.get("noise_shape") is not None
    return propagation.dropout(state, rate, shared)


def _merge(call: Call, before: list[State]) -> State | None:
    kind = call.layer.class_name
    if len(before) < 2:
        return None
    if kind == "Concatenate":
        widths = [shape[-1] if shape else None for shape in call.input_shapes]
        if any(width is None for width in widths) or len(widths) != len(before):
            return None
        return merges.concatenate(
            [(state, float(width or 0)) for state, width in zip(before, widths, strict=True)]
        )
    factors = _FACTORS.get(kind)
    return None if factors is None else merges.linear_combination(before, factors(len(before)))


def _pool(call: Call, state: State) -> State | None:
    kind, shape = call.layer.class_name, call.input_shape
    axes = axes_of(call)
    if kind.startswith("Global"):
        positions = positions_of(call, shape)
        if positions is None:
            return None
        count = int(positions)
    else:
        windows = windows_of(call)
        if windows is None or shape is None:
            return None
        count = math.prod(windows)
    if "Average" in kind:
        return spatial.average_pooling(state, count, axes)
    return spatial.maximum_pooling(state, count, axes)
