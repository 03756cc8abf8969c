"""What a rule reports: a finding, its severity, and the fix that it may carry as data."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

CRASH_CODE = "SELU900"
"""Code of the finding that a rule which crashed leaves behind."""

_NO_DATA: Mapping[str, Any] = {}
_T = TypeVar("_T", bound="_Ordered")


class _Ordered(enum.Enum):
    """Members that compare by weight, 0 for the first one."""

    def __init__(self, _: object) -> None:
        self.weight = len(type(self).__members__)

    def __ge__(self: _T, other: _T) -> bool:
        return self.weight >= other.weight

    def __lt__(self: _T, other: _T) -> bool:
        return self.weight < other.weight


class Severity(_Ordered):
    """How much a finding matters: ``NOTE < INFO < WARNING < ERROR``."""

    NOTE = "note"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Confidence(_Ordered):
    """How far a finding in source code follows from it; ``POSSIBLE < LIKELY < CERTAIN``.

    Attributes
    ----------
    POSSIBLE : a tuner may choose it.
    LIKELY : it rests on an assumption, such as that a parameter keeps its default.
    CERTAIN : it follows from the text, or from a saved model.
    """

    POSSIBLE = "possible"
    LIKELY = "likely"
    CERTAIN = "certain"


class Place(NamedTuple):
    """Where something stands in a source file; lines and columns count characters from 1.

    Attributes
    ----------
    line, column : int
        Its first character. In a notebook, in the notebook's JSON text.
    end_line, end_column : int
        The character behind its last one.
    cell : int or None
        Number of the notebook's cell, counted from 1 over cells of every kind.
    cell_line, cell_column : int or None
        Its first character in the cell.
    text : str
        The line of source that it begins in.
    code : str
        What stands there, without blanks.
    scope : str
        The function or class around it, such as ``Net.call``; empty for the module.
    related : tuple of Related
        What else is to be looked at.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    cell: int | None = None
    cell_line: int | None = None
    cell_column: int | None = None
    text: str = ""
    code: str = ""
    scope: str = ""
    related: tuple[Related, ...] = ()

    def __str__(self) -> str:
        """Return ``12:9``, or ``cell 3:2:5`` in a notebook."""
        if self.cell is None:
            return f"{self.line}:{self.column}"
        return f"cell {self.cell}:{self.cell_line}:{self.cell_column}"


class Related(NamedTuple):
    """Another place that a finding is about.

    Attributes
    ----------
    place : Place
        Where it is.
    message : str
        What it is: ``SELU of hidden``.
    """

    place: Place
    message: str


class Absent(enum.Enum):
    """Stands for a key that is not there: as ``old`` the key is added, as ``new`` it is removed."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT


class Edit(NamedTuple):
    """One change of the architecture.

    Attributes
    ----------
    pointer : str
        RFC 6901 JSON pointer into the architecture.
    old : object
        The value that must stand there (a precondition); ABSENT for a key that is added.
    new : object
        The value that replaces it; ABSENT for a key that is removed.
    """

    pointer: str
    old: object
    new: object


class Replacement(NamedTuple):
    """One change of source code.

    Attributes
    ----------
    start, end : int
        The characters of the code that are replaced, its lines joined with single newlines; equal
        where text is added.
    old : str
        What must stand there (a precondition).
    new : str
        What stands there then.
    place : Place
        The same in the file.
    """

    start: int
    end: int
    old: str
    new: str
    place: Place


class Redraw(NamedTuple):
    """A kernel whose values have to be drawn anew for an edited initializer to take effect.

    Attributes
    ----------
    layer : str
        Path of the layer.
    slot : str
        Its initializer slot, such as ``kernel_initializer``.
    variance : float
        Variance to draw with; for LecunNormal 1 / true fan-in.
    """

    layer: str
    slot: str
    variance: float | None


class Fix(NamedTuple):
    """A repair as data: edits that are applied together or not at all.

    Attributes
    ----------
    description : str
        What the fix does, in a few words: "set LecunNormal".
    edits : tuple of Edit
        The changes of the architecture.
    redraws : tuple of Redraw
        Kernels that the changed initializers would have drawn differently.
    unsafe : str or None
        Why inference may change; None for a safe fix.
    replacements : tuple of Replacement
        What changes in source code, which has no architecture to edit; made for this fix alone.
    """

    description: str
    edits: tuple[Edit, ...] = ()
    redraws: tuple[Redraw, ...] = ()
    unsafe: str | None = None
    replacements: tuple[Replacement, ...] = ()


class Finding(NamedTuple):
    """One thing that a rule found in one layer.

    Attributes
    ----------
    code, name : str
        The rule's code and kebab-case name.
    severity : Severity
        How much it matters.
    layer : str
        Path of the layer: names joined with ``/``; empty for the model as a whole.
    message : str
        One line: what is wrong, how much, what to do.
    data : Mapping
        The numbers behind the message, JSON-serializable.
    fix : Fix or None
        The repair, where there is one.
    unfixable : str or None
        Why this finding of a fixable rule has no fix.
    place : Place or None
        Where it stands, in source code.
    confidence : Confidence
        How far it follows from the source code.
    assumptions : tuple of str
        What it rests on if it is not certain: ``act keeps its default 'selu'``.
    write : str
        What to write in Keras instead, such as ``AlphaDropout(0.0753)``; empty if no line says it.
    """

    code: str
    name: str
    severity: Severity
    layer: str
    message: str
    data: Mapping[str, Any] = _NO_DATA
    fix: Fix | None = None
    unfixable: str | None = None
    place: Place | None = None
    confidence: Confidence = Confidence.CERTAIN
    assumptions: tuple[str, ...] = ()
    write: str = ""

    @property
    def fixable(self) -> bool:
        """Whether ``selu-lint fix`` repairs it without being asked to draw kernels anew."""
        return self.fix is not None and (bool(self.fix.edits) or not self.fix.redraws)

    def fails(self, fail_on: Severity | None) -> bool:
        """Whether it fails a check; what is only possible never does."""
        if fail_on is None or self.confidence is Confidence.POSSIBLE:
            return False
        return self.severity >= fail_on
