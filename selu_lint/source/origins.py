"""Where the values that names hold are written."""

from __future__ import annotations

import ast

from selu_lint.source.definitions import Class, Instance, Scope
from selu_lint.source.values import Dict, Origin


def origin_of(node: ast.expr, scope: Scope) -> Origin | None:
    """Return where the value of a name or attribute is written; None if unknown."""
    if isinstance(node, ast.Name):
        holder = scope.holder(node.id)
        return None if holder is None else holder.origins.get(node.id)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        holder = scope.holder(node.value.id)
        held = None if holder is None else holder.variables[node.value.id]
        if isinstance(held, Instance):
            return held.origins.get(node.attr) or held.cls.scope.origins.get(node.attr)
        return held.scope.origins.get(node.attr) if isinstance(held, Class) else None
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        holder = scope.holder(node.value.id)
        held = None if holder is None else holder.variables[node.value.id]
        if isinstance(held, Dict) and isinstance(node.slice, ast.Constant):
            return held.origins.get(node.slice.value)
    return None
