"""Repaired code builds in Keras just what `fix` makes of the model that the original builds."""

from __future__ import annotations

import warnings

import pytest

import selu_lint
from selu_lint.findings import Severity
from selu_lint.model.dialects import read_initializer
from tests.source import test_repairs
from tests.source.snippets import Snippet
from tests.source.test_against_built_keras import DIFFERENT, PROGRAMS, made, models_of

pytestmark = pytest.mark.keras
keras = pytest.importorskip("keras")
__all__ = ["made"]


OTHERWISE = {
    **DIFFERENT,
    "F11": "nothing holds the model, so its layers are fixed one by one",
    "K19": "comments accept findings in code only",
    "M05": "eval is not followed",
    "N11": "an own layer cannot be looked into once it is built",
}
"""Programs whose models are repaired otherwise than their code, and why."""


def repaired(program: Snippet) -> str:
    """Return the repaired code; the same where something stays that a model shows as well."""
    result = test_repairs.repaired(program.code)
    stays = any(each.finding.severity >= Severity.WARNING for each in result.remaining)
    text = result.document.code
    return program.code if stays or text is None else text.raw


def built(code: str, made: list[object]) -> list[object]:
    """Return the models that a program builds."""
    del made[:]
    values: dict[str, object] = {"__name__": "__main__"}
    exec(compile(code, "train.py", "exec"), values)
    return list(models_of(list(made), values))


def described(models: list[object]) -> list[object]:
    """Return the class, rate and initializers of all layers."""
    found: list[object] = []
    for model in models:
        for layer in model._flatten_layers(include_self=False):  # type: ignore[attr-defined]
            config = layer.get_config()
            drawn = {
                key: read_initializer(keras.saving.serialize_keras_object(value))._replace(name="")
                for key, value in vars(layer).items()
                if key.endswith("_initializer")
            }
            rate = config.get("rate")
            rounded = round(rate, 3) if isinstance(rate, float) else rate
            found.append((type(layer).__name__, rounded, drawn))
    return found


@pytest.mark.parametrize(
    "program", [each for each in PROGRAMS if each.name not in OTHERWISE], ids=lambda each: each.name
)
def test_code_and_model_are_repaired_alike(program: Snippet, made: list[object]) -> None:
    after = repaired(program)
    if after == program.code:
        pytest.skip("nothing is repaired")
    try:
        originals = built(program.code, made)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fixed = [selu_lint.fix(each) for each in originals]
    except (Exception, SystemExit) as error:
        pytest.skip(f"does not run in this Keras: {error}")
    if not originals:
        pytest.skip("builds nothing")
    expected = described(fixed)
    assert expected != described(originals)
    assert described(built(after, made)) == expected
