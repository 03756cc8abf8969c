"""Known findings that a team lives with: recorded in a file, and hidden from then on.

A finding is recognized by its rule, its slot and its layer's path without the numbers that Keras
appends to names of its own making, so that ``dense_7`` becoming ``dense_12`` changes nothing. In
source code it is the text of the call and the function around it that count, wherever they stand. A
file is recognized by its path; one that has moved, by what was found in it.
"""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from selu_lint.config.configuration import relative
from selu_lint.errors import SeluLintError
from selu_lint.findings import Finding
from selu_lint.limits import MIB, Limits
from selu_lint.report import FileReport, Report
from selu_lint.storage import strict_json
from selu_lint.storage.addresses import redacted
from selu_lint.storage.atomic import write_file
from selu_lint.storage.byte_source import read_regular

VERSION = 1
"""Version of the file's layout."""

MOST_BYTES = 64 * MIB
"""How large a baseline may be: 200,000 findings."""

_LIMITS = Limits(json_bytes=MOST_BYTES, json_values=2_000_000)

REASON = "known: in the baseline"
"""Why a finding is hidden, as reports say it."""

_FIELDS = ("code", "layer", "slot", "message", "source")
_NUMBER = re.compile(r"_\d+(?=/|$|\W)")


def stem(text: str) -> str:
    """Return a path or a message without the numbers at the end of each name in it."""
    return _NUMBER.sub("", text)


@dataclass(frozen=True)
class Entry:
    """A finding as it was recorded.

    Attributes
    ----------
    code : str
        The rule's code.
    layer : str
        Path of the layer when it was recorded.
    slot : str
        The initializer slot that it is about; empty for a finding about the whole layer.
    message : str
        Its message, for the people who read the file; also tells alike layers apart.
    source : str
        In source code: the function or class around it and the code, without blanks.
    """

    code: str
    layer: str
    slot: str = ""
    message: str = ""
    source: str = ""

    @classmethod
    def of(cls, finding: Finding) -> Entry:
        """Return the entry that records a finding."""
        slot, place = finding.data.get("slot"), finding.place
        return cls(
            finding.code,
            finding.layer,
            slot if isinstance(slot, str) else "",
            finding.message,
            "" if place is None else f"{place.scope}: {place.code}",
        )

    @property
    def key(self) -> str:
        """What stays the same when the model is saved again, its file or a line of it is moved."""
        what = self.source or stem(self.layer)
        return f"{self.code} {what} {self.slot}".rstrip()


def fingerprints(findings: Sequence[Finding]) -> list[str]:
    """Return one key a finding of a file; alike ones are told apart by their order."""
    counts: defaultdict[str, int] = defaultdict(int)
    keys = []
    for finding in findings:
        key = Entry.of(finding).key
        counts[key] += 1
        keys.append(f"{key} #{counts[key]}")
    return keys


@dataclass(frozen=True)
class Applied:
    """What became of a report.

    Attributes
    ----------
    report : Report
        With the known findings moved to ``hidden``.
    gone : tuple of (str, Entry)
        Recorded findings that are gone, with their files.
    """

    report: Report
    gone: tuple[tuple[str, Entry], ...]


@dataclass(frozen=True)
class Baseline:
    """Recorded findings of each file.

    Attributes
    ----------
    files : Mapping of str to tuple of Entry
        By path: relative to the folder of the baseline, with ``/``.
    folder : Path
        The folder of the baseline.
    """

    files: Mapping[str, tuple[Entry, ...]]
    folder: Path

    @classmethod
    def record(cls, report: Report, folder: Path) -> Baseline:
        """Return a baseline of all findings of a report."""
        files = {
            stored_path(file.path, folder): tuple(map(Entry.of, file.findings))
            for file in report.files
            if file.findings
        }
        return cls(files, folder)

    def apply(self, report: Report) -> Applied:
        """Hide the findings that are recorded; see the module about what counts as the same.

        Entries of files that were not checked and still exist are left alone.
        """
        paths = [stored_path(file.path, self.folder) for file in report.files]
        sources = self._sources(paths, report.files)
        files, gone = [], []
        for file, source in zip(report.files, sources, strict=True):
            entries = () if source is None else self.files[source]
            applied, left = _hide(file, entries)
            files.append(applied)
            # A file that could not be read says nothing about its findings.
            if source is not None and file.error is None:
                gone += [(source, entry) for entry in left]
        used = {source for source in sources if source is not None}
        for path, entries in self.files.items():
            if path not in used and self._vanished(path):
                gone += [(path, entry) for entry in entries]
        return Applied(Report(tuple(files)), tuple(gone))

    def _sources(self, paths: Sequence[str], files: Sequence[FileReport]) -> list[str | None]:
        """Return the recorded path of each file, or None for one that is not recorded."""
        sources = [path if path in self.files else None for path in paths]
        vanished = {path for path in self.files if path not in paths and self._vanished(path)}
        if not vanished:
            return sources
        by_key: defaultdict[str, set[str]] = defaultdict(set)
        for path in vanished:
            for entry in self.files[path]:
                by_key[entry.key].add(path)
        candidates = []
        for index, (source, file) in enumerate(zip(sources, files, strict=True)):
            if source is not None:
                continue
            keys = {Entry.of(finding).key for finding in file.findings}
            for path in set().union(*(by_key[key] for key in keys if key in by_key)):
                recorded = {entry.key for entry in self.files[path]}
                likeness = len(keys & recorded) / len(keys | recorded)
                same_name = _name(path) == _name(paths[index])
                if same_name or likeness >= 0.5:
                    candidates.append((not same_name, -likeness, index, path))
        for _, _, index, path in sorted(candidates):
            if sources[index] is None and path in vanished:
                sources[index] = path
                vanished.remove(path)
        return sources

    def _vanished(self, path: str) -> bool:
        return path != "-" and "://" not in path and not os.path.lexists(self.folder / path)

    def about(self, path: str) -> Baseline:
        """Return the entries that may be about a file: its own, or else those of lost files."""
        stored = stored_path(path, self.folder)
        names = [stored] if stored in self.files else self._lost
        return Baseline({name: self.files[name] for name in names}, self.folder)

    @cached_property
    def _lost(self) -> list[str]:
        return [path for path in self.files if self._vanished(path)]

    def as_text(self) -> str:
        """Return the baseline as it is stored: JSON, sorted, one finding a line."""
        lines = []
        for path, entries in sorted(self.files.items()):
            rows = ",\n".join(
                "   " + json.dumps({k: v for k, v in vars(entry).items() if v or k == "layer"})
                for entry in sorted(entries, key=lambda entry: (entry.key, entry.layer))
            )
            lines.append(f"  {json.dumps(path)}: [\n{rows}\n  ]")
        body = ",\n".join(lines)
        files = f"{{\n{body}\n }}" if lines else "{}"
        return f'{{\n "version": {VERSION},\n "files": {files}\n}}\n'


