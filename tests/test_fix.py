"""Repairs of saved models: what is written where, what stays, and what is reported."""

from __future__ import annotations

import json
import os
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import selu_lint
from selu_lint.cases import initializer, layer, sequential
from selu_lint.cli import main
from selu_lint.errors import SeluLintError
from selu_lint.findings import Severity
from selu_lint.formats import read
from tests.quick import one_in

_MODELS = Path(__file__).parent.parent / "fixtures" / "models"
_FILES = sorted(path for path in _MODELS.glob("*/*.*") if path.is_file())


def _run(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["fix", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def _copy(folder: Path, name: str = "keras3.15-tf/cnn_broken.keras") -> Path:
    return Path(shutil.copy(_MODELS / name, folder))


def _archive(path: Path, architecture: object, version: str = "3.15.1", **more: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": version}))
        archive.writestr("config.json", json.dumps(architecture))
        for name, data in more.items():
            archive.writestr(name, data)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.relative_to(_MODELS).as_posix())
def test_repairs_every_model_once(path: Path, tmp_path: Path) -> None:
    result = tmp_path / path.name
    report = selu_lint.fix(path, output=result, unsafe_fixes=True)
    assert not report.errors
    repaired = {(finding.code, finding.layer) for finding in report.applied}
    before = [f for f in selu_lint.check(path).findings if f.fixable]
    assert repaired >= {(finding.code, finding.layer) for finding in before}
    after = selu_lint.check(result).findings
    assert not any(finding.fixable for finding in after)
    assert [f.code for f in after] == [each.finding.code for each in report.remaining]
    again = selu_lint.fix(result, output=tmp_path / "again", unsafe_fixes=True)
    assert not list(again.applied)
    assert (tmp_path / "again").read_bytes() == result.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize(
    "path",
    [path for path in _FILES if zipfile.is_zipfile(path)],
    ids=lambda path: path.relative_to(_MODELS).as_posix(),
)
def test_members_that_do_not_change_are_copied(path: Path, tmp_path: Path) -> None:
    result = tmp_path / path.name
    selu_lint.fix(path, output=result, redraw="never")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(result) as new:
        assert new.testzip() is None
        for before, after in zip(old.infolist(), new.infolist(), strict=True):
            for name in ("filename", "date_time", "compress_type", "external_attr", "extra"):
                assert getattr(before, name) == getattr(after, name)
            if before.filename != "config.json":
                assert old.read(before) == new.read(after)


def test_only_what_the_edits_name_changes(tmp_path: Path) -> None:
    path = _copy(tmp_path)
    report = selu_lint.fix(path)
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(report.output or "") as new:
        before, after = old.read("config.json").decode(), new.read("config.json").decode()
    architecture = json.loads(before)
    for edit in report.files[0].edits:
        *parts, last = edit.pointer.split("/")[1:]
        node = architecture
        for part in parts:
            node = node[int(part)] if isinstance(node, list) else node[part]
        assert node[last] == edit.old
        node[last] = edit.new
    assert json.dumps(architecture) == after


def test_writes_beside_the_original_and_never_over_a_file(tmp_path: Path) -> None:
    path = _copy(tmp_path)
    before = path.read_bytes()
    fixed = str(tmp_path / "cnn_broken.fixed.keras")
    assert selu_lint.fix(path, redraw="always", seed=1).output == fixed
    first = (tmp_path / "cnn_broken.fixed.keras").read_bytes()
    report = selu_lint.fix(path, redraw="always", seed=2)
    assert report.output is None
    assert "already there" in str(report.files[0].error)
    assert (tmp_path / "cnn_broken.fixed.keras").read_bytes() == first
    assert selu_lint.fix(path, redraw="untrained", seed=2, force=True).output
    assert (tmp_path / "cnn_broken.fixed.keras").read_bytes() != first
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 2


def test_replaces_in_place_with_mode_and_links_kept(tmp_path: Path) -> None:
    path, folder = _copy(tmp_path), tmp_path / "links"
    path.chmod(0o640)
    folder.mkdir()
    link = folder / "link.keras"
    link.symlink_to(path)
    report = selu_lint.fix(link, in_place=True)
    assert report.output == str(link)
    assert link.is_symlink()
    assert not path.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert not selu_lint.fix(path, dry_run=True).files[0].changed
    assert [entry.name for entry in folder.iterdir()] == ["link.keras"]


def test_the_original_is_only_replaced_when_asked(tmp_path: Path) -> None:
    path = _copy(tmp_path)
    before = path.read_bytes()
    report = selu_lint.fix(path, output=path, force=True)
    assert "--in-place" in str(report.files[0].error)
    assert path.read_bytes() == before
    with pytest.raises(ValueError, match="exclude"):
        selu_lint.fix(path, output=path, in_place=True)


def test_folders_keep_their_structure(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    for folder in ("a", "b"):
        _copy(tmp_path / folder)
    out = tmp_path / "out"
    code, _ = _run("--output", out, tmp_path / "a", tmp_path / "b")
    assert code == 2
    code, text = _run("--output", out, "--force", tmp_path)
    assert code == 0, text
    assert (out / "a" / "cnn_broken.keras").is_file()
    assert (out / "b" / "cnn_broken.keras").is_file()


@pytest.mark.parametrize("suffix", one_in(2, ["keras", "h5"]))
def test_the_same_seed_gives_the_same_bytes(suffix: str, tmp_path: Path) -> None:
    path = _copy(tmp_path, f"keras3.15-tf/cnn_broken.{suffix}")
    written = []
    for seed in (1, 1, 2, None, None):
        report = selu_lint.fix(path, redraw="untrained", seed=seed, force=True).files[0]
        assert seed in (None, report.seed)
        written.append(Path(report.output or "").read_bytes())
    assert written[0] == written[1]
    assert len(set(written)) == 4


def test_trained_weights_are_kept_and_that_is_said(tmp_path: Path) -> None:
    path = _copy(tmp_path, "keras3.15-tf/cnn_trained.keras")
    report = selu_lint.fix(path).files[0]
    assert [kernel.redrawn for kernel in report.kernels] == [False, False]
    assert "2 steps" in report.kernels[0].reason
    assert "clone_model" in report.kernels[0].reason
    drawn = selu_lint.fix(path, redraw="always", force=True).files[0]
    assert [kernel.redrawn for kernel in drawn.kernels] == [True, True]
    never = selu_lint.fix(_copy(tmp_path), redraw="never").files[0]
    assert [kernel.redrawn for kernel in never.kernels] == [False, False]


def test_rates_are_matched_or_kept(tmp_path: Path) -> None:
    path = _copy(tmp_path)
    for how, rates in (("match", [0.0753, 0.1964]), ("keep", [0.25, 0.5])):
        report = selu_lint.fix(path, alpha_rate=how, force=True)
        dropouts = [finding for finding in report.applied if finding.code == "SELU002"]
        assert [finding.data["rate"] for finding in dropouts] == [0.25, 0.5]
        assert [finding.data["alpha_rate"] for finding in dropouts] == rates
        architecture = read(report.output or "").architecture
        assert architecture is not None
        layers = [each["config"] for each in architecture["config"]["layers"]]
        assert [each["rate"] for each in layers if "rate" in each] == rates


def test_unsafe_repairs_stay_until_asked_for(tmp_path: Path) -> None:
    dense = layer("Dense", "dense", units=8, activation="relu")
    model = sequential((8,), dense, layer("AlphaDropout", "drop", rate=0.1))
    path = _archive(tmp_path / "model.keras", model)
    report = selu_lint.fix(path)
    assert not report.files[0].changed
    assert report.output is None
    assert ["--unsafe-fixes" in each.reason for each in report.remaining] == [True]
    assert report.exit_code() == 0
    assert report.exit_code(Severity.WARNING) == 1
    assert [f.code for f in selu_lint.fix(path, unsafe_fixes=True).applied] == ["SELU004"]


@pytest.mark.parametrize("generation", [2, 3])
def test_monte_carlo_dropout_is_unsafe_to_replace(generation: int, tmp_path: Path) -> None:
    dense = layer("Dense", "d", units=8, activation="selu", kernel_initializer="lecun_normal")
    start = layer("InputLayer", "in", batch_shape=[None, 8])
    layers = [start, dense, layer("Dropout", "drop", rate=0.5, noise_shape=None, seed=None)]
    for index, each in enumerate(layers):
        name = layers[index - 1]["config"]["name"]
        tensor = {"class_name": "__keras_tensor__", "config": {"keras_history": [name, 0, 0]}}
        call = {"training": True} if index == 2 else {}
        nodes: list[Any] = [{"args": [tensor], "kwargs": call}]
        if generation == 2:
            nodes = [[[name, 0, 0, call]]]
        each |= {"name": each["config"]["name"], "inbound_nodes": nodes if index else []}
    ends = {"input_layers": [["in", 0, 0]], "output_layers": [["drop", 0, 0]]}
    model = {"class_name": "Functional", "config": {"name": "m", "layers": layers, **ends}}
    path = _archive(tmp_path / "m.keras", model, "3.9.0" if generation == 3 else "2.15.0")
    report = selu_lint.fix(path)
    assert ["changes inference" in each.reason for each in report.remaining] == [True]
    assert report.exit_code() == 1
    assert [f.code for f in selu_lint.fix(path, unsafe_fixes=True).applied] == ["SELU002"]


def test_a_chain_of_dropouts_is_repaired_in_one_run(tmp_path: Path) -> None:
    dense = layer("Dense", "d", units=8, activation="selu", kernel_initializer="he_normal")
    drops = [layer("Dropout", f"drop{n}", rate=0.1, seed=None) for n in range(3)]
    path = _archive(tmp_path / "model.keras", sequential((8,), dense, *drops))
    assert len(selu_lint.fix(path).applied) == 4
    assert not selu_lint.check(path.with_name("model.fixed.keras")).findings


@pytest.mark.parametrize("version", ["3.0.0", "3.0.1", "2.0.5"])
def test_releases_without_alpha_dropout_say_so(version: str, tmp_path: Path) -> None:
    dense = layer("Dense", "d", units=8, activation="selu", kernel_initializer="he_normal")
    model = sequential((8,), dense, layer("Dropout", "drop", rate=0.1))
    report = selu_lint.fix(_archive(tmp_path / "model.keras", model, version))
    assert [finding.code for finding in report.applied] == ["SELU001"]
    assert ["no AlphaDropout" in each.reason for each in report.remaining] == [True]
    assert report.exit_code() == 1


def test_keras_2_gets_no_noise_shape(tmp_path: Path) -> None:
    report = selu_lint.fix(_copy(tmp_path, "tf2.15/functional.keras"))
    reasons = {each.finding.layer: each.reason for each in report.remaining}
    assert "loses its noise_shape" in reasons["spatial_drop"]


def test_new_objects_have_no_registered_name_and_no_shared_id(tmp_path: Path) -> None:
    written = initializer("GlorotUniform", seed=None) | {"shared_object_id": 4}
    dense = layer("Dense", "d", units=8, activation="selu", kernel_initializer=written)
    report = selu_lint.fix(_archive(tmp_path / "model.keras", sequential((8,), dense)))
    assert report.files[0].edits[0].new == initializer("LecunNormal", seed=None)


def test_select_and_ignore_choose_what_is_repaired(tmp_path: Path) -> None:
    path = _copy(tmp_path)
    assert {f.code for f in selu_lint.fix(path, select=["SELU001"]).applied} == {"SELU001"}
    code, text = _run("--ignore", "SELU001", "--force", path)
    assert code == 0
    assert "SELU001" not in text
    assert "SELU002" in text


def test_ignored_layers_are_left_alone(tmp_path: Path) -> None:
    path = _copy(tmp_path)
    config = tmp_path / "selu-lint.toml"
    config.write_text('[[ignore-layers]]\nlayers = "drop_*"\nreason = "an experiment"\n')
    code, text = _run("--format", "json", "--config", config, path)
    assert code == 0
    assert {f["code"] for f in json.loads(text)["files"][0]["applied"]} == {"SELU001"}


def test_diff_shows_the_edits_and_writes_nothing(tmp_path: Path) -> None:
    path = _copy(tmp_path)
    code, text = _run("--diff", path)
    assert code == 1
    assert '-"Dropout"\n+"AlphaDropout"' in text
    assert "-0.25\n+0.0753" in text
    assert list(tmp_path.iterdir()) == [path]
    clean = _copy(tmp_path, "keras3.15-tf/cnn_clean.keras")
    assert _run("--diff", clean)[0] == 0


def test_json_carries_the_edits(tmp_path: Path) -> None:
    code, text = _run("--format", "json", "--redraw", "never", _copy(tmp_path))
    assert code == 0
    file = json.loads(text)["files"][0]
    rates = [edit for edit in file["edits"] if edit["pointer"].endswith("/rate")]
    assert [(edit["old"], edit["new"]) for edit in rates] == [(0.25, 0.0753), (0.5, 0.1964)]
    assert {kernel["redrawn"] for kernel in file["kernels"]} == {False}
    assert "never" in file["kernels"][0]["reason"]


def test_text_says_both_rates_and_the_share_of_noise(tmp_path: Path) -> None:
    _, text = _run(_copy(tmp_path))
    assert "replace Dropout(0.25) by AlphaDropout(0.0753) (as noisy as before: 25%)" in text
    _, kept = _run("--alpha-rate", "keep", "--force", tmp_path / "cnn_broken.keras")
    assert "replace Dropout(0.25) by AlphaDropout(0.25) (noise: 25% before, 58% now)" in kept


def test_text_tells_apart_what_takes_effect_only_in_a_new_training(tmp_path: Path) -> None:
    path = _copy(tmp_path, "keras3.15-tf/cnn_trained.keras")
    _, text = _run(path)
    assert ": 4 findings repaired (2 for a new training only), 0 findings stay" in text
    assert "4 findings repaired in 1 file, 0 left. 2 of the 4 take effect only in a new" in text
    fixed = str(tmp_path / "cnn_trained.fixed.keras")
    assert f"keras.models.clone_model(keras.models.load_model({fixed!r}))" in text
    report = json.loads(_run("--format", "json", path)[1])
    assert report["summary"]["for_new_training"] == 2
    _, drawn = _run("--redraw", "always", "--force", path)
    assert "4 findings repaired in 1 file, 0 left.\n" in drawn


@pytest.mark.parametrize(
    ("name", "output", "right"),
    [
        ("cnn_broken.keras", "out.h5", "*.keras, not *.h5"),
        ("cnn_broken.h5", "out.keras", "*.h5, not *.keras"),
        ("cnn_broken.json", "out.keras", "*.json, not *.keras"),
    ],
)
def test_a_result_is_not_named_like_another_format(
    name: str, output: str, right: str, tmp_path: Path
) -> None:
    code, text = _run("-o", tmp_path / output, _copy(tmp_path, f"keras3.15-tf/{name}"))
    assert code == 2
    assert f"error: the result has the format of the original, so name it {right}" in text
    assert os.listdir(tmp_path) == [name]


def test_a_wrong_suffix_of_the_original_may_stay(tmp_path: Path) -> None:
    path = _copy(tmp_path).rename(tmp_path / "zip.h5")
    assert _run(path, "-o", tmp_path / "out.h5")[0] == 0


def test_a_result_does_not_go_to_standard_output(tmp_path: Path) -> None:
    code, text = _run("-o", "-", _copy(tmp_path))
    assert (code, text) == (
        2,
        "Error: a repaired model is not written to standard output; name a file\n",
    )


def test_a_fix_that_writes_nothing_says_so_and_keeps_its_notes(tmp_path: Path) -> None:
    path = _copy(tmp_path, "keras3.15-tf/cnn_clean.keras")
    assert _run(path)[1] == "Nothing to repair in 1 file. Nothing was written.\n"
    config = {"class_name": "Net", "module": "nets", "config": {}, "registered_name": "Net"}
    _, text = _run(_archive(tmp_path / "net.keras", config))
    assert "(model)  SELU901  note: " in text
    assert "Nothing to repair in 1 file. Nothing was written.\n" in text


def test_a_missing_path_raises() -> None:
    for function in (selu_lint.check, selu_lint.fix, selu_lint.profile):
        with pytest.raises(SeluLintError, match="no such file or directory"):
            function("typo.keras")


def test_what_cannot_be_fixed_gives_one_line_and_2(tmp_path: Path) -> None:
    broken = tmp_path / "broken.keras"
    broken.write_bytes((_MODELS / "keras3.15-tf" / "cnn_broken.keras").read_bytes()[:2000])
    for path in (broken, tmp_path / "none.keras", Path("-")):
        code, text = _run("-q", path)
        assert code == 2
        assert text.count("\n") == 1
        assert "error: " in text


def test_a_file_that_changes_meanwhile_is_not_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _copy(tmp_path)
    from selu_lint.fixing import file_fixer

    def change(*arguments: Any, **more: Any) -> Any:
        other = path.with_name("other")
        other.write_bytes(b"{}")
        os.replace(other, path)
        return original(*arguments, **more)

    original = file_fixer.edit_text
    monkeypatch.setattr(file_fixer, "edit_text", change)
    report = selu_lint.fix(path, in_place=True)
    assert "changed while" in str(report.files[0].error)
    assert path.read_bytes() == b"{}"
    assert list(tmp_path.iterdir()) == [path]


def test_check_does_not_import_the_fixer() -> None:
    import subprocess
    import sys

    code = "import selu_lint.cli, sys; sys.exit('selu_lint.fixing.fixer' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    with pytest.raises(AttributeError):
        selu_lint.nothing  # noqa: B018


@pytest.mark.parametrize(
    "path, reason",
    [
        (
            "-",
            "a model from standard input cannot be fixed, save it to a file first; of source code, "
            "--stdin-filename says what it is called",
        ),
        ("https://host.invalid/m.keras", "a remote model cannot be fixed; download it first"),
    ],
)
def test_what_is_no_file_is_refused(path: str, reason: str) -> None:
    code, output = _run(path, "--quiet")
    assert (code, output) == (2, f"{path}: error: {reason}\n")


def test_a_repair_reaches_the_cells_of_both_directions(tmp_path: Path) -> None:
    def rnn(name: str) -> dict[str, Any]:
        normal = {"class_name": "RandomNormal", "config": {"stddev": 0.5}}
        cell = layer("LSTMCell", f"{name}_cell", units=3, activation="selu")
        cell["config"]["bias_initializer"] = normal
        return layer("RNN", name, cell=cell)

    both = layer("Bidirectional", "both", layer=rnn("there"), backward_layer=rnn("back"))
    path = tmp_path / "model.json"
    path.write_text(json.dumps(sequential((4, 8), both)))
    report = selu_lint.fix(path, select=["SELU005"]).files[0]
    assert [finding.layer for finding in report.applied] == ["both/there/there_cell"]
    config = json.loads(Path(report.output or "").read_text())["config"]["layers"][1]["config"]
    for direction in ("layer", "backward_layer"):
        cell = config[direction]["config"]["cell"]["config"]
        assert cell["bias_initializer"]["class_name"] == "Zeros"
        assert set(config[direction]["config"]) == {"name", "cell"}


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"redraw": "maybe"}, "redraw is 'maybe'; it is 'untrained', 'never' or 'always'"),
        ({"alpha_rate": "lose"}, "alpha_rate is 'lose'; it is 'match' or 'keep'"),
        ({"in_place": True, "output": "x"}, "in_place and output exclude each other"),
        ({"quiet": True}, "quiet is for built models; of files a report is returned"),
    ],
)
def test_options_that_cannot_be(options: dict[str, Any], problem: str, tmp_path: Path) -> None:
    path = _copy(tmp_path)
    with pytest.raises(ValueError, match="^" + re.escape(problem) + "$"):
        selu_lint.fix(path, **options)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("function", [selu_lint.check, selu_lint.fix, selu_lint.profile])
