"""What a fix did, as JSON for programs."""

from __future__ import annotations

import dataclasses
from typing import Any

from selu_lint.fixing.fix_report import FileFix, FixReport
from selu_lint.reports.json_report import edit_data, finding_data
from selu_lint.wording import as_json, plain

VERSION = 1
"""Version of the contract; grows only when something that was promised changes or goes."""


def render(report: FixReport, dry_run: bool = False) -> str:
    """Return the result as one JSON object, indented by two spaces, in ASCII.

    An edit without ``old`` adds its key, one without ``new`` removes it.
    """
    return as_json(as_data(report, dry_run))


def as_data(report: FixReport, dry_run: bool = False) -> dict[str, Any]:
    """Return the result as plain data."""
    kernels = [kernel for file in report.files for kernel in file.kernels]
    return {
        "version": VERSION,
        "dry_run": dry_run,
        "files": [_file(file) for file in report.files],
        "summary": {
            "files": len(report.files),
            "files_changed": sum(file.changed for file in report.files),
            "files_with_errors": len(report.errors),
            "repaired": sum(len(file.applied) for file in report.files),
            "for_new_training": sum(len(file.for_new_training) for file in report.files),
            "remaining": sum(len(file.remaining) for file in report.files),
            "hidden": sum(len(file.hidden) for file in report.files),
            "kernels_redrawn": sum(each.redrawn for each in kernels),
            "kernels_kept": sum(not each.redrawn for each in kernels),
        },
    }


def _file(file: FileFix) -> dict[str, Any]:
    return {
        "path": file.path,
        "output": file.output,
        "format": file.format,
        "keras_version": file.keras_version,
        "error": file.error,
        "applied": [finding_data(finding) for finding in file.applied],
        "remaining": [
            {**finding_data(each.finding), "reason": each.reason} for each in file.remaining
        ],
        "hidden": [finding_data(finding) for finding in file.hidden],
        "edits": [edit_data(edit) for edit in file.edits],
        "kernels": [plain(dataclasses.asdict(kernel)) for kernel in file.kernels],
        "seed": file.seed,
        "already_there": file.already_there,
        "other_names": file.other_names,
        "offer": None if file.offer is None else plain(dataclasses.asdict(file.offer)),
        "verification": None
        if file.verification is None
        else plain(dataclasses.asdict(file.verification)),
    }
