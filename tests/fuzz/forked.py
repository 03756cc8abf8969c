"""Child processes by fork from one that has imported what they need, in place of fresh ones.

A fresh process takes four seconds to import TensorFlow, and one to repair a model. Otherwise they
are as confined as those of `selu_lint.processes.children`. As a script it is what they are forked
from: ``python -I forked.py PATH MODULES``.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

_IMPORTED = {
    "selu_lint.fixing.saved_model_building": ("tensorflow", "tf_keras"),
    "selu_lint.processes.hdf5_library": ("h5py",),
}


def run(program: str, task: Mapping[str, Any], folder: str, timeout: float, bounds: Any) -> Any:
    """Run a program of the package in a forked process; see `selu_lint.processes.children.run`."""
    from selu_lint.processes import children, confinement

    (Path(folder) / confinement.TASK).write_text(json.dumps(task), encoding="utf-8")
    settings = {"program": program, "folder": folder, "path": [], "bounds": bounds._asdict()}
    server = _server(program)
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(json.dumps({"settings": settings, "timeout": timeout}).encode() + b"\n")
    server.stdin.flush()
    exit_code = int(server.stdout.readline())
    said = Path(folder, "said.txt").read_text(errors="replace")
    late = exit_code == -signal.SIGALRM
    return children.Outcome(children._answer(folder), None if late else exit_code, said)


@lru_cache
def _server(program: str) -> subprocess.Popen[bytes]:
    from selu_lint.processes import children

    modules = json.dumps([*_IMPORTED[program], program])
    server = subprocess.Popen(
        [sys.executable, "-I", __file__, json.dumps(children._search_path()), modules],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, **children._KERAS},
    )
    # Closes its standard input, which ends it, and waits.
    atexit.register(server.communicate)
    return server


def _serve() -> None:
    """Fork a process for each line of standard input, and write its exit code."""
    sys.path.extend(json.loads(sys.argv[1]))
    for module in ("selu_lint.processes.confinement", *json.loads(sys.argv[2])):
        importlib.import_module(module)
    for line in sys.stdin:
        # It ends when the writing end of its standard input closes, as this process ends.
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(writing)
            os.dup2(reading, 0)
            _confined(**json.loads(line))
        os.close(reading)
        status = os.waitpid(child, 0)[1]
        os.close(writing)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _confined(settings: dict[str, Any], timeout: float) -> None:
    from selu_lint.processes import confinement

    folder = settings["folder"]
    said = os.open(os.path.join(folder, "said.txt"), os.O_WRONLY | os.O_CREAT)
    os.dup2(said, 1)
    os.dup2(said, 2)
    os.setsid()
    signal.alarm(int(timeout))
    os.chdir(folder)
    os.environ |= {"TMPDIR": folder, "TEMP": folder, "TMP": folder}
    tempfile.tempdir = None
    sys.argv = [confinement.__file__, json.dumps(settings)]
    exit_code = 1
    try:
        confinement._main()
        exit_code = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stderr.flush()
        os._exit(exit_code)


if __name__ == "__main__":
    _serve()
