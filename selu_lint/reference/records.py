"""The runs of an experiment as JSON lines: appended as they end, found again to resume."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from selu_lint.errors import SeluLintError
from selu_lint.findings import Finding
from selu_lint.reference.backends import Backend
from selu_lint.reference.data import Images
from selu_lint.reference.grids import Run
from selu_lint.storage.atomic import hold_file, write_file
from selu_lint.wording import plain

FILE = "runs.jsonl"
Record = dict[str, Any]


def identity(run: Run, backend: Backend, images: Images) -> Record:
    """Return the part of a record that says which run it is: equal parts, the same run."""
    return {
        "recipe": asdict(run.recipe),
        "variant": run.variant,
        "seed": run.seed,
        "backend": backend.name,
        "device_kind": backend.kind,
        "device": backend.device,
        "images": [len(images.x_train), len(images.x_test)],
    }


def described(finding: Finding) -> Record:
    """Return a finding as JSON."""
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.value,
        "layer": finding.layer,
        "message": finding.message,
        "data": dict(finding.data),
        "fixable": finding.fixable,
    }


class Records:
    """The file ``runs.jsonl`` of a directory.

    Opening it drops a last line that an interruption left half written.

    Raises
    ------
    SeluLintError
        If the directory cannot be written, or a line is not a record.
    """

    def __init__(self, directory: Path) -> None:
        self.path = directory / FILE
        try:
            directory.mkdir(parents=True, exist_ok=True)
            if not hold_file(str(self.path)):
                write_file(self.path, b"")
            self._records = self._read()
        except OSError as error:
            raise SeluLintError(f"cannot write to {directory}: {error.strerror}") from error

    def _read(self) -> list[Record]:
        whole = self.path.read_bytes()
        end = whole.rfind(b"\n") + 1
        if end < len(whole):
            os.truncate(self.path, end)
        records = []
        for number, line in enumerate(whole[:end].splitlines(), 1):
            try:
                record = json.loads(line)
                record["recipe"], record["variant"], record["seed"]
            except (ValueError, TypeError, KeyError) as error:
                raise SeluLintError(
                    f"line {number} of {self.path} is not a run; move the file away to start anew"
                ) from error
            records.append(record)
        return records

    def find(self, wanted: Record) -> Record | None:
        """Return the record with this `identity`, None if there is none yet."""
        for record in self._records:
            if all(record.get(key) == value for key, value in wanted.items()):
                return record
        return None

    def append(self, record: Record) -> Record:
        """Write a record so that it survives a crash; return it as it will be read back."""
        line = json.dumps(plain(record), allow_nan=False)
        with open(self.path, "ab") as file:
            file.write(line.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        written: Record = json.loads(line)
        self._records.append(written)
        return written
