"""The hidden names of results that are still being written: made, held, removed when left over.

A draft is locked for as long as its process lives: one that nobody holds was left by a process that
was killed.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import stat
from collections.abc import Container, Iterator

DRAFT = "tmp"
"""How the name of a draft ends."""

ASIDE = "old"
"""How the name of a folder that has made room for its result ends."""

_LONGEST = 100


def hidden(folder: str, name: str) -> str:
    """Return a new path for the draft of what is going to have this name."""
    return os.path.join(folder, f".{name[:_LONGEST]}.selu-lint-{os.urandom(4).hex()}.{DRAFT}")


def is_of(entry: str, name: str, ending: str) -> bool:
    """Whether an entry of a folder is a draft of this name, or what has made room for it."""
    own = rf"\.{re.escape(name[:_LONGEST])}\.selu-lint-[0-9a-f]{{8}}\.{ending}"
    return re.fullmatch(own, entry) is not None


def is_hidden(entry: str, entries: Container[str]) -> bool:
    """Whether an entry of a folder is a draft of any name, or has made room for one that is there.

    A folder that has made room for a result that never came is the only one of its kind.
    """
    if not entry.startswith("."):
        return False
    own = re.fullmatch(rf"\.(.+)\.selu-lint-[0-9a-f]{{8}}\.({DRAFT}|{ASIDE})", entry)
    return own is not None and (own[2] == DRAFT or own[1] in entries)


def hold(descriptor: int) -> bool:
    """Lock an open file or folder for this process; return whether that could be done."""
    try:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (ImportError, OSError):
        return False
    return True


@contextlib.contextmanager
def held_folder(path: str) -> Iterator[None]:
    """Lock a folder while the block runs, where the system can."""
    if os.name == "nt":
        yield
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        hold(descriptor)
        yield
    finally:
        os.close(descriptor)


class _Ended(BaseException):
    """A signal asks the process to end."""


@contextlib.contextmanager
def tidy_end() -> Iterator[None]:
    """Let SIGTERM and SIGHUP unwind what is being written before they end the process.

    Only for the main thread of a program; a signal that is ignored stays ignored.
    """
    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    found = {getattr(signal, name): signal.getsignal(getattr(signal, name)) for name in names}

    def end(number: int, frame: object) -> None:
        raise _Ended(number)

    for number, handler in found.items():
        if handler is signal.SIG_DFL:
            signal.signal(number, end)
    try:
        yield
    except _Ended as ended:
        signal.signal(ended.args[0], signal.SIG_DFL)
        os.kill(os.getpid(), ended.args[0])
    finally:
        for number, handler in found.items():
            if handler is signal.SIG_DFL:
                signal.signal(number, handler)


def remove_left(folder: str, name: str) -> None:
    """Remove the drafts of this name that killed processes have left in a folder."""
    if os.name == "nt":
        return
    for entry in os.listdir(folder):
        if is_of(entry, name, DRAFT):
            # What cannot be opened or removed stays.
            with contextlib.suppress(OSError):
                _remove(os.path.join(folder, entry))


def _remove(path: str) -> None:
    import shutil

    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    try:
        kind = os.fstat(descriptor).st_mode
        if not hold(descriptor):
            return
        if stat.S_ISDIR(kind):
            shutil.rmtree(path)
        elif stat.S_ISREG(kind):
            os.unlink(path)
    finally:
        os.close(descriptor)
