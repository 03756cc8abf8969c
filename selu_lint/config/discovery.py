"""Finding the configuration that applies to a file: the nearest one upwards from it.

Looking for one takes a few calls of ``stat``; a parser is imported only where one was found.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from selu_lint.config.configuration import (
    MOST_BYTES,
    OWN_FILE,
    SHARED_FILE,
    Configuration,
    shown,
)
from selu_lint.errors import SeluLintError
from selu_lint.limits import Limits, key_of
from selu_lint.storage.byte_source import read_regular

if TYPE_CHECKING:
    from pathlib import Path

# Most projects that use the linter name it among their dependencies only; parsing takes longer.
_HEADER = rb"""["']?tool["']?[ \t]*(?:[]=]|\.[ \t]*["']?selu-lint)"""
_SILENCING = (
    "select",
    "ignore",
    "per_file_ignores",
    "exclude",
    "fail_on",
    "confidence",
    "severity",
    "allow_equivalent_initializers",
    "ignore_layers",
    "baseline",
)


class Finder:
    """Finds the configuration of each file, and reads each one once.

    The nearest configuration upwards from the working folder is the user's own. Any other one may
    come along with a stranger's model: it can only lower bounds, and `notes` name it.

    Parameters
    ----------
    fixed : Configuration, optional
        The one configuration for all files, instead of looking for them.
    overrides : Mapping, optional
        What the command line asks for, as in `Configuration.overridden`.
    """

    def __init__(
        self, fixed: Configuration | None = None, overrides: Mapping[str, Any] | None = None
    ) -> None:
        self._overrides = dict(overrides or {})
        self._fixed = fixed
        self._read: dict[str, Configuration | _BrokenError | None] = {}
        self._by_path: dict[Path | None, Configuration] = {}
        self._notes: dict[Path, str] = {}

    @cached_property
    def own(self) -> Configuration:
        """The configuration that the user chose: ``fixed``, or that of the working folder.

        Raises
        ------
        SeluLintError
            If it cannot be used.
        """
        return self._own.overridden(**self._overrides)

    @cached_property
    def _own(self) -> Configuration:
        if self._fixed is not None:
            return self._fixed
        try:
            found = self._nearest(os.getcwd())
        except _BrokenError as error:
            if _is_ours(error.path):
                raise
            return Configuration()
        return Configuration() if found is None or not _is_ours(found.path) else found

    @property
    def notes(self) -> tuple[str, ...]:
        """A line for each foreign configuration so far that decides what is reported."""
        return tuple(self._notes.values())

    def of(self, path: str) -> Configuration:
        """Return the configuration of a file.

        Raises
        ------
        SeluLintError
            If it cannot be used.
        """
        if "://" in path or path == "-":
            return self.own
        return self.in_folder(os.path.dirname(os.path.abspath(path)))

    def in_folder(self, folder: str) -> Configuration:
        """Return the configuration of the files in a folder."""
        if self._fixed is not None:
            return self.own
        found = self._nearest(folder)
        path = None if found is None else found.path
        if path not in self._by_path:
            self._by_path[path] = self._applied(found)
        return self._by_path[path]

    def limits_in(self, folder: str) -> Limits:
        """Return the limits in a folder; the user's own where its configuration cannot be used."""
        try:
            return self.in_folder(folder).settings.limits
        except SeluLintError:
            return self.own.settings.limits

    def excludes(self, path: str) -> bool:
        """Whether a file is not to be checked; one whose configuration cannot be used is."""
        try:
            return self.of(path).excludes(path)
        except SeluLintError:
            return False

    def _applied(self, found: Configuration | None) -> Configuration:
        """Return a configuration as it applies to the files beneath it."""
        if found is None:
            return Configuration().overridden(**self._overrides)
        if found is self._own:
            return self.own
        foreign = found.as_foreign(self._own)
        self._note(found, foreign)
        return foreign.overridden(**self._overrides)

    def _note(self, found: Configuration, foreign: Configuration) -> None:
        decides = [key_of(name) for name in _SILENCING if name in found.origins]
        does = [f"sets {', '.join(decides)}"] if decides else []
        if foreign.settings != found.settings:
            does.append("cannot raise limits")
        if does and found.path is not None:
            place = shown(found.path)
            line = f"{place} is not the working folder's configuration; it {' and '.join(does)}"
            self._notes[found.path] = f"{line} (--config chooses one, --isolated takes none)"

    def _nearest(self, folder: str) -> Configuration | None:
        """Return the nearest configuration upwards from a folder, as it was read."""
        while True:
            if folder not in self._read:
                try:
                    self._read[folder] = _in(folder, self._overrides.get("rules", ()))
                except _BrokenError as error:
                    self._read[folder] = error
            found, parent = self._read[folder], os.path.dirname(folder)
            if isinstance(found, _BrokenError):
                raise found
            if found is not None or parent == folder:
                return found
            folder = parent


class _BrokenError(SeluLintError):
    """A configuration that cannot be used."""

    def __init__(self, message: str, path: Path) -> None:
        super().__init__(message)
        self.path = path


def _in(folder: str, packages: Sequence[str]) -> Configuration | None:
    for name in (OWN_FILE, SHARED_FILE):
        path = os.path.join(folder, name)
        if os.path.isfile(path) and (name == OWN_FILE or _may_configure(path)):
            from pathlib import Path

            from selu_lint.config.configuration_file import read

            try:
                found = read(Path(path), packages)
            except SeluLintError as error:
                raise _BrokenError(str(error), Path(path)) from None
            if found is not None:
                return found
    return None


def _is_ours(path: Path | None) -> bool:
    """Whether a file belongs to the user, the system, or the owner of the working folder."""
    if path is None or not hasattr(os, "geteuid"):
        return True
    try:
        return os.stat(path).st_uid in (0, os.geteuid(), os.stat(".").st_uid)
    except OSError:
        return False


def _may_configure(path: str) -> bool:
    """Whether a pyproject.toml may have the table; one that cannot be read may."""
    try:
        content = read_regular(path, MOST_BYTES)
    except (OSError, SeluLintError):
        return True
    if b"selu-lint" not in content:
        return False
    header = re.compile(_HEADER)
    return any(header.match(line.lstrip(b" \t[")) for line in content.splitlines())
