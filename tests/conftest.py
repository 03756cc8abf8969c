"""What all tests need of the process that runs them."""

from __future__ import annotations

import signal

from hypothesis import settings

# A busy machine is no fault of the code.
settings.register_profile("without clocks", deadline=None)
settings.load_profile("without clocks")


def pytest_configure() -> None:
    """Let Ctrl-C reach the processes of tests; in the background of a shell it is ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
