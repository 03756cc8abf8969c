"""The command ``selu-lint``, also as ``python -m selu_lint``."""

from __future__ import annotations

import atexit
import gc
import sys


def main() -> None:
    """Run the command; Ctrl-C is one line and exit code 130, while it still imports, too."""
    sys.unraisablehook = _pass_over
    _spare_the_garbage_collector()
    try:
        from selu_lint import cli

        cli.main(prog_name="selu-lint")
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(130)


def _spare_the_garbage_collector() -> None:
    """Search rarely for cycles: imports and checks make many objects and hardly any of those."""
    gc.set_threshold(100_000, 50, 100)
    # What the process ends with is not searched: the system takes it all back.
    atexit.register(gc.freeze)


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
