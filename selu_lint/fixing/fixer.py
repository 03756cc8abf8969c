"""Fixing: from a path to a repaired file beside it."""

from __future__ import annotations

import contextlib
import filecmp
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar, overload

from selu_lint.code import Code
from selu_lint.errors import NotAModelError, SeluLintError, unexpected
from selu_lint.findings import Finding
from selu_lint.fixing import saved_model_fixer, source_fixer
from selu_lint.fixing.fix_report import FileFix, FixReport, RedrawOffer, Remaining
from selu_lint.fixing.redraw_offers import Command, python_call, with_command
from selu_lint.fixing.redrawing import Redrawing, hold_against, plan
from selu_lint.fixing.repairs import Checker, Repaired, repair
from selu_lint.formats import find_models, is_source, keras_folder, read
from selu_lint.formats.passed_over import PassedOver
from selu_lint.formats.saved_model.reading import SAVED_MODEL, folder_of
from selu_lint.formats.writing.document import misnaming, refusal, renames, write
from selu_lint.formats.writing.json_text import edit_text
from selu_lint.formats.writing.keras_folder import write as write_folder
from selu_lint.linter import chosen, hold_there, warn_of
from selu_lint.model.document import SOURCE_FORMATS, Document, KerasModel
from selu_lint.settings import Settings
from selu_lint.storage.addresses import redacted
from selu_lint.storage.atomic import replacing
from selu_lint.storage.folder_replacement import replacing_folder, restore

_FIXED = ".fixed"
Identity = tuple[int, ...]
Model = TypeVar("Model", bound=KerasModel)


@dataclass(frozen=True)
class FixOptions:
    """What a fix of files is asked to do: the options of `fix` with these names."""

    output: str | None = None
    in_place: bool = False
    force: bool = False
    redraw: str = "never"
    seed: int | None = None
    unsafe_fixes: bool = False
    dry_run: bool = False
    verify: bool = False
    trust_code: bool = False
    stdin: bool = False
    """Whether the one file, of source code, comes from standard input."""

    def __post_init__(self) -> None:
        if self.output == "-":
            raise SeluLintError("a repaired model is not written to standard output; name a file")


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
) -> Any:
    """Repair a saved model or source code, all in a directory, or a model built in memory.

    Files are repaired without running them, source code in place. Of a built model a repaired copy
    is returned, see ``selu_lint.fix_model``; what could not be repaired in it is
    a warning.

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
    if alpha_rate not in (None, "match", "keep"):
        raise ValueError(f"alpha_rate is {alpha_rate!r}; it is 'match' or 'keep'")
    if in_place and output is not None:
        raise ValueError("in_place and output exclude each other")
    asked: dict[str, Any] = {
        "in_place": in_place,
        "force": force,
        "alpha_rate": alpha_rate,
        "seed": seed,
        "unsafe_fixes": unsafe_fixes,
        "select": tuple(select),
        "ignore": tuple(ignore),
        "settings": settings,
        "verify": verify,
        "trust_code": trust_code,
    }
    settings = chosen(settings, select=select, ignore=ignore)
    if alpha_rate is not None:
        settings = replace(settings, alpha_rate=alpha_rate)
    if not isinstance(path, str | os.PathLike):
        if output is not None or in_place or force or dry_run or verify or trust_code:
            raise ValueError("a built model takes none of the options about files")
        from selu_lint.fixing.live_fixer import fix_and_warn

        return fix_and_warn(
            path, asked, settings=settings, redraw=redraw, seed=seed, unsafe_fixes=unsafe_fixes
        )
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
    return FixReport(tuple(fix_models(models, options, lambda model: check, command)))


def without_results(models: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return models and who named them, without the results of earlier fixes that a walk found.

    A result counts as one where its original lies beside it.
    """
    return [(model, named) for model, named in models if model == named or not _is_result(model)]


