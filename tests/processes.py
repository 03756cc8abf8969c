"""Waiting for processes, and telling whether they run."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path


def wait(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds, however busy the machine is."""
    while not condition():
        time.sleep(0.05)


def runs(pid: int) -> bool:
    """Whether a process runs; one that has ended may still wait to be collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
