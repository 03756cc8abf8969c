"""Applying a configuration to what was found: ignored files and layers, severities."""

from __future__ import annotations

from collections.abc import Iterator

from selu_lint.config.configuration import Configuration, IgnoredLayers
from selu_lint.findings import Finding
from selu_lint.report import FileReport
from selu_lint.storage.globs import matches, matches_file

_Use = tuple[str, str, str]


class Suppressions:
    """Applies configurations to files one by one, and knows what suppressed nothing.

    An ignore that covers none of the files that were checked is not counted as unused: those
    files may just not have been asked for.
    """

    def __init__(self) -> None:
        self._used: set[_Use] = set()
        # A dict for its order: told in the order of the configuration.
        self._tried: dict[_Use, str] = {}

    def apply(self, configuration: Configuration, file: FileReport) -> FileReport:
        """Return the file without ignored findings, with ignored layers hidden."""
        if file.error is not None:
            return file
        ignored = dict(self._per_file(configuration, file))
        layers = list(self._layers(configuration, file))
        if not (ignored or layers or configuration.severity):
            return file
        shown: list[Finding] = []
        hidden: list[Finding] = []
        reasons: list[str] = []
        for finding in file.findings:
            uses = [use for code, use in ignored.items() if finding.code.startswith(code)]
            self._used.update(use for each in uses for use in each)
            if uses:
                continue
            finding = _with_severity(configuration, finding)
            found = [
                (entry, use)
                for entry, use in layers
                if entry.covers(finding.code) and matches(entry.layers, finding.layer)
            ]
            self._used.update(use for _, use in found)
            if found:
                hidden.append(finding)
                reasons.append(f"ignored layer: {found[0][0].reason}")
            else:
                shown.append(finding)
        return file._replace(
            findings=tuple(shown),
            hidden=(*file.hidden, *hidden),
            hidden_reasons=(*file.hidden_reasons, *reasons),
        )

    def unused(self) -> list[str]:
        """Return a line for each ignore that no longer suppresses anything."""
        return [line for use, line in self._tried.items() if use not in self._used]

    def _per_file(
        self, configuration: Configuration, file: FileReport
    ) -> Iterator[tuple[str, list[_Use]]]:
        """Yield the codes that are ignored in a file, each with the entries that say so."""
        relative = configuration.relative(file.path)
        uses: dict[str, list[_Use]] = {}
        for pattern, codes in configuration.per_file_ignores.items():
            if matches_file(pattern, relative):
                for code in codes:
                    use = (str(configuration.path), pattern, code)
                    name = configuration.origin("per_file_ignores")
                    self._tried[use] = (
                        f"{name}: per-file-ignores of {code} in {pattern!r} matches no finding"
                    )
                    uses.setdefault(code, []).append(use)
        yield from uses.items()

    def _layers(
        self, configuration: Configuration, file: FileReport
    ) -> Iterator[tuple[IgnoredLayers, _Use]]:
        """Yield the entries about layers that cover a file."""
        relative = configuration.relative(file.path)
        for index, entry in enumerate(configuration.ignore_layers):
            if matches_file(entry.files, relative):
                use = (str(configuration.path), "ignore-layers", str(index))
                codes = f" of {', '.join(entry.codes)}" if entry.codes else ""
                self._tried[use] = (
                    f"{configuration.origin('ignore_layers')}: ignore-layers{codes} in "
                    f"{entry.layers!r} (files {entry.files!r}) matches no finding"
                )
                yield entry, use


def _with_severity(configuration: Configuration, finding: Finding) -> Finding:
    codes = [code for code in configuration.severity if finding.code.startswith(code)]
    if not codes:
        return finding
    return finding._replace(severity=configuration.severity[max(codes, key=len)])
