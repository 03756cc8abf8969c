from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selu_lint.config import baseline
from selu_lint.config.baseline import REASON, fingerprints, stem
from selu_lint.errors import SeluLintError
from selu_lint.findings import Finding, Severity
from selu_lint.report import FileReport, Report


def finding(layer: str, code: str = "SELU001", message: str = "", **data: object) -> Finding:
    return Finding(code, "some-rule", Severity.ERROR, layer, message or f"{layer} is wrong", data)


def file(path: Path | str, *layers: str | Finding) -> FileReport:
    findings = tuple(finding(layer) if isinstance(layer, str) else layer for layer in layers)
    return FileReport(str(path), findings=findings)


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)


def touch(*paths: str) -> None:
    for path in paths:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).touch()


def recorded(*files: FileReport) -> baseline.Baseline:
    path = Path("selu-lint-baseline.json")
    touch(*(file.path for file in files))
    baseline.write(Report(files), path)
    return baseline.read(path)


def layers(report: Report) -> list[list[str]]:
    return [[finding.layer for finding in file.findings] for file in report.files]


def test_recorded_findings_are_hidden_and_new_ones_shown():
    known = recorded(file("a.keras", "dense", "out"))
    applied = known.apply(Report((file("a.keras", "dense", "middle", "out"),)))
    assert layers(applied.report) == [["middle"]]
    assert [hidden.layer for hidden in applied.report.files[0].hidden] == ["dense", "out"]
    assert applied.report.files[0].hidden_reasons == (REASON, REASON)
    assert applied.gone == ()


def test_other_rule_or_slot_of_a_recorded_layer_is_new():
    known = recorded(file("a.keras", finding("dense", slot="kernel_initializer")))
    again = file(
        "a.keras",
        finding("dense", slot="recurrent_initializer"),
        finding("dense", "SELU005"),
        finding("dense", slot="kernel_initializer"),
    )
    assert len(known.apply(Report((again,))).report.files[0].findings) == 2


def test_auto_numbered_layers_may_be_renumbered():
    known = recorded(file("a.keras", "dense_7", "td_2/dense_8", "conv2d"))
    again = file("a.keras", "dense_12", "td/dense_13", "conv2d_4")
    applied = known.apply(Report((again,)))
    assert layers(applied.report) == [[]]
    assert applied.gone == ()


def test_one_more_layer_of_the_same_stem_is_new_and_told_by_its_name():
    known = recorded(file("a.keras", "dense_1", "dense_3"))
    applied = known.apply(Report((file("a.keras", "dense_1", "dense_2", "dense_3"),)))
    assert layers(applied.report) == [["dense_2"]]


def test_one_more_layer_of_the_same_stem_is_told_by_its_numbers_when_renumbered():
    known = recorded(
        file(
            "a.keras",
            finding("dense_1", message="gain 0.5 behind dense"),
            finding("dense_2", message="gain 0.7 behind dense_1"),
        )
    )
    again = file(
        "a.keras",
        finding("dense_11", message="gain 0.5 behind dense_10"),
        finding("dense_12", message="gain 0.6 behind dense_11"),
        finding("dense_13", message="gain 0.7 behind dense_12"),
    )
    assert layers(known.apply(Report((again,))).report) == [["dense_12"]]


def test_repaired_findings_are_gone():
    known = recorded(file("a.keras", "dense", "out"), file("b.keras", "dense"))
    applied = known.apply(Report((file("a.keras", "out"),)))
    assert [(path, entry.layer) for path, entry in applied.gone] == [("a.keras", "dense")]


def test_entries_of_deleted_files_are_gone_and_of_unchecked_files_are_not():
    known = recorded(file("a.keras", "dense"), file("b.keras", "other"), file("c.keras", "third"))
    Path("b.keras").unlink()
    applied = known.apply(Report((file("a.keras", "dense"),)))
    assert [path for path, _ in applied.gone] == ["b.keras"]


def test_file_that_cannot_be_read_says_nothing_about_its_entries():
    known = recorded(file("a.keras", "dense"))
    assert known.apply(Report((FileReport("a.keras", error="truncated"),))).gone == ()


def test_moved_file_is_recognized():
    known = recorded(file("a.keras", "dense_1", "dense_2"))
    touch("models/renamed.h5")
    Path("a.keras").unlink()
    applied = known.apply(Report((file("models/renamed.h5", "dense_5", "dense_6", "new"),)))
    assert layers(applied.report) == [["new"]]
    assert applied.gone == ()


def test_copied_file_is_new():
    known = recorded(file("a.keras", "dense"))
    touch("copy.keras")
    applied = known.apply(Report((file("a.keras", "dense"), file("copy.keras", "dense"))))
    assert layers(applied.report) == [[], ["dense"]]


