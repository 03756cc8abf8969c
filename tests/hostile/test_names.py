"""Names that a model brings along never steer a terminal, a log or an annotation."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from selu_lint.reports import FORMATS
from tests.commands.command import run

NAMES = (
    "\x1b[2J\x1b[31mall clean\x1b[0m",
    "two\nlines: SELU001 none",
    "back\r0 findings",
    "\x1b]8;;http://127.0.0.1/\x07link\x1b]8;;\x07",
    "\x9b2J",
    "\u202egnp.exe",
    "\u2066hidden\u2069\u200b",
    "nul\0byte",
    "\ud800",
    "::error file=other.py::forged",
    "%0A::set-output name=x::y",
    "</failure><script>alert(1)</script>]]>",
    "| a | `code` | ![x](http://127.0.0.1/x.png)",
)
_STEERING = {"Cc", "Cf", "Cs", "Zl", "Zp"}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Return a model whose layers, classes, initializers and activations have hostile names."""
    layers: list[dict[str, Any]] = [
        {"class_name": "InputLayer", "config": {"name": "given", "batch_input_shape": [None, 8]}}
    ]
    for name in NAMES:
        config = {
            "name": name,
            "units": 8,
            "activation": "selu",
            "kernel_initializer": {"class_name": name, "config": {}},
        }
        own = {"name": f"own {name}", "activation": name}
        layers += [
            {"class_name": "Dense", "config": config},
            {"class_name": "Dropout", "config": {"name": f"drop {name}", "rate": 0.5}},
            {"class_name": name, "config": own},
        ]
    whole = {"class_name": "Sequential", "config": {"name": NAMES[0], "layers": layers}}
    path = tmp_path / "model.json"
    path.write_text(json.dumps({**whole, "keras_version": NAMES[1]}))
    return path


def steers(text: str) -> set[str]:
    """Return the characters that steer what shows a text, but for its line breaks."""
    return {c for c in text if c != "\n" and unicodedata.category(c) in _STEERING}


@pytest.mark.parametrize("format_", FORMATS)
def test_check_escapes_every_name(format_: str, model: Path) -> None:
    done = run("check", model.name, "--format", format_, cwd=model.parent)
    assert done.returncode == 1
    assert "SELU002" in done.stdout
    assert steers(done.stdout) == set()
    assert steers(done.stderr) == set()
    if format_ in ("json", "sarif", "gitlab"):
        json.loads(done.stdout)
    elif format_ == "github":
        assert all(
            re.match(r"::(error|warning|notice) file=model\.json,", line)
            for line in done.stdout.splitlines()
        )
    elif format_ == "junit":
        import xml.etree.ElementTree as ElementTree

        assert "script" not in {
            element.tag for element in ElementTree.fromstring(done.stdout).iter()
        }
    else:
        assert not any(line.startswith(("::", "lines:")) for line in done.stdout.splitlines())


@pytest.mark.parametrize(
    "command", ["check --statistics", "fix --diff", "fix", "fix --format json"]
)
def test_other_reports_escape_every_name(command: str, model: Path) -> None:
    done = run(*command.split(), model.name, cwd=model.parent)
    assert done.returncode in (0, 1)
    assert "SELU002" in done.stdout or "AlphaDropout" in done.stdout
    assert steers(done.stdout + done.stderr) == set()


def test_profile_escapes_every_name(model: Path) -> None:
    done = run("profile", model.name, cwd=model.parent)
    assert "drop" in done.stdout
    assert steers(done.stdout + done.stderr) == set()


@pytest.mark.parametrize("format_", FORMATS)
def test_the_name_of_the_file_is_escaped_too(format_: str, model: Path) -> None:
    path = model.rename(model.parent / "a\x1b[2J\nb.json")
    done = run("check", path.name, "missing\x1b[31m\nforged", "--format", format_, cwd=path.parent)
    assert done.returncode == 2
    assert steers(done.stdout + done.stderr) == set()
    assert not any(line.startswith("forged") for line in done.stdout.splitlines())
