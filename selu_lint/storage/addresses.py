"""Addresses such as ``s3://bucket/model.keras``: told from paths and made safe to show."""

from __future__ import annotations

import re


def is_address(path: str) -> bool:
    """Whether a path is an address and not the name of a file."""
    return "://" in path


def redacted(path: str) -> str:
    """Return an address without its secrets: user, password, values of its query.

    Any other path is returned as it is.
    """
    if not is_address(path):
        return path
    address, mark, query = path.partition("?")
    found = re.match(r"([^/]*//)([^/]*(?::[^/]*[^/0-9][^@]*)?)@", address)
    if found is not None:
        address = f"{found[1]}***@{address[found.end() :]}"
    hidden = re.sub(r"(^|[&;])([^&;=]*=)?[^&;]*", r"\1\2***", query)
    return f"{address}{mark}{hidden if mark else ''}"
