"""``selu-lint config``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from selu_lint import console
from selu_lint.commands.options import (
    Failure,
    configuration,
    finder,
    selection,
    tell,
    verbose,
)
from selu_lint.config.configuration import DEFAULT, Configuration
from selu_lint.config.options import OPTIONS, Kind
from selu_lint.errors import SeluLintError
from selu_lint.findings import Confidence, Severity
from selu_lint.limits import Limits, key_of
from selu_lint.rule import find_rules
from selu_lint.wording import printable


@click.command(
    epilog="""
    \b
    Examples:
      selu-lint config
      selu-lint config models/model.keras
    """
)
@click.argument("path", default=".", type=click.Path(), metavar="[PATH]")
@selection
@configuration
@verbose
@click.pass_context
def config(context: click.Context, /, path: str, **_: Any) -> None:
    """Print the settings that apply to a file or folder, and where each one comes from.

    The output is TOML, as it could stand in selu-lint.toml.
    """
    source = finder(context)
    try:
        inside = str(Path(path, "model")) if Path(path).is_dir() else path
        found = source.of(inside)
    except SeluLintError as error:
        raise Failure.of(error) from None
    tell(source.notes)
    origins = {key: printable(origin) for key, origin in found.origins.items()}
    lines = _lines(found._replace(origins=origins))
    console.write("".join(f"{line}\n" for line in lines))


def _lines(found: Configuration) -> Iterator[str]:
    running = [
        rule for rule in find_rules(found.settings.rules) if rule.is_selected(found.settings)
    ]
    yield f"# rules that run: {', '.join(rule.code for rule in running) or 'none'}"
    for option in OPTIONS.values():
        value, origin = found.value(option.name), found.origin(option.name)
        if option.kind is Kind.FILE and value is None:
            yield f"# no {option.key}  # {origin}"
        elif not option.kind.is_table:
            yield f"{option.key} = {_value(value)}  # {origin}"
    for option in (OPTIONS["per_file_ignores"], OPTIONS["severity"]):
        yield f"\n[{option.key}]  # {found.origin(option.name)}"
        table = found.value(option.name)
        yield from (f"{_key(name)} = {_value(value)}" for name, value in table.items())
    yield "\n[limits]"
    for name, default in Limits()._asdict().items():
        bound = getattr(found.settings.limits, name)
        origin = DEFAULT if bound == default else found.origin("limits")
        yield f"{key_of(name)} = {bound:_}  # {origin}"
    for entry in found.ignore_layers:
        yield f"\n[[ignore-layers]]  # {found.origin('ignore_layers')}"
        yield f"files = {_value(entry.files)}"
        yield f"layers = {_value(entry.layers)}"
        yield f"codes = {_value(entry.codes)}"
        yield f"reason = {_value(entry.reason)}"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _value(name)


def _value(value: object) -> str:
    if value is None:
        return '"never"'
    if isinstance(value, Severity | Confidence):
        return f'"{value.value}"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, int | float):
        return str(value)
    text = "".join(map(_character, str(value)))
    return f'"{text}"'.replace("##", r"#\u0023")


def _character(character: str) -> str:
    """Return a character as a basic string of TOML holds it, spelled if it is not to be shown."""
    if printable(character) == character:
        return {'"': r"\"", "\\": r"\\"}.get(character, character)
    number = ord(character)
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
