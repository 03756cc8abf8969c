"""What a fix of files is asked to do."""

from __future__ import annotations

from dataclasses import dataclass

from selu_lint.errors import SeluLintError


@dataclass(frozen=True)
class FixOptions:
    """What a fix of files is asked to do: the options of `fix` with these names."""

    output: str | None = None
    in_place: bool = False
    force: bool = False
    redraw: str = "never"
    seed: int | None = None
    unsafe_fixes: bool = False
    dry_run: bool = False
    verify: bool = False
    trust_code: bool = False
    stdin: bool = False
    """Whether the one file, of source code, comes from standard input."""

    def __post_init__(self) -> None:
        if self.output == "-":
            raise SeluLintError("a repaired model is not written to standard output; name a file")
