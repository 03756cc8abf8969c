"""A file appears under its name complete, or not at all."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from selu_lint.errors import SeluLintError
from selu_lint.storage.atomic import replacing, write_file


@pytest.fixture(params=["unnamed", "named", "closed folders", "no links"], autouse=True)
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Systems with files that have no name, with hard links only, and without either.

    Some, such as Windows, open no folders.
    """
    if request.param != "unnamed":
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    if request.param == "closed folders":
        opened = os.open

        def only_files(path: Any, *arguments: Any, **more: Any) -> int:
            if os.path.isdir(path):
                raise PermissionError
            return opened(path, *arguments, **more)

        monkeypatch.setattr(os, "open", only_files)
    if request.param == "no links":

        def refuse(*arguments: Any, **more: Any) -> None:
            raise NotImplementedError

        monkeypatch.setattr(os, "link", refuse)
    return str(request.param)


@pytest.fixture
def original(tmp_path: Path) -> Path:
    path = tmp_path / "original"
    path.write_bytes(b"old")
    path.chmod(0o604)
    return path


@pytest.mark.parametrize("overwrite", [False, True])
def test_writes_a_new_file_with_the_mode_of_the_original(original: Path, overwrite: bool) -> None:
    target = original.with_name("new")
    with replacing(str(target), str(original), overwrite) as draft:
        draft.file.write(b"content")
        assert not target.exists()
    assert target.read_bytes() == b"content"
    assert target.stat().st_mode & 0o777 == 0o604
    assert len(list(original.parent.iterdir())) == 2


def test_replaces_only_when_it_may(original: Path) -> None:
    with (
        pytest.raises(SeluLintError, match="already there"),
        replacing(str(original), str(original), overwrite=False),
    ):
        pytest.fail("it must not be written")
    with replacing(str(original), str(original), overwrite=True) as draft:
        draft.file.write(b"new")
        assert original.read_bytes() == b"old"
    assert original.read_bytes() == b"new"
    assert list(original.parent.iterdir()) == [original]


def test_a_file_that_appears_meanwhile_is_not_overwritten(original: Path) -> None:
    target = original.with_name("new")
    with (
        pytest.raises(SeluLintError, match="already there"),
        replacing(str(target), str(original), overwrite=False),
    ):
        target.write_bytes(b"theirs")
    assert target.read_bytes() == b"theirs"
    assert len(list(original.parent.iterdir())) == 2


def test_a_new_file_takes_its_name_from_no_other(
    original: Path, system: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if system != "no links":
        monkeypatch.setattr(os, "replace", lambda *_: pytest.fail("it could replace another"))
    with replacing(str(original.with_name("new")), str(original), overwrite=False) as draft:
        draft.file.write(b"new")
    assert original.with_name("new").read_bytes() == b"new"


def test_an_error_leaves_nothing(original: Path) -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        replacing(str(original), str(original), overwrite=True),
    ):
        raise KeyboardInterrupt
    assert original.read_bytes() == b"old"
    assert list(original.parent.iterdir()) == [original]


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as made:
        yield made


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("kind", ["link", "link to nowhere", "pipe", "socket", "folder"])
def test_only_files_are_replaced(
    original: Path, listening: socket.socket, overwrite: bool, kind: str
) -> None:
    target = original.with_name("target")
    if kind == "pipe":
        os.mkfifo(target)
    elif kind == "socket":
        listening.bind(os.path.relpath(target))
    elif kind == "folder":
        target.mkdir()
    else:
        target.symlink_to(original.name if kind == "link" else "nowhere")
    before = target.lstat()
    for write in (
        lambda: replacing(str(target), str(original), overwrite).__enter__(),
        lambda: write_file(target, b"new"),
    ):
        with pytest.raises(SeluLintError, match="and only files are replaced"):
            write()
    assert target.lstat() == before
    assert original.read_bytes() == b"old"
    assert len(list(original.parent.iterdir())) == 2


def test_a_link_that_appears_meanwhile_is_not_followed(original: Path) -> None:
    victim, target = original.with_name("victim"), original.with_name("target")
    with (
        pytest.raises(SeluLintError, match="it is a link"),
        replacing(str(target), str(original), overwrite=True),
    ):
        target.symlink_to(victim)
    assert not victim.exists()


def test_a_new_file_can_be_neither_executed_nor_take_on_its_owner(original: Path) -> None:
    original.chmod(0o6755)
    target = original.with_name("new")
    with replacing(str(target), str(original), overwrite=False):
        pass
    assert stat.S_IMODE(target.stat().st_mode) == 0o644
    with replacing(str(original), str(original), overwrite=True):
        pass
    assert stat.S_IMODE(original.stat().st_mode) == 0o755
    write_file(original, b"")
    assert stat.S_IMODE(original.stat().st_mode) == 0o755


def test_what_a_killed_process_left_is_removed_and_what_another_writes_is_not(
    original: Path, system: str
) -> None:
    if system == "closed folders":
        pytest.skip("where folders cannot be opened, they cannot be held")
    left = original.with_name(".original.selu-lint-0123abcd.tmp")
    left.write_bytes(b"half")
    (original.parent / ".original.selu-lint-0123abce.tmp").mkdir()
    other = original.with_name(".other.selu-lint-0123abcd.tmp")
    other.write_bytes(b"half")
    program = (
        "import sys; from selu_lint.storage import drafts\n"
        "file = open(sys.argv[1], 'wb'); print(drafts.hold(file.fileno()), flush=True)\n"
        "sys.stdin.read()"
    )
    held = original.with_name(".original.selu-lint-0123abcf.tmp")
    with subprocess.Popen(
        [sys.executable, "-c", program, held], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"True\n"
        write_file(original, b"new")
        assert sorted(original.parent.iterdir()) == sorted([held, other, original])
        assert process.stdin is not None
        process.stdin.close()
    write_file(original, b"new")
    assert sorted(original.parent.iterdir()) == sorted([other, original])


def test_a_missing_folder_is_told(original: Path) -> None:
    target = original.parent / "none" / "new"
    with (
        pytest.raises(SeluLintError, match="cannot be written"),
        replacing(str(target), str(original), overwrite=False),
    ):
        pytest.fail("it cannot be written")
