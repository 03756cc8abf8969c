"""The result of a fix: what was repaired in each file, what stays and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from selu_lint.findings import ABSENT, CRASH_CODE, Edit, Finding, Severity
from selu_lint.report import writer


@dataclass(frozen=True)
class Remaining:
    """A finding that stays.

    Attributes
    ----------
    finding : Finding
        The finding, as it stands after the fix.
    reason : str
        Why it was not repaired.
    """

    finding: Finding
    reason: str


@dataclass(frozen=True)
class KernelOutcome:
    """What became of a kernel whose initializer was repaired.

    Attributes
    ----------
    layer, slot : str
        Path of the layer and its initializer slot.
    redrawn : bool
        Whether its values were drawn anew; else they were kept.
    reason : str
        Why: the evidence that the model was never trained, or what speaks against it.
    looks_untrained : bool or None
        Of a kernel that was kept, whether it looks as if it was never trained; None where it cannot
        be drawn anew, and where it was.
    shape : tuple of int or None
        Its shape, where it is known.
    fan_in : float or None
        Its true fan-in.
    old_gain, new_gain : float or None
        Fan-in × mean of the squared values before and after the draw.
    slots_reset : int
        How many of the optimizer's variables were set back.
    """

    layer: str
    slot: str
    redrawn: bool
    reason: str
    looks_untrained: bool | None = None
    shape: tuple[int, ...] | None = None
    fan_in: float | None = None
    old_gain: float | None = None
    new_gain: float | None = None
    slots_reset: int = 0


@dataclass(frozen=True)
class RedrawOffer:
    """How kernels that were kept, and look as if they were never trained, are drawn anew.

    Attributes
    ----------
    redraw : str
        ``untrained`` where the file proves it, else ``always``.
    command : str
        What to run, with the options that were given: a command line, or a call in Python.
    """

    redraw: str
    command: str = ""


@dataclass(frozen=True)
class MeasuredGain:
    """Fan-in × mean of the squared values of a drawn kernel, as Keras loaded it."""

    layer: str
    slot: str
    gain: float


@dataclass(frozen=True)
class Verification:
    """Original and result, loaded in Keras and run on the same inputs.

    Attributes
    ----------
    library : str
        What they were loaded in, such as ``keras 3.15.1``.
    largest_difference : float
        Largest absolute difference of their outputs, the result with the original's values in the
        kernels of ``left_out``.
    left_out : tuple of str
        The kernels that were drawn anew, ``layer/slot``: what they change was not compared.
    gains : tuple of MeasuredGain
        Gains of the kernels that were drawn anew.
    """

    library: str
    largest_difference: float
    left_out: tuple[str, ...] = ()
    gains: tuple[MeasuredGain, ...] = ()


@dataclass(frozen=True)
class CodeChange:
    """What changes in the code of a file, or of a cell of a notebook.

    Attributes
    ----------
    cell : int or None
        The number of the cell.
    old, new : tuple of str
        Its lines before and after.
    """

    cell: int | None
    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True)
class FileFix:
    """What was repaired in one file.

    Attributes
    ----------
    path : str
        The model.
    output : str or None
        Where the repaired model was written; None if nothing was.
    format, keras_version : str or None
        Format and release of the file.
    error : str or None
        One line that says why the file could not be fixed.
    applied : tuple of Finding
        The findings that were repaired, each with its fix. For a dropout, ``data`` holds both
        rates and both noise shares.
    remaining : tuple of Remaining
        The findings that stay.
    hidden : tuple of Finding
        The findings that a baseline, an ignored layer or a comment accepts: they are left as they
        are, and not reported.
    kernels : tuple of KernelOutcome
        What became of the kernels whose initializers were repaired.
    seed : int or None
        Seed of the draws, where kernels were drawn.
    offer : RedrawOffer or None
        How kernels that were kept and look untrained are drawn anew.
    verification : Verification or None
        Its result, where it was asked for.
    already_there : bool
        Whether ``output`` was there from an earlier run, as this one would have written it.
    other_names : int
        How many other hard links the replaced file had; they keep what it was.
    no_model : bool
        Whether ``error`` says that the file is no Keras model, not that it is a broken one.
    details : str
        What else is known of the error, in many lines.
    code : tuple of CodeChange
        What changes in source code.
    result : bytes or None
        The whole result, where it goes to standard output.
    """

    path: str
    output: str | None = None
    format: str | None = None
    keras_version: str | None = None
    error: str | None = None
    applied: tuple[Finding, ...] = ()
    remaining: tuple[Remaining, ...] = ()
    kernels: tuple[KernelOutcome, ...] = ()
    seed: int | None = None
    offer: RedrawOffer | None = None
    verification: Verification | None = None
    already_there: bool = False
    other_names: int = 0
    no_model: bool = False
    details: str = ""
    code: tuple[CodeChange, ...] = ()
    result: bytes | None = None
    hidden: tuple[Finding, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything is repaired."""
        return bool(self.applied)

    @property
    def for_new_training(self) -> tuple[Finding, ...]:
        """The repaired findings whose kernels were kept: they matter in a new training only."""
        kept = {(each.layer, each.slot) for each in self.kernels if not each.redrawn}
        return tuple(
            finding
            for finding in self.applied
            if finding.fix is not None
            and any((each.layer, each.slot) in kept for each in finding.fix.redraws)
        )

    @property
    def edits(self) -> tuple[Edit, ...]:
        """What changes in the architecture: one edit for each place, from its first value on."""
        merged: dict[str, Edit] = {}
        for finding in self.applied:
            for edit in finding.fix.edits if finding.fix is not None else ():
                first = merged.get(edit.pointer, edit)
                merged[edit.pointer] = Edit(edit.pointer, first.old, edit.new)
        return tuple(
            edit
            for edit in merged.values()
            if edit.old is ABSENT or edit.new is ABSENT or edit.old != edit.new
        )


