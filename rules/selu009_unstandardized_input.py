"""SELU009: a SELU layer takes an input that cannot have mean 0 and variance 1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from selu_lint.analysis.pixels import LARGEST_PIXEL, integer_type, scales_and_offsets, scales_pixels
from selu_lint.findings import Finding, Severity
from selu_lint.model.graph import ModelGraph
from selu_lint.model.layer_kinds import ALL_DROPOUTS, KEEPS_DISTRIBUTION
from selu_lint.model.layers import Call, Layer
from selu_lint.rule import Rule

if TYPE_CHECKING:
    from selu_lint.cases import Cases


_SMALLEST_VARIANCE = 0.8
_PASSED = (KEEPS_DISTRIBUTION | ALL_DROPOUTS | {"Resizing", "CenterCrop"}) - {"InputLayer"}
_NAMED = 3


class UnstandardizedInput(Rule):
    """A SELU layer takes an input that cannot have mean 0 and variance 1.

    What it does
    ------------
    Walks from the first SELU layers back to the model's inputs, and reports what the model itself
    shows: a ``Rescaling`` of pixels (scale 1/255, 1/127.5 and their like, or of an integer input)
    whose range does not include 0, or is too narrow for a variance of 0.8; and an input of an
    integer type. It says nothing about a plain float input: the model does not show whether the
    data is standardized before it is fed. A ``Normalization`` or any other
    normalization layer, an ``Embedding`` and layers that cannot be seen end the walk.

    Why is this bad?
    ----------------
    SELU keeps mean 0 and variance 1; it has to be given them first. Deep SELU networks find their
    way back, but their first layers work far from it: pixels in [0, 1] have a mean of 0.13 and a
    second moment of 0.11 in MNIST, 0.47 and 0.28 in CIFAR-10. What all images have in common
    becomes an offset of each unit that tells nothing about the image.

    Example
    -------
    >>> Rescaling(1 / 255)
    >>> Dense(256, activation="selu", kernel_initializer="lecun_normal")

    Use instead:

    >>> Rescaling(1 / (255 * 0.3081), offset=-0.1307 / 0.3081)  # deviation and mean of the data
    >>> Dense(256, activation="selu", kernel_initializer="lecun_normal")

    Fix safety
    ----------
    There is no fix: mean and variance of the data are not in the model, and other inputs change
    what it computes.

    References
    ----------
    Klambauer et al. 2017, "Self-Normalizing Neural Networks", section 2: inputs "standardized to
    zero mean and unit variance". ``keras.layers.Normalization``.
    """

    code = "SELU009"
    name = "unstandardized-input"
    severity = Severity.INFO

    def check(self, graph: ModelGraph) -> Iterator[Finding]:
        """Yield a finding for each input or Rescaling that feeds SELU and is not standardized."""
        found: dict[Layer, tuple[str, Mapping[str, Any], list[str]]] = {}
        for kernel, _ in graph.selu_kernel_layers:
            for call in graph.calls_of(kernel):
                for source in _sources(call):
                    reason = _reason(source)
                    if reason is None:
                        continue
                    _, _, fed = found.setdefault(source.layer, (*reason, []))
                    if kernel.path not in fed:
                        fed.append(kernel.path)
        for source_layer, (what, data, fed) in found.items():
            more = f" and {len(fed) - _NAMED} more" if len(fed) > _NAMED else ""
            message = (
                f"{what}; the SELU of {', '.join(fed[:_NAMED])}{more} needs inputs with mean 0 and "
                "variance 1: subtract the mean of the data and divide by its standard deviation"
            )
            yield self.finding(source_layer.path, message, {**data, "feeds": fed})

    @staticmethod
    def cases() -> Cases:
        """Return models with nothing to find, models with something, and those repaired."""
        from selu_lint.cases import Case, Cases, layer, sequential

        def model(*front: dict[str, Any], dtype: str = "float32") -> dict[str, Any]:
            model = sequential(
                (4, 4, 1),
                *front,
                layer("Flatten", "flatten"),
                layer("Dense", "dense", units=8, activation="selu"),
                layer("Dense", "second", units=8, activation="selu"),
            )
            model["config"]["layers"][0]["config"]["dtype"] = dtype
            return model

        def rescaling(scale: object, offset: object = 0.0) -> dict[str, Any]:
            return layer("Rescaling", "rescaling", scale=scale, offset=offset)

        return Cases(
            valid=(
                Case("a float input, of which nothing is known", model()),
                Case("pixels around 0", model(rescaling(1 / 127.5, -1.0), dtype="uint8")),
                Case("pixels standardized", model(rescaling(1 / (255 * 0.3081), -0.1307 / 0.3081))),
                Case(
                    "a Normalization",
                    model(rescaling(1 / 255), layer("Normalization", "normalization")),
                ),
                Case("not of pixels", model(rescaling(0.1))),
                Case("unknown numbers", model(rescaling(None, [None, "x"]))),
                Case(
                    "an Embedding of integers",
                    model(
                        layer("Embedding", "embedding", input_dim=9, output_dim=2), dtype="int32"
                    ),
                ),
                Case(
                    "behind another kernel",
                    model(rescaling(1 / 255), layer("Dense", "relu", units=8, activation="relu")),
                ),
            ),
            invalid=(
                Case("pixels in [0, 1]", model(rescaling(1 / 255)), ("rescaling",)),
                Case(
                    "rounded, through augmentation",
                    model(rescaling(0.0039), layer("RandomFlip", "flip")),
                    ("rescaling",),
                ),
                Case("a range that is too narrow", model(rescaling(1 / 255, -0.5)), ("rescaling",)),
                Case(
                    "one channel of three",
                    model(rescaling([1 / 255, 1 / 127.5], [0, -1])),
                    ("rescaling",),
                ),
                Case(
                    "bytes, whatever the scale",
                    model(rescaling(0.01), dtype="uint8"),
                    ("rescaling",),
                ),
                Case("integers", model(dtype="uint8"), ("input",)),
            ),
        )


def _sources(call: Call) -> Iterator[Call]:
    """Yield the inputs and the Rescalings that a call takes nearly unchanged."""
    pending, seen = [*call.inputs], set[Call]()
    while pending:
        source = pending.pop()
        if source in seen:
            continue
        seen.add(source)
        name, before = source.layer.class_name, source.inputs
        if name == "Rescaling" or (name == "InputLayer" and not before):
            yield source
        elif name in _PASSED or name.startswith("Random") or name == "InputLayer":
            pending.extend(before)


def _reason(source: Call) -> tuple[str, Mapping[str, Any]] | None:
    """Return what is known to be wrong with an input or a Rescaling, and its numbers."""
    if source.layer.class_name == "InputLayer":
        dtype = integer_type(source.layer)
        if dtype is None:
            return None
        return f"the input is of type {dtype}", {"dtype": dtype}
    raw = [integer_type(each.layer) for each in _sources(source)]
    is_bytes = bool(raw) and all(dtype == "uint8" for dtype in raw)
    ranges = [
        sorted((offset, offset + LARGEST_PIXEL * scale))
        for scale, offset in scales_and_offsets(source.layer)
        if is_bytes or scales_pixels(scale)
    ]
    for low, high in ranges:
        data = {"low": round(low, 6), "high": round(high, 6)}
        span = f"Rescaling maps pixels to [{low:.3g}, {high:.3g}]"
        # Rounding: 1/255 and 1/127.5 may be cut to a few digits.
        slack = 0.01 * (high - low)
        if low > -slack or high < slack:
            return f"{span}, whose mean is not 0", data
        # No distribution on an interval with mean 0 has a variance above −low·high.
        if -low * high < _SMALLEST_VARIANCE:
            return f"{span}, whose variance is at most {-low * high:.2g}", data
    return None
