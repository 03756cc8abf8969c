"""JSON pointers (RFC 6901) into an architecture."""

from __future__ import annotations

from typing import Any

from selu_lint.findings import ABSENT


def tokens(pointer: str) -> list[str]:
    """Return the parts of a pointer, unescaped; the root has none."""
    return [
        token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:] if pointer
    ]


def resolve(root: Any, pointer: str) -> Any:
    """Return the value that a pointer names, or ABSENT where nothing stands."""
    value = root
    for token in tokens(pointer):
        if isinstance(value, dict):
            value = value.get(token, ABSENT)
        elif isinstance(value, list) and token.isdecimal() and int(token) < len(value):
            value = value[int(token)]
        else:
            return ABSENT
    return value


def escaped(key: str) -> str:
    """Return a key as it stands in a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")
