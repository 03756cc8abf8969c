"""Fixing: from a path to a repaired file beside it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar, overload

from selu_lint.errors import SeluLintError
from selu_lint.fixing.file_fixer import fix_file
from selu_lint.fixing.fix_options import FixOptions
from selu_lint.fixing.fix_report import FileFix, FixReport
from selu_lint.fixing.redraw_offers import Command, python_call, with_command
from selu_lint.fixing.repairs import Checker
from selu_lint.fixing.targets import target_of, without_results
from selu_lint.formats import find_models
from selu_lint.formats.passed_over import PassedOver
from selu_lint.formats.saved_model.reading import folder_of
from selu_lint.linter import chosen, hold_there, warn_of
from selu_lint.model.document import KerasModel
from selu_lint.settings import Settings
from selu_lint.storage.addresses import redacted
from selu_lint.storage.drafts import tidy_end
from selu_lint.storage.folder_replacement import restore

Model = TypeVar("Model", bound=KerasModel)


@overload
def fix(
    path: str | os.PathLike[str],
    *,
    output: str | os.PathLike[str] | None = None,
    in_place: bool = False,
    force: bool = False,
    alpha_rate: str | None = None,
    redraw: str = "never",
    seed: int | None = None,
    unsafe_fixes: bool = False,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    settings: Settings | None = None,
    dry_run: bool = False,
    verify: bool = False,
    trust_code: bool = False,
) -> FixReport: ...


@overload
def fix(
    path: Model,
    *,
    alpha_rate: str | None = None,
    redraw: str = "never",
    seed: int | None = None,
    unsafe_fixes: bool = False,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    settings: Settings | None = None,
    quiet: bool = False,
) -> Model: ...


def fix(
    path: Any,
    *,
    output: str | os.PathLike[str] | None = None,
    in_place: bool = False,
    force: bool = False,
    alpha_rate: str | None = None,
    redraw: str = "never",
    seed: int | None = None,
    unsafe_fixes: bool = False,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    settings: Settings | None = None,
    dry_run: bool = False,
    verify: bool = False,
    trust_code: bool = False,
    quiet: bool = False,
) -> Any:
    """Repair a saved model or source code, all in a directory, or a model built in memory.

    Files are repaired without running them, source code in place. Of a built model a repaired copy
    is returned, see ``selu_lint.fix_model``; standard error tells what was repaired in it, and what
    could not be is a warning.

    Parameters
    ----------
    path : str, os.PathLike or keras.Model
        A ``.keras``, HDF5 or JSON file, the folder of a Keras 2 SavedModel (which takes tf_keras),
        a Python file or a notebook, or a directory of these; or a model of Keras 3 or tf_keras,
        with which the options about files have no meaning and are refused.
    output : str or os.PathLike, optional
        Where the result goes: a file, or a folder where ``path`` is a directory. By default
        ``<name>.fixed.<suffix>`` beside the original, and source code in its place.
    in_place : bool
        Replace the original.
    force : bool
        Overwrite a file that is there.
    alpha_rate : str, optional
        ``match`` the noise of the dropout that an AlphaDropout replaces (the default), or ``keep``
        its rate.
    redraw : str
        Whose kernels are drawn anew from LecunNormal: none (``never``), those that the file proves
        to be untrained (``untrained``), or all whose initializer is repaired (``always``).
    seed : int, optional
        Seed of the draws; the same seed gives the same bytes.
    unsafe_fixes : bool
        Apply repairs that may change inference or intent too.
    select, ignore : sequence of str
        Codes, prefixes or names of the rules whose findings are repaired.
    settings : Settings, optional
        Which rules run and how; ``select``, ``ignore`` and ``alpha_rate`` override it.
    dry_run : bool
        Write nothing and report what would change.
    verify : bool
        Load original and result in Keras in a separate process and compare their outputs.
    trust_code : bool
        Let Keras run what the file names, such as the code of a Lambda layer, where a SavedModel
        is built anew or ``verify`` loads a model.
    quiet : bool
        Of a built model, tell nothing of what is repaired; what stays is a warning all the same.

    Returns
    -------
    FixReport or keras.Model
        What was repaired and what stays; a file that could not be fixed has its ``error`` set. For
        a built model the new model.

    Raises
    ------
    ValueError
        If an option has a value that it cannot have.
    SeluLintError
        If there is no such path or no such rule, or a built model cannot be copied.
    TypeError
        If it is neither a path nor a Keras model.
    """
    if redraw not in ("untrained", "never", "always"):
        raise ValueError(f"redraw is {redraw!r}; it is 'untrained', 'never' or 'always'")
    if in_place and output is not None:
        raise ValueError("in_place and output exclude each other")
    asked: dict[str, Any] = {
        "in_place": in_place,
        "force": force,
        "alpha_rate": alpha_rate,
        "seed": seed,
        "unsafe_fixes": unsafe_fixes,
        "select": select if isinstance(select, str) else tuple(select),
        "ignore": ignore if isinstance(ignore, str) else tuple(ignore),
        "settings": settings,
        "quiet": quiet,
        "verify": verify,
        "trust_code": trust_code,
    }
    settings = chosen(settings, select=select, ignore=ignore, alpha_rate=alpha_rate)
    if not isinstance(path, str | os.PathLike):
        if output is not None or in_place or force or dry_run or verify or trust_code:
            raise ValueError("a built model takes none of the options about files")
        from selu_lint.fixing.live_fixer import fix_and_tell

        return fix_and_tell(
            path,
            asked,
            quiet,
            settings=settings,
            redraw=redraw,
            seed=seed,
            unsafe_fixes=unsafe_fixes,
        )
    if quiet:
        raise ValueError("quiet is for built models; of files a report is returned")
    if not dry_run:
        restore(folder_of(os.fspath(path)))
    hold_there(os.fspath(path))
    options = FixOptions(
        output=None if output is None else os.fspath(output),
        in_place=in_place,
        force=force,
        redraw=redraw,
        seed=seed,
        unsafe_fixes=unsafe_fixes,
        dry_run=dry_run,
        verify=verify,
        trust_code=trust_code,
    )
    check = Checker(settings)

    def command(model: str, changes: Mapping[str, Any]) -> str:
        return python_call(repr(model), {**asked, **changes})

    skipped = PassedOver()
    found = find_models(path, settings.limits, skipped, [])
    models = without_results((model, os.fspath(path)) for model in found)
    warn_of(skipped, stacklevel=3)
    done = dict(fix_models(models, options, lambda model: check, command))
    return FixReport(tuple(file for _, file in sorted(done.items())))


def fix_models(
    models: Sequence[tuple[str, str]],
    options: FixOptions,
    check_of: Callable[[str], Checker],
    command: Command,
    processes: int = 1,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[tuple[int, FileFix]]:
    """Fix models, and yield the place of each among them and what became of it, in any order.

    Parameters
    ----------
    models : sequence of (str, str)
        Each model with the path that the user named: itself, or a folder above it.
    options : FixOptions
        What to do.
    check_of : callable
        Returns what checks a model, by its path; raises a SeluLintError that is the model's error.
    command : callable
        Words what to run to draw kernels anew that were kept.
    processes : int
        In how many processes; several take checkers that can be sent to them.
    stopped : callable
        Tells several processes to begin no other model.
    """
    taken: dict[str, str] = {}
    several = len({named for _, named in models}) > 1
    places: list[int] = []
    tasks: list[_Task] = []
    for place, (model, named) in enumerate(models):
        target = target_of(model, named, options, several)
        real = os.path.realpath(target)
        if real in taken:
            error = f"its result would overwrite that of {taken[real]}; fix them one by one"
            yield place, FileFix(redacted(model), error=error)
            continue
        taken[real] = model
        try:
            tasks.append(_Task(model, target, options, check_of(model)))
            places.append(place)
        except SeluLintError as error:
            yield place, FileFix(redacted(model), error=str(error))
    for number, fixed in _fixed(tasks, processes, stopped):
        yield places[number], with_command(fixed, tasks[number].target, options, command)


class _Task(NamedTuple):
    model: str
    target: str
    options: FixOptions
    check: Checker


def _fixed(
    tasks: Sequence[_Task], processes: int, stopped: Callable[[], bool]
) -> Iterator[tuple[int, FileFix]]:
    if processes > 1:
        from selu_lint.parallel import in_processes

        # One at a time, so that of a file whose process is killed no other one is fixed twice.
        return in_processes(_fix_in_process, tasks, processes, _lost, 1, stopped)
    return ((number, fix_file(*task)) for number, task in enumerate(tasks))


def _fix_in_process(tasks: Sequence[_Task]) -> list[FileFix]:
    with tidy_end():
        return [fix_file(*task) for task in tasks]


def _lost(task: _Task) -> FileFix:
    from selu_lint.parallel import LOST

    return FileFix(redacted(task.model), error=LOST)
