"""Findings of a file that differ only in the numbers of layer names, reported as one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from selu_lint.findings import Finding
from selu_lint.model.document import SOURCE_FORMATS

_FEWEST = 3
# A number that belongs to a name, not one that stands for itself: dense_12, fc2, block3/conv1.
_NAME = re.compile(r"(?<![\w.])[^\W\d][\w/]*")
_NUMBER = re.compile(r"_?\d+")


class Group(NamedTuple):
    """Findings that are reported as one.

    Attributes
    ----------
    findings : tuple of Finding
        In the order of the layers.
    layer : str
        Their layers: ``dense_45 … dense_194``; empty for `whole`.
    message : str
        Their message, with the number of layers in front where there are several.
    write : str
        What to write in Keras instead; empty if no line says it.
    """

    findings: tuple[Finding, ...]
    layer: str
    message: str
    write: str

    @property
    def first(self) -> Finding:
        """The finding that stands for all of them."""
        return self.findings[0]


def whole(format: str | None) -> str:
    """Return what a finding that names no layer is about, by the format of its file."""
    return "(file)" if format in SOURCE_FORMATS else "(model)"


def grouped(findings: Sequence[Finding]) -> list[Group]:
    """Return findings in groups, each where its first finding stands.

    Findings in source code each have their own place and are never grouped.
    """
    alike: dict[object, list[Finding]] = {}
    keys = [_key(finding) for finding in findings]
    for finding, key in zip(findings, keys, strict=True):
        alike.setdefault(key, []).append(finding)
    groups = []
    for finding, key in zip(findings, keys, strict=True):
        members = alike[key]
        if len(members) < _FEWEST:
            groups.append(_group([finding]))
        elif members[0] is finding:
            groups.append(_group(members))
    return groups


def spanned(texts: Sequence[str]) -> str:
    """Return one text for texts that differ in the numbers of names: ``after a_1 … a_9``."""
    first, last = texts[0], texts[-1]
    ends = iter(_NAME.findall(last))

    def both(name: re.Match[str]) -> str:
        end = next(ends, name[0])
        return name[0] if name[0] == end else f"{name[0]} … {end}"

    return _NAME.sub(both, first)


def _group(findings: Sequence[Finding]) -> Group:
    layer = spanned([each.layer for each in findings])
    message = spanned([each.message for each in findings])
    if len(findings) > 1:
        message = f"{len(findings)} layers: {message}"
    write = spanned([each.write for each in findings])
    return Group(tuple(findings), layer, message, write)


def _key(finding: Finding) -> object:
    if finding.place is not None:
        return id(finding)
    repair = "" if finding.fix is None else f"{finding.fix.description} {finding.fix.unsafe}"
    texts = (finding.layer, finding.message, repair, finding.write)
    return finding.code, finding.severity, *map(_unnumbered, texts)


def _unnumbered(text: str) -> str:
    return _NAME.sub(lambda name: _NUMBER.sub("", name[0]), text)
