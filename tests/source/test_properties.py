"""What must not change what is found: layout, the names of variables, code about something else."""

from __future__ import annotations

import ast
from collections import Counter

import pytest

from selu_lint.findings import Finding
from selu_lint.report import FileReport
from tests.source.snippets import Snippet, read_snippets
from tests.source.test_snippets import check

SNIPPETS = pytest.mark.parametrize(
    "snippet", read_snippets("snippets.txt"), ids=lambda each: each.name
)


def found(report: FileReport, *, lines: bool) -> Counter[object]:
    """Return how often there is what, told by rule, confidence, and its line or its code."""

    def key(finding: Finding) -> object:
        place = finding.place
        where = None if place is None else place.line if lines else place.code
        return finding.code, finding.confidence, where

    return Counter(map(key, report.findings))


class _Renamed(ast.NodeTransformer):
    """Renames the variables that nothing but their own name refers to."""

    def __init__(self, tree: ast.Module) -> None:
        stored, others = set(), set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                stored.add(node.id)
            elif isinstance(node, ast.ClassDef):
                others |= {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
            elif isinstance(node, ast.arg | ast.keyword) and node.arg:
                others.add(node.arg)
            elif isinstance(node, ast.alias):
                others.add((node.asname or node.name).partition(".")[0])
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                others.add(node.name)
            elif isinstance(node, ast.Global | ast.Nonlocal):
                others.update(node.names)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                others.add(node.value)
            elif isinstance(node, ast.MatchAs | ast.MatchStar | ast.ExceptHandler) and node.name:
                others.add(node.name)
        self._names = {name: f"variable_{index}" for index, name in enumerate(stored - others)}

    def visit_Name(self, node: ast.Name) -> ast.Name:
        """Return the name anew."""
        node.id = self._names.get(node.id, node.id)
        return node


@pytest.mark.slow
@SNIPPETS
def test_layout(snippet: Snippet):
    if not parses(snippet):
        pytest.skip("it needs recovery")
    plain = ast.unparse(ast.parse(snippet.code))
    first = check(plain)
    written = check(snippet.code)
    # Comments are no part of the tree.
    assert Counter(each.code for each in first.findings) == Counter(
        each.code for each in (*written.findings, *written.hidden)
    )
    spaced = plain.replace("\n", "\r\n").replace("    ", "\t")
    assert found(check(spaced), lines=False) == found(first, lines=False)


@pytest.mark.slow
@SNIPPETS
def test_names_of_variables(snippet: Snippet):
    if not parses(snippet):
        pytest.skip("it needs recovery")
    tree = ast.parse(snippet.code)
    before = found(check(ast.unparse(tree)), lines=True)
    after = found(check(ast.unparse(_Renamed(tree).visit(tree))), lines=True)
    assert after == before


@pytest.mark.slow
@SNIPPETS
def test_code_about_something_else(snippet: Snippet):
    other = "def unrelated(a, b=2):\n    return [a * i for i in range(b)]\n\n\n"
    more = (
        "\nclass Unrelated:\n    x = len('abc')\n\n    def method(self):\n        return self.x\n"
    )
    code = snippet.code if snippet.code.endswith("\n") else f"{snippet.code}\n"
    assert found(check(other + code + more), lines=False) == found(check(code), lines=False)


def parses(snippet: Snippet) -> bool:
    """Return whether it is Python 3 without a mistake."""
    try:
        ast.parse(snippet.code)
    except SyntaxError:
        return False
    return True
