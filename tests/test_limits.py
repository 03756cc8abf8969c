"""Each limit can be lowered and raised, and a refusal names the one to raise."""

from __future__ import annotations

import importlib.util
import json
import pickle
import re
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import selu_lint
from selu_lint.cases import layer, sequential
from selu_lint.cli import main
from selu_lint.errors import SeluLintError
from selu_lint.fixing import saved_model_fixer
from selu_lint.formats import find_models, read
from selu_lint.limits import DEFAULT, LimitError, Limits, key_of
from selu_lint.settings import Settings
from selu_lint.testing import assert_self_normalizing
from tests.commands.command import BROKEN, FIXTURES, MODELS
from tests.formats import wire
from tests.quick import one_in

Build = Callable[[Path], Path]
SMALL = Settings(limits=Limits(json_bytes=1000))
REFUSAL = "takes more than 1,000 bytes: refused; raise the limit 'json-bytes' if you trust the file"


def copied(path: Path) -> Build:
    """Return what copies a model into a folder."""

    def build(folder: Path) -> Path:
        target = folder / f"model{path.suffix}"
        return Path((shutil.copytree if path.is_dir() else shutil.copy)(path, target))

    return build


def archived(compression: int = zipfile.ZIP_DEFLATED, spaces: int = 0, members: int = 0) -> Build:
    """Return what packs the broken model anew: compressed, with spaces, with empty members."""

    def build(folder: Path) -> Path:
        path = folder / "model.keras"
        with zipfile.ZipFile(BROKEN) as old, zipfile.ZipFile(path, "w", compression) as new:
            for name in old.namelist():
                padding = b" " * spaces if name == "config.json" else b""
                new.writestr(name, old.read(name) + padding)
            for number in range(members):
                new.writestr(f"assets/{number}", b"")
        return path

    return build


