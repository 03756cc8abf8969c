"""The pages of ``docs/`` say what the code says, and their links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from selu_lint.documentation import pages, write
from selu_lint.reports.descriptions import as_markdown
from selu_lint.rule import find_rules

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]


def test_pages_are_current():
    made = pages(DOCS)
    stale = [
        name
        for name, text in made.items()
        if not (DOCS / name).is_file() or (DOCS / name).read_text(encoding="utf-8") != text
    ]
    there = {path.relative_to(DOCS).as_posix() for path in (DOCS / "rules").glob("*.md")}
    stale += sorted(there - set(made))
    assert stale == [], "run: python -m selu_lint.documentation docs"


def test_writing_removes_pages_of_rules_that_are_no_more(tmp_path: Path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "SELU777.md").touch()
    write(tmp_path)
    assert not (tmp_path / "rules" / "SELU777.md").exists()
    assert (tmp_path / "rules" / "SELU001.md").is_file()


@pytest.mark.parametrize("code", [rule.code for rule in find_rules()])
def test_page_of_a_rule_has_its_sections_and_no_prompts(code: str):
    page = pages(DOCS)[f"rules/{code}.md"]
    headings = re.findall(r"^## (.*)", page, re.MULTILINE)
    assert headings[:5] == [
        "What it does", "Why is this bad?", "Example", "Fix safety", "References"
    ]  # fmt: skip
    assert ">>>" not in page
    assert page.count("```") % 2 == 0
    assert re.search(r"^## References\n\n- ", page, re.MULTILINE)


def test_docstring_as_markdown():
    docstring = (
        "First.\n\nExample\n-------\n>>> a\n... b\n\nUse:\n\n>>> c\n\n"
        "References\n----------\nOne,\nwrapped.\nTwo.\n"
    )
    assert as_markdown(docstring) == (
        "First.\n\n## Example\n\n```python\na\nb\n```\n\nUse:\n\n```python\nc\n```\n\n"
        "## References\n\n- One,\n  wrapped.\n- Two."
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text)
    broken = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert broken == []
