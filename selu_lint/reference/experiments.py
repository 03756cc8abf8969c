"""Runs the grid of an experiment, resumes it, and writes what it shows."""

from __future__ import annotations

import json
import math
import multiprocessing
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from selu_lint.reference import environment, records, summary
from selu_lint.reference.backends import Backend
from selu_lint.reference.data import Images
from selu_lint.reference.grids import Grid, Recipe, Run
from selu_lint.reference.progress import Progress, TimeUpError
from selu_lint.reference.records import Record, Records, identity
from selu_lint.storage.atomic import write_file

if TYPE_CHECKING:
    from selu_lint.reference.proof import Prepared
    from selu_lint.reference.together import Program
    from selu_lint.reference.training import Training

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
    places = {planned: f"[{number}/{len(runs)}]" for number, planned in enumerate(runs, 1)}
    found = {planned: store.find(identity(planned, backend, images)) for planned in runs}
    for planned in (planned for planned in runs if found[planned] is not None):
        progress.note(f"{places[planned]} {planned.title}: in {records.FILE} already")
    train = together if backend.name == "jax" else in_turn

    def keep(planned: Run, result: Record) -> None:
        whole = {"experiment": grid.name, **identity(planned, backend, images), **result}
        found[planned] = known = store.append(whole)
        loss, accuracy = _shown(known["test_loss"]), _shown(known["test_accuracy"])
        progress.note(f"{places[planned]} {planned.title}: test loss {loss}, accuracy {accuracy}")

    try:
        train([each for each in runs if found[each] is None], images, backend, progress, keep)
    except TimeUpError:
        progress.note("time is up: the same command goes on from here")
    finally:
        done = [known for known in found.values() if known is not None]
        if done:
            conclude(grid, done, directory)
    return done


Keep = Callable[[Run, Record], None]


def in_turn(
    runs: Sequence[Run], images: Images, backend: Backend, progress: Progress, keep: Keep
) -> None:
    """Prepare and train runs, one after the other."""
    for planned in runs:
        progress.check()
        progress.note(planned.title)
        keep(planned, once(planned, images, backend, progress))


def once(planned: Run, images: Images, backend: Backend, progress: Progress) -> Record:
    """Prepare one run and train it by Keras's ``fit``."""
    from selu_lint.reference.proof import prepare
    from selu_lint.reference.training import train

    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="selu-lint-") as scratch:
        prepared = prepare(planned, Path(scratch))
        network = prepared.load()
    on_gpu, seed = backend.kind == "gpu", planned.seed
    trained = train(network, images, planned.recipe, seed, progress, on_gpu=on_gpu)
    taken = {"seeds_at_once": 1, "seconds": time.perf_counter() - began}
    return _record(prepared, trained, backend) | taken


def together(
    runs: Sequence[Run], images: Images, backend: Backend, progress: Progress, keep: Keep
) -> None:
    """Prepare runs, and train all seeds of each network as one program.

    While one trains on the device, threads compile others, processes prepare the next ones, and
    this thread, the only one that uses Keras here, loads and traces.
    """
    from selu_lint.reference.proof import prepare
    from selu_lint.reference.together import Engine

    cells: dict[tuple[Recipe, str], list[Run]] = {}
    for planned in runs:
        cells.setdefault((planned.recipe, planned.variant), []).append(planned)
    cores = os.cpu_count() or 1
    scratch = Path(tempfile.mkdtemp(prefix="selu-lint-"))
    preparing = ProcessPoolExecutor(
        max(cores // 2, 1), multiprocessing.get_context("spawn"), _begin_preparing
    )
    compiling = ThreadPoolExecutor(cores, "compiling")
    training = ThreadPoolExecutor(1, "training")
    trained: list[Future[None]] = []
    try:
        places = {planned: scratch / str(number) for number, planned in enumerate(runs)}
        prepared = {
            planned: preparing.submit(prepare, planned, places[planned])
            for mine in cells.values()
            for planned in mine
        }
        engine = Engine(images)
        for mine in cells.values():
            ready = [prepared[planned].result() for planned in mine]
            progress.check()
            began = time.perf_counter()
            networks = [each.load() for each in ready]
            program = engine.program(networks, mine[0].recipe, [each.seed for each in mine])
            traced = time.perf_counter() - began
            compiled = compiling.submit(program.compile)
            job = (mine, ready, compiled, traced, backend, progress, keep)
            trained.append(training.submit(_train_together, *job))
            for each in trained:
                if each.done():
                    each.result()
        for each in trained:
            each.result()
    except BaseException:
        progress.until = -math.inf
        raise
    finally:
        preparing.shutdown(wait=False, cancel_futures=True)
        compiling.shutdown(wait=False, cancel_futures=True)
        training.shutdown(wait=True, cancel_futures=True)
        shutil.rmtree(scratch, ignore_errors=True)


def _begin_preparing() -> None:
    """Keep a process that prepares networks off the device that trains them."""
    from selu_lint.processes.confinement import end_worker_with_parent

    end_worker_with_parent()
    os.environ["JAX_PLATFORMS"] = "cpu"


def _train_together(
    mine: Sequence[Run],
    prepared: Sequence[Prepared],
    compiled: Future[Program],
    trace_seconds: float,
    backend: Backend,
    progress: Progress,
    keep: Keep,
) -> None:
    progress.check()
    program = compiled.result()
    began = time.perf_counter()
    progress.note(", ".join({planned.title.rpartition(" · ")[0] for planned in mine}))
    trained = program.train(progress)
    taken = {
        "seeds_at_once": len(mine),
        "trace_seconds": trace_seconds,
        "compile_seconds": program.compile_seconds,
        "seconds": time.perf_counter() - began,
    }
    for planned, mine_prepared, each in zip(mine, prepared, trained, strict=True):
        keep(planned, _record(mine_prepared, each, backend) | taken)


def _record(prepared: Prepared, trained: Training, backend: Backend) -> Record:
    return {
        "epochs": trained.epochs,
        "test_loss": trained.test_loss,
        "test_accuracy": trained.test_accuracy,
        "seconds_an_epoch": trained.seconds_an_epoch,
        "steps_a_second": trained.steps_a_second,
        "precision": backend.precision,
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
    data = json.dumps(summary.as_json(grid, found, done), indent=1)
    write_file(directory / SUMMARY, f"{data}\n".encode())
    write_file(directory / TABLE, summary.text(grid, done).encode())
    plots.draw(grid, found, done, directory)


def _shown(value: float | None) -> str:
    return "not finite" if value is None else f"{value:.4f}"