def commented(size: int) -> Build:
    """Return what packs the broken model with a directory of more than ``size`` bytes."""

    def build(folder: Path) -> Path:
        path = archived(zipfile.ZIP_STORED)(folder)
        with zipfile.ZipFile(path, "a") as archive:
            for number in range(size // 60_000 + 1):
                info = zipfile.ZipInfo(f"assets/{number}")
                info.comment = b"x" * 60_000
                archive.writestr(info, b"")
        return path

    return build


def nested_json(depth: int) -> Build:
    """Return what writes models inside each other."""

    def build(folder: Path) -> Path:
        model = sequential((8,), layer("Dense", "dense", units=8, activation="selu"))
        for number in range(depth):
            model = {
                "class_name": "Sequential",
                "config": {"name": f"s{number}", "layers": [model]},
            }
        path = folder / "model.json"
        path.write_text(json.dumps({**model, "keras_version": "2.15.0"}))
        return path

    return build


def called_again(depth: int) -> Build:
    """Return what writes models inside each other, each of which is called twice."""

    def build(folder: Path) -> Path:
        given = {
            "class_name": "InputLayer",
            "name": "x",
            "config": {"name": "x", "batch_input_shape": [None, 8]},
            "inbound_nodes": [],
        }
        config = {"name": "d", "units": 8, "activation": "selu"}
        held: dict[str, object] = {"class_name": "Dense", "config": config}
        for number in range(depth):
            name = f"m{number}" if number else "d"
            nodes = [[["x", 0, 0, {}]], [[name, number and 1, 0, {}]]]
            layers = [given, {**held, "name": name, "inbound_nodes": nodes}]
            ends = {"input_layers": [["x", 0, 0]], "output_layers": [[name, 1 + (number > 0), 0]]}
            config = {"name": f"m{number + 1}", "layers": layers, **ends}
            held = {"class_name": "Functional", "config": config}
        path = folder / "model.json"
        path.write_text(json.dumps({**held, "keras_version": "2.15.0"}))
        return path

    return build


def nested_objects(depth: int) -> Build:
    """Return what writes a SavedModel whose layers hold each other."""

    def build(folder: Path) -> Path:
        metadata = json.dumps({"class_name": "Block", "name": "block", "config": {}})
        root = json.dumps({"class_name": "Model", "name": "model", "config": {}})
        objects = [wire.keras(root, "_tf_keras_model", inner=1)]
        objects += [wire.keras(metadata, inner=number + 1) for number in range(1, depth)]
        objects.append(wire.variable("v", 2))
        return Path(wire.write(folder / "model", wire.saved_model([b""], objects=objects)))

    return build


def nested_calls(depth: int) -> Build:
    """Return what writes a SavedModel whose functions call each other."""

    def build(folder: Path) -> Path:
        functions = [
            wire.function(
                f"f{number}",
                ["x"],
                [
                    wire.node("call", "PartitionedCall", "x", f=wire.calls(f"f{number + 1}")),
                    wire.node("Selu", "Selu", "call:output:0"),
                ],
                y="call:output:0",
            )
            for number in range(depth)
        ]
        return Path(wire.write(folder / "model", wire.saved_model(functions=functions)))

    return build


@dataclass(frozen=True)
class Case:
    """A model, a value at which a limit refuses it, and one at which it does not.

    ``finding`` says that the refused part is told by a finding, and the rest is still checked.
    """

    build: Build
    refused: int
    enough: int
    options: str = ""
    finding: bool = False


def source(name: str, text: str) -> Build:
    """Return what writes a file of source code."""

    def build(folder: Path) -> Path:
        (folder / name).write_text(text)
        return folder / name

    return build


CODE = "import keras\nkeras.layers.Dense(3, 'relu')  # not selu\n"
CELL = {"cell_type": "code", "source": CODE}
NOTEBOOK = json.dumps({"cells": [CELL], "metadata": {}, "nbformat": 4})
JSON = copied(MODELS / "cnn_broken.json")
HDF5 = copied(MODELS / "cnn_broken.h5")
EXPORT = copied(FIXTURES / "saved_models" / "tf2.21" / "module")
LOWERED = {
    "json_bytes": Case(JSON, 1000, 10_000),
    "json_values": Case(JSON, 100, 1000),
    "json_depth": Case(JSON, 3, 20),
    "members": Case(copied(BROKEN), 2, 3),
    "directory_bytes": Case(copied(BROKEN), 100, 1000),
    "ratio": Case(archived(), 1, 50),
    "attribute_bytes": Case(HDF5, 10, 10_000),
    "structure_bytes": Case(HDF5, 1000, 100_000),
    "objects": Case(HDF5, 1, 1000),
    "object_depth": Case(nested_objects(5), 3, 5),
    "variable_bytes": Case(copied(BROKEN), 100, 100_000, "weights = true", finding=True),
    "spool_bytes": Case(copied(BROKEN), 1000, 100_000),
    "protobuf_bytes": Case(EXPORT, 100, 100_000),
    "protobuf_nodes": Case(EXPORT, 3, 10_000),
    "graph_steps": Case(EXPORT, 3, 10_000),
    "call_depth": Case(nested_calls(5), 2, 5),
    "names_bytes": Case(JSON, 10, 10_000),
    "layers": Case(JSON, 2, 20),
    "edges": Case(copied(MODELS / "functional.json"), 2, 100),
    "repeated_calls": Case(called_again(5), 10, 100),
    "report_bytes": Case(JSON, 100, 10_000),
    "source_bytes": Case(source("train.py", CODE), 10, 1000),
    "source_nodes": Case(source("train.py", CODE), 5, 100),
    "notebook_bytes": Case(source("train.ipynb", NOTEBOOK), 10, 1000),
}
RAISED = {
    "json_depth": Case(nested_json(150), 400, 700),
    "members": Case(archived(members=9_998), 10_000, 10_001),
    "directory_bytes": Case(commented(DEFAULT.directory_bytes), DEFAULT.directory_bytes, 5 << 20),
    "ratio": Case(archived(spaces=1 << 21), 250, 1032),
    "object_depth": Case(nested_objects(450), 400, 500),
    "call_depth": Case(nested_calls(70), 64, 80),
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str | Path, **options: bytes) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments], **options)


def check(case: Case, path: Path, limit: str = "", bound: int = 0) -> Result:
    table = f"[limits]\n{key_of(limit)} = {bound}\n" if limit else ""
    Path("selu-lint.toml").write_text(f"{case.options}\n{table}")
    if limit == "spool_bytes":
        return run("check", "-", input=path.read_bytes())
    return run("check", path.name)


def refuses(result: Result, limit: str, case: Case) -> None:
    (line, *more) = [each for each in result.stdout.splitlines() if "refused" in each]
    assert f": refused; raise the limit '{key_of(limit)}' if you trust the file" in line
    assert result.exit_code == (1 if case.finding else 2)
    assert bool(more) <= case.finding
    assert result.stderr == ""


def accepts(result: Result) -> None:
    assert result.exit_code in (0, 1)
    assert "refused" not in result.output
    assert "1 file checked" in result.output


