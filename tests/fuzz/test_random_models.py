"""Random models of every kind of layer: no rule crashes, and a repair does what it claims."""

from __future__ import annotations

import json
import warnings
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from selu_lint import layer_kinds
from selu_lint.document import Document
from selu_lint.linter import CRASH_CODE, check_document
from selu_lint.profiling import profile_document
from selu_lint.repairs import Checker, repair
from selu_lint.settings import Settings

KINDS = sorted(layer_kinds.BUILT_IN | set(layer_kinds.CANONICAL) | {"Lambda", "MyLayer"})
_SETTINGS = Settings(extend_select=("SELU",))
_CHECK = Checker(_SETTINGS)
_SIZES = st.sampled_from((1, 2, 3, 8, 64))
_ACTIVATIONS = st.sampled_from(("selu", "selu", "selu", "relu", "linear", "softmax", "elu", None))
_INITIALIZERS = st.sampled_from(
    (
        ("LecunNormal", {}), ("GlorotUniform", {}), ("HeNormal", {}), ("Orthogonal", {"gain": 1.0}),
        ("RandomNormal", {"mean": 0.0, "stddev": 0.05}), ("Zeros", {}), ("Ones", {}),
        ("Constant", {"value": 0.1}), ("RandomUniform", {"minval": -0.1, "maxval": 0.1}),
        ("VarianceScaling", {"scale": 1.0, "mode": "fan_in", "distribution": "normal"}),
        ("VarianceScaling", {"scale": 2.0, "mode": "fan_avg", "distribution": "uniform"}),
        ("MyInitializer", {"width": 3}),
    )
)  # fmt: skip
_COMMON = ("Dense", "Dense", "Conv2D", "Dropout", "Dropout", "AlphaDropout", "SpatialDropout1D")
_KINDS = st.one_of(st.sampled_from(_COMMON), st.sampled_from(KINDS))
_WRAPPERS = ("TimeDistributed", "Bidirectional")


def _object(draw: st.DrawFn, keras3: bool, module: str, name: str, config: Any) -> dict[str, Any]:
    own = {"class_name": name, "config": config}
    return {"module": f"keras.{module}", **own, "registered_name": None} if keras3 else own


def _config(draw: st.DrawFn, kind: str, name: str, keras3: bool) -> dict[str, Any]:
    def initializer() -> dict[str, Any]:
        class_name, config = draw(_INITIALIZERS)
        return _object(draw, keras3, "initializers", class_name, config)

    rank = int(kind[-2]) if kind[-2:] in ("1D", "2D", "3D") else 1
    config: dict[str, Any] = {"name": name, "trainable": True}
    slots = layer_kinds.KERNEL_SLOTS.get(layer_kinds.CANONICAL.get(kind, kind), ())
    if slots or kind in ("Activation", "MyLayer") or draw(st.integers(0, 9)) == 0:
        config["activation"] = draw(_ACTIVATIONS)
    if slots or kind in ("MyLayer", "MultiHeadAttention", "Embedding"):
        for slot in slots or ("kernel_initializer",):
            config[slot] = initializer()
        config |= {"bias_initializer": initializer(), "use_bias": draw(st.booleans())}
        config |= {"units": draw(_SIZES), "filters": draw(_SIZES)}
        config |= {
            "kernel_size": draw(st.lists(_SIZES, min_size=rank, max_size=rank)),
            "strides": [draw(st.sampled_from((1, 2)))] * rank,
            "padding": draw(st.sampled_from(("same", "valid", "causal"))),
            "dilation_rate": [1] * rank,
            "groups": draw(st.sampled_from((1, 2))),
            "depth_multiplier": draw(st.sampled_from((1, 2))),
            "equation": "ab,bc->ac",
            "output_shape": draw(_SIZES),
        }
    elif "Dropout" in kind or "Noise" in kind:
        config |= {"rate": draw(st.sampled_from((0, 0.0, 0.1, 0.5, 0.99, 1.0))), "stddev": 0.1}
        config["noise_shape"] = draw(st.sampled_from((None, None, [None, 1], [1])))
    elif "Pool" in kind:
        config |= {"pool_size": [2] * rank, "padding": "valid", "strides": None}
    elif kind.startswith(("ZeroPadding", "Cropping", "UpSampling")):
        config |= {"padding": [1] * rank, "cropping": [1] * rank, "size": [2] * rank}
    elif kind in ("LeakyReLU", "ELU"):
        slope = draw(st.sampled_from((0.0, 0.3, 1.0, 1.6732632423543772)))
        config |= {"alpha": slope, "negative_slope": slope}
    elif kind in ("Reshape", "Permute", "RepeatVector"):
        config |= {"target_shape": [-1], "dims": [2, 1], "n": 2}
    elif "Normalization" in kind:
        config |= {"axis": -1, "epsilon": 1e-3}
    elif kind == "Rescaling":
        config |= {"scale": draw(st.sampled_from((0.0, 1 / 255, 1e6))), "offset": 0.0}
    if not draw(st.integers(0, 4)) and len(config) > 2:
        config.pop(draw(st.sampled_from(sorted(set(config) - {"name"}))))
    return config


