"""Work on many files in several processes; imported only where that is worthwhile."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TypeVar

from selu_lint.linter import check_files
from selu_lint.report import FileReport
from selu_lint.settings import Settings

Task = tuple[str, Settings]
"""A file and the settings to check it with."""

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")

_BATCH = 8
LOST = "its process was killed; it may need more memory than there is"


def check_in_processes(tasks: Sequence[Task], processes: int) -> Iterator[tuple[int, FileReport]]:
    """Yield the index of each task and its report as soon as it is done, in any order."""
    return in_processes(_check, tasks, processes, _lost)


def _check(tasks: Sequence[Task]) -> list[FileReport]:
    return list(check_files(tasks))


def _lost(task: Task) -> FileReport:
    return FileReport(task[0], error=LOST)


def in_processes(
    work: Callable[[Sequence[_Task]], list[_Result]],
    tasks: Sequence[_Task],
    processes: int,
    lost: Callable[[_Task], _Result],
    most: int = _BATCH,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[tuple[int, _Result]]:
    """Yield the index of each task and its result as soon as it is done, in any order.

    Closing the iterator, or an exception such as Ctrl-C, ends the processes at once, and what they
    have just done is not told.

    Parameters
    ----------
    work : callable
        Does some tasks: a function of a module, which is called in the processes.
    tasks : sequence
        What is to be done.
    processes : int
        Number of processes.
    lost : callable
        Returns the result of a task whose process was killed.
    most : int
        How many tasks are handed over at once, at most.
    stopped : callable
        Tells whether no task is to be begun any more; those that are begun are ended, and yielded.
    """
    size = max(1, min(most, len(tasks) // (4 * processes)))
    indices = list(range(len(tasks)))
    waiting = deque(indices[start : start + size] for start in range(0, len(tasks), size))
    missing: list[int] = []
    with _pool(processes) as pool:
        running: dict[Future[list[_Result]], list[int]] = {}
        while running or (waiting and not missing):
            if stopped():
                waiting.clear()
                running = {
                    future: batch for future, batch in running.items() if not future.cancel()
                }
            while waiting and len(running) < 4 * processes and not missing:
                batch = waiting.popleft()
                try:
                    running[pool.submit(work, [tasks[index] for index in batch])] = batch
                except BrokenProcessPool:
                    missing += batch
            for future in wait(running, return_when=FIRST_COMPLETED).done if running else ():
                batch = running.pop(future)
                try:
                    yield from zip(batch, future.result(), strict=True)
                except BrokenProcessPool:
                    missing += batch
    # One file killed its process and with it the pool: find out which, the others are innocent.
    for index in sorted((*missing, *(index for batch in waiting for index in batch))):
        if stopped():
            return
        with _pool(1) as pool:
            try:
                yield index, pool.submit(work, [tasks[index]]).result()[0]
            except BrokenProcessPool:
                yield index, lost(tasks[index])


@contextmanager
def _pool(processes: int) -> Iterator[ProcessPoolExecutor]:
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

    from selu_lint.processes.confinement import end_worker_with_parent

    end_worker_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(100_000, 50, 100)
