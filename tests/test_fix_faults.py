"""Whatever happens while a repaired model is written, the original or the whole result is there."""

from __future__ import annotations

import errno
import gc
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import selu_lint
from selu_lint.storage import atomic
from tests.quick import one_in

_MODELS = Path(__file__).parent.parent / "fixtures" / "models" / "keras3.15-tf"
_CODE = "from keras.layers import Dense\n" + 60 * "Dense(3, 'selu')\n"
_SOURCE = "train.py"
_NAMES = ("cnn_broken.keras", "cnn_broken.h5", "cnn_broken.json", _SOURCE)
# Runs a fix over and over in forked processes, each killed one call into the system later.
_VICTIMS = """
import json, os, signal, sys
import h5py
import selu_lint
from selu_lint.storage import atomic
from selu_lint.fixing import file_fixer, redrawing, training_evidence
from selu_lint.formats.weights import archive, hdf5
from selu_lint.formats.writing import hdf5, keras_archive
from selu_lint.processes import children, hdf5_library

folder, name, in_place, unnamed = sys.argv[1:]
path = os.path.join(folder, name)
original = open(path, "rb").read()
selu_lint.fix(path, dry_run=True)
calls = place = 0

def tick():
    global calls
    calls += 1
    if calls == place:
        os.kill(os.getpid(), signal.SIGKILL)

def counted(function):
    def call(*arguments, **more):
        tick()
        result = function(*arguments, **more)
        tick()
        return result
    return call

class Counted:
    def __init__(self, file):
        self.file = file
    def __getattr__(self, name):
        found = getattr(self.file, name)
        return counted(found) if name in ("write", "flush") else found

if unnamed == "named":
    del os.O_TMPFILE
fork, wait, unlink = os.fork, os.waitpid, os.unlink
for call in ("open", "link", "unlink", "replace", "fsync", "fchmod", "fchown", "copy_file_range"):
    if hasattr(os, call):
        setattr(os, call, counted(getattr(os, call)))
make = atomic._create
def create(*arguments):
    draft, named = make(*arguments)
    return atomic.Draft(Counted(draft.file), draft.path), named
atomic._create = create

# To start a process for the HDF5 library each time would take most of the time.
def here(program, task, *_):
    return children.Outcome(hdf5_library.answer(task), 0, "")
hdf5_library.run = here

status, outcomes = 1, []
while status:
    for entry in os.listdir(folder):
        unlink(os.path.join(folder, entry))
    with open(path, "wb") as file:
        file.write(original)
    place += 1
    child = fork()
    if not child:
        report = selu_lint.fix(path, in_place=in_place == "in place", seed=0)
        os._exit(bool(report.errors))
    status = wait(child, 0)[1]
    files = {entry: open(os.path.join(folder, entry), "rb").read().hex()
             for entry in os.listdir(folder)}
    outcomes.append([os.waitstatus_to_exitcode(status), files])
print(json.dumps(outcomes))
"""


def _copied(name: str, folder: Path) -> Path:
    """Return a broken file in a folder; code has no example among the models."""
    if name != _SOURCE:
        return Path(shutil.copy(_MODELS / name, folder))
    (folder / name).write_text(_CODE)
    return folder / name


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")
@pytest.mark.parametrize("unnamed", ["unnamed", "named"])
@pytest.mark.parametrize("in_place", ["in place", "beside"])
@pytest.mark.parametrize("name", _NAMES)
def test_killed_at_any_call_the_original_or_the_whole_result_is_there(
    name: str, in_place: str, unnamed: str, tmp_path: Path
) -> None:
    path = _copied(name, tmp_path)
    original = path.read_bytes()
    command = [sys.executable, "-c", _VICTIMS, str(tmp_path), name, in_place, unnamed]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    *killed, (code, files) = json.loads(done.stdout)
    assert code == 0
    assert len(killed) > 10
    assert {code for code, _ in killed} == {-signal.SIGKILL}
    replaces = in_place == "in place" or name == _SOURCE
    target = path.name if replaces else f"{path.stem}.fixed{path.suffix}"
    whole = bytes.fromhex(files.pop(target))
    assert whole not in (b"", original)
    assert set(files) <= {name}
    states = set()
    for _, left in killed:
        content = {entry: bytes.fromhex(data) for entry, data in left.items()}
        there = content.pop(target, None)
        assert there in (None, original, whole)
        states.add(there == whole)
        if target != name:
            assert content.pop(name) == original
        # A draft without a name leaves nothing but, before its very last step, a whole result.
        assert all(entry.startswith(".") and entry.endswith(".tmp") for entry in content)
        if unnamed == "unnamed":
            assert all(data == whole for data in content.values())
    assert states == {True, False}


