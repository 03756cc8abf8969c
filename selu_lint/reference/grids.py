"""What is trained: recipes, variants and the grids of the experiments, without Keras."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from selu_lint.errors import SeluLintError

BROKEN, KEEP, MATCH, CLEAN = "broken", "keep", "match", "clean"
VARIANTS = {
    BROKEN: "Keras's defaults: GlorotUniform and Dropout",
    KEEP: "broken, repaired by fix --alpha-rate keep",
    MATCH: "broken, repaired by fix --alpha-rate match",
    CLEAN: "built as the linter asks: LecunNormal and AlphaDropout",
}
RECIPES = ("seed", "deep", "best")
EXPERIMENTS = ("seed", "depth", "best")


@dataclass(frozen=True)
class Recipe:
    """A network and how it is trained.

    Attributes
    ----------
    name : str
        ``seed``, ``deep`` or ``best``; see ``recipes.build``.
    epochs, batch_size : int
        Passes over the training images, and images a step.
    learning_rate : float
        Adam's; the peak where the schedule is ``cosine``.
    dropout : float
        Rate of every dropout.
    validation_split : float
        Share of the training images, at their end, that is held out; 0 for none.
    schedule : str
        ``constant``, or ``cosine``: a linear warm-up over a twentieth of the steps, then half a
        cosine down to 0.
    augment : bool
        Whether training images are shifted, turned and scaled a little.
    depth, width : int
        Hidden layers and their units, of ``deep`` only.
    """

    name: str
    epochs: int
    batch_size: int
    learning_rate: float
    dropout: float
    validation_split: float = 0.0
    schedule: str = "constant"
    augment: bool = False
    depth: int = 0
    width: int = 0

    @property
    def cell(self) -> str:
        """Where the recipe stands in a grid: ``depth 8, rate 0.1``; empty for a grid of one."""
        return f"depth {self.depth}, rate {self.dropout:g}" if self.name == "deep" else ""


SEED = Recipe(
    "seed", epochs=5, batch_size=250, learning_rate=1e-3, dropout=0.25, validation_split=0.2
)
BEST = Recipe(
    "best",
    epochs=20,
    batch_size=125,
    learning_rate=3e-3,
    dropout=0.05,
    schedule="cosine",
    augment=True,
)


def deep(depth: int, dropout: float, width: int = 128, epochs: int = 5) -> Recipe:
    """Return the recipe ``deep``.

    Beyond 16 layers the learning rate is halved: at 32 layers that ends at 0.93 after two epochs
    instead of 0.92.
    """
    rate = 1e-3 if depth <= 16 else 5e-4
    return Recipe(
        "deep", epochs, 250, rate, dropout, validation_split=1 / 12, depth=depth, width=width
    )


@dataclass(frozen=True)
class Run:
    """One training: a recipe, the variant of its network, and the seed of both."""

    recipe: Recipe
    variant: str
    seed: int

    @property
    def title(self) -> str:
        """A few words for a line of progress."""
        parts = (self.recipe.name, self.recipe.cell, self.variant, f"seed {self.seed}")
        return " · ".join(part for part in parts if part)


@dataclass(frozen=True)
class Grid:
    """An experiment: every recipe in every variant with every seed."""

    name: str
    recipes: tuple[Recipe, ...]
    variants: tuple[str, ...]
    seeds: int

    def runs(self) -> Iterator[Run]:
        """Yield the runs, all variants of one recipe and seed next to each other."""
        for seed in range(self.seeds):
            for recipe in self.recipes:
                for variant in self.variants:
                    yield Run(recipe, variant, seed)


def grid(
    experiment: str,
    seeds: int,
    *,
    variants: Sequence[str] = (),
    epochs: int | None = None,
    depths: Sequence[int] = (),
    rates: Sequence[float] = (),
    width: int | None = None,
) -> Grid:
    """Return the grid of an experiment.

    Parameters
    ----------
    experiment : str
        ``seed``, ``depth``, ``best``, or ``deep`` for one deep network.
    seeds : int
        Runs a variant; their seeds are 0, 1, ...
    variants : sequence of str, optional
        Instead of the experiment's own.
    epochs : int, optional
        Instead of the recipe's own.
    depths, rates, width : optional
        Of ``depth`` and ``deep`` only.

    Raises
    ------
    SeluLintError
        If a value makes no sense.
    """
    if experiment not in ("depth", "deep") and (depths or rates or width is not None):
        raise SeluLintError(
            "--depth, --rate and --width belong to deep networks, not to " + experiment
        )
    if any(depth < 1 for depth in depths) or (width is not None and width < 1):
        raise SeluLintError("a depth or a width is at least 1")
    if any(not 0 <= rate < 1 for rate in rates):
        raise SeluLintError("a dropout rate lies from 0 to below 1")
    recipes: tuple[Recipe, ...]
    if experiment in ("depth", "deep"):
        depths = depths or ((4, 8, 16, 32, 64) if experiment == "depth" else (8,))
        rates = rates or ((0.1, 0.25, 0.5) if experiment == "depth" else (0.1,))
        recipes = tuple(deep(depth, rate, width or 128) for depth in depths for rate in rates)
    else:
        recipes = ({"seed": SEED, "best": BEST}[experiment],)
    if epochs is not None:
        recipes = tuple(replace(recipe, epochs=epochs) for recipe in recipes)
    own = (CLEAN,) if experiment in ("best", "deep") else (BROKEN, KEEP, MATCH)
    return Grid(experiment, recipes, tuple(variants) or own, seeds)
