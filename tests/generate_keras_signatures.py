"""Writes ``selu_lint/source/keras_signatures.py`` from the archives of Keras releases.

Run ``python -m tests.generate_keras_signatures KERAS1.tar.gz KERAS2.whl KERAS3.whl``, for example
with those of 1.2.2, 2.15.0 and 3.15.1 that ``pip download --no-deps`` gives. The archives are read
as text; nothing of them is imported.
"""

from __future__ import annotations

import ast
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from selu_lint.source.keras_names import keras_name

_PLACES = ("/layers/", "/initializers/", "/engine/", "/initializations")
_HEAD = '''"""The parameters of Keras's layers and initializers, in order; data made by
``tests/generate_keras_signatures.py`` from {names}.
"""

from __future__ import annotations
'''


def sources(archive: Path) -> Iterator[tuple[str, str]]:
    """Yield the path and text of each Python file in a wheel or sdist."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            for name in sorted(wheel.namelist()):
                if name.endswith(".py"):
                    yield name, wheel.read(name).decode("utf-8")
        return
    with tarfile.open(archive) as sdist:
        for member in sorted(sdist.getmembers(), key=lambda each: each.name):
            held = sdist.extractfile(member) if member.name.endswith(".py") else None
            if held is not None:
                yield member.name, held.read().decode("utf-8")


def signatures(archive: Path) -> dict[str, str]:
    """Return class name → the text of its constructor's parameters."""
    found: dict[str, tuple[str | None, str]] = {}
    for path, text in sources(archive):
        if not any(place in f"/{path}" for place in _PLACES) or "_test" in path:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ClassDef):
                base = next((_last(base) for base in node.bases), None)
                found.setdefault(node.name, (_constructor(node), base or ""))
    known = {name: _inherited(found, name) for name in found}
    return {name: text for name, text in sorted(known.items()) if text and _is_wanted(name)}


def _last(base: ast.expr) -> str:
    return base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")


def _is_wanted(name: str) -> bool:
    kinds = [keras_name(f"keras.{place}.{name}") for place in ("layers", "initializers")]
    return any(each is not None and each.kind in ("layer", "initializer") for each in kinds)


def _inherited(found: dict[str, tuple[str | None, str]], name: str) -> str | None:
    for _ in range(8):
        constructor, base = found.get(name, (None, ""))
        if constructor is not None or not base:
            return constructor
        name = base
    return None


def _constructor(node: ast.ClassDef) -> str | None:
    for each in node.body:
        if isinstance(each, ast.FunctionDef) and each.name == "__init__":
            given = each.args.args[1:]
            defaults: list[ast.expr | None] = [None] * len(given)
            if each.args.defaults:
                defaults[-len(each.args.defaults) :] = each.args.defaults
            return ", ".join(map(_parameter, given, defaults))
    return None


def _parameter(parameter: ast.arg, default: ast.expr | None) -> str:
    try:
        value = None if default is None else ast.literal_eval(default)
    except ValueError:
        return parameter.arg
    return parameter.arg if default is None else f"{parameter.arg}={value!r}"


def main() -> None:
    """Write the module."""
    archives = [Path(name) for name in sys.argv[1:]]
    first, *later = (signatures(archive) for archive in archives)
    latest: dict[str, str] = {}
    for each in later:
        latest |= each
    names = ", ".join(path.name.partition("-py")[0].removesuffix(".tar.gz") for path in archives)
    target = Path(__file__).parents[1] / "selu_lint" / "source" / "keras_signatures.py"
    with target.open("w", encoding="utf-8") as out:
        out.write(_HEAD.format(names=names))
        for name, table in (("KERAS_1", first), ("LATEST", dict(sorted(latest.items())))):
            out.write(f"\n{name} = {{\n")
            for key, text in table.items():
                out.write(f'    "{key}": "{text}",  # noqa: E501\n')
            out.write("}\n")


if __name__ == "__main__":
    main()
