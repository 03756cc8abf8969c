"""The options of a configuration, described once for its file, the commands and the pages."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any, NamedTuple

from selu_lint.findings import Confidence, Severity

_NO_CHOICES: Mapping[str, Any] = {}


class Kind(enum.Enum):
    """What an option takes; the value is how its type is called in a configuration file."""

    CODES = "array of codes"
    IGNORED_FILES = "table of glob to codes"
    GLOBS = "array of globs"
    CHOICE = "text"
    FLAG = "boolean"
    SECONDS = "number"
    FILE = "text, a path relative to the configuration"
    SEVERITIES = "table of code to severity"
    LIMITS = "table of limit to number"
    IGNORED_LAYERS = "array of tables"

    @property
    def is_table(self) -> bool:
        """Whether it has keys of its own."""
        return "table" in self.value


class Option(NamedTuple):
    """An option.

    Attributes
    ----------
    key : str
        What it is called in a configuration file, and on the command line behind ``--``.
    kind : Kind
        What it takes.
    meaning : str
        What it does, with code in backticks.
    default : str
        What holds without it, in words; empty for nothing.
    choices : Mapping of str to Any
        The words allowed, each with the value that it stands for.
    more : str
        What the page on configurations says besides.
    """

    key: str
    kind: Kind
    meaning: str
    default: str = ""
    choices: Mapping[str, Any] = _NO_CHOICES
    more: str = ""

    @property
    def name(self) -> str:
        """What it is called in Python."""
        return self.key.replace("-", "_")


_FAIL_ON = {each.value: each for each in reversed(Severity) if each is not Severity.NOTE}

OPTIONS = {
    option.name: option
    for option in (
        Option(
            "select",
            Kind.CODES,
            "Run only these rules: codes, prefixes such as `SELU9`, names such as "
            "`dropout-after-selu`, separated by commas, or `ALL`.",
            "every rule that is on by default",
        ),
        Option("extend-select", Kind.CODES, "Run these rules, too."),
        Option(
            "ignore",
            Kind.CODES,
            "Do not run these rules, besides those that the configuration ignores.",
            more="The longest prefix that matches a code decides, and `ignore` wins a tie.",
        ),
        Option(
            "per-file-ignores",
            Kind.IGNORED_FILES,
            "Codes that are not reported for these files, whatever is selected.",
        ),
        Option(
            "exclude",
            Kind.GLOBS,
            "Files and folders that are not checked when a folder is walked; with "
            "`--force-exclude` not even when they are named.",
        ),
        Option(
            "fail-on",
            Kind.CHOICE,
            "Least severity of a finding that gives exit code 1.",
            "error",
            {**_FAIL_ON, "never": None},
        ),
        Option(
            "confidence",
            Kind.CHOICE,
            "How far a finding in source code must follow from it: certain; likely, which rests on "
            "an assumption such as a default value; possible, which a tuner may choose and which "
            "never fails.",
            "likely",
            {each.value: each for each in reversed(Confidence)},
            "See [source code](source.md).",
        ),
        Option(
            "severity",
            Kind.SEVERITIES,
            "`error`, `warning`, `info` or `note`, by code or prefix.",
            "each rule's own",
        ),
        Option(
            "allow-equivalent-initializers",
            Kind.FLAG,
            "Whether a zero-mean initializer with gain 1 that is not normal, such as LecunUniform, "
            "satisfies SELU001.",
            "false",
        ),
        Option(
            "alpha-rate",
            Kind.CHOICE,
            "Rate of an AlphaDropout: `match` the noise of the dropout that it replaces, or `keep` "
            "its rate.",
            "match",
            {each: each for each in ("match", "keep")},
        ),
        Option(
            "weights",
            Kind.FLAG,
            "Read the values of weights, too: rules that need them run, and exported kernels are "
            "measured.",
            "false",
        ),
        Option(
            "build-timeout",
            Kind.SECONDS,
            "Seconds after which your code that builds a model is ended, with the processes that "
            "it started.",
            "300",
        ),
        Option("baseline", Kind.FILE, "Hide the findings that are recorded in this file."),
        Option(
            "limits",
            Kind.LIMITS,
            "Bounds on what is read from a file: sizes, depth, counts.",
            "[each its own](limits.md)",
        ),
        Option(
            "ignore-layers",
            Kind.IGNORED_LAYERS,
            "Findings that are accepted: `layers` (glob of layer paths) and `reason` are required, "
            "`files` (glob) and `codes` narrow it.",
        ),
    )
}
