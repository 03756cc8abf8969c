"""The command ``selu-lint``, also as ``python -m selu_lint``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command; Ctrl-C is one line and exit code 130, while it still imports, too."""
    sys.unraisablehook = _pass_over
    try:
        from selu_lint import cli

        cli.main(prog_name="selu-lint")
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(130)


def _pass_over(_: object) -> None:
    """Say nothing of what fails while objects that an interruption left half made are deleted."""


if __name__ == "__main__":
    main()
