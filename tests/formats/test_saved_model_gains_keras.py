"""The gain of exported kernels, against Keras's count of the fans and against what they compute."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import selu_lint
from selu_lint.formats import read
from selu_lint.settings import Settings

pytestmark = pytest.mark.keras

# A layer, its options, the shape of its input, the axes of its kernel that an output sums, and
# the share of them that meets one output.
LAYERS: dict[str, tuple[str, dict[str, Any], tuple[int, ...], tuple[int, ...], float]] = {
    "dense": ("Dense", {"units": 7}, (30,), (0,), 1.0),
    "dense_of_many_axes": ("Dense", {"units": 7}, (3, 4, 30), (0,), 1.0),
    "conv1d": ("Conv1D", {"filters": 6, "kernel_size": 3}, (40, 5), (0, 1), 1.0),
    "conv2d": ("Conv2D", {"filters": 6, "kernel_size": 3}, (12, 12, 5), (0, 1, 2), 1.0),
    "dilated": (
        "Conv2D",
        {"filters": 6, "kernel_size": 3, "dilation_rate": 2},
        (12, 12, 5),
        (0, 1, 2),
        1.0,
    ),
    "grouped": ("Conv2D", {"filters": 6, "kernel_size": 3, "groups": 3}, (9, 9, 6), (0, 1, 2), 1.0),
    "conv3d": ("Conv3D", {"filters": 4, "kernel_size": 2}, (6, 6, 6, 3), (0, 1, 2, 3), 1.0),
    "depthwise1d": ("DepthwiseConv1D", {"kernel_size": 5, "depth_multiplier": 2}, (40, 4), (0,), 1),
    "depthwise2d": ("DepthwiseConv2D", {"kernel_size": 3}, (12, 12, 8), (0, 1), 1.0),
    "transposed1d": (
        "Conv1DTranspose",
        {"filters": 6, "kernel_size": 4, "strides": 2},
        (60, 5),
        (0, 2),
        1 / 2,
    ),
    "transposed2d": (
        "Conv2DTranspose",
        {"filters": 4, "kernel_size": 3, "strides": 3},
        (12, 12, 8),
        (0, 1, 3),
        1 / 9,
    ),
    "transposed2d_without_strides": (
        "Conv2DTranspose",
        {"filters": 4, "kernel_size": 3},
        (20, 20, 8),
        (0, 1, 3),
        1.0,
    ),
    "transposed3d": (
        "Conv3DTranspose",
        {"filters": 4, "kernel_size": (1, 2, 4), "strides": (1, 2, 2)},
        (6, 8, 8, 3),
        (0, 1, 2, 4),
        1 / 4,
    ),
    "einsum": (
        "EinsumDense",
        {"equation": "abc,cd->abd", "output_shape": (None, 6)},
        (8, 30),
        (0,),
        1.0,
    ),
    "einsum_transposed": (
        "EinsumDense",
        {"equation": "abc,dc->abd", "output_shape": (None, 6)},
        (8, 30),
        (1,),
        1.0,
    ),
    "einsum_to_heads": (
        "EinsumDense",
        {"equation": "abc,cde->abde", "output_shape": (None, 3, 4)},
        (8, 20),
        (0,),
        1.0,
    ),
    "einsum_from_heads": (
        "EinsumDense",
        {"equation": "abcd,cde->abe", "output_shape": (None, 6)},
        (8, 3, 5),
        (0, 1),
        1.0,
    ),
    "einsum_with_a_kernel_for_each_place": (
        "EinsumDense",
        {"equation": "abc,bcd->abd", "output_shape": (8, 6)},
        (8, 30),
        (1,),
        1.0,
    ),
    "einsum_of_any_rank": (
        "EinsumDense",
        {"equation": "...c,cd->...d", "output_shape": (6,)},
        (8, 30),
        (0,),
        1.0,
    ),
}


@pytest.fixture(scope="module", params=["keras", "tf_keras"])
def keras(request: pytest.FixtureRequest) -> Any:
    found = pytest.importorskip(request.param)
    if request.param == "keras" and found.config.backend() != "tensorflow":
        pytest.skip("the export of another backend is StableHLO")
    return found


@pytest.mark.parametrize("name", LAYERS)
def test_the_gain_is_what_the_layer_does_to_the_variance(
    keras: Any, tmp_path: Path, name: str
) -> None:
    """And its fan-in what ``compute_fans`` counts along the axes that an output sums."""
    kind, config, shape, axes, share = LAYERS[name]
    if not hasattr(keras.layers, kind):
        pytest.skip(f"no {kind}")
    layer = getattr(keras.layers, kind)(**config, name="layer")
    given = keras.Input(shape)
    linear = keras.Model(given, layer(given))
    model = keras.Model(given, keras.layers.Activation("selu")(linear(given)))
    shapes = [each.shape for each in layer.get_weights()]
    values = np.random.default_rng(0).standard_normal(shapes[0]).astype("float32")
    layer.set_weights([values, *layer.get_weights()[1:]])
    model.export(str(tmp_path / "export"), **({"verbose": False} if keras_3(keras) else {}))
    (exported,) = read(tmp_path / "export").exported
    fan_in, _ = compute_fans(values.shape, axes, [])
    assert exported.fan_in is not None
    assert exported.fan_in == pytest.approx(fan_in * share)
    report = selu_lint.check(tmp_path / "export", settings=Settings(weights=True))
    (gain,) = (each.data["measured_gain"] for each in report.findings if each.layer)
    assert gain == pytest.approx(float((values.astype("float64") ** 2).mean()) * exported.fan_in)
    noise = np.random.default_rng(1).standard_normal((400, *shape)).astype("float32")
    outputs = np.asarray(linear(noise, training=False))
    for axis, size in enumerate(outputs.shape[1:-1], 1):
        if "Transpose" in kind and size > 12:
            # At the border an output meets less of the kernel.
            outputs = outputs.take(range(4, size - 4), axis)
    assert gain == pytest.approx(float(outputs.var()), rel=0.1)


def compute_fans(shape: tuple[int, ...], inputs: Any, outputs: Any) -> tuple[int, int]:
    module = pytest.importorskip("keras.src.initializers.random_initializers")
    fans: tuple[int, int] = module.compute_fans(shape, inputs, outputs)
    if list(inputs) == list(range(len(shape) - 1)):
        # The axes of a dense layer and of a convolution are those that Keras takes by itself.
        assert fans[0] == module.compute_fans(shape)[0]
    return fans


def keras_3(keras: Any) -> bool:
    return str(keras.__version__) >= "3"


def test_both_halves_of_a_separable_convolution_are_measured(keras: Any, tmp_path: Path) -> None:
    given = keras.Input((12, 12, 6))
    layer = keras.layers.SeparableConv2D(5, 3, depth_multiplier=2, activation="selu")
    model = keras.Model(given, layer(given))
    model.export(str(tmp_path / "export"))
    depthwise, pointwise, _ = (np.asarray(each, "float64") for each in layer.get_weights())
    report = selu_lint.check(tmp_path / "export", settings=Settings(weights=True))
    gains = [each.data["measured_gain"] for each in report.findings if each.layer]
    assert gains == pytest.approx([(depthwise**2).mean() * 9, (pointwise**2).mean() * 12], rel=1e-4)


def test_matrices_of_a_module_are_measured_along_the_axis_that_is_summed(tmp_path: Path) -> None:
    tensorflow = pytest.importorskip("tensorflow")

    class Module(tensorflow.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            random = np.random.default_rng(0)
            for name, shape in self.shapes.items():
                values = random.standard_normal(shape).astype("float32")
                setattr(self, name, tensorflow.Variable(values, name=f"{name}/kernel"))

        shapes = {  # noqa: RUF012
            "plain": (20, 12),
            "transposed": (5, 12),
            "turned": (4, 5),
            "left": (3, 4),
            "left_transposed": (3, 6),
            "batched": (2, 7, 6),
            "sliced": (7, 9),
            "sliced_across": (7, 9),
        }

        @tensorflow.function(input_signature=[tensorflow.TensorSpec([None, 20])])  # type: ignore
        def __call__(self, x: Any) -> Any:
            tf, selu = tensorflow, tensorflow.nn.selu
            x = selu(tf.matmul(x, self.plain))
            x = selu(tf.matmul(x, self.transposed, transpose_b=True))
            x = selu(tf.matmul(x, tf.transpose(self.turned)))
            x = selu(tf.matmul(self.left, x, transpose_b=True))
            x = selu(tf.matmul(self.left_transposed, x, transpose_a=True))
            x = selu(tf.matmul(tf.transpose(x)[None], self.batched, adjoint_b=True))
            x = selu(tf.matmul(x[0], self.sliced[:, 2:4]))
            return selu(tf.matmul(self.sliced_across[2:4], tf.transpose(x), transpose_a=True))

    tensorflow.saved_model.save(Module(), str(tmp_path / "export"))
    found = {each.name: each.fan_in for each in read(tmp_path / "export").exported}
    assert found == {
        "plain": 20,
        "transposed": 12,
        "turned": 5,
        "left": 4,
        "left_transposed": 3,
        "batched": 6,
        "sliced": 7,
        "sliced_across": None,
    }
    assert all(value is None or math.isfinite(value) for value in found.values())
