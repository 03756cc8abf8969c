"""Kernels are drawn as Keras draws them, and only where the file proves that none was trained."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import selu_lint
from selu_lint.cases import layer, sequential
from selu_lint.findings import Redraw
from selu_lint.fixing.redrawing import Drawn, plan
from selu_lint.fixing.training_evidence import Verdict, evidence_of, looks_drawn
from selu_lint.formats import read
from selu_lint.model.dialects import read_initializer
from selu_lint.model.document import Variable
from tests.quick import one_in

_MODELS = Path(__file__).parent.parent / "fixtures" / "models"
_CNN = _MODELS / "keras3.15-tf" / "cnn_broken.keras"


def _drawn(dtype: str = "float32", seed: int = 0, location: str = "k") -> Drawn:
    return Drawn(Variable("kernel", location, (400, 500), dtype), 1 / 400, seed)


@pytest.mark.slow
def test_draws_a_normal_cut_at_two() -> None:
    stats = pytest.importorskip("scipy.stats")
    values = np.frombuffer(b"".join(_drawn().blocks()), "<f4")
    deviation = (1 / 400) ** 0.5 / 0.87962566103423978
    expected = stats.truncnorm(-2, 2, scale=deviation)
    assert stats.kstest(values, expected.cdf).pvalue > 0.01
    assert abs(values.mean()) < 5 * (1 / 400) ** 0.5 / len(values) ** 0.5
    assert values.var() == pytest.approx(1 / 400, rel=0.01)
    assert 1.99 * deviation < np.abs(values).max() <= 2 * deviation * (1 + 1e-6)


def test_a_seed_gives_its_bytes_and_each_kernel_its_own() -> None:
    def drawn(**more: Any) -> bytes:
        return b"".join(_drawn(**more).blocks())

    assert drawn() == drawn()
    assert len({drawn(), drawn(seed=1), drawn(location="other")}) == 3


def test_kernels_larger_than_a_block_are_drawn_whole() -> None:
    drawn = Drawn(Variable("kernel", "k", (1500, 1000), "float32"), 1.0, 0)
    blocks = list(drawn.values())
    assert [len(block) for block in blocks] == [1 << 20, 1_500_000 - (1 << 20)]
    assert drawn.second_moment == pytest.approx(1, rel=0.01)


@pytest.mark.parametrize(
    ("dtype", "error"), [("float16", 5e-4), ("bfloat16", 4e-3), ("float32", 1e-7), ("float64", 0)]
)
def test_rounds_to_the_nearest_number_of_the_dtype(dtype: str, error: float) -> None:
    drawn = _drawn(dtype)
    exact = np.concatenate(list(drawn.values()))
    data = b"".join(drawn.blocks())
    if dtype == "bfloat16":
        stored = (np.frombuffer(data, "<u2").astype("<u4") << 16).view("<f4").astype("float64")
    else:
        stored = np.frombuffer(data, dtype).astype("float64")
    large = np.abs(exact) > 1e-3
    assert np.abs(stored[large] / exact[large] - 1).max() <= error
    assert np.abs((stored - exact).mean()) < 1e-6


_INITIALIZERS = {
    "glorot_uniform": lambda r, n: r.uniform(-1, 1, n) * np.sqrt(6 / 300),
    "he_normal": lambda r, n: _truncated(r, n) * np.sqrt(2 / 100) / 0.8796256610342398,
    "lecun_uniform": lambda r, n: r.uniform(-1, 1, n) * np.sqrt(3 / 100),
    "random_normal": lambda r, n: r.standard_normal(n) * 0.05,
    "random_uniform": lambda r, n: r.uniform(-0.05, 0.05, n),
    "truncated_normal": lambda r, n: _truncated(r, n) * 0.05,
}


def _truncated(generator: np.random.Generator, count: int) -> np.ndarray[Any, Any]:
    values = generator.standard_normal(2 * count)
    return values[np.abs(values) <= 2][:count]


_DRAWS = [(name, seed) for seed in range(20) for name in _INITIALIZERS]


@pytest.mark.parametrize(("name", "seed"), one_in(55, _DRAWS))
def test_a_draw_looks_like_its_initializer_and_like_no_other(name: str, seed: int) -> None:
    initializer = read_initializer(name)
    values = _INITIALIZERS[name](np.random.default_rng(seed), 100 * 200)
    assert looks_drawn(values, (100, 200), initializer)
    assert looks_drawn(values.astype("float16").astype("float64"), (100, 200), initializer)
    assert not looks_drawn(values + 0.01, (100, 200), initializer)
    assert not looks_drawn(values * 1.1, (100, 200), initializer)
    assert not looks_drawn(np.full_like(values, np.nan), (100, 200), initializer)
    for other in set(_INITIALIZERS) - {name}:
        assert not looks_drawn(values, (100, 200), read_initializer(other))


@pytest.mark.parametrize("gain", [0.1, 1, 10])
def test_orthogonal_kernels_of_any_gain_are_known(gain: float) -> None:
    matrix = gain * np.linalg.qr(np.random.default_rng(0).standard_normal((16, 16)))[0]
    orthogonal = read_initializer({"class_name": "Orthogonal", "config": {"gain": gain}})
    assert looks_drawn(matrix.astype("float16"), (16, 16), orthogonal)
    assert looks_drawn(matrix[:4], (4, 16), orthogonal)
    assert looks_drawn(matrix[:, :4], (16, 4), orthogonal)
    assert not looks_drawn(1.1 * matrix, (16, 16), orthogonal)
    assert not looks_drawn(matrix + 0.1 * gain, (16, 16), orthogonal)


def test_nothing_looks_like_a_draw_that_does_not_vary() -> None:
    constant = read_initializer(
        {"class_name": "RandomUniform", "config": {"minval": 1, "maxval": 1}}
    )
    assert not looks_drawn(np.ones((4, 4)), (4, 4), constant)


def _altered(folder: Path, change: Any, source: Path = _CNN) -> Path:
    path = Path(shutil.copy(source, folder / "altered.keras"))
    with zipfile.ZipFile(source) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    (folder / "w.h5").write_bytes(members["model.weights.h5"])
    config = json.loads(members["config.json"])
    with h5py.File(folder / "w.h5", "r+") as weights:
        change(weights, config)
    members["model.weights.h5"] = (folder / "w.h5").read_bytes()
    members["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def _bias(weights: Any, config: Any) -> None:
    weights["layers/dense_1/vars/1"][0] = 1e-3


def _steps(weights: Any, config: Any) -> None:
    weights["optimizer/vars/0"][()] = 1


def _kernel(weights: Any, config: Any) -> None:
    weights["layers/dense/vars/0"][...] *= 1.2


def _custom(weights: Any, config: Any) -> None:
    own = {"module": "m", "class_name": "Own", "config": {}, "registered_name": "m>Own"}
    config["config"]["layers"][6]["config"]["kernel_initializer"] = own


def _unknown_layer(weights: Any, config: Any) -> None:
    config["config"]["layers"][6]["class_name"] = "Dense2"
    weights.move("layers/dense_1", "layers/dense2")


def _frozen(weights: Any, config: Any) -> None:
    for each in config["config"]["layers"]:
        each["config"]["trainable"] = False


def _rounding(weights: Any, config: Any) -> None:
    values = weights["layers/dense/vars/0"][...]
    values.view("i4")[::2] += 3
    weights["layers/dense/vars/0"][...] = values


def _another_variable(weights: Any, config: Any) -> None:
    weights["vars/0"] = np.ones(3, "float32")


def _no_count(weights: Any, config: Any) -> None:
    del weights["optimizer"]


def _nearly_initial(weights: Any, config: Any) -> None:
    weights["layers/dense_1/vars/1"][0] = 1e-13


@pytest.mark.parametrize(
    ("change", "verdict", "reason"),
    one_in(2, [
        (_bias, "trained", "bias of output is not as it was initialized"),
        (_nearly_initial, "trained", "bias of output is not as it was initialized"),
        (_steps, "trained", "has made 1 step"),
        (_kernel, "trained", "kernel of hidden does not look like GlorotUniform"),
        (_rounding, "trained", "kernel of hidden has values that GlorotUniform does not draw"),
        (_custom, "unproven", "kernel of output was drawn is not known"),
        (_unknown_layer, "unproven", "is not known"),
        (_another_variable, "unproven", "which layer vars/0 belongs to"),
        (_no_count, "unproven", "does not store that the optimizer has made no step"),
        (_frozen, "untrained", ""),
    ]),
)  # fmt: skip
def test_any_sign_of_training_and_any_gap_keeps_the_weights(
    change: Any, verdict: str, reason: str, tmp_path: Path
) -> None:
    path = _altered(tmp_path, change)
    evidence = evidence_of(read(path))
    assert evidence.verdict is Verdict(verdict)
    assert reason in evidence.reason
    assert not evidence.witnessed
    report = selu_lint.fix(path, redraw="untrained", seed=0).files[0]
    assert report.error is None
    assert {kernel.redrawn for kernel in report.kernels} <= {False}
    assert bool(report.kernels) == (change is not _frozen)


def test_a_kernel_that_is_not_there_is_told(tmp_path: Path) -> None:
    def lose(weights: Any, config: Any) -> None:
        del weights["layers/dense/vars"]

    report = selu_lint.fix(_altered(tmp_path, lose), redraw="always", seed=0).files[0]
    conv, hidden = report.kernels
    assert (conv.redrawn, hidden.redrawn) == (True, False)
    assert hidden.reason.startswith("its kernel was not found in the file; ")


def test_a_bias_that_is_held_shows_nothing(tmp_path: Path) -> None:
    def hold(weights: Any, config: Any) -> None:
        config["config"]["layers"][4]["config"]["bias_constraint"] = {
            "module": "keras.constraints",
            "class_name": "NonNeg",
            "config": {},
            "registered_name": None,
        }

    report = selu_lint.fix(_altered(tmp_path, hold), redraw="untrained", seed=0).files[0]
    drawn = {kernel.layer: kernel.redrawn for kernel in report.kernels}
    assert drawn == {"conv": True, "hidden": False}
    kept = report.kernels[1]
    assert kept.looks_untrained
    assert "no trainable bias" in kept.reason
    assert report.offer is not None
    assert report.offer.redraw == "always"


def test_always_draws_and_resets_the_optimizer(tmp_path: Path) -> None:
    path = _MODELS / "keras3.15-tf" / "cnn_trained.keras"
    report = selu_lint.fix(path, output=tmp_path / "x.keras", redraw="always", seed=0).files[0]
    assert [(kernel.redrawn, kernel.slots_reset) for kernel in report.kernels] == [(True, 2)] * 2
    assert {kernel.reason for kernel in report.kernels} == {"--redraw always"}
    with zipfile.ZipFile(tmp_path / "x.keras") as archive:
        (tmp_path / "w.h5").write_bytes(archive.read("model.weights.h5"))
    with h5py.File(tmp_path / "w.h5") as weights:
        zero = {name for name, slot in weights["optimizer/vars"].items() if not slot[()].any()}
        assert zero == {"2", "3", "6", "7"}
        assert weights["optimizer/vars/0"][()] == 2


@pytest.mark.parametrize(
    ("optimizer", "config", "start"),
    [
        ("Adagrad", {"initial_accumulator_value": 0.25}, 0.25),
        ("Adagrad", {}, 0.1),
        ("Adam", {"use_ema": True}, None),
        ("Ftrl", {}, None),
    ],
)
def test_slots_start_where_their_optimizer_lets_them(
    optimizer: str, config: dict[str, Any], start: float | None, tmp_path: Path
) -> None:
    def change(weights: Any, architecture: Any) -> None:
        written = architecture["compile_config"]["optimizer"]
        written["class_name"] = optimizer
        written["config"] = config
        if start is not None:
            slots = weights["optimizer/vars"]
            values = {name: slots[name][()] for name in slots}
            for name in values:
                del slots[name]
            kept = ["0", "1", *map(str, range(2, 14, 2))]
            for number, name in enumerate(kept):
                slots[str(number)] = values[name]

    source = _MODELS / "keras3.15-tf" / "cnn_trained.keras"
    path = _altered(tmp_path, change, source)
    report = selu_lint.fix(path, redraw="always", seed=0).files[0]
    resets = {kernel.slots_reset for kernel in report.kernels}
    assert resets == ({0} if start is None else {1})
    if start is not None:
        with zipfile.ZipFile(report.output or "") as archive:
            (tmp_path / "w.h5").write_bytes(archive.read("model.weights.h5"))
        with h5py.File(tmp_path / "w.h5") as weights:
            np.testing.assert_allclose(weights["optimizer/vars/2"], start)


def test_models_without_weights_have_nothing_to_draw(tmp_path: Path) -> None:
    dense = layer("Dense", "dense", units=8, activation="selu")
    path = tmp_path / "model.json"
    path.write_text(json.dumps(sequential((8,), dense)))
    report = selu_lint.fix(path, redraw="always").files[0]
    assert report.kernels == ()
    assert report.seed is None


def test_both_directions_of_a_bidirectional_are_drawn() -> None:
    document = read(_MODELS / "keras3.15-tf" / "functional.keras")
    redraw = Redraw("bidi/forward_lstm", "kernel_initializer", 1 / 8)
    drawing = plan(document, [redraw], "always", 0)
    drawn = {kernel.layer for kernel in drawing.outcomes if kernel.redrawn}
    assert drawn == {"bidi/forward_lstm", "bidi/backward_lstm"}


def test_a_kernel_that_contradicts_its_initializer_is_drawn_when_asked(tmp_path: Path) -> None:
    path, result = tmp_path / "model.keras", tmp_path / "result.keras"
    selu_lint.fix(_CNN, output=path)
    found = list(selu_lint.check(path, settings=selu_lint.Settings(select=("SELU011",))).findings)
    assert [finding.fixable for finding in found] == [False] * len(found)
    assert found
    assert [f.code for f in selu_lint.fix(path, select=["SELU011"], dry_run=True).applied] == []
    kept = selu_lint.fix(path, output=result, select=["SELU011"]).files[0]
    assert [each.finding.code for each in kept.remaining] == ["SELU011"] * len(kept.kernels)
    assert all("its kernel was kept" in each.reason for each in kept.remaining)
    assert result.read_bytes() == path.read_bytes()
    for redraw in ("untrained", "always"):
        drawn = selu_lint.fix(path, output=result, force=True, select=["SELU011"], redraw=redraw)
        assert {finding.code for finding in drawn.applied} == {"SELU011"}
        assert not list(drawn.remaining)
        assert read(result).text == read(path).text
        assert not selu_lint.fix(result, select=["SELU011"], dry_run=True).remaining


def test_weights_are_checked_after_the_draw_too(tmp_path: Path) -> None:
    settings = selu_lint.Settings(weights=True, ignore=("SELU906",))
    report = selu_lint.fix(
        _CNN, output=tmp_path / "x.keras", settings=settings, redraw="untrained", seed=0
    ).files[0]
    assert report.error is None
    assert not report.remaining
    never = selu_lint.fix(_CNN, output=tmp_path / "y.keras", settings=settings)
    assert {each.finding.code for each in never.remaining} == {"SELU011"}
