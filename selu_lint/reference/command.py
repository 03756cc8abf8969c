"""``selu-lint train``."""

from __future__ import annotations

import math
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from selu_lint import console
from selu_lint.commands.options import Failure, verbose
from selu_lint.errors import SeluLintError
from selu_lint.reference import backends, grids
from selu_lint.wording import printable


class _Listed(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """Numbers with commas between them."""

    name = "n,n,..."

    def __init__(self, kind: Callable[[str], Any]) -> None:
        self._kind = kind

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[Any, ...]:
        """Return the numbers as a tuple."""
        if isinstance(value, tuple):
            return value
        try:
            return tuple(self._kind(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is no list of numbers such as 4,8,16", param, ctx)


@click.command(
    "train",
    epilog="""
    \b
    Examples:
      selu-lint train --data mnist.npz
      selu-lint train --recipe deep --variant broken --variant match --data mnist.npz
    """,
)
@click.option(
    "--experiment",
    type=click.Choice(grids.EXPERIMENTS),
    help="Run a grid of variants and seeds; needs --output.",
)
@click.option(
    "--recipe",
    type=click.Choice(grids.RECIPES),
    default="seed",
    show_default=True,
    help="What to train without --experiment.",
)
@click.option(
    "--variant",
    "variants",
    type=click.Choice(tuple(grids.VARIANTS)),
    multiple=True,
    help="Train only this variant; may be repeated. "
    + "; ".join(f"{name}: {text}" for name, text in grids.VARIANTS.items())
    + ".",
)
@click.option(
    "--seeds",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Runs a variant: seeds 0, 1, ...",
)
@click.option("--epochs", type=click.IntRange(1), help="Instead of the recipe's own.")
@click.option("--depth", "depths", type=_Listed(int), default=(), help="Depths of deep networks.")
@click.option("--rate", "rates", type=_Listed(float), default=(), help="Their dropout rates.")
@click.option("--width", type=click.IntRange(1), help="Their width; 128 unless told.")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to keep runs.jsonl, summary.json, table.md and the plots; resumes from it.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="mnist.npz; else the variable SELU_LINT_MNIST, the Keras cache, its download.",
)
@click.option(
    "--backend",
    type=click.Choice(backends.BACKENDS),
    help="KERAS_BACKEND, else tensorflow, unless told.",
)
@click.option(
    "--device", type=click.Choice(backends.DEVICES), help="A GPU where there is one, unless told."
)
@verbose
@click.option(
    "--seconds",
    type=click.FloatRange(0, min_open=True),
    help="Stop after so long, with what is done by then.",
)
def train(
    experiment: str | None,
    recipe: str,
    variants: tuple[str, ...],
    seeds: int,
    epochs: int | None,
    depths: tuple[int, ...],
    rates: tuple[float, ...],
    width: int | None,
    output: Path | None,
    data: Path | None,
    backend: str | None,
    device: str | None,
    seconds: float | None,
) -> None:
    """Train SELU networks on MNIST, broken and repaired.

    Without --experiment it trains the well-known SELU convolutional network as the linter asks
    (or another --recipe) and reports test loss and accuracy. With it, the network is built with
    Keras's defaults, saved, checked, repaired by `fix`, loaded back and trained, in every variant
    and with every seed; the same command again goes on where it was interrupted.
    """
    if experiment is not None and output is None:
        raise click.UsageError("--experiment needs --output, where its runs are kept")
    own = () if experiment else (variants or (grids.CLEAN,))
    try:
        planned = grids.grid(
            experiment or recipe,
            seeds,
            variants=variants or own,
            epochs=epochs,
            depths=depths,
            rates=rates,
            width=width,
        )
        if output is not None:
            _train(planned, output, data, backend, device, seconds)
            console.write(_kept(output))
        else:
            with tempfile.TemporaryDirectory(prefix="selu-lint-") as scratch:
                _train(planned, Path(scratch), data, backend, device, seconds)
            console.write("nothing is kept: --output DIRECTORY keeps the runs and their pictures\n")
    except SeluLintError as error:
        raise Failure.of(error) from None
    except KeyboardInterrupt:
        hint = "" if output is None else "; the same command goes on from there"
        console.say(f"interrupted{hint}")
        sys.exit(130)


def _train(
    planned: grids.Grid,
    output: Path,
    data: Path | None,
    backend: str | None,
    device: str | None,
    seconds: float | None,
) -> None:
    until = math.inf if seconds is None else time.monotonic() + seconds
    chosen = backends.choose(backend, device)
    console.write(
        printable(f"{chosen.name} on {chosen.kind}: {chosen.device}, {chosen.precision}") + "\n"
    )
    from selu_lint.reference import data as mnist
    from selu_lint.reference import experiments, progress, summary

    images = mnist.load(data)
    teller = progress.on(sys.stdout)
    teller.until = until
    done = experiments.run(planned, images, chosen, output, teller)
    groups = summary.groups(planned, done)
    console.write(f"\n{summary.sentence(groups)}\n\n{summary.text(planned, done)}\n")


def _kept(output: Path) -> str:
    from selu_lint.reference import plots

    pictures = [str(output / name) for name in plots.PICTURES if (output / name).is_file()]
    told = f"; pictures: {', '.join(pictures)}" if pictures else ""
    return printable(f"kept in {output}{told}") + "\n"
