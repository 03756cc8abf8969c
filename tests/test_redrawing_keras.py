"""No trained weight is lost, however it was trained: every model here is trained in real Keras."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import selu_lint
from selu_lint.errors import SeluLintWarning
from selu_lint.fixing.live_fixer import fix_model
from tests.trained_models import INPUTS, TARGETS, Ways

pytestmark = pytest.mark.keras


@pytest.fixture(params=["keras", "tf_keras"])
def ways(request: pytest.FixtureRequest) -> Ways:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    keras = pytest.importorskip(request.param)
    keras.utils.set_random_seed(3)
    return Ways(keras)


def _weights(keras: Any, path: Any) -> list[Any]:
    return list(keras.models.load_model(path, compile=False).get_weights())


def _same(one: Any, other: Any) -> bool:
    return all(a.tobytes() == b.tobytes() for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("way", Ways.names())
def test_no_trained_weight_is_lost(ways: Ways, way: str, tmp_path: Path) -> None:
    model = getattr(ways, way)()
    path = tmp_path / "model.keras"
    model.save(path)
    before = _weights(ways.keras, path)
    for redraw in ("never", "untrained"):
        result = tmp_path / f"{redraw}.keras"
        report = selu_lint.fix(path, output=result, redraw=redraw, seed=1).files[0]
        assert report.error is None
        assert report.applied
        assert _same(before, _weights(ways.keras, result))
    # Keras cannot copy a layer with LoRA, nor tf_keras a code that uses a variable in an operation.
    if "lora" not in " ".join(each.name for each in model.variables) and "holds" not in way:
        model.save(tmp_path / "model.h5")
        report = selu_lint.fix(tmp_path / "model.h5", redraw="untrained", seed=1).files[0]
        assert report.error is None
        assert not any(kernel.redrawn for kernel in report.kernels)
        fixed = fix_model(model, redraw="untrained", seed=1)
        assert not any(kernel.redrawn for kernel in fixed.fix.kernels)
        assert _same(model.get_weights(), fixed.model.get_weights())


_ROWS = (
    "pretrained",
    "wrapper_with_a_weight",
    "layer_that_holds_a_dense",
    "head_frozen_meanwhile",
    "constant_biases",
    "low_rank",
    "own_loop",
    "biases_held_by_a_constraint",
    "second_output_without_loss",
)


@pytest.mark.parametrize("way", _ROWS)
def test_the_loss_stays(ways: Ways, way: str, tmp_path: Path) -> None:
    model = getattr(ways, way)()
    path = tmp_path / "model.keras"
    model.save(path)

    def loss(path: Path) -> float:
        outputs = ways.keras.models.load_model(path, compile=False)(INPUTS)
        first = np.asarray(outputs[0] if isinstance(outputs, list) else outputs)
        return float(np.mean((first - TARGETS) ** 2))

    for redraw in ("never", "untrained"):
        selu_lint.fix(path, output=tmp_path / "fixed.keras", redraw=redraw, seed=1, force=True)
        assert loss(tmp_path / "fixed.keras") == loss(path)
    selu_lint.fix(path, output=tmp_path / "fixed.keras", redraw="always", seed=1, force=True)
    assert loss(tmp_path / "fixed.keras") != loss(path)


@pytest.mark.usefixtures("keras_here")
@pytest.mark.parametrize("way", ["pretrained_glorot", "own_loop"])
def test_no_trained_weight_of_a_saved_model_is_lost(way: str, tmp_path: Path) -> None:
    keras = pytest.importorskip("tf_keras")
    model = getattr(Ways(keras), way)()
    model.save(tmp_path / "model", save_format="tf")
    report = selu_lint.fix(tmp_path / "model", redraw="untrained", seed=1).files[0]
    assert report.error is None
    assert _same(model.get_weights(), _weights(keras, report.output))


_INITIALIZERS = ("glorot_uniform", "he_uniform", "glorot_normal", "he_normal", "random_normal")


@pytest.mark.parametrize("suffix", [".keras", ".h5", "built"])
@pytest.mark.parametrize("initializer", _INITIALIZERS)
def test_untrained_kernels_are_drawn_when_asked(
    ways: Ways, initializer: str, suffix: str, tmp_path: Path
) -> None:
    # A square kernel of GlorotNormal would be one of LecunNormal.
    dense = [ways.dense(units, kernel_initializer=initializer) for units in (64, 32)]
    model = ways.compiled(ways.stack(*dense, ways.dense(1, None)))
    if suffix == "built":
        kept, drawn = (fix_model(model, redraw=how).fix for how in ("never", "untrained"))
    else:
        path = tmp_path / f"model{suffix}"
        model.save(path)
        kept, drawn = (
            selu_lint.fix(path, redraw=how, force=True).files[0] for how in ("never", "untrained")
        )
    assert [(each.redrawn, each.looks_untrained) for each in kept.kernels] == [(False, True)] * 2
    assert kept.offer is not None
    assert kept.offer.redraw == "untrained"
    assert [each.redrawn for each in drawn.kernels] == [True, True]
    assert drawn.offer is None


@pytest.mark.parametrize("options", [{}, {"in_place": True}, {"alpha_rate": "keep", "seed": 4}])
def test_the_offered_call_draws_them(ways: Ways, options: Any, tmp_path: Path) -> None:
    path = tmp_path / "it's one.keras"
    model = ways.compiled(ways.stack(ways.dense(), ways.dense(4), ways.dense(1, None)))
    model.save(path)
    before = _weights(ways.keras, path)
    offer = selu_lint.fix(path, **options).files[0].offer
    assert offer is not None
    report = eval(offer.command, {"selu_lint": selu_lint})
    assert [each.redrawn for each in report.files[0].kernels] == [True, True]
    after = _weights(ways.keras, report.output)
    changed = [not _same([a], [b]) for a, b in zip(before, after, strict=True)]
    assert changed == [True, False, True, False, False, False]


@pytest.mark.parametrize("more", [[], ["--in-place"], ["-o", "x y.h5", "--alpha-rate", "keep"]])
def test_the_offered_command_draws_them(
    more: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from click.testing import CliRunner

    from selu_lint.cli import main

    ways = Ways(pytest.importorskip("keras"))
    monkeypatch.chdir(tmp_path)
    hidden = ways.dense(name="hidden")
    ways.compiled(ways.stack(hidden, ways.dense(1, None))).save("a b.h5")
    text = CliRunner().invoke(main, ["fix", *more, "a b.h5"]).output
    line = next(line for line in text.splitlines() if line.startswith("  to draw hidden anew: "))
    command = shlex.split(line.partition(": ")[2])
    assert command[:2] == ["selu-lint", "fix"]
    assert set(more) <= {*command, "-o"}
    again = CliRunner().invoke(main, command[1:])
    assert again.exit_code == 0, again.output
    assert "hidden kernel drawn anew" in again.output


def test_the_offered_call_draws_a_built_model(ways: Ways) -> None:
    model = ways.compiled(ways.stack(ways.dense(), ways.dense(1, None)))
    with pytest.warns(SeluLintWarning) as caught:
        selu_lint.fix(model, seed=3)
    offered = str(caught[-1].message).partition(" anew: ")[2]
    assert offered == "selu_lint.fix(model, seed=3, redraw='untrained')"
    drawn = eval(offered, {"selu_lint": selu_lint, "model": model})
    assert not _same(drawn.get_weights()[:1], model.get_weights()[:1])


@pytest.mark.parametrize("frozen", [True, False])
def test_a_frozen_layer_with_weights_is_an_info(ways: Ways, frozen: bool, tmp_path: Path) -> None:
    model = ways.network()
    model.layers[1].trainable = not frozen
    model.save(tmp_path / "model.keras")
    findings = {f.layer: f for f in selu_lint.check(tmp_path / "model.keras").findings}
    found = findings[model.layers[1].name]
    assert found.severity.value == ("info" if frozen else "error")
    assert ("frozen with its weights stored" in found.message) == frozen
    report = selu_lint.fix(tmp_path / "model.keras", redraw="always").files[0]
    assert model.layers[2].name in {kernel.layer for kernel in report.kernels}
    assert (model.layers[1].name in {kernel.layer for kernel in report.kernels}) != frozen


@pytest.mark.usefixtures("keras_here")
def test_verify_says_what_it_left_out(ways: Ways, tmp_path: Path) -> None:
    from selu_lint.reports import Style, fix_json, fix_text

    path = tmp_path / "model.keras"
    ways.compiled(ways.stack(ways.dense(), ways.dense(1, None))).save(path)
    report = selu_lint.fix(path, redraw="untrained", verify=True)
    verification = report.files[0].verification
    name = report.files[0].kernels[0].layer
    assert verification is not None
    assert verification.left_out == (f"{name}/kernel_initializer",)
    text = fix_text.render(report, Style())
    assert f"outputs 0 with the old values of {name}/kernel_initializer" in text
    assert f'"{name}/kernel_initializer"' in fix_json.render(report)
    kept = selu_lint.fix(path, verify=True, force=True).files[0].verification
    assert kept is not None
    assert kept.left_out == ()
