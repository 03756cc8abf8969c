"""Configurations that come along with a stranger's model: bounded, and never silent.

Where a text takes quadratic time or more, these tests do not end.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from selu_lint.config import baseline, discovery
from selu_lint.config.configuration import MOST_BYTES, Configuration
from selu_lint.config.configuration_file import read
from selu_lint.config.discovery import Finder
from selu_lint.errors import SeluLintError
from selu_lint.limits import Limits
from selu_lint.storage.globs import matches, matches_file
from tests.commands.command import BROKEN, run
from tests.quick import one_in

needs_fifo = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs")


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a working folder with a model of its own, and one in a folder of a stranger's."""
    folder = tmp_path / "project"
    (folder / "given").mkdir(parents=True)
    shutil.copy(BROKEN, folder / "own.keras")
    shutil.copy(BROKEN, folder / "given" / "model.keras")
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize(
    "line",
    one_in(
        3, [b"\n", b" ", b" \n", b"[", b"\t[ ", b"tool ", b"tool . ", b"['tool", b"selu-lint\n"]
    ),
)
def test_looking_for_the_table_takes_linear_time(line: bytes) -> None:
    Path("pyproject.toml").write_bytes(b"# selu-lint\n" + line * (MOST_BYTES // len(line) - 100))
    with contextlib.suppress(SeluLintError):
        assert Finder().own.path is None


@pytest.mark.parametrize(
    "text",
    [
        "a" + ".a" * 400_000 + " = 1",
        '[tool."selu-lint"' + '."\\""' * 100_000 + "]",
        "a = " + "[" * 500_000,
        "a = " + "{a = " * 100_000,
        "limits.layers = " + "9" * 5000,
        "limits.layers = 0x" + "f" * 5000,
        "limits.layers = 1" + "0" * 4000,
        "limits.layers = -1" + "0" * 4000,
        "build-timeout = 1" + "0" * 4000,
        "build-timeout = inf",
        "build-timeout = nan",
        "fail-on = 0x" + "f" * 5000,
        "alpha-rate = 1" + "0" * 4000,
        "exclude = ['" + "*a" * 5000 + "']",
        "exclude = [" + "'a'," * 2000 + "]",
        "rules.SELU009.range = 1" + "0" * 4000,
        "x" * 500_000 + " = 1",
        "select = ['" + "S" * 900 + "']",
        "# " + "x" * MOST_BYTES,
    ],
    ids=lambda text: text[:24],
)
def test_hostile_text_is_one_short_line(text: str) -> None:
    Path("selu-lint.toml").write_text(text)
    with pytest.raises(SeluLintError) as caught:
        read(Path("selu-lint.toml"))
    assert str(caught.value).startswith("selu-lint.toml: ")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300


@needs_fifo
def test_only_regular_files_are_read() -> None:
    os.mkfifo("pipe")
    for name in ("selu-lint.toml", "pyproject.toml"):
        os.mkfifo(name)
    assert Finder().own == Configuration()
    Path("selu-lint.toml").unlink()
    with pytest.raises(SeluLintError, match="neither a file"):
        read(Path("pipe"))
    Path("selu-lint.toml").write_text("baseline = 'pipe'")
    with pytest.raises(SeluLintError, match=r"cannot read the baseline .*: neither a file"):
        baseline.read(Path("pipe"))
    done = run("check", "own.keras")
    assert done.returncode == 2
    assert "cannot read the baseline" in done.stderr


def test_a_baseline_is_read_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baseline, "MOST_BYTES", 1000)
    Path("known.json").write_text(" " * 1001)
    with pytest.raises(SeluLintError, match="larger than"):
        baseline.read(Path("known.json"))
    for text in ("9" * 5000, "[" * 900, '{"version": 1, "version": 1}'):
        monkeypatch.setattr(baseline, "MOST_BYTES", 10_000)
        Path("known.json").write_text(text)
        with pytest.raises(SeluLintError, match="no valid JSON"):
            baseline.read(Path("known.json"))


@pytest.mark.parametrize("star", ["*", "**", "**/"])
def test_patterns_of_many_stars_take_linear_time(star: str) -> None:
    assert not matches(f"{star}a" * 300 + "b", "a" * 3000)
    assert not matches(f"{star}a" * 300 + "b", "a/" * 3000)
    assert matches(f"{star}a" * 300, "a" * 300)
    assert not matches_file(f"/{star}a" * 100 + "b", "a/" * 300)


def test_a_foreign_configuration_can_lower_limits_only() -> None:
    Path("selu-lint.toml").write_text(
        "build-timeout = 60\nlimits = { layers = 50, members = 20000 }"
    )
    Path("given/selu-lint.toml").write_text(
        "build-timeout = 1000\nlimits = { layers = 60, edges = 7, json-bytes = 99999999999 }"
    )
    finder = Finder()
    given = finder.of("given/model.keras")
    assert (given.settings.limits.layers, given.settings.limits.edges) == (50, 7)
    assert given.settings.limits.json_bytes == Limits().json_bytes
    assert given.settings.limits.members == Limits().members
    assert given.settings.build_timeout == 60
    assert finder.of("own.keras").settings.limits.members == 20_000
    (note,) = finder.notes
    assert note.startswith(
        f"{Path('given', 'selu-lint.toml')} is not the working folder's configuration; "
        "it cannot raise limits"
    )


@pytest.mark.slow
@pytest.mark.parametrize("command", ["check", "check --quiet", "fix --diff", "profile", "config"])
@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("select = ['SELU9']", "select"),
        ("ignore = ['SELU']\nfail-on = 'never'", "ignore, fail-on"),
        ("exclude = ['**']", "exclude"),
        ("per-file-ignores = { '*' = ['SELU'] }", "per-file-ignores"),
        ("severity = { SELU = 'note' }", "severity"),
        ("baseline = 'known.json'", "baseline"),
        ("[[ignore-layers]]\nlayers = '**'\nreason = 'x'", "ignore-layers"),
    ],
)
def test_a_foreign_configuration_silences_nothing_in_silence(
    command: str, text: str, keys: str
) -> None:
    from click.testing import CliRunner

    from selu_lint.cli import main

    Path("given/known.json").write_text('{"version": 1, "files": {}}')
    Path("given/selu-lint.toml").write_text(text)
    named = "given" if command.startswith(("check", "fix")) else "given/model.keras"
    done = CliRunner().invoke(main, [*command.split(), named])
    line = f"note: {Path('given', 'selu-lint.toml')} is not the working folder's configuration; "
    assert f"{line}it sets {keys} (" in done.stderr
    # The user's own, and one that the user names, need no note.
    os.chdir("given")
    assert "note" not in CliRunner().invoke(main, [*command.split(), "model.keras"]).stderr
    os.chdir("..")
    chosen = ["--config", "given/selu-lint.toml"]
    assert "note" not in CliRunner().invoke(main, [*command.split(), named, *chosen]).stderr


