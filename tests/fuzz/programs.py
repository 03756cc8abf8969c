"""Programs to damage: small ones of every construct, as text, trees and notebooks."""

from __future__ import annotations

import ast
import copy
import json
import pickle
import random
from collections.abc import Callable, Sequence
from functools import lru_cache

from tests.source.snippets import read_snippets

_WORDS = (
    "selu", "relu", "lecun_normal", "keras", "Dense", "Dropout", "self", "None", "True", "x",
    "for", "in", "if", "else", "try:", "except", "lambda", "yield", "await", "match", "case _:",
    "*", "**", "@", ":=", "->", "(", ")", "[", "]", "{", "}", ":", ",", "=", "==", ".", "\\",
    '"', "'", '"""', "f'", "\t", "\f", "\r", "\0", "\ufeff", "é", "😀", "\n", "\n\n", "    ", "#",
    "# noqa", "# selu-lint: ignore[", "# selu-lint: ignore-file", "%%time\n", "%ls", "!ls", "?",
    "0", "-1", "1e999", "10**9", "'a' * 10**9", "9" * 5000,
)  # fmt: skip
_HEAVY = (
    "while True:\n    x = x + x", "x = [x, x]", "x.append(x)", "f(f)", "class A(A): pass",
    "globals().clear()", "x = '%999999d' % x", "def f(*a, **k): return f(*a, **k)",
    "exec('x')", "model.add(model)", "del x", "x = yield", "import x.y as keras",
)  # fmt: skip
_TREE = 0.6
_NOTEBOOK = 0.1


@lru_cache(1)
def seeds() -> tuple[bytes, ...]:
    """Return sound programs."""
    return tuple(snippet.code.encode() for snippet in read_snippets("snippets.txt"))


@lru_cache(1)
def _trees() -> tuple[ast.Module, ...]:
    return tuple(tree for code in seeds() if (tree := _parsed(code)) is not None)


@lru_cache(1)
def _pool() -> dict[type[ast.AST], list[ast.AST]]:
    """Return the nodes of all programs, expressions and statements apart."""
    nodes = [node for tree in _trees() for node in ast.walk(tree)]
    return {
        kind: [node for node in nodes if isinstance(node, kind)] for kind in (ast.expr, ast.stmt)
    }


@lru_cache(512)
def _parsed(code: bytes) -> ast.Module | None:
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def changed(data: bytes, random: random.Random) -> bytes:
    """Return a program with some of its nodes, lines or words changed; at times as a notebook."""
    tree = _parsed(data)
    if tree is not None and random.random() < _TREE:
        data = _altered(tree, random)
    else:
        data = _damaged(data, random)
    return notebook(data, random) if random.random() < _NOTEBOOK else data


def notebook(data: bytes, random: random.Random) -> bytes:
    """Return a notebook whose cells are the parts of a program."""
    lines = data.decode(errors="replace").splitlines(keepends=True)
    cells = []
    while lines:
        size = random.randrange(1, 12)
        part, lines = lines[:size], lines[size:]
        source = part if random.random() < 0.8 else "".join(part)
        cells.append({"cell_type": "code", "metadata": {}, "outputs": [], "source": source})
    content = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    text = json.dumps(content, indent=random.choice((None, 1)), ensure_ascii=random.random() < 0.5)
    encoded = text.encode(errors="replace")
    if random.random() < 0.3:
        place = random.randrange(len(encoded))
        encoded = encoded[:place] + random.choice(_WORDS).encode() + encoded[place:]
    return encoded


def _altered(tree: ast.Module, random: random.Random) -> bytes:
    """Return the text of a tree of which some nodes are others, dropped, doubled or moved."""
    tree = pickle.loads(pickle.dumps(tree))  # A fifth of the time of copy.deepcopy.
    for _ in range(random.choice((1, 1, 2, 4, 8))):
        node = random.choice(list(ast.walk(tree)))
        random.choice(_CHANGES)(node, random)
    try:
        return ast.unparse(tree).encode(errors="replace")
    except (ValueError, RecursionError, AttributeError, TypeError, KeyError, IndexError):
        # Not every tree is the tree of a text.
        return ast.unparse(random.choice(_trees())).encode()


def _replace(node: ast.AST, random: random.Random) -> None:
    """Put another expression or statement in the place of one below the node."""
    for name, value in random.sample(list(ast.iter_fields(node)), len(node._fields)):
        kind = next((each for each in _pool() if isinstance(value, each)), None)
        if kind is not None:
            setattr(node, name, copy.deepcopy(random.choice(_pool()[kind])))
            return
        if isinstance(value, list) and value:
            index = random.randrange(len(value))
            inner = next((each for each in _pool() if isinstance(value[index], each)), None)
            if inner is not None:
                value[index] = copy.deepcopy(random.choice(_pool()[inner]))
                return


def _shuffle(node: ast.AST, random: random.Random) -> None:
    """Drop, double or move items of a list of the node."""
    lists = [value for _, value in ast.iter_fields(node) if isinstance(value, list) and value]
    if not lists:
        return
    chosen = random.choice(lists)
    index = random.randrange(len(chosen))
    way = random.randrange(3)
    if way == 0 and len(chosen) > 1:
        del chosen[index]
    elif way == 1:
        chosen.insert(index, copy.deepcopy(chosen[index]))
    else:
        random.shuffle(chosen)


def _rename(node: ast.AST, random: random.Random) -> None:
    """Give a name or a constant of the node another value."""
    for name, value in ast.iter_fields(node):
        if isinstance(value, str) and value.isidentifier():
            setattr(node, name, random.choice(("x", "f", "self", "Dense", "selu", "model")))
        elif name == "value" and isinstance(node, ast.Constant):
            node.value = random.choice(
                (None, True, 0, -1, 10**30, 1e308, "", "selu", "x" * 3000, (), b"selu", ...)
            )


_CHANGES: Sequence[Callable[[ast.AST, random.Random], None]] = (
    _replace, _replace, _shuffle, _shuffle, _rename
)  # fmt: skip


def _damaged(data: bytes, random: random.Random) -> bytes:
    """Return text with words put in, lines moved, dropped, doubled, spliced in, or bytes set."""
    for _ in range(random.choice((1, 1, 2, 3, 6))):
        lines = data.splitlines(keepends=True) or [b""]
        index, way = random.randrange(len(lines)), random.randrange(7)
        if way == 0:
            del lines[index]
        elif way == 1:
            lines.insert(index, lines[random.randrange(len(lines))])
        elif way == 2:
            other = random.choice(seeds()).splitlines(keepends=True)
            start = random.randrange(len(other))
            lines[index:index] = other[start : start + random.randrange(1, 9)]
        elif way == 3:
            lines.insert(index, random.choice(_HEAVY).encode() + b"\n")
        elif way == 4:
            lines[index] = random.choice((b" ", b"    ", b"\t")) + lines[index]
        else:
            line = lines[index]
            place = random.randrange(len(line) + 1)
            word = random.choice(_WORDS).encode()
            if way == 6:
                word = bytes([random.randrange(256)])
            lines[index] = line[:place] + word + line[place + random.randrange(3) :]
        data = b"".join(lines)
    return data
