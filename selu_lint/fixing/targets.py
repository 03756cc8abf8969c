"""Where the results of a fix go, and what lies there already."""

from __future__ import annotations

import filecmp
import os
from collections.abc import Iterable

from selu_lint.errors import SeluLintError
from selu_lint.fixing.fix_options import FixOptions
from selu_lint.formats import is_source, keras_folder
from selu_lint.formats.saved_model.reading import SAVED_MODEL, folder_of

_FIXED = ".fixed"


def without_results(models: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return models and who named them, without the results of earlier fixes that a walk found.

    A result counts as one where its original lies beside it.
    """
    return [(model, named) for model, named in models if model == named or not _is_result(model)]


def _is_result(model: str) -> bool:
    stem, suffix = os.path.splitext(model)
    if stem.endswith(_FIXED):
        return os.path.lexists(stem.removesuffix(_FIXED) + suffix)
    return suffix == _FIXED and os.path.lexists(stem)


def target_of(model: str, named: str, options: FixOptions, several: bool) -> str:
    """Return the path of a model's result."""
    output, model = options.output, folder_of(model)
    if options.in_place or (output is None and is_source(model)):
        return model
    if output is None and os.path.isdir(model):
        return f"{model}{_FIXED}"
    if output is None:
        stem, suffix = os.path.splitext(model)
        return f"{stem}{_FIXED}{suffix}"
    named = folder_of(named)
    folder = os.path.isdir(output) or output.endswith(("/", os.sep))
    if os.path.isfile(os.path.join(output, SAVED_MODEL)) or keras_folder.is_folder(output):
        return output
    if several or model != named or folder:
        inside = os.path.basename(model) if model == named else os.path.relpath(model, named)
        return os.path.join(output, inside)
    return output


def make_folders(target: str, output: str) -> None:
    """Make the folders of a result; those below the one that the user named may be no links."""
    folder = os.path.dirname(os.path.abspath(target))
    below = os.path.relpath(folder, os.path.abspath(output))
    if not below.startswith(os.pardir):
        each = os.path.abspath(output)
        for name in below.split(os.sep):
            each = os.path.join(each, name)
            if name != os.curdir and os.path.islink(each):
                raise SeluLintError(f"cannot write below {each}: it is a link")
    os.makedirs(folder, exist_ok=True)


def same_bytes(one: str, other: str) -> bool:
    """Whether two files, or the files of two folders, hold the same bytes."""
    if not os.path.isdir(one):
        return filecmp.cmp(one, other, shallow=False)
    names = [_files(one), _files(other)]
    return names[0] == names[1] and all(
        filecmp.cmp(os.path.join(one, name), os.path.join(other, name), shallow=False)
        for name in names[0]
    )


def _files(folder: str) -> list[str]:
    return sorted(
        os.path.relpath(os.path.join(path, name), folder)
        for path, _, names in os.walk(folder)
        for name in names
    )


def other_names(target: str) -> int:
    """Return how many hard links a file has that is replaced, besides the one that is named."""
    return os.stat(target).st_nlink - 1 if os.path.isfile(target) else 0
