"""Writing a dropout of another class, and the rate with the same noise."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from selu_lint.findings import ABSENT, Edit, Replacement
from selu_lint.model.layer_kinds import CANONICAL
from selu_lint.source.facts import callee_name
from selu_lint.source.repair.imports import Needed, imported_as, name_for
from selu_lint.source.repair.listing import Listing
from selu_lint.source.repair.repairs import Repair, none
from selu_lint.source.repair.uses import CALLEE, Change, Use, Uses, changes
from selu_lint.source.repair.wording import is_number, matched_rate

RATES = ("rate", "p")
"""How the rate of a dropout is called; the second in Keras 1."""

_SHARED = "the same code also makes a dropout that does not follow SELU"
_ELSEWHERE = "its class is chosen by code that cannot be edited"


def class_repair(listing: Listing, uses: Uses, use: Use, new: str) -> Repair:
    """Return the repair that makes a layer one of another class of Keras."""
    old, chain = use.value(CALLEE), use.chain(CALLEE)
    for place, origin in enumerate(chain):
        named = _class_in(origin.node)
        through = uses.through(origin.node, CALLEE)
        if isinstance(named, ast.Attribute) and CANONICAL.get(named.attr, named.attr) == old:
            if not uses.agree(through, CALLEE, new):
                nearer = uses.through(chain[0].node, CALLEE)
                if place == 0 or not uses.agree(nearer, CALLEE, new):
                    return none(_SHARED)
            elif place == 0 or not _is_of_module(listing, origin.node):
                _, end = listing.span(named)
                renamed = listing.replace(end - len(named.attr), end, new)
                return Repair((renamed,), changes=changes(through, CALLEE, new))
            # What is bound to a name of its own is left, and the call names the new class itself.
            through = uses.through(chain[0].node, CALLEE)
            written = f"{listing.of(named.value)}.{new}"
            again = listing.replace_node(chain[0].node, written)
            return Repair((again,), changes=changes(through, CALLEE, new))
        if isinstance(named, ast.Name):
            original = imported_as(listing, named)
            if original is None or CANONICAL.get(original, original) != old:
                continue
            if not uses.agree(through, CALLEE, new):
                return none(_SHARED)
            known = name_for(listing, named, new)
            if known is None:
                return none(f"the file gives the name {new} to something else")
            return Repair(
                (listing.replace_node(named, known),),
                (Needed(known, named.id, named),),
                changes(through, CALLEE, new),
            )
    return none(_ELSEWHERE)


def _class_in(node: ast.expr) -> ast.expr:
    """Return the expression of a class, that in a ``partial`` included."""
    while isinstance(node, ast.Call) and node.args and callee_name(node.func) == "partial":
        node = node.args[0]
    return node


def _is_of_module(listing: Listing, node: ast.expr) -> bool:
    """Whether an expression is assigned to a name of the module."""
    statement = listing.parent(node)
    while isinstance(statement, ast.Tuple):
        statement = listing.parent(statement)
    return isinstance(statement, ast.Assign) and isinstance(listing.parent(statement), ast.Module)


def rate_repair(listing: Listing, uses: Uses, use: Use, new: str, matches: bool) -> Repair:
    """Return the repair that gives a dropout of another class the rate with the same noise.

    Parameters
    ----------
    listing : Listing
        The code.
    uses : Uses
        What is made and wanted.
    use : Use
        The dropout.
    new : str
        Its new class.
    matches : bool
        Whether the noise is to stay the same, and not the rate.
    """
    key = "rate" if "rate" in use.layer.origins else "p"
    chain = use.chain(key)
    if not chain:
        return none("its rate is not written where it is made")
    node = chain[0].node
    if isinstance(listing.parent(node), ast.Starred):
        return none("its rate comes from arguments that are unpacked")
    renamed = _renamed(listing, node)
    if renamed is None:
        return none("its rate has a name of Keras 1")
    if not matches:
        return Repair(renamed)
    through = uses.through(node, key)
    if is_number(node):
        wanted = uses.wanted(use, key)
        if wanted is ABSENT:
            return Repair(renamed)
        if not uses.agree(through, key, wanted):
            return none(_SHARED)
        written = listing.replace_node(node, _rate(wanted))
        return Repair((*renamed, written), changes=changes(through, key, wanted))
    bound = _bound_once(listing, uses, use, key)
    if bound is not None:
        return Repair((*renamed, *bound.replacements), changes=bound.changes)
    if not uses.agree(through, CALLEE, new):
        return none(_SHARED)
    words = matched_rate(listing, node)
    if not words.text:
        return none(words.reason)
    return Repair(
        (*renamed, listing.replace_node(node, words.text)),
        changes=tuple(
            Change(each.number, Edit(each.pointer(key), each.value(key), wanted))
            for each in through
            if (wanted := uses.wanted(each, key)) is not ABSENT
        ),
        remark=f"; its rate is computed: {words.text}",
    )


def _rate(value: object) -> str:
    text = f"{value:g}" if isinstance(value, float) else repr(value)
    return text if float(text) < 1 else repr(value)


def _renamed(listing: Listing, node: ast.expr) -> tuple[Replacement, ...] | None:
    """Return what makes a ``p=`` of Keras 1 a ``rate=``; None where it is no keyword."""
    keyword = listing.keyword(node)
    if keyword is None:
        table = listing.parent(node)
        keys = table.keys if isinstance(table, ast.Dict) else []
        old = any(isinstance(key, ast.Constant) and key.value == "p" for key in keys)
        return None if old else ()
    if keyword.arg != "p":
        return ()
    start, _ = listing.span(keyword)
    return (listing.replace(start, start + 1, "rate"),)


def _bound_once(listing: Listing, uses: Uses, use: Use, key: str) -> Repair | None:
    """Return the change of a number that has a name, which only such rates take."""
    chain = use.chain(key)
    if len(chain) != 2 or chain[1].kind != "assignment" or not is_number(chain[1].node):
        return None
    name, number = chain[0].node, chain[1].node
    statement = listing.parent(number)
    targets: Sequence[ast.expr] = ()
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    if len(targets) != 1 or not isinstance(name, ast.Name) or not isinstance(targets[0], ast.Name):
        return None
    through = uses.through(number, key)
    taken = {id(each.chain(key)[0].node) for each in through}
    if not listing.names.is_assigned_only(name.id):
        return None
    others = (each for each in listing.names.uses[name.id] if each is not targets[0])
    if any(id(each) not in taken for each in others):
        return None
    wanted = uses.wanted(use, key)
    if wanted is ABSENT or not uses.agree(through, key, wanted):
        return None
    written = listing.replace_node(number, _rate(wanted))
    return Repair((written,), changes=changes(through, key, wanted))