def test_settings_that_cannot_be(function: Callable[..., object], tmp_path: Path) -> None:
    path = _copy(tmp_path)
    settings = selu_lint.Settings(alpha_rate="mach")
    with pytest.raises(ValueError, match=r"^alpha_rate is 'mach'; it is 'match' or 'keep'$"):
        function(path, settings=settings)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("option", ["in_place", "force", "dry_run", "verify", "trust_code"])
def test_a_built_model_takes_no_options_about_files(option: str) -> None:
    with pytest.raises(ValueError, match=r"^a built model takes none of the options about files$"):
        selu_lint.fix(object(), **{option: True})


def test_results_of_earlier_fixes_are_left_alone_where_their_originals_are(tmp_path: Path) -> None:
    for name in ("a.keras", "a.fixed.keras", "b.fixed.keras"):
        shutil.copy(_MODELS / "keras3.15-tf" / "cnn_broken.keras", tmp_path / name)
    saved = _MODELS.parent / "saved_models" / "tf2.15" / "cnn_broken"
    for name in ("c", "c.fixed", "d.fixed", "e"):
        shutil.copytree(saved, tmp_path / name)
    report = selu_lint.fix(tmp_path, dry_run=True)
    names = [Path(file.path).name for file in report.files]
    assert names == ["a.keras", "b.fixed.keras", "c", "d.fixed", "e"]
    assert selu_lint.fix(tmp_path / "a.fixed.keras", dry_run=True).files


