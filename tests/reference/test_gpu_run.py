"""The script of the proof on a GPU: order, what it packs, and that it stops in time."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "docs" / "evidence" / "gpu_run.sh"
pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or not shutil.which("bash"), reason="the script is one of bash"
)

# Stands in for Python on the GPU machine: installs nothing, and trains by writing a record.
STAND_IN = """#!/usr/bin/env bash
[ "$1" = -m ] && exit
while [ $# -gt 0 ]; do
  case $1 in
  --experiment | --recipe) name=$2 ;;
  --seeds) seeds=$2 ;;
  --output) output=$2 ;;
  --seconds) left=$2 ;;
  esac
  shift
done
mkdir -p "$output"
echo "$name $seeds $SELU_LINT_REVISION" >>"$output/runs.jsonl"
[ -z "$TAKES_ALL_TIME" ] || sleep "$left"
exit "${FAILS:-0}"
"""


def run(tmp_path: Path, **variables: str) -> list[str]:
    """Run the script where only what it carries lies, and return the packed records."""
    place = tmp_path / "machine"
    script = place / "docs" / "evidence" / SCRIPT.name
    script.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(SCRIPT, script)
    (place / ".carry").mkdir(exist_ok=True)
    (place / ".carry" / "revision").write_text("abc\n", encoding="utf-8")
    python = tmp_path / "python"
    python.write_text(STAND_IN, encoding="utf-8")
    python.chmod(0o755)
    done = subprocess.run(
        ["bash", str(script), "run", str(tmp_path / "output"), "--epochs", "1"],
        env={**os.environ, "PYTHON": str(python), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with tarfile.open(tmp_path / "output" / "evidence.tar.gz") as archive:
        stages = archive.extractfile("./stages.txt")
        assert stages is not None
        names = [line.partition(b":")[0].decode() for line in stages.read().splitlines()]
        packed = [archive.extractfile(f"./{name}/runs.jsonl") for name in names]
        return [file.read().decode().strip() for file in packed if file is not None]


def test_what_is_worth_most_comes_first_and_all_of_it_is_packed(tmp_path: Path) -> None:
    assert run(tmp_path) == ["seed 10 abc", "depth 3 abc", "best 5 abc", "seed 1 abc"]


def test_a_stage_that_fails_does_not_take_the_others_along(tmp_path: Path) -> None:
    assert len(run(tmp_path, FAILS="2")) == 4


def test_it_stops_when_the_time_is_up(tmp_path: Path) -> None:
    # Whole seconds are counted: of a single one, little may be left when the first stage begins.
    assert run(tmp_path, LIMIT="3", TAKES_ALL_TIME="yes") == ["seed 10 abc"]
