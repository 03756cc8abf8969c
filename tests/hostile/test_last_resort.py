"""Whatever goes wrong in a command is one line and exit code 2, and nothing dies on its output."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from selu_lint.cli import main
from tests.commands.command import BROKEN, run

ENCODINGS = ("ascii", "latin-1", "cp1252", "cp437", "utf-8")
COMMANDS = (
    ("check",),
    ("check", "--format", "markdown"),
    ("check", "--format", "junit"),
    ("fix", "--diff"),
    ("fix", "--in-place"),
    ("profile",),
    ("config",),
    ("rule", "SELU002"),
    ("rule", "SELU012"),
    ("train", "--help"),
)


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a model in the working folder, whose name no small encoding has."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copy(BROKEN, tmp_path / "модель→é.keras"))


def written(encoding: str, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[int, bytes]:
    """Run a command with both streams in an encoding, and return its exit code and output."""
    output, errors = (io.TextIOWrapper(io.BytesIO(), encoding) for _ in range(2))
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", output)
        patched.setattr(sys, "stderr", errors)
        with pytest.raises(SystemExit) as ended:
            main(arguments, prog_name="selu-lint")
    assert isinstance(ended.value.code, int)
    output.flush()
    return ended.value.code, output.buffer.getvalue()  # type: ignore[attr-defined]


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_encoding_of_the_output_ends_a_command(
    command: tuple[str, ...], encoding: str, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = () if command[0] in ("rule", "train") else (model.name,)
    code, output = written(encoding, monkeypatch, *command, *named)
    expected = {"check": 1, "fix": int("--diff" in command)}
    assert code == expected.get(command[0], 0), output
    assert output.decode(encoding)


def test_what_an_encoding_lacks_is_spelled_in_ascii(model: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    done = subprocess.run(
        [sys.executable, "-m", "selu_lint", "fix", "--seed", "0", model.name],
        capture_output=True,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == b""
    first = done.stdout.decode("cp1252").splitlines()[0]
    name = r"\u043c\u043e\u0434\u0435\u043b\u044c->é"
    before = f"{name}.keras -> {name}.fixed.keras: 4 findings repaired "
    assert first.removeprefix(before) == "(2 for a new training only), 0 findings stay"


def _explode(error: Exception) -> Callable[..., Any]:
    def explode(*arguments: object, **options: object) -> Any:
        raise error

    return explode


UNEXPECTED = (
    (ValueError("a\x1b[2J\nb"), "selu-lint itself failed with ValueError: a bug, please report it"),
    (MemoryError(), "it needs more memory than there is"),
    (RecursionError(), "it is nested deeper than Python can follow"),
    (OSError(28, "No space left on device"), "cannot go on: No space left on device"),
)
PLACES = (
    ("check", "selu_lint.commands.check.render"),
    ("check", "selu_lint.commands.check.check_project"),
    ("fix", "selu_lint.commands.fix.fix_models"),
    ("fix --diff", "selu_lint.reports.fix_text.render_diff"),
    ("profile", "selu_lint.commands.profile.profile_document"),
    ("profile", "selu_lint.reports.profile_text.render"),
    ("config", "selu_lint.commands.config.find_rules"),
    ("rule", "selu_lint.commands.rule.find_rules"),
    ("train", "selu_lint.reference.grids.grid"),
)


@pytest.mark.slow
@pytest.mark.parametrize(("error", "line"), UNEXPECTED, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize(("command", "place"), PLACES)
def test_what_nobody_expected_is_one_line(
    command: str,
    place: str,
    error: Exception,
    line: str,
    model: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(place, _explode(error))
    named = [] if command in ("rule", "train") else [model.name]
    done = CliRunner().invoke(main, [*command.split(), *named])
    assert done.exit_code == 2
    (told,) = done.stderr.splitlines()
    assert told.startswith("Error: ")
    assert line in told
    more = CliRunner().invoke(main, [*command.split(), "-v", *named])
    assert more.exit_code == 2
    assert more.stderr.splitlines()[0] == told
    assert any(each.startswith("Traceback") for each in more.stderr.splitlines())
    assert "\x1b" not in more.stderr


@pytest.mark.parametrize("command", ["check", "fix"])
def test_one_model_that_fails_leaves_the_others(
    command: str, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from selu_lint import linter
    from selu_lint.fixing import file_fixer

    other = shutil.copy(BROKEN, model.parent / "z.keras")
    read = linter.read

    def reading(path: Any, *more: Any) -> Any:
        if str(path) == model.name:
            raise IndexError("out of range")
        return read(path, *more)

    monkeypatch.setattr(linter, "read", reading)
    monkeypatch.setattr(file_fixer, "read", reading)
    done = CliRunner().invoke(main, [command, "-v", model.name, Path(other).name])
    assert done.exit_code == 2
    assert f"{model.name}: error: selu-lint itself failed with IndexError" in done.stdout
    assert "z.keras" in done.stdout
    assert "IndexError: out of range" in done.stderr


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="closes descriptors as a shell does")
@pytest.mark.parametrize("command", ["check", "fix --in-place", "profile", "config", "rule"])
def test_closed_standard_output_is_one_line(command: str, model: Path) -> None:
    named = "" if command == "rule" else f" {model.name}"
    line = f"exec {sys.executable} -m selu_lint {command}{named} >&-"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    told = "Error: the report cannot be written: standard output is closed"
    done_before = f"; written before: {model.name}" if "fix" in command else ""
    assert done.stderr == f"{told}{done_before}\n"


FULL = Path("/dev/full")
WRITTEN = [
    ("fix", "model.fixed.keras"),
    ("fix --in-place", "model.keras"),
    ("check --write-baseline known.json", "known.json"),
    ("profile --plot plot.html", "plot.html"),
]


@pytest.mark.slow
@pytest.mark.skipif(not FULL.exists(), reason="needs a device that is always full")
@pytest.mark.parametrize(("command", "written"), WRITTEN)
def test_a_full_disk_behind_the_report_does_not_hide_what_was_written(
    command: str, written: str, model: Path
) -> None:
    path = model.rename("model.keras")
    line = f"exec {sys.executable} -m selu_lint {command} {path} > {FULL}"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    reason = "Error: the report cannot be written: No space left on device"
    assert f"{reason}; written before: {written}\n" in done.stderr
    assert "Traceback" not in done.stderr
    assert Path(written).exists()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="closes pipes as a shell does")
def test_a_closed_pipe_does_not_hide_what_was_written(model: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "selu_lint", "fix", "--in-place", model.name]
    with os.fdopen(writer, "wb") as pipe:
        done = subprocess.run(command, stdout=pipe, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert f"written before: {model.name}\n" in done.stderr


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="closes descriptors as a shell does")
def test_closed_standard_output_matters_only_to_what_is_written_there(model: Path) -> None:
    line = f"exec {sys.executable} -m selu_lint check --output-file report {model.name} >&- 2>&-"
    assert subprocess.run(["sh", "-c", line], check=False).returncode == 1
    assert "SELU001" in Path("report").read_text(encoding="utf-8")


def test_words_of_the_command_line_are_safe_to_print() -> None:
    for word in ("--\x1b[2J", "\x1b]0;x\x07"):
        done = CliRunner().invoke(main, ["check", word, "--format", "\x1b[31m"])
        assert done.exit_code == 2
        assert "\x1b" not in done.output
    assert "Usage: " in CliRunner().invoke(main, []).output


@pytest.mark.slow
def test_a_version_of_5000_digits_is_no_version(tmp_path: Path) -> None:
    architecture = json.loads((BROKEN.parent / "cnn_broken.json").read_text())
    for version in ("9" * 5000, f"{'9' * 5000}.1.0", f"2.{'9' * 5000}", f"2.4.{'9' * 5000}"):
        path = tmp_path / "model.json"
        path.write_text(json.dumps({**architecture, "keras_version": version}))
        for command in ("check", "fix", "profile"):
            done = run(command, path.name, cwd=tmp_path)
            assert "itself failed" not in done.stdout + done.stderr
            assert "SELU001" in done.stdout or command != "check"


FORMULAS = r"$\frac{$", "$$", r"$\undefined$", "_^{}$x$", "\x00", "字" * 300, "<!-- -->", "a\nb"


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["png", "svg", "html"])
def test_names_are_no_formulas_in_a_plot(suffix: str, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    # LaTeX, as a stranger's settings in the working folder ask for it, would run.
    (tmp_path / "matplotlibrc").write_text("text.usetex: True\nfigure.dpi: 1000000\n")
    layers = [{"class_name": "InputLayer", "config": {"name": "i", "batch_input_shape": [None, 8]}}]
    layers += [
        {"class_name": "Dense", "config": {"name": name, "units": 8, "activation": "selu"}}
        for name in FORMULAS
    ]
    model = {"class_name": "Sequential", "config": {"name": "m", "layers": layers}}
    (tmp_path / r"$\frac{$.json").write_text(json.dumps(model))
    done = run("profile", "--plot", f"plot.{suffix}", r"$\frac{$.json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    content = (tmp_path / f"plot.{suffix}").read_bytes()
    assert content.startswith(b"\x89PNG" if suffix == "png" else b"<")
    assert b"\0" not in content or suffix == "png"


@pytest.mark.slow
def test_a_plot_of_many_layers_is_no_wider_than_can_be_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from selu_lint.profiles.profiling import LayerProfile, Prediction, Profile
    from selu_lint.reports import profile_plot

    rows = tuple(
        LayerProfile(f"dense_{index}", "Dense", 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.1)
        for index in range(3000)
    )
    prediction = Prediction(rows, "trains", True, {}, (12.0, 15.0))
    profile_plot.write(Profile("m", prediction, prediction), str(tmp_path / "plot.svg"))
    assert (tmp_path / "plot.svg").stat().st_size > 1000
