"""What a configuration and a baseline accept in a file, while the file is repaired step by step."""

from __future__ import annotations

from selu_lint.config.baseline import Baseline, Entry, hide_again
from selu_lint.config.configuration import Configuration
from selu_lint.config.suppressions import Suppressions
from selu_lint.report import FileReport, Report


class Acceptance:
    """Hides in the reports of one file what is accepted in it.

    What the baseline knows is settled by the first report. In later ones it is recognized by its
    code, its layer or the function around it, whatever repairs have made of the rest.

    Parameters
    ----------
    configuration : Configuration
        That of the file.
    baseline : Baseline, optional
        The known findings.
    """

    def __init__(self, configuration: Configuration, baseline: Baseline | None = None) -> None:
        self._configuration = configuration
        self._baseline = baseline
        self._known: tuple[Entry, ...] | None = None

    def __call__(self, file: FileReport) -> FileReport:
        """Return the report without what is accepted, which is hidden."""
        if self._configuration.suppresses:
            file = Suppressions().apply(self._configuration, file)
        if self._baseline is None:
            return file
        if self._known is not None:
            return hide_again(file, self._known)
        (found,) = self._baseline.apply(Report((file,))).report.files
        self._known = tuple(map(Entry.of, found.hidden[len(file.hidden) :]))
        return found
