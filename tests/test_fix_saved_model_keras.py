"""Fixed SavedModels in tf_keras: what they infer, and what they do in training."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import selu_lint
from selu_lint.fixing import verification
from selu_lint.formats import read
from selu_lint.model.document import Document
from tests.commands.command import run

pytestmark = pytest.mark.keras

_MODELS = Path(__file__).parent.parent / "fixtures" / "saved_models"


@pytest.fixture(scope="module")
def keras() -> Any:
    return pytest.importorskip("tf_keras")


def _copy(tmp_path: Path, name: str) -> Path:
    return Path(shutil.copytree(_MODELS / name, tmp_path / "model"))


def _inputs(model: Any, count: int = 4) -> list[Any]:
    random = np.random.default_rng(0)
    shapes = [(count, *(size or 8 for size in each.shape[1:])) for each in model.inputs]
    return [random.normal(size=shape).astype("float32") for shape in shapes]


def _infer(model: Any) -> list[Any]:
    inputs = _inputs(model)
    outputs = model(inputs[0] if len(inputs) == 1 else inputs, training=False)
    return [np.asarray(each) for each in (outputs if isinstance(outputs, list) else [outputs])]


def _same(one: list[Any], other: list[Any]) -> bool:
    return all(a.tobytes() == b.tobytes() for a, b in zip(one, other, strict=True))


@pytest.mark.usefixtures("keras_here")
@pytest.mark.parametrize(
    "name", ["tf2.1/functional", "tf2.4/cnn_broken", "tf2.9/cnn_broken", "tf2.15/functional"]
)
def test_with_kept_weights_it_infers_the_same(tmp_path: Path, keras: Any, name: str) -> None:
    path = _copy(tmp_path, name)
    report = selu_lint.fix(path, redraw="never")
    assert not report.errors
    assert report.output == f"{path}.fixed"
    assert {each.code for each in report.applied} >= {"SELU001", "SELU002"}
    old, new = keras.models.load_model(path), keras.models.load_model(report.output)
    assert _same(_infer(old), _infer(new))
    assert _same(old.get_weights(), new.get_weights())
    assert (new.optimizer is None) == (old.optimizer is None)
    left = {(each.code, each.layer) for each in selu_lint.check(report.output).findings}
    assert left == {(each.finding.code, each.finding.layer) for each in report.remaining}
    again = selu_lint.fix(report.output, redraw="never")
    assert (list(again.applied), again.output) == ([], None)


@pytest.mark.usefixtures("keras_here")
@pytest.mark.parametrize("traced", [False, True])
def test_in_training_it_keeps_mean_and_variance(tmp_path: Path, keras: Any, traced: bool) -> None:
    """What the dropout behind the hidden layer makes of standard normal values."""
    import tensorflow

    path = _copy(tmp_path, "tf2.15/cnn_broken")
    report = selu_lint.fix(path, redraw="never")
    given = tensorflow.constant(np.random.default_rng(1).normal(size=(4000, 16)), "float32")
    variances = []
    for folder in (path, report.output):
        if traced:
            model = tensorflow.saved_model.load(str(folder))
            layer = model.keras_api.layers[-2]
        else:
            layer = keras.models.load_model(folder).get_layer("drop_hidden")
        values = np.asarray(layer(given, training=True))
        assert abs(values.mean()) < 0.05
        assert np.array_equal(np.asarray(layer(given, training=False)), given)
        variances.append(values.var())
    assert variances[0] == pytest.approx(2, abs=0.1)
    assert variances[1] == pytest.approx(1, abs=0.05)


@pytest.mark.usefixtures("keras_here")
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_it_can_be_written_as_a_file(tmp_path: Path, keras: Any, suffix: str) -> None:
    path = _copy(tmp_path, "tf2.15/cnn_broken")
    report = selu_lint.fix(path, output=tmp_path / f"fixed{suffix}", redraw="never")
    assert not report.errors
    assert sorted(each.name for each in tmp_path.iterdir()) == [f"fixed{suffix}", "model"]
    new = keras.models.load_model(report.output)
    assert _same(_infer(keras.models.load_model(path)), _infer(new))
    assert type(new.get_layer("drop_hidden")).__name__ == "AlphaDropout"


@pytest.mark.usefixtures("keras_here")
def test_it_replaces_the_folder_and_keeps_what_else_lies_in_it(tmp_path: Path, keras: Any) -> None:
    path = _copy(tmp_path, "tf2.15/cnn_broken")
    (path / "labels.txt").write_text("cat")
    report = selu_lint.fix(path, in_place=True, redraw="untrained", seed=3)
    assert not report.errors
    assert [each.name for each in tmp_path.iterdir()] == ["model"]
    assert (path / "labels.txt").read_text() == "cat"
    assert {each.redrawn for each in report.files[0].kernels} == {True}
    kernel = keras.models.load_model(path).get_layer("hidden").get_weights()[0]
    assert float((kernel**2).mean() * 144) == pytest.approx(1, abs=0.1)
    assert not selu_lint.check(path).findings


@pytest.mark.usefixtures("keras_here")
def test_the_optimizer_keeps_its_state(tmp_path: Path, keras: Any) -> None:
    path = _copy(tmp_path, "tf2.21/trained")
    steps = read(str(path)).weights.iterations()  # type: ignore[union-attr]
    report = selu_lint.fix(path)
    assert steps == 6
    assert read(str(report.output)).weights.iterations() == 6  # type: ignore[union-attr]
    old, new = keras.models.load_model(path), keras.models.load_model(report.output)
    pairs = zip(old.optimizer.variables, new.optimizer.variables, strict=True)
    assert all(np.array_equal(np.asarray(a), np.asarray(b)) for a, b in pairs)


def test_code_runs_only_when_it_is_trusted(tmp_path: Path, keras: Any) -> None:
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8,)),
            layers.Dense(16, activation="selu", name="hidden"),
            layers.Lambda(lambda x: x * 2.0, name="twice"),
        ]
    )
    path = tmp_path / "model"
    model.save(path, save_format="tf")
    refused = selu_lint.fix(path, redraw="never")
    assert "(Lambda), which selu-lint does not know" in (refused.files[0].error or "")
    trusted = selu_lint.fix(path, redraw="never", trust_code=True)
    assert not trusted.errors, trusted.files[0].error
    assert _same(_infer(model), _infer(keras.models.load_model(trusted.output)))


@pytest.mark.usefixtures("keras_here")
def test_what_a_saved_model_runs_when_it_is_loaded_never_runs(tmp_path: Path, keras: Any) -> None:
    import tensorflow

    marker = tmp_path / "marker"

    class Resource(tensorflow.saved_model.experimental.TrackableResource):  # type: ignore[misc]
        def _create_resource(self) -> Any:
            return tensorflow.raw_ops.MutableHashTableV2(
                key_dtype=tensorflow.string, value_dtype=tensorflow.int64, shared_name="own"
            )

        def _initialize(self) -> None:
            tensorflow.io.write_file(str(marker), "it ran")

    dense = keras.layers.Dense(8, activation="selu", name="hidden")
    model = keras.Sequential([keras.Input((8,)), dense, keras.layers.Dropout(0.5, name="drop")])
    model.resource = Resource()
    model.save(tmp_path / "model", save_format="tf")
    assert not marker.exists()
    for arguments in (("fix", "--verify", "--force"), ("profile", "--measure")):
        done = run(*arguments, "model", cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        assert not marker.exists()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["model", "model.fixed"]
    keras.models.load_model(tmp_path / "model")
    assert marker.read_text() == "it ran"


@pytest.mark.usefixtures("keras")
@pytest.mark.parametrize(
    ("arguments", "here"),
    [
        (("--in-place", "--redraw", "always"), False),
        ((), True),
        (("-o", "new.keras", "--redraw", "untrained"), True),
        (("-o", "n.h5", "--redraw", "untrained"), True),
    ],
)
def test_the_command_verifies_a_fixed_folder(
    tmp_path: Path, arguments: tuple[str, ...], here: bool, request: pytest.FixtureRequest
) -> None:
    if here:
        request.getfixturevalue("keras_here")
    _copy(tmp_path, "tf2.15/cnn_broken")
    done = run("fix", "--verify", "--seed", "5", "model", *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "verified in tf_keras 2." in done.stdout
    assert ("outputs 0 with the old values of" in done.stdout) == ("--redraw" in arguments)
    gains = [float(line.split()[-1]) for line in done.stdout.splitlines() if "measured" in line]
    if "--redraw" not in arguments:
        assert gains == []
    else:
        assert gains == pytest.approx([1, 1], abs=0.5)


@pytest.mark.usefixtures("keras", "keras_here")
def test_a_folder_that_infers_otherwise_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _copy(tmp_path, "tf2.15/cnn_broken")
    verify = verification.verify

    def with_other(document: Document, result: str, *others: Any) -> Any:
        # What was written is compared with a model that has other weights.
        other = document._replace(path=str(_MODELS / "tf2.15" / "cnn_clean"))
        return verify(other, result, (), *others[1:])

    monkeypatch.setattr(verification, "verify", with_other)
    report = selu_lint.fix(path, in_place=True, verify=True, redraw="never")
    assert "the result has other weights: 3 differ" in (report.files[0].error or "")
    assert [each.name for each in tmp_path.iterdir()] == ["model"]
    assert selu_lint.check(path).findings
