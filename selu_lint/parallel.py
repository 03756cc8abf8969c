"""Checking many files in several processes, in the order in which they were asked for."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from selu_lint.linter import check_file, selected_rules
from selu_lint.report import FileReport
from selu_lint.settings import Settings

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

# Starting the processes costs more than checking a few small models.
_WORTHWHILE = 48
_BATCH = 8
_LOST = "the process that checked it was killed; it may need more memory than there is"


@dataclass(frozen=True)
class Task:
    """A file and the settings to check it with."""

    path: str
    settings: Settings


def process_count(jobs: int | None, files: int) -> int:
    """Return how many processes to use; ``jobs=None`` means as many as are worthwhile."""
    if jobs is None:
        jobs = _processors() if files >= _WORTHWHILE else 1
    return max(1, min(jobs, files))


def check_all(
    tasks: Sequence[Task], processes: int, done: Callable[[int], None] = lambda count: None
) -> tuple[list[FileReport], bool]:
    """Check files.

    Parameters
    ----------
    tasks : sequence of Task
        What to check.
    processes : int
        1 checks in this process.
    done : callable
        Told how many files are done, now and then.

    Returns
    -------
    list of FileReport, bool
        The reports in the order of the tasks, and whether Ctrl-C ended the check early: then
        those of the files that were done.
    """
    reports: list[FileReport | None] = [None] * len(tasks)
    here = [index for index, task in enumerate(tasks) if task.path == "-" or processes == 1]
    there = [index for index in range(len(tasks)) if index not in set(here)]
    finished = 0
    interrupted = False
    try:
        for index, report in _check_there(tasks, there, processes):
            reports[index] = report
            finished += 1
            done(finished)
        for index, report in zip(here, _check_here([tasks[index] for index in here]), strict=True):
            reports[index] = report
            finished += 1
            done(finished)
    except KeyboardInterrupt:
        interrupted = True
    return [report for report in reports if report is not None], interrupted


def _check_here(tasks: Sequence[Task]) -> Iterator[FileReport]:
    last = None
    rules = None
    for task in tasks:
        if task.settings is not last:
            last, rules = task.settings, selected_rules(task.settings)
        yield check_file(task.path, task.settings, rules)


def _check_batch(tasks: Sequence[Task]) -> list[FileReport]:
    return list(_check_here(tasks))


def _check_there(
    tasks: Sequence[Task], indices: Sequence[int], processes: int
) -> Iterator[tuple[int, FileReport]]:
    """Yield reports as they are done, so that an interrupt loses none of them."""
    if not indices:
        return
    from concurrent.futures import FIRST_COMPLETED, wait
    from concurrent.futures.process import BrokenProcessPool

    size = max(1, min(_BATCH, len(indices) // (4 * processes)))
    waiting = deque(indices[start : start + size] for start in range(0, len(indices), size))
    lost: list[int] = []
    with _pool(processes) as pool:
        running: dict[Future[list[FileReport]], Sequence[int]] = {}
        while waiting or running:
            while waiting and len(running) < 4 * processes and not lost:
                batch = waiting.popleft()
                try:
                    running[pool.submit(_check_batch, [tasks[i] for i in batch])] = batch
                except BrokenProcessPool:
                    lost += batch
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                batch = running.pop(future)
                try:
                    yield from zip(batch, future.result(), strict=True)
                except BrokenProcessPool:
                    lost += batch
            if lost and not running:
                break
    # One file killed its process and with it the pool: find out which, the others are innocent.
    for index in (*lost, *(index for batch in waiting for index in batch)):
        yield index, _check_alone(tasks[index])


def _check_alone(task: Task) -> FileReport:
    from concurrent.futures.process import BrokenProcessPool

    with _pool(1) as pool:
        try:
            return pool.submit(_check_batch, [task]).result()[0]
        except BrokenProcessPool:
            return FileReport(task.path, error=_LOST)


@contextmanager
def _pool(processes: int) -> Iterator[ProcessPoolExecutor]:
    from concurrent.futures import ProcessPoolExecutor

    pool = ProcessPoolExecutor(processes, initializer=_start)
    try:
        yield pool
    except BaseException:
        # Whoever presses Ctrl-C does not want to wait for what is still running.
        import multiprocessing

        pool.shutdown(wait=False, cancel_futures=True)
        for process in multiprocessing.active_children():
            process.terminate()
        raise
    pool.shutdown()


def _start() -> None:
    import gc
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(100_000, 50, 100)


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1