def _layer(draw: st.DrawFn, kind: str, name: str, keras3: bool) -> dict[str, Any]:
    config = _config(draw, kind, name, keras3)
    if kind in (*_WRAPPERS, "SpectralNormalization", "Wrapper", "RNN"):
        inner = draw(st.sampled_from(("Dense", "Dropout", "LSTM", "Conv2D", "SimpleRNNCell")))
        config["cell" if kind == "RNN" else "layer"] = _layer(draw, inner, f"{name}_in", keras3)
    return _object(draw, keras3, "layers", kind, config)


@st.composite
def models(draw: st.DrawFn) -> dict[str, Any]:
    """Return a chain or a graph of layers as a release of Keras 2 or 3 writes it."""
    keras3, functional = draw(st.booleans()), draw(st.booleans())
    shape = draw(st.sampled_from(([None, 8], [None, 8, 3], [None, 8, 8, 3], [None, None, 4], None)))
    kinds = draw(st.lists(_KINDS, min_size=1, max_size=10))
    given = {"name": "given", "batch_shape" if keras3 else "batch_input_shape": shape}
    layers = [_object(draw, keras3, "layers", "InputLayer", given)]
    layers += [_layer(draw, kind, f"layer_{i}", keras3) for i, kind in enumerate(kinds)]
    config: dict[str, Any] = {"name": "model", "layers": layers}
    if functional:
        names = ["given", *(f"layer_{index}" for index in range(len(kinds)))]
        for index, layer in enumerate(layers):
            layer["name"] = names[index]
            count = 0 if not index else draw(st.sampled_from((1, 1, 1, 2)))
            sources = [names[draw(st.integers(max(0, index - 3), index - 1))] for _ in range(count)]
            if keras3:
                tensors = [
                    {"class_name": "__keras_tensor__", "config": {"keras_history": [source, 0, 0]}}
                    for source in sources
                ]
                given_to = tensors[0] if len(tensors) == 1 else tensors
                layer["inbound_nodes"] = [{"args": [given_to], "kwargs": {}}] if sources else []
            else:
                nodes = [[source, 0, 0, {}] for source in sources]
                layer["inbound_nodes"] = [nodes] if nodes else []
        config |= {"input_layers": [["given", 0, 0]], "output_layers": [[names[-1], 0, 0]]}
    return _object(draw, keras3, "models", "Functional" if functional else "Sequential", config)


def _document(architecture: dict[str, Any]) -> Document:
    text = json.dumps(architecture)
    version = "3.8.0" if "module" in architecture else "2.15.0"
    return Document("m.json", "architecture-json", version, json.loads(text), text=text)


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(models(), st.booleans())
def test_rules_repairs_and_profile_of_any_model(architecture: dict[str, Any], unsafe: bool) -> None:
    document = _document(architecture)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = check_document(document, _SETTINGS).findings
        profile_document(document, _SETTINGS)
        repaired = repair(document, _CHECK, unsafe)
        again = repair(repaired.document, _CHECK, unsafe)
    assert [each for each in found if each.code == CRASH_CODE] == []
    assert again.edits == ()
    claimed = {(each.code, each.layer) for each in repaired.applied if each.fix and each.fix.edits}
    told = {(each.finding.code, each.finding.layer) for each in repaired.remaining}
    left = {(each.finding.code, each.finding.layer) for each in again.remaining}
    assert claimed & left <= told
    assert (repaired.document.architecture == document.architecture) == (repaired.edits == ())
    assert json.loads(document.text or "") == document.architecture
