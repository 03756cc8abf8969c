"""Processes of their own: what they import, what they may take, and when they end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from selu_lint.code import Code
from selu_lint.limits import GIB, MIB, Limits
from selu_lint.processes import children
from selu_lint.processes.children import Bounds, ask_keras, run
from selu_lint.processes.factories import FactoryError, read
from tests.processes import runs, wait

_SMALL = Bounds(memory_bytes=GIB, processor_seconds=60, file_bytes=MIB, processes=4096)
_PROBE = """
import json, os, socket, sys

def answer(task):
    return {name: globals()[name](task) for name in task["probes"]}

def places(task):
    return {"folder": os.getcwd(), "json": json.__file__, "isolated": sys.flags.isolated,
            "temporary": os.environ.get("TMPDIR"), "input": os.read(0, 1).decode()}

def memory(task):
    try:
        bytearray(2 << 30)
    except MemoryError:
        return "refused"

def file(task):
    try:
        with open(task["large"], "wb") as file:
            file.write(bytes(2 << 20))
    except OSError:
        return "refused"

def core(task):
    import resource
    return resource.getrlimit(resource.RLIMIT_CORE)

def network(task):
    try:
        socket.create_connection(("127.0.0.1", task["port"]), 10).close()
    except OSError:
        return "refused"

def fail(task):
    print("said before")
    os._exit(9)

def hang(task):
    # All of Python's threads stand still meanwhile.
    import ctypes, subprocess
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
    with open(task["pids"] + ".part", "w") as file:
        print(os.getpid(), child.pid, file=file)
    os.replace(task["pids"] + ".part", task["pids"])
    ctypes.PyDLL(None).sleep(300)
