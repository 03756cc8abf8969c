"""Fixing models built in memory: from a model to a new one with its weights."""

from __future__ import annotations

import re
import sys
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from selu_lint.errors import SeluLintError, SeluLintWarning
from selu_lint.findings import Edit, Finding, Severity
from selu_lint.fixing.fix_report import FileFix, FixReport, RedrawOffer, Remaining
from selu_lint.fixing.redraw_offers import python_call
from selu_lint.fixing.redrawing import Redrawing, plan
from selu_lint.fixing.repairs import Repaired, repair
from selu_lint.linter import check_document
from selu_lint.live import built_model
from selu_lint.live.building import Rebuilding
from selu_lint.live.snapshot import unchanged
from selu_lint.live.tracing import Traced
from selu_lint.model.document import Document
from selu_lint.model.edits import apply_edits
from selu_lint.model.pointers import tokens
from selu_lint.report import FileReport
from selu_lint.settings import Settings
from selu_lint.wording import plural, printable

_SLOT = "_initializer"


@dataclass(frozen=True)
class LiveFix:
    """A repaired model and what was done to it.

    Attributes
    ----------
    model : keras.Model
        The new model.
    fix : FileFix
        What was repaired, what stays and why, and which kernels were drawn anew.
    """

    model: Any
    fix: FileFix

    def __str__(self) -> str:
        """Return what was done as text."""
        return str(FixReport((self.fix,)))

    def _repr_html_(self) -> str:
        """Return what was done as a notebook shows it."""
        return FixReport((self.fix,))._repr_html_()


def fix_model(
    model: Any,
    *,
    settings: Settings | None = None,
    redraw: str = "never",
    seed: int | None = None,
    unsafe_fixes: bool = False,
) -> LiveFix:
    """Return a repaired copy of a built model; the model itself is left as it was.

    Weights are carried over, but for the kernels that are drawn anew; the copy is compiled like
    the original, with the state of its optimizer where no kernel was drawn anew. Of a subclassed
    model, whose code cannot be rewritten, the initializers and kernels of its layers are repaired.

    Parameters
    ----------
    model : keras.Model or tf_keras.Model
        The model.
    settings : Settings, optional
        Which rules run and how.
    redraw : str
        Whose kernels are drawn anew from LecunNormal: none (``never``), those that the model proves
        to be untrained (``untrained``), or all whose initializer is repaired (``always``).
    seed : int, optional
        Seed of the draws.
    unsafe_fixes : bool
        Apply repairs that may change inference or intent too.

    Raises
    ------
    TypeError
        If it is no Keras model.
    SeluLintError
        If a copy of it cannot be made.
    """
    asked = {"settings": settings, "seed": seed, "unsafe_fixes": unsafe_fixes}
    traced = built_model.trace(model)
    settings = settings or Settings()
    document = built_model.document_of(model, traced, settings.limits)
    check = _Check(model, traced, settings)
    repaired = repair(document, check, unsafe_fixes)
    redraws = [r for finding in repaired.applied if finding.fix for r in finding.fix.redraws]
    drawing = Redrawing()
    if built_model.weights_of(model):
        drawing = plan(document, redraws, redraw, seed)
    with unchanged(built_model.keras_of(model), model):
        result = _build(model, document, traced, repaired, drawing)
    _hold_against(built_model.read(result, settings.limits), check, repaired.remaining)
    fix = FileFix(
        document.path,
        None,
        document.format,
        document.keras_version,
        applied=repaired.applied,
        remaining=repaired.remaining,
        kernels=drawing.outcomes,
        seed=drawing.seed,
        offer=None if drawing.offered is None else _offer(drawing.offered, asked),
    )
    return LiveFix(result, fix)


def fix_and_tell(model: Any, asked: Mapping[str, Any], quiet: bool, **options: Any) -> Any:
    """Return `fix_model`'s new model; what is repaired is told on standard error.

    What stays is one warning, a line for each finding.

    Parameters
    ----------
    model : keras.Model or tf_keras.Model
        The model.
    asked : Mapping
        The options as the user gave them, for the call that draws kernels anew.
    quiet : bool
        Whether nothing is told of what is repaired.
    **options
        Those of `fix_model`.
    """
    fixed = fix_model(model, **options)
    name = printable(str(getattr(model, "name", "the model")))
    if not quiet and sys.stderr is not None:
        print("\n".join(_what_is_repaired(fixed.fix, name)), file=sys.stderr)
    stays = _what_stays(fixed.fix)
    offer = fixed.fix.offer
    if offer is not None:
        stays.append(f"to draw them anew: {_offer(offer.redraw, asked).command}")
    if stays:
        lines = (_in_python(printable(line)) for line in stays)
        text = "\n  ".join((f"not all of {name} is repaired:", *lines))
        warnings.warn(text, SeluLintWarning, stacklevel=3)
    return fixed.model


