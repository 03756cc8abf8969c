"""Checking as a project asks for it: each file with its configuration, then the baselines."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from selu_lint.code import Code, is_piped
from selu_lint.config.configuration import Configuration
from selu_lint.config.discovery import Finder
from selu_lint.errors import SeluLintError
from selu_lint.findings import Severity
from selu_lint.formats import SOURCE_SUFFIXES, find_models, nothing_found
from selu_lint.formats.passed_over import PassedOver
from selu_lint.limits import DEFAULT
from selu_lint.linter import check_files
from selu_lint.report import FileReport, Report
from selu_lint.settings import Settings
from selu_lint.storage.addresses import is_address, redacted

if TYPE_CHECKING:
    from pathlib import Path

# Starting the processes costs more than checking a few small models.
_WORTHWHILE = 48
# The other files of a SavedModel that a hook may be given beside the graph.
_PARTS = ("saved_model.pb", "keras_metadata.pb", "fingerprint.pb")


class Outcome(NamedTuple):
    """What came of a check.

    Attributes
    ----------
    report : Report
        With ignored findings left out and known ones hidden.
    notes : tuple of str
        What the user should know besides: ignores that match nothing, what a baseline could
        forget, files that were passed over. One line each.
    exit_code : int
        0, 1 or 2; see `Report.exit_code`.
    missing : int
        How many files Ctrl-C left unchecked.
    fail_on : Severity or None
        Least severity that fails in any of the files.
    """

    report: Report
    notes: tuple[str, ...]
    exit_code: int
    missing: int = 0
    fail_on: Severity | None = Severity.ERROR


def models(
    paths: Iterable[str],
    finder: Finder,
    skipped: PassedOver,
    empty: list[str],
    *,
    exclude_named: bool = False,
) -> Iterator[str]:
    """Yield each model under the paths once, without the excluded ones.

    A file of a SavedModel stands for its folder. A file that was named is excluded only with
    ``exclude_named``. ``skipped`` gets what walks meet and do not check, ``empty`` a line on each
    directory with nothing to check.
    """
    seen = set()
    for named in paths:
        path = named if is_piped(named) else _saved_model(named)
        walked = not is_piped(path) and os.path.isdir(path)
        limits = finder.limits_in(os.path.abspath(path)) if walked else DEFAULT
        passed = PassedOver()
        looked: list[str] = []
        found = False
        for model in find_models(path, limits, passed, looked):
            found = True
            key = identity(model)
            if key in seen:
                continue
            seen.add(key)
            excludable = exclude_named or (walked and model != path)
            if not (excludable and finder.excludes(model)):
                yield model
        skipped.add(passed, finder.excludes)
        if walked and not found:
            empty.append(nothing_found(path, len(looked)))


def identity(model: str) -> str:
    """Return what two names of one model have in common."""
    if model == "-" or is_address(model) or isinstance(model, Code):
        return model
    return os.path.abspath(model)


def _saved_model(path: str) -> str:
    folder, name = os.path.split(path)
    if name in _PARTS and os.path.isfile(os.path.join(folder, _PARTS[0])):
        return folder or "."
    return path


def check(
    paths: Sequence[str],
    finder: Finder,
    *,
    jobs: int | None = 1,
    exclude_named: bool = False,
    pass_over: bool = False,
    write_baseline: Path | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Outcome:
    """Check files and directories.

    Parameters
    ----------
    paths : sequence of str
        What to check; ``-`` is standard input.
    finder : Finder
        Where the configurations come from.
    jobs : int or None
        Number of processes; None for as many as are worthwhile.
    exclude_named : bool
        Whether files named in ``paths`` can be excluded too.
    pass_over : bool
        Whether files that are no Keras models are noted instead of being errors, as source code
        is that was found in a directory and cannot be parsed.
    write_baseline : Path, optional
        Where to record what is found, instead of hiding what is recorded.
    progress : callable
        Called with how many files are done, and how many there are.

    Raises
    ------
    SeluLintError
        If a configuration or a baseline cannot be used.
    """
    notes: list[str] = []
    skipped = PassedOver()
    files = list(models(paths, finder, skipped, notes, exclude_named=exclude_named))
    notes += skipped.lines
    configurations, broken = _configurations(files, finder)
    sound = [path for path in files if path not in broken]
    tasks = [(path, configurations[path].settings) for path in sound]
    checked = _checked(tasks, jobs, progress)
    reports = {sound[index]: report for index, report in checked.items()} | broken
    # From here on, addresses are named without what opens them.
    configurations |= {redacted(path): configurations[path] for path in files}
    kept = []
    for path in (path for path in files if path in reports):
        file = reports[path]
        walked_source = path not in paths and path.lower().endswith(tuple(SOURCE_SUFFIXES))
        if file.no_model and (pass_over or walked_source):
            notes.append(f"{file.path}: passed over: {file.error}")
        else:
            notes += (f"{file.path}:{note}" for note in file.notes)
            kept.append(file)
    missing = len(tasks) - len(checked)
    if missing and write_baseline is not None:
        notes.append(f"{write_baseline}: not written, because not every file was checked")
        write_baseline = None
    kept = _suppressed(kept, configurations, notes)
    kept = _without_known(kept, configurations, write_baseline, notes)
    codes = (Report((file,)).exit_code(configurations[file.path].fail_on) for file in kept)
    failing = {configurations[path].fail_on for path in files}
    return Outcome(
        Report(tuple(kept)),
        tuple(notes),
        max(codes, default=0),
        missing=missing,
        fail_on=min((each for each in failing if each is not None), default=None),
    )


def _configurations(
    files: Iterable[str], finder: Finder
) -> tuple[dict[str, Configuration], dict[str, FileReport]]:
    """Return the configuration of each file, and a report for each whose own cannot be used."""
    configurations, broken = dict.fromkeys(files, finder.own), {}
    for path in configurations:
        try:
            configurations[path] = finder.of(path)
        except SeluLintError as error:
            broken[path] = FileReport(path, error=f"its configuration cannot be used: {error}")
    return configurations, broken


def _checked(
    tasks: Sequence[tuple[str, Settings]], jobs: int | None, progress: Callable[[int, int], None]
) -> dict[int, FileReport]:
    """Return the report of each task by its index; after Ctrl-C, of those that were done."""
    jobs = processes(jobs, len(tasks), _WORTHWHILE)
    done: dict[int, FileReport] = {}
    reports: Iterator[tuple[int, FileReport]] = enumerate(check_files(tasks))
    # Only this process has the standard input.
    if jobs > 1 and not any(is_piped(path) for path, _ in tasks):
        from selu_lint.parallel import check_in_processes

        reports = check_in_processes(tasks, jobs)
    try:
        for index, report in reports:
            done[index] = report
            progress(len(done), len(tasks))
    except KeyboardInterrupt:
        pass
    return done


def processes(jobs: int | None, tasks: int, worthwhile: int) -> int:
    """Return how many processes to use; unless told, several from ``worthwhile`` tasks on."""
    if jobs is None and tasks < worthwhile:
        return 1
    if jobs is None:
        has_affinity = hasattr(os, "sched_getaffinity")
        jobs = len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count() or 1
    return min(jobs, tasks)


def _suppressed(
    files: list[FileReport], configurations: dict[str, Configuration], notes: list[str]
) -> list[FileReport]:
    if not any(configurations[file.path].suppresses for file in files):
        return files
    from selu_lint.config.suppressions import Suppressions

    suppressions = Suppressions()
    kept = [suppressions.apply(configurations[file.path], file) for file in files]
    notes += suppressions.unused()
    return kept


def _without_known(
    files: list[FileReport],
    configurations: dict[str, Configuration],
    write_baseline: Path | None,
    notes: list[str],
) -> list[FileReport]:
    if write_baseline is not None:
        from selu_lint.config import baseline

        known = baseline.write(Report(tuple(files)), write_baseline)
        count = sum(map(len, known.files.values()))
        notes.append(f"{write_baseline}: recorded {count} findings of {len(known.files)} files")
        return list(known.apply(Report(tuple(files))).report.files)
    paths = {configurations[file.path].baseline for file in files} - {None}
    for path in sorted(path for path in paths if path is not None):
        from selu_lint.config import baseline

        own = [i for i, file in enumerate(files) if configurations[file.path].baseline == path]
        try:
            known = baseline.read(path)
        except SeluLintError as error:
            if not all(configurations[files[index].path].brings_baseline for index in own):
                raise
            for index in own:
                files[index] = FileReport(files[index].path, error=str(error))
            continue
        applied = known.apply(Report(tuple(files[index] for index in own)))
        for index, file in zip(own, applied.report.files, strict=True):
            files[index] = file
        notes += [
            f"{path.name}: {entry.code} {name}{':' if entry.layer else ''}{entry.layer} is gone; "
            "write the baseline anew to forget it"
            for name, entry in applied.gone
        ]
    return files
