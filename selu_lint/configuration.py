"""The configuration of a project: ``selu-lint.toml``, or ``[tool.selu-lint]`` in pyproject.toml.

The nearest one upwards from a file applies to it. Looking for one takes a few calls of ``stat``;
a parser is imported only where one was found.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from selu_lint.findings import Severity
from selu_lint.limits import Limits
from selu_lint.settings import Settings

if TYPE_CHECKING:
    from selu_lint.suppressions import IgnoredLayers

OWN_FILE = "selu-lint.toml"
SHARED_FILE = "pyproject.toml"
DEFAULT = "default"
COMMAND_LINE = "command line"
_NOTHING: Mapping[str, Any] = {}
# Most projects that use the linter name it among their dependencies only; parsing takes longer.
_HEADER = rb"""(?m)tool["']?\s*\.\s*["']?selu-lint|^\s*\[?\s*["']?tool["']?\s*[]=]"""


class Configuration(NamedTuple):
    """What applies to the files beneath a folder.

    Attributes
    ----------
    path : Path or None
        The file that it was read from; None for the defaults.
    folder : Path
        The folder that its globs are relative to.
    select, extend_select, ignore : tuple of str
        See `Settings`.
    per_file_ignores : Mapping of str to tuple of str
        Codes that are ignored in the files that a glob covers.
    exclude : tuple of str
        Globs of files and folders that are not checked.
    fail_on : Severity or None
        Least severity of a finding that fails; None for never.
    severity : Mapping of str to Severity
        Severities of rules, by code or prefix; the longest prefix decides.
    allow_equivalent_initializers, alpha_rate, weights, build_timeout : bool, str, bool, float
        See `Settings`.
    rules : Mapping of str to Mapping
        Options of rules by code.
    limits : Limits
        See `Settings`.
    ignore_layers : tuple of IgnoredLayers
        Findings that are accepted, with reasons.
    baseline : Path or None
        The baseline.
    origins : Mapping of str to str
        Where each key that is not at its default comes from.
    """

    path: Path | None = None
    folder: Path = Path()
    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = _NOTHING
    exclude: tuple[str, ...] = ()
    fail_on: Severity | None = Severity.ERROR
    severity: Mapping[str, Severity] = _NOTHING
    allow_equivalent_initializers: bool = False
    alpha_rate: str = "match"
    weights: bool = False
    build_timeout: float = Settings.build_timeout
    rules: Mapping[str, Mapping[str, object]] = _NOTHING
    limits: Limits = Settings.limits
    ignore_layers: tuple[IgnoredLayers, ...] = ()
    baseline: Path | None = None
    origins: Mapping[str, str] = _NOTHING

    @property
    def settings(self) -> Settings:
        """What a check needs of it."""
        return Settings(
            select=self.select,
            extend_select=self.extend_select,
            ignore=self.ignore,
            allow_equivalent_initializers=self.allow_equivalent_initializers,
            alpha_rate=self.alpha_rate,
            weights=self.weights,
            build_timeout=self.build_timeout,
            options={code: dict(options) for code, options in self.rules.items()},
            limits=self.limits,
        )

    def origin(self, key: str) -> str:
        """Where a value comes from: a file, the command line, or the default."""
        return self.origins.get(key, DEFAULT)

    def overridden(self, **given: Any) -> Configuration:
        """Return this configuration with what the command line asks for.

        A ``select`` replaces what the file selects, extends and ignores; an ``ignore`` is added.
        """
        values = dict(given)
        if "select" in given:
            values = {"extend_select": (), "ignore": (), **given}
        elif "ignore" in given:
            values["ignore"] = (*self.ignore, *given["ignore"])
        origins = {**self.origins, **dict.fromkeys(values, COMMAND_LINE)}
        return self._replace(**values, origins=origins)

    def relative(self, path: str) -> str:
        """Return a path as its globs see it: relative to ``folder``, with ``/``."""
        if "://" in path or path == "-":
            return path
        try:
            return Path(os.path.relpath(path, self.folder)).as_posix()
        except ValueError:
            # On Windows there is no relative path to another drive.
            return Path(path).absolute().as_posix()

    @property
    def suppresses(self) -> bool:
        """Whether it changes what is reported of the findings."""
        return bool(self.per_file_ignores or self.ignore_layers or self.severity)

    def excludes(self, path: str) -> bool:
        """Whether a file is not to be checked."""
        if not self.exclude:
            return False
        from selu_lint.globs import matches_file

        relative = self.relative(path)
        return any(matches_file(pattern, relative) for pattern in self.exclude)


class Finder:
    """Finds the configuration of each file, and reads each one once.

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
        self._fixed = None if fixed is None else fixed.overridden(**self._overrides)
        self._folders: dict[str, Configuration] = {}

    def of(self, path: str) -> Configuration:
        """Return the configuration of a file.

        Raises
        ------
        SeluLintError
            If the nearest one cannot be used.
        """
        if self._fixed is not None:
            return self._fixed
        if "://" in path or path == "-":
            return self.in_folder(os.getcwd())
        return self.in_folder(os.path.dirname(os.path.abspath(path)))

    def in_folder(self, folder: str) -> Configuration:
        """Return the configuration of the files in a folder."""
        if self._fixed is not None:
            return self._fixed
        passed = []
        while folder not in self._folders:
            passed.append(folder)
            configuration = self._in(folder)
            parent = os.path.dirname(folder)
            if configuration is None and parent == folder:
                configuration = Configuration().overridden(**self._overrides)
            if configuration is not None:
                self._folders[folder] = configuration
                break
            folder = parent
        configuration = self._folders[folder]
        for each in passed:
            self._folders[each] = configuration
        return configuration

    def _in(self, folder: str) -> Configuration | None:
        for name in (OWN_FILE, SHARED_FILE):
            path = os.path.join(folder, name)
            if os.path.isfile(path) and (name == OWN_FILE or _may_configure(path)):
                from selu_lint.configuration_file import read

                found = read(Path(path))
                if found is not None:
                    return found.overridden(**self._overrides)
        return None


def _may_configure(path: str) -> bool:
    """Whether a pyproject.toml looks as if it had the table; one that cannot be read does."""
    try:
        with open(path, "rb") as file:
            return re.search(_HEADER, file.read()) is not None
    except OSError:
        return True