def _is_result(model: str) -> bool:
    stem, suffix = os.path.splitext(model)
    if stem.endswith(_FIXED):
        return os.path.lexists(stem.removesuffix(_FIXED) + suffix)
    return suffix == _FIXED and os.path.lexists(stem)


def fix_models(
    models: Sequence[tuple[str, str]],
    options: FixOptions,
    check_of: Callable[[str], Checker],
    command: Command,
) -> Iterator[FileFix]:
    """Fix models one after the other, and yield what became of each.

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
    """
    taken: dict[str, str] = {}
    several = len({named for _, named in models}) > 1
    for model, named in models:
        shown = redacted(model)
        target = _target(model, named, options, several)
        real = os.path.realpath(target)
        if real in taken:
            error = f"its result would overwrite that of {taken[real]}; fix them one by one"
            yield FileFix(shown, error=error)
            continue
        taken[real] = model
        try:
            check = check_of(model)
        except SeluLintError as error:
            yield FileFix(shown, error=str(error))
        else:
            fixed = fix_file(model, target, options, check)
            yield with_command(fixed, target, options, command)


def fix_file(path: str, target: str, options: FixOptions, check: Checker) -> FileFix:
    """Fix one model; one that cannot be fixed gives a result with its error."""
    result = FileFix(redacted(path))
    try:
        reason = _no_file(path)
        if reason is not None:
            raise SeluLintError(reason)
        if options.stdin:
            return source_fixer.fix_input(path, options.unsafe_fixes, check)
        if not options.dry_run:
            restore(folder_of(path))
        before = _identity(path)
        document = read(path, check.settings.limits)
        result = replace(result, format=document.format, keras_version=document.keras_version)
        if document.format in SOURCE_FORMATS:
            return _fix_source(document, target, options, check)
        repaired = repair(document, check, options.unsafe_fixes)
        reason = refusal(document)
        if reason is not None:
            if repaired.applied or options.output is not None:
                raise SeluLintError(reason)
            stays = tuple(replace(each, reason=reason) for each in repaired.remaining)
            return replace(result, remaining=stays)
        result = replace(result, applied=repaired.applied, remaining=repaired.remaining)
        idle = not repaired.applied and (options.output is None or options.dry_run)
        return result if idle else _Fixing(document, repaired, check, options, before).run(target)
    except FileNotFoundError:
        return _failed(result, "there is no such file or directory")
    except OSError as error:
        return _failed(result, f"cannot be fixed: {error.strerror or type(error).__name__}")
    except Exception as error:
        failure = unexpected(error)
        no_model = isinstance(error, NotAModelError)
        return replace(_failed(result, str(failure)), no_model=no_model, details=failure.details)


def _fix_source(document: Document, target: str, options: FixOptions, check: Checker) -> FileFix:
    if options.verify:
        raise SeluLintError("source code builds no saved model that Keras could load for --verify")
    if options.output is not None and not options.dry_run:
        _make_folders(target, options.output)
    return source_fixer.fix(
        document,
        None if options.dry_run else target,
        options.unsafe_fixes,
        check,
        copies=options.output is not None,
        overwrite=options.force or options.output is None,
    )


def _no_file(path: str) -> str | None:
    """Return why a path that can be checked names nothing that can be rewritten."""
    if path == "-":
        return (
            "a model from standard input cannot be fixed, save it to a file first; "
            "of source code, --stdin-filename says what it is called"
        )
    if "://" in path:
        return "a remote model cannot be fixed; download it first"
    if os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path)):
        return "a pipe or a device cannot be fixed; save the model to a file first"
    if isinstance(path, Code):
        return (
            "code cannot be fixed; repair the model that it builds in Python, "
            "with selu_lint.fix(model)"
        )
    return None


def _failed(result: FileFix, error: str) -> FileFix:
    return replace(result, error=error, applied=(), remaining=(), kernels=(), offer=None)


