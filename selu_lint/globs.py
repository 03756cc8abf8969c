"""Patterns of paths: ``*`` within a name, ``**`` across names, ``?`` and ``[...]``."""

from __future__ import annotations

import re
from functools import lru_cache


@lru_cache(maxsize=4096)
def _expression(pattern: str) -> re.Pattern[str]:
    parts = []
    position = 0
    while position < len(pattern):
        rest = pattern[position:]
        if rest.startswith("**/"):
            parts.append("(?:[^/]+/)*")
            position += 3
        elif rest.startswith("**"):
            parts.append(".*")
            position += 2
        elif rest.startswith("*"):
            parts.append("[^/]*")
            position += 1
        elif rest.startswith("?"):
            parts.append("[^/]")
            position += 1
        elif found := re.match(r"\[(!?)(\]?[^\]/]*)\]", rest):
            excluded = "^/" if found[1] else ""
            inside = re.sub(r"([\\\[\]^&~|])", r"\\\1", found[2])
            parts.append(f"[{excluded}{inside}]" if inside else re.escape(found[0]))
            position += found.end()
        else:
            parts.append(re.escape(rest[0]))
            position += 1
    try:
        return re.compile("".join(parts), re.DOTALL)
    except re.error:
        # A range that runs backwards, such as [z-a]: take the pattern literally.
        return re.compile(re.escape(pattern))


def matches(pattern: str, path: str) -> bool:
    """Whether a pattern covers the whole of a path, such as that of a layer.

    ``block/*`` covers ``block/dense`` and not ``block/inner/dense``; ``block/**`` both.
    """
    return _expression(pattern).fullmatch(path) is not None


def matches_file(pattern: str, path: str) -> bool:
    """Whether a pattern covers a file, or a folder that holds it, as in ``.gitignore``.

    A pattern without ``/`` may match any one name of the path; with one it starts at the root.
    """
    pattern = pattern.rstrip("/")
    names = path.split("/")
    if "/" not in pattern:
        return any(matches(pattern, name) for name in names)
    pattern = pattern.removeprefix("./").removeprefix("/")
    return any(matches(pattern, "/".join(names[:end])) for end in range(len(names), 0, -1))
