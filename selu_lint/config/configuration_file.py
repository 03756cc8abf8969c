"""Reading a configuration: every key and value is checked, and a mistake names the nearest word."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from selu_lint.config.configuration import (
    MOST_BYTES,
    OWN_FILE,
    Configuration,
    IgnoredLayers,
    shown,
)
from selu_lint.config.options import OPTIONS, Kind, Option
from selu_lint.errors import SeluLintError
from selu_lint.findings import Severity
from selu_lint.limits import Limits, key_of
from selu_lint.rule_codes import codes_from
from selu_lint.storage.byte_source import read_regular
from selu_lint.wording import brief, nearest

_Entries = TypeVar("_Entries", bound=Collection[Any])
_TABLE = "selu-lint"
_MOST_PARTS = 50
# The parser takes time with the square of the number of parts of a key.
_DEEP_KEY = rb"""\.(?:[ \t]*(?:[\w-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')[ \t]*\.){%d}""" % _MOST_PARTS
_MOST_ENTRIES = 1000
_LONGEST_TEXT = 1000


def read(path: Path, packages: Sequence[str] = ()) -> Configuration | None:
    """Read a configuration file.

    Parameters
    ----------
    path : Path
        Any TOML file with a table ``[tool.selu-lint]``, or one named ``selu-lint.toml``.
    packages : sequence of str
        Packages of further rules, whose codes it may name.

    Returns
    -------
    Configuration or None
        None for a file without the table.

    Raises
    ------
    SeluLintError
        One line, with the file's name, if it cannot be read or something in it is wrong.
    """
    name = shown(path)
    try:
        content = read_regular(str(path), MOST_BYTES)
    except OSError as error:
        raise SeluLintError(f"{name}: cannot be read: {error.strerror}") from None
    except SeluLintError as error:
        raise SeluLintError(f"{name}: {error}") from None
    if re.search(_DEEP_KEY, content):
        raise SeluLintError(f"{name}: a key has more than {_MOST_PARTS} parts")
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        table: Any = tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise SeluLintError(f"{name}: it is not UTF-8") from None
    except RecursionError:
        raise SeluLintError(f"{name}: nested deeper than Python can follow") from None
    # A number of more than 4,300 digits is no TOMLDecodeError.
    except ValueError as error:
        raise SeluLintError(f"{name}: no valid TOML: {error}") from None
    if path.name != OWN_FILE:
        tools = table.get("tool")
        table = tools.get(_TABLE) if isinstance(tools, dict) else None
        if table is None:
            return None
    return _Reader(name, path, packages).configuration(table)


class _Reader:
    """Checks the values of one file; every error starts with the file's name."""

    def __init__(self, name: str, path: Path, packages: Sequence[str]) -> None:
        self._name = name
        self._path = path
        self._packages = packages
        self._readers: dict[Kind, Callable[[str, Any], Any]] = {
            Kind.CODES: self._codes,
            Kind.IGNORED_FILES: self._per_file_ignores,
            Kind.GLOBS: self._texts,
            Kind.FLAG: self._flag,
            Kind.SECONDS: self._seconds,
            Kind.FILE: self._file,
            Kind.SEVERITIES: self._severities,
            Kind.LIMITS: self._limits,
            Kind.IGNORED_LAYERS: self._ignore_layers,
        }

    def configuration(self, table: Any) -> Configuration:
        """Return the configuration that the table holds."""
        table = self._table(f"tool.{_TABLE}", table)
        known = {option.key: option for option in OPTIONS.values()}
        values = {}
        for key, value in table.items():
            if key not in known:
                self._unknown("key", key, known)
            values[known[key].name] = self._value(known[key], value)
        return Configuration(self._path, self._path.parent).having(values, self._name)

    def _value(self, option: Option, value: Any) -> Any:
        if option.kind is Kind.CHOICE:
            return option.choices[self._choice(option.key, value, option.choices)]
        return self._readers[option.kind](option.key, value)

    def _fail(self, problem: str) -> NoReturn:
        raise SeluLintError(f"{self._name}: {problem}")

    def _unknown(self, kind: str, word: str, known: Collection[str]) -> NoReturn:
        meant = nearest(word, known)
        hint = f"did you mean {meant!r}?" if meant else f"there are {', '.join(known)}"
        self._fail(f"unknown {kind} {brief(word)}; {hint}")

    def _table(self, key: str, value: Any) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            self._fail(f"{key} must be a table")
        return self._few(key, value)

    def _few(self, key: str, value: _Entries) -> _Entries:
        if len(value) > _MOST_ENTRIES:
            self._fail(f"{key} must have no more than {_MOST_ENTRIES:,} entries")
        return value

    def _text(self, key: str, value: Any) -> str:
        if not isinstance(value, str) or not value:
            self._fail(f"{key} must be a text that is not empty")
        if len(value) > _LONGEST_TEXT:
            self._fail(f"{key} must be shorter than {_LONGEST_TEXT:,} characters")
        return value

    def _texts(self, key: str, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list):
            self._fail(f"{key} must be an array of texts")
        return tuple(self._text(key, item) for item in self._few(key, value))

    def _flag(self, key: str, value: Any) -> bool:
        if not isinstance(value, bool):
            self._fail(f"{key} must be true or false")
        return value

    def _seconds(self, key: str, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e9:
            self._fail(f"{key} must be a positive number of seconds, not {brief(value)}")
        return float(value)

    def _choice(self, key: str, value: Any, choices: Collection[str]) -> str:
        if not isinstance(value, str) or value not in choices:
            meant = nearest(value, choices) if isinstance(value, str) else ""
            hint = f"; did you mean {meant!r}?" if meant else ""
            self._fail(f"{key} must be one of {', '.join(choices)}, not {brief(value)}{hint}")
        return value

    def _codes(self, key: str, value: Any) -> tuple[str, ...]:
        words = self._texts(key, value)
        try:
            return codes_from(words, self._packages)
        except SeluLintError as error:
            self._fail(f"{key}: {error}")

    def _code(self, key: str, value: str) -> str:
        return self._codes(key, [value])[0]

    def _file(self, key: str, value: Any) -> Path:
        return self._path.parent / self._text(key, value)

    def _severities(self, key: str, value: Any) -> dict[str, Severity]:
        choices = [severity.value for severity in Severity]
        return {
            self._code(key, code): Severity(self._choice(f"{key}.{code}", severity, choices))
            for code, severity in self._table(key, value).items()
        }

    def _per_file_ignores(self, key: str, value: Any) -> dict[str, tuple[str, ...]]:
        return {
            self._text(key, pattern): self._codes(f"{key}.{pattern!r}", codes)
            for pattern, codes in self._table(key, value).items()
        }

    def _limits(self, key: str, value: Any) -> Limits:
        known = {key_of(name): name for name in Limits._fields}
        table = self._table(key, value)
        for word in table:
            if word not in known:
                self._unknown("limit", word, known)
        try:
            return Limits(**{known[word]: number for word, number in table.items()})
        except ValueError as error:
            self._fail(f"{key}.{error}")

    def _ignore_layers(self, key: str, value: Any) -> tuple[IgnoredLayers, ...]:
        if not isinstance(value, list):
            self._fail(f"{key} must be an array of tables: [[tool.{_TABLE}.{key}]]")
        entries = self._few(key, value)
        return tuple(self._ignored(key, self._table(key, entry)) for entry in entries)

    def _ignored(self, key: str, entry: Mapping[str, Any]) -> IgnoredLayers:
        known = ("files", "layers", "codes", "reason")
        for word in entry:
            if word not in known:
                self._unknown(f"key of {key}", word, known)
        for word in ("layers", "reason"):
            if word not in entry:
                self._fail(f"an entry of {key} lacks {word!r}")
        return IgnoredLayers(
            layers=self._text(f"{key}.layers", entry["layers"]),
            reason=self._text(f"{key}.reason", entry["reason"]),
            files=self._text(f"{key}.files", entry.get("files", "**")),
            codes=self._codes(f"{key}.codes", entry.get("codes", [])),
        )