@pytest.mark.slow
@pytest.mark.parametrize("text", ["select = [", "baseline = 'gone.json'", "limits.layers = 0"])
def test_a_broken_foreign_configuration_is_the_error_of_its_files(text: str) -> None:
    Path("given/selu-lint.toml").write_text(text)
    done = run("check", "--format", "json", ".")
    assert done.returncode == 2
    given, own = json.loads(done.stdout)["files"]
    assert (given["path"], own["path"]) == ("./given/model.keras", "./own.keras")
    assert given["findings"] == []
    assert (
        str(Path("given", "gone.json" if "baseline" in text else "selu-lint.toml"))
        in given["error"]
    )
    assert len(own["findings"]) == 4
    if "baseline" not in text:
        done = run("fix", "--diff", "--format", "json", ".")
        assert done.returncode == 2
        given, own = json.loads(done.stdout)["files"]
        assert "its configuration cannot be used: given" in given["error"]
        assert len(own["applied"]) == 4
    os.chdir("given")
    assert run("check", "model.keras").stdout == ""


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs owners of files")
def test_a_file_of_another_user_above_is_foreign(monkeypatch: pytest.MonkeyPatch) -> None:
    above = Path("..", "selu-lint.toml").absolute().resolve()
    above.write_text("ignore = ['SELU']\nlimits.members = 20000")
    assert Finder().own.settings.ignore == ("SELU",)
    really = os.stat

    def owned(path: object, *more: object, **options: object) -> os.stat_result:
        status = really(path, *more, **options)  # type: ignore[arg-type]
        if str(path) == str(above):
            return os.stat_result((*status[:4], os.geteuid() + 1, *status[5:10]))
        return status

    monkeypatch.setattr(discovery.os, "stat", owned)
    finder = Finder()
    assert finder.own.settings.ignore == ()
    assert finder.of("own.keras").settings.limits == Limits()
    assert "it sets ignore and cannot raise limits" in finder.notes[0]
    above.write_text("broken")
    assert Finder().own == Configuration()


def test_import_of_toml_stays_out_of_a_start_without_configuration() -> None:
    program = "import sys; from selu_lint.config.discovery import Finder; Finder().of('x'); "
    program += "assert not {'tomllib', 'tomli'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)