class _Fixing:
    """Writing one repaired model."""

    def __init__(
        self,
        document: Document,
        repaired: Repaired,
        check: Checker,
        options: FixOptions,
        before: Identity,
    ) -> None:
        self._document = document
        self._repaired = repaired
        self._check = check
        self._options = options
        self._before = before

    def run(self, target: str) -> FileFix:
        """Write the result, unless nothing is to be written, and return what was done."""
        document, options, repaired = self._document, self._options, self._repaired
        redraws = [
            redraw for finding in repaired.applied if finding.fix for redraw in finding.fix.redraws
        ]
        drawing = plan(document, redraws, options.redraw, options.seed)
        applied, kept = _settled(repaired.applied, drawing)
        result = FileFix(
            document.path,
            None,
            document.format,
            document.keras_version,
            applied=applied,
            remaining=(*repaired.remaining, *kept),
            kernels=drawing.outcomes,
            seed=drawing.seed,
            offer=None if drawing.offered is None else RedrawOffer(drawing.offered),
        )
        if options.dry_run or not (applied or options.output is not None):
            return result
        original = folder_of(document.path)
        misnamed = misnaming(document, target) if options.output is not None else None
        if misnamed is not None:
            raise SeluLintError(misnamed)
        if not options.in_place and os.path.realpath(target) == os.path.realpath(original):
            raise SeluLintError("the result would replace the original; use --in-place for that")
        if options.output is not None:
            _make_folders(target, options.output)
        if self._is_there(target, result, drawing):
            return replace(self._verified(target, result), output=target, already_there=True)
        with self._draft(target, drawing) as path:
            self._read_back(path, result, drawing)
            result = self._verified(path, result)
            self._hold_unchanged(document.path)
            other_names = _other_names(target)
        return replace(result, output=target, other_names=other_names)

    def _is_there(self, target: str, result: FileFix, drawing: Redrawing) -> bool:
        """Whether an earlier run has left what this one would write."""
        options = self._options
        if options.in_place or options.force or os.path.islink(target):
            return False
        if not os.path.exists(target):
            return False
        if self._document.format == "saved-model":
            # TensorFlow writes the same model in other bytes each time.
            with contextlib.suppress(SeluLintError):
                self._read_back(target, result, drawing)
                return True
            return False
        with (
            tempfile.TemporaryDirectory() as folder,
            self._draft(os.path.join(folder, "result"), drawing) as path,
        ):
            return _same(path, target)

    @contextlib.contextmanager
    def _draft(self, target: str, drawing: Redrawing) -> Iterator[str]:
        """Write the result, and yield a path that opens it until it gets its name."""
        document, options, repaired = self._document, self._options, self._repaired
        overwrite = options.in_place or options.force
        # A link that the user named leads to the file that is fixed.
        target = os.path.realpath(target) if options.in_place else target
        if document.format == "saved-model":
            architecture = repaired.document.architecture or {}
            with saved_model_fixer.replacing_model(
                document, architecture, drawing, target, overwrite, options.trust_code
            ) as path:
                yield path
            return
        text = edit_text(document.text or "", document.architecture or {}, repaired.edits)
        if document.format == keras_folder.FORMAT:
            source, moved = document.path, renames(document, repaired.document.architecture or {})
            with replacing_folder(target, source, overwrite, keras_folder.is_folder) as result:
                write_folder(source, result, text, document.limits, drawing.changes, moved)
                yield result
            return
        with replacing(target, document.path, overwrite) as draft:
            with open(document.path, "rb") as original:
                self._hold_unchanged(original.fileno())
                architecture = repaired.document.architecture or {}
                write(document, original, draft.file, text, architecture, drawing.changes)
            draft.file.flush()
            yield draft.path

    def _verified(self, path: str, result: FileFix) -> FileFix:
        if not self._options.verify:
            return result
        from selu_lint.fixing.verification import verify

        # One that nothing was changed in is a copy of the original, graph and all.
        built = self._document.architecture != self._repaired.document.architecture or any(
            each.redrawn for each in result.kernels
        )
        trust_code = self._options.trust_code
        found = verify(self._document, path, result.kernels, trust_code, built)
        return replace(result, verification=found)

    def _hold_unchanged(self, file: int | str) -> None:
        if _identity(file) != self._before:
            raise SeluLintError("the file changed while it was fixed; fix it again")

    def _read_back(self, path: str, result: FileFix, drawing: Redrawing) -> None:
        """Hold what was written against what should have been."""
        document = read(path, self._document.limits)._replace(path=self._document.path)
        repaired = self._repaired.document
        if document.format != self._document.format or document.format == "saved-model":
            saved_model_fixer.hold_against(document, self._document, repaired, drawing)
        elif document.architecture != repaired.architecture:
            raise SeluLintError("the result has another architecture than it should; not written")
        else:
            hold_against(document.weights, drawing.drawn)
        found = Counter((each.code, each.layer) for each in self._check(document).findings)
        left = Counter((each.finding.code, each.finding.layer) for each in result.remaining)
        for code, layer in found - left:
            raise SeluLintError(f"the result would still have {code} in {layer}; not written")


