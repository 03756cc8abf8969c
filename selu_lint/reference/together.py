"""Trains one network with many seeds at once, as one program; with the JAX backend only.

A step is a function of the network's variables (Keras's ``stateless_call`` and the optimizer's
``stateless_apply``), an epoch a ``scan`` over steps, and the seeds lie along a new first axis of
every variable. Nothing runs in Python between the steps of an epoch.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import keras
import numpy as np
from jax import numpy as jnp
from numpy.typing import NDArray

from selu_lint.reference.data import Images
from selu_lint.reference.feeding import ImageStore, one_hot
from selu_lint.reference.grids import Recipe
from selu_lint.reference.progress import Progress
from selu_lint.reference.training import Training, optimizer_of, steps_an_epoch

Values = list[Any]
State = tuple[Values, Values, Values, Any]
"""Trainable variables, the others, those of the optimizer, and the state of the augmentation."""

_TESTED = 500


class Engine:
    """What the programs of all networks share: the images and labels, once on the device.

    Parameters
    ----------
    images : Images
        What is learned from and tested on.
    """

    def __init__(self, images: Images) -> None:
        self.images = images
        self.pixels = np.concatenate([images.x_train, images.x_test])
        self.labels = jnp.asarray(one_hot(np.concatenate([images.y_train, images.y_test])))
        self._stores: dict[bool, ImageStore] = {}

    def store(self, augment: bool) -> ImageStore:
        """Return the layer that turns indices into images."""
        if augment not in self._stores:
            store = ImageStore(self.pixels, augment, seed=0)
            store(keras.Input((), dtype="int32"))
            self._stores[augment] = store
        return self._stores[augment]

    def program(self, networks: Sequence[Any], recipe: Recipe, seeds: Sequence[int]) -> Program:
        """Trace the training of networks that differ in the values of their variables only.

        Parameters
        ----------
        networks : sequence of keras.Model
            From images of shape (28, 28, 1), scaled to [0, 1], to probabilities of 10 digits.
        recipe : Recipe
            Epochs, batch, optimizer, schedule, augmentation.
        seeds : sequence of int
            Seeds of the order of the images and of the augmentation, one for each network.
        """
        network, store = networks[0], self.store(recipe.augment)
        optimizer = optimizer_of(recipe, len(self.images.x_train))
        optimizer.build(network.trainable_variables)
        functions = _Functions(network, store, optimizer)
        states = [_state(each, optimizer, seed) for each, seed in zip(networks, seeds, strict=True)]
        stacked: State = jax.tree.map(lambda *values: jnp.stack(values), *states)
        program = Program(self, recipe, tuple(seeds), stacked, store.images.value)
        epoch = jax.jit(_over_seeds(functions.epoch), donate_argnums=0)
        program.epoch = epoch.lower(stacked, program.orders(0), program.pixels, self.labels)
        test = jax.jit(_over_seeds(functions.test))
        program.test = test.lower(stacked, program.test_batches, program.pixels, self.labels)
        return program


@dataclass
class Program:
    """The training of one network with several seeds.

    Traced where it is made, with Keras; from then on any thread can compile and run it.

    Attributes
    ----------
    engine : Engine
        What it shares with others.
    recipe : Recipe
        How it trains.
    seeds : tuple of int
        The seeds, in the order of the first axis of every array.
    state : State
        The variables.
    pixels : array of uint8, shape (n, 784)
        The images on the device.
    compile_seconds : float
        What compiling took.
    """

    engine: Engine
    recipe: Recipe
    seeds: tuple[int, ...]
    state: State
    pixels: Any
    epoch: Any = field(default=None, repr=False)
    test: Any = field(default=None, repr=False)
    compile_seconds: float = 0.0

    def compile(self) -> Program:
        """Compile it; the seconds include waiting for a core."""
        began = time.perf_counter()
        self.epoch, self.test = self.epoch.compile(), self.test.compile()
        self.compile_seconds = time.perf_counter() - began
        return self

    def train(self, progress: Progress) -> list[Training]:
        """Train and test the networks of all seeds; `progress` is told their means.

        Each epoch's seconds are those of all seeds together, the device waited for.
        """
        steps = steps_an_epoch(self.recipe, self._kept + self._held_out)
        epochs: list[list[dict[str, float]]] = [[] for _ in self.seeds]
        progress.begin(self.recipe.epochs, steps)
        try:
            for number in range(self.recipe.epochs):
                began = time.perf_counter()
                orders = self.orders(number)
                self.state, learned = self.epoch(
                    self.state, orders, self.pixels, self.engine.labels
                )
                rows = _means(learned, self._kept, "loss", "accuracy")
                if self._held_out:
                    held, _ = self._measured()
                    rows = [a | b for a, b in zip(rows, held, strict=True)]
                seconds = time.perf_counter() - began
                for mine, row in zip(epochs, rows, strict=True):
                    mine.append({**row, "seconds": seconds})
                progress.epoch(number, _mean([mine[-1] for mine in epochs]))
        finally:
            progress.end()
        _, tested = self._measured()
        return [
            Training(tuple(mine), row["loss"], row["accuracy"], steps)
            for mine, row in zip(epochs, tested, strict=True)
        ]

    def orders(self, epoch: int) -> NDArray[np.int32]:
        """Return the indices of an epoch's images, shape (seeds, steps, batch); -1 fills up."""
        return np.stack(
            [
                _batches(order(seed, epoch, self._kept), self.recipe.batch_size)
                for seed in self.seeds
            ]
        )

    @property
    def test_batches(self) -> NDArray[np.int32]:
        """Return the indices of the images held out, then of those for testing, by batches."""
        count = len(self.engine.images.x_train)
        parts = (self._kept, count), (count, len(self.engine.pixels))
        indices = [_batches(np.arange(*part), _TESTED) for part in parts]
        return np.stack([np.concatenate(indices)] * len(self.seeds))

    @property
    def _kept(self) -> int:
        return len(self.engine.images.x_train) - self._held_out

    @property
    def _held_out(self) -> int:
        return int(len(self.engine.images.x_train) * self.recipe.validation_split)

    def _measured(self) -> tuple[list[dict[str, float]], list[dict[str, float]]]:
        """Return loss and accuracy on the images held out, and on those for testing."""
        sums = self.test(self.state, self.test_batches, self.pixels, self.engine.labels)
        border = -(-self._held_out // _TESTED)
        held = [each[:, :border] for each in sums]
        rest = [each[:, border:] for each in sums]
        tests = len(self.engine.images.x_test)
        return (
            _means(held, self._held_out, "val_loss", "val_accuracy"),
            _means(rest, tests, "loss", "accuracy"),
        )


def order(seed: int, epoch: int, count: int) -> NDArray[np.int64]:
    """Return the order in which an epoch sees the training images."""
    return np.random.default_rng([seed, epoch]).permutation(count)


class _Functions:
    """A training epoch and a test, as pure functions of one seed's variables."""

    def __init__(self, network: Any, store: ImageStore, optimizer: Any) -> None:
        self._network = network
        self._store = store
        self._optimizer = optimizer
        self._loss = keras.losses.CategoricalCrossentropy(reduction=None)

    def epoch(self, state: State, batches: Any, pixels: Any, labels: Any) -> tuple[State, Any]:
        """Return the state after an epoch, and each step's sums of losses and of hits."""

        def step(before: State, indices: Any) -> tuple[State, Any]:
            trainable, rest, slots, draws = before
            learned = jax.value_and_grad(self._learned, has_aux=True)
            (_, (rest, draws, sums)), gradients = learned(
                trainable, rest, draws, indices, pixels, labels
            )
            trainable, slots = self._optimizer.stateless_apply(slots, gradients, trainable)
            return (trainable, rest, slots, draws), sums

        return jax.lax.scan(step, state, batches)  # type: ignore[no-any-return]

    def test(self, state: State, batches: Any, pixels: Any, labels: Any) -> Any:
        """Return each batch's sums of losses and of hits, without dropout or augmentation."""
        trainable, rest, _, draws = state

        def step(_: None, indices: Any) -> tuple[None, Any]:
            output = self._output(trainable, rest, draws, indices, pixels, training=False)[0]
            losses, hits = self._judged(output, indices, labels)
            return None, (losses.sum(), hits.sum())

        return jax.lax.scan(step, None, batches)[1]

    def _learned(
        self, trainable: Values, rest: Values, draws: Any, indices: Any, pixels: Any, labels: Any
    ) -> tuple[Any, Any]:
        """Return the mean loss of a step, and the state and sums that come with it."""
        output, rest, draws = self._output(trainable, rest, draws, indices, pixels, training=True)
        losses, hits = self._judged(output, indices, labels)
        mean = losses.sum() / (indices >= 0).sum()
        return mean, (rest, draws, (losses.sum(), hits.sum()))

    def _output(
        self, trainable: Values, rest: Values, draws: Any, indices: Any, pixels: Any, training: bool
    ) -> tuple[Any, Values, Any]:
        store = self._store
        given = [pixels if each is store.images else draws for each in store.variables]
        images, given = store.stateless_call([], given, indices, training=training)
        drawn = [
            value
            for each, value in zip(store.variables, given, strict=True)
            if each is not store.images
        ]
        output, rest = self._network.stateless_call(trainable, rest, images, training=training)
        return output, rest, drawn[0]

    def _judged(self, output: Any, indices: Any, labels: Any) -> tuple[Any, Any]:
        """Return each image's loss and whether it is hit; 0 where an index only fills up."""
        wanted, counts = labels[indices], indices >= 0
        hits = output.argmax(-1) == wanted.argmax(-1)
        return jnp.where(counts, self._loss(wanted, output), 0.0), hits & counts


def _state(network: Any, optimizer: Any, seed: int) -> State:
    return (
        [variable.value for variable in network.trainable_variables],
        [variable.value for variable in network.non_trainable_variables],
        [variable.value for variable in optimizer.variables],
        keras.random.SeedGenerator(seed).state.value,
    )


def _over_seeds(function: Callable[..., Any]) -> Callable[..., Any]:
    return jax.vmap(function, in_axes=(0, 0, None, None))  # type: ignore[no-any-return]


def _batches(indices: NDArray[Any], size: int) -> NDArray[np.int32]:
    """Return indices by batches, shape (batches, size); -1 fills up the last."""
    missing = -len(indices) % size
    filled = np.pad(indices.astype(np.int32), (0, missing), constant_values=-1)
    return filled.reshape(-1, size)


def _means(sums: Any, count: int, *names: str) -> list[dict[str, float]]:
    """Return the means of each seed over its images, from the sums of its batches."""
    totals = [np.asarray(each, np.float64).sum(axis=1) / max(count, 1) for each in sums]
    return [
        {name: float(total[seed]) for name, total in zip(names, totals, strict=True)}
        for seed in range(len(totals[0]))
    ]


def _mean(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