"""

linux = pytest.mark.skipif(sys.platform != "linux", reason="as Linux does it")


@pytest.fixture
def probe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "selu_lint_probe.py").write_text(_PROBE)
    monkeypatch.syspath_prepend(str(tmp_path / "modules"))

    def ask(*probes: str, bounds: Bounds | None = _SMALL, **task: Any) -> dict[str, Any]:
        folder = tmp_path / "working"
        folder.mkdir(exist_ok=True)
        task |= {"probes": probes, "large": str(tmp_path / "large")}
        outcome = run("selu_lint_probe", task, str(folder), 60, bounds)
        assert outcome.answer is not None, outcome
        return outcome.answer

    return ask


def _plant(folder: Path, *names: str) -> Path:
    """Put modules into a folder that leave a marker when they are imported."""
    marker = folder / "marker"
    for name in names:
        (folder / f"{name}.py").write_text(f"open({str(marker)!r}, 'w').close()\n")
    return marker


def test_nothing_is_imported_from_the_current_folder(
    probe: Callable[..., dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    marker = _plant(here, "json", "importlib", "selu_lint_probe", "sitecustomize")
    monkeypatch.chdir(here)
    monkeypatch.syspath_prepend(str(here))
    monkeypatch.setenv("PYTHONPATH", str(here))
    monkeypatch.setenv("PYTHONSTARTUP", str(here / "json.py"))
    for bounds in (_SMALL, None):
        found = probe("places", bounds=bounds)["places"]
        assert found["isolated"] == 1
        assert not found["json"].startswith(str(tmp_path))
        assert found["input"] == ""
    assert not marker.exists()
    found = probe("places")["places"]
    assert found["folder"] == found["temporary"] == str(tmp_path / "working")


@linux
def test_memory_files_and_core_dumps_are_bounded(probe: Callable[..., dict[str, Any]]) -> None:
    found = probe("memory", "file", "core")
    assert found == {"memory": "refused", "file": "refused", "core": [0, 0]}
    assert probe("file", bounds=None) == {"file": None}


@pytest.mark.slow
@linux
def test_the_memory_of_keras_is_a_limit(
    probe: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    for memory, size, seen in ((GIB, MIB, "refused"), (GIB, GIB, None), (4 * GIB, 0, None)):
        limits = Limits(keras_memory_bytes=memory)
        found = ask_keras("selu_lint_probe", {"probes": ["memory"]}, limits, size, str(tmp_path))
        assert found == {"memory": seen}


def _may_leave_the_network() -> bool:
    flags = 1 << 30 if os.getuid() == 0 else 5 << 28
    unshare = f"import ctypes; exit(ctypes.CDLL(None).unshare({flags}))"
    return subprocess.run([sys.executable, "-c", unshare], check=False).returncode == 0


@linux
def test_there_is_no_network(probe: Callable[..., dict[str, Any]]) -> None:
    if not _may_leave_the_network():
        pytest.skip("this system lets nobody leave the network")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert probe("network", port=port) == {"network": "refused"}
        assert probe("network", bounds=None, port=port) == {"network": None}


def test_a_process_that_gives_no_answer_is_one_line(
    probe: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    outcome = run("selu_lint_probe", {"probes": ["fail"]}, str(tmp_path), 60, _SMALL)
    assert (outcome.answer, outcome.exit_code) == (None, 9)
    found = ask_keras("selu_lint_probe", {"probes": ["fail"]}, Limits(), 0, str(tmp_path))
    assert found["error"].startswith("Keras ended with exit code 9; if it needs more memory")


_PARENT = """
import sys
from selu_lint.processes.children import Bounds, run
sys.path.append(sys.argv[1])
task = {"probes": ["hang"], "pids": sys.argv[2]}
run("selu_lint_probe", task, sys.argv[3], 300, eval(sys.argv[4]))
"""


@linux
@pytest.mark.parametrize("bounds", ["None", f"Bounds{tuple(_SMALL)}"])
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_with_its_parent_even_in_native_code(
    probe: object, tmp_path: Path, ending: signal.Signals, bounds: str
) -> None:
    pids = tmp_path / "pids"
    arguments = [str(tmp_path / "modules"), str(pids), str(tmp_path), bounds]
    with subprocess.Popen([sys.executable, "-c", _PARENT, *arguments]) as parent:
        wait(pids.exists)
        running = [int(pid) for pid in pids.read_text().split()]
        assert all(map(runs, running))
        parent.send_signal(ending)
    wait(lambda: not any(map(runs, running)))


def test_windows_ends_a_process_with_its_own_program(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[list[str]] = []
    windows = SimpleNamespace(name="nt", path=os.path, environ={"SYSTEMROOT": "/windows"})
    monkeypatch.setattr(children, "os", windows)
    monkeypatch.setattr(subprocess, "run", lambda command, **_: called.append(command))
    children._end(SimpleNamespace(pid=7))
    assert called[0][1:] == ["/F", "/T", "/PID", "7"]
    # Windows seeks what has no folder in the current one.
    assert os.path.isabs(called[0][0])


@pytest.mark.slow
@linux
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
def test_workers_of_a_check_end_with_it(tmp_path: Path, ending: signal.Signals) -> None:
    names = [f"{number}.keras" for number in range(8)]
    for name in names:
        os.mkfifo(tmp_path / name)
    command = [sys.executable, "-m", "selu_lint", "check", *names, "--jobs", "3"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.DEVNULL, start_new_session=True
    ) as parent:
        group = parent.pid
        wait(lambda: len(_members(group)) == 4)
        parent.send_signal(ending)
    wait(lambda: not _members(group))


@pytest.mark.slow
def test_what_lies_beside_code_stands_for_no_installed_module(tmp_path: Path) -> None:
    marker = _plant(tmp_path, "json", "numpy", "click", "h5py")
    (tmp_path / "own.py").write_text("SIZE = 1\n")
    (tmp_path / "model.py").write_text(
        "import json, numpy, click, h5py, own\n"
        "def build():\n    raise ValueError(json.dumps(numpy.ones(own.SIZE).tolist()))\n"
    )
    with pytest.raises(FactoryError, match=r"ValueError: \[1.0\]"):
        read(Code(f"{tmp_path}/model.py:build"))
    (tmp_path / "json.py").write_text("def build(): import json; raise ValueError(json.__file__)\n")
    with pytest.raises(FactoryError) as caught:
        read(Code(f"{tmp_path}/json.py:build"))
    assert str(tmp_path) not in str(caught.value).partition("ValueError")[2]
    assert not marker.exists()


def _members(group: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and runs(int(entry.name)):
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            found += [int(entry.name)] if int(fields[2]) == group else []
    return found
