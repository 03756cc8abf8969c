"""Names that a model brings along never steer a terminal, a log or an annotation."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from selu_lint.cli import main
from selu_lint.reports import FORMATS

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
    "::stop-commands::token",
    "\u2003::add-mask::x",
    "##[error]forged",
    "##vso[task.setvariable variable=x]y",
    "a ###vso[task.complete result=Succeeded;]",
    "##teamcity[buildStatus status='SUCCESS']",
    "conv\u3164",
    "\uffa0\u115f\u1160\u2800\ufe0f\U000e0101\u034f\u17b4",
)
_STEERING = {"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"}
_FILLERS = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u2800\u3164\ufe00\ufe0f\uffa0\U000e0101"


def run(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run ``selu-lint`` in this process, which takes a tenth of the time of one of its own."""
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(cwd)
        done = CliRunner().invoke(main, [str(each) for each in arguments])
    return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)


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
    """Return what steers who shows a text, or hides in it: characters, and commands of services.

    Of workflow commands those count that are none of the report's own.
    """
    own = r"^::(?:error|warning|notice) (?:file=[^:]*|title=selu-lint)::"
    shown = re.sub(own, "", text, flags=re.MULTILINE)
    return {
        *(c for c in text if c not in "\n " and unicodedata.category(c) in _STEERING),
        *(c for c in text if c in _FILLERS),
        *re.findall(r"##\w*\[", text),
        *re.findall(r"^\s*::.*", shown, re.MULTILINE),
    }


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
            re.match(r"::(error|warning|notice) (file=model\.json,|title=selu-lint::)", line)
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
    "command",
    [
        "check --statistics", "check --statistics --format json", "fix --diff", "fix",
        "fix --format json", "fix --diff --format json", "check -v", "check --color always --quiet",
    ],
)  # fmt: skip
def test_other_reports_escape_every_name(command: str, model: Path) -> None:
    done = run(*command.split(), model.name, cwd=model.parent)
    assert done.returncode in (0, 1)
    assert "SELU002" in done.stdout or "AlphaDropout" in done.stdout
    output = re.sub(r"\x1b\[\d+m", "", done.stdout) if "color" in command else done.stdout
    assert steers(output + done.stderr) == set()


def test_profile_escapes_every_name(model: Path) -> None:
    for format_ in ("text", "json"):
        done = run("profile", "--format", format_, model.name, cwd=model.parent)
        assert "drop" in done.stdout
        assert steers(done.stdout + done.stderr) == set()


@pytest.mark.parametrize("format_", FORMATS)
def test_the_name_of_the_file_is_escaped_too(format_: str, model: Path) -> None:
    path = model.rename(model.parent / "a\x1b[2J\nb.json")
    done = run("check", path.name, "missing\x1b[31m\nforged", "--format", format_, cwd=path.parent)
    assert done.returncode == 2
    assert steers(done.stdout + done.stderr) == set()
    assert not any(line.startswith("forged") for line in done.stdout.splitlines())


PATHS = (
    "::stop-commands::x",
    "##vso[task.complete]",
    "##teamcity[x]",
    "a\x1b[2J",
    "b\nc",
    "d\u3164e",
)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no such names on Windows")
@pytest.mark.parametrize("name", PATHS)
def test_paths_are_escaped_wherever_they_are_told(name: str, model: Path) -> None:
    """Walk every way of a path to the output: reports, notes, errors, configurations, details."""
    folder = model.parent / name
    (folder / "strange").mkdir(parents=True)
    models = [folder / f"{name}.json", folder / "strange" / f"{name}.json"]
    for each in models:
        each.write_bytes(model.read_bytes())
    (folder / "cut.keras").write_bytes(b"PK\x03\x04")
    (folder / f"{name}.link.keras").symlink_to("nowhere")
    (folder / "strange" / "selu-lint.toml").write_text("ignore = ['SELU001']")
    text = f"exclude = [{json.dumps(name)}]\nlimits.layers = 9999\n"
    own = folder / f"{name}.toml"
    own.write_text(f"[tool.selu-lint]\n{text}", encoding="utf-8")
    broken = folder / f"{name}.broken.toml"
    broken.write_text(f"[tool.selu-lint]\n{json.dumps(name)} = 1", encoding="utf-8")
    path, known = f"{name}/{name}.json", f"{name}/{name}.known"
    outputs = [
        run("check", *more, cwd=model.parent)
        for more in (
            *(("--format", format_, "--", name, f"{name}/gone") for format_ in FORMATS),
            ("-v", "--pass-over", "--", name, own.name, f"{name}/cut.keras", f"{name}/gone"),
            ("--write-baseline", known, "--", path),
            ("--baseline", known, "--select", "SELU002", "--", path),
            ("--baseline", f"{name}/{name}.gone", "--", path),
            ("--output-file", f"{name}/no/{name}", "--", path),
            ("--config", f"{name}/{broken.name}", "--", path),
            ("--config", f"{name}/gone", "--", path),
            ("--select", name, "--", path),
            ("--fail-on", name, "--", path),
            (f"--{name}", "--", path),
            ("--jobs", name, "--", path),
        )
    ]
    outputs += [
        run(*more, cwd=model.parent)
        for more in (
            (name,),
            ("rule", "--", name),
            ("config", "--", name),
            ("config", "--config", f"{name}/{own.name}", "--", path),
            ("fix", "--diff", "--", name, f"{name}/gone"),
            ("fix", "--output", f"{name}/out/", "--", path, f"{name}/cut.keras"),
            ("fix", "--output", f"{name}/out/", "--", path),
            ("fix", "-v", "--output", f"{path}/no/x", "--", path),
            ("profile", "--", path),
            ("profile", "--plot", f"{name}/{name}.txt", "--", path),
            ("profile", "--", f"{name}/gone"),
        )
    ]
    for done in outputs:
        assert steers(done.stdout) == set(), done.args
        assert steers(done.stderr) == set(), done.args
    told = "".join(done.stdout + done.stderr for done in outputs)
    assert "is not the working folder's configuration" in told
    assert "links and special files" in told


@pytest.mark.skipif(sys.platform == "win32", reason="no such names on Windows")
def test_a_configuration_of_hostile_words_can_be_read_again(tmp_path: Path) -> None:
    from selu_lint.config.configuration_file import read

    words = [word for word in NAMES if "\ud800" not in word and "\0" not in word]
    entries = "".join(
        f"[[ignore-layers]]\nlayers = {json.dumps(word)}\nreason = {json.dumps(word)}\n"
        for word in words
    )
    text = re.sub(r"(?:\\ud[89ab]..\\ud[c-f]..)", lambda f: json.loads(f'"{f[0]}"'), entries)
    (tmp_path / "selu-lint.toml").write_text(text, encoding="utf-8")
    printed = run("config", cwd=tmp_path).stdout
    assert steers(printed) == set()
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / "selu-lint.toml").write_text(printed, encoding="utf-8")
    again = read(tmp_path / "again" / "selu-lint.toml")
    assert again is not None
    assert [each.layers for each in again.ignore_layers] == words


def test_warnings_and_assertions_in_python_are_escaped(model: Path) -> None:
    from selu_lint.testing import assert_self_normalizing

    with pytest.raises(AssertionError) as caught:
        assert_self_normalizing(model)
    assert steers(str(caught.value)) == set()
