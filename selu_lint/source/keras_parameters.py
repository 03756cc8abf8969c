"""What the constructors of Keras's layers and initializers take."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import lru_cache

from selu_lint.source.keras_signatures import KERAS_1, LATEST

REQUIRED = object()
"""Stands for the default of a parameter that has none."""


@lru_cache(maxsize=1024)
def parameters(class_name: str, of_keras_1: bool = False) -> Mapping[str, object]:
    """Return a class's parameters in order, each with its default; none if it is not known."""
    tables = (KERAS_1, LATEST) if of_keras_1 else (LATEST, KERAS_1)
    text = next((table[class_name] for table in tables if class_name in table), "")
    function = ast.parse(f"def f({text}): pass").body[0]
    assert isinstance(function, ast.FunctionDef)
    names = [each.arg for each in function.args.args]
    defaults = [ast.literal_eval(each) for each in function.args.defaults]
    given = zip(reversed(names), reversed(defaults), strict=False)
    return dict.fromkeys(names, REQUIRED) | dict(given)
