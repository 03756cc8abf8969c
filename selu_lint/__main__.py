"""The command ``selu-lint``, also as ``python -m selu_lint``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command; Ctrl-C is one line and exit code 130, while it still imports, too."""
    try:
        from selu_lint import cli

        cli.main(prog_name="selu-lint")
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