def _name(path: str) -> str:
    return path.rpartition("/")[2].partition(".")[0]


# What entries of one finding have in common, the surest first. Of alike layers the one of the same
# name is taken for the same, then the one with the same numbers, so that what remains visible is
# most likely the new one.
_SAME: tuple[Callable[[Entry], object], ...] = (
    lambda entry: (entry.layer, entry.key),
    lambda entry: (stem(entry.message), entry.key),
    lambda entry: entry.key,
)
# The same of what a repair has changed: a layer, or else the function around it.
_SAME_REPAIRED: tuple[Callable[[Entry], object], ...] = (
    lambda entry: (entry.layer, entry.key),
    lambda entry: entry.key,
    lambda entry: (entry.code, entry.slot, entry.layer),
    lambda entry: (entry.code, entry.slot, entry.source and entry.source.partition(": ")[0]),
)


def hide_again(file: FileReport, known: Iterable[Entry]) -> FileReport:
    """Hide what was recognized in an earlier report, though its code or number may have changed."""
    return _hide(file, known, _SAME_REPAIRED)[0]


def _hide(
    file: FileReport, entries: Iterable[Entry], alikes: Iterable[Callable[[Entry], object]] = _SAME
) -> tuple[FileReport, list[Entry]]:
    """Return the file with what is recorded hidden, and the entries that matched nothing."""
    left = dict(enumerate(entries))
    if not left:
        return file, []
    known: set[int] = set()
    for alike in alikes:
        waiting: defaultdict[object, deque[int]] = defaultdict(deque)
        for number, entry in left.items():
            waiting[alike(entry)].append(number)
        for index, finding in enumerate(file.findings):
            same = waiting.get(alike(Entry.of(finding)))
            if index not in known and same:
                del left[same.popleft()]
                known.add(index)
    hidden = [finding for index, finding in enumerate(file.findings) if index in known]
    shown = [finding for index, finding in enumerate(file.findings) if index not in known]
    return (
        file._replace(
            findings=tuple(shown),
            hidden=(*file.hidden, *hidden),
            hidden_reasons=(*file.hidden_reasons, *[REASON] * len(hidden)),
        ),
        list(left.values()),
    )


def stored_path(path: str, folder: Path) -> str:
    """Return a file's path as a baseline stores it; addresses lose what opens them."""
    return relative(redacted(path), folder)


def write(report: Report, path: Path) -> Baseline:
    """Record the findings of a report in a file.

    Raises
    ------
    SeluLintError
        If the file cannot be written.
    """
    baseline = Baseline.record(report, path.parent)
    write_file(path, baseline.as_text().encode())
    return baseline


def read(path: Path) -> Baseline:
    """Read a baseline.

    Raises
    ------
    SeluLintError
        If the file is missing or is no baseline.
    """
    try:
        data = read_regular(str(path), MOST_BYTES)
    except OSError as error:
        raise SeluLintError(
            f"cannot read the baseline {path}: {error.strerror}; --write-baseline creates it"
        ) from None
    except SeluLintError as error:
        raise SeluLintError(f"cannot read the baseline {path}: {error}") from None
    try:
        content = strict_json.parse(strict_json.decode(data, _LIMITS), _LIMITS)
    except SeluLintError:
        raise SeluLintError(f"the baseline {path} is no valid JSON; write it anew") from None
    if not isinstance(content, dict) or content.get("version") != VERSION:
        raise SeluLintError(
            f"{path} is no baseline of version {VERSION}; --write-baseline creates one"
        )
    files = content.get("files")
    if not isinstance(files, dict):
        raise SeluLintError(f"the baseline {path} has no files; write it anew")
    return Baseline(
        {name: tuple(_entries(path, name, rows)) for name, rows in files.items()}, path.parent
    )


def _entries(path: Path, name: str, rows: Any) -> Iterator[Entry]:
    for row in rows if isinstance(rows, list) else [None]:
        fields = row if isinstance(row, dict) else {}
        values = [fields.get(key, "") for key in _FIELDS]
        if not values[0] or not all(isinstance(value, str) for value in values):
            raise SeluLintError(f"the baseline {path} has an unreadable entry under {name!r}")
        yield Entry(*values)