def test_every_limit_has_a_case() -> None:
    # What servers do is tried in test_remote.py, what bounds Keras in test_children.py, what bounds
    # a profile in test_profile.py; what bounds the way through source code refuses nothing, see
    # source/test_budgets.py.
    elsewhere = {"keras_memory_bytes", "remote_seconds", "profile_calls"} | {
        f"source_{each}" for each in ("steps", "file_steps", "runs", "calls", "items", "characters")
    }
    assert {*LOWERED} | elsewhere == set(Limits._fields)


@pytest.mark.parametrize("limit", LOWERED)
def test_a_lower_limit_refuses_and_a_higher_one_does_not(limit: str, folder: Path) -> None:
    case = LOWERED[limit]
    path = case.build(folder)
    accepts(check(case, path))
    refuses(check(case, path, limit, case.refused), limit, case)
    accepts(check(case, path, limit, case.enough))


@pytest.mark.parametrize("limit", one_in(3, RAISED))
def test_a_limit_above_its_default_takes_more(limit: str, folder: Path) -> None:
    case = RAISED[limit]
    path = case.build(folder)
    assert case.refused == getattr(DEFAULT, limit)
    refuses(check(case, path), limit, case)
    accepts(check(case, path, limit, case.enough))


@pytest.mark.slow
def test_limits_as_large_as_anything_are_no_error(folder: Path) -> None:
    table = "".join(f"{key_of(name)} = {10**30}\n" for name in Limits._fields)
    Path("selu-lint.toml").write_text(f"weights = true\n[limits]\n{table}")
    HDF5(folder), archived()(folder), JSON(folder)
    result = run("check", ".", "--format", "json")
    assert [each["error"] for each in json.loads(result.stdout)["files"]] == [None] * 3
    assert run("fix", ".").exit_code == 0


def test_the_table_in_pyproject_is_the_same(folder: Path) -> None:
    path = JSON(folder)
    Path("pyproject.toml").write_text("[tool.selu-lint.limits]\njson-bytes = 1000")
    assert REFUSAL in run("check", path.name).stdout
    assert REFUSAL not in run("check", path.name, "--isolated").stdout
    Path("other.toml").write_text("[tool.selu-lint.limits]\njson-bytes = 10_000")
    assert REFUSAL not in run("check", path.name, "--config", "other.toml").stdout


@pytest.mark.parametrize(
    "command",
    [
        "check",
        "check --jobs 2",
        "check --write-baseline known.json",
        "fix",
        "fix --diff",
        "profile",
    ],
)
def test_every_command_keeps_to_them(command: str, folder: Path) -> None:
    path = JSON(folder)
    shutil.copy(path, "other.json")
    paths = [path.name] if command == "profile" else [path.name, "other.json"]
    assert "refused" not in run(*command.split(), *paths).output
    Path("selu-lint.toml").write_text("[limits]\njson-bytes = 1000")
    result = run(*command.split(), *paths)
    assert result.exit_code == 2
    assert result.output.count(REFUSAL) == len(paths)


def test_the_limits_of_the_nearest_configuration_apply_to_each_file(folder: Path) -> None:
    for name, bound in (("small", 1000), ("large", 10_000)):
        (folder / name).mkdir()
        JSON(folder / name)
        Path(name, "selu-lint.toml").write_text(f"[limits]\njson-bytes = {bound}")
    for jobs in ("1", "2"):
        files = json.loads(run("check", ".", "--jobs", jobs, "--format", "json").stdout)["files"]
        assert {Path(each["path"]).parent.name: bool(each["error"]) for each in files} == {
            "large": False,
            "small": True,
        }


def test_the_python_interface_keeps_to_them(folder: Path) -> None:
    path = JSON(folder)
    (checked,) = selu_lint.check(path, settings=SMALL).files
    (within,) = selu_lint.check(folder, settings=SMALL).files
    (fixed,) = selu_lint.fix(path, settings=SMALL).files
    assert checked.error == within.error == fixed.error == f"the architecture {REFUSAL}"
    with pytest.raises(LimitError, match="json-bytes"):
        selu_lint.profile(path, settings=SMALL)
    with pytest.raises(AssertionError, match="json-bytes"):
        assert_self_normalizing(path, settings=SMALL)


