"""The ``match`` statement."""

from __future__ import annotations

import ast

from selu_lint.source.binding import set_name
from selu_lint.source.builtins import is_a
from selu_lint.source.definitions import Class, Instance, Scope
from selu_lint.source.iteration import elements
from selu_lint.source.machine import Flow, Machine
from selu_lint.source.operations import compare
from selu_lint.source.refusals import refuses
from selu_lint.source.values import Condition, Dict, List, Value, is_constant, key_of


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
        case ast.MatchStar():
            if pattern.name is not None:
                set_name(machine, scope, pattern.name, subject, None)
            return True
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
    if is_constant(subject) or isinstance(subject, Dict):
        return False
    items, is_open = elements(machine, subject)
    if is_open or not isinstance(subject, List | tuple):
        return _undecided(machine, pattern, subject)
    patterns = pattern.patterns
    starred = next((i for i, each in enumerate(patterns) if isinstance(each, ast.MatchStar)), None)
    if starred is not None and len(items) >= len(patterns) - 1:
        end = len(items) - (len(patterns) - starred - 1)
        items = [*items[:starred], List(items[starred:end]), *items[end:]]
    return len(items) == len(patterns) and all(
        _matches(machine, each, value, scope) for each, value in zip(patterns, items, strict=True)
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
        told = is_a(subject, cls)
        if told is None or len(pattern.patterns) > 1 or pattern.kwd_attrs:
            return _undecided(machine, pattern, subject)
        # The one argument of Python's own types is the value itself.
        return told and all(_matches(machine, p, subject, scope) for p in pattern.patterns)
    if cls not in subject.cls.lineage():
        return False
    names = [*(subject.cls.fields or ())[: len(pattern.patterns)], *pattern.kwd_attrs]
    return all(
        _matches(machine, each, machine.attribute(subject, name, pattern.cls), scope)
        for name, each in zip(names, (*pattern.patterns, *pattern.kwd_patterns), strict=False)
    )
