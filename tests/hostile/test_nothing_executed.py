"""Checking and fixing hostile models runs nothing: an audit hook watches a process."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

FIXTURES = Path(__file__).parents[2] / "fixtures"
HOSTILE = FIXTURES / "hostile"
MARKER = "selu_lint_ran_this"
MODELS = sorted(path.name for path in HOSTILE.glob("*.*") if path.suffix not in (".py", ".md"))
HARMLESS_TO_BUILD = [
    *("cve_2026_0897_shape_bomb.h5", "cve_2026_0897_shape_bomb.keras", "external_files.h5"),
]
_WITH_LAMBDA = {"class_name": "Sequential", "config": [{"class_name": "Lambda", "config": {}}]}
_MODULE = f"open({MARKER!r}, 'w').close()\nclass Evil: pass\ndef run(x): return x\n"

# What a model could make a process do is seen only after the harmless models have made it import
# all that reading and writing takes.
_WATCHED = """
import contextlib, io, json, os, sys, tempfile

model, harmless, *arguments = sys.argv[1:]
own = tuple({os.path.realpath(path) for path in (sys.prefix, sys.base_prefix, *sys.path[1:])})
given = (os.path.realpath(model), os.path.realpath("result"))
temporary = os.path.join(tempfile.gettempdir(), "selu-lint-")
watching, seen, opened = False, [], set()
FORBIDDEN = ("os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty",
             "os.startfile", "subprocess.Popen", "pty.spawn", "pickle.find_class", "marshal.load",
             "code.__new__", "exec", "compile", "ctypes.dlopen",
             "webbrowser.open", "urllib.Request", "builtins.input", "sys.addaudithook")

def hook(event, details):
    if not watching:
        return
    # `ast.parse`: what it gives is a tree, and no code.
    if event == "compile" and details[1] in ("", "<unknown>"):
        return
    # The HDF5 library changes a copy, confined.
    if event == "subprocess.Popen" and list(details[1][1:3]) == ["-I", confinement]:
        if json.loads(details[1][3])["program"] == "selu_lint.processes.hdf5_library":
            return
    if event.startswith(("socket.", "ftplib.", "http.", "smtplib.")) or event.startswith(FORBIDDEN):
        seen.append([event, repr(details)[:200]])
    elif event == "import":
        seen.append([event, str(details[0])])
    elif event == "open" and isinstance(details[0], (str, bytes)):
        path = os.path.realpath(os.fsdecode(details[0]))
        opened.add(path)
        if not (path in given or path.startswith((*(root + os.sep for root in own), temporary))
                or path in (os.path.dirname(model), os.path.realpath("."))
                or os.path.dirname(path) == os.path.realpath("result")
                or os.fsdecode(details[0]).startswith("/proc/self/fd/")
                or path.startswith(os.path.realpath("result") + os.sep)
                or os.path.basename(path) in ("pyproject.toml", "selu-lint.toml")):
            seen.append([event, path])

def command(*arguments):
    from selu_lint.cli import main
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            main(list(map(str, arguments)))
        except SystemExit as error:
            return error.code

def everything(path, result):
    return [command("check", path, "--select", "SELU"),
            command("check", path, "--format", "json"),
            command("fix", path, "--output", f"{result}/safe", "--seed", "0"),
            command("fix", path, "--output", f"{result}/all", "--seed", "0", "--redraw", "always",
                    "--unsafe-fixes")]

def refused(path, result):
    return [command("fix", path, "--verify", "--output", f"{result}/verified"),
            command("profile", "--measure", path)]

import unicodedata
from selu_lint.processes.confinement import __file__ as confinement
everything(harmless, "warm")
command("check", harmless + "x")
refused(os.path.join(os.path.dirname(model), "warm" + os.path.splitext(model)[1]), "warm")
sys.addaudithook(hook)
watching = True
if arguments == ["control"]:
    import hostile_module, socket
    open("hostile_module.py").close()
    os.system("true")
    socket.socket().close()
    codes = []
else:
    codes = everything(model, "result")
    if arguments == ["refused"]:
        codes += refused(model, "result")
watching = False
loaded = sorted({"keras", "tensorflow", "tf_keras", "hostile_module"} & set(sys.modules))
print(json.dumps({"codes": codes, "seen": seen, "opened": sorted(opened), "loaded": loaded}))
"""


# Every way in which code runs that a program may write where it is looked at.
_PROGRAM = f"""
import os, sys, hostile_module, keras
from hostile_module import *
from keras.layers import Dense, Dropout
__import__("hostile_module")
os.system("touch {MARKER}")
exec("open({MARKER!r}, 'w')")
eval(compile("open({MARKER!r}, 'w')", "x", "exec"))
open({MARKER!r}, "w").write("{{0.__class__.__init__.__globals__}}".format(os))
getattr(os, "sys" + "tem")("touch {MARKER}")
"%s %r" % (hostile_module.Evil(), hostile_module)
class Meta(type):
    def __getattr__(cls, name): return open({MARKER!r}, "w")
    def __prepare__(name, bases): open({MARKER!r}, "w")