class _Failing:
    """A file whose writes fail once so many bytes are written, as on a full disk."""

    def __init__(self, file: Any, room: int) -> None:
        self._file = file
        self._room = room

    def write(self, data: bytes) -> int:
        self._room -= len(data)
        if self._room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return int(self._file.write(data))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


@pytest.fixture(params=["unnamed", "named"])
def drafts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "named":
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    return str(request.param)


@pytest.mark.slow
@pytest.mark.usefixtures("drafts")
@pytest.mark.parametrize("room", [0, 100, 2_000, 10_000, 25_000])
@pytest.mark.parametrize("in_place", [True, False])
@pytest.mark.parametrize("name", _NAMES)
def test_a_full_disk_leaves_the_original_and_nothing_else(
    name: str, in_place: bool, room: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _copied(name, tmp_path)
    original = path.read_bytes()
    if room >= len(original):
        pytest.skip("there is room enough")
    make = atomic._create

    def create(*arguments: Any) -> Any:
        draft, named = make(*arguments)
        return atomic.Draft(_Failing(draft.file, room), draft.path), named  # type: ignore[arg-type]

    monkeypatch.setattr(atomic, "_create", create)
    monkeypatch.delattr(os, "copy_file_range", raising=False)
    report = selu_lint.fix(path, in_place=in_place)
    assert report.exit_code() == 2
    assert "No space left on device" in str(report.files[0].error)
    assert path.read_bytes() == original
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", one_in(4, _NAMES))
@pytest.mark.parametrize("call", ["fsync", "fchmod", "link", "replace"])
def test_a_failing_call_leaves_the_original_and_nothing_else(
    call: str, name: str, drafts: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _copied(name, tmp_path)
    original = path.read_bytes()

    def fail(*arguments: Any, **more: Any) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, call, fail)
    for in_place in (True, False):
        report = selu_lint.fix(path, in_place=in_place)
        if report.errors:
            assert "the original is unchanged" in str(report.files[0].error)
            assert path.read_bytes() == original
            assert list(tmp_path.iterdir()) == [path]
            return
        path.write_bytes(original)
    # A file system without hard links is no obstacle to a draft that has a name.
    assert (call, drafts) == ("link", "named")


@pytest.mark.parametrize("error", [errno.EACCES, errno.EROFS])
def test_a_read_only_folder_is_told(
    error: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(shutil.copy(_MODELS / "cnn_broken.keras", tmp_path))
    original, really_open = path.read_bytes(), os.open

    def refuse(name: Any, flags: int, *arguments: Any, **more: Any) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR):
            raise OSError(error, os.strerror(error))
        return really_open(name, flags, *arguments, **more)

    monkeypatch.setattr(os, "open", refuse)
    for in_place in (True, False):
        report = selu_lint.fix(path, in_place=in_place)
        assert os.strerror(error) in str(report.files[0].error)
        assert report.exit_code() == 2
    assert path.read_bytes() == original
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.usefixtures("drafts")
def test_ctrl_c_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path(shutil.copy(_MODELS / "cnn_broken.keras", tmp_path))
    original = path.read_bytes()

    def interrupt(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        selu_lint.fix(path, in_place=True)
    assert path.read_bytes() == original
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "statvfs"), reason="needs a small file system")
def test_a_really_full_file_system(tmp_path: Path) -> None:
    mounted = tmp_path / "small"
    mounted.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=96k", "tmpfs", str(mounted)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("cannot mount a file system here")
    try:
        path = Path(shutil.copy(_MODELS / "cnn_broken.keras", mounted))
        (mounted / "ballast").write_bytes(bytes(40_000))
        original = path.read_bytes()
        report = selu_lint.fix(path, in_place=True)
        assert "No space left on device" in str(report.files[0].error)
        assert path.read_bytes() == original
        assert {entry.name for entry in mounted.iterdir()} == {"cnn_broken.keras", "ballast"}
    finally:
        # The error's traceback holds the model, and with it the open file, until it is collected.
        gc.collect()
        subprocess.run(["umount", str(mounted)], check=True)


def test_nothing_is_written_where_the_result_is_not_what_it_should_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from selu_lint.fixing import file_fixer

    path = Path(shutil.copy(_MODELS / "cnn_broken.keras", tmp_path))
    original = path.read_bytes()

    def spoil(document: Any, source: Any, target: Any, *others: Any) -> None:
        target.write(original)

    monkeypatch.setattr(file_fixer, "write", spoil)
    report = selu_lint.fix(path, in_place=True)
    assert "another architecture" in str(report.files[0].error)
    assert path.read_bytes() == original
    assert list(tmp_path.iterdir()) == [path]
