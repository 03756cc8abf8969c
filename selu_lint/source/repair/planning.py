"""From what rules want of layers to repairs of source code."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import cached_property

from selu_lint.findings import Confidence, Edit, Finding, Fix
from selu_lint.model.source_text import SourceText
from selu_lint.source.analysis import Analysis
from selu_lint.source.repair import imports
from selu_lint.source.repair.dropouts import RATES, class_repair, rate_repair
from selu_lint.source.repair.initializers import initializer_repair
from selu_lint.source.repair.listing import Listing
from selu_lint.source.repair.repairs import Repair, none
from selu_lint.source.repair.uses import CALLEE, Use, Uses
from selu_lint.source.repair.writing import in_order
from selu_lint.source.serializing import is_initializer

_OF_FILES = ("registered_name", "module")
"""What of a layer only files say."""


class Planner:
    """What plans the repairs of a file.

    Parameters
    ----------
    text : SourceText
        The file.
    analysis : Analysis
        What it builds.
    alpha_rate : str
        ``match`` the noise of a dropout, or ``keep`` its rate.
    """

    def __init__(self, text: SourceText, analysis: Analysis, alpha_rate: str) -> None:
        self._text, self._analysis, self._alpha_rate = text, analysis, alpha_rate

    @cached_property
    def _listing(self) -> Listing:
        return Listing(self._text)

    @cached_property
    def _uses(self) -> Uses:
        return Uses(self._analysis)

    def want(self, number: int, fix: Fix | None) -> None:
        """Note the fix of an architecture that a rule asks for, by the number of its graph."""
        if fix is not None:
            self._uses.want(number, fix)

    def repair(self, number: int, finding: Finding) -> Repair:
        """Return how a finding with a fix of the architecture is repaired in the code."""
        if self._text.recovered:
            return none("the file was not read just as it is written, so it is not edited")
        if finding.confidence is Confidence.POSSIBLE:
            return none("it is one of several things that may be")
        edits = () if finding.fix is None else finding.fix.edits
        use, wanted = self._asked(number, edits)
        if use is None or not isinstance(use.layer.node, ast.Call):
            return none("it is made in a way that cannot be edited")
        total = Repair()
        new_class = wanted.pop(CALLEE, None)
        if isinstance(new_class, str):
            total += class_repair(self._listing, self._uses, use, new_class)
            wanted = {key: new for key, new in wanted.items() if key not in RATES}
            if new_class == "AlphaDropout":
                matches = self._alpha_rate == "match"
                total += rate_repair(self._listing, self._uses, use, new_class, matches)
        for key, new in wanted.items():
            if not is_initializer(key):
                return none(f"`{key}` is not written anew in code")
            total += initializer_repair(self._listing, self._uses, use, key, new)
        unsafe = self._uses.unsafe(total.changes)
        return none(total.reason) if total.reason else total._replace(unsafe=total.unsafe or unsafe)

    def _asked(self, number: int, edits: Iterable[Edit]) -> tuple[Use | None, dict[str, object]]:
        """Return the one layer that edits are about, and its new class and values by their keys."""
        wanted: dict[str, object] = {}
        uses: list[Use] = []
        for edit in edits:
            found = self._uses.of(number, edit.pointer)
            if found is None:
                return None, {}
            use, key = found
            uses.append(use)
            if key not in _OF_FILES:
                wanted[key] = edit.new
        return (uses[0], wanted) if uses and all(use is uses[0] for use in uses) else (None, {})

    def with_repair(self, finding: Finding, repair: Repair) -> Finding:
        """Return a finding with its repair in place of the fix of an architecture."""
        if repair.reason or finding.fix is None:
            return finding._replace(fix=None, unfixable=repair.reason)
        brought = imports.replacements(self._listing, repair.needed)
        assumed = f", if {' and '.join(finding.assumptions)}" if finding.assumptions else ""
        fix = Fix(
            f"{finding.fix.description}{repair.remark}{assumed}",
            unsafe=repair.unsafe,
            replacements=tuple(in_order((*repair.replacements, *brought))),
        )
        return finding._replace(fix=fix)
