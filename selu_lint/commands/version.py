"""``selu-lint version``."""

from __future__ import annotations

import click

from selu_lint import __version__, console
from selu_lint.commands.options import verbose


@click.command(
    epilog="""
    \b
    Examples:
      selu-lint version
    """
)
@verbose
def version() -> None:
    """Print the version."""
    console.write(f"selu-lint, version {__version__}\n")
