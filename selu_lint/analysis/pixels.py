"""How pixels are recognized, by the type of an input and by what a Rescaling does to it."""

from __future__ import annotations

from selu_lint.model.config_values import finite_number
from selu_lint.model.dialects import as_mapping
from selu_lint.model.layers import Layer

LARGEST_PIXEL = 255
GREY_PIXELS = (33.3, 78.6)
"""Mean and deviation of the pixels of MNIST."""
COLOR_PIXELS = (120.7, 64.2)
"""Mean and deviation of the pixels of CIFAR-10."""

_LARGEST = 1e30


def scales_pixels(scale: float) -> bool:
    """Whether a scale maps 0 to 255, or to 256, to a range of 1 or 2."""
    return any(abs(scale * size / span - 1) < 0.01 for size in (255, 256) for span in (1, 2))


def integer_type(given: Layer) -> str | None:
    """Return the type of an input, if it is one of integers."""
    dtype = given.config.get("dtype") if given.class_name == "InputLayer" else None
    dtype = as_mapping(as_mapping(dtype).get("config")).get("name", dtype)
    return dtype if isinstance(dtype, str) and dtype.startswith(("int", "uint")) else None


def scales_and_offsets(layer: Layer) -> list[tuple[float, float]]:
    """Return (scale, offset) of each channel of a Rescaling; none where one is no number."""
    given = [layer.config.get("scale"), layer.config.get("offset", 0.0)]
    scales, offsets = (value if isinstance(value, list) else [value] for value in given)
    length = max(len(scales), len(offsets))
    pairs = zip(
        scales * length if len(scales) == 1 else scales,
        offsets * length if len(offsets) == 1 else offsets,
        strict=False,
    )
    numbers = [(finite_number(one), finite_number(other)) for one, other in pairs]
    known = [(one, other) for one, other in numbers if one is not None and other is not None]
    sound = all(max(abs(one), abs(other)) < _LARGEST for one, other in known)
    return known if sound and len(known) == len(numbers) else []
