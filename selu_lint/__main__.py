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


def _pass_over(failure: sys.UnraisableHookArgs) -> None:
    """Say nothing of what fails while objects are deleted that an interruption left half made.

    A Ctrl-C that comes meanwhile would be lost with it: it is taken up a moment later.
    """
    if issubclass(failure.exc_type, KeyboardInterrupt) and not sys.is_finalizing():
        import _thread
        import threading

        threading.Timer(0.01, _thread.interrupt_main).start()


if __name__ == "__main__":
    main()
