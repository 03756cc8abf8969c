"""What must not change the findings: layout, names of its own, and code that is unrelated."""

from __future__ import annotations

import ast
from collections import Counter

import pytest

from tests.quick import one_in
from tests.source.snippets import FILES, Snippet, read_snippets
from tests.source.test_snippets import check

# Recovered files have no tree of their own, and comments are lost where code is written anew.
UNFIT = {"J02", "J03", "K19"}
PROGRAMS = [each for file in FILES for each in read_snippets(file) if each.name not in UNFIT]
UNRELATED = """
def _count(words):
    counts = {}
    for word in words:
        if word not in counts:
            counts[word] = 1
        else:
            counts[word] = counts[word] + 1
    return sorted(counts)[:3]


_TABLE = {name: len(name) for name in ("alpha", "beta")}
"""


def told(code: str) -> Counter[tuple[str, str]]:
    """Return how often each code is found, with which confidence."""
    return Counter((each.code, each.confidence.name) for each in check(code).findings)


class Renamed(ast.NodeTransformer):
    """Renames what functions bind for themselves."""

    def __init__(self, names: set[str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        if node.id in self.names:
            return ast.copy_location(ast.Name(f"{node.id}_renamed", node.ctx), node)
        return node


def local_names(tree: ast.Module) -> set[str]:
    """Return the names that only functions bind, and not as parameters or by other statements."""
    kept = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    kept |= {name for node in ast.walk(tree) for name in getattr(node, "names", []) if name}
    bound: set[str] = set()
    for node in ast.walk(tree):
        names = {
            each.id
            for each in ast.walk(node)
            if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
        }
        if isinstance(node, ast.FunctionDef):
            bound |= names
        elif isinstance(node, ast.ClassDef | ast.Module):
            kept |= {
                each.id
                for part in node.body
                if not isinstance(part, ast.FunctionDef | ast.ClassDef)
                for each in ast.walk(part)
                if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
            }
    return bound - kept


@pytest.mark.parametrize("program", one_in(10, PROGRAMS), ids=lambda each: each.name)
def test_neither_layout_nor_names_nor_other_code_matter(program: Snippet) -> None:
    tree = ast.parse(program.code)
    expected = told(program.code)
    assert told(ast.unparse(tree)) == expected
    assert told(program.code + UNRELATED) == expected
    renamed = ast.unparse(Renamed(local_names(tree)).visit(ast.parse(program.code)))
    assert told(renamed) == expected
