"""The paths through a root: its code is run again with one undecided condition turned."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

from selu_lint.source.machine import Machine, Path


def explore(machine: Machine, run: Callable[[], None], start: Path) -> Iterator[Path]:
    """Run a root on all paths that are worth following, and yield each when it is done.

    One run takes every undecided condition as true and one as false; from these two each
    condition is turned alone, and what is asked only then is turned with it. So every pair of
    outcomes occurs that the two runs reach.

    Parameters
    ----------
    machine : Machine
        What runs it.
    run : callable
        Runs the root once.
    start : Path
        What is decided before.
    """
    pending = deque([(True, frozenset[int]()), (False, frozenset[int]())])
    asked: dict[bool, set[int]] = {True: set(), False: set()}
    for count in range(machine.limits.source_runs):
        if not pending or machine.steps > machine.limits.source_file_steps:
            break
        preference, turned = pending.popleft()
        if count == 1 and not asked[True]:
            break
        machine.path = start.another(preference, turned)
        machine.limit = machine.steps + machine.limits.source_steps
        run()
        yield machine.path
        machine.restore()
        new = [key for key in machine.path.asked if key not in asked[preference]]
        asked[preference].update(new)
        pending.extend((preference, turned | {key}) for key in new)
    machine.unfollowed += bool(pending and asked[True])
