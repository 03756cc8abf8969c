"""States that tests of the theory start from."""

from __future__ import annotations

from selu_lint.theory.activation_functions import activation_function
from selu_lint.theory.propagation import activation, kernel
from selu_lint.theory.states import State, input_state


def behind(state: State, gain: float, name: str) -> State:
    """Return the state behind a kernel with SELU."""
    function = activation_function("selu")
    assert function is not None
    result = activation(kernel(state, gain, name), function)
    assert result is not None
    return result


LOUD = behind(input_state(), 2.0, "loud")
OVERFLOWN = kernel(input_state(), 1e80, "overflown")
