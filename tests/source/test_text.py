"""Places of nodes: lines and columns of characters, whatever newlines, letters and cells."""

from __future__ import annotations

import ast
import json

import pytest

from selu_lint.limits import DEFAULT
from selu_lint.model.document import NOTEBOOK, PYTHON
from selu_lint.model.source_text import SourceText
from selu_lint.source.reading import python_text, read_text


def calls(text: SourceText) -> list[ast.Call]:
    return [node for node in ast.walk(text.tree) if isinstance(node, ast.Call)]


def notebook(*cells: object, **metadata: object) -> bytes:
    content = {
        "cells": [
            {"cell_type": "code", "metadata": {}, "outputs": [], "source": cell} for cell in cells
        ],
        "metadata": metadata,
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(content, indent=1).encode()


def read_notebook(data: bytes) -> SourceText:
    text = read_text(data, "train.ipynb", NOTEBOOK, DEFAULT)
    assert text is not None
    return text


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_columns_count_characters_whatever_the_newline(newline):
    code = newline.join(['é = "😀"; Dense(3)', "if 1:", "\tx = (\f", "  Dense(", "4))", ""])
    text = python_text(code, "a.py", DEFAULT)
    assert text.newline == newline
    first, second = (text.place(call) for call in calls(text))
    assert tuple(first)[:4] == (1, 10, 1, 18)
    assert tuple(second)[:4] == (4, 3, 5, 3)
    assert [text.raw[slice(*text.span(call))] for call in calls(text)] == [
        "Dense(3)",
        f"Dense({newline}4)",
    ]


def test_a_place_of_a_notebook_names_cell_and_raw_line():
    data = notebook(["import keras\n"], ['a = "é\\"\\t"\n', "b = keras.Dense(3, 'selu')"])
    text = read_notebook(data)
    (call,) = calls(text)
    place = text.place(call)
    assert str(place) == "cell 2:2:5"
    assert place.text == "b = keras.Dense(3, 'selu')"
    line = data.decode().split("\n")[place.line - 1]
    assert line[place.column - 1 : place.end_column - 1] == "keras.Dense(3, 'selu')"


def test_every_character_of_a_notebook_is_mapped_to_its_own():
    code = 'x = "é\\\\ 😀 \\u1234"; keras.f("selu")\n\tkeras.g\r\nkeras.h'.replace("\t", "")
    for ascii_only in (True, False):
        content = json.loads(notebook(code))
        text = read_notebook(json.dumps(content, ensure_ascii=ascii_only).encode())
        for line, written in enumerate(text.lines, 1):
            for column, character in enumerate(written):
                begin, end = text.offset(line, column), text.offset(line, column + 1)
                assert json.loads(f'"{text.raw[begin:end]}"').startswith(character)


def test_other_cells_count_but_are_not_read():
    content = json.loads(notebook("import keras", "keras.f('selu')"))
    content["cells"].insert(1, {"cell_type": "markdown", "source": "keras.f('selu')"})
    text = read_notebook(json.dumps(content).encode())
    assert [str(text.place(call)) for call in calls(text)] == ["cell 3:1:1"]


def test_notebooks_of_nbformat_3():
    cells = [
        {"cell_type": "code", "language": "python", "input": ["import keras\n", "keras.f('selu')"]},
        {"cell_type": "code", "language": "ruby", "input": "keras.g()"},
    ]
    content = {"worksheets": [{"cells": cells}], "metadata": {}, "nbformat": 3}
    text = read_notebook(json.dumps(content).encode())
    assert [str(text.place(call)) for call in calls(text)] == ["cell 1:2:1"]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("%matplotlib inline\nkeras.f('selu')", ["2:1"]),
        ("!pip install \\\n  keras\nkeras.f('selu')", ["3:1"]),
        ("files = !ls\nkeras.f('selu')", ["2:1"]),
        ("keras.f?\nkeras.f('selu')", ["2:1"]),
        ("%%time\nkeras.f('selu')", ["2:1"]),
        ("%%bash\nkeras.f('selu')", []),
        ("%time keras.f('selu')", ["1:7"]),
        ("keras.f('a'\n  % x)\nkeras.f('selu')", ["1:1", "3:1"]),
        ("%ls\nkeras.f('a'\n  % x)\nkeras.f('selu')", ["2:1", "4:1"]),
    ],
)
def test_magics_are_taken_out(cell, expected):
    text = read_notebook(notebook(cell, "keras = 'selu'"))
    assert [str(text.place(call)).removeprefix("cell 1:") for call in calls(text)] == expected
    assert not text.unread


def test_a_broken_cell_leaves_the_others():
    text = read_notebook(notebook("keras.f('selu')", "keras.g(]\nkeras.h(1)", "keras.k()"))
    assert [str(text.place(call)) for call in calls(text)] == [
        "cell 1:1:1",
        "cell 2:2:1",
        "cell 3:1:1",
    ]
    assert text.unread == ("cell 2: line 1 was not read: no Python that can be parsed",)
    assert text.recovered


def test_code_without_selu_is_passed_over():
    assert read_text(b"import keras\nkeras.layers.Dense(3)", "a.py", PYTHON, DEFAULT) is None
    data = notebook("import keras\nkeras.layers.Dense(3)", outputs="selu")
    assert read_text(data, "a.ipynb", NOTEBOOK, DEFAULT) is None


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("# -*- coding: cp1252 -*-\nx = 'é'; keras.f('selu')".encode("cp1252"), False),
        (b"\xef\xbb\xbf# coding: utf-8\n" + "x = 'é'; keras.f('selu')".encode(), False),
        (b"\xef\xbb\xbf" + "x = 'é'; keras.f('selu')".encode(), False),
        ("x = 'é'; keras.f('selu')".encode("latin-1"), True),
        ("# coding: nonsense\nx = 'é'; keras.f('selu')".encode("latin-1"), True),
        ("# coding: idna\nx = 'é'; keras.f('selu')".encode("latin-1"), True),
    ],
)
def test_encodings(data, expected):
    text = read_text(data, "a.py", PYTHON, DEFAULT)
    assert text is not None
    assert text.recovered is expected
    assert text.raw.encode(text.encoding) == data
    assert "x = 'é'" in text.raw
