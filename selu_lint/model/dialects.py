"""How the Keras releases write layers, activations and initializers: reading and writing them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from selu_lint.model.initializers import Initializer, initializer_of
from selu_lint.model.layer_kinds import (
    ACTIVATION_NAMES,
    ACTIVATIONS,
    BUILT_IN_LAYERS,
    CANONICAL,
    CODE,
    FUNCTION_MODULES,
    MERGE_MODES,
    TENSORFLOW_OPERATIONS,
)
from selu_lint.model.releases import Release, release_of

_KERAS_CORE = "keras_core"
_UNKNOWN = (2, 2, 4)
_KERAS_PACKAGES = frozenset({"keras", _KERAS_CORE, "tf_keras", "tensorflow", "builtins"})
_TENSORFLOW_FUNCTIONS = frozenset({"TFOpLambda", "TensorFlowOpLayer"})
_NODE_OPERATIONS = {
    "AddV2": "Add", "Cast": "Cast", "ConcatV2": "Concatenate", "Elu": "Elu",
    "ExpandDims": "ExpandDims", "GatherV2": "Take", "Identity": "Identity",
    "LeakyRelu": "LeakyRelu", "Mul": "Multiply", "Pack": "Stack", "PadV2": "Pad", "Relu": "Relu",
    "Relu6": "Relu6", "Reshape": "Reshape", "ReverseV2": "Flip", "Selu": "Selu",
    "Sigmoid": "Sigmoid", "Slice": "Slice", "Softmax": "Softmax", "Softplus": "Softplus",
    "Softsign": "Softsign", "Split": "Split", "SplitV": "Split", "Squeeze": "Squeeze",
    "StopGradient": "StopGradient", "StridedSlice": "GetItem", "Sub": "Subtract", "Tanh": "Tanh",
    "Tile": "Tile", "Transpose": "Transpose", "Unpack": "Unstack",
}  # fmt: skip


class Activation(NamedTuple):
    """An activation function as a file names it.

    Attributes
    ----------
    name : str
        Its Keras name, such as ``selu``; empty where the file does not tell.
    custom : bool
        Whether it is code of the model's author.
    config : Mapping
        Its parameters, for an activation that is a layer, such as ``ELU``.
    """

    name: str
    custom: bool
    config: Mapping[str, Any]

    @property
    def is_selu(self) -> bool:
        """Whether it is Keras's SELU."""
        return self.name == "selu" and not self.custom

    @property
    def is_linear(self) -> bool:
        """Whether it passes its input on unchanged."""
        return self.name == "linear" and not self.custom


LINEAR = Activation("linear", custom=False, config={})


def as_mapping(value: object) -> Mapping[str, Any]:
    """Return the value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def is_custom(serialized: Mapping[str, Any]) -> bool:
    """Whether a serialized object is code of the model's author, not of Keras."""
    registered = serialized.get("registered_name")
    if ">" in str(registered or "") or ">" in str(serialized.get("class_name", "")):
        return True
    module = serialized.get("module", "keras")
    if module is None:
        return registered is not None
    return isinstance(module, str) and module.partition(".")[0] not in _KERAS_PACKAGES


def own_class_of(serialized: Mapping[str, Any]) -> str:
    """Return the class of a serialized object as its release calls it, without its package."""
    return str(serialized.get("class_name", "")).rpartition(">")[2]


def class_of(serialized: Mapping[str, Any]) -> str:
    """Return the class of a serialized layer under the name that Keras has for it today.

    Operations of Keras 2 (``TFOpLambda``, ``TensorFlowOpLayer``) get the name of the layer that
    does the same, such as ``Selu``, a Merge of Keras 1 that of its mode; a registered class loses
    its package (``Custom>Block``).
    """
    name = own_class_of(serialized)
    if name in _TENSORFLOW_FUNCTIONS:
        operations = TENSORFLOW_OPERATIONS if name == "TFOpLambda" else _NODE_OPERATIONS
        return operations.get(function_of(serialized), name)
    if name == "Merge":
        return MERGE_MODES.get(str(as_mapping(serialized.get("config")).get("mode")), name)
    return CANONICAL.get(name, name)


def function_of(serialized: Mapping[str, Any]) -> str:
    """Return the function of TensorFlow that a layer of Keras 2 calls; empty if there is none."""
    config = as_mapping(serialized.get("config"))
    if serialized.get("class_name") == "TFOpLambda":
        return str(config.get("function", "")).removeprefix("compat.v1.")
    node = config.get("node_def")
    if isinstance(node, dict):
        return str(node.get("op", ""))
    match = re.search(r'op:\s*"(\w+)"|"op":\s*"(\w+)"', str(node)[:10_000])
    return next(filter(None, match.groups()), "") if match else ""


