"""``selu-lint check`` in the daily use of a team, run as a process in a temporary folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import h5py
import pytest

from selu_lint.reports import FORMATS
from tests.commands.command import BROKEN, CLEAN, FIXTURES, MODELS, POINTER, run


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "models" / "old").mkdir(parents=True)
    shutil.copy(BROKEN, tmp_path / "models" / "a.keras")
    shutil.copy(BROKEN, tmp_path / "models" / "old" / "b.keras")
    shutil.copy(CLEAN, tmp_path / "models" / "clean.keras")
    return tmp_path


def configure(project: Path, text: str) -> None:
    (project / "selu-lint.toml").write_text(text, encoding="utf-8")


def codes(output: str) -> list[str]:
    report = json.loads(output)
    return [finding["code"] for file in report["files"] for finding in file["findings"]]


def test_configuration_decides_what_is_reported(project: Path):
    configure(
        project,
        """
        exclude = ["old"]
        ignore = ["SELU002"]
        [[ignore-layers]]
        layers = "conv*"
        codes = ["SELU001"]
        reason = "a gain of its own"
        """,
    )
    result = run("check", "--format", "json", ".", cwd=project)
    report = json.loads(result.stdout)
    assert [file["path"] for file in report["files"]] == [
        "./models/a.keras",
        "./models/clean.keras",
    ]
    (finding,) = report["files"][0]["findings"]
    assert (finding["code"], finding["layer"]) == ("SELU001", "hidden")
    assert report["summary"]["hidden"] == 1
    assert result.returncode == 1


def test_each_file_follows_its_nearest_configuration(project: Path):
    configure(project, "fail-on = 'never'")
    (project / "models" / "old" / "pyproject.toml").write_text(
        "[tool.selu-lint]\nignore = ['SELU00']"
    )
    result = run("check", "--statistics", "models", cwd=project)
    assert result.returncode == 0
    assert "2  SELU001  non-lecun-initializer  in 1 file" in result.stdout
    assert run("check", "--isolated", "models", cwd=project).returncode == 1


@pytest.mark.slow
def test_warnings_fail_where_the_configuration_says_so(project: Path):
    configure(project, "severity = { SELU001 = 'info', SELU002 = 'warning' }")
    assert run("check", "models", cwd=project).returncode == 0
    assert run("check", "--fail-on", "warning", "models", cwd=project).returncode == 1
    assert (
        run("check", "--fail-on", "info", "--ignore", "SELU", "models", cwd=project).returncode == 0
    )


def test_command_line_goes_before_the_configuration(project: Path):
    configure(project, "ignore = ['SELU001']")
    result = run("check", "--format", "json", "--select", "SELU001", "models", cwd=project)
    assert set(codes(result.stdout)) == {"SELU001"}


def test_mistake_in_the_configuration_is_one_line_and_exit_code_2(project: Path):
    configure(project, "ignroe = ['SELU001']")
    result = run("check", "models", cwd=project)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr == (
        "Error: selu-lint.toml: unknown key 'ignroe'; did you mean 'ignore'?\n"
    )


def test_chosen_configuration(project: Path, tmp_path_factory: pytest.TempPathFactory):
    other = tmp_path_factory.mktemp("other") / "strict.toml"
    other.write_text("[tool.selu-lint]\nselect = ['SELU002']")
    configure(project, "fail-on = 'never'")
    result = run("check", "--config", other, "--format", "json", "models", cwd=project)
    assert set(codes(result.stdout)) == {"SELU002"}
    assert result.returncode == 1
    other.write_text("[tool.ruff]")
    assert "no table [tool.selu-lint]" in run("check", "--config", other, "models").stderr
    assert "exclude each other" in run("check", "--config", other, "--isolated", ".").stderr


def test_ignores_that_match_nothing_are_told_on_standard_error(project: Path):
    configure(project, "per-file-ignores = { 'clean.keras' = ['SELU001'] }")
    result = run("check", "models", cwd=project)
    assert result.stderr == (
        "note: selu-lint.toml: per-file-ignores of SELU001 in 'clean.keras' matches no finding\n"
    )
    assert run("check", "--quiet", "models", cwd=project).stderr == ""


def test_excluded_file_is_checked_when_named_unless_forced(project: Path):
    configure(project, "exclude = ['old']")
    named = "models/old/b.keras"
    assert run("check", named, cwd=project).returncode == 1
    result = run("check", "--force-exclude", named, cwd=project)
    assert (result.returncode, result.stdout) == (0, "0 files checked.\n")


def test_baseline_hides_what_is_known_and_tells_what_is_gone(project: Path):
    written = run("check", "--write-baseline", "known.json", "models", cwd=project)
    assert written.returncode == 0
    assert "note: known.json: recorded 8 findings of 2 files" in written.stderr
    known = run("check", "--baseline", "known.json", "models", cwd=project)
    assert known.returncode == 0
    assert known.stdout == "3 files checked: 6 SELU layers, no findings, 8 hidden.\n"
    shutil.copy(BROKEN, project / "models" / "new.keras")
    new = run("check", "--baseline", "known.json", "--format", "json", "models", cwd=project)
    assert new.returncode == 1
    found = {file["path"]: len(file["findings"]) for file in json.loads(new.stdout)["files"]}
    assert found == {
        "models/a.keras": 0, "models/clean.keras": 0, "models/new.keras": 4, "models/old/b.keras": 0
    }  # fmt: skip
    shutil.copy(CLEAN, project / "models" / "a.keras")
    gone = run("check", "--baseline", "known.json", "models/a.keras", cwd=project)
    assert gone.returncode == 0
    assert "note: known.json: SELU001 models/a.keras:conv is gone" in gone.stderr


def test_baseline_survives_moving_the_file_and_saving_it_again(project: Path):
    configure(project, "baseline = 'known.json'")
    assert run("check", "--write-baseline", "known.json", "models", cwd=project).returncode == 0
    (project / "models" / "a.keras").rename(project / "moved.keras")
    # The same architecture as an older release wrote it, in another format.
    (project / "models" / "old" / "b.keras").unlink()
    shutil.copy(FIXTURES / "models" / "tf2.15" / "cnn_broken.h5", project / "models" / "b.h5")
    result = run("check", ".", cwd=project)
    assert result.returncode == 0, result.stdout
    assert result.stderr == ""
    assert "no findings, 8 hidden" in result.stdout


def test_a_model_is_checked_once_however_it_is_named(project: Path):
    names = ("models/a.keras", "./models/a.keras", str(project / "models/a.keras"))
    result = run("check", "--format", "json", *names, cwd=project)
    assert [file["path"] for file in json.loads(result.stdout)["files"]] == ["models/a.keras"]
    assert run("fix", "--diff", *names, cwd=project).stdout.count("+++") == 1


def test_no_findings_says_what_there_was_to_look_at(project: Path):
    without = FIXTURES / "without_selu" / "keras-text.json"
    assert run("check", CLEAN).stdout == "1 file checked: 2 SELU layers, no findings.\n"
    assert run("check", without).stdout == "1 file checked: no SELU layer in it.\n"
    Path(project / "a.py").write_text('import keras\nkeras.layers.Dense(4, activation="selu")\n')
    select = run("check", "--select", "SELU005", "a.py", cwd=project)
    assert select.stdout == "1 file checked: 1 SELU layer, no findings.\n"


def test_a_dash_is_standard_output_or_refused(project: Path):
    to_dash = run("check", "--output-file", "-", "models", cwd=project)
    assert to_dash.stdout == run("check", "models", cwd=project).stdout
    refused = run("check", "--write-baseline", "-", "models", cwd=project)
    assert (refused.returncode, (project / "-").exists()) == (2, False)


def test_missing_baseline_is_one_line(project: Path):
    result = run("check", "--baseline", "known.json", "models", cwd=project)
    assert result.returncode == 2
    assert result.stderr == (
        "Error: cannot read the baseline known.json: No such file or directory; "
        "--write-baseline creates it\n"
    )


def test_unreadable_file_is_never_hidden(project: Path):
    (project / "models" / "cut.keras").write_bytes(BROKEN.read_bytes()[:1000])
    for option in ("--write-baseline", "--baseline"):
        result = run("check", option, "known.json", "models", cwd=project)
        assert result.returncode == 2
        assert "cut.keras: error" in result.stdout


@pytest.mark.slow
@pytest.mark.parametrize("format_", FORMATS)
def test_report_goes_to_a_file(project: Path, format_: str):
    options = ("check", "--format", format_, "models")
    result = run(*options, "--output-file", "report", cwd=project)
    assert result.returncode == 1
    assert result.stdout == ""
    assert (project / "report").read_text(encoding="utf-8") == run(*options, cwd=project).stdout


def test_report_that_cannot_be_written_is_one_line(project: Path):
    result = run("check", "models", "--output-file", "no/such/folder", cwd=project)
    assert result.returncode == 2
    assert result.stderr == "Error: cannot write no/such/folder: No such file or directory\n"


def test_sarif_describes_the_rules(project: Path):
    report = json.loads(run("check", "models", "--format", "sarif", cwd=project).stdout)
    rules = {rule["id"]: rule for rule in report["runs"][0]["tool"]["driver"]["rules"]}
    assert "Klambauer" in rules["SELU001"]["help"]["markdown"]


def test_statistics(project: Path):
    result = run("check", "--statistics", "models", cwd=project)
    assert result.returncode == 1
    assert result.stdout.splitlines()[:2] == [
        "4  SELU001  non-lecun-initializer  in 2 files  [fixable]",
        "4  SELU002  dropout-after-selu     in 2 files  [fixable]",
    ]
    assert "not as junit" in run("check", "--statistics", "--format", "junit", project).stderr


def test_files_that_are_no_models_pass_where_every_file_is_given(tmp_path: Path):
    others = {
        "pointer.keras": POINTER,
        "settings.json": b'{// a comment\n"a": 1}',
        "package.json": b'{"name": "package"}',
        "graph.pb": b"\x0a\x05hello",
        "text.h5": b"not HDF5",
    }
    for name, content in others.items():
        (tmp_path / name).write_bytes(content)
    shutil.copy(CLEAN, tmp_path)
    result = run("check", "--pass-over", *others, CLEAN.name, cwd=tmp_path)
    assert result.returncode == 0, result.stdout
    assert result.stdout == "1 file checked: 2 SELU layers, no findings.\n"
    notes = result.stderr.splitlines()
    assert [note.split(":")[1].strip() for note in notes] == list(others)
    assert "git lfs pull" in notes[0]
    assert run("check", *others, cwd=tmp_path).returncode == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cut.keras", BROKEN.read_bytes()[:1000]),
        ("empty.keras", b""),
        ("cut.json", (MODELS / "cnn_broken.json").read_bytes()[:-10]),
    ],
)
def test_broken_models_do_not_pass(tmp_path: Path, name: str, content: bytes):
    (tmp_path / name).write_bytes(content)
    result = run("check", "--pass-over", name, cwd=tmp_path)
    assert result.returncode == 2
    assert f"{name}: error" in result.stdout


def test_saved_model_is_checked_once_however_many_of_its_files_are_given(tmp_path: Path):
    folder = next(path.parent for path in sorted(FIXTURES.rglob("keras_metadata.pb")))
    shutil.copytree(folder, tmp_path / "saved")
    files = [path.relative_to(tmp_path) for path in sorted((tmp_path / "saved").glob("*.pb"))]
    assert len(files) >= 2
    report = json.loads(run("check", "--format", "json", *files, "saved", cwd=tmp_path).stdout)
    assert [file["path"] for file in report["files"]] == ["saved"]


def test_a_file_named_twice_is_checked_once(project: Path):
    result = run("check", "models/a.keras", "models/a.keras", "models", cwd=project)
    assert "3 files checked: 8 findings" in result.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "kernels"),
    [
        ("models/keras3.15-tf/cnn_broken.keras", "models/keras3.15-tf/cnn_broken.h5"),
        ("models/keras3.15-tf/cnn_broken.h5", "models/keras3.15-tf/cnn_broken.h5"),
        ("saved_models/tf2.15/cnn_broken", "models/tf2.15/cnn_broken.h5"),
        ("saved_models/keras3.15-tf/cnn_broken_export", "models/keras3.15-tf/cnn_broken.h5"),
    ],
)
def test_weights_are_measured_where_they_may_be_read(path: str, kernels: str):
    """The expected gains are those of the kernels that h5py reads: all of it is fan-in, but one."""
    told = {}
    with h5py.File(FIXTURES / kernels) as file:
        for layer in ("conv", "hidden"):
            group = file["model_weights"][layer]
            values = group[group.attrs["weight_names"][0]][()]
            fan_in = values.size / values.shape[-1]
            told[layer] = f"kernel has gain {(values**2).mean() * fan_in:.3g}"
            if "export" not in path:
                told[layer] = told[layer].replace(
                    "has", f"({'×'.join(map(str, values.shape))}) has"
                )
    result = run("check", "--weights", "--ignore", "SELU00", FIXTURES / path)
    assert result.returncode == 0
    assert result.stderr == ""
    for layer, gain in told.items():
        (line,) = (line for line in result.stdout.splitlines() if f"{layer}  " in line)
        assert gain in line
    assert "has gain" not in run("check", FIXTURES / path).stdout


def test_standard_input_may_have_a_name(project: Path):
    (project / "src").mkdir()
    (project / "src" / "selu-lint.toml").write_text('ignore = ["SELU002"]')
    code = b"from keras.layers import Dense, Dropout\nDropout(0.5)(Dense(3, 'selu')(x))\n"
    words = ("check", "--format", "json", "--jobs", "2", "-")
    done = run(*words, "--stdin-filename", "src/train.py", cwd=project, stdin=code)
    (file,) = json.loads(done.stdout)["files"]
    assert (file["path"], file["format"]) == ("src/train.py", "python")
    assert codes(done.stdout) == ["SELU001"]
    # It is read from standard input though a folder or a file has the name.
    (project / "src" / "train.py").mkdir()
    assert run(*words, "--stdin-filename", "src/train.py", cwd=project, stdin=code).stdout == (
        done.stdout
    )
    for wrong in (("src", "--stdin-filename", "a.py"), ("--stdin-filename", "a.py")):
        assert run("check", *wrong, cwd=project).returncode == 2
