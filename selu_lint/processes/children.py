"""Programs of the package in processes of their own: isolated, bounded, ended with this one.

Nothing is imported from the current folder, and nothing that lies there is a module of Python's
own or an installed one. `selu_lint.processes.confinement` is what runs in the process.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from selu_lint.limits import GIB, Limits
from selu_lint.processes import confinement

SECONDS = 1800
"""How long a process that runs Keras may take."""

_SAID = "said.txt"
_LAST = 4000
_COPIES = 8
_PROCESSES = 4096
_KERAS = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "CUDA_VISIBLE_DEVICES": "-1",
    # On machines of many cores, the stacks of a thread each would take the memory.
    "OMP_NUM_THREADS": "4",
    "OPENBLAS_NUM_THREADS": "4",
    "TF_NUM_INTEROP_THREADS": "2",
    "TF_NUM_INTRAOP_THREADS": "4",
}


class Bounds(NamedTuple):
    """What a process may take.

    Attributes
    ----------
    memory_bytes : int
        Memory that holds data.
    processor_seconds : int
        Processor time of all its threads.
    file_bytes : int
        Size of a file that it writes.
    processes : int
        Processes and threads of its user.
    """

    memory_bytes: int
    processor_seconds: int
    file_bytes: int
    processes: int = _PROCESSES

    @classmethod
    def of(cls, limits: Limits, model_bytes: int) -> Bounds:
        """Return the bounds for running a model of this size in Keras."""
        return cls(
            limits.keras_memory_bytes + _COPIES * model_bytes,
            SECONDS * (os.cpu_count() or 1),
            GIB + _COPIES * model_bytes,
        )


class Outcome(NamedTuple):
    """How a process ended.

    Attributes
    ----------
    answer : dict or None
        Its answer; None if it gave none.
    exit_code : int or None
        Its exit code; None if it took too long and was ended.
    said : str
        The last of what it wrote to standard output and standard error.
    """

    answer: dict[str, Any] | None
    exit_code: int | None
    said: str


def run(
    program: str,
    task: Mapping[str, Any],
    folder: str,
    timeout: float,
    bounds: Bounds | None,
) -> Outcome:
    """Run a program of the package in a process of its own.

    Parameters
    ----------
    program : str
        A module with a function ``answer(task) -> dict``.
    task : Mapping
        What it is given, as JSON data.
    folder : str
        A fresh temporary folder: the working folder, and where task and answer lie.
    timeout : float
        Seconds after which the process is ended, with those that it started.
    bounds : Bounds or None
        What it may take; then it has no network, either. None for code that its user runs on
        purpose: it keeps the current folder, too.
    """
    (Path(folder) / confinement.TASK).write_text(json.dumps(task), encoding="utf-8")
    settings = {
        "program": program,
        "folder": folder,
        "path": _search_path(),
        "bounds": None if bounds is None else bounds._asdict(),
    }
    command = [sys.executable, "-I", confinement.__file__, json.dumps(settings)]
    confined = {**_KERAS, "TMPDIR": folder, "TEMP": folder, "TMP": folder}
    with (
        open(Path(folder, _SAID), "wb") as said,
        subprocess.Popen(
            command,
            # Its end is how the process learns of the end of this one.
            stdin=subprocess.PIPE,
            stdout=said,
            stderr=said,
            cwd=None if bounds is None else folder,
            env=None if bounds is None else {**os.environ, **confined},
            start_new_session=True,
        ) as process,
    ):
        try:
            exit_code: int | None = process.wait(timeout)
        except BaseException as error:
            _end(process)
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            exit_code = None
    last = Path(folder, _SAID).read_bytes()[-_LAST:].decode(errors="replace")
    return Outcome(_answer(folder), exit_code, last)


def ask_keras(
    program: str, task: Mapping[str, Any], limits: Limits, model_bytes: int, folder: str
) -> dict[str, Any]:
    """Give a task to a program that runs Keras and return its answer.

    Parameters
    ----------
    program, task, folder :
        See `run`.
    limits : Limits
        Bounds on the memory.
    model_bytes : int
        Size of the models that it is given.

    Returns
    -------
    dict
        With ``error``, one line, where it failed.
    """
    outcome = run(program, task, folder, SECONDS, Bounds.of(limits, model_bytes))
    if outcome.answer is not None:
        return outcome.answer
    if outcome.exit_code is None:
        return {"error": f"Keras took longer than {SECONDS // 60} minutes"}
    return {
        "error": f"Keras ended with exit code {outcome.exit_code}; if it needs more memory, raise "
        "the limit 'keras-memory-bytes'"
    }


def working_folder() -> tempfile.TemporaryDirectory[str]:
    """Return a fresh temporary folder for a process, which goes when the block ends."""
    return tempfile.TemporaryDirectory(prefix="selu-lint-", ignore_cleanup_errors=True)


def _search_path() -> list[str]:
    """Return where modules are found here, without the current folder, and this package's place."""
    here = os.path.realpath(os.getcwd())
    elsewhere = [
        each for each in sys.path if os.path.isabs(each) and os.path.realpath(each) != here
    ]
    return [*elsewhere, str(Path(__file__).parents[2])]


def _answer(folder: str) -> dict[str, Any] | None:
    try:
        answer = json.loads(Path(folder, confinement.ANSWER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return answer if isinstance(answer, dict) else None


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process, and those that it started."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        # By its name alone Windows would first seek the program in the current folder.
        program = os.path.join(os.environ["SYSTEMROOT"], "System32", "taskkill.exe")
        subprocess.run([program, "/F", "/T", "/PID", str(process.pid)], check=False)