class Evil(keras.layers.Layer, metaclass=Meta):
    x = property(lambda self: open({MARKER!r}, "w"))
    def __init_subclass__(cls): open({MARKER!r}, "w")
    def __del__(self): open({MARKER!r}, "w")
    def __eq__(self, other): return open({MARKER!r}, "w")
    def __hash__(self): return open({MARKER!r}, "w")
    def __format__(self, spec): return open({MARKER!r}, "w")
class Child(Evil): pass
{{Evil(): Evil()}}[Evil()] == f"{{Evil()!r:{{Evil()}}}}"
@(lambda f: open({MARKER!r}, "w"))
def decorated(x=open({MARKER!r}, "w")): pass
Dense(3, activation="selu", name=str(Evil()), kernel_initializer=open)(keras.Input((2,)))
keras.models.load_model("model.keras")
keras.utils.get_file("x", "https://localhost/x", extract=True)
keras.Sequential([Dense(4, "selu"), Dropout(0.5), keras.layers.Lambda(lambda x: os.system(x))])
"""
_HARMLESS = "import keras\nkeras.Sequential([keras.layers.Dense(3, 'selu')])\nprint(f'{{1}}' % 1)\n"


def watched(folder: Path, name: str, *arguments: str) -> dict[str, Any]:
    model = Path(shutil.copy(HOSTILE / name, folder))
    suffix = {".keras": "keras3.15-tf", ".h5": "tf2.15", ".json": "tf2.15"}[model.suffix]
    return watched_with(
        model, FIXTURES / "models" / suffix / f"cnn_broken{model.suffix}", *arguments
    )


def watched_with(model: Path, harmless: Path, *arguments: str) -> dict[str, Any]:
    folder = model.parent
    (folder / "hostile_module.py").write_text(_MODULE)
    command = [sys.executable, "-c", _WATCHED, str(model), str(harmless), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_checking_and_fixing_runs_nothing(name: str, tmp_path: Path) -> None:
    found = watched(tmp_path, name)
    assert found["seen"] == []
    assert found["loaded"] == []
    assert str(tmp_path / name) in found["opened"]
    assert not (tmp_path / MARKER).exists()
    # The findings are found and repaired, in spite of what lies beside them.
    assert found["codes"][:3] == [1, 1, 0]
    assert (tmp_path / "result" / "safe").exists()


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".py", ".ipynb"])
def test_checking_source_runs_nothing(suffix: str, tmp_path: Path) -> None:
    program, harmless = tmp_path / f"program{suffix}", tmp_path / f"harmless{suffix}"
    for path, code in ((program, _PROGRAM), (harmless, _HARMLESS)):
        cell = {"cell_type": "code", "source": f"!touch {MARKER}\n{code}"}
        written = json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4})
        path.write_text(written if suffix == ".ipynb" else code)
    found = watched_with(program, harmless)
    assert found["seen"] == []
    assert found["loaded"] == []
    assert str(program) in found["opened"]
    assert not (tmp_path / MARKER).exists()
    assert found["codes"][:2] == [1, 1]


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in MODELS if name not in HARMLESS_TO_BUILD])
def test_verifying_and_measuring_runs_nothing(name: str, tmp_path: Path) -> None:
    warm = json.dumps(_WITH_LAMBDA)
    (tmp_path / f"warm{Path(name).suffix}").write_text(warm)
    found = watched(tmp_path, name, "refused")
    assert found["seen"] == []
    assert found["loaded"] == []
    assert not (tmp_path / MARKER).exists()
    assert found["codes"] == [1, 1, 0, 0, 2, 2]
    assert not (tmp_path / "result" / "verified").exists()


def test_the_hook_sees_what_it_should(tmp_path: Path) -> None:
    found = watched(tmp_path, MODELS[0], "control")
    events = {event for event, _ in found["seen"]}
    assert {"import", "open", "os.system", "socket.__new__", "exec"} <= events
    assert found["loaded"] == ["hostile_module"]
    assert (tmp_path / MARKER).exists()


def test_every_known_attack_has_a_model() -> None:
    attacks = ("2024_3660", "2025_1550", "2025_8747", "2025_9905", "2025_12058", "2026_0897")
    assert all(any(attack in name for name in MODELS) for attack in attacks)


def test_the_lambda_would_leave_the_marker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util
    import types

    spec = importlib.util.spec_from_file_location("build", HOSTILE / "build.py")
    assert spec is not None
    assert spec.loader is not None
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    import base64
    import marshal

    monkeypatch.chdir(tmp_path)
    code = marshal.loads(base64.b64decode(build.payload()))
    types.FunctionType(code, {"__builtins__": __builtins__})(1)
    assert (tmp_path / MARKER).exists()
