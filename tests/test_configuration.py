from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from selu_lint.config.configuration import Configuration, IgnoredLayers
from selu_lint.config.configuration_file import read
from selu_lint.config.discovery import Finder
from selu_lint.config.options import OPTIONS, Kind, Option
from selu_lint.config.suppressions import Suppressions
from selu_lint.errors import SeluLintError
from selu_lint.findings import Finding, Severity
from selu_lint.limits import Limits
from selu_lint.report import FileReport
from selu_lint.settings import Settings

FULL = """
select = ["SELU0"]
extend-select = ["selu901"]
ignore = ["SELU006"]
exclude = ["old", "models/*.h5"]
fail-on = "warning"
allow-equivalent-initializers = true
alpha-rate = "keep"
weights = true
build-timeout = 60
baseline = "known.json"

[per-file-ignores]
"legacy/**" = ["SELU002", "SELU003"]

[severity]
SELU005 = "error"
SELU9 = "info"

[limits]
json-bytes = 500_000_000
layers = 7

[[ignore-layers]]
files = "models/gan.keras"
layers = "generator/**"
codes = ["SELU001"]
reason = "trained with a gain of its own"

[[ignore-layers]]
layers = "head"
reason = "read out"
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def configured(text: str, name: str = "selu-lint.toml") -> Configuration:
    Path(name).write_text(text, encoding="utf-8")
    found = read(Path(name).absolute())
    assert found is not None
    return found


def test_every_key_is_read(folder: Path):
    found = configured(FULL)
    assert found.settings == Settings(
        select=("SELU0",),
        extend_select=("SELU901",),
        ignore=("SELU006",),
        allow_equivalent_initializers=True,
        alpha_rate="keep",
        weights=True,
        build_timeout=60,
        limits=Limits(json_bytes=500_000_000, layers=7),
    )
    assert found.fail_on is Severity.WARNING
    assert found.baseline == folder / "known.json"
    assert found.severity == {"SELU005": Severity.ERROR, "SELU9": Severity.INFO}
    assert found.per_file_ignores == {"legacy/**": ("SELU002", "SELU003")}
    assert found.ignore_layers == (
        IgnoredLayers(
            "generator/**", "trained with a gain of its own", "models/gan.keras", ("SELU001",)
        ),
        IgnoredLayers("head", "read out"),
    )


def test_table_in_pyproject_is_the_same():
    keys, tables = FULL.split("\n\n", 1)
    table = "[tool.selu-lint]\n" + keys + "\n\n" + re.sub(r"(\[+)", r"\1tool.selu-lint.", tables)
    table = re.sub(r"tool\.selu-lint\.(?=\")", "", table)
    found = configured(table, "pyproject.toml")
    assert found.settings == configured(FULL).settings
    assert found.ignore_layers == configured(FULL).ignore_layers


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("selct = []", "unknown key 'selct'; did you mean 'select'?"),
        ("fail_on = 'error'", "unknown key 'fail_on'; did you mean 'fail-on'?"),
        ("xyz = 1", "unknown key 'xyz'; there are select, extend-select"),
        ("select = ['SELU0001']", "select: 'SELU0001' is no rule; did you mean SELU001?"),
        (
            "ignore = ['dropout-after-sel']",
            "'DROPOUT-AFTER-SEL' is no rule; did you mean SELU002",
        ),
        ("ignore = ['dropout-after-sleu']", "did you mean SELU002"),
        ("ignore = ['E501']", "ignore: 'E501' is no rule: `selu-lint rule` lists them"),
        ("ignore = ['']", "must be a text that is not empty"),
        ("ignore = 'SELU001'", "ignore must be an array of texts"),
        (
            "fail-on = 'eror'",
            "must be one of error, warning, info, never, not 'eror'; did you mean",
        ),
        ("fail-on = 3", "fail-on must be one of"),
        ("weights = 'yes'", "weights must be true or false"),
        ("build-timeout = 0", "build-timeout must be a positive number of seconds, not 0"),
        ("build-timeout = true", "build-timeout must be a positive number of seconds"),
        ("build-timeout = '60'", "build-timeout must be a positive number of seconds"),
        ("alpha-rate = 'mach'", "did you mean 'match'?"),
        ("severity.SELU001 = 'fatal'", "severity.SELU001 must be one of note, info"),
        ("severity.SELX = 'info'", "'SELX' is no rule"),
        ("severity = 'info'", "severity must be a table"),
        ("per-file-ignores = { 'a' = ['SELU77'] }", "'SELU77' is no rule"),
        ("limits = 3", "limits must be a table"),
        ("limits.json-byte = 1", "unknown limit 'json-byte'; did you mean 'json-bytes'?"),
        ("limits.json_bytes = 1", "unknown limit 'json_bytes'; did you mean 'json-bytes'?"),
        ("limits.xyz = 1", "unknown limit 'xyz'; there are json-bytes, json-values"),
        ("limits.layers = 0", "limits.layers must be a whole number above 0, not 0"),
        ("limits.layers = -1", "limits.layers must be a whole number above 0, not -1"),
        ("limits.layers = '5'", "limits.layers must be a whole number above 0, not '5'"),
        ("limits.layers = true", "limits.layers must be a whole number above 0, not True"),
        ("limits.layers = 1e6", "limits.layers must be a whole number above 0, not 1000000.0"),
        ("ignore-layers = { layers = 'a' }", "must be an array of tables"),
        ("[[ignore-layers]]\nlayers = 'a'", "an entry of ignore-layers lacks 'reason'"),
        ("[[ignore-layers]]\nlayer = 'a'", "unknown key of ignore-layers 'layer'; did you mean"),
        ("baseline = ''", "baseline must be a text that is not empty"),
        ("select = [", "no valid TOML"),
        ("\udcff", "not UTF-8"),
    ],
)
def test_mistake_is_one_line_that_names_the_file_and_the_nearest_word(text: str, problem: str):
    Path("selu-lint.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(SeluLintError, match=re.escape(problem)) as caught:
        read(Path("selu-lint.toml"))
    assert str(caught.value).startswith("selu-lint.toml: ")
    assert "\n" not in str(caught.value)


def test_nearest_file_upwards_applies(folder: Path):
    Path("a/b/c").mkdir(parents=True)
    Path("selu-lint.toml").write_text("fail-on = 'never'")
    Path("a/pyproject.toml").write_text("[tool.selu-lint]\nfail-on = 'info'")
    Path("a/b/pyproject.toml").write_text("[project]\ndependencies = ['selu-lint']")
    finder = Finder()
    assert finder.of("a/b/c/model.keras").fail_on is Severity.INFO
    assert finder.of("model.keras").fail_on is None
    assert finder.of("-").fail_on is None
    assert finder.of("s3://bucket/a/model.keras").fail_on is None
    assert finder.of("a/b/x.h5") is finder.of("a/b/c/y.h5")


def test_own_file_goes_before_pyproject():
    Path("selu-lint.toml").write_text("fail-on = 'never'")
    Path("pyproject.toml").write_text("[tool.selu-lint]\nfail-on = 'info'")
    assert Finder().of("model.keras").fail_on is None


@pytest.mark.parametrize(
    "text",
    [
        "[tool.selu-lint]\nfail-on = 'never'",
        "[ tool . 'selu-lint' ]\nfail-on = 'never'",
        "[tool]\nselu-lint.fail-on = 'never'",
        "[tool]\n[tool.selu-lint]\nfail-on = 'never'",
        "tool.selu-lint.fail-on = 'never'",
        "tool = { selu-lint = { fail-on = 'never' } }",
        "['tool'.selu-lint]\nfail-on = 'never'",
    ],
)
def test_table_is_found_in_every_spelling(text: str):
    Path("pyproject.toml").write_text(text)
    assert Finder().of("model.keras").fail_on is None


def test_without_a_file_there_are_defaults_and_no_toml_parser_is_imported():
    Path("pyproject.toml").write_text(
        "[project]\nname = 'x'\ndependencies = ['selu-lint']\n[tool.ruff]\n"
    )
    program = (
        "import sys; from selu_lint.config.configuration import Configuration;"
        "from selu_lint.config.discovery import Finder;"
        "found = Finder().of('model.keras');"
        "assert found.path is None and found.settings == Configuration().settings;"
        "assert not {'tomllib', 'tomli', 'difflib'} & set(sys.modules), sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_command_line_goes_before_the_file():
    Path("selu-lint.toml").write_text(FULL)
    given = {"fail_on": None, "ignore": ("SELU005",), "extend_select": ("SELU902",)}
    found = Finder(overrides=given).of("x")
    assert found.fail_on is None
    assert found.settings.ignore == ("SELU006", "SELU005")
    assert found.settings.extend_select == ("SELU901", "SELU902")
    assert found.origin("fail_on") == "command line"
    assert found.origin("exclude") == "selu-lint.toml"
    assert Configuration().origin("exclude") == "default"


def test_selection_of_the_command_line_starts_anew():
    settings = configured(FULL).overridden(select=("SELU006",)).settings
    assert settings.selects("SELU006")
    assert not settings.selects("SELU001")
    assert not settings.selects("SELU901")


def test_extended_selection_keeps_the_defaults():
    settings = configured("extend-select = ['SELU9']").settings
    assert settings.selects("SELU001")
    assert settings.selects("SELU901", by_default=False)
    assert not settings.selects("SELU011", by_default=False)


def test_excluded_files():
    found = configured(FULL)
    assert found.excludes("models/a.h5")
    assert found.excludes("x/old/y.keras")
    assert not found.excludes("models/a.keras")


def finding(code: str, layer: str, severity: Severity = Severity.WARNING) -> Finding:
    return Finding(code, "some-rule", severity, layer, "message")


def applied(found: Configuration, file: FileReport) -> tuple[FileReport, list[str]]:
    suppressions = Suppressions()
    return suppressions.apply(found, file), suppressions.unused()


def test_findings_are_ignored_hidden_and_weighed(folder: Path):
    found = configured(FULL)
    legacy = FileReport(
        "legacy/deep/a.keras",
        findings=tuple(finding(f"SELU00{n}", "x") for n in (1, 2, 3)),
    )
    file, unused = applied(found, legacy)
    assert [each.code for each in file.findings] == ["SELU001"]
    assert file.hidden == ()
    gan = FileReport(
        str(folder / "models/gan.keras"),
        findings=(
            finding("SELU001", "generator/a/b"),
            finding("SELU002", "generator/a/b"),
            finding("SELU005", "head"),
            finding("SELU005", "tail"),
            finding("SELU901", ""),
        ),
    )
    file, unused = applied(found, gan)
    assert [(each.code, each.layer, each.severity.value) for each in file.findings] == [
        ("SELU002", "generator/a/b", "warning"),
        ("SELU005", "tail", "error"),
        ("SELU901", "", "info"),
    ]
    assert file.hidden_reasons == (
        "ignored layer: trained with a gain of its own",
        "ignored layer: read out",
    )
    assert unused == []


def test_ignores_that_match_nothing_any_more_are_told():
    found = configured(FULL)
    _, unused = applied(found, FileReport("models/gan.keras"))
    assert unused == [
        "selu-lint.toml: ignore-layers of SELU001 in 'generator/**' (files 'models/gan.keras') "
        "matches no finding",
        "selu-lint.toml: ignore-layers in 'head' (files '**') matches no finding",
    ]
    _, unused = applied(found, FileReport("legacy/a.h5", findings=(finding("SELU002", "head"),)))
    assert unused == [
        "selu-lint.toml: per-file-ignores of SELU003 in 'legacy/**' matches no finding",
        "selu-lint.toml: ignore-layers in 'head' (files '**') matches no finding",
    ]


def test_file_that_was_not_read_says_nothing_about_ignores():
    _, unused = applied(configured(FULL), FileReport("models/gan.keras", error="cut off"))
    assert unused == []


def test_ignores_are_used_when_one_of_several_files_needs_them():
    found = configured(FULL)
    suppressions = Suppressions()
    suppressions.apply(found, FileReport("a.keras"))
    suppressions.apply(found, FileReport("b.keras", findings=(finding("SELU001", "head"),)))
    assert suppressions.unused() == []


@pytest.mark.parametrize("option", OPTIONS.values(), ids=OPTIONS)
def test_an_option_has_the_default_that_it_is_described_with(option: Option) -> None:
    if option.kind in (Kind.CHOICE, Kind.FLAG, Kind.SECONDS):
        default = f'"{option.default}"' if option.choices else option.default
        found = configured(f"{option.key} = {default}")
        assert found.value(option.name) == Configuration().value(option.name)
    else:
        assert not Configuration().value(option.name) or option.name == "limits"
