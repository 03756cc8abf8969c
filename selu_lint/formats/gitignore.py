"""What ``.gitignore`` files name, as `git help gitignore` describes them."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from selu_lint.errors import SeluLintError
from selu_lint.storage.byte_source import read_regular
from selu_lint.storage.globs import matches

NAME = ".gitignore"
_MOST_BYTES = 1 << 20
_MOST_PATTERNS = 5_000
_LONGEST = 500
# Stars that do not stand between slashes mean one star.
_STARS = re.compile(r"(?<=[^/])\*\*+|\*\*+(?=[^/*])|\*\*\*+")
_ESCAPED = re.compile(r"\\(.)")


class _Pattern(NamedTuple):
    """A line of a file: a glob, and what it is about."""

    glob: str
    anchored: bool
    folders_only: bool
    again: bool
    """Whether it takes back what patterns in front of it name."""


class Ignored(NamedTuple):
    """The files that hold for a folder of a walk, those of folders above it first.

    Attributes
    ----------
    files : tuple of (str, int, tuple)
        For each: the way from its folder down to the root of the walk, how many characters of a
        path below the root lead to its folder, and its patterns.
    """

    files: tuple[tuple[str, int, tuple[_Pattern, ...]], ...] = ()

    def with_folder(self, folder: str, relative: str) -> Ignored:
        """Return what holds below a folder of the walk that has a file of its own."""
        drop = len(relative) + 1 if relative else 0
        return Ignored((*self.files, ("", drop, _read(folder))))

    def covers(self, path: str, is_folder: bool) -> bool:
        """Whether a path, relative to the root of the walk and with ``/``, is ignored.

        What lies in an ignored folder is ignored, too; to see to that is left to the walk.
        """
        name = path.rpartition("/")[2]
        for before, drop, patterns in reversed(self.files):
            below = before + path[drop:]
            for pattern in reversed(patterns):
                if pattern.folders_only and not is_folder:
                    continue
                if matches(pattern.glob, below if pattern.anchored else name):
                    return not pattern.again
        return False


def above(directory: str) -> Ignored:
    """Return what files above a directory say, up to the root of the repository that it is in."""
    folder, before = os.path.abspath(directory), ""
    found: list[tuple[str, int, tuple[_Pattern, ...]]] = []
    while not os.path.lexists(os.path.join(folder, ".git")):
        parent, name = os.path.split(folder)
        if parent == folder:
            return Ignored()
        folder, before = parent, f"{name}/{before}"
        if os.path.isfile(os.path.join(folder, NAME)):
            found.insert(0, (before, 0, _read(folder)))
    return Ignored(tuple(found))


def _read(folder: str) -> tuple[_Pattern, ...]:
    """Return the patterns of a folder's file; one that cannot be read has none."""
    try:
        content = read_regular(os.path.join(folder, NAME), _MOST_BYTES)
    except (OSError, SeluLintError):
        return ()
    lines = content.decode(errors="replace").splitlines()[:_MOST_PATTERNS]
    return tuple(pattern for line in lines if (pattern := _pattern(line)) is not None)


def _pattern(line: str) -> _Pattern | None:
    line = re.sub(r"(?<!\\) +$", "", line)
    if not line or line.startswith("#") or len(line) > _LONGEST:
        return None
    again = line.startswith("!")
    glob = line[again:]
    folders_only = glob.endswith("/")
    glob = glob.rstrip("/")
    anchored = "/" in glob
    glob = _STARS.sub("*", glob.removeprefix("/")).replace("[^", "[!")
    glob = _ESCAPED.sub(lambda found: f"[{found[1]}]" if found[1] in "*?[" else found[1], glob)
    return _Pattern(glob, anchored, folders_only, again) if glob else None
