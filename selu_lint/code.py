"""Names that are no paths, in types of their own: no path ever becomes one."""

from __future__ import annotations

import os
import re

_NAME = r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*"
_PATTERN = rf"({_NAME}|.*\.py):({_NAME})"


class Code(str):
    """The name of code that builds a model; to read the model is to run the code.

    ``package.module:build`` or ``path/to/file.py:build``. Text that is no ``Code`` names a file or
    an address, whatever it looks like: what a walk, a glob or a listing yields never runs.
    """

    __slots__ = ()


class Piped(str):
    """What the file is called that comes from standard input."""

    __slots__ = ()


def is_piped(path: str) -> bool:
    """Whether a path stands for standard input."""
    return path == "-" or isinstance(path, Piped)


def from_command_line(word: str) -> str:
    """Return a word of the command line, as ``Code`` if it can name nothing else."""
    may_be = ":" in word and "://" not in word and not os.path.lexists(word)
    return Code(word) if may_be and parts(word) is not None else word


def parts(name: str) -> tuple[str, str] | None:
    """Return the module or file that code is in, and its name there; None if it is no such name."""
    match = re.fullmatch(_PATTERN, name)
    return None if match is None else (match[1], match[2])
