"""The inputs that reached new code, kept in ``fixtures/hostile/corpus``.

``python -m tests.fuzz.corpus --format keras FOLDER`` adds those of a guided run that reach lines
which no smaller one reaches.
"""

from __future__ import annotations

import argparse
import io
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from types import FrameType
from typing import Any
from zlib import crc32

from tests.fuzz.inputs import FIXTURES, FORMATS, Inputs

FOLDER = FIXTURES / "hostile" / "corpus"
SHARES = 50
"""By the remainder of its checksum, an input is repaired, profiled, or written and read back."""


def load(kind: str) -> list[bytes]:
    """Return the inputs kept for a format; none if there is no file."""
    path = FOLDER / f"{kind}.tar.xz"
    if not path.exists():
        return []
    with tarfile.open(path) as archive:
        files = (archive.extractfile(member) for member in archive)
        return [file.read() for file in files if file is not None]


def keep(kind: str, inputs: Sequence[bytes]) -> None:
    """Write the inputs of a format; they differ little, so they are compressed together."""
    FOLDER.mkdir(exist_ok=True)
    with tarfile.open(FOLDER / f"{kind}.tar.xz", "w:xz", preset=9) as archive:
        for data in inputs:
            member = tarfile.TarInfo(sha256(data).hexdigest()[:16])
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


def select(kind: str, candidates: Sequence[bytes]) -> list[bytes]:
    """Return the inputs, of the smaller ones first, that reach lines which none before reaches."""
    inputs, chosen = Inputs(kind), []
    with tempfile.TemporaryDirectory(prefix="selu-lint-fuzz-") as name:
        reached: set[tuple[str, int]] = set()
        for data in [*inputs.seeds, *sorted(candidates, key=len)]:
            lines = _lines(inputs.written(data, Path(name)), crc32(data) % SHARES)
            if not lines <= reached and data not in inputs.seeds:
                chosen.append(data)
            reached |= lines
    return chosen


def _lines(path: Path, share: int) -> set[tuple[str, int]]:
    from tests.fuzz.target import complaint

    lines: set[tuple[str, int]] = set()

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        if "selu_lint" not in frame.f_code.co_filename:
            return None
        if event == "line":
            lines.add((frame.f_code.co_filename, frame.f_lineno))
        return trace

    sys.settrace(trace)
    try:
        complaint(path, share)
    finally:
        sys.settrace(None)
    return lines


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.corpus", description=__doc__)
    parser.add_argument("--format", choices=FORMATS, required=True)
    parser.add_argument("folder", type=Path, help="that of `tests.fuzz.guided --found`")
    asked = parser.parse_args()
    found = [path.read_bytes() for path in asked.folder.iterdir()]
    chosen = select(asked.format, [*load(asked.format), *found])
    keep(asked.format, chosen)
    print(f"{asked.format}: {len(chosen)} of {len(found)} inputs are kept")


if __name__ == "__main__":
    main()
