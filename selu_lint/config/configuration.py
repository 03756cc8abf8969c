"""The configuration of a project: ``selu-lint.toml``, or ``[tool.selu-lint]`` in pyproject.toml."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from selu_lint.findings import Severity
from selu_lint.limits import MIB, Limits
from selu_lint.settings import Settings
from selu_lint.storage.addresses import is_address

if TYPE_CHECKING:
    from pathlib import Path

OWN_FILE = "selu-lint.toml"
SHARED_FILE = "pyproject.toml"
DEFAULT = "default"
COMMAND_LINE = "command line"
_NOTHING: Mapping[str, Any] = {}
MOST_BYTES = MIB
"""How large a configuration may be; the largest pyproject.toml in use take a tenth of it."""


class IgnoredLayers(NamedTuple):
    """An entry of ``[[tool.selu-lint.ignore-layers]]``.

    Attributes
    ----------
    layers : str
        Glob of layer paths; see `selu_lint.storage.globs.matches`.
    reason : str
        Why these findings are accepted.
    files : str
        Glob of files; see `selu_lint.storage.globs.matches_file`.
    codes : tuple of str
        Codes or prefixes; empty for every rule.
    """

    layers: str
    reason: str
    files: str = "**"
    codes: tuple[str, ...] = ()

    def covers(self, code: str) -> bool:
        """Whether it is about the rule with this code."""
        return not self.codes or code.startswith(self.codes)


class Configuration(NamedTuple):
    """What applies to the files beneath a folder.

    Attributes
    ----------
    path : Path or None
        The file that it was read from; None for the defaults.
    folder : str or Path
        The folder that its globs are relative to.
    settings : Settings
        What a check needs of it.
    per_file_ignores : Mapping of str to tuple of str
        Codes that are ignored in the files that a glob covers.
    exclude : tuple of str
        Globs of files and folders that are not checked.
    fail_on : Severity or None
        Least severity of a finding that fails; None for never.
    severity : Mapping of str to Severity
        Severities of rules, by code or prefix; the longest prefix decides.
    ignore_layers : tuple of IgnoredLayers
        Findings that are accepted, with reasons.
    baseline : Path or None
        The baseline.
    origins : Mapping of str to str
        Where each key that is not at its default comes from.
    foreign : bool
        Whether it may have come along with a stranger's model: the user did not choose it.
    """

    path: Path | None = None
    folder: str | Path = "."
    settings: Settings = Settings()
    per_file_ignores: Mapping[str, tuple[str, ...]] = _NOTHING
    exclude: tuple[str, ...] = ()
    fail_on: Severity | None = Severity.ERROR
    severity: Mapping[str, Severity] = _NOTHING
    ignore_layers: tuple[IgnoredLayers, ...] = ()
    baseline: Path | None = None
    origins: Mapping[str, str] = _NOTHING
    foreign: bool = False

    def origin(self, key: str) -> str:
        """Where a value comes from: a file, the command line, or the default."""
        return self.origins.get(key, DEFAULT)

    def overridden(self, **given: Any) -> Configuration:
        """Return this configuration with what the command line asks for.

        A ``select`` starts anew: what the file selects, extends and ignores is forgotten. An
        ``extend_select`` and an ``ignore`` are added to it.
        """
        if "select" in given:
            return self.having({"extend_select": (), "ignore": (), **given}, COMMAND_LINE)
        added: dict[str, Any] = {
            name: (*self.value(name), *given[name])
            for name in ("extend_select", "ignore")
            if name in given
        }
        return self.having({**given, **added}, COMMAND_LINE)

    def having(self, values: Mapping[str, Any], origin: str) -> Configuration:
        """Return this configuration with values of options, by their names, and their origin."""
        of_checks = {name: value for name, value in values.items() if name in Settings._fields}
        others = {name: value for name, value in values.items() if name not in of_checks}
        return self._replace(
            settings=self.settings._replace(**of_checks),
            origins={**self.origins, **dict.fromkeys(values, origin)},
            **others,
        )

    def value(self, name: str) -> Any:
        """Return the value of an option, by its name."""
        return getattr(self.settings if hasattr(self.settings, name) else self, name)

    def relative(self, path: str) -> str:
        """Return a path as its globs see it: relative to ``folder``, with ``/``."""
        return relative(path, self.folder)

    def as_foreign(self, own: Configuration) -> Configuration:
        """Return this configuration as it acts where the user did not choose it.

        Parameters
        ----------
        own : Configuration
            That of the working folder, whose bounds it can only lower.
        """
        mine, theirs = own.settings, self.settings
        limits = {
            name: min(bound, getattr(mine.limits, name))
            for name, bound in theirs.limits._asdict().items()
        }
        timeout = min(theirs.build_timeout, mine.build_timeout)
        lowered = theirs._replace(limits=Limits(**limits), build_timeout=timeout)
        return self._replace(settings=lowered, foreign=True)

    @property
    def brings_baseline(self) -> bool:
        """Whether its baseline is a stranger's, like the model that it lies beside."""
        return self.foreign and self.origin("baseline") != COMMAND_LINE

    @property
    def suppresses(self) -> bool:
        """Whether it changes how findings are reported."""
        return bool(self.per_file_ignores or self.ignore_layers or self.severity)

    def excludes(self, path: str) -> bool:
        """Whether a file is not to be checked."""
        if not self.exclude:
            return False
        from selu_lint.storage.globs import matches_file

        relative = self.relative(path)
        return any(matches_file(pattern, relative) for pattern in self.exclude)


def relative(path: str, folder: str | Path) -> str:
    """Return a path relative to a folder, with ``/``; addresses and ``-`` as they are."""
    if is_address(path) or path == "-":
        return path
    from pathlib import Path

    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        # On Windows there is no relative path to another drive.
        return Path(path).absolute().as_posix()


def shown(path: Path) -> str:
    """Return a path as messages name it: relative to the working folder where it lies in it."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
