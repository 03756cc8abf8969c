"""The report as JUnit XML, which most systems for continuous integration show as test results."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from selu_lint.findings import Finding
from selu_lint.report import FileReport, Report
from selu_lint.reports import Style
from selu_lint.wording import printable, where


def render(report: Report, style: Style) -> str:
    """Return a test suite a file and a test case a finding.

    A finding below ``style.fail_on`` passes with its message as output, a hidden one is skipped.
    """
    suites = [_suite(file, style) for file in report.files]
    root = ElementTree.Element("testsuites", {"name": "selu-lint", **_sums(suites)})
    root.extend(suites)
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="us-ascii").decode()
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _suite(file: FileReport, style: Style) -> ElementTree.Element:
    path = printable(file.path)
    suite = ElementTree.Element("testsuite", {"name": path})
    if file.error is not None:
        ElementTree.SubElement(
            _case(suite, path, "readable"),
            "error",
            {"message": printable(file.error), "type": "unreadable"},
        )
    for finding in file.findings:
        case = _case(suite, path, _title(finding))
        if finding.fails(style.fail_on):
            failure = ElementTree.SubElement(
                case, "failure", {"message": printable(finding.message), "type": finding.code}
            )
            failure.text = _text(finding)
        else:
            ElementTree.SubElement(case, "system-out").text = _text(finding)
    reasons = [*file.hidden_reasons, *["hidden"] * len(file.hidden)]
    for finding, reason in zip(file.hidden, reasons, strict=False):
        skipped = {"message": printable(reason)}
        ElementTree.SubElement(_case(suite, path, _title(finding)), "skipped", skipped)
    if len(suite) == 0:
        _case(suite, path, "no findings")
    suite.attrib.update(
        tests=str(len(suite)),
        failures=str(len(suite.findall("*/failure"))),
        errors=str(len(suite.findall("*/error"))),
        skipped=str(len(suite.findall("*/skipped"))),
    )
    return suite


def _case(suite: ElementTree.Element, path: str, name: str) -> ElementTree.Element:
    return ElementTree.SubElement(suite, "testcase", {"classname": path, "name": name})


def _title(finding: Finding) -> str:
    return f"{finding.code} {where(finding)}".rstrip()


def _text(finding: Finding) -> str:
    layer = f"{where(finding)}: " if where(finding) else ""
    return f"{finding.severity.value}: {layer}{printable(finding.message)}"


def _sums(suites: Sequence[ElementTree.Element]) -> dict[str, str]:
    return {
        name: str(sum(int(suite.attrib[name]) for suite in suites))
        for name in ("tests", "failures", "errors", "skipped")
    }
