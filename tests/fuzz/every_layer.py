"""Models of every layer type of Keras 3 and tf_keras: ``python -m tests.fuzz.every_layer``.

Each is built, saved as an archive, HDF5 or JSON, and given to ``check``, ``fix --diff`` and
``profile``. Nothing may fail, no rule may crash, and no layer of Keras may be called custom.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import inspect
import itertools
import json
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import selu_lint
from selu_lint.findings import CRASH_CODE
from selu_lint.profiles.profiling import profile
from selu_lint.reports import profile_text
from selu_lint.settings import Settings

LIBRARIES = ("keras", "tf_keras")
_SETTINGS = Settings(extend_select=("SELU",), weights=True)
_SHAPES: tuple[tuple[int | None, ...], ...] = (
    (8,), (6, 8), (8, 8, 3), (4, 8, 8, 3), (4, 8, 8, 8, 3), (1,), (3, 4, 4),
)  # fmt: skip
_CODE = frozenset(
    {
        "Lambda", "TFSMLayer", "JaxLayer", "FlaxLayer", "TorchModuleWrapper", "Layer", "Wrapper",
        "AbstractRNNCell", "InputLayer", "Pipeline", "RNN", "StackedRNNCells", "DenseFeatures",
        "PreprocessingLayer",
    }
)  # fmt: skip
_ARGUMENTS: Mapping[str, Any] = {
    "units": 4, "filters": 4, "kernel_size": 2, "rate": 0.2, "stddev": 0.1, "factor": 0.2,
    "height": 4, "width": 4, "num_tokens": 9, "num_bins": 5, "input_dim": 20, "output_dim": 4,
    "n": 3, "dims": (1,), "target_shape": (-1,), "axes": -1, "num_heads": 2, "key_dim": 4,
    "head_dim": 4, "num_query_heads": 4, "num_key_value_heads": 2, "equation": "...x,xy->...y",
    "output_shape": 4, "scale": 0.5, "size": 2, "output_size": 2, "max_value": 6.0,
    "height_factor": 0.2, "width_factor": 0.2, "value_range": (0, 1), "max_number": 4,
    "pool_size": 2,
}  # fmt: skip
# What has a default with which no small model is built.
_OWN: Mapping[str, Mapping[str, Any]] = {
    "CategoryEncoding": {"num_tokens": 9}, "Discretization": {"bin_boundaries": [0.0, 1.0]},
    "GroupNormalization": {"groups": 1}, "RandomPosterization": {"factor": 2},
    "STFTSpectrogram": {"frame_length": 4, "frame_step": 2},
}  # fmt: skip
_FORMATS = (".keras", ".h5", ".json")


def kinds_of(keras: Any) -> dict[str, type]:
    """Return the layer classes of a library, without those that only hold code of the user's."""
    found = (getattr(keras.layers, name, None) for name in dir(keras.layers))
    return {
        each.__name__: each
        for each in found
        if inspect.isclass(each)
        and issubclass(each, keras.layers.Layer)
        and not issubclass(each, keras.Model)
        and each.__name__ not in _CODE
    }


def _arguments(keras: Any, kind: type, chance: random.Random) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for name, parameter in inspect.signature(kind.__init__).parameters.items():
        if name == "layer":
            inner = keras.layers.LSTM if kind.__name__ == "Bidirectional" else keras.layers.Dense
            given[name] = inner(4)
        elif name == "activation":
            if chance.random() < 0.7 or parameter.default is inspect.Parameter.empty:
                given[name] = chance.choice(("selu", "selu", "relu"))
        elif name in _ARGUMENTS and parameter.default is inspect.Parameter.empty:
            given[name] = _ARGUMENTS[name]
    return given | _OWN.get(kind.__name__, {})


Taken = tuple[tuple[int | None, ...], int, str]
"""What a layer takes: the shape of its inputs, how many there are, and their type."""


def _calls(
    keras: Any, kind: type, chance: random.Random, known: set[Taken]
) -> Iterator[tuple[list[Any], Any]]:
    """Yield inputs and what a layer of this class makes of them, for the shapes that it takes."""
    ways = list(itertools.product(_SHAPES, (1, 2), ("float32", "int32", "string")))
    chance.shuffle(ways)
    # Most ways fail, and each takes its time.
    for way in sorted(known, key=ways.index) or ways:
        shape, count, dtype = way
        given = [keras.Input(shape, dtype=dtype) for _ in range(count)]
        taken = given if dtype != "float32" else [_before(keras, each) for each in given]
        try:
            result = _call(_made(keras, kind, chance), taken)
        except Exception:
            continue
        flat = result if hasattr(result, "shape") else _first(result)
        if flat is not None and len(flat.shape) > 1:
            known.add(way)
            yield given, flat
            # Only a result that is of no use is followed by another.
            known.discard(way)


def _made(keras: Any, kind: type, chance: random.Random) -> Any:
    made = kind(**_arguments(keras, kind, chance))
    return keras.layers.RNN(made) if kind.__name__.endswith("Cell") else made


