"""How long remote storages may take, and their errors as one line."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from selu_lint.errors import SeluLintError
from selu_lint.limits import Limits

SILENT_SECONDS = 30
"""How long a server may send nothing."""

# Python waits no longer than some centuries.
_LONGEST_WAIT = 1e6
_Value = TypeVar("_Value")


class Deadline:
    """When everything that is read of one model has to be there."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._end = time.monotonic() + limits.remote_seconds

    @property
    def left(self) -> float:
        """Seconds that are left.

        Raises
        ------
        LimitError
            If none are.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise self.error
        return min(left, _LONGEST_WAIT)

    @property
    def error(self) -> SeluLintError:
        """The error for what took too long."""
        if time.monotonic() < self._end:
            return SeluLintError(f"the server sent nothing for {SILENT_SECONDS} seconds")
        return self._limits.exceeded("remote_seconds", "reading it takes", "seconds")

    def wait(self, function: Callable[..., _Value], *arguments: object) -> _Value:
        """Return what a function returns; one that takes too long is abandoned."""
        import queue
        import threading

        answers: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()

        def work() -> None:
            try:
                answers.put((function(*arguments), None))
            except BaseException as error:
                answers.put((None, error))

        threading.Thread(target=work, daemon=True).start()
        try:
            value, error = answers.get(timeout=self.left)
        except queue.Empty:
            raise self.error from None
        if error is not None:
            raise error
        return cast("_Value", value)


@contextmanager
def errors_of_a_server(deadline: Deadline) -> Iterator[None]:
    """Turn whatever a storage raises into one line, which does not repeat the address."""
    try:
        yield
    except SeluLintError:
        raise
    except FileNotFoundError:
        raise SeluLintError("there is nothing at this address") from None
    except PermissionError:
        raise SeluLintError("permission denied; are the credentials set?") from None
    except ImportError as error:
        raise SeluLintError(f"reading this address needs more packages: {_line(error)}") from None
    except MemoryError:
        raise
    # Each storage brings errors of its own, which share no class.
    except Exception as error:
        if "Timeout" in type(error).__name__:
            raise deadline.error from None
        if isinstance(error, OSError):
            reason = error.strerror or type(error).__name__
            raise SeluLintError(f"the server cannot be reached: {reason}") from None
        raise SeluLintError(f"cannot be fetched: {_line(error)}") from None


def _line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text[:200] if text and "://" not in text else type(error).__name__