def test_moved_folder_keeps_alike_files_apart_by_name():
    known = recorded(file("old/a.keras", "dense"), file("old/b.keras", "dense", "out"))
    Path("old").rename("new")
    applied = known.apply(
        Report((file("new/a.keras", "dense", "out"), file("new/b.keras", "dense", "out")))
    )
    assert layers(applied.report) == [["out"], []]


def test_unrelated_file_does_not_inherit_from_a_deleted_one():
    known = recorded(file("a.keras", "dense", "x", "y", "z"))
    Path("a.keras").unlink()
    applied = known.apply(Report((file("b.keras", "dense", "p", "q"),)))
    assert layers(applied.report) == [["dense", "p", "q"]]


def test_baseline_is_read_from_another_folder(monkeypatch: pytest.MonkeyPatch):
    recorded(file("models/a.keras", "dense"))
    monkeypatch.chdir("models")
    known = baseline.read(Path("../selu-lint-baseline.json"))
    assert layers(known.apply(Report((file("a.keras", "dense"),))).report) == [[]]


def test_address_is_kept_and_never_vanishes():
    known = recorded_address()
    assert known.apply(Report(())).gone == ()
    again = Report((file("s3://bucket/a.keras", "dense_2"),))
    assert layers(known.apply(again).report) == [[]]


def recorded_address() -> baseline.Baseline:
    path = Path("baseline.json")
    baseline.write(Report((file("s3://bucket/a.keras", "dense"),)), path)
    return baseline.read(path)


def test_stored_text_is_json_with_a_line_for_each_finding():
    known = recorded(file("b.keras", "dense"), file("a.keras", "z", "a"), file("clean.keras"))
    text = known.as_text()
    assert json.loads(text) == {
        "version": 1,
        "files": {
            "a.keras": [
                {"code": "SELU001", "layer": "a", "message": "a is wrong"},
                {"code": "SELU001", "layer": "z", "message": "z is wrong"},
            ],
            "b.keras": [{"code": "SELU001", "layer": "dense", "message": "dense is wrong"}],
        },
    }
    assert sum("is wrong" in line for line in text.splitlines()) == 3


def test_empty_baseline_can_be_read():
    assert recorded().files == {}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "--write-baseline creates it"),
        ("{", "no valid JSON"),
        ("[" * 100_000, "no valid JSON"),
        ("[]", "no baseline of version 1"),
        ('{"version": 2, "files": {}}', "no baseline of version 1"),
        ('{"version": 1}', "has no files"),
        ('{"version": 1, "files": {"a.keras": 3}}', "unreadable entry under 'a.keras'"),
        ('{"version": 1, "files": {"a.keras": [{"layer": "x"}]}}', "unreadable entry"),
        ('{"version": 1, "files": {"a.keras": [{"code": 1}]}}', "unreadable entry"),
    ],
)
def test_unusable_file_is_one_clear_line(content: str | None, problem: str):
    path = Path("baseline.json")
    if content is not None:
        path.write_text(content)
    with pytest.raises(SeluLintError, match=problem) as caught:
        baseline.read(path)
    assert "\n" not in str(caught.value)


def test_folder_that_does_not_exist_is_named():
    with pytest.raises(SeluLintError, match="No such file or directory"):
        baseline.write(Report(()), Path("missing/baseline.json"))


def test_fingerprints_tell_alike_findings_apart():
    findings = [finding("dense_1"), finding("dense_2"), finding("dense_2", slot="kernel")]
    assert fingerprints(findings) == [
        "SELU001 dense #1",
        "SELU001 dense #2",
        "SELU001 dense kernel #1",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dense_7", "dense"),
        ("block_1/dense_12", "block/dense"),
        ("conv1", "conv1"),
        ("stage_2_dense", "stage_2_dense"),
        ("follows SELU of dense_3; use it", "follows SELU of dense; use it"),
    ],
)
def test_stem(text: str, expected: str):
    assert stem(text) == expected


names = st.sampled_from(["dense", "dense_1", "dense_2", "block/conv_3", "block_1/conv"])


@given(st.lists(names), st.lists(names))
def test_every_finding_is_shown_or_hidden_and_every_entry_is_used_or_gone(
    before: list[str], after: list[str]
):
    known = baseline.Baseline.record(Report((file("a.keras", *before),)), Path())
    report = Report((file("a.keras", *after),))
    applied = known.apply(report)
    shown = applied.report.files[0]
    assert sorted([f.layer for f in (*shown.findings, *shown.hidden)]) == sorted(after)
    assert len(shown.hidden) + len(applied.gone) == len(before)
    assert len(shown.hidden) == len(shown.hidden_reasons)


@given(st.lists(names), st.integers(1, 50))
def test_renumbering_hides_everything(before: list[str], shift: int):
    known = baseline.Baseline.record(Report((file("a.keras", *before),)), Path())
    renumbered = [finding(layer)._replace(layer=f"{stem(layer)}_{shift}") for layer in before]
    applied = known.apply(Report((file("a.keras", *renumbered),)))
    assert layers(applied.report) == [[]]
    assert applied.gone == ()
