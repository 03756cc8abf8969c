"""What a run ran on: versions and revision, so that it can be repeated."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path

VARIABLE = "SELU_LINT_REVISION"
_PACKAGES = (
    "selu-lint",
    "keras",
    "tensorflow",
    "tensorflow-cpu",
    "jax",
    "jaxlib",
    "torch",
    "numpy",
)


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that shape a result, where installed."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def revision() -> str | None:
    """Return the git revision of this package, with ``-dirty`` if it is changed.

    ``SELU_LINT_REVISION`` goes first: it travels to machines without the repository. None where the
    package does not lie in its repository.
    """
    if named := os.environ.get(VARIABLE):
        return named
    package = Path(__file__).resolve().parents[1]
    if _git(package, "ls-files", "--error-unmatch", "__init__.py") is None:
        return None
    head = _git(package, "rev-parse", "HEAD")
    if head is None:
        return None
    changed = _git(package, "status", "--porcelain", "--untracked-files=no", ".", "../rules")
    return head + ("-dirty" if changed else "")


def _git(directory: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(directory), *arguments],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
