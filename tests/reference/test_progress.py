"""A bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import io

from selu_lint.reference import progress

NUMBERS = {"loss": 0.5, "accuracy": 0.75, "val_loss": 0.25, "val_accuracy": 0.875, "seconds": 1.25}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_lines_say_one_line_an_epoch() -> None:
    stream = io.StringIO()
    told = progress.on(stream)
    assert told.wants_steps
    told.note("[1/1] seed")
    told.begin(2, 10)
    told.epoch(0, NUMBERS)
    told.end()
    assert stream.getvalue() == (
        "[1/1] seed\n  epoch 1/2: loss 0.5000, accuracy 0.7500 (held out 0.2500, 0.8750), 1.2 s\n"
    )


def test_lines_of_a_long_epoch_say_how_far_it_is() -> None:
    stream = io.StringIO()
    told = progress.Lines(stream)
    told.every = 0.0
    told.begin(2, 3)
    told.epoch(0, NUMBERS)
    for _ in range(3):
        told.steps(1, {"loss": 0.5, "accuracy": 0.75})
    assert stream.getvalue().splitlines()[1:] == [
        "  epoch 2/2, 1 of 3 steps: loss 0.5000, accuracy 0.7500",
        "  epoch 2/2, 2 of 3 steps: loss 0.5000, accuracy 0.7500",
    ]


def test_a_bar_shows_loss_and_accuracy() -> None:
    stream = Terminal()
    told = progress.on(stream)
    assert told.wants_steps
    told.begin(2, 10)
    for _ in range(10):
        told.steps(1, {"loss": 0.5, "accuracy": 0.75})
    told.epoch(0, NUMBERS)
    told.steps(10, {"loss": 0.5, "accuracy": 0.75})
    told.epoch(1, NUMBERS)
    told.end()
    shown = stream.getvalue()
    assert "epoch 2/2" in shown
    assert "100%" in shown
    assert "loss 0.5000, accuracy 0.7500" in shown
    assert shown.endswith("\n")


def test_ending_twice_or_unbegun_is_harmless() -> None:
    stream = Terminal()
    told = progress.on(stream)
    told.end()
    assert stream.getvalue() == ""
