"""Runs the grid of an experiment, resumes it, and writes what it shows."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from selu_lint.atomic import write_file
from selu_lint.reference import environment, records, summary
from selu_lint.reference.backends import Backend
from selu_lint.reference.data import Images
from selu_lint.reference.grids import Grid, Run
from selu_lint.reference.progress import Progress
from selu_lint.reference.records import Record, Records

SUMMARY, TABLE = "summary.json", "table.md"


def run(
    grid: Grid, images: Images, backend: Backend, directory: Path, progress: Progress
) -> list[Record]:
    """Run what is not yet recorded in the directory, and write its summary, table and plots.

    Parameters
    ----------
    grid : Grid
        Recipes, variants and seeds.
    images : Images
        MNIST.
    backend : Backend
        What `backends.choose` returned.
    directory : Path
        Where ``runs.jsonl`` is appended to, and the rest is written.
    progress : Progress
        Told about runs, steps and epochs.

    Returns
    -------
    list of dict
        The records of the grid, the resumed ones too.

    Raises
    ------
    SeluLintError
        If the directory cannot be written, or holds something else.
    """
    store = Records(directory)
    runs = list(grid.runs())
    done: list[Record] = []
    try:
        for number, planned in enumerate(runs, 1):
            identity = records.identity(planned, backend, images)
            known = store.find(identity)
            recorded = "" if known is None else f": in {records.FILE} already"
            progress.note(f"[{number}/{len(runs)}] {planned.title}{recorded}")
            if known is None:
                result = once(planned, images, backend, progress)
                known = store.append({"experiment": grid.name, **identity, **result})
                loss, accuracy = _shown(known["test_loss"]), _shown(known["test_accuracy"])
                progress.note(f"  test: loss {loss}, accuracy {accuracy}")
            done.append(known)
    finally:
        if done:
            conclude(grid, done, directory)
    return done


def once(planned: Run, images: Images, backend: Backend, progress: Progress) -> Record:
    """Take one run through the product and the training; return what is recorded of it."""
    from selu_lint.reference.proof import prepare
    from selu_lint.reference.training import train

    began = time.time()
    with tempfile.TemporaryDirectory(prefix="selu-lint-") as scratch:
        prepared = prepare(planned, Path(scratch))
    trained = train(
        prepared.network,
        images,
        planned.recipe,
        planned.seed,
        progress,
        on_gpu=backend.kind == "gpu",
    )
    return {
        "epochs": trained.epochs,
        "test_loss": trained.test_loss,
        "test_accuracy": trained.test_accuracy,
        "seconds_an_epoch": trained.seconds_an_epoch,
        "steps_a_second": trained.steps_a_second,
        "seconds": time.time() - began,
        "profile_verdict": prepared.verdict,
        "findings": [records.described(finding) for finding in prepared.findings],
        "findings_as_trained": [records.described(finding) for finding in prepared.remaining],
        "kernels": prepared.kernels,
        "versions": environment.versions(),
        "git_revision": environment.revision(),
        "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def conclude(grid: Grid, done: Sequence[Record], directory: Path) -> None:
    """Write ``summary.json``, ``table.md`` and the plots of the records."""
    from selu_lint.reference import plots

    found = summary.groups(grid, done)
    text = json.dumps(summary.as_json(grid, found, done), indent=1)
    write_file(directory / SUMMARY, f"{text}\n".encode())
    write_file(directory / TABLE, summary.table(found).encode())
    plots.draw(grid, found, done, directory)


def _shown(value: float | None) -> str:
    return "not finite" if value is None else f"{value:.4f}"