@pytest.mark.slow
@pytest.mark.parametrize("limit", ["members", "ratio", "json_depth"])
def test_a_fix_writes_and_reads_back_what_only_raised_limits_take(limit: str, folder: Path) -> None:
    case = RAISED[limit]
    path = case.build(folder)
    Path("selu-lint.toml").write_text(f"[limits]\n{key_of(limit)} = {case.enough}")
    result = run("fix", path.name)
    assert result.exit_code == 0, result.output
    settings = Settings(limits=DEFAULT._replace(**{limit: case.enough}))
    assert selu_lint.check(f"model.fixed{path.suffix}", settings=settings).exit_code() == 0
    assert run("profile", path.name).exit_code == 0


def test_a_fix_keeps_kernels_that_are_too_large_to_be_read(folder: Path) -> None:
    path = copied(BROKEN)(folder)
    Path("selu-lint.toml").write_text("[limits]\nvariable-bytes = 100")
    result = run("fix", path.name)
    assert "raise the limit 'variable-bytes'" in result.stdout


@pytest.mark.slow
def test_models_of_a_folder_are_found_with_its_limits(folder: Path) -> None:
    path = archived(members=9_998)(folder).rename(folder / "model.zip")
    assert list(find_models(folder)) == [str(folder)]
    assert list(find_models(folder, Limits(members=10_001))) == [str(path)]
    Path("selu-lint.toml").write_text("[limits]\nmembers = 10_001")
    assert "1 file checked" in run("check", ".").stdout
    report = selu_lint.fix(folder, settings=Settings(limits=Limits(members=10_001)))
    assert [file.error for file in report.files] == [None]


def test_what_builds_a_saved_model_anew_is_told_the_limits(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = copied(FIXTURES / "saved_models" / "tf2.15" / "cnn_broken")(folder)
    tasks = []

    def ask(program: str, task: dict[str, object], *_: object) -> dict[str, object]:
        tasks.append(json.loads(json.dumps(task)))
        return {"error": "not now"}

    monkeypatch.setattr(saved_model_fixer, "ask_keras", ask)
    find_spec = importlib.util.find_spec
    there = lambda name, *more: name == "tf_keras" or find_spec(name, *more)  # noqa: E731
    monkeypatch.setattr(saved_model_fixer.importlib.util, "find_spec", there)
    limits = Limits(layers=1000, variable_bytes=10_000)
    report = selu_lint.fix(path, settings=Settings(limits=limits))
    assert report.files[0].error == "not fixed: not now"
    assert Limits(**tasks[0]["limits"]) == limits


def test_a_document_keeps_the_limits_that_it_was_read_with() -> None:
    limits = Limits(layers=1000)
    for path in (
        BROKEN,
        MODELS / "cnn_broken.h5",
        MODELS / "cnn_broken.json",
        FIXTURES / "saved_models" / "tf2.15" / "cnn_broken",
        FIXTURES / "saved_models" / "tf2.21" / "module",
    ):
        assert read(path, limits).limits is limits


def test_no_reader_falls_back_on_the_defaults() -> None:
    # Elsewhere limits are arguments without a default, which mypy asks for.
    package = Path(selu_lint.__file__).parent
    imported = r"^from selu_lint\.limits import .*\bDEFAULT\b"
    assert {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if re.search(imported, path.read_text(encoding="utf-8"), re.MULTILINE)
    } == {
        "config/project.py",
        "formats/__init__.py",
        "live/built_model.py",
        "model/document.py",
        "settings.py",
        "storage/strict_json.py",
    }


def test_settings_with_limits_travel_between_processes() -> None:
    settings = Settings(limits=Limits(layers=5))
    data = pickle.dumps(settings)
    assert pickle.loads(data) == settings
    assert len(data) < 1000


@pytest.mark.parametrize("value", [0, -1, True, "5", 1.5, None])
def test_a_limit_is_a_whole_number_above_0(value: object) -> None:
    with pytest.raises(ValueError, match="json-bytes must be a whole number above 0, not"):
        Limits(json_bytes=value)  # type: ignore[arg-type]


def test_every_limit_is_explained() -> None:
    for name in Limits._fields:
        assert f"{name} : int\n" in (Limits.__doc__ or "")


@pytest.mark.parametrize(
    ("size", "text"),
    [(1023, "1,023 bytes"), (3 << 10, "3 KiB"), (256 << 20, "256 MiB"), (5 << 40, "5,120 GiB")],
)
def test_sizes_are_told_as_people_read_them(size: int, text: str) -> None:
    assert str(Limits(json_bytes=size).exceeded("json_bytes", "it takes")) == (
        f"it takes more than {text}: refused; raise the limit 'json-bytes' if you trust the file"
    )
    assert issubclass(LimitError, SeluLintError)
