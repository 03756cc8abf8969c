"""What to run so that kernels which were kept are drawn anew after all."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from selu_lint.fixing.fix_options import FixOptions
from selu_lint.fixing.fix_report import FileFix, RedrawOffer

Command = Callable[[str, Mapping[str, Any]], str]
"""Returns what to run for a model: what was asked for, with these options set anew."""


def with_command(file: FileFix, target: str, options: FixOptions, command: Command) -> FileFix:
    """Return the result of a fix with what to run to draw its untrained kernels anew.

    Parameters
    ----------
    file : FileFix
        The result.
    target : str
        Where the repaired model went, or would go.
    options : FixOptions
        What the fix was asked to do.
    command : callable
        Words the command.
    """
    if file.offer is None:
        return file
    changes: dict[str, Any] = {"redraw": file.offer.redraw}
    if options.output is not None:
        changes["output"] = target
    if options.in_place and file.output is not None:
        # The initializers that drew the kernels are gone from the file.
        changes |= {"redraw": "always", "select": ("SELU011",)}
    elif not options.in_place and os.path.lexists(target):
        changes["force"] = True
    offer = RedrawOffer(changes["redraw"], command(file.path, changes))
    return replace(file, offer=offer)


def python_call(subject: str, options: Mapping[str, Any]) -> str:
    """Return a call of ``selu_lint.fix``, options that were not given left out."""
    given = {name: value for name, value in options.items() if value not in (None, False, (), [])}
    words = [f"{name}={_written(value)}" for name, value in given.items()]
    return f"selu_lint.fix({', '.join([subject, *words])})"


def _written(value: Any) -> str:
    if isinstance(value, str | bool | int):
        return repr(value)
    # Settings are a tuple, too.
    return repr(list(value)) if type(value) in (list, tuple) else "settings"
