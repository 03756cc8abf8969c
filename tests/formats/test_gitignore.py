"""`.gitignore` files are read as git reads them; git itself is the judge where it is there."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from selu_lint.formats import gitignore
from selu_lint.formats.gitignore import Ignored

PATTERNS = """\
# a comment
*.log
/root.py
folder/
deep/*.py
**/any/x.py
inside/**
a/**/b.py
file[0-9].py
file[!a]x.py
\\#hash.py
\\!bang.py
star\\*.py
trailing\\ 
blank   
w**d.py
!again.log
no/such/
"""  # noqa: W291
FILES = [
    "a.log", "x/a.log", "again.log", "x/again.log", "root.py", "x/root.py", "folder/a.py",
    "x/folder/b.py", "folder.py", "deep/a.py", "x/deep/a.py", "deep/er/a.py", "any/x.py",
    "q/any/x.py", "q/any/y.py", "inside/a.py", "inside/b/c.py", "x/inside/a.py", "a/b.py",
    "a/x/b.py", "a/x/y/b.py", "a/x/c.py", "file1.py", "filex.py", "filebx.py", "fileax.py",
    "#hash.py", "!bang.py", "star*.py", "starx.py", "trailing ", "trailing", "blank", "wild.py",
    "wi/d.py", "no/such", "sub/kept.log", "sub/own.txt", "sub/x/own.txt", "own.txt",
    "sub/only/here.txt", "only/here.txt", "sub/x/only/here.txt", "folder/again.log",
]  # fmt: skip


def covered(root: Path, path: str) -> bool:
    """Return whether a walk from a folder leaves a file out."""
    ignored, relative = gitignore.above(str(root)), ""
    for name in path.split("/"):
        folder = root / relative
        if (folder / gitignore.NAME).is_file():
            ignored = ignored.with_folder(str(folder), relative)
        relative = f"{relative}/{name}" if relative else name
        if ignored.covers(relative, (root / relative).is_dir()):
            return True
    return False


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    (root / ".git").mkdir(parents=True)
    for path in FILES:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    (root / ".gitignore").write_text(PATTERNS)
    (root / "sub/.gitignore").write_text("!kept.log\nown.txt\n/only/here.txt\n")
    return root


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_git_says_the_same(repository: Path):
    shutil.rmtree(repository / ".git")
    subprocess.run(["git", "init", "-q", repository], check=True)
    said = subprocess.run(
        ["git", "-C", repository, "check-ignore", "-z", "--stdin"],
        input="\0".join(FILES).encode(),
        capture_output=True,
        check=True,
    ).stdout.decode()
    assert {path for path in FILES if covered(repository, path)} == set(said.split("\0")) - {""}


def test_files_above_the_folder_hold_up_to_the_repository(repository: Path):
    (repository.parent / ".gitignore").write_text("*.py")
    assert covered(repository / "deep", "a.py")
    assert covered(repository / "sub", "x/own.txt")
    assert not covered(repository / "deep", "er/a.py")
    shutil.rmtree(repository / ".git")
    assert gitignore.above(str(repository / "deep")) == Ignored()


def test_what_cannot_be_read_ignores_nothing(tmp_path: Path):
    (tmp_path / ".gitignore").mkdir()
    assert not Ignored().with_folder(str(tmp_path), "").covers("a.py", False)
    (tmp_path / ".gitignore").rmdir()
    (tmp_path / ".gitignore").write_bytes(b"\xff\x00*\n" + b"x" * 10_000 + b"\na.py")
    assert Ignored().with_folder(str(tmp_path), "").covers("a.py", False)
