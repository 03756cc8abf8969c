"""The codes of rules that a user means: by code, by prefix, by name, or all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from selu_lint.errors import SeluLintError
from selu_lint.rule import find_rules
from selu_lint.wording import brief, nearest

ALL = "ALL"
_DIGITS = str.maketrans("OIL", "011")


def codes_from(values: Iterable[str], packages: Sequence[str] = ()) -> tuple[str, ...]:
    """Return codes and prefixes as rules have them, from codes, prefixes, names and ``ALL``.

    Raises
    ------
    SeluLintError
        For one that fits no rule; it names the nearest that does.
    """
    rules = find_rules(packages)
    names = {rule.name.upper(): rule.code for rule in rules}
    known = tuple(names.values())
    found: dict[str, None] = {}
    for value in values:
        word = value.strip().upper()
        if word == ALL:
            found |= dict.fromkeys(code.rstrip("0123456789") for code in known)
        elif word in names:
            found[names[word]] = None
        elif word and any(code.startswith(word) for code in known):
            found[word] = None
        else:
            raise SeluLintError(_unknown(word, known, names))
    return tuple(found)


def _unknown(word: str, codes: Sequence[str], names: dict[str, str]) -> str:
    typed = word.translate(_DIGITS)
    slip = next((code for code in codes if code.translate(_DIGITS) == typed), "")
    meant = slip or nearest(word, codes) or names.get(nearest(word, names), "")
    hint = f"; did you mean {meant}?" if meant else ": `selu-lint rule` lists them"
    return f"{brief(word)} is no rule{hint}"