def _same(one: str, other: str) -> bool:
    """Whether two files, or the files of two folders, hold the same bytes."""
    if not os.path.isdir(one):
        return filecmp.cmp(one, other, shallow=False)
    names = [_files(one), _files(other)]
    return names[0] == names[1] and all(
        filecmp.cmp(os.path.join(one, name), os.path.join(other, name), shallow=False)
        for name in names[0]
    )


def _files(folder: str) -> list[str]:
    return sorted(
        os.path.relpath(os.path.join(path, name), folder)
        for path, _, names in os.walk(folder)
        for name in names
    )


def _other_names(target: str) -> int:
    """Return how many hard links a file has that is replaced, besides the one that is named."""
    return os.stat(target).st_nlink - 1 if os.path.isfile(target) else 0


def _settled(
    applied: Sequence[Finding], drawing: Redrawing
) -> tuple[tuple[Finding, ...], tuple[Remaining, ...]]:
    """Tell the findings that are repaired from those whose kernels had to be kept."""
    done: list[Finding] = []
    left: list[Remaining] = []
    for finding in applied:
        fix = finding.fix
        redraws = fix.redraws if fix is not None else ()
        reasons = [drawing.kept.get((each.layer, each.slot)) for each in redraws]
        if fix is not None and not fix.edits and any(reasons):
            left.append(Remaining(finding, f"its kernel was kept: {next(filter(None, reasons))}"))
        else:
            done.append(finding)
    return tuple(done), tuple(left)


def _identity(file: str | int) -> Identity:
    if isinstance(file, str) and os.path.isdir(folder := folder_of(file)):
        return saved_model_fixer.identity(folder)
    status = os.stat(file)
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _make_folders(target: str, output: str) -> None:
    """Make the folders of a result; those below the one that the user named may be no links."""
    folder = os.path.dirname(os.path.abspath(target))
    below = os.path.relpath(folder, os.path.abspath(output))
    if not below.startswith(os.pardir):
        each = os.path.abspath(output)
        for name in below.split(os.sep):
            each = os.path.join(each, name)
            if name != os.curdir and os.path.islink(each):
                raise SeluLintError(f"cannot write below {each}: it is a link")
    os.makedirs(folder, exist_ok=True)


def _target(model: str, named: str, options: FixOptions, several: bool) -> str:
    """Return the path of a model's result."""
    output, model = options.output, folder_of(model)
    if options.in_place or (output is None and is_source(model)):
        return model
    if output is None and os.path.isdir(model):
        return f"{model}{_FIXED}"
    if output is None:
        stem, suffix = os.path.splitext(model)
        return f"{stem}{_FIXED}{suffix}"
    named = folder_of(named)
    folder = os.path.isdir(output) or output.endswith(("/", os.sep))
    if os.path.isfile(os.path.join(output, SAVED_MODEL)) or keras_folder.is_folder(output):
        return output
    if several or model != named or folder:
        inside = os.path.basename(model) if model == named else os.path.relpath(model, named)
        return os.path.join(output, inside)
    return output
