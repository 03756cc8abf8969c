"""The rooms of the package and what imports what: ``python -m tests.architecture`` prints it.

With the name of a page it draws the rooms there anew: ``... docs/architecture.md``.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = "selu_lint"
VOCABULARY = ("code", "console", "errors", "findings", "limits", "report", "settings", "wording")
ALONE = {
    **dict.fromkeys(VOCABULARY, "vocabulary"),
    **dict.fromkeys(("cases", "rule", "rule_codes"), "rules"),
    **dict.fromkeys(("advice", "linter", "parallel"), "engine"),
    **dict.fromkeys(("", "keras", "testing"), "library"),
    **dict.fromkeys(("__main__", "cli", "documentation"), "commands"),
    "formats.hdf5_reader": "hdf5_reader",
    "formats.writing": "writing",
}
"""The rooms of what does not lie in a folder of its room's name."""

ALLOWED = {
    "vocabulary": "",
    "theory": "",
    "storage": "vocabulary",
    "hdf5_reader": "vocabulary",
    "model": "vocabulary",
    "analysis": "vocabulary theory model",
    "rules": "vocabulary theory model analysis",
    "source": "vocabulary storage model",
    "formats": "vocabulary storage hdf5_reader model source",
    "live": "vocabulary model",
    "processes": "vocabulary model formats live",
    "writing": "vocabulary storage hdf5_reader model formats processes",
    "engine": "vocabulary storage model rules source formats live processes",
    "fixing": "vocabulary storage model analysis source formats live processes writing engine",
    "profiles": "vocabulary theory model analysis source live processes engine fixing",
    "config": "vocabulary storage formats rules engine",
    "library": "vocabulary model rules live engine fixing profiles",
    "reports": "vocabulary theory storage model rules config fixing profiles library",
    "commands": "vocabulary storage model analysis rules formats engine fixing profiles "
    "config library reports",
    "reference": "vocabulary storage processes library commands",
}
"""What each room may import besides itself: only rooms above it, so there are no circles."""

Edges = Mapping[str, set[str]]


def files() -> dict[str, Path]:
    """Return the file of each module of the package, by its name without ``selu_lint.``."""
    found = {}
    for folder, prefix in ((ROOT / PACKAGE, ()), (ROOT / "rules", ("rules",))):
        for path in sorted(folder.rglob("*.py")):
            parts = (*prefix, *path.relative_to(folder).with_suffix("").parts)
            found[".".join(parts).removesuffix("__init__").removesuffix(".")] = path
    return found


@cache
def imports() -> Edges:
    """Return which modules each module imports, wherever in it, type checking included."""
    known = files()
    return {
        module: set(_imported(ast.parse(path.read_text(encoding="utf-8")), known)) - {module}
        for module, path in known.items()
    }


def _imported(tree: ast.Module, known: Mapping[str, Path]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where they lead"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            if name.partition(".")[0] == PACKAGE:
                inner = name.partition(".")[2]
                yield inner if inner in known else inner.rpartition(".")[0]


def room(module: str) -> str:
    """Return the room that a module lies in."""
    parts = module.split(".")
    heads = (".".join(parts[:count]) for count in range(len(parts), 0, -1))
    return next((ALONE[head] for head in heads if head in ALONE), parts[0])


def between_rooms(edges: Edges) -> dict[str, set[str]]:
    """Return which rooms each room imports."""
    found: dict[str, set[str]] = {name: set() for name in ALLOWED}
    for module, others in edges.items():
        found[room(module)] |= {room(other) for other in others} - {room(module)}
    return found


def drawing() -> str:
    """Return the rooms as a Mermaid graph, without what follows from the other arrows."""
    edges = between_rooms(imports())
    reached: dict[str, set[str]] = {}
    for name in ALLOWED:
        reached[name] = edges[name].union(*(reached[other] for other in edges[name]))
    lines = ["```mermaid", "graph TD"]
    for name in reversed(ALLOWED):
        indirect = set().union(*(reached[other] for other in edges[name]))
        lines += [f"  {name} --> {other}" for other in sorted(edges[name] - indirect)]
    return "\n".join([*lines, "```"])


def main() -> None:
    """Draw the rooms into a page, or print their lines of code and imports."""
    if len(sys.argv) > 1:
        page = Path(sys.argv[1])
        before, _, rest = page.read_text(encoding="utf-8").partition("```mermaid\n")
        after = rest.partition("\n```")[2]
        page.write_text(before + drawing() + after, encoding="utf-8")
        return
    lines: Counter[str] = Counter()
    for module, path in files().items():
        lines[room(module)] += len(path.read_text(encoding="utf-8").splitlines())
    for name, others in between_rooms(imports()).items():
        print(f"{name:12} {lines[name]:6,} lines; imports {' '.join(sorted(others)) or 'nothing'}")
    print(f"{'all':12} {lines.total():6,} lines in {len(files())} modules")


if __name__ == "__main__":
    main()
