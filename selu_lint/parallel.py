"""Checking many files in several processes; imported only where that is worthwhile."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from selu_lint.linter import check_file, selected_rules
from selu_lint.report import FileReport
from selu_lint.settings import Settings

Task = tuple[str, Settings]
"""A file and the settings to check it with."""

_BATCH = 8
_LOST = "the process that checked it was killed; it may need more memory than there is"


def check_in_processes(tasks: Sequence[Task], processes: int) -> Iterator[tuple[int, FileReport]]:
    """Yield the index of each task and its report as soon as it is done, in any order.

    Closing the iterator, or an exception such as Ctrl-C, ends the processes at once.
    """
    size = max(1, min(_BATCH, len(tasks) // (4 * processes)))
    indices = list(range(len(tasks)))
    waiting = deque(indices[start : start + size] for start in range(0, len(tasks), size))
    lost: list[int] = []
    with _pool(processes) as pool:
        running: dict[Future[list[FileReport]], list[int]] = {}
        while running or (waiting and not lost):
            while waiting and len(running) < 4 * processes and not lost:
                batch = waiting.popleft()
                try:
                    running[pool.submit(_check, [tasks[index] for index in batch])] = batch
                except BrokenProcessPool:
                    lost += batch
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                batch = running.pop(future)
                try:
                    yield from zip(batch, future.result(), strict=True)
                except BrokenProcessPool:
                    lost += batch
    # One file killed its process and with it the pool: find out which, the others are innocent.
    for index in sorted((*lost, *(index for batch in waiting for index in batch))):
        yield index, _check_alone(tasks[index])


def _check(tasks: Sequence[Task]) -> list[FileReport]:
    rules = {id(settings): selected_rules(settings) for _, settings in tasks}
    return [check_file(path, settings, rules[id(settings)]) for path, settings in tasks]


def _check_alone(task: Task) -> FileReport:
    with _pool(1) as pool:
        try:
            return pool.submit(_check, [task]).result()[0]
        except BrokenProcessPool:
            return FileReport(task[0], error=_LOST)


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
