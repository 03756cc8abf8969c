"""Writing an initializer: at the nearest place of which all layers want the same."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from selu_lint.findings import ABSENT, Replacement
from selu_lint.source.facts import callee_name
from selu_lint.source.repair import wording
from selu_lint.source.repair.layout import add_item, add_keyword, quote
from selu_lint.source.repair.listing import Listing
from selu_lint.source.repair.repairs import Repair, none
from selu_lint.source.repair.uses import Use, Uses, changes
from selu_lint.source.repair.wording import Words

_SHARED = "the same code also makes layers that need another initializer"
_DEFAULT = "glorot_uniform"
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_HOLDING = ("partial", "dict")


def initializer_repair(listing: Listing, uses: Uses, use: Use, key: str, new: object) -> Repair:
    """Return the repair that gives a layer an initializer.

    Parameters
    ----------
    listing : Listing
        The code.
    uses : Uses
        What is made and wanted.
    use : Use
        The layer.
    key : str
        The parameter.
    new : object
        The initializer as Keras would write it.
    """
    return _Writer(listing, uses, use, key, new).run()


class _Writer:
    def __init__(self, listing: Listing, uses: Uses, use: Use, key: str, new: object) -> None:
        self._listing, self._uses, self._use = listing, uses, use
        self._key, self._new = key, new

    def run(self) -> Repair:
        chain = self._use.chain(self._key)
        for origin in chain:
            if isinstance(self._listing.parent(origin.node), ast.Starred):
                return none("it comes from arguments that are unpacked")
            through = self._uses.through(origin.node, self._key)
            if self._agree(through):
                return self._replaced(origin.node, through)
        if not chain and (added := self._added()):
            return added
        return self._by_the_caller() or self._by_activation() or none(_SHARED)

    def _agree(self, uses: Sequence[Use]) -> bool:
        return self._uses.agree(uses, self._key, self._new)

    def _repair(self, words: Words, written: Replacement, uses: Sequence[Use]) -> Repair:
        if not words.text:
            return none(words.reason)
        return Repair((written,), words.needed, changes(uses, self._key, self._new))

    def _words(self, old: ast.expr | None, beside: ast.expr) -> Words:
        callee = self._use.layer.callee
        return wording.initializer(
            self._listing, self._new, old, beside, None if callee is None else callee.node
        )

    def _replaced(self, node: ast.expr, uses: Sequence[Use]) -> Repair:
        around = self._listing.parent(node)
        words = self._words(node, around if isinstance(around, ast.expr) else node)
        return self._repair(words, self._listing.replace_node(node, words.text), uses)

    def _added(self) -> Repair | None:
        """Return the repair that states it: where SELU is stated for several calls, or in one."""
        node = self._use.layer.node
        for holder in self._holders():
            uses = self._uses.at_call(node) if holder is node else self._uses.activated_by(holder)
            if any(each.chain(self._key) for each in uses) or not self._agree(uses):
                continue
            words = self._words(None, holder)
            if isinstance(holder, ast.Dict):
                mark = quote(self._listing, holder)
                name = f"{mark}{self._key}{mark}"
                return self._repair(words, add_item(self._listing, holder, name, words.text), uses)
            added = add_keyword(self._listing, holder, self._key, words.text)
            return self._repair(words, added, uses)
        return None

    def _holders(self) -> Iterator[ast.Call | ast.Dict]:
        """Yield what may be given one more argument or item, the best place first."""
        node = self._use.layer.node
        outside = [each for each in self._held_by(self._use) if each is not node]
        takes_more = _takes_more(self._listing, node, self._key)
        for each in outside:
            if isinstance(each, ast.Dict) or callee_name(each.func) in _HOLDING or not takes_more:
                yield each
        if isinstance(node, ast.Call) and takes_more:
            yield node

    def _held_by(self, use: Use) -> list[ast.Call | ast.Dict]:
        """Return the call or dict in which a layer's activation is stated."""
        chain = use.chain("activation")[:1]
        around = [self._listing.parent(each.node) for each in chain]
        return [each for each in around if isinstance(each, ast.Call | ast.Dict)]

    def _by_the_caller(self) -> Repair | None:
        """Return the repair of the one call of a function that asks for SELU."""
        chain = self._use.chain(self._key)
        default = next((each.node for each in chain if each.kind == "default"), None)
        if default is None:
            return None
        function = self._listing.parent(default)
        function = self._listing.parent(function) if function is not None else None
        if not isinstance(function, _FUNCTIONS):
            return None
        name = _parameter(function, default)
        for origin in self._use.chain("activation")[1:]:
            call = self._listing.parent(origin.node)
            if not isinstance(call, ast.Call) or callee_name(call.func) != function.name:
                continue
            uses = self._uses.through(origin.node, "activation")
            if name and self._agree(uses):
                words = self._words(None, call)
                added = add_keyword(self._listing, call, name, words.text)
                return self._repair(words, added, uses)
        return None

    def _by_activation(self) -> Repair | None:
        """Return the repair that asks what the activation is, for those who want it."""
        node, chain = self._use.layer.node, self._use.chain(self._key)
        asked = [each.node for each in self._use.chain("activation")[:1]]
        old = chain[0].node if chain else None
        uses = self._uses.at_call(node)
        if not asked or not isinstance(asked[0], ast.Name) or not isinstance(node, ast.Call):
            return None
        if any(
            self._listing.parent(each) is not node for each in (*asked, *([old] if old else []))
        ):
            return None
        wanting = [each for each in uses if self._uses.wanted(each, self._key) is not ABSENT]
        if not self._agree(wanting) or {each.value("activation") for each in wanting} != {"selu"}:
            return None
        if any(each.value("activation") == "selu" for each in uses if each not in wanting):
            return None
        words = self._words(None, node)
        mark = quote(self._listing, old or node)
        before = self._listing.of(old) if old else f"{mark}{_DEFAULT}{mark}"
        text = f"{words.text} if {asked[0].id} == {mark}selu{mark} else {before}"
        if old is not None:
            written = self._listing.replace_node(old, text)
        else:
            written = add_keyword(self._listing, node, self._key, text)
        found = self._repair(words, written, wanting)
        if old is None:
            others = [each for each in uses if each not in wanting]
            stated = changes(others, self._key, _DEFAULT)
            found = found._replace(changes=(*found.changes, *stated))
        unsafe = (
            f"the same call makes layers without SELU, so it has to ask what `{asked[0].id}` is"
        )
        return found if found.reason else found._replace(unsafe=unsafe)


def _parameter(function: ast.FunctionDef | ast.AsyncFunctionDef, default: ast.expr) -> str:
    """Return the parameter that has a default; nothing if it can only be given by position."""
    given = function.args
    named = [*given.posonlyargs, *given.args]
    behind = zip(reversed(named), reversed(given.defaults), strict=False)
    pairs = [*behind, *zip(given.kwonlyargs, given.kw_defaults, strict=True)]
    found = next((each for each, value in pairs if value is default), None)
    return found.arg if found is not None and found not in given.posonlyargs else ""


def _takes_more(listing: Listing, node: ast.expr, key: str) -> bool:
    """Whether a call takes an argument more: a class of the file may not hand it on."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return True
    own = listing.names.class_of(node.func.id)
    made = [] if own is None else [each for each in own.body if isinstance(each, _FUNCTIONS)]
    start = next((each for each in made if each.name == "__init__"), None)
    if start is None:
        return True
    names = {each.arg for each in (*start.args.args, *start.args.kwonlyargs)}
    return start.args.kwarg is not None or key in names
