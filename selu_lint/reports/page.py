"""A page of HTML that stands alone: it loads nothing, and only its own script runs."""

from __future__ import annotations

import base64
import hashlib
import html

from selu_lint.wording import printable

_STYLE = """
:root { color-scheme: light dark; --text: #1b1f24; --back: #fff; --soft: #f3f4f6; --line: #d0d7de;
  --muted: #59636e; --error: #b3261e; --warning: #8a5a00; --info: #0b5cad; --note: #59636e;
  --before: #c2410c; --after: #1d4ed8; --healthy: #1a7f3733; --border: #8a5a0033; }
@media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --back: #0d1117; --soft: #161b22;
  --line: #3d444d; --muted: #9198a1; --error: #ff8f85; --warning: #e3b341; --info: #79b8ff;
  --note: #9198a1; --before: #ff9e64; --after: #7aa2f7; --healthy: #3fb95033;
  --border: #e3b34133; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 80rem; color: var(--text);
  background: var(--back); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; overflow-wrap: anywhere; }
code { font-family: ui-monospace, monospace; font-size: .9em; overflow-wrap: anywhere; }
code.write { display: block; margin-top: .3rem; padding: .3rem .5rem; background: var(--soft);
  border-left: 3px solid var(--after); white-space: pre-wrap; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .4rem .6rem; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums;
  white-space: nowrap; }
th { position: sticky; top: 0; background: var(--soft); white-space: nowrap; }
td.error, td.warning, td.info, td.note { white-space: nowrap; }
.error { color: var(--error); } .warning { color: var(--warning); } .info { color: var(--info); }
.note, .muted { color: var(--muted); }
form { display: flex; flex-wrap: wrap; gap: .8rem; align-items: center; margin: 1rem 0; }
input[type=search], select { padding: .4rem .6rem; font: inherit; color: inherit;
  background: var(--soft); border: 1px solid var(--line); border-radius: 4px; }
input[type=search] { flex: 1 1 16rem; }
:focus-visible { outline: 3px solid var(--after); outline-offset: 2px; }
[hidden] { display: none !important; }
svg { display: block; width: 100%; height: auto; margin: .5rem 0 1.5rem; }
svg text { fill: var(--text); font: 13px system-ui, sans-serif; }
svg .axis { stroke: var(--line); } svg .healthy { fill: var(--healthy); }
svg .border { fill: var(--border); } svg .limit { stroke: var(--warning); }
svg polyline { fill: none; stroke-width: 2; }
svg .before { stroke: var(--before); } svg .after { stroke: var(--after); stroke-width: 5;
  stroke-opacity: .45; } svg .training { stroke-dasharray: 6 4; }
svg circle.before { fill: var(--before); } svg circle.after { fill: var(--after); stroke: none; }
.key span { display: inline-block; margin-right: 1.2rem; }
.key i { display: inline-block; width: 1.6rem; height: .5rem; margin-right: .4rem;
  background: var(--c); }
@media print { form { display: none; } body { max-width: none; padding: 0; }
  tr, svg { break-inside: avoid; } th { position: static; } }
"""

_SCRIPT = """
"use strict";
const form = document.querySelector("form");
const rows = Array.from(document.querySelectorAll("[data-text]"), row =>
  ({ row, text: row.textContent.toLowerCase() }));
function filter() {
  const words = form.elements.search.value.toLowerCase().split(" ").filter(Boolean);
  const chosen = Array.from(form.querySelectorAll("select"), each => [each.name, each.value]);
  let shown = 0;
  for (const { row, text } of rows) {
    const fits = words.every(word => text.includes(word)) &&
      chosen.every(([name, value]) => !value || row.dataset[name] === value);
    row.hidden = !fits;
    shown += fits;
  }
  for (const section of document.querySelectorAll("section[data-group]"))
    section.hidden = !section.querySelector("[data-text]:not([hidden])");
  form.querySelector("output").value = `${shown} of ${rows.length} shown`;
}
if (form) {
  form.addEventListener("input", filter);
  form.addEventListener("submit", event => event.preventDefault());
  form.addEventListener("keydown", event => {
    if (event.key === "Escape") { form.reset(); filter(); }
  });
  filter();
}
"""


def escaped(text: str) -> str:
    """Escape a foreign text so that HTML shows it: it makes no tag, attribute or control."""
    return html.escape(printable(text))


def page(title: str, body: str) -> str:
    """Return a whole page, whose policy forbids loading anything and any other script.

    Parameters
    ----------
    title : str
        Its title, as text.
    body : str
        Its content, as HTML.
    """
    digest = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    text = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escaped(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"{body}\n<script>{_SCRIPT}</script>\n</body>\n</html>\n"
    )
    # In ASCII it is UTF-8, as it says, in whatever encoding standard output writes it.
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")


def search(choices: dict[str, list[str]]) -> str:
    """Return the form that searches and filters rows: a field, and a choice for each name."""
    selects = []
    for name, values in choices.items():
        options = "".join(f"<option>{escaped(value)}</option>" for value in values)
        selects.append(
            f'<label>{name} <select name="{name}"><option value="">all</option>{options}</select>'
            "</label>"
        )
    return (
        '<form role="search"><label for="search">Search</label>'
        '<input type="search" id="search" name="search" autocomplete="off" '
        f'placeholder="layer, rule or words">{"".join(selects)}'
        '<output aria-live="polite"></output></form>'
    )
