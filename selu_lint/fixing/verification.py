"""Holding a repaired model against its original in Keras, in a process of its own."""

from __future__ import annotations

from collections.abc import Sequence

from selu_lint.errors import SeluLintError
from selu_lint.fixing.fix_report import KernelOutcome, MeasuredGain, Verification
from selu_lint.model.dialects import Dialect
from selu_lint.model.document import Document
from selu_lint.processes.children import ask_keras, working_folder
from selu_lint.processes.keras_files import given_to_keras


def verify(
    document: Document,
    result: str,
    kernels: Sequence[KernelOutcome],
    trust_code: bool = False,
    built: bool = False,
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
        Whether what the file names may run.
    built : bool
        Whether the result is a SavedModel that was built anew, which may be loaded as it is.

    Raises
    ------
    SeluLintError
        If they cannot be compared, or infer differently.
    """
    dialect = Dialect.of(document.keras_version, document.architecture)
    with working_folder() as folder:
        models = {
            "original": given_to_keras(document, document.path, folder, "original", trust_code),
            "result": given_to_keras(document, result, folder, "result", trust_code, built),
        }
        task = {
            "library": "keras" if dialect.generation >= 3 else "tf_keras",
            **models,
            "same_weights": document.format == "architecture-json",
            "trust_code": trust_code,
            "kernels": [
                {"layer": each.layer, "slot": each.slot, "fan_in": each.fan_in}
                for each in kernels
                if each.redrawn
            ],
        }
        size = sum(each["size"] for each in models.values())
        answer = ask_keras(
            "selu_lint.processes.keras_comparison", task, document.limits, size, folder
        )
    if "error" in answer:
        raise SeluLintError(f"not verified: {answer['error']}")
    if "changed" in answer:
        raise SeluLintError(
            f"the result has other weights: {answer['changed']} differ from the original's, "
            f"{answer['drawn']} kernels were drawn anew; not written"
        )
    difference = float(answer["largest_difference"])
    if difference != 0:
        raise SeluLintError(
            f"the result would infer differently in {answer['library']}: outputs differ by up to "
            f"{difference:.3g}; not written"
        )
    gains = tuple(MeasuredGain(*gain) for gain in answer["gains"])
    left_out = tuple(f"{each.layer}/{each.slot}" for each in kernels if each.redrawn)
    return Verification(str(answer["library"]), difference, left_out, gains)
