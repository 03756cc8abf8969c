"""A file appears under its name complete, or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from selu_lint.atomic import replacing
from selu_lint.errors import SeluLintError


@pytest.fixture(params=["unnamed", "named", "no links"], autouse=True)
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Systems with files that have no name, with hard links only, and without either."""
    if request.param != "unnamed":
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
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


def test_an_error_leaves_nothing(original: Path) -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        replacing(str(original), str(original), overwrite=True),
    ):
        raise KeyboardInterrupt
    assert original.read_bytes() == b"old"
    assert list(original.parent.iterdir()) == [original]


def test_links_are_followed(original: Path) -> None:
    link = original.with_name("link")
    link.symlink_to(original)
    with replacing(str(link), str(link), overwrite=True) as draft:
        draft.file.write(b"new")
    assert link.is_symlink()
    assert original.read_bytes() == b"new"


def test_a_missing_folder_is_told(original: Path) -> None:
    target = original.parent / "none" / "new"
    with (
        pytest.raises(SeluLintError, match="cannot be written"),
        replacing(str(target), str(original), overwrite=False),
    ):
        pytest.fail("it cannot be written")
