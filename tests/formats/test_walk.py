"""Directories are searched for models, and files that are none cost a few bytes."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import h5py
import pytest

import selu_lint
from selu_lint.errors import SeluLintError, SeluLintWarning
from selu_lint.formats import find_models, read
from selu_lint.formats.passed_over import PassedOver
from selu_lint.storage import byte_source
from selu_lint.storage.byte_source import open_regular
from tests.commands.command import run

FIXTURES = Path(__file__).parents[2] / "fixtures"
NEWEST = FIXTURES / "models" / "keras3.15-tf"


def found(folder: Path) -> list[str]:
    return [os.path.relpath(path, folder).replace(os.sep, "/") for path in find_models(folder)]


def test_finds_all_models_of_a_folder_sorted() -> None:
    folder = FIXTURES / "models" / "tf2.12"
    assert found(folder) == sorted(path.name for path in folder.iterdir())
    everything = found(FIXTURES / "models")
    assert len(everything) == len(set(everything)) == 158
    assert "expected.json" not in everything


def test_every_model_that_is_found_can_be_read() -> None:
    for path in find_models(FIXTURES / "models"):
        assert read(path).architecture


def test_finds_models_under_any_name(tmp_path: Path) -> None:
    for suffix, name in ((".keras", "weights.bin"), (".h5", "no_suffix")):
        shutil.copy(NEWEST / f"cnn_broken{suffix}", tmp_path / name)
    (tmp_path / "deep/er").mkdir(parents=True)
    shutil.copy(NEWEST / "cnn_broken.json", tmp_path / "deep/er/CONFIG.JSON")
    assert found(tmp_path) == ["deep/er/CONFIG.JSON", "no_suffix", "weights.bin"]


def test_a_savedmodel_counts_once(tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "saved_models/tf2.15/cnn_broken", tmp_path / "a/model")
    (tmp_path / "a/model/assets").mkdir(exist_ok=True)
    shutil.copy(NEWEST / "cnn_broken.h5", tmp_path / "a/model/assets/part.h5")
    shutil.copy(NEWEST / "cnn_broken.h5", tmp_path / "a/z.h5")
    assert found(tmp_path) == ["a/model", "a/z.h5"]
    assert found(tmp_path / "a/model") == ["."]


def test_passes_over_what_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text('{"a": 1}')
    (tmp_path / "comments.json").write_text("{ // no JSON\n}")
    (tmp_path / "optimizer.json").write_text(
        json.dumps({"class_name": "Adam", "config": {"name": "Adam", "learning_rate": 0.1}})
    )
    (tmp_path / "empty.json").touch()
    (tmp_path / "text.txt").write_text('{"class_name": "Sequential", "config": {"layers": []}}')
    (tmp_path / "empty").touch()
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as file:
        file.writestr("data.csv", "1")
    with zipfile.ZipFile(tmp_path / "tokenizer.zip", "w") as file:
        file.writestr("config.json", "{}")
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 and no more")
    with h5py.File(tmp_path / "model.weights.h5", "w") as root:
        root.create_group("layers")
    with h5py.File(tmp_path / "data.hdf5", "w") as root:
        root["x"] = [1, 2]
    (tmp_path / ".git").mkdir()
    shutil.copy(NEWEST / "cnn_broken.keras", tmp_path / ".git/object")
    shutil.copy(NEWEST / "cnn_broken.keras", tmp_path / "model.keras")
    assert found(tmp_path) == ["model.keras"]


@pytest.mark.parametrize("name", ["data.zip", "settings.json", "model.weights.h5"])
def test_what_is_passed_over_is_an_error_when_named(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if name.endswith(".zip"):
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("data.csv", "1")
    elif name.endswith(".json"):
        path.write_text('{"a": 1}')
    else:
        with h5py.File(path, "w") as root:
            root.create_group("layers")
    assert list(find_models(path)) == [str(path)]
    with pytest.raises(SeluLintError):
        read(path)


def test_broken_models_are_not_passed_over(tmp_path: Path) -> None:
    lfs = b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n"
    for suffix in (".keras", ".h5", ".hdf5"):
        (tmp_path / f"empty{suffix}").touch()
        (tmp_path / f"pointer{suffix}").write_bytes(lfs)
    for suffix in (".keras", ".h5", ".json"):
        data = (NEWEST / f"cnn_broken{suffix}").read_bytes()
        (tmp_path / f"truncated{suffix}").write_bytes(data[: len(data) // 2])
    names = found(tmp_path)
    assert names == sorted(entry.name for entry in tmp_path.iterdir())
    for name in names:
        with pytest.raises(SeluLintError):
            read(tmp_path / name)


def test_a_folder_without_models_is_yielded_itself(tmp_path: Path) -> None:
    assert list(find_models(tmp_path)) == [str(tmp_path)]
    (tmp_path / "deep").mkdir()
    assert list(find_models(tmp_path)) == [str(tmp_path)]


def test_other_paths_are_yielded_as_they_are(tmp_path: Path) -> None:
    assert list(find_models("-")) == ["-"]
    assert list(find_models(tmp_path / "missing")) == [str(tmp_path / "missing")]


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    shutil.copy(NEWEST / "cnn_broken.keras", tmp_path / "real/model.keras")
    os.symlink(tmp_path, tmp_path / "real/loop")
    assert found(tmp_path) == ["real/model.keras"]


def test_links_are_not_followed_where_no_flag_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tmp_path / "model.json"
    model.write_text("{}")
    link = tmp_path / "link.json"
    link.symlink_to(model)
    monkeypatch.setattr(byte_source, "_NO_LINK", 0)
    open_regular(str(model), follow_links=False).close()
    with pytest.raises(OSError, match="symbolic links"):
        open_regular(str(link), follow_links=False)
    open_regular(str(link)).close()


def test_junctions_of_windows_are_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, other = tmp_path / "own", tmp_path / "junction"
    for folder in (own, other):
        shutil.copytree(NEWEST, folder)
    tag = 0xA0000003

    class Entry:
        def __init__(self, entry: os.DirEntry[str]) -> None:
            self.name, self.path = entry.name, entry.path
            self.is_dir, self.is_file = entry.is_dir, entry.is_file

        def stat(self, follow_symlinks: bool) -> SimpleNamespace:
            assert not follow_symlinks
            return SimpleNamespace(st_reparse_tag=tag if self.name == "junction" else 0)

    @contextlib.contextmanager
    def scanned(path: str) -> Iterator[list[Entry]]:
        with scandir(path) as entries:
            yield [Entry(entry) for entry in entries]

    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", scanned)
    monkeypatch.setattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", tag, raising=False)
    met = PassedOver()
    models = list(find_models(tmp_path, skipped=met))
    assert models
    assert all(name.startswith(str(own)) for name in models)
    assert met.links == [str(other)]


def test_very_deep_folders(tmp_path: Path) -> None:
    path = tmp_path
    for _ in range(1200):
        path = path / "d"
        path.mkdir()
    model = path / "m.json"
    shutil.copy(NEWEST / "cnn_broken.json", model)
    assert list(find_models(tmp_path)) == [str(model)]
    # Deeper than shutil.rmtree reaches when pytest clears up.
    model.unlink()
    os.removedirs(path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read it all")
def test_a_folder_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir(mode=0)
    assert found(tmp_path) == ["secret"]
    with pytest.raises(SeluLintError, match="permission denied"):
        read(tmp_path / "secret")


@pytest.fixture
def linked(tmp_path: Path) -> Path:
    """A folder with links out of it, and with what would let a reader wait for ever."""
    outside, folder = tmp_path / "outside", tmp_path / "folder"
    (outside / "saved").mkdir(parents=True)
    folder.mkdir()
    shutil.copy(NEWEST / "cnn_broken.keras", outside / "victim.keras")
    shutil.copy(NEWEST / "cnn_broken.keras", folder / "own.keras")
    os.mkfifo(outside / "pipe")
    os.mkfifo(folder / "pipe.keras")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(folder / "socket.h5"))
    os.symlink(outside / "victim.keras", folder / "victim.keras")
    os.symlink(outside / "saved", folder / "saved")
    os.symlink(outside / "pipe", folder / "to_pipe.keras")
    os.symlink("/dev/stdin", folder / "input.json")
    os.symlink("nowhere", folder / "dangling.keras")
    return folder


SKIPPED = [
    "dangling.keras",
    "input.json",
    "pipe.keras",
    "saved",
    "socket.h5",
    "to_pipe.keras",
    "victim.keras",
]


def test_nothing_but_files_and_folders_is_followed(linked: Path) -> None:
    skipped = PassedOver()
    assert list(find_models(linked, skipped=skipped)) == [str(linked / "own.keras")]
    assert sorted(os.path.basename(each) for each in skipped.links) == SKIPPED


@pytest.mark.slow
def test_the_commands_say_what_they_did_not_follow(linked: Path) -> None:
    victim = linked.parent / "outside" / "victim.keras"
    before = victim.read_bytes()
    for command, code in (("check", 1), ("fix", 0)):
        more = ["--in-place"] if command == "fix" else []
        done = run(command, *more, "folder", cwd=linked.parent)
        assert done.returncode == code, done.stdout
        assert "note: links and special files that were not followed: 7 (folder/" in done.stderr
    assert victim.read_bytes() == before
    with pytest.warns(SeluLintWarning, match="not followed: 7"):
        selu_lint.check(linked)
    with pytest.warns(SeluLintWarning, match="not followed: 7"):
        selu_lint.fix(linked)


def test_what_is_excluded_is_not_told(linked: Path) -> None:
    (linked / "selu-lint.toml").write_text("exclude = ['*.keras', 'saved']")
    done = run("check", "folder", cwd=linked.parent)
    assert "not followed: 2 (folder/" in done.stderr


def test_a_link_that_is_named_is_followed(linked: Path) -> None:
    assert read(linked / "victim.keras").architecture
    done = run("fix", "--in-place", linked / "pipe.keras")
    assert done.returncode == 2
    assert "a pipe or a device cannot be fixed; save the model to a file first" in done.stdout


def test_what_is_being_written_is_no_model_yet(tmp_path: Path) -> None:
    shutil.copy(NEWEST / "cnn_broken.keras", tmp_path / "a.keras")
    shutil.copy(NEWEST / "cnn_broken.keras", tmp_path / ".a.keras.selu-lint-0123abcd.tmp")
    saved = FIXTURES / "saved_models/tf2.15/cnn_broken"
    for name in ("there", ".there.selu-lint-0123abcd.old", ".there.selu-lint-0123abcd.tmp"):
        shutil.copytree(saved, tmp_path / name)
    shutil.copytree(saved, tmp_path / ".gone.selu-lint-0123abcd.old")
    assert found(tmp_path) == [".gone.selu-lint-0123abcd.old", "a.keras", "there"]
