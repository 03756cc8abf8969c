"""How a training reports its progress: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any, TextIO

import click

from selu_lint.errors import SeluLintError


class TimeUpError(SeluLintError):
    """The time that was given is over."""


class Progress:
    """Reports nothing; the base of the others.

    Attributes
    ----------
    until : float
        When the time is up, by ``time.monotonic()``; `check` and the end of an epoch then raise
        `TimeUpError`.
    """

    wants_steps = False
    until = math.inf

    def check(self) -> None:
        """Raise `TimeUpError` if the time is up."""
        if time.monotonic() > self.until:
            raise TimeUpError("the time is up")

    def note(self, line: str) -> None:
        """Report a line."""

    def begin(self, epochs: int, steps: int) -> None:
        """Report the start of a training of ``epochs`` with ``steps`` each."""

    def steps(self, count: int, numbers: Mapping[str, float]) -> None:
        """Report ``count`` more steps, with the mean loss and accuracy of the epoch so far."""

    def epoch(self, epoch: int, numbers: Mapping[str, float]) -> None:
        """Report the end of an epoch, counted from 0, with its numbers."""
        self.check()

    def end(self) -> None:
        """Report the end of the training."""


class Lines(Progress):
    """One line an epoch, and in a long one a line every `every` seconds."""

    wants_steps = True
    every = 15.0

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._epochs, self._steps = 0, 0
        self._epoch, self._done, self._told = 0, 0, 0.0

    def note(self, line: str) -> None:
        """Write the line."""
        click.echo(line, file=self._stream)

    def begin(self, epochs: int, steps: int) -> None:
        """Remember how much there is to do."""
        self._epochs, self._steps = epochs, steps
        self._epoch, self._done, self._told = 0, 0, time.monotonic()

    def steps(self, count: int, numbers: Mapping[str, float]) -> None:
        """Write how far the epoch is, if nothing was written for a while."""
        self._done += count
        if self._done < self._steps and time.monotonic() - self._told >= self.every:
            place = f"epoch {self._epoch + 1}/{self._epochs}, {self._done} of {self._steps} steps"
            self._tell(f"  {place}: {described(numbers)}")

    def epoch(self, epoch: int, numbers: Mapping[str, float]) -> None:
        """Write the numbers."""
        place = f"epoch {epoch + 1}/{self._epochs}"
        self._tell(f"  {place}: {described(numbers)}, {numbers['seconds']:.1f} s")
        self._epoch, self._done = epoch + 1, 0
        self.check()

    def _tell(self, line: str) -> None:
        self.note(line)
        self._told = time.monotonic()


class Bar(Progress):
    """A bar over the steps of a training, with loss and accuracy."""

    wants_steps = True

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._bar: Any = None
        self._epochs, self._steps = 0, 0
        self._text = ""

    def note(self, line: str) -> None:
        """Write the line."""
        click.echo(line, file=self._stream)

    def begin(self, epochs: int, steps: int) -> None:
        """Draw the bar."""
        self._epochs, self._steps = epochs, steps
        self._bar = click.progressbar(
            length=epochs * steps,
            file=self._stream,
            label=f"  epoch 1/{epochs}",
            item_show_func=lambda _: self._text,
            update_min_steps=max(steps // 20, 1),
            width=24,
        )
        self._bar.__enter__()

    def steps(self, count: int, numbers: Mapping[str, float]) -> None:
        """Move the bar."""
        self._text = described(numbers)
        self._bar.update(count)

    def epoch(self, epoch: int, numbers: Mapping[str, float]) -> None:
        """Move on to the next epoch."""
        self._text = described(numbers)
        self._bar.label = f"  epoch {min(epoch + 2, self._epochs)}/{self._epochs}"
        self._bar.update((epoch + 1) * self._steps - self._bar.pos)
        self.check()

    def end(self) -> None:
        """Finish the bar's line."""
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
            self._bar = None


def on(stream: TextIO) -> Progress:
    """Return a bar where the stream is a terminal, lines elsewhere."""
    return Bar(stream) if stream.isatty() else Lines(stream)


def described(numbers: Mapping[str, float]) -> str:
    """Return loss and accuracy, and those on the images held out, in a few words."""
    text = f"loss {numbers['loss']:.4f}, accuracy {numbers['accuracy']:.4f}"
    if "val_accuracy" in numbers:
        text += f" (held out {numbers['val_loss']:.4f}, {numbers['val_accuracy']:.4f})"
    return text
