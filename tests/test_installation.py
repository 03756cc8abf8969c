"""The rules are found wherever the package is: installed, in a checkout, in an unpacked sdist."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from selu_lint.rule import find_rules
from tests.commands.command import BROKEN

pytest.importorskip("setuptools", "77")
pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
BUILD = "import setuptools.build_meta as build; print(build.build_{}('{}'))"
FOUND = """
import selu_lint.rules
from selu_lint.rule import find_rules
print(selu_lint.rules.__path__[0])
print(*(rule.code for rule in find_rules()))
"""
CODES = [rule.code for rule in find_rules()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("installation")


@pytest.fixture(scope="module")
def checkout(folder: Path) -> Path:
    """A copy of the repository, without what was built in it."""
    copy = folder / "checkout"
    built = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in ("selu_lint", "rules"):
        shutil.copytree(ROOT / name, copy / name, ignore=built)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    return copy


@pytest.fixture(scope="module")
def wheel(folder: Path, checkout: Path) -> Path:
    source = shutil.copytree(checkout, folder / "built")
    return folder / run(BUILD.format("wheel", folder), sys.executable, source)[-1]


@pytest.fixture(scope="module")
def python(folder: Path, wheel: Path) -> str:
    """The Python of an environment with the wheel, and with what it depends on from here."""
    venv.create(folder / "venv", symlinks=os.name != "nt")
    scheme = {"base": str(folder / "venv"), "platbase": str(folder / "venv")}
    site = Path(sysconfig.get_path("purelib", "venv", scheme))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return str(Path(sysconfig.get_path("scripts", "venv", scheme), "python"))


def run(program: str, python: str, cwd: Path) -> list[str]:
    done = subprocess.run([python, "-c", program], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def check(python: str, cwd: Path) -> int:
    command = [python, "-m", "selu_lint", "check", BROKEN]
    return subprocess.run(command, cwd=cwd, capture_output=True).returncode


def test_installed_rules_are_those_of_the_package(python: str, folder: Path) -> None:
    path, codes = run(FOUND, python, folder)
    assert path.startswith(str(folder / "venv"))
    assert codes.split() == CODES
    assert check(python, folder) == 1
    run("import importlib.util; assert importlib.util.find_spec('rules') is None", python, folder)


def test_a_checkout_uses_its_own_rules_after_a_plain_installation(
    python: str, checkout: Path
) -> None:
    path, codes = run(FOUND, python, checkout)
    assert path == str(checkout / "rules")
    assert codes.split() == CODES
    assert check(python, checkout) == 1


def test_an_unpacked_sdist_runs(python: str, checkout: Path, folder: Path) -> None:
    source = shutil.copytree(checkout, folder / "packed")
    archive = folder / run(BUILD.format("sdist", folder), sys.executable, source)[-1]
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    unpacked = folder / archive.name.removesuffix(".tar.gz")
    path, codes = run(FOUND, python, unpacked)
    assert path == str(unpacked / "rules")
    assert codes.split() == CODES
    assert check(python, unpacked) == 1
