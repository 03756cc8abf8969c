"""What each Keras release can do with the pieces that repairs put into a file."""

from __future__ import annotations

from typing import NamedTuple

from selu_lint.model.initializers import TRUNCATED_STANDARD_DEVIATION

Version = tuple[int, ...]

_NO_ALPHA_DROPOUT = "has no AlphaDropout"
_CUT = TRUNCATED_STANDARD_DEVIATION**2


class Release(NamedTuple):
    """What is true of a Keras release and of those after it, up to the next one in the table.

    Attributes
    ----------
    first : tuple of int
        The first release; 0 is Keras Core.
    alpha_dropout : str or None
        What keeps it from AlphaDropout, such as "has no AlphaDropout".
    normal_gain : float
        What remains of the gain of a normal of ``VarianceScaling``, such as ``lecun_normal``: up to
        2.1 Keras cuts it at two deviations and does not make up for that.
    """

    first: Version
    alpha_dropout: str | None = None
    normal_gain: float = 1.0


RELEASES = (
    Release((0, 0, 0), _NO_ALPHA_DROPOUT),
    Release((2, 0, 0), _NO_ALPHA_DROPOUT, _CUT),
    Release((2, 0, 6), None, _CUT),
    Release((2, 2, 0)),
    Release((3, 0, 0), _NO_ALPHA_DROPOUT),
    Release((3, 0, 2), "has an AlphaDropout that cannot be trained on TensorFlow"),
    Release((3, 1, 0)),
)
"""Held by training in releases of each, see ``docs/releases.md``."""


def release_of(version: Version) -> Release:
    """Return what is true of a release."""
    return next(each for each in reversed(RELEASES) if each.first <= version)
