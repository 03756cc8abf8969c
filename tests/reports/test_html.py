"""The pages of HTML stand alone, are used by keyboard, and no name in them becomes a script."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from selu_lint import profile
from selu_lint.findings import Finding, Severity
from selu_lint.profiles.profiling import Profile
from selu_lint.report import FileReport, Report
from selu_lint.reports import profile_html, render
from tests.reports.browser import PROGRAM, Browser
from tests.reports.samples import DROPOUT, GLOROT, REPORT, SOURCE_REPORT

MODEL = Path(__file__).parents[2] / "fixtures/models/keras3.15-tf/cnn_broken.keras"
HOSTILE = (
    '<img src=x onerror="window.pwned=1">',
    "</title></style></script><script>window.pwned=1</script>",
    "\"'><svg onload=window.pwned=1>",
    "javascript:window.pwned=1",
)


def _long(count: int, name: str = "layer_{}") -> Profile:
    found = profile(MODEL)
    rows = found.before.layers
    many = tuple(replace(rows[n % 5], layer=name.format(n)) for n in range(count))
    return replace(
        found,
        before=replace(found.before, layers=many),
        after=replace(found.after, layers=many),
    )


def _hostile() -> tuple[str, str]:
    """Return both pages with names that would be scripts."""
    files = tuple(
        FileReport(
            name,
            format="hdf5",
            findings=(GLOROT._replace(layer=name, message=name, write=name),),
        )
        for name in HOSTILE
    )
    named = [replace(_long(9, name), path=name) for name in HOSTILE]
    return render(Report(files), "html"), profile_html.render(named)


class _Loaded(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {"src", "href", "data", "srcset", "action", "style", "poster"}
        self.found += [name for name, _ in attrs if name in names or name.startswith("on")]
        self.found += [tag] if tag in ("link", "img", "iframe", "object", "embed") else []


@pytest.mark.parametrize("page", [render(REPORT, "html"), *_hostile()])
def test_nothing_is_loaded(page: str) -> None:
    parser = _Loaded()
    parser.feed(page)
    assert set(parser.found) <= {"style"}
    assert "url(" not in page
    assert "@import" not in page
    assert page.count("<script") == 1


def test_a_page_has_every_finding_with_its_reason_and_its_code() -> None:
    page = render(
        Report((FileReport("m.keras", findings=(GLOROT._replace(write="Dense(3)"),)),)), "html"
    )
    assert "kernel_initializer is GlorotUniform (gain 0.06); a SELU layer needs" in page
    assert '<code class="write">Dense(3)</code>' in page
    assert "non-lecun-initializer" in page
    assert "Dropout(0.5)(x)" in render(SOURCE_REPORT, "html")
    assert "<td>(file)</td><td>SELU907" in render(SOURCE_REPORT, "html")
    assert "the zip archive is cut off" in render(REPORT, "html")


@pytest.mark.parametrize("count", [10, 500])
def test_the_charts_show_every_layer(count: int) -> None:
    page = profile_html.render([_long(count)])
    assert page.count("<svg viewBox") == 3
    lines = re.findall(r'<polyline class="before" points="([^"]*)"', page)
    assert [len(line.split()) for line in lines] == [count] * 3
    assert page.count('class="healthy"') == 2
    assert page.count('class="border"') == 1
    names = re.findall(r"rotate\(90\)\">([^<]*)<", page)
    assert 3 * 10 <= len(names) <= 3 * 40
    assert len(page) < 1_000_000


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    if PROGRAM is None:
        pytest.skip("no Chromium here; Debian's package is called chromium")
    with Browser(tmp_path) as opened:
        yield opened


def _shown(browser: Browser) -> int:
    return int(browser.run("document.querySelectorAll('[data-text]:not([hidden])').length"))


@pytest.mark.slow
def test_a_page_is_searched_by_keyboard_alone(browser: Browser, tmp_path: Path) -> None:
    findings = [GLOROT._replace(layer=name) for name in ("conv", "hidden")]
    report = Report((FileReport("m.keras", findings=(*findings, DROPOUT)),))
    path = tmp_path / "page.html"
    path.write_text(render(report, "html"), encoding="utf-8")
    browser.open(path)
    assert _shown(browser) == 3
    browser.press("Tab")
    assert browser.run("document.activeElement.id") == "search"
    browser.write("glorot HIDDEN")
    assert _shown(browser) == 1
    assert browser.run("document.querySelector('output').value") == "1 of 3 shown"
    browser.press("Escape")
    assert _shown(browser) == 3
    browser.run(
        "const rule = document.querySelector('select[name=rule]'); rule.value = 'SELU002';"
        "rule.dispatchEvent(new Event('input', {bubbles: true}))"
    )
    assert _shown(browser) == 1


@pytest.mark.slow
def test_names_from_a_file_run_no_script(browser: Browser, tmp_path: Path) -> None:
    for number, page in enumerate(_hostile()):
        path = tmp_path / f"page{number}.html"
        path.write_text(page, encoding="utf-8")
        browser.open(path)
        assert browser.run("typeof window.pwned") == "undefined"
        assert browser.run("document.querySelectorAll('img, [onload], script').length") == 1
        text = browser.run("document.body.innerText")
        assert all(name in text for name in HOSTILE)
        assert browser.run("performance.getEntriesByType('resource').length") == 0


@pytest.mark.slow
@pytest.mark.parametrize(("dark", "count"), [(True, 500), (False, 500), (True, 10), (False, 10)])
def test_a_profile_is_as_wide_as_its_window_in_light_and_dark(
    dark: bool, count: int, tmp_path: Path
) -> None:
    if PROGRAM is None:
        pytest.skip("no Chromium here; Debian's package is called chromium")
    path = tmp_path / "page.html"
    path.write_text(profile_html.render([_long(count)]), encoding="utf-8")
    with Browser(tmp_path, dark) as browser:
        browser.open(path)
        assert browser.run("document.documentElement.scrollWidth <= innerWidth")
        back = browser.run("getComputedStyle(document.body).backgroundColor")
        assert back == ("rgb(13, 17, 23)" if dark else "rgb(255, 255, 255)")
        assert _shown(browser) == count


def test_a_page_is_in_utf_8_whatever_standard_output_is() -> None:
    findings = (Finding("SELU001", "n", Severity.ERROR, "密集–層", "message × 2"),)
    page = render(Report((FileReport("m", findings=findings),)), "html")
    assert page.isascii()
    assert "密集–層" in html.unescape(page)
