"""What a repair of source code consists of."""

from __future__ import annotations

from typing import NamedTuple

from selu_lint.findings import Replacement
from selu_lint.source.repair.imports import Needed
from selu_lint.source.repair.uses import Change


class Repair(NamedTuple):
    """A repair of source code, or why there is none.

    Attributes
    ----------
    replacements : tuple of Replacement
        What changes, without imports.
    needed : tuple of Needed
        The names that have to be imported.
    changes : tuple of Change
        What that does to what the code builds.
    unsafe : str or None
        Why it may do more than it should.
    remark : str
        What the report says of it besides.
    reason : str
        Why there is none.
    """

    replacements: tuple[Replacement, ...] = ()
    needed: tuple[Needed, ...] = ()
    changes: tuple[Change, ...] = ()
    unsafe: str | None = None
    remark: str = ""
    reason: str = ""

    def __add__(self, other: object) -> Repair:
        """Return both repairs as one; there is none where there is not both."""
        if not isinstance(other, Repair):
            return NotImplemented
        return Repair(
            tuple(dict.fromkeys((*self.replacements, *other.replacements))),
            (*self.needed, *other.needed),
            (*self.changes, *other.changes),
            self.unsafe or other.unsafe,
            self.remark or other.remark,
            self.reason or other.reason,
        )


def none(reason: str) -> Repair:
    """Return that there is no repair."""
    return Repair(reason=reason)
