"""The pages of ``docs/`` made from the code: ``python -m selu_lint.documentation docs``."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from selu_lint.config.options import OPTIONS, Kind, Option
from selu_lint.limits import Limits, key_of, size_text
from selu_lint.reports.descriptions import RuleDescription, as_markdown, descriptions
from selu_lint.rule import Rule, find_rules

_NOTE = "<!-- Made by `python -m selu_lint.documentation docs`; edit the code, not this page. -->"


def pages(folder: Path) -> dict[str, str]:
    """Return the text of each page by its path in ``docs/``, where pages lie already."""
    rules = {rule.code: rule for rule in find_rules()}
    described = descriptions()
    made = {f"rules/{rule.code}.md": _rule(rule, rules[rule.code]) for rule in described}
    made["rules/README.md"] = _index(described)
    made["commands.md"] = _commands()
    made["limits.md"] = _limits()
    page = folder / "configuration.md"
    if page.is_file():
        # Of this page the table is made, and the rest written.
        made[page.name] = _OPTIONS.sub(lambda _: _options(), page.read_text(encoding="utf-8"))
    return made


def write(folder: Path) -> None:
    """Write the pages, and remove those of rules that are no more."""
    made = pages(folder)
    for name, text in made.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for path in (folder / "rules").glob("*.md"):
        if path.relative_to(folder).as_posix() not in made:
            path.unlink()


def _rule(rule: RuleDescription, kind: type[Rule]) -> str:
    facts = [
        f"severity: {rule.severity.value}",
        "fixable with `selu-lint fix`" if rule.fixable else kind.without_fix,
        "on by default"
        if kind.by_default
        else f"off unless selected (`--extend-select {rule.code}`)",
    ]
    text = f"{_NOTE}\n\n# {rule.code} {rule.name}\n\n{'; '.join(facts)}.\n\n"
    return text + as_markdown(rule.documentation) + "\n"


def _index(rules: tuple[RuleDescription, ...]) -> str:
    rows = "".join(
        f"| [{rule.code}]({rule.code}.md) | {rule.name} | {rule.severity.value} | "
        f"{'yes' if rule.fixable else ''} | {rule.summary} |\n"
        for rule in rules
    )
    return (
        f"{_NOTE}\n\n# Rules\n\n`selu-lint rule CODE` prints these pages.\n\n"
        f"| code | name | severity | fixable | |\n|---|---|---|---|---|\n{rows}"
    )


def _limits() -> str:
    documentation = inspect.cleandoc(Limits.__doc__ or "")
    fields = re.findall(r"^(\w+) : int\n((?:    .*\n)+)", documentation, re.MULTILINE)
    rows = "".join(
        f"| `{key_of(name)}` | {_bound(name)} | {' '.join(text.replace('``', '`').split())} |\n"
        for name, text in fields
    )
    return (
        f"{_NOTE}\n\n# Limits\n\nWhat is read from a file is bounded, so that a damaged or hostile "
        "one costs neither the memory nor the hours of the machine. A file past a limit is refused "
        "with one line that names it. For files that you trust, raise it in selu-lint.toml, or "
        "under `[tool.selu-lint.limits]` in pyproject.toml; for files from strangers, lower it:\n\n"
        "```toml\n[limits]\njson-bytes = 500_000_000\nlayers = 2_000_000\n```\n\n"
        "Each is a whole number above 0. In Python: "
        '`selu_lint.check("model.keras", settings=Settings(limits=Limits(layers=2_000_000)))`, '
        "with both from `selu_lint`.\n\n"
        f"| limit | default | of what, and why so much |\n|---|---|---|\n{rows}"
    )


def _bound(name: str) -> str:
    bound = getattr(Limits(), name)
    return size_text(bound) if name.endswith("_bytes") else f"{bound:,}"


_OPTIONS = re.compile(r"^\| key \|.*\n(?:\|.*\n)+", re.MULTILINE)


def _options() -> str:
    rows = "".join(
        f"| `{each.key}` | {_type(each)} | {_default(each)} | "
        f"{' '.join(filter(None, (each.meaning, each.more)))} |\n"
        for each in OPTIONS.values()
    )
    return f"| key | type | default | meaning |\n|---|---|---|---|\n{rows}"


def _type(option: Option) -> str:
    return ", ".join(f'`"{choice}"`' for choice in option.choices) or option.kind.value


def _default(option: Option) -> str:
    text = f'"{option.default}"' if option.kind is Kind.CHOICE else option.default
    return f"`{text}`" if option.kind in (Kind.CHOICE, Kind.FLAG, Kind.SECONDS) else text


def _commands() -> str:
    from selu_lint.cli import main

    parts = [f"{_NOTE}\n\n# Commands\n\n{_prose(main.help)}\n"]
    context = click.Context(main, info_name="selu-lint")
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command is not None
        parts.append("\n".join(_command(name, command)))
    return "\n".join(parts).rstrip() + "\n"


def _command(name: str, command: click.Command) -> Iterator[str]:
    arguments = [each for each in command.params if isinstance(each, click.Argument)]
    options = [each for each in command.params if isinstance(each, click.Option)]
    synopsis = " ".join(["selu-lint", name, "[OPTIONS]", *map(_argument, arguments)])
    yield f"## {name}\n\n```text\n{synopsis}\n```\n\n{_prose(command.help)}\n"
    if options:
        yield "| option | meaning |\n|---|---|"
        yield from (f"| {_option(option)} | {_meaning(option)} |" for option in options)
        yield ""
    if command.epilog:
        yield _prose(command.epilog) + "\n"


def _argument(argument: click.Argument) -> str:
    name = argument.metavar or (argument.name or "").upper()
    optional = not argument.required and not name.startswith("[")
    return f"[{name}]" if optional else name


def _option(option: click.Option) -> str:
    value = ""
    if not option.is_flag:
        value = option.metavar or ""
        if not value and isinstance(option.type, click.Choice):
            value = "\\|".join(map(str, option.type.choices))
        value = f" {value or _kind(option)}".replace("|", "\\|").replace("\\\\", "\\")
    return ", ".join(f"`{name}{value}`" for name in option.opts)


def _kind(option: click.Option) -> str:
    return "N" if option.type.name.startswith(("integer", "float")) else option.type.name.upper()


def _meaning(option: click.Option) -> str:
    text = " ".join((option.help or "").split()).replace("|", "\\|")
    default = option.default
    if option.show_default and isinstance(default, str | int | float) and not option.is_flag:
        text += f" [default: {default}]"
    return text


def _prose(text: str | None) -> str:
    """Return a help text as Markdown; its blocks that click must not wrap become code."""
    paragraphs = inspect.cleandoc(text or "").split("\n\n")
    written = []
    for paragraph in paragraphs:
        head, _, block = paragraph.partition("\b\n")
        if not block:
            written.append(re.sub(r"(?<!\S)(--[\w-]+)", r"`\1`", head.rstrip()))
            continue
        title, _, lines = block.partition("\n")
        written.append(f"{title}\n\n```bash\n{inspect.cleandoc(lines)}\n```")
    return "\n\n".join(written)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