def is_built_in(serialized: Mapping[str, Any]) -> bool:
    """Whether class and config tell all that the layer does."""
    if is_custom(serialized):
        return False
    name = str(serialized.get("class_name", ""))
    if name in _TENSORFLOW_FUNCTIONS:
        function = function_of(serialized)
        return bool(function) and function.rpartition(".")[2] not in CODE
    if CANONICAL.get(name, name) in BUILT_IN_LAYERS or name == "SlicingOpLambda":
        return True
    packages = str(serialized.get("module", "")).split(".")
    return name not in CODE and not FUNCTION_MODULES.isdisjoint(packages)


def read_activation(value: object) -> Activation:
    """Read an activation: a name, a serialized function or layer; None is linear.

    Raises
    ------
    RecursionError
        If Activation layers are nested too deeply.
    """
    if value is None:
        return LINEAR
    if isinstance(value, str):
        return _named_activation(value, custom=False)
    serialized = as_mapping(value)
    class_name = str(serialized.get("class_name", ""))
    config = serialized.get("config")
    if class_name == "function" or isinstance(config, str):
        return _named_activation(str(config), custom=is_custom(serialized))
    if class_name in ("", "__lambda__"):
        return Activation("", custom=True, config={})
    layer = class_of(serialized)
    if layer == "Activation" and not is_custom(serialized):
        return read_activation(as_mapping(config).get("activation"))
    name = ACTIVATIONS.get(layer, layer)
    return Activation(name, not is_built_in(serialized), as_mapping(config))


def read_initializer(value: object) -> Initializer:
    """Read an initializer: a name, a class with config, or a serialized object.

    None is what Keras takes when nothing is said, GlorotUniform.
    """
    if value is None:
        return initializer_of("GlorotUniform", {})
    if isinstance(value, str):
        return Initializer(value) if ">" in value else initializer_of(value, {})
    serialized = as_mapping(value)
    name = str(serialized.get("class_name", "") or "unnamed initializer")
    config = serialized.get("config")
    if is_custom(serialized):
        return Initializer(name.rpartition(">")[2])
    if isinstance(config, str):
        return initializer_of(config, {})
    return initializer_of(name, as_mapping(config))


def version_of(text: str | None) -> tuple[int, ...] | None:
    """Return the numbers of a Keras version such as ``2.2.4-tf``; None where it is unknown."""
    match = re.match(r"(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?(?!\d)", text or "")
    return tuple(int(part or 0) for part in match.groups()) if match else None