def _call(layer: Any, tensors: list[Any]) -> Any:
    if len(tensors) == 1:
        return layer(tensors[0])
    apart = "value" in inspect.signature(layer.call).parameters
    return layer(*tensors) if apart else layer(tensors)


def _before(keras: Any, tensor: Any) -> Any:
    return keras.layers.Dense(tensor.shape[-1], activation="selu")(tensor)


def _first(value: Any) -> Any:
    leaves = value.values() if isinstance(value, dict) else value
    return next((each for each in leaves if hasattr(each, "shape")), None)


def model_of(keras: Any, kind: type, chance: random.Random, known: set[Taken] | None = None) -> Any:
    """Return a model with a layer of this class between SELU layers; None if it takes no shape.

    ``known`` gets what the layer takes; once that is known, nothing else is tried.
    """
    for given, tensor in _calls(keras, kind, chance, set() if known is None else known):
        for finish in (_finished, lambda keras, tensor, chance: tensor):
            with contextlib.suppress(Exception):
                return keras.Model(given, finish(keras, tensor, chance))
    return None


def _finished(keras: Any, tensor: Any, chance: random.Random) -> Any:
    layers = keras.layers
    if chance.random() < 0.5:
        tensor = layers.Activation(chance.choice(["selu", "relu", "linear"]))(tensor)
    if len(tensor.shape) > 2:
        tensor = layers.GlobalAveragePooling1D()(layers.Reshape((-1, tensor.shape[-1]))(tensor))
    if chance.random() < 0.5:
        tensor = layers.Dropout(0.1)(tensor)
    return layers.Dense(4, activation="selu")(tensor)


def saved(model: Any, chance: random.Random, folder: Path) -> Path:
    """Save a model in a format that takes it, and return its file."""
    for suffix in chance.sample(_FORMATS, len(_FORMATS)):
        path = folder / f"model{suffix}"
        try:
            if suffix == ".json":
                path.write_text(model.to_json())
            else:
                model.save(path)
        except Exception:
            continue
        return path
    raise ValueError("no format takes it")


def complaints(path: Path, names: frozenset[str]) -> Iterator[str]:
    """Yield what is wrong with what the commands say of a model that Keras has saved."""
    report = selu_lint.check(path, settings=_SETTINGS).files[0]
    if report.error is not None:
        yield f"check: {report.error}"
    for finding in report.findings:
        if finding.code == CRASH_CODE:
            yield f"crash: {finding.data}"
        if "custom layer" in finding.message and any(
            f"custom layer {name}" in finding.message for name in names
        ):
            yield f"of Keras: {finding.message}"
    fixed = selu_lint.fix(path, dry_run=True, settings=_SETTINGS).files[0]
    if fixed.error is not None:
        yield f"fix: {fixed.error}"
    try:
        found = profile(path, settings=_SETTINGS)
        profile_text.render(found, every=True)
        json.dumps(found.to_dict(), allow_nan=False)
    except Exception as error:
        yield f"profile: {type(error).__name__}: {error}"


def run(library: str, count: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Try models and return how many of each class were, and what was wrong."""
    keras = importlib.import_module(library)
    kinds = kinds_of(keras)
    names = frozenset(kinds)
    order, tried, wrong = sorted(kinds), Counter[str](), list[str]()
    known: dict[str, set[Taken]] = {}
    with tempfile.TemporaryDirectory() as name:
        for index in range(count):
            chance = random.Random(f"{library} {seed} {index}")
            title = order[index % len(order)]
            keras.backend.clear_session()
            # Now and then others are tried, too.
            takes = known.setdefault(title, set()) if chance.random() < 0.9 else set()
            model = model_of(keras, kinds[title], chance, takes)
            if model is None:
                tried[f"not built: {title}"] += 1
                continue
            try:
                path = saved(model, chance, Path(name))
            except ValueError:
                tried[f"not saved: {title}"] += 1
                continue
            tried[title] += 1
            if index % 50 == 49:
                print(f"{library}: {index + 1} models", file=sys.stderr, flush=True)
            for complaint in complaints(path, names):
                wrong.append(f"{library} {index} {title}{path.suffix}: {complaint}")
                print(wrong[-1], flush=True)
    return tried, wrong


def main() -> int:
    """Run the command and return its exit code: 1 if anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.every_layer", description=__doc__)
    parser.add_argument("--library", choices=LIBRARIES, action="append")
    parser.add_argument("--models", type=int, default=500, help="of each library")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    failed = False
    for library in asked.library or LIBRARIES:
        tried, wrong = run(library, asked.models, asked.seed)
        failed = failed or bool(wrong)
        unbuilt = sorted(title for title in tried if title.startswith("not "))
        built = sum(count for title, count in tried.items() if title not in unbuilt)
        print(
            f"{library}: {built} models of {len(tried) - len(unbuilt)} layer types; "
            f"{len(wrong)} complaints"
        )
        print("\n".join(unbuilt))
    return int(failed)


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.exit(main())
