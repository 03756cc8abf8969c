"""How a network is prepared for its training: build, save, check, fix, load."""

from __future__ import annotations

from dataclasses import asdict, dataclass
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
    path : Path
        The file of the network as it is trained, which was checked last.
    seed : int
        Seed of the run.
    findings : tuple of Finding
        In the network as it was built.
    remaining : tuple of Finding
        In the network as it is trained: after the repair where there is one, else the same.
    kernels : tuple of dict
        What became of each kernel whose initializer was repaired.
    verdict : str
        What ``profile`` predicts of the network as it is trained.
    """

    path: Path
    seed: int
    findings: tuple[Finding, ...]
    remaining: tuple[Finding, ...]
    kernels: tuple[dict[str, Any], ...]
    verdict: str

    def load(self) -> Any:
        """Return the network, a ``keras.Model``, as Keras loads it."""
        keras.utils.set_random_seed(self.seed)
        return keras.models.load_model(self.path, compile=False)


def prepare(run: Run, directory: Path) -> Prepared:
    """Build the network of a run, save it, check it, and repair it where its variant says so.

    Parameters
    ----------
    run : Run
        Recipe, variant and seed; every variant of a recipe and seed starts from the same build.
    directory : Path
        Where the files of the models are left; made where it is missing.

    Raises
    ------
    SeluLintError
        If the linter cannot read what Keras wrote, or kept a kernel that it ought to draw anew.
    """
    keras.utils.clear_session()
    keras.utils.set_random_seed(run.seed)
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "built.keras"
    build(run.recipe, repaired=run.variant == CLEAN).save(path)
    findings = remaining = checked(path)
    kernels: tuple[dict[str, Any], ...] = ()
    if run.variant not in (BROKEN, CLEAN):
        repaired = directory / "repaired.keras"
        kernels = fixed(path, repaired, run)
        path, remaining = repaired, checked(repaired)
    verdict = selu_lint.profile(path).verdict
    return Prepared(path, run.seed, findings, remaining, kernels, verdict)


def fixed(path: Path, output: Path, run: Run) -> tuple[dict[str, Any], ...]:
    """Repair a file as the variant says, and return what became of its kernels.

    Raises
    ------
    SeluLintError
        If the file could not be fixed, or a kernel was kept: the network was never trained, so a
        repaired initializer that draws nothing would compare the broken kernels with themselves.
    """
    report = selu_lint.fix(
        path, output=output, alpha_rate=run.variant, redraw="always", seed=run.seed, force=True
    )
    for file in report.errors:
        raise SeluLintError(f"the linter could not fix {path.name}: {file.error}")
    wanted = {finding.layer for finding in report.applied if finding.code == "SELU001"}
    outcomes = [kernel for file in report.files for kernel in file.kernels]
    kept = wanted - {kernel.layer for kernel in outcomes if kernel.redrawn}
    if kept:
        raise SeluLintError(f"fix kept the untrained kernels of {', '.join(sorted(kept))}")
    return tuple(asdict(kernel) for kernel in outcomes)


def checked(path: Path) -> tuple[Finding, ...]:
    """Return the linter's findings in a file."""
    report = selu_lint.check(path)
    for file in report.errors:
        raise SeluLintError(
            f"the linter could not read {path.name} as Keras wrote it: {file.error}"
        )
    return report.findings