class Dialect(NamedTuple):
    """How one Keras release writes what a fix puts into a file.

    Attributes
    ----------
    version : tuple of int or None
        The release; None where the file does not say.
    tensorflow : bool
        Whether it is the Keras inside TensorFlow (``-tf``).
    package : str
        The package whose modules the file names: ``keras``, ``keras_core`` or ``tf_keras``.
    """

    version: tuple[int, ...] | None
    tensorflow: bool = False
    package: str = "keras"

    @classmethod
    def of(cls, keras_version: str | None, architecture: Mapping[str, Any] | None) -> Dialect:
        """Return the dialect of a file; one that names no release is told by its ``module``."""
        version = version_of(keras_version)
        module = (architecture or {}).get("module")
        package = str(module).partition(".")[0]
        if package == _KERAS_CORE and (version is None or version[0]):
            version = (0, 1, 0)
        elif version is None and architecture is not None and "module" in architecture:
            version = (3, 2, 0)
        package = package if package in (_KERAS_CORE, "tf_keras") else "keras"
        return cls(version, (keras_version or "").endswith("-tf"), package)

    @property
    def generation(self) -> int:
        """1, 2 or 3; Keras 2 where the file does not say. Keras Core, 0.1, is of Keras 3."""
        version = self.version or _UNKNOWN
        return version[0] or 3

    @property
    def name(self) -> str:
        """The release for people, such as ``Keras 3.0.5`` or ``Keras Core 0.1.7``."""
        version = self.version or _UNKNOWN
        return f"Keras {'' if version[0] else 'Core '}{'.'.join(map(str, version))}"

    @property
    def release(self) -> Release:
        """What the release can do."""
        release = release_of(self.version or _UNKNOWN)
        return release._replace(normal_gain=1.0) if self.tensorflow else release

    @property
    def alpha_dropout_saves_noise_shape(self) -> bool:
        """Whether AlphaDropout's config has ``noise_shape``: Keras 3 only."""
        return self.generation >= 3

    @property
    def counts_fans_by_equation(self) -> bool:
        """Whether EinsumDense draws by the fan-in of its equation: from Keras 3.15 on."""
        return (self.version or (2, 2, 4)) >= (3, 15, 0)

    @property
    def counts_vectors_by_root(self) -> bool:
        """Whether the fans of a bias are the root of its size: in Keras's own up to 2.3."""
        return not self.tensorflow and (self.version or (2, 2, 4)) < (2, 4, 0)

    @property
    def draws_by_seed_alone(self) -> bool:
        """Whether initializers with the same seed draw the same: from Keras 2.4 on."""
        return (self.version or (2, 2, 4)) >= (2, 4, 0)

    @property
    def freezes_statistics(self) -> bool:
        """Whether a frozen BatchNormalization takes its moving statistics in training, too.

        It does in TensorFlow 2 and in Keras from 2.4 on; before, it goes by the batch.
        """
        return self.tensorflow or (self.version or _UNKNOWN) >= (2, 4, 0) or self.generation >= 3

    def initializer(self, value: object) -> Initializer:
        """Return what an initializer draws in this release; see `read_initializer`."""
        drawn = read_initializer(value)
        if drawn.distribution != "normal" or drawn.scale is None:
            return drawn
        kept = self.release.normal_gain
        if kept == 1:
            return drawn
        return drawn._replace(
            name=f"{drawn.name} of {self.name}", scale=round(drawn.scale * kept, 12)
        )

    def default_style(self) -> object:
        """Return the initializer that Keras takes when none is set, as this release writes it."""
        if self.generation < 2:
            return "glorot_uniform"
        return self._object({}, "GlorotUniform", {"seed": None})

    def variance_scaling(
        self, scale: float, written: object, fan_in: float | None = None
    ) -> object:
        """Return the initializer N(0, scale / fan-in) as this release writes it.

        Where it would not draw that, `Release.normal_gain`, RandomNormal does: here and later.

        Parameters
        ----------
        scale : float
            1 gives LecunNormal.
        written : object
            The initializer that it replaces, whose style and seed it keeps.
        fan_in : float, optional
            Fan-in of the kernel as Keras counts it, where it is known.
        """
        old, kept = as_mapping(written), self.release.normal_gain
        if kept != 1 and fan_in is not None:
            normal = {"mean": 0.0, "stddev": math.sqrt(scale / fan_in), "seed": None}
            return self._object(old, "RandomNormal", normal)
        scale /= kept
        if isinstance(written, str) and scale == 1:
            return "LecunNormal" if written[:1].isupper() else "lecun_normal"
        old_config = as_mapping(old.get("config"))
        config = {
            key: old_config[key]
            for key in ("seed", "input_axes", "output_axes")
            if key in old_config
        }
        named = self.generation >= 3 or (self.version or (2, 2, 4)) >= (2, 4, 0)
        if scale == 1 and named:
            return self._object(old, "LecunNormal", config or {"seed": None})
        cut = "truncated_normal" if named or self.tensorflow else "normal"
        full = {"scale": float(scale), "mode": "fan_in", "distribution": cut, "seed": None}
        return self._object(old, "VarianceScaling", full | config)

    def zeros(self, written: object) -> object:
        """Return the initializer Zeros in the style of the one that it replaces."""
        if isinstance(written, str):
            return "Zeros" if written[:1].isupper() else "zeros"
        return self._object(as_mapping(written), "Zeros", {})

    def _object(
        self, old: Mapping[str, Any], class_name: str, config: Mapping[str, Any]
    ) -> dict[str, Any]:
        plain = {"class_name": class_name, "config": dict(config)}
        if "module" not in old and (old or self.generation < 3):
            return plain
        package = str(old.get("module", self.package)).partition(".")[0]
        return {"module": f"{package}.initializers", **plain, "registered_name": None}


def _named_activation(name: str, custom: bool) -> Activation:
    own = name.rpartition(">")[2].rpartition(".")[2]
    known = ACTIVATIONS.get(own, own) in ACTIVATION_NAMES
    return Activation(own, custom or ">" in name or not known, {})


@lru_cache(maxsize=256)
def snake_case(class_name: str) -> str:
    """Return a class's name as Keras makes names of layers, initializers and groups of it.

    Source: ``keras.src.utils.naming.to_snake_case``.
    """
    name = re.sub(r"\W+", "", class_name)
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=.)(?=[A-Z][a-z])", "_", name).lower()
