"""Source code against the models that it builds: the same faults, but for what is explained."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import pytest

import selu_lint
from selu_lint.linter import lint
from selu_lint.settings import Settings
from selu_lint.source.analysis import analyse
from selu_lint.source.reading import python_text
from tests.source.snippets import FILES, Snippet, read_snippets

pytestmark = pytest.mark.keras
keras = pytest.importorskip("keras")

SETTINGS = Settings(
    select=("SELU001", "SELU002", "SELU003", "SELU005", "SELU008", "SELU013", "SELU014")
)
SHAPES = {"1D": (16, 4), "2D": (16, 16, 4), "3D": (16, 16, 16, 4)} | dict.fromkeys(
    ("LSTM", "RNN", "GRU", "TimeDistributed", "Bidirectional"), (16, 4)
)
DIFFERENT = {
    "B05": "an own function that is SELU cannot be looked into once it is built",
    "B06": "Keras writes an own function called selu as its own SELU",
    "B08": "the function of a Lambda layer cannot be looked into once it is built",
    "B10": "the sizes are known only of what is built",
    "F11": "the tensors between its layers are held by nothing once it has run",
    "H03": "layers inside a custom layer are seen in its code only",
    "K15": "exec is not followed",
    "M13": "Keras records training=False for every dropout, so it is taken to act in training",
    "N11": "a layer of one's own cannot be looked into once it is built",
}
"""Programs whose models tell another thing than their code, and why."""
DOWNLOADING = {"K13", "S24"}
PROGRAMS = [each for file in FILES for each in read_snippets(file) if each.name not in DOWNLOADING]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """The layers and models that are made in a test, in order."""
    layers: list[object] = []
    original = keras.Layer.__init__

    def init(self: object, *arguments: object, **named: object) -> None:
        layers.append(self)
        original(self, *arguments, **named)

    monkeypatch.setattr(keras.Layer, "__init__", init)
    monkeypatch.setattr("sys.argv", ["train.py"])
    yield layers
    layers.clear()
    keras.backend.clear_session()


def models_of(layers: list[object], values: dict[str, object]) -> Iterator[object]:
    """Yield models that together hold all layers which were made."""
    inside: set[int] = set()
    models = [each for each in layers if isinstance(each, keras.Model)]
    parts = {id(inner) for model in models for inner in model._flatten_layers(include_self=False)}
    tensors = [each for each in values.values() if isinstance(each, keras.KerasTensor)]
    outer = [each for each in models if id(each) not in parts]
    outer += [keras.Model(keras.utils.get_source_inputs(each), each) for each in tensors]
    for model in outer:
        if not model.built and model.layers:
            model(keras.Input(shape_for(model.layers[0])))
        inside |= {id(inner) for inner in model._flatten_layers()}
        yield model
    for layer in layers:
        own = type(layer).__module__.startswith("keras.src.layers")
        kind = type(layer).__name__
        if own and id(layer) not in inside | parts and kind != "InputLayer" and kind[-4:] != "Cell":
            yield keras.Sequential([keras.Input(shape_for(layer)), layer])


def shape_for(layer: object) -> tuple[int | None, ...]:
    """Return the shape of an input that a layer takes."""
    config = layer.get_build_config() or {}  # type: ignore[attr-defined]
    if config.get("input_shape"):
        return tuple(config["input_shape"][1:])
    name = type(layer).__name__
    return next((shape for kind, shape in SHAPES.items() if kind in name), (4,))


def codes_of_source(code: str) -> set[str]:
    """Return the codes of what the module itself builds."""
    text = python_text(code, "train.py", SETTINGS.limits)
    run = functools.partial(lint, settings=SETTINGS)
    graphs = [each.graph for each in analyse(text, SETTINGS.limits).graphs if each.whole]
    return {finding.code for graph in graphs for finding in run(graph)[0]}


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda each: each.name)
def test_code_and_its_models_have_the_same_faults(program: Snippet, made: list[object]) -> None:
    values: dict[str, object] = {"__name__": "__main__"}
    try:
        exec(compile(program.code, program.name, "exec"), values)
        models = list(models_of(list(made), values))
    except (Exception, SystemExit) as error:
        pytest.skip(f"does not run in this Keras: {error}")
    if not models:
        pytest.skip("builds nothing")
    reports = [selu_lint.check(model, settings=SETTINGS) for model in models]
    found = {finding.code for report in reports for finding in report.findings}
    same = found == codes_of_source(program.code)
    assert same != (program.name in DIFFERENT), (found, codes_of_source(program.code))
