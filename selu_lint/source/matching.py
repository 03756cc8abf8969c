"""The ``match`` statement."""

from __future__ import annotations

import ast

from selu_lint.source.binding import set_name
from selu_lint.source.definitions import Class, Instance, Scope
from selu_lint.source.iteration import elements
from selu_lint.source.machine import Flow, Machine
from selu_lint.source.operations import compare
from selu_lint.source.refusals import refuses
from selu_lint.source.values import Condition, Dict, List, Value, key_of


def run_match(machine: Machine, node: ast.Match, scope: Scope) -> Flow | None:
    """Run the case that fits; one that refuses does not."""
    subject = machine.evaluate(node.subject, scope)
    cases = [case for case in node.cases if not refuses(case.body)]
    needed = len(cases) < len(node.cases)
    for case in cases:
        if needed and case is cases[-1] and case.guard is None:
            _matches(machine, case.pattern, subject, scope)
            return machine.execute(case.body, scope)
        if _matches(machine, case.pattern, subject, scope) and (
            case.guard is None or machine.truth(machine.evaluate(case.guard, scope))
        ):
            return machine.execute(case.body, scope)
    return None


def _matches(machine: Machine, pattern: ast.pattern, subject: Value, scope: Scope) -> bool:
    match pattern:
        case ast.MatchValue():
            wanted = machine.evaluate(pattern.value, scope)
            return machine.truth(compare(machine, ast.Eq, subject, wanted))
        case ast.MatchSingleton():
            return machine.truth(compare(machine, ast.Is, subject, pattern.value))
        case ast.MatchOr():
            return any(_matches(machine, each, subject, scope) for each in pattern.patterns)
        case ast.MatchAs():
            fits = pattern.pattern is None or _matches(machine, pattern.pattern, subject, scope)
            if fits and pattern.name is not None:
                set_name(machine, scope, pattern.name, subject, None)
            return fits
        case ast.MatchSequence():
            return _sequence(machine, pattern, subject, scope)
        case ast.MatchMapping():
            return _mapping(machine, pattern, subject, scope)
        case ast.MatchClass():
            return _class(machine, pattern, subject, scope)
    return _undecided(machine, pattern, subject)


def _undecided(machine: Machine, pattern: ast.pattern, subject: Value) -> bool:
    key = machine.key("match", id(pattern), machine.part(subject))
    return machine.decide(Condition(key))


def _sequence(machine: Machine, pattern: ast.MatchSequence, subject: Value, scope: Scope) -> bool:
    subject = machine.known(subject)
    starred = any(isinstance(each, ast.MatchStar) for each in pattern.patterns)
    if not isinstance(subject, List | tuple) or starred:
        return _undecided(machine, pattern, subject)
    items, is_open = elements(machine, subject)
    if is_open:
        return _undecided(machine, pattern, subject)
    return len(items) == len(pattern.patterns) and all(
        _matches(machine, each, value, scope)
        for each, value in zip(pattern.patterns, items, strict=True)
    )


def _mapping(machine: Machine, pattern: ast.MatchMapping, subject: Value, scope: Scope) -> bool:
    subject = machine.known(subject)
    if not isinstance(subject, Dict):
        return _undecided(machine, pattern, subject)
    for key, each in zip(pattern.keys, pattern.patterns, strict=True):
        found = subject.items.get(key_of(machine.evaluate(key, scope)))
        if found is None and subject.open:
            return _undecided(machine, pattern, subject)
        if found is None or not _matches(machine, each, found[1], scope):
            return False
    return True


def _class(machine: Machine, pattern: ast.MatchClass, subject: Value, scope: Scope) -> bool:
    subject, cls = machine.known(subject), machine.evaluate(pattern.cls, scope)
    if not isinstance(subject, Instance) or not isinstance(cls, Class):
        return _undecided(machine, pattern, subject)
    if cls not in subject.cls.lineage():
        return False
    names = [*(subject.cls.fields or ())[: len(pattern.patterns)], *pattern.kwd_attrs]
    return all(
        _matches(machine, each, machine.attribute(subject, name, pattern.cls), scope)
        for name, each in zip(names, (*pattern.patterns, *pattern.kwd_patterns), strict=False)
    )
