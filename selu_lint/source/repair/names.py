"""The names of a file: where each stands, and what binds it, gathered in one walk."""

from __future__ import annotations

import ast
import builtins
from typing import NamedTuple


class Imported(NamedTuple):
    """A name that a ``from`` import binds."""

    statement: ast.ImportFrom
    alias: ast.alias

    @property
    def bound(self) -> str:
        """The name in the file."""
        return self.alias.asname or self.alias.name


class Names:
    """The names of a tree.

    Parameters
    ----------
    tree : ast.Module
        The tree.

    Attributes
    ----------
    uses : dict of str to list of ast.Name
        Where each name stands, read or stored.
    parents : dict of int to ast.AST
        What is around each node, by its identity.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.uses: dict[str, list[ast.Name]] = {}
        self.parents: dict[int, ast.AST] = {}
        self._introduced: set[str] = set()
        self._declared: set[str] = set()
        self._texts: set[str] = set()
        self._classes: dict[str, ast.ClassDef] = {}
        self._imports: dict[int, tuple[Imported, ...]] = {}
        for node in ast.walk(tree):
            self.parents |= {id(child): node for child in ast.iter_child_nodes(node)}
            match node:
                case ast.Name():
                    self.uses.setdefault(node.id, []).append(node)
                case ast.Constant(value=str(text)):
                    self._texts.add(text)
                case ast.alias():
                    self._introduced.add(node.asname or node.name.partition(".")[0])
                case ast.arg():
                    self._introduced.add(node.arg)
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    self._introduced.add(node.name)
                case ast.ClassDef():
                    self._introduced.add(node.name)
                    self._classes.setdefault(node.name, node)
                case ast.Global() | ast.Nonlocal():
                    self._declared.update(node.names)

    def is_bound(self, name: str) -> bool:
        """Whether anything in the file binds a name."""
        return name in self._introduced or any(
            isinstance(use.ctx, ast.Store) for use in self.uses.get(name, ())
        )

    @property
    def unbound(self) -> set[str]:
        """The names that nothing in the file binds and that are not Python's own."""
        if self.is_bound("*"):
            return set()
        return {name for name in self.uses if not self.is_bound(name)} - vars(builtins).keys()

    def is_assigned_only(self, name: str) -> bool:
        """Whether only assignments of its own scope can give a name its value."""
        return name not in self._introduced and name not in self._declared

    def is_meant(self, name: str) -> bool:
        """Whether a text or a ``global`` may mean a name."""
        return name in self._texts or name in self._declared

    def class_of(self, name: str) -> ast.ClassDef | None:
        """Return the class of the file that has a name."""
        return self._classes.get(name)

    def imports(self, scope: ast.AST) -> tuple[Imported, ...]:
        """Return what the imports of a scope bind, not those of functions in it."""
        known = self._imports.get(id(scope))
        if known is None:
            known = self._imports[id(scope)] = _imports(scope)
        return known


FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
"""What has a scope of its own for imports."""


def _imports(scope: ast.AST) -> tuple[Imported, ...]:
    found: list[Imported] = []
    level = [scope]
    while level:
        inner = [child for node in level for child in ast.iter_child_nodes(node)]
        for node in inner:
            if isinstance(node, ast.ImportFrom):
                found += [Imported(node, alias) for alias in node.names]
        level = [
            node
            for node in inner
            if isinstance(node, ast.stmt | ast.ExceptHandler)
            and not isinstance(node, (*FUNCTIONS, ast.ClassDef))
        ]
    return tuple(found)
