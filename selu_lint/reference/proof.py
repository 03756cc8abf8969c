"""The way of a network through the product: build, save, check, fix, load."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

import selu_lint
from selu_lint.errors import SeluLintError
from selu_lint.findings import Finding
from selu_lint.reference.grids import BROKEN, CLEAN, Run
from selu_lint.reference.recipes import build


@dataclass(frozen=True)
class Prepared:
    """A network that is ready to be trained, and what the linter said on the way.

    Attributes
    ----------
    network : keras.Model
        Loaded from the file that was checked last.
    findings : tuple of Finding
        In the network as it was built.
    remaining : tuple of Finding
        In the network as it is trained: after the repair where there is one, else the same.
    verdict : object
        What ``profile`` predicts of the network as it is trained; None where there is no profile.
    """

    network: Any
    findings: tuple[Finding, ...]
    remaining: tuple[Finding, ...]
    verdict: Any


def prepare(run: Run, directory: Path) -> Prepared:
    """Build the network of a run, save it, check it, repair it where its variant says so, load it.

    Parameters
    ----------
    run : Run
        Recipe, variant and seed; every variant of a recipe and seed starts from the same build.
    directory : Path
        Where the files of the models are left.

    Raises
    ------
    SeluLintError
        If the linter cannot read what Keras wrote.
    """
    keras.utils.clear_session()
    keras.utils.set_random_seed(run.seed)
    path = directory / "built.keras"
    build(run.recipe, repaired=run.variant == CLEAN).save(path)
    findings = remaining = checked(path)
    if run.variant not in (BROKEN, CLEAN):
        repaired = directory / "repaired.keras"
        selu_lint.fix(path, output=repaired, alpha_rate=run.variant, seed=run.seed, force=True)
        path, remaining = repaired, checked(repaired)
    network = keras.models.load_model(path, compile=False)
    return Prepared(network, findings, remaining, verdict(path))


def checked(path: Path) -> tuple[Finding, ...]:
    """Return the linter's findings in a file."""
    report = selu_lint.check(path)
    for file in report.errors:
        raise SeluLintError(
            f"the linter could not read {path.name} as Keras wrote it: {file.error}"
        )
    return tuple(report.findings)


def verdict(path: Path) -> Any:
    """Return what ``profile`` predicts for a model file, None where this version has no profile."""
    profile = getattr(selu_lint, "profile", None)
    return None if profile is None else str(profile(path).verdict)