def test_a_sequential_model_of_keras_1_is_fixed_in_its_list(tmp_path: Path) -> None:
    dense = {"output_dim": 8, "activation": "selu", "init": "he_normal"}
    layers = [
        {"class_name": "Dense", "config": {"name": "a", "batch_input_shape": [None, 8], **dense}},
        {"class_name": "Dense", "config": {"name": "b", **dense}},
    ]
    path = tmp_path / "model.json"
    path.write_text(
        json.dumps({"class_name": "Sequential", "keras_version": "1.2.2", "config": layers})
    )
    report = selu_lint.fix(path, in_place=True).files[0]
    assert [each.layer for each in report.applied] == ["a", "b"]
    fixed = json.loads(path.read_text())["config"]
    assert [each["config"]["init"] for each in fixed] == ["lecun_normal"] * 2


def test_the_offered_call_names_settings_and_lists_codes(tmp_path: Path) -> None:
    path = _copy(tmp_path)
    settings = selu_lint.Settings(alpha_rate="keep")
    offer = selu_lint.fix(path, settings=settings, ignore=("SELU008",)).files[0].offer
    assert offer is not None
    options = "force=True, ignore=['SELU008'], settings=settings, redraw='untrained'"
    assert offer.command == f"selu_lint.fix({str(path)!r}, {options})"
