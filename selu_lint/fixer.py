"""Fixing: from a path to a repaired file beside it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from selu_lint.atomic import Draft, replacing
from selu_lint.document import Document
from selu_lint.errors import SeluLintError
from selu_lint.fix_report import FileFix, FixReport
from selu_lint.formats import find_models, read
from selu_lint.formats.json_text import edit_text
from selu_lint.formats.writing import Change, refusal, write
from selu_lint.linter import check_document
from selu_lint.repairs import Repaired, repair
from selu_lint.settings import Settings

Identity = tuple[int, int, int, int]


@dataclass(frozen=True)
class FixOptions:
    """What a fix is asked to do; the defaults are those of the command line.

    Attributes
    ----------
    output : str or None
        Where the result goes: a file, or a folder for several models.
    in_place : bool
        Whether the result replaces the original.
    force : bool
        Whether another file may be overwritten.
    redraw : str
        ``untrained``, ``never`` or ``always``: whose kernels are drawn anew.
    seed : int or None
        Seed of the draws; None takes a fresh one and reports it.
    unsafe_fixes : bool
        Whether repairs that may change inference or intent are applied too.
    dry_run : bool
        Whether nothing is written.
    verify : bool
        Whether original and result are loaded in Keras and compared.
    trust_code : bool
        Whether ``verify`` may run code that the model brings along.
    """

    output: str | None = None
    in_place: bool = False
    force: bool = False
    redraw: str = "untrained"
    seed: int | None = None
    unsafe_fixes: bool = False
    dry_run: bool = False
    verify: bool = False
    trust_code: bool = False


def fix(
    path: str | os.PathLike[str],
    *,
    output: str | os.PathLike[str] | None = None,
    in_place: bool = False,
    force: bool = False,
    alpha_rate: str | None = None,
    redraw: str = "untrained",
    seed: int | None = None,
    unsafe_fixes: bool = False,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    settings: Settings | None = None,
    dry_run: bool = False,
    verify: bool = False,
    trust_code: bool = False,
) -> FixReport:
    """Repair a saved model, or every model in a directory, without running it.

    Parameters
    ----------
    path : str or os.PathLike
        A ``.keras``, HDF5 or JSON file, or a directory with any of these.
    output : str or os.PathLike, optional
        Where the result goes: a file, or a folder where ``path`` is a directory. By default
        ``<name>.fixed.<suffix>`` beside the original.
    in_place : bool
        Replace the original.
    force : bool
        Overwrite a file that is there.
    alpha_rate : str, optional
        ``match`` the noise of the dropout that an AlphaDropout replaces (the default), or ``keep``
        its rate.
    redraw : str
        Whose kernels are drawn anew from LecunNormal: those of models that provably were never
        trained (``untrained``), of none (``never``) or of all (``always``).
    seed : int, optional
        Seed of the draws; the same seed gives the same bytes.
    unsafe_fixes : bool
        Apply repairs that may change inference or intent too.
    select, ignore : sequence of str
        Codes or prefixes of the rules whose findings are repaired.
    settings : Settings, optional
        Which rules run and how; ``select``, ``ignore`` and ``alpha_rate`` override it.
    dry_run : bool
        Write nothing and report what would change.
    verify : bool
        Load original and result in Keras in a separate process and compare their outputs.
    trust_code : bool
        Let ``verify`` run code that the model brings along, such as a Lambda layer's.

    Returns
    -------
    FixReport
        What was repaired and what stays; a file that could not be fixed has its ``error`` set.

    Raises
    ------
    ValueError
        If an option has a value that it cannot have.
    """
    if redraw not in ("untrained", "never", "always"):
        raise ValueError(f"redraw is {redraw!r}; it is 'untrained', 'never' or 'always'")
    if alpha_rate not in (None, "match", "keep"):
        raise ValueError(f"alpha_rate is {alpha_rate!r}; it is 'match' or 'keep'")
    if in_place and output is not None:
        raise ValueError("in_place and output exclude each other")
    settings = settings or Settings()
    overrides = {"select": tuple(select), "ignore": tuple(ignore), "alpha_rate": alpha_rate}
    given = {name: value for name, value in overrides.items() if value}
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
    return FixReport(
        tuple(fix_paths([os.fspath(path)], options, replace(settings, **given)))  # type: ignore[arg-type]
    )


def fix_paths(paths: Sequence[str], options: FixOptions, settings: Settings) -> Iterator[FileFix]:
    """Fix files and directories, and yield what became of each model as it is done."""
    taken: dict[str, str] = {}
    for model, target in list(_targets(paths, options)):
        real = os.path.realpath(target)
        if real in taken:
            error = f"its result would overwrite that of {taken[real]}; fix them one by one"
            yield FileFix(model, error=error)
            continue
        taken[real] = model
        yield fix_file(model, target, options, settings)


def fix_file(path: str, target: str, options: FixOptions, settings: Settings) -> FileFix:
    """Fix one model; one that cannot be fixed gives a result with its error."""
    result = FileFix(path)
    try:
        if path == "-":
            raise SeluLintError("standard input cannot be fixed; save it to a file first")
        before = _identity(path)
        document = read(path)
        result = replace(result, format=document.format, keras_version=document.keras_version)
        repaired = repair(document, settings, options.unsafe_fixes)
        return _fix_document(document, repaired, before, target, options, settings)
    except SeluLintError as error:
        return replace(result, error=str(error))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return replace(result, error=f"cannot be fixed: {reason}")


def _fix_document(
    document: Document,
    repaired: Repaired,
    before: Identity,
    target: str,
    options: FixOptions,
    settings: Settings,
) -> FileFix:
    result = FileFix(
        document.path,
        None,
        document.format,
        document.keras_version,
        applied=repaired.applied,
        remaining=repaired.remaining,
    )
    if not repaired.applied and (options.output is None or options.dry_run):
        return result
    reason = refusal(document)
    if reason is not None:
        return replace(result, applied=(), error=reason) if repaired.applied else result
    changes: tuple[Change, ...] = ()
    if options.dry_run:
        return result
    text = edit_text(document.text or "", document.architecture or {}, repaired.edits)
    if not options.in_place and os.path.realpath(target) == os.path.realpath(document.path):
        raise SeluLintError("the result would replace the original; say --in-place if it should")
    if options.output is not None:
        os.makedirs(os.path.dirname(os.path.abspath(target)), exist_ok=True)
    overwrite = options.in_place or options.force
    with replacing(target, document.path, overwrite) as draft:
        with open(document.path, "rb") as source:
            if _identity(source.fileno()) != before:
                raise SeluLintError("the file changed while it was fixed; fix it again")
            write(document, source, draft.file, text, changes)
        draft.file.flush()
        _read_back(draft, repaired, settings)
        if _identity(document.path) != before:
            raise SeluLintError("the file changed while it was fixed; fix it again")
    return replace(result, output=target)


def _read_back(draft: Draft, repaired: Repaired, settings: Settings) -> None:
    """Hold what was written against what should have been."""
    document = read(draft.path)
    if document.architecture != repaired.document.architecture:
        raise SeluLintError(
            "the result does not hold the repaired architecture; nothing was written"
        )
    found = Counter(
        (finding.code, finding.layer) for finding in check_document(document, settings).findings
    )
    expected = Counter((each.finding.code, each.finding.layer) for each in repaired.remaining)
    if found - expected:
        code, layer = next(iter(found - expected))
        raise SeluLintError(f"the result would still have {code} in {layer}; nothing was written")


def _identity(file: str | int) -> Identity:
    status = os.stat(file)
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _targets(paths: Sequence[str], options: FixOptions) -> Iterator[tuple[str, str]]:
    """Yield each model with the path of its result."""
    several = len(paths) > 1
    for path in paths:
        for model in find_models(path):
            if options.in_place:
                yield model, model
            elif options.output is None:
                yield model, _beside(model)
            elif several or model != path or _is_folder(options.output):
                inside = os.path.basename(model) if model == path else os.path.relpath(model, path)
                yield model, os.path.join(options.output, inside)
            else:
                yield model, options.output


def _is_folder(path: str) -> bool:
    return os.path.isdir(path) or path.endswith(("/", os.sep))


def _beside(model: str) -> str:
    stem, suffix = os.path.splitext(model)
    return f"{stem}.fixed{suffix}"
