"""Weights in several files with an index, as Keras 3 writes them with ``max_shard_size``."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

import selu_lint
from selu_lint.errors import SeluLintError
from selu_lint.formats import find_models, read
from selu_lint.formats.passed_over import PassedOver
from selu_lint.limits import Limits
from selu_lint.settings import Settings

FIXTURES = Path(__file__).parents[2] / "fixtures"
SHARDS = FIXTURES / "sharded_weights" / "keras3.15-tf"
WHOLE = FIXTURES / "models" / "keras3.15-tf" / "functional.keras"
SETTINGS = Settings(extend_select=("SELU",), weights=True)
LAYERS = (
    *("conv_ok", "td/td_inner", "bidi/forward_lstm", "bidi/backward_lstm", "linear_then_selu"),
    *("shared", "relu", "block/block_dense", "output"),
)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Return the architecture of a model whose weights lie beside it in five files."""
    for path in SHARDS.iterdir():
        shutil.copy(path, tmp_path)
    return Path(shutil.copy(WHOLE.with_suffix(".json"), tmp_path / "model.json"))


def test_the_weights_are_those_of_the_whole_model(model: Path) -> None:
    ours, whole = read(model).weights, read(WHOLE).weights
    assert ours is not None
    assert whole is not None
    for layer in LAYERS:
        pairs = list(zip(ours.variables(layer), whole.variables(layer), strict=True))
        assert len(pairs) >= 2
        for one, other in pairs:
            np.testing.assert_array_equal(ours.read(one), whole.read(other))
    assert ours.iterations() is None


def test_findings_and_profile_are_those_of_the_whole_model(model: Path) -> None:
    ours, whole = (
        [(each.code, each.layer, each.message) for each in report.findings]
        for report in (selu_lint.check(path, settings=SETTINGS) for path in (model, WHOLE))
    )
    assert ours == whole
    assert "SELU906" in {code for code, _, _ in ours}
    of_shards, of_archive = (selu_lint.profile(path).to_dict() for path in (model, WHOLE))
    assert (of_shards["before"], of_shards["after"]) == (of_archive["before"], of_archive["after"])


def test_a_walk_finds_one_model(model: Path) -> None:
    met = PassedOver()
    assert list(find_models(model.parent, skipped=met)) == [str(model)]
    assert not list(met.lines)
    model.unlink()
    assert list(find_models(model.parent, skipped=met)) == [str(model.parent)]
    assert len(met.weights) == 5


@pytest.mark.parametrize("name", ["model.weights.json", "model_00003.weights.h5"])
def test_weights_named_alone_lead_to_their_model(model: Path, name: str) -> None:
    with pytest.raises(SeluLintError, match=r"^only weights; check model\.json beside it"):
        read(model.with_name(name))
    model.unlink()
    with pytest.raises(SeluLintError, match="no architecture; save the whole model"):
        read(model.with_name(name))


def test_a_fix_leaves_the_shards_as_they_are_and_says_so(model: Path) -> None:
    before = {path.name: path.read_bytes() for path in SHARDS.iterdir()}
    report = selu_lint.fix(model, in_place=True, redraw="always", settings=SETTINGS).files[0]
    assert report.error is None
    assert report.applied
    assert {name: model.with_name(name).read_bytes() for name in before} == before
    assert report.kernels
    assert all("its weights lie in another file" in each.reason for each in report.kernels)
    assert not any(each.redrawn for each in report.kernels)


def test_a_missing_shard_is_named(model: Path) -> None:
    model.with_name("model_00003.weights.h5").unlink()
    assert _said(model) == "model_00003.weights.h5, in which weights lie, is missing"


@pytest.mark.parametrize(
    "name", ["../model_00000.weights.h5", "/etc/passwd", "a\\b_00000.weights.h5", "model.h5", 3]
)
def test_an_index_leads_to_no_other_folder(model: Path, name: object) -> None:
    index = model.with_name("model.weights.json")
    content = json.loads(index.read_text())
    content["weight_map"]["/layers/dense/vars"] = ["model_00000.weights.h5", name]
    index.write_text(json.dumps(content))
    assert _said(model) == "the index of the weights names what is no file beside it"


def test_a_link_is_not_followed_to_a_shard_or_an_index(model: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shard = model.with_name("model_00002.weights.h5")
    shutil.move(shard, elsewhere)
    shard.symlink_to(elsewhere / shard.name)
    assert _said(model).startswith("model_00002.weights.h5, in which weights lie, cannot be opened")
    shard.unlink()
    os.mkfifo(shard)
    assert _said(model) == "model_00002.weights.h5, in which weights lie, is no file"
    index = model.with_name("model.weights.json")
    shutil.move(index, elsewhere)
    index.symlink_to(elsewhere / index.name)
    assert read(model).weights is None


def test_the_number_of_files_is_bounded(model: Path) -> None:
    assert _said(model, Limits(members=4)).startswith("the weights lie in more than 4 files")


def test_an_index_that_changes_meanwhile_is_refused(model: Path) -> None:
    weights = read(model).weights
    assert weights is not None
    model.with_name("model.weights.json").write_text("[]")
    with pytest.raises(SeluLintError, match="changed while it was read"):
        weights.variables("shared")


def test_an_index_of_nothing_has_no_weights(model: Path) -> None:
    model.with_name("model.weights.json").write_text('{"metadata": {}, "weight_map": {}}')
    weights = read(model).weights
    assert weights is not None
    assert weights.variables("shared") == ()


def test_what_is_no_index_is_left_alone(model: Path) -> None:
    index = model.with_name("model.weights.json")
    for text in ("{}", "[]", "nothing", '{"weight_map": []}'):
        index.write_text(text)
        assert read(model).weights is None


def _said(path: Path, limits: Limits | None = None) -> str:
    weights = read(path, limits or Limits()).weights
    assert weights is not None
    said = set()
    # What failed once fails again, and for the same reason.
    for layer in ("shared", "output"):
        with pytest.raises(SeluLintError) as caught:
            weights.variables(layer)
        said.add(str(caught.value))
    assert len(said) == 1
    return said.pop()
