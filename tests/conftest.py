"""What all tests need of the process that runs them."""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from selu_lint.processes import children

# Compiled code is kept whatever the environment says: each of many processes would compile anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A busy machine is no fault of the code.
settings.register_profile("quick", deadline=None, max_examples=25)
settings.register_profile("slow", deadline=None, max_examples=100)


@pytest.fixture(params=["keras", "tf_keras"], scope="module")
def keras(request: pytest.FixtureRequest) -> Any:
    """Keras of both generations, one after the other."""
    return pytest.importorskip(request.param)


def _leaves_out(config: pytest.Config, mark: str) -> bool:
    return f"not {mark}" in str(config.getoption("markexpr"))


def pytest_configure(config: pytest.Config) -> None:
    """Let Ctrl-C reach the processes of tests; in the background of a shell it is ignored."""
    settings.load_profile("quick" if _leaves_out(config, "slow") else "slow")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Pass over a file with tests against Keras before it imports it, where none are wanted."""
    if collection_path.name.endswith("_keras.py") and _leaves_out(config, "keras"):
        return True
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that no worker ends with one alone."""
    items.sort(key=lambda item: not item.path.name.endswith("_keras.py"))


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what is imported; Keras calls it all the time."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def keras_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process answer what is asked of one that runs Keras: starting it takes far longer.

    What confines those processes is tested with them, and code that is trusted runs in them alone.
    """

    def run(program: str, task: Mapping[str, Any], *_: object) -> children.Outcome:
        assert not task["trust_code"]
        with warnings.catch_warnings():
            # Nobody sees those of such a process either.
            warnings.simplefilter("ignore")
            answer = importlib.import_module(program).answer(json.loads(json.dumps(task)))
        return children.Outcome(json.loads(json.dumps(answer)), 0, "")

    monkeypatch.setattr(children, "run", run)
