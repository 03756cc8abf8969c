"""The words of repairs: initializers and rates as Python."""

from __future__ import annotations

import ast
from typing import NamedTuple

from selu_lint.model.dialects import as_mapping, read_initializer
from selu_lint.source.keras_names import keras_name
from selu_lint.source.repair.imports import Needed, imported_as, name_for
from selu_lint.source.repair.layout import quote
from selu_lint.source.repair.listing import Listing

_SAME_AGE = frozenset({"GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "LecunUniform"})
"""Initializer classes that came to Keras together with LecunNormal."""

_ONE, _OTHER = 4.0909, 3.0909
"""1 + A and A of the matched rate, where A is the square of the value that SELU saturates at."""


class Words(NamedTuple):
    """What is written, or why it cannot be.

    Attributes
    ----------
    text : str
        The code; empty if there is none.
    needed : tuple of Needed
        Names that have to be imported for it.
    reason : str
        Why there is none.
    """

    text: str
    needed: tuple[Needed, ...] = ()
    reason: str = ""


def initializer(
    listing: Listing, new: object, old: ast.expr | None, call: ast.expr, callee: ast.expr | None
) -> Words:
    """Return an initializer as code.

    Parameters
    ----------
    listing : Listing
        The code.
    new : object
        The initializer as Keras would write it.
    old : ast.expr or None
        The expression in whose place it comes.
    call : ast.expr
        The call that it is given to, or the dict that it stands in.
    callee : ast.expr or None
        How the layer's class is named.
    """
    meant = read_initializer(new)
    if as_mapping(new).get("class_name") == "VarianceScaling":
        scale = as_mapping(new)["config"]["scale"]
        return _constructed(listing, "VarianceScaling", f"scale={scale!r}", old, callee)
    renamed = _renamed(listing, old) if meant.name == "LecunNormal" else None
    if renamed is not None:
        return renamed
    name = new if isinstance(new, str) else "zeros" if meant.name == "Zeros" else "lecun_normal"
    mark = quote(listing, old if isinstance(old, ast.Constant) else call)
    return Words(f"{mark}{name}{mark}")


def _renamed(listing: Listing, old: ast.expr | None) -> Words | None:
    """Return a call of an initializer's class as one of LecunNormal with its seed."""
    if not isinstance(old, ast.Call) or not isinstance(old.func, ast.Name | ast.Attribute):
        return None
    seed = next((each for each in old.keywords if each.arg == "seed"), None)
    if isinstance(old.func, ast.Attribute):
        name = old.func.attr
    else:
        name = imported_as(listing, old.func) or ""
    if name in _SAME_AGE and (seed is not None or isinstance(old.func, ast.Attribute)):
        wanted = "LecunNormal"
    elif name.endswith(("_normal", "_uniform")) and name.startswith(("glorot", "he", "lecun")):
        if seed is None:
            return None
        wanted = "lecun_normal"
    elif seed is not None and keras_name(f"keras.initializers.{name}"):
        wanted = "VarianceScaling"
    else:
        return None
    given = "" if seed is None else listing.of(seed)
    found = _constructed(listing, wanted, given, old, None)
    return found if found.text else None


def _constructed(
    listing: Listing, name: str, given: str, old: ast.expr | None, callee: ast.expr | None
) -> Words:
    """Return a call of an initializer's class, by a name that the file has for it or needs."""
    func = old.func if isinstance(old, ast.Call) else old
    if isinstance(func, ast.Attribute) and "initializers" in listing.of(func.value).split("."):
        return Words(f"{listing.of(func.value)}.{name}({given})")
    if isinstance(func, ast.Name) and isinstance(old, ast.Call):
        known = name_for(listing, func, name)
        if known:
            return Words(f"{known}({given})", (Needed(known, func.id, func),))
    if isinstance(callee, ast.Attribute):
        place = callee.value
        if isinstance(place, ast.Attribute) and place.attr == "layers":
            return Words(f"{listing.of(place.value)}.initializers.{name}({given})")
        if isinstance(place, ast.Name) and imported_as(listing, place) == "layers":
            known = name_for(listing, place, "initializers", "initializers")
            if known:
                need = Needed(known, place.id, place, replaces=False)
                return Words(f"{known}.{name}({given})", (need,))
    if isinstance(callee, ast.Name) and imported_as(listing, callee):
        known = name_for(listing, callee, name, "initializers")
        if known:
            need = Needed(known, callee.id, callee, replaces=False, home="initializers")
            return Words(f"{known}({given})", (need,))
    return Words("", reason=f"{name} is needed, and no import of the file leads to it")


def matched_rate(listing: Listing, node: ast.expr) -> Words:
    """Return the rate of the same noise as an expression of a rate's, which is written twice."""
    if not is_free(node):
        return Words(
            "",
            reason="its rate is a call, and what it gives cannot be changed here; "
            "--alpha-rate keep keeps it",
        )
    rate = listing.of(node)
    if not isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
        rate = f"({rate})"
    return Words(f"{rate} / ({_ONE} - {_OTHER} * {rate})")


def is_free(node: ast.expr) -> bool:
    """Whether an expression can be evaluated twice."""
    match node:
        case ast.Name() | ast.Constant():
            return True
        case ast.Attribute(value=value):
            return is_free(value)
        case ast.Subscript(value=value, slice=index):
            return is_free(value) and isinstance(index, ast.Constant | ast.Name)
        case ast.BinOp(left=left, right=right):
            return is_free(left) and is_free(right)
        case ast.UnaryOp(operand=operand):
            return is_free(operand)
    return False


def is_number(node: ast.expr) -> bool:
    """Whether an expression is made of numbers only."""
    match node:
        case ast.Constant(value=value):
            return isinstance(value, int | float)
        case ast.BinOp(left=left, right=right):
            return is_number(left) and is_number(right)
        case ast.UnaryOp(operand=operand):
            return is_number(operand)
    return False
