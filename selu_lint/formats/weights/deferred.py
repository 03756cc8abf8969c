"""Weights whose reader is only loaded when something is asked of them: most checks ask nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from selu_lint.model.document import Variable, Weights
from selu_lint.storage.byte_source import errors_of_this_machine

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from selu_lint.formats.weights.file import FileWeights


class DeferredWeights(Weights):
    """Weights of a file; see ``selu_lint.model.document.Weights``.

    Parameters
    ----------
    load : callable
        Loads the reader.
    """

    def __init__(self, load: Callable[[], FileWeights]) -> None:
        self._load = load

    @cached_property
    def loaded(self) -> FileWeights:
        """The reader."""
        return self._load()

    def variables(self, layer: str) -> tuple[Variable, ...]:
        """See ``Weights.variables``."""
        with errors_of_this_machine():
            return self.loaded.variables(layer)

    def read(self, variable: Variable) -> NDArray[np.generic]:
        """See ``Weights.read``."""
        with errors_of_this_machine():
            return self.loaded.read(variable)

    def extent(self, variable: Variable) -> tuple[int, int] | None:
        """See ``Weights.extent``."""
        with errors_of_this_machine():
            return self.loaded.extent(variable)

    def unclaimed(self, claimed: Iterable[Variable]) -> tuple[str, ...]:
        """See ``Weights.unclaimed``."""
        with errors_of_this_machine():
            return self.loaded.unclaimed(claimed)

    def iterations(self) -> int | None:
        """See ``Weights.iterations``."""
        with errors_of_this_machine():
            return self.loaded.iterations()

    def optimizer_variables(self, variable: Variable) -> tuple[Variable, ...]:
        """See ``Weights.optimizer_variables``."""
        with errors_of_this_machine():
            return self.loaded.optimizer_variables(variable)

    def close(self) -> None:
        """Close the file; it opens again when something is asked."""
        if "loaded" in self.__dict__:
            self.loaded.close()

    def __del__(self) -> None:
        """Close the file."""
        self.close()
