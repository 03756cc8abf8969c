"""Patterns of paths: ``*`` within a name, ``**`` across names, ``?`` and ``[...]``.

A pattern is matched as an automaton whose states are the bits of one number, so that the time is
proportional to the length of the path whatever stars the pattern has.
"""

from __future__ import annotations

import re
from functools import lru_cache

_FOLDERS, _ANYTHING, _WITHIN_NAME = "**/", "**", "*"


class _Pattern:
    """A pattern, compiled; bit i of a set of states says that its first i characters are matched.

    Attributes
    ----------
    end : int
        Number of characters to match, stars left out.
    folders, anything, within_name : int
        States in front of which a star of each kind stands.
    """

    def __init__(self, pattern: str) -> None:
        self._characters: list[str | re.Pattern[str]] = []
        stars = {_FOLDERS: 0, _ANYTHING: 0, _WITHIN_NAME: 0}
        while pattern:
            star = next((each for each in stars if pattern.startswith(each)), "")
            length = len(star)
            if star:
                stars[star] |= 1 << len(self._characters)
            else:
                character, length = _first_character(pattern)
                self._characters.append(character)
            pattern = pattern[length:]
        self.folders, self.anything, self.within_name = stars.values()
        self.end = len(self._characters)
        self._matching: dict[str, int] = {}

    def matching(self, character: str) -> int:
        """Return the states from which a character of a path leads on to the next."""
        found = self._matching.get(character)
        if found is None:
            found = 0
            for state, each in enumerate(self._characters):
                if each == character or (not isinstance(each, str) and each.match(character)):
                    found |= 1 << state
            self._matching[character] = found
        return found


def _first_character(pattern: str) -> tuple[str | re.Pattern[str], int]:
    """Return what the first character of a path must be, and how much of the pattern says so."""
    if pattern[0] == "?":
        return re.compile("[^/]"), 1
    found = re.match(r"\[(!?)(\]?[^\]/]*)\]", pattern)
    if found is None or not found[2]:
        return pattern[0], 1
    inside = re.sub(r"([\\\[\]^&~|])", r"\\\1", found[2])
    try:
        return re.compile(f"[{'^/' if found[1] else ''}{inside}]"), found.end()
    except re.error:
        # A range that runs backwards, such as [z-a], is taken literally.
        return pattern[0], 1


_compiled = lru_cache(maxsize=4096)(_Pattern)


@lru_cache(maxsize=4096)
def matches(pattern: str, path: str) -> bool:
    """Whether a pattern covers the whole of a path, such as that of a layer.

    ``block/*`` covers ``block/dense`` and not ``block/inner/dense``; ``block/**`` both.
    """
    if not any(special in pattern for special in "*?["):
        return pattern == path
    compiled = _compiled(pattern)
    states, within_folder = 1, 0
    for character in path:
        behind = (states & compiled.matching(character)) << 1 | states & compiled.anything
        if character == "/":
            behind |= within_folder
            within_folder = 0
        else:
            behind |= states & compiled.within_name
            within_folder |= states & compiled.folders
        states = behind
        if not states | within_folder:
            return False
    return bool(states >> compiled.end & 1)


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
