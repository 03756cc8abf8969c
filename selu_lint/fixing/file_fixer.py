"""Fixing one file: read, repaired, written beside it or in its place, and read back."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from selu_lint.code import Code
from selu_lint.errors import NotAModelError, SeluLintError, unexpected
from selu_lint.findings import Finding
from selu_lint.fixing import saved_model_fixer, source_fixer
from selu_lint.fixing.fix_options import FixOptions
from selu_lint.fixing.fix_report import FileFix, RedrawOffer, Remaining
from selu_lint.fixing.redrawing import Redrawing, hold_against, plan
from selu_lint.fixing.repairs import Checker, Repaired, repair
from selu_lint.fixing.targets import make_folders, other_names, same_bytes
from selu_lint.formats import keras_folder, read
from selu_lint.formats.saved_model.reading import folder_of
from selu_lint.formats.writing.document import misnaming, refusal, renames, write
from selu_lint.formats.writing.json_text import edit_text
from selu_lint.formats.writing.keras_folder import write as write_folder
from selu_lint.model.document import SOURCE_FORMATS, Document
from selu_lint.storage.addresses import redacted
from selu_lint.storage.atomic import replacing
from selu_lint.storage.folder_replacement import replacing_folder, restore

Identity = tuple[int, ...]


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
        result = replace(result, hidden=repaired.hidden)
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
        make_folders(target, options.output)
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
            hidden=repaired.hidden,
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
            make_folders(target, options.output)
        if self._is_there(target, result, drawing):
            return replace(self._verified(target, result), output=target, already_there=True)
        with self._draft(target, drawing) as path:
            self._read_back(path, result, drawing)
            result = self._verified(path, result)
            self._hold_unchanged(document.path)
            links = other_names(target)
        return replace(result, output=target, other_names=links)

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
            return same_bytes(path, target)

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