@dataclass(frozen=True)
class FixReport:
    """The result of a fix of one or more files."""

    files: tuple[FileFix, ...]

    @property
    def output(self) -> str | None:
        """Where the repaired model of the first file was written; None if nothing was."""
        return self.files[0].output if self.files else None

    @property
    def applied(self) -> tuple[Finding, ...]:
        """All findings that were repaired, file by file."""
        return tuple(finding for file in self.files for finding in file.applied)

    @property
    def remaining(self) -> tuple[Remaining, ...]:
        """All findings that stay, file by file."""
        return tuple(remaining for file in self.files for remaining in file.remaining)

    @property
    def errors(self) -> tuple[FileFix, ...]:
        """The files that could not be fixed."""
        return tuple(file for file in self.files if file.error is not None)

    def exit_code(self, fail_on: Severity | None = Severity.ERROR, diff: bool = False) -> int:
        """Return 0 if nothing is left, 1 if findings remain, 2 if a file could not be fixed.

        A rule that crashed counts as a file that could not be fixed.

        Parameters
        ----------
        fail_on : Severity or None
            Least severity of a finding that remains and gives 1; None for none.
        diff : bool
            Whether changes were only to be shown: then 1 means that something would change.
        """
        crashed = any(each.finding.code == CRASH_CODE for each in self.remaining)
        if self.errors or crashed:
            return 2
        if diff:
            return int(any(file.changed for file in self.files))
        if fail_on is None:
            return 0
        return int(any(each.finding.severity >= fail_on for each in self.remaining))

    def __str__(self) -> str:
        """Return the report as text."""
        return str(writer("fix_text").render(self)).rstrip("\n")

    def _repr_html_(self) -> str:
        """Return the report as a notebook shows it."""
        return str(writer("notebook").of_fix(self))

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain data, as ``--format json`` writes it."""
        return dict(writer("fix_json").as_data(self))
