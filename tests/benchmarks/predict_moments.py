"""Compare predicted second moments with simulated ones, over random architectures and draws.

    python -m tests.benchmarks.predict_moments [--networks 150] [--seed 0] [--output table.md]

Each architecture is propagated by `selu_lint.theory.propagation` and simulated with NumPy: many
draws of the weights, a few N(0, 1) inputs each, dropout and noise as in training. Dense layers are
simulated through the Gram matrix of their inputs: given them, the pre-activations of a unit under
normal weights are normal with that covariance, so no kernel has to be drawn. Convolutions draw
kernels.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from selu_lint.theory import merges, normalization, propagation, spatial
from selu_lint.theory.activation_functions import activation_function
from selu_lint.theory.borders import Axis
from selu_lint.theory.moments import ALPHA, LAMBDA, SATURATION, SQUARED_SATURATION
from selu_lint.theory.states import State, input_state

Array = NDArray[np.float64]
WIDTHS = (64, 128, 256, 512, 1024)
NOISES = ("none", "dropout", "alpha", "gaussian_dropout", "gaussian_noise")
INPUTS = 4


def _selu(z: Array) -> Array:
    return np.where(z > 0, LAMBDA * z, LAMBDA * ALPHA * np.expm1(np.minimum(z, 0)))


def _gelu(z: Array) -> Array:
    # Abramowitz and Stegun 7.1.26, an error of 1.5e-7: NumPy has no error function.
    x = np.abs(z) / math.sqrt(2)
    t = 1 / (1 + 0.3275911 * x)
    series = t * (
        0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))
    )
    return z / 2 * (1 + np.sign(z) * (1 - series * np.exp(-(x**2))))


ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "selu": _selu,
    "relu": lambda z: np.maximum(z, 0),
    "elu": lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.2 * z),
    "tanh": np.tanh,
    "gelu": _gelu,
    "sigmoid": lambda z: 1 / (1 + np.exp(-np.clip(z, -700, 700))),
}


@dataclass
class Network:
    """A network that is predicted and simulated at once, layer by layer.

    Attributes
    ----------
    family : str
        Row of the table that it belongs to.
    rng : Generator
        Draws weights, inputs and noise.
    values : array
        Of shape (draws, inputs, units) or (draws, inputs, height, width, channels).
    state : State or None
        The prediction for them.
    results : list
        Layer, predicted second moment or None, simulated one, and its standard error.
    """

    family: str
    rng: np.random.Generator
    values: Array
    state: State | None
    results: list[tuple[str, float | None, float, float]] = field(default_factory=list)
    kernels: int = 0

    def note(self, layer: str) -> None:
        """Record prediction and simulation of the present values."""
        draws = (self.values**2).reshape(len(self.values), -1).mean(axis=1)
        predicted = None if self.state is None else self.state.second
        error = float(draws.std(ddof=1)) / math.sqrt(len(draws))
        self.results.append((layer, predicted, float(draws.mean()), error))

    def dense(self, width: int, gain: float, bias_deviation: float = 0.0) -> None:
        """Apply Dense without an activation."""
        draws, inputs, units = self.values.shape
        gram = gain * self.values @ self.values.transpose(0, 2, 1) / units + bias_deviation**2
        level = np.trace(gram, axis1=1, axis2=2)[:, None, None] / inputs
        root = np.linalg.cholesky(gram / level + 1e-12 * np.eye(inputs))
        noise = self.rng.standard_normal((draws, inputs, width))
        self.values = np.sqrt(level) * (root @ noise)
        self._predict_kernel(gain, width, bias_deviation)

    def convolution(self, channels: int, gain: float, size: int, same: bool) -> None:
        """Apply a convolution with stride 1 and square kernels."""
        if same:
            before = (size - 1) // 2
            pad = (before, size - 1 - before)
            padded = np.pad(self.values, ((0, 0), (0, 0), pad, pad, (0, 0)))
        else:
            padded = self.values
        patches = np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(2, 3))
        draws, inputs, height, width = patches.shape[:4]
        flat = patches.reshape(draws, inputs * height * width, -1)
        terms = flat.shape[-1]
        result = np.empty((draws, inputs * height * width, channels))
        for draw in range(draws):
            weights = self.rng.standard_normal((terms, channels), dtype=np.float32)
            result[draw] = flat[draw] @ (weights.astype(float) * math.sqrt(gain / terms))
        self.values = result.reshape(draws, inputs, height, width, channels)
        self.kernels += 1
        axis = Axis(padded.shape[2] - (size - 1) * same, size, padding="same" if same else "valid")
        if self.state is not None:
            name = f"kernel_{self.kernels}"
            self.state = propagation.convolution(self.state, gain, name, channels, [axis, axis])

    def _predict_kernel(self, gain: float, width: int, bias_deviation: float = 0.0) -> None:
        self.kernels += 1
        name = f"kernel_{self.kernels}"
        if self.state is not None:
            self.state = propagation.kernel(
                self.state, gain, name, width, bias_variance=bias_deviation**2
            )

    def activation(self, name: str) -> None:
        """Apply an activation."""
        self.values = ACTIVATIONS[name](self.values)
        function = activation_function(name)
        assert function is not None
        if self.state is not None:
            self.state = propagation.activation(self.state, function)

    def noise(self, kind: str, rate: float) -> None:
        """Apply a dropout, or noise, in training."""
        x, state, rng = self.values, self.state, self.rng
        kept = 1 - rate
        if kind == "dropout":
            self.values = x * (rng.random(x.shape) < kept) / kept
            self.state = state and propagation.dropout(state, rate)
        elif kind == "spatial":
            mask = rng.random((*x.shape[:2], 1, 1, x.shape[-1])) < kept
            self.values = x * mask / kept
            self.state = state and propagation.dropout(state, rate, shared=True)
        elif kind == "alpha":
            a = (kept + SQUARED_SATURATION * kept * rate) ** -0.5
            mixed = np.where(rng.random(x.shape) < kept, x, SATURATION)
            self.values = a * mixed - a * SATURATION * rate
            self.state = state and propagation.alpha_dropout(state, rate)
        elif kind == "gaussian_dropout":
            self.values = x * (1 + math.sqrt(rate / kept) * rng.standard_normal(x.shape))
            self.state = state and propagation.gaussian_dropout(state, rate)
        elif kind == "gaussian_noise":
            self.values = x + rate * rng.standard_normal(x.shape)
            self.state = state and propagation.gaussian_noise(state, rate)

    def pool(self, kind: str) -> None:
        """Apply a 2 by 2 pooling."""
        x = self.values
        height, width = x.shape[2] // 2 * 2, x.shape[3] // 2 * 2
        axes = [Axis(size, 2, stride=2) for size in x.shape[2:4]]
        windows = x[:, :, :height, :width].reshape(
            *x.shape[:2], height // 2, 2, width // 2, 2, x.shape[-1]
        )
        if kind == "average":
            self.values = windows.mean(axis=(3, 5))
            self.state = self.state and spatial.average_pooling(self.state, 4, axes)
        else:
            self.values = windows.max(axis=(3, 5))
            self.state = self.state and spatial.maximum_pooling(self.state, 4, axes)

    def normalize(self) -> None:
        """Apply LayerNormalization."""
        x = self.values
        centered = x - x.mean(axis=-1, keepdims=True)
        self.values = centered / np.sqrt((centered**2).mean(axis=-1, keepdims=True) + 1e-3)
        self.state = self.state and normalization.normalization(self.state, "layer")


def _inputs(rng: np.random.Generator, draws: int, *shape: int) -> tuple[Array, State]:
    values = rng.standard_normal((draws, INPUTS, *shape))
    return values, input_state(width=shape[-1])


def dense_network(rng: np.random.Generator, family: str, draws: int) -> Network:
    """Return a random stack of Dense, activation and dropout, with residuals or concatenations."""
    width = int(rng.choice(WIDTHS))
    depth = round(math.exp(rng.uniform(0, math.log(64))))
    gain = rng.uniform(0.3, 2.5)
    name = "selu" if family != "other activations" else str(rng.choice(list(ACTIVATIONS)[1:]))
    kind = str(rng.choice(NOISES[1:])) if family == "dense with noise" else "none"
    rate = rng.uniform(0.05, 0.5)
    bias = rng.uniform(0, 0.3) if rng.random() < 0.2 else 0.0
    network = Network(family, rng, *_inputs(rng, draws, width))
    for index in range(depth):
        if family == "merges":
            _merging_block(network, width, gain, name, index, concatenated=index % 6 == 5)
        else:
            if rng.random() < 0.1:
                width = int(rng.choice(WIDTHS))
            network.dense(width, gain, bias)
            network.note("Dense")
            network.activation(name)
            network.note(name)
            if kind != "none":
                network.noise(kind, rate)
                network.note(kind)
            if family == "dense with noise" and rng.random() < 0.05:
                network.normalize()
                network.note("LayerNormalization")
    return network


def _merging_block(
    network: Network, width: int, gain: float, name: str, index: int, concatenated: bool
) -> None:
    entry_values, entry_state = network.values, network.state
    network.dense(width, gain)
    if index % 2:
        network.activation(name)
        network.note(name)
    values, state = network.values, network.state
    if concatenated:
        network.values = np.concatenate([entry_values, values], axis=-1)
        if entry_state is not None and state is not None:
            parts = [(entry_state, entry_values.shape[-1]), (state, width)]
            network.state = merges.concatenate(parts)
        network.note("Concatenate")
        network.dense(width, gain)
        network.activation(name)
    elif entry_values.shape == values.shape:
        network.values = entry_values + values
        if entry_state is not None and state is not None:
            network.state = merges.linear_combination([entry_state, state], [1, 1])
        network.note("Add")
        if index % 3 == 0:
            network.activation(name)
    network.note(name)


def convolutional_network(rng: np.random.Generator, family: str, draws: int) -> Network:
    """Return a random stack of convolution, activation, dropout and pooling."""
    channels = int(rng.choice((64, 96, 128)))
    side = int(rng.choice((8, 12, 16)))
    depth = round(math.exp(rng.uniform(0, math.log(24))))
    gain = rng.uniform(0.3, 2.5)
    kind = str(rng.choice(("none", "dropout", "alpha", "spatial")))
    rate = rng.uniform(0.05, 0.5)
    pooling = str(rng.choice(("average", "maximum")))
    same = rng.random() < 0.7
    network = Network(family, rng, *_inputs(rng, draws, side, side, channels))
    for _ in range(depth):
        size = int(rng.choice((1, 3)))
        if not same and network.values.shape[2] <= size:
            break
        network.convolution(channels, gain, size, same)
        network.note("Conv2D")
        network.activation("selu")
        network.note("selu")
        if kind != "none":
            network.noise(kind, rate)
            network.note(kind)
        if network.values.shape[2] >= 6 and rng.random() < 0.2:
            network.pool(pooling)
            network.note(f"{pooling} pooling")
    return network


FAMILIES: dict[str, tuple[Callable[[np.random.Generator, str, int], Network], int]] = {
    "dense": (dense_network, 1500),
    "dense with noise": (dense_network, 1500),
    "other activations": (dense_network, 1500),
    "merges": (dense_network, 1000),
    "convolutions": (convolutional_network, 24),
}


def simulate(networks: int, seed: int, only: str | None = None) -> Iterator[tuple[int, Network]]:
    """Yield random networks of each family in turn, with their number."""
    families = list(FAMILIES)
    for number in range(networks):
        family = families[number % len(families)]
        if only not in {None, family}:
            continue
        build, draws = FAMILIES[family]
        yield number, build(np.random.default_rng((seed, number)), family, draws)


def report(networks: list[Network]) -> str:
    """Return the distribution of the errors as a Markdown table."""
    lines = [
        "| networks | layers | within 10 % | within 10 % or 2 standard errors | median error |"
        " 90 % | 95 % | 99 % | mean signed | not predicted |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    rows = [(family, [n for n in networks if n.family == family]) for family in FAMILIES]
    for family, chosen in [*rows, ("all", networks)]:
        results = [result for network in chosen for result in network.results]
        known = [(p, m, e) for _, p, m, e in results if p is not None]
        if not known:
            continue
        errors = np.array([p / m - 1 for p, m, _ in known])
        noise = np.array([e / m for _, m, e in known])
        size = np.abs(errors)
        quantiles = " | ".join(
            f"{100 * q:.1f} %" for q in np.quantile(size, (0.5, 0.9, 0.95, 0.99))
        )
        missing = sorted({layer for layer, p, _, _ in results if p is None})
        lines.append(
            f"| {family} ({len(chosen)}) | {len(known)} | {100 * np.mean(size <= 0.1):.1f} % | "
            f"{100 * np.mean(size <= np.maximum(0.1, 2 * noise)):.1f} % | {quantiles} | "
            f"{100 * errors.mean():+.1f} % | "
            f"{len(results) - len(known)}{' (' + ', '.join(missing) + ')' if missing else ''} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--networks", type=int, default=150)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--family", choices=list(FAMILIES), help="only this one")
    parser.add_argument("--output", type=Path, help="write the table here, too")
    parser.add_argument("--verbose", action="store_true", help="print each network's worst layer")
    arguments = parser.parse_args()
    start = time.monotonic()
    networks = []
    for number, network in simulate(arguments.networks, arguments.seed, arguments.family):
        networks.append(network)
        if arguments.verbose:
            worst = max(
                (
                    (abs(p / m - 1), p / m - 1, e / m, i, layer)
                    for i, (layer, p, m, e) in enumerate(network.results)
                    if p is not None
                ),
                default=None,
            )
            print(
                number,
                network.family,
                len(network.results),
                worst,
                f"{time.monotonic() - start:.0f} s",
                flush=True,
            )
    table = report(networks)
    print(table)
    print(f"\n{time.monotonic() - start:.0f} s")
    if arguments.output:
        arguments.output.write_text(table + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
