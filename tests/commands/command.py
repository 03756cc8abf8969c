"""Runs the real command as a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FIXTURES = Path(__file__).parents[2] / "fixtures"
MODELS = FIXTURES / "models" / "keras3.15-tf"
BROKEN = MODELS / "cnn_broken.keras"
CLEAN = MODELS / "cnn_clean.keras"
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"


def run(
    *arguments: str | Path, cwd: Path | None = None, stdin: bytes = b""
) -> subprocess.CompletedProcess[str]:
    """Run ``selu-lint`` with these arguments in a folder."""
    command = [sys.executable, "-m", "selu_lint", *map(str, arguments)]
    done = subprocess.run(command, input=stdin, capture_output=True, check=False, cwd=cwd)
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return subprocess.CompletedProcess(
        command, done.returncode, done.stdout.decode(), done.stderr.decode()
    )
