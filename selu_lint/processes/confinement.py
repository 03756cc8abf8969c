"""Confines a process and runs a program of the package in it; itself run as a script, isolated.

``python -I confinement.py SETTINGS`` with SETTINGS a JSON object: ``program``, a module with a
function ``answer(task) -> dict``; ``folder``, where ``task.json`` lies and ``answer.json`` is
left; ``path``, folders that are searched for modules after Python's own; ``bounds``, see
`selu_lint.processes.children.Bounds`, or null for code that its user runs on purpose.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TASK = "task.json"
ANSWER = "answer.json"

_NEW_USER = 0x10000000
_NEW_NETWORK = 0x40000000
_SET_PARENT_DEATH_SIGNAL = 1


def end_with_parent() -> None:
    """End this process group when the standard input closes, however the parent ends.

    The kernel does it where it can, because native code may hold up all of Python's threads.
    """
    lifeline, nothing = os.dup(0), os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    if sys.platform == "linux":
        import fcntl
        import select

        fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
        flags = fcntl.fcntl(lifeline, fcntl.F_GETFL)
        fcntl.fcntl(lifeline, fcntl.F_SETFL, flags | os.O_ASYNC)
        if select.select([lifeline], [], [], 0)[0]:
            os.killpg(0, signal.SIGKILL)
        return

    def watch() -> None:
        os.read(lifeline, 1)
        if os.name == "posix":
            os.killpg(0, signal.SIGKILL)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def end_worker_with_parent() -> None:
    """End this worker of a pool when the process that started it ends, however it does."""
    import multiprocessing
    from multiprocessing.connection import wait

    parent = multiprocessing.parent_process()
    if parent is None:
        return
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            import ctypes

            ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    sentinel = parent.sentinel

    def watch() -> None:
        wait([sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _limit(bounds: Mapping[str, int]) -> None:
    """Set the limits of the operating system, as far as it has them and lets them be set."""
    with contextlib.suppress(ImportError):
        import resource

        wanted = {
            "RLIMIT_CORE": 0,
            "RLIMIT_CPU": bounds["processor_seconds"],
            "RLIMIT_DATA": bounds["memory_bytes"],
            "RLIMIT_FSIZE": bounds["file_bytes"],
            "RLIMIT_NPROC": bounds["processes"],
        }
        for name, value in wanted.items():
            with contextlib.suppress(AttributeError, OSError, ValueError):
                kind = getattr(resource, name)
                hard = resource.getrlimit(kind)[1]
                most = value if hard == resource.RLIM_INFINITY else min(value, hard)
                resource.setrlimit(kind, (most, most))


def _leave_network() -> None:
    """Leave the network, if the operating system lets us: Linux does for most users."""
    if sys.platform != "linux":
        return
    import ctypes

    user, group = os.getuid(), os.getgid()
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        if library.unshare(_NEW_NETWORK) == 0 or user == 0:
            return
        if library.unshare(_NEW_USER | _NEW_NETWORK) == 0:
            for name, text in (
                ("setgroups", "deny"),
                ("uid_map", f"{user} {user} 1"),
                ("gid_map", f"{group} {group} 1"),
            ):
                Path("/proc/self", name).write_text(text, encoding="ascii")


def _main() -> None:
    settings: dict[str, Any] = json.loads(sys.argv[1])
    end_with_parent()
    if settings["bounds"] is not None:
        _limit(settings["bounds"])
        _leave_network()
    sys.path.extend(each for each in settings["path"] if each not in sys.path)
    folder = Path(settings["folder"])
    task = json.loads((folder / TASK).read_text(encoding="utf-8"))
    program = importlib.import_module(settings["program"])
    answer = program.answer(task)
    # An answer is whole or not there.
    unfinished = folder / f"{ANSWER}.unfinished"
    unfinished.write_text(json.dumps(answer), encoding="utf-8")
    unfinished.replace(folder / ANSWER)


if __name__ == "__main__":
    _main()