def _what_is_repaired(fix: FileFix, name: str) -> Iterator[str]:
    if not fix.applied:
        yield f"selu-lint: nothing to repair in {name}; the copy is as it was"
        return
    yield f"selu-lint: {plural(len(fix.applied), 'finding')} repaired in a copy of {name}"
    later = {id(each) for each in fix.for_new_training}
    for each in fix.applied:
        done = each.fix.description if each.fix is not None else each.message
        when = "; takes effect in a new training, its kernel was kept" if id(each) in later else ""
        yield printable(f"  {each.code} {each.layer}: {done}{when}")
    if fix.seed is not None:
        yield f"  kernels were drawn anew with seed={fix.seed}"


def _what_stays(fix: FileFix) -> list[str]:
    lines = [
        f"{each.finding.code} stays in {each.finding.layer or fix.path}: {each.reason}"
        for each in fix.remaining
        if each.finding.severity >= Severity.WARNING
    ]
    kept: dict[str, list[str]] = {}
    for outcome in fix.kernels:
        if not outcome.redrawn:
            kept.setdefault(outcome.reason, []).append(outcome.layer)
    lines += [f"kernels of {', '.join(names)} were kept: {why}" for why, names in kept.items()]
    return lines


def _in_python(text: str) -> str:
    """Return a text with the options of the command line as arguments."""
    text = re.sub(r"--(redraw|alpha-rate) (\w+)", r'--\1="\2"', text)
    text = re.sub(r"--unsafe-fixes", "--unsafe-fixes=True", text)
    return re.sub(r"--([\w-]+)=", lambda found: f"{found[1].replace('-', '_')}=", text)


def _offer(redraw: str, asked: Mapping[str, Any]) -> RedrawOffer:
    return RedrawOffer(redraw, python_call("model", {**asked, "redraw": redraw}))


class _Check:
    """Checks a live model, and leaves out repairs that code stands in the way of."""

    def __init__(self, model: Any, traced: Traced, settings: Settings) -> None:
        self._model = model
        self._traced = traced
        self._settings = settings
        self._layers = built_model.layers_by_path(model)

    def __call__(self, document: Document) -> FileReport:
        report = check_document(document, self._settings)
        return report._replace(findings=tuple(map(self._reachable, report.findings)))

    def _reachable(self, finding: Finding) -> Finding:
        fix = finding.fix
        if fix is None or all(self._can_be_set(finding, edit) for edit in fix.edits):
            return finding
        kind = type(self._model).__name__
        reason = f"the code of {kind} makes this layer; change it there: {fix.description}"
        return finding._replace(fix=None, unfixable=reason)

    def _can_be_set(self, finding: Finding, edit: Edit) -> bool:
        if not self._traced.is_code(edit.pointer):
            return True
        slot = tokens(edit.pointer)[-1]
        layers = self._layers.get(finding.layer, ())
        held = [hasattr(built_model.holder_of(each), slot) for each in layers]
        return slot.endswith(_SLOT) and bool(held) and all(held)


def _build(
    model: Any, document: Document, traced: Traced, repaired: Repaired, drawing: Redrawing
) -> Any:
    """Return the new model, with its weights, compiled."""
    of_config = [edit for edit in repaired.edits if not traced.is_code(edit.pointer)]
    plain = apply_edits(traced.plain, of_config) if traced.plain else None
    rebuilding = Rebuilding(model, plain)
    new = rebuilding.model
    for finding in repaired.applied:
        for edit in finding.fix.edits if finding.fix else ():
            if traced.is_code(edit.pointer):
                slot = tokens(edit.pointer)[-1]
                rebuilding.set_initializer(finding.layer, slot, edit.new)
    fixes = [finding.fix for finding in repaired.applied if finding.fix]
    rebuilding.carry_weights(same_inference=all(fix.unsafe is None for fix in fixes))
    weights = document.weights
    assert isinstance(weights, built_model.LiveWeights)
    for drawn in drawing.drawn:
        rebuilding.set_values(weights.live(drawn.variable), drawn.values())
    rebuilding.compile(with_state=not drawing.drawn)
    return new


def _hold_against(result: Document, check: _Check, remaining: Sequence[Remaining]) -> None:
    """Hold the new model against what should still be found in it."""
    # Notes may lie in operations, which the new model's trace numbers otherwise.
    lasting = [each for each in check(result).findings if each.severity > Severity.NOTE]
    found = Counter((each.code, each.layer) for each in lasting)
    left = Counter((each.finding.code, each.finding.layer) for each in remaining)
    for code, layer in found - left:
        raise SeluLintError(f"the new model would still have {code} in {layer}")
