"""Drawing kernels anew from LecunNormal, and setting back what the optimizer knows of them."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from selu_lint.analysis.stored_bytes import FLOATS, stored_bytes
from selu_lint.analysis.stored_kernels import measured
from selu_lint.errors import SeluLintError
from selu_lint.findings import Redraw
from selu_lint.fixing.fix_report import KernelOutcome
from selu_lint.fixing.training_evidence import Verdict, evidence_of
from selu_lint.formats.writing.changes import Change
from selu_lint.model.dialects import as_mapping
from selu_lint.model.document import Document, Variable, Weights
from selu_lint.model.initializers import truncated_normal_stddev
from selu_lint.model.layer_kinds import CANONICAL, KERNEL_SLOTS
from selu_lint.model.layer_tree import LayerTree, Place
from selu_lint.model.variables import expected_variables

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BLOCK = 1 << 20
_LATER = (
    "the new initializer takes effect only when the layer is built anew, as by "
    "keras.models.clone_model, or with --redraw always, which loses what it learned"
)
_BESIDE = (
    "its weights lie in another file, which is left as it is; to draw them anew, "
    "load them into the model, save it whole and fix that"
)


@dataclass(frozen=True)
class Drawn:
    """A kernel that is drawn anew.

    Attributes
    ----------
    variable : Variable
        The kernel.
    variance : float
        Variance of the draw.
    seed : int
        Seed of all draws; each kernel has its own stream.
    """

    variable: Variable
    variance: float
    seed: int

    def blocks(self) -> Iterator[bytes]:
        """Yield its bytes."""
        for block in self.values():
            yield stored_bytes(block, self.variable.dtype)

    def values(self) -> Iterator[NDArray[np.float64]]:
        """Yield its values, flat and in blocks: a normal cut at two standard deviations.

        Source: ``keras.initializers.VarianceScaling`` with ``truncated_normal``.
        """
        import numpy as np

        stream = zlib.crc32(self.variable.location.encode())
        generator = np.random.Generator(np.random.PCG64([self.seed, stream]))
        deviation = truncated_normal_stddev(self.variance)
        left = math.prod(self.variable.shape)
        while left > 0:
            values = generator.standard_normal(min(left, _BLOCK))
            while (beyond := np.abs(values) > 2).any():
                values[beyond] = generator.standard_normal(int(beyond.sum()))
            yield values * deviation
            left -= len(values)

    @property
    def second_moment(self) -> float:
        """Mean of the squared values."""
        total = sum(float((block**2).sum()) for block in self.values())
        return total / math.prod(self.variable.shape)


@dataclass(frozen=True)
class Redrawing:
    """What becomes of the kernels whose initializers were repaired.

    Attributes
    ----------
    outcomes : tuple of KernelOutcome
        Each kernel's fate.
    drawn : tuple of Drawn
        The draws.
    changes : tuple of Change
        The bytes that change in the weights file.
    seed : int or None
        Seed of the draws, None if there are none.
    kept : Mapping
        Why kernels were kept, by layer and slot of the redraws that were wanted.
    offered : str or None
        The ``redraw`` that draws kernels which were kept and look untrained: ``untrained``, or
        ``always`` where nothing proves it; None if there are none.
    """

    outcomes: tuple[KernelOutcome, ...] = ()
    drawn: tuple[Drawn, ...] = ()
    changes: tuple[Change, ...] = ()
    seed: int | None = None
    kept: Mapping[tuple[str, str], str] = field(default_factory=dict)
    offered: str | None = None


def plan(document: Document, redraws: Iterable[Redraw], how: str, seed: int | None) -> Redrawing:
    """Decide which kernels are drawn anew, and how.

    Parameters
    ----------
    document : Document
        The model as it was read, with its old architecture.
    redraws : iterable of Redraw
        The kernels whose initializers were repaired.
    how : str
        ``never``; ``untrained``, those that the file proves to be untrained; or ``always``.
    seed : int or None
        Seed; None takes a fresh one.
    """
    wanted = {(redraw.layer, redraw.slot): redraw for redraw in redraws}
    weights = document.weights
    beside = document.format == "architecture-json"
    if not wanted or (beside and (weights is None or how == "never")):
        return Redrawing()
    if weights is None or beside:
        reason = _BESIDE if beside else f"no weights were found in the file; {_LATER}"
        kept = tuple(KernelOutcome(*key, False, reason) for key in wanted)
        return Redrawing(kept, kept=dict.fromkeys(wanted, reason))
    if seed is None:
        import secrets

        seed = secrets.randbits(32)
    tree = LayerTree.of(document)
    planner = _Planner(document, weights, how, seed)
    for redraw in wanted.values():
        planner.add(tree, redraw)
    return planner.result


def hold_against(weights: Weights | None, drawn: Iterable[Drawn]) -> None:
    """Hold the kernels of a file against what was drawn.

    Raises
    ------
    SeluLintError
        If a kernel has other values: its file stores numbers in a way that was not foreseen.
    """
    for kernel in drawn:
        if weights is None or not _holds(weights.read(kernel.variable), kernel):
            raise SeluLintError(f"{kernel.variable.location} was not written as it was drawn")


def _holds(values: NDArray[Any], kernel: Drawn) -> bool:
    flat, start, dtype = values.ravel(), 0, kernel.variable.dtype
    for block in kernel.values():
        if stored_bytes(flat[start : start + len(block)], dtype) != stored_bytes(block, dtype):
            return False
        start += len(block)
    return start == len(flat)


class _Planner:
    def __init__(self, document: Document, weights: Weights, how: str, seed: int) -> None:
        self._weights = weights
        self._how = how
        self._seed = seed
        self._evidence = None if how == "always" else evidence_of(document, how == "untrained")
        self._optimizer = as_mapping(
            as_mapping((document.architecture or {}).get("compile_config")).get("optimizer")
        )
        self._outcomes: list[KernelOutcome] = []
        self._drawn: dict[str, Drawn] = {}
        self._changes: list[Change] = []
        self._kept: dict[tuple[str, str], str] = {}
        self._offers: set[Verdict] = set()

    @property
    def result(self) -> Redrawing:
        offered = None
        if self._offers:
            proven = Verdict.UNTRAINED in self._offers
            offered = "untrained" if proven else "always"
        return Redrawing(
            tuple(self._outcomes),
            tuple(self._drawn.values()),
            tuple(self._changes),
            self._seed if self._drawn else None,
            self._kept,
            offered,
        )

    def add(self, tree: LayerTree, redraw: Redraw) -> None:
        places = tree.directions(redraw.layer)
        if not places:
            self._keep(redraw, redraw.layer, f"its layer was not found in the file; {_LATER}")
        for place in places:
            path = place.path
            try:
                kernel, variance = self._drawable(place, redraw)
            except SeluLintError as error:
                self._keep(redraw, path, f"{error}; {_LATER}")
                continue
            verdict, reason = Verdict.UNTRAINED, "--redraw always"
            if self._evidence is not None:
                verdict, reason = self._evidence.of(kernel)
            if verdict is Verdict.UNTRAINED and self._how != "never":
                self._outcomes.append(self._draw(kernel, variance, path, redraw, reason))
            elif verdict is Verdict.TRAINED:
                self._keep(redraw, path, f"{reason}; {_LATER}", looks_untrained=False)
            else:
                self._offers.add(verdict)
                asked = "no weight changes unless asked; " if self._how == "never" else ""
                doubt = "" if verdict is Verdict.UNTRAINED else ", but that is not proven"
                look = f"{asked}it looks as if it was never trained{doubt}: {reason}"
                self._keep(redraw, path, look, looks_untrained=True)

    def _keep(
        self, redraw: Redraw, path: str, reason: str, looks_untrained: bool | None = None
    ) -> None:
        self._kept[redraw.layer, redraw.slot] = reason
        outcome = KernelOutcome(path, redraw.slot, False, reason, looks_untrained)
        self._outcomes.append(outcome)

    def _drawable(self, place: Place, redraw: Redraw) -> tuple[Variable, float]:
        """Return the kernel of a slot and the variance of its draw.

        Raises
        ------
        SeluLintError
            If it cannot be drawn.
        """
        kernel = _kernel(self._weights, place, redraw.slot)
        if kernel is None:
            raise SeluLintError("its kernel was not found in the file")
        if kernel.dtype not in FLOATS:
            raise SeluLintError(f"its kernel is quantized ({kernel.dtype})")
        if redraw.variance is None:
            raise SeluLintError("its fan-in is not known")
        self._extent(kernel)
        return kernel, redraw.variance

    def _draw(
        self, kernel: Variable, variance: float, path: str, redraw: Redraw, reason: str
    ) -> KernelOutcome:
        drawn = Drawn(kernel, variance, self._seed)
        outcome = KernelOutcome(
            path,
            redraw.slot,
            redrawn=True,
            reason=reason,
            shape=kernel.shape,
            fan_in=1 / variance,
            old_gain=measured(self._weights.read(kernel).ravel()).second_moment / variance,
            new_gain=drawn.second_moment / variance,
            slots_reset=0 if kernel.location in self._drawn else self._reset_slots(kernel),
        )
        if kernel.location not in self._drawn:
            self._drawn[kernel.location] = drawn
            self._changes.append(Change(*self._extent(kernel), drawn.blocks))
        return outcome

    def _extent(self, variable: Variable) -> tuple[int, int]:
        extent, size = self._weights.extent(variable), variable.size
        if extent is None or extent[1] < size or size == 0:
            raise SeluLintError("its values are compressed or in several pieces")
        return extent[0], size

    def _reset_slots(self, kernel: Variable) -> int:
        """Set the optimizer's variables of a kernel back; return how many were not there yet."""
        slots = self._weights.optimizer_variables(kernel)
        start = _start_of_slots(self._optimizer)
        count = 0
        for slot in slots if start is not None else ():
            if slot.dtype not in FLOATS or bool((self._weights.read(slot) == start).all()):
                continue
            value, extent = start or 0.0, self._extent(slot)
            self._changes.append(Change(*extent, _constant(slot, value)))
            count += 1
        return count


def _kernel(weights: Weights, place: Place, slot: str) -> Variable | None:
    """Return the variable that a slot initializes; None where that is not certain."""
    variables, expected = weights.variables(place.path), expected_variables(place)
    slots = KERNEL_SLOTS.get(CANONICAL.get(place.class_name, place.class_name), ())
    if expected is None or len(expected) != len(variables) or slot not in slots:
        return None
    return variables[slots.index(slot)]


def _start_of_slots(optimizer: Mapping[str, Any]) -> float | None:
    """Return the value that an optimizer's slots start at; None where it is not one value."""
    config = as_mapping(optimizer.get("config"))
    name = str(optimizer.get("class_name", "")).rpartition(">")[2]
    if config.get("use_ema") or name == "Ftrl":
        return None
    if name == "Adagrad":
        return float(config.get("initial_accumulator_value", 0.1))
    return 0.0


def _constant(slot: Variable, value: float) -> Any:
    def blocks() -> Iterator[bytes]:
        import numpy as np

        left = math.prod(slot.shape)
        while left > 0:
            count = min(left, _BLOCK)
            yield stored_bytes(np.full(count, value), slot.dtype)
            left -= count

    return blocks
