"""``selu-lint fix`` on source code: in place, as a diff, elsewhere, and from standard input."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

import selu_lint
from selu_lint.fixing import source_fixer
from tests.commands.command import run

BEFORE = """\
from keras import Sequential
from keras.layers import Dense, Dropout

Sequential([Dense(3, "selu"), Dropout(0.5)])
"""
AFTER = """\
from keras import Sequential
from keras.layers import Dense, AlphaDropout

Sequential([Dense(3, "selu", kernel_initializer="lecun_normal"), AlphaDropout(0.1964)])
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "train.py"
    path.write_text(BEFORE)
    return path


def test_code_is_repaired_in_place_and_keeps_its_mode(path: Path) -> None:
    path.chmod(0o750)
    done = run("fix", "train.py", cwd=path.parent)
    assert done.returncode == 0
    assert path.read_text() == AFTER
    assert stat.S_IMODE(path.stat().st_mode) == 0o750
    assert "train.py: 2 findings repaired, 0 findings stay" in done.stdout
    assert "4:13  Dense 1" in done.stdout
    assert list(path.parent.iterdir()) == [path]


def test_a_diff_writes_nothing(path: Path) -> None:
    done = run("fix", "--diff", "train.py", cwd=path.parent)
    assert done.returncode == 1
    assert path.read_text() == BEFORE
    old, new = (text.splitlines()[1::2] for text in (BEFORE, AFTER))
    assert done.stdout.splitlines()[:8] == [
        "--- train.py",
        "+++ train.py",
        "@@ -1,4 +1,4 @@",
        " from keras import Sequential",
        f"-{old[0]}",
        f"+{new[0]}",
        " ",
        f"-{old[1]}",
    ]


def test_a_diff_of_a_notebook_is_one_of_its_cells(path: Path) -> None:
    cells = [
        {"cell_type": "markdown", "source": "selu"},
        {"cell_type": "code", "source": "from keras.layers import Dense"},
        {"cell_type": "code", "source": ["Dense(3, 'selu')"]},
    ]
    notebook = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4})
    path.with_suffix(".ipynb").write_text(notebook)
    done = run("fix", "--diff", "train.ipynb", cwd=path.parent)
    assert done.stdout.splitlines()[:5] == [
        "--- train.ipynb:cell 3",
        "+++ train.ipynb:cell 3",
        "@@ -1 +1 @@",
        "-Dense(3, 'selu')",
        "+Dense(3, 'selu', kernel_initializer='lecun_normal')",
    ]


def test_code_from_standard_input_goes_to_standard_output(path: Path) -> None:
    data = BEFORE.replace("\n", "\r\n").encode()
    done = run("fix", "-", "--stdin-filename", "other.py", cwd=path.parent, stdin=data)
    assert done.returncode == 0
    assert done.stdout == AFTER.replace("\n", "\r\n")
    assert "other.py: 2 findings repaired" in done.stderr
    assert [each.name for each in path.parent.iterdir()] == ["train.py"]


def test_what_needs_no_repair_comes_back_as_it_is(path: Path) -> None:
    for text in (AFTER, "x = 1\n", ""):
        done = run("fix", "-", "--stdin-filename", "a.py", cwd=path.parent, stdin=text.encode())
        assert (done.returncode, done.stdout) == (0, text)


def test_stdin_filename_is_for_standard_input_alone(path: Path) -> None:
    done = run("fix", "train.py", "--stdin-filename", "a.py", cwd=path.parent)
    assert done.returncode == 2
    assert "is for a single PATH of -" in done.stderr


def test_output_leaves_the_original(path: Path) -> None:
    done = run("fix", "--output", "new/fixed.py", "train.py", cwd=path.parent)
    assert done.returncode == 0
    assert path.read_text() == BEFORE
    result = path.parent / "new" / "fixed.py"
    assert result.read_text() == AFTER
    assert run("fix", "--output", "new/fixed.py", "train.py", cwd=path.parent).returncode == 0
    result.write_text("mine\n")
    refused = run("fix", "--output", "new/fixed.py", "train.py", cwd=path.parent)
    assert refused.returncode == 2
    assert "--force overwrites it" in refused.stdout
    assert result.read_text() == "mine\n"


def test_a_directory_is_repaired_with_all_its_code(path: Path) -> None:
    (path.parent / "sub").mkdir()
    (path.parent / "sub" / "b.py").write_text(BEFORE)
    (path.parent / "other.py").write_text("x = 1\n")
    done = run("fix", ".", cwd=path.parent)
    assert done.returncode == 0
    assert path.read_text() == (path.parent / "sub" / "b.py").read_text() == AFTER


def test_a_link_leads_to_the_file_that_is_repaired(path: Path) -> None:
    link = path.parent / "link.py"
    link.symlink_to(path)
    assert run("fix", "link.py", cwd=path.parent).returncode == 0
    assert link.is_symlink()
    assert path.read_text() == AFTER


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "cp1252"])
def test_the_encoding_stays(path: Path, encoding: str, mark: bytes) -> None:
    if mark and encoding != "utf-8":
        pytest.skip("a mark is of UTF-8")
    head = f"# coding: {encoding}\n# ä\n"
    path.write_bytes(mark + (head + BEFORE).encode(encoding))
    assert run("fix", "train.py", cwd=path.parent).returncode == 0
    assert path.read_bytes() == mark + (head + AFTER).encode(encoding)


def test_a_file_that_changes_meanwhile_is_left(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find = source_fixer.repair

    def repair(*given: object) -> object:
        path.write_text(BEFORE + "# mine\n")
        return find(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(source_fixer, "repair", repair)
    report = selu_lint.fix(path)
    assert report.exit_code() == 2
    assert "it changed while it was fixed" in str(report.files[0].error)
    assert path.read_text() == BEFORE + "# mine\n"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write")
def test_a_folder_that_cannot_be_written_to_keeps_the_original(path: Path) -> None:
    path.parent.chmod(0o500)
    try:
        done = run("fix", "train.py", cwd=path.parent)
    finally:
        path.parent.chmod(0o700)
    assert done.returncode == 2
    assert path.read_text() == BEFORE


def test_models_are_not_verified_where_there_are_none(path: Path) -> None:
    done = run("fix", "--verify", "train.py", cwd=path.parent)
    assert done.returncode == 2
    assert path.read_text() == BEFORE


def test_the_report_for_programs_has_the_replacements(path: Path) -> None:
    done = run("check", "--format", "json", "train.py", cwd=path.parent)
    findings = json.loads(done.stdout)["files"][0]["findings"]
    fix = findings[1]["fix"]
    assert [(each["line"], each["old"], each["new"]) for each in fix["replacements"]] == [
        (2, "Dropout", "AlphaDropout"),
        (4, "Dropout", "AlphaDropout"),
        (4, "0.5", "0.1964"),
    ]
    sarif = json.loads(run("check", "--format", "sarif", "train.py", cwd=path.parent).stdout)
    (change,) = sarif["runs"][0]["results"][0]["fixes"][0]["artifactChanges"]
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 4, "startColumn": 28, "endLine": 4, "endColumn": 28},
            "insertedContent": {"text": ', kernel_initializer="lecun_normal"'},
        }
    ]
