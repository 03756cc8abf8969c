"""Random programs that build a network as people write them: ``fixtures/source/patterns.txt``.

A program is the start, some of the steps, and the end. What stands in angle brackets is drawn from
the tables below; a layer may be asked for with its units, as in ``<layer u>``. The N behind a name
numbers the step.
"""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

_PATTERNS = Path(__file__).parents[2] / "fixtures" / "source" / "patterns.txt"
_TOKEN = re.compile(r"<(layer|units|act|text|rate|bool|digit)(?: (\w+))?>")
_TABLES: dict[str, tuple[str, ...]] = {
    "layer": (
        "Dense(<u>, activation=<act>)", "Dense(<u>, <act>)", "Dense(**OPTIONS)",
        "layers.Dense(units=<u>, activation=<act>, kernel_initializer='lecun_normal')",
        "Dense(**{**OPTIONS, 'units': <u>})", "partial(Dense, activation='selu')(<u>)",
        "make(<u>)", "make(<u>, <act>)", "make(<u>, kernel_initializer='he_normal')",
        "getattr(layers, 'Dense')(<u>, activation=<act>)", "KINDS['dense'](<u>, <act>)",
        "Dropout(<rate>)", "AlphaDropout(0.1)", "Activation(ACT)", "BatchNormalization()",
        "(lambda n: Dense(n, activation='selu'))(<u>)", "Block(<u>, rate=<rate>)",
        "Block(<u>, depth=<digit>)", "Sequential([Dense(<u>, activation='selu'), Dropout(0.2)])",
        "Dense(<u>, activation=<act> if <bool> else 'relu')",
    ),
    "units": (
        "8", "UNITS[0]", "UNITS[-1]", "OPTIONS['units']", "2 * 4", "sum(UNITS)", "UNITS[0] // 2",
    ),
    "act": (
        "'selu'", "ACT", "keras.activations.selu", "'relu'", "OPTIONS['activation']", "None",
        "OPTIONS.get('missing', 'relu')", "f'{ACT}'",
    ),
    # A function would be a method where a class holds it.
    "text": ("'selu'", "ACT", "'relu'", "None"),
    "rate": ("0.2", "RATES[0]", "RATES[1]"),
    "bool": (
        "True", "ACT == 'selu'", "len(UNITS) > 2", "'x' in OPTIONS", "not RATES",
        "ACT in ('selu', 'elu')", "isinstance(ACT, str)", "OPTIONS.get('missing')",
    ),
    "digit": ("0", "1", "2", "3"),
}  # fmt: skip


def program(seed: int) -> str:
    """Return a program that builds ``model``, decided by the number alone."""
    chance = Random(f"keras {seed}")
    parts = re.split(r"(?m)^=== \w+\n", _PATTERNS.read_text(encoding="utf-8"))[1:]
    start, *steps, end = parts

    def drawn(match: re.Match[str]) -> str:
        kind, units = match.groups()
        text = chance.choice(_TABLES[kind])
        return _TOKEN.sub(drawn, text.replace("<u>", units or "<units>"))

    chosen = [
        re.sub(r"(?<=[a-z])N\b", str(number), chance.choice(steps))
        for number in range(chance.randrange(1, 4))
    ]
    return _TOKEN.sub(drawn, "".join([start, *chosen, end]))
