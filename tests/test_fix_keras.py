"""Repaired models load in Keras and infer as before, for every release that wrote them."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import selu_lint
from selu_lint.fixing.fix_report import FixReport
from selu_lint.model.pointers import resolve

pytestmark = pytest.mark.keras

_MODELS = Path(__file__).parent.parent / "fixtures" / "models"
_FILES = sorted(path for path in _MODELS.glob("*/*.*") if path.is_file())
# That release broke off while it saved this file: no Keras loads its weights.
_BROKEN = _MODELS / "keras3.0.5" / "functional.h5"


def _id(path: Path) -> str:
    return path.relative_to(_MODELS).as_posix()


def _keras(path: Path) -> Any:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    name = "keras" if path.parent.name.startswith("keras3") else "tf_keras"
    return pytest.importorskip(name)


def _load(keras: Any, path: Path, folder: Path) -> Any:
    if path.suffix == ".json":
        return keras.models.model_from_json(path.read_text())
    if not zipfile.is_zipfile(path):
        # Keras 2.12 wrote HDF5 into files that it named .keras.
        path = Path(shutil.copyfile(path, folder / f"{path.parent.name}_{path.stem}.h5"))
    return keras.models.load_model(path, compile=False)


def _layers(model: Any) -> Any:
    """Yield all layers of a model, those inside wrappers and nested models included."""
    for layer in model.layers:
        yield layer
        if hasattr(layer, "layers"):
            yield from _layers(layer)
        for name in ("layer", "forward_layer", "backward_layer"):
            if hasattr(layer, name):
                yield getattr(layer, name)


def _outputs(model: Any) -> list[np.ndarray[Any, Any]]:
    generator = np.random.default_rng(0)
    inputs = [
        generator.standard_normal([3, *[size or 5 for size in tensor.shape[1:]]]).astype("float32")
        for tensor in model.inputs
    ]
    outputs = model(inputs[0] if len(inputs) == 1 else inputs, training=False)
    return [np.asarray(output) for output in (outputs if isinstance(outputs, list) else [outputs])]


class Repaired(NamedTuple):
    """What became of a file that was fixed with its weights kept, and both models as loaded."""

    report: FixReport
    result: Path
    before: Any
    after: Any


# The tests of one file run one after another: what each of them needs is made once.
@pytest.fixture(scope="module", params=[path for path in _FILES if path != _BROKEN], ids=_id)
def path(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


@pytest.fixture(scope="module")
def repaired(path: Path, tmp_path_factory: pytest.TempPathFactory) -> Repaired:
    folder = tmp_path_factory.mktemp("fixed")
    keras, result = _keras(path), folder / path.parent.name / path.name
    report = selu_lint.fix(path, output=result, redraw="never", unsafe_fixes=True)
    assert not report.errors
    before, after = _load(keras, path, folder), _load(keras, result, result.parent)
    return Repaired(report, result, before, after)


def test_infers_bit_for_bit_as_before(path: Path, repaired: Repaired) -> None:
    report, result, before, after = repaired
    assert ("clean" in path.name) == (not report.files[0].applied)
    if path.suffix == ".json":
        after.set_weights(before.get_weights())
    for old, new in zip(before.get_weights(), after.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    for old, new in zip(_outputs(before), _outputs(after), strict=True):
        np.testing.assert_array_equal(old, new)
    assert not selu_lint.fix(result, dry_run=True, unsafe_fixes=True).files[0].applied


def test_loaded_layers_have_the_config_that_was_asked_for(repaired: Repaired) -> None:
    loaded = {layer.name: layer for layer in _layers(repaired.after)}
    for finding in repaired.report.applied:
        layer = loaded[finding.layer.rpartition("/")[2]]
        config = layer.get_config()
        if finding.code in ("SELU002", "SELU003"):
            assert type(layer).__name__ == "AlphaDropout"
            assert config["rate"] == finding.data["alpha_rate"]
            if finding.code == "SELU003":
                assert next(iter(config["noise_shape"])) is None
                assert 1 in config["noise_shape"]
        elif finding.code == "SELU004":
            assert type(layer).__name__ == "Dropout"
        elif finding.code == "SELU005":
            assert config["bias_initializer"]["class_name"] == "Zeros"
        elif finding.code in ("SELU001", "SELU008"):
            initializer = config[finding.data["slot"]]
            if isinstance(initializer, str):
                initializer = {"class_name": initializer, "config": {}}
            scale = initializer["config"].get("scale", 1.0)
            assert initializer["class_name"] in ("LecunNormal", "VarianceScaling")
            edit = finding.fix.edits[0] if finding.fix else None
            asked = edit.new if edit else None
            if isinstance(asked, dict):
                assert scale == pytest.approx(asked["config"].get("scale", 1.0))


def test_drawn_kernels_load_and_only_they_change(
    path: Path, repaired: Repaired, tmp_path: Path
) -> None:
    if path.suffix == ".json":
        pytest.skip("it has no kernels")
    result = tmp_path / "fixed" / path.parent.name / path.name
    report = selu_lint.fix(path, output=result, redraw="always", seed=5).files[0]
    redrawn = [kernel for kernel in report.kernels if kernel.redrawn]
    assert bool(redrawn) == bool(report.kernels)
    after = _load(_keras(path), result, result.parent)
    changed = [
        new
        for old, new in zip(repaired.before.get_weights(), after.get_weights(), strict=True)
        if not np.array_equal(old, new)
    ]
    assert sorted(new.shape for new in changed) == sorted(k.shape or () for k in redrawn)
    for kernel in redrawn:
        bound = 2 / 0.8796256610342398 / (kernel.fan_in or 1) ** 0.5
        same = [new for new in changed if new.shape == kernel.shape]
        assert all(np.abs(new).max() <= bound * 1.0001 for new in same)


def test_a_compiled_trained_model_trains_on_with_its_optimizer(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    path = _MODELS / "keras3.15-tf" / "cnn_trained.keras"
    kept, drawn = tmp_path / "kept.keras", tmp_path / "drawn.keras"
    selu_lint.fix(path, output=kept)
    report = selu_lint.fix(path, output=drawn, redraw="always", seed=0).files[0]
    assert [kernel.slots_reset for kernel in report.kernels] == [2, 2]
    models = [keras.models.load_model(each) for each in (path, kept, drawn)]
    states = [
        {variable.path: np.asarray(variable) for variable in model.optimizer.variables}
        for model in models
    ]
    assert states[0].keys() == states[1].keys() == states[2].keys()
    for name, value in states[0].items():
        np.testing.assert_array_equal(value, states[1][name])
        of_kernel = ("conv_kernel" in name) or ("hidden_kernel" in name)
        assert of_kernel == (not np.array_equal(value, states[2][name]))
        if of_kernel:
            assert not states[2][name].any()


def test_redrawn_kernels_are_distributed_as_those_of_keras(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    stats = pytest.importorskip("scipy.stats")
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [keras.Input((300,)), keras.layers.Dense(400, activation="selu"), keras.layers.Dense(2)]
    )
    path, result = tmp_path / "model.keras", tmp_path / "result.keras"
    model.save(path)
    selu_lint.fix(path, output=result, redraw="always", seed=7)
    kernel = keras.models.load_model(result).layers[0].get_weights()[0]
    theirs = np.asarray(keras.initializers.LecunNormal(seed=1)((300, 400)))
    assert stats.ks_2samp(kernel.ravel(), theirs.ravel()).pvalue > 0.01
    assert kernel.mean() == pytest.approx(0, abs=5 / 300**0.5 / kernel.size**0.5)
    assert kernel.var() == pytest.approx(1 / 300, rel=0.02)
    assert np.abs(kernel).max() == pytest.approx(np.abs(theirs).max(), rel=1e-3)


@pytest.mark.parametrize("policy", ["mixed_float16", "bfloat16", "float16", "float64"])
def test_draws_in_the_dtype_of_the_kernel(policy: str, tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    model = keras.Sequential(
        [
            keras.Input((64,)),
            keras.layers.Dense(64, activation="selu", dtype=policy),
            keras.layers.Dense(2),
        ]
    )
    path, result = tmp_path / "model.keras", tmp_path / "result.keras"
    model.save(path)
    report = selu_lint.fix(path, output=result, redraw="always", seed=7).files[0]
    assert [kernel.redrawn for kernel in report.kernels] == [True]
    layer = keras.models.load_model(result).layers[0]
    kernel = np.asarray(layer.get_weights()[0]).astype("float64")
    assert layer.dtype_policy.name == policy
    assert kernel.var() == pytest.approx(1 / 64, rel=0.1)
    assert not np.array_equal(kernel, np.asarray(model.layers[0].get_weights()[0], "float64"))


def test_quantized_kernels_are_never_drawn(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(64, activation="selu")])
    model.quantize("int8")
    path, result = tmp_path / "model.keras", tmp_path / "result.keras"
    model.save(path)
    report = selu_lint.fix(path, output=result, redraw="always").files[0]
    assert report.error is None
    assert [kernel.redrawn for kernel in report.kernels] == [False]
    loaded = keras.models.load_model(result)
    for old, new in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_the_fix_names_what_keras_asks_of_a_config(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    path = _MODELS / "keras3.15-tf" / "functional.keras"
    result = tmp_path / "result.keras"
    report = selu_lint.fix(path, output=result)
    architecture = selu_lint.formats.read(result).architecture
    for edit in report.files[0].edits:
        assert resolve(architecture, edit.pointer) == edit.new
    model = keras.models.load_model(result, compile=False)
    assert model.get_layer("spatial_drop").noise_shape == [None, 1, None]


def test_groups_are_renumbered_where_a_layer_with_variables_is_counted_along(
    tmp_path: Path,
) -> None:
    keras = pytest.importorskip("keras")

    @keras.saving.register_keras_serializable("mine")
    class AlphaDropout(keras.layers.Layer):  # type: ignore[misc,name-defined]
        def build(self, shape: Any) -> None:
            self.scale = self.add_weight(shape=(shape[-1],), initializer="random_normal")

        def call(self, inputs: Any) -> Any:
            return inputs * self.scale

    def block(name: str) -> Any:
        return keras.Sequential(
            [
                keras.Input((4,)),
                keras.layers.Dense(4, activation="selu"),
                keras.layers.Dropout(0.1),
                AlphaDropout(),
                keras.layers.Dense(4, activation="selu", kernel_initializer="lecun_normal"),
                keras.layers.Dropout(0.1),
                AlphaDropout(),
            ],
            name=name,
        )

    model = keras.Sequential([keras.Input((4,)), block("a"), AlphaDropout(), block("b")])
    path, result = tmp_path / "model.keras", tmp_path / "result.keras"
    for deflated in (False, True):
        model.save(path)
        if deflated:
            _deflate(path)
        report = selu_lint.fix(path, output=result, redraw="never", force=True)
        assert sum(finding.code == "SELU002" for finding in report.applied) == 4
        loaded = keras.models.load_model(result)
        for old, new in zip(model.get_weights(), loaded.get_weights(), strict=True):
            np.testing.assert_array_equal(old, new)
        saved = tmp_path / "saved.keras"
        loaded.save(saved)
        assert _groups(saved) == _groups(result)


def _groups(path: Path) -> set[str]:
    h5py = pytest.importorskip("h5py")
    names: set[str] = set()
    with zipfile.ZipFile(path) as archive, archive.open("model.weights.h5") as member:
        h5py.File(member).visit(lambda name: names.add(name) if "layers" in name else None)
    return names


def _deflate(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def test_kernels_in_a_deflated_archive_are_drawn_too(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    original = _MODELS / "keras3.15-tf" / "cnn_broken.keras"
    path = Path(shutil.copy(original, tmp_path))
    _deflate(path)
    plain, packed = tmp_path / "plain.keras", tmp_path / "packed.keras"
    selu_lint.fix(original, output=plain, redraw="always", seed=1)
    selu_lint.fix(path, output=packed, redraw="always", seed=1)
    with zipfile.ZipFile(packed) as archive:
        assert archive.testzip() is None
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_DEFLATED}
    models = [keras.models.load_model(each, compile=False) for each in (plain, packed)]
    for old, new in zip(models[0].get_weights(), models[1].get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(
    "name",
    ["keras3.15-tf/cnn_trained.keras", "tf2.12/functional.keras", "tf2.4/separable.json"],
)
def test_verifies_in_a_process_of_its_own(name: str, tmp_path: Path) -> None:
    _keras(_MODELS / name)
    report = selu_lint.fix(
        _MODELS / name, output=tmp_path / "x", redraw="always", verify=True
    ).files[0]
    assert report.error is None
    assert report.verification is not None
    assert report.verification.largest_difference == 0
    expected = "tf_keras 2." if name.startswith("tf2") else "keras 3."
    assert report.verification.library.startswith(expected)
    drawn = [kernel for kernel in report.kernels if kernel.redrawn]
    assert [(gain.layer, gain.slot) for gain in report.verification.gains] == [
        (kernel.layer, kernel.slot) for kernel in drawn
    ]
    for gain, kernel in zip(report.verification.gains, drawn, strict=True):
        assert gain.gain == pytest.approx(kernel.new_gain, rel=1e-4)


def test_verification_refuses_code_and_other_outputs(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    from selu_lint.errors import SeluLintError
    from selu_lint.fixing.verification import verify
    from selu_lint.formats import read

    dense = keras.layers.Dense(4, activation="selu")
    model = keras.Sequential([keras.Input((4,)), dense, keras.layers.Lambda(lambda x: 2 * x)])
    path = tmp_path / "model.keras"
    model.save(path)
    report = selu_lint.fix(path, verify=True).files[0]
    assert "Lambda" in str(report.error)
    assert list(tmp_path.iterdir()) == [path]
    report = selu_lint.fix(path, verify=True, trust_code=True).files[0]
    assert report.verification is not None
    clean = _MODELS / "keras3.15-tf" / "cnn_clean.keras"
    other = _MODELS / "keras3.15-tf" / "cnn_broken.keras"
    with pytest.raises(SeluLintError, match="3 differ from the original's, 0 kernels"):
        verify(read(clean), str(other), ())
