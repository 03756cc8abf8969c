"""What walks meet and do not check, so that it is told and not passed over in silence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

_FEW = 3


class PassedOver:
    """What walks met and did not check.

    Attributes
    ----------
    links : list of str
        Links, which may lead out of the directory, and what is neither a file nor a folder.
    weights : list of str
        Files that hold weights of Keras and no architecture.
    """

    def __init__(self) -> None:
        self.links: list[str] = []
        self.weights: list[str] = []

    def add(self, other: PassedOver, excluded: Callable[[str], bool]) -> None:
        """Add what another walk met, without what is excluded."""
        self.links += (each for each in other.links if not excluded(each))
        self.weights += (each for each in other.weights if not excluded(each))

    @property
    def lines(self) -> Iterator[str]:
        """One line on each kind that was met."""
        if self.links:
            yield (
                f"links and special files that were not followed: {_some(self.links)}; "
                "name one to have it read"
            )
        if self.weights:
            yield (
                f"files with weights alone, in which there is no model to check: "
                f"{_some(self.weights)}; save the whole model"
            )


def _some(paths: Sequence[str]) -> str:
    few = ", ".join(paths[:_FEW]) + (", ..." if len(paths) > _FEW else "")
    return f"{len(paths)} ({few})"
