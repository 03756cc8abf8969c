"""A folder that Keras wrote with ``zipped=False`` is one model, with its weights."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

import selu_lint
from selu_lint.errors import SeluLintWarning
from selu_lint.formats import find_models, read
from tests.commands.command import BROKEN, FIXTURES, run

FOLDER = FIXTURES / "keras_folder" / "keras3.15-tf" / "dense_broken"
FILES = ("config.json", "metadata.json", "model.weights.h5")
CODES = [("SELU001", "a"), ("SELU002", "d1"), ("SELU001", "b")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = shutil.copytree(FOLDER, tmp_path / "model")
    (made / "assets").mkdir()
    (made / "assets" / "vocabulary.txt").write_text("words")
    return made


def content(folder: Path) -> dict[str, bytes]:
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*.*")}


def zipped(folder: Path) -> Path:
    path = folder.with_name("zipped.keras")
    with zipfile.ZipFile(path, "w") as archive:
        for name in FILES:
            archive.write(folder / name, name)
    return path


def test_it_is_checked_with_its_weights(folder: Path) -> None:
    (file,) = selu_lint.check(folder, settings=selu_lint.Settings(weights=True)).files
    assert (file.error, file.format, file.keras_version) == (None, "keras-folder", "3.15.1")
    (packed,) = selu_lint.check(zipped(folder), settings=selu_lint.Settings(weights=True)).files
    assert file.findings == packed.findings
    assert [(each.code, each.layer) for each in file.findings if each.fixable][:3] == CODES
    weights = read(folder).weights
    assert weights is not None
    assert [each.shape for each in weights.variables("a")] == [(6, 8), (8,)]


@pytest.mark.parametrize("name", FILES)
def test_each_of_its_files_stands_for_it(folder: Path, name: str) -> None:
    assert list(find_models(folder / name)) == [str(folder)]
    assert selu_lint.check(folder / name).files == selu_lint.check(folder).files


def test_a_hook_and_a_walk_take_it_once(folder: Path) -> None:
    shutil.copy(BROKEN, folder.parent / "other.keras")
    shutil.copy(BROKEN, folder / "beside.keras")
    root = folder.parent
    expected = [str(folder), str(folder / "beside.keras"), str(root / "other.keras")]
    assert list(find_models(root)) == expected
    done = run("check", "--pass-over", "--", *(f"model/{name}" for name in FILES), cwd=root)
    assert "1 file checked" in done.stdout


def test_other_folders_with_such_names_are_no_models(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"architectures": []}')
    (tmp_path / "metadata.json").write_text("{}")
    shutil.copy(BROKEN, tmp_path / "model.keras")
    assert list(find_models(tmp_path)) == [str(tmp_path / "model.keras")]
    done = run("check", "--pass-over", "config.json", "metadata.json", cwd=tmp_path)
    assert done.returncode == 0
    assert "passed over" in done.stderr


@pytest.mark.parametrize("redraw", ["never", "always"])
def test_it_is_fixed_as_its_archive_is(folder: Path, redraw: str) -> None:
    before = content(folder)
    report = selu_lint.fix(folder, redraw=redraw, seed=3)
    assert report.errors == ()
    fixed = folder.with_name("model.fixed")
    assert report.output == str(fixed)
    assert content(folder) == before
    archive = selu_lint.fix(zipped(folder), redraw=redraw, seed=3).output
    with zipfile.ZipFile(str(archive)) as packed:
        expected = {name: packed.read(name) for name in FILES}
    assert content(fixed) == expected | {"assets/vocabulary.txt": b"words"}
    assert expected["config.json"] != before["config.json"]
    assert (expected["model.weights.h5"] == before["model.weights.h5"]) == (redraw == "never")


def test_in_place_and_again(folder: Path) -> None:
    (folder / "config.json").chmod(0o600)
    assert run("fix", "--in-place", "model", cwd=folder.parent).returncode == 0
    assert [each.name for each in folder.parent.iterdir()] == ["model"]
    once = content(folder)
    assert once["metadata.json"] == (FOLDER / "metadata.json").read_bytes()
    assert (folder / "config.json").stat().st_mode & 0o777 == 0o600
    assert run("check", "model", cwd=folder.parent).returncode == 0
    assert run("fix", "--in-place", "model", cwd=folder.parent).returncode == 0
    assert content(folder) == once
    assert selu_lint.profile(folder).verdict == "trains"


@pytest.mark.filterwarnings("ignore:links and special files")
def test_what_is_no_file_is_refused(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    report = selu_lint.fix(folder)
    assert report.files[0].error == "pipe in the folder is no file"
    (folder / "pipe").unlink()
    (folder / "model.weights.h5").unlink()
    (folder / "model.weights.h5").symlink_to(FOLDER / "model.weights.h5")
    (file,) = selu_lint.check(folder).files
    assert "is a symbolic link out of the folder" in (file.error or "")
    (folder / "weights").write_bytes((FOLDER / "model.weights.h5").read_bytes())
    (folder / "model.weights.h5").unlink()
    (folder / "model.weights.h5").symlink_to(folder / "weights")
    with pytest.warns(SeluLintWarning, match="files with weights alone"):
        report = selu_lint.fix(folder, redraw="always", in_place=True)
    assert "model.weights.h5 in the folder is a link" in (report.files[0].error or "")
    assert (folder / "weights").read_bytes() == (FOLDER / "model.weights.h5").read_bytes()
    assert [each.name for each in folder.parent.iterdir()] == ["model"]


@pytest.mark.keras
@pytest.mark.parametrize("redraw", ["never", "always"])
def test_keras_loads_the_result(folder: Path, redraw: str) -> None:
    keras = pytest.importorskip("keras")
    report = selu_lint.fix(folder, redraw=redraw, seed=3)
    shutil.rmtree(folder / "assets")
    before = keras.models.load_model(folder)
    after = keras.models.load_model(str(report.output))
    assert type(after.get_layer("d1")).__name__ == "AlphaDropout"
    inputs = np.random.default_rng(0).normal(size=(4, 6)).astype("float32")
    if redraw == "always":
        assert not np.array_equal(before(inputs), after(inputs))
        after.set_weights(before.get_weights())
    assert np.array_equal(before(inputs), after(inputs))
