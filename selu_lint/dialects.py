"""How the Keras releases write layers, activations and initializers: reading and writing them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from selu_lint.initializers import Initializer, initializer_of
from selu_lint.layer_kinds import (
    ACTIVATION_LAYERS,
    BUILT_IN,
    CANONICAL,
    TENSORFLOW_OPERATIONS,
)

_KERAS_PACKAGES = frozenset({"keras", "tf_keras", "tensorflow", "builtins"})


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
SELU = Activation("selu", custom=False, config={})


def as_mapping(value: object) -> Mapping[str, Any]:
    """Return the value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def is_custom(serialized: Mapping[str, Any]) -> bool:
    """Whether a serialized object is code of the model's author, not of Keras."""
    registered = serialized.get("registered_name")
    if isinstance(registered, str) and ">" in registered:
        return True
    if ">" in str(serialized.get("class_name", "")):
        return True
    module = serialized.get("module")
    return isinstance(module, str) and module.partition(".")[0] not in _KERAS_PACKAGES


def class_of(serialized: Mapping[str, Any]) -> str:
    """Return the class of a serialized layer under the name that Keras has for it today.

    Operations of Keras 2 (``TFOpLambda``, ``TensorFlowOpLayer``) get the name of the layer that
    does the same, such as ``Selu``; a registered class loses its package (``Custom>Block``).
    """
    name = str(serialized.get("class_name", "")).rpartition(">")[2]
    if name == "TFOpLambda":
        function = str(as_mapping(serialized.get("config")).get("function", ""))
        return TENSORFLOW_OPERATIONS.get(function, name)
    if name == "TensorFlowOpLayer":
        return _operation_of_node(as_mapping(serialized.get("config")).get("node_def"), name)
    return CANONICAL.get(name, name)


def is_built_in(serialized: Mapping[str, Any]) -> bool:
    """Whether class and config tell all that the layer does."""
    return class_of(serialized) in BUILT_IN and not is_custom(serialized)


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
        return _named_activation(value, custom=">" in value)
    serialized = as_mapping(value)
    class_name = str(serialized.get("class_name", ""))
    config = serialized.get("config")
    if class_name in ("function", "__lambda__") or isinstance(config, str):
        name = config if isinstance(config, str) else ""
        return _named_activation(name, custom=is_custom(serialized) or class_name == "__lambda__")
    if not class_name:
        return Activation("", custom=True, config={})
    layer = class_of(serialized)
    if layer == "Activation" and not is_custom(serialized):
        return read_activation(as_mapping(config).get("activation"))
    name = ACTIVATION_LAYERS.get(layer, layer)
    return Activation(name, is_custom(serialized), as_mapping(config))


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
    """

    version: tuple[int, ...] | None
    tensorflow: bool = False

    @classmethod
    def of(cls, keras_version: str | None, architecture: Mapping[str, Any] | None) -> Dialect:
        """Return the dialect of a file; one that names no release is told by its ``module``."""
        version = version_of(keras_version)
        if version is None and architecture is not None and "module" in architecture:
            version = (3, 2, 0)
        return cls(version, (keras_version or "").endswith("-tf"))

    @property
    def generation(self) -> int:
        """1, 2 or 3; Keras 2 where the file does not say."""
        return self.version[0] if self.version else 2

    @property
    def has_alpha_dropout(self) -> bool:
        """Whether the release has AlphaDropout: from 2.0.6 on, without 3.0.0 and 3.0.1."""
        version = self.version or (2, 2, 4)
        return version >= (2, 0, 6) and version not in ((3, 0, 0), (3, 0, 1))

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

    def default_style(self) -> object:
        """Return the initializer that Keras takes when none is set, as this release writes it."""
        if self.generation < 2:
            return "glorot_uniform"
        return self._object({}, "GlorotUniform", {"seed": None})

    def variance_scaling(self, scale: float, written: object) -> object:
        """Return the initializer N(0, scale / fan-in) as this release writes it.

        Parameters
        ----------
        scale : float
            1 gives LecunNormal.
        written : object
            The initializer that it replaces, whose style and seed it keeps.
        """
        old = as_mapping(written)
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
        normal = "truncated_normal" if named or self.tensorflow else "normal"
        full = {"scale": float(scale), "mode": "fan_in", "distribution": normal, "seed": None}
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
        return {"module": "keras.initializers", **plain, "registered_name": None}


def _named_activation(name: str, custom: bool) -> Activation:
    return Activation(name.rpartition(">")[2].rpartition(".")[2], custom or not name, {})


def _operation_of_node(node: object, default: str) -> str:
    if isinstance(node, dict):
        operation = str(node.get("op", ""))
    else:
        match = re.search(r'op:\s*"(\w+)"|"op":\s*"(\w+)"', str(node)[:10_000])
        operation = next(filter(None, match.groups()), "") if match else ""
    names = {"AddV2": "Add", "ConcatV2": "Concatenate", "Relu": "ReLU", "StridedSlice": "GetItem"}
    name = names.get(operation, operation)
    return name if name in BUILT_IN else default
