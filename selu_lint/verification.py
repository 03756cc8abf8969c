"""Holding a repaired model against its original in Keras, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from selu_lint.allowlist import code_in
from selu_lint.dialects import Dialect
from selu_lint.document import Document
from selu_lint.errors import SeluLintError
from selu_lint.fix_report import KernelOutcome, MeasuredGain, Verification

_TIMEOUT = 1800


def verify(
    document: Document, result: str, kernels: Sequence[KernelOutcome], trust_code: bool = False
) -> Verification:
    """Load a model and its repaired form in Keras and compare what they infer.

    Both run on the same random inputs on the processor. Kernels that were drawn anew are left out:
    they get the original's values, and their gains are measured as they were drawn.

    Parameters
    ----------
    document : Document
        The original.
    result : str
        A path that opens the repaired model.
    kernels : sequence of KernelOutcome
        What became of its kernels.
    trust_code : bool
        Whether code that the model brings along may run.

    Raises
    ------
    SeluLintError
        If they cannot be compared, or infer differently.
    """
    code = next(code_in(document.architecture), None)
    if code is not None and not trust_code:
        raise SeluLintError(
            f"not verified: loading it would run what the file names ({code}), which selu-lint "
            "does not know to be harmless; --trust-code allows that"
        )
    dialect = Dialect.of(document.keras_version, document.architecture)
    task = {
        "library": "keras" if dialect.generation >= 3 else "tf_keras",
        "format": document.format,
        "original": os.path.abspath(document.path),
        "result": result,
        "trust_code": trust_code,
        "kernels": [
            {"layer": each.layer, "slot": each.slot, "fan_in": each.fan_in}
            for each in kernels
            if each.redrawn
        ],
    }
    answer = ask("selu_lint.keras_comparison", task)
    if "error" in answer:
        raise SeluLintError(f"not verified: {answer['error']}")
    difference = float(answer["largest_difference"])
    if difference != 0:
        raise SeluLintError(
            f"the result would infer differently in {answer['library']}: outputs differ by up to "
            f"{difference:.3g}; not written"
        )
    gains = tuple(MeasuredGain(*gain) for gain in answer["gains"])
    left_out = tuple(f"{each.layer}/{each.slot}" for each in kernels if each.redrawn)
    return Verification(str(answer["library"]), difference, left_out, gains)


def ask(program: str, task: dict[str, Any]) -> dict[str, Any]:
    """Give a task to a program of the package, in a process of its own, and return its answer.

    Parameters
    ----------
    program : str
        The module that is run.
    task : dict
        What it reads as JSON.

    Returns
    -------
    dict
        With ``error``, one line, where it failed.
    """
    own = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    path = os.pathsep.join(entry for entry in sys.path if entry)
    try:
        done = subprocess.run(
            [sys.executable, "-m", program],
            input=json.dumps(task),
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            env={**os.environ, **own, "PYTHONPATH": path},
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"error": f"Keras took longer than {_TIMEOUT // 60} minutes"}
    lines = done.stdout.strip().splitlines()
    try:
        answer = json.loads(lines[-1]) if lines else None
    except json.JSONDecodeError:
        answer = None
    if not isinstance(answer, dict):
        return {"error": f"Keras ended with exit code {done.returncode}"}
    return answer
