"""Finding the models in a directory by the first bytes of its files."""

from __future__ import annotations

import os
from collections.abc import Iterator

# Version control and caches keep copies of models that are not the user's own.
_PASSED_OVER = {".git", ".hg", ".svn", ".ipynb_checkpoints", "__pycache__", "node_modules"}


def models(directory: str) -> Iterator[str]:
    """Yield the models under a directory, sorted; the directory itself if there are none."""
    found = False
    for model in _walk(directory):
        found = True
        yield model
    if not found:
        yield directory


def _walk(directory: str) -> Iterator[str]:
    with os.scandir(directory) as scan:
        entries = sorted(scan, key=lambda entry: entry.name)
    names = {entry.name for entry in entries}
    saved_model = "saved_model.pb" in names
    if saved_model:
        yield directory
    for entry in entries:
        path = os.path.join(directory, entry.name)
        if entry.is_dir(follow_symlinks=False):
            if entry.name in _PASSED_OVER or (
                saved_model and entry.name in ("variables", "assets")
            ):
                continue
            yield from _walk(path)
        elif entry.name.endswith((".keras", ".h5", ".hdf5", ".json")):
            yield path
