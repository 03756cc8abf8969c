"""What a fix did, as text for people; and what it would change, as a diff."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator

from selu_lint.findings import ABSENT, Edit, Finding, Severity
from selu_lint.fixing.fix_report import CodeChange, FileFix, FixReport, Verification
from selu_lint.reports import PLAIN, Style
from selu_lint.reports.groups import whole
from selu_lint.reports.text import colored, columns, hanging, headed, padded, wrapped
from selu_lint.wording import explanation, plural, printable, shortened, to_write


def render(report: FixReport, style: Style = PLAIN, dry_run: bool = False) -> str:
    """Return what was repaired in each file, what stays and why, and totals at the end."""
    lines = [line for file in report.files for line in _file(file, style, dry_run)]
    if not style.quiet:
        lines += [""] if lines else []
        lines += (colored(line, style, bold=True) for line in _totals(report, style, dry_run))
    return "".join(f"{line}\n" for line in lines)


def render_diff(report: FixReport, style: Style) -> str:
    """Return the edits of each file: the lines of code, or values by their JSON pointers."""
    lines: list[str] = []
    for file in report.files:
        path = printable(file.path)
        if file.error is not None:
            lines.append(f"{path}: {printable(file.error)}")
        elif file.code:
            lines += [line for each in file.code for line in _hunks(path, each, style)]
        elif file.changed:
            lines += [colored(f"--- {path}", style, bold=True)]
            lines += [colored(f"+++ {path} (fixed)", style, bold=True)]
            lines += [line for edit in file.edits for line in _edit(edit, style)]
            for line in _kernels(file, planned=True):
                lines += hanging("@@ ", line, style)
            lines += [f"@@ {line}" for line in _commands(file)]
    if not style.quiet:
        lines += _totals(report, style, dry_run=True)
    return "".join(f"{line}\n" for line in lines)


def _hunks(path: str, change: CodeChange, style: Style) -> Iterator[str]:
    """Yield the lines of a unified diff."""
    name = path if change.cell is None else f"{path}:cell {change.cell}"
    ended = not change.old[-1] and not change.new[-1]
    old, new = (
        ["\t".join(map(printable, line.split("\t"))) for line in (each[:-1] if ended else each)]
        for each in (change.old, change.new)
    )
    for line in difflib.unified_diff(old, new, name, name, lineterm=""):
        color = _COLORS.get(line[:1])
        head = line.startswith(("---", "+++"))
        yield colored(line, style, bold=True) if head else colored(line, style, fg=color)


_COLORS = {"-": "red", "+": "green", "@": "cyan"}


def _edit(edit: Edit, style: Style) -> Iterator[str]:
    changed = (("-", edit.old, "red"), ("+", edit.new, "green"))
    parts = [("@@ ", printable(edit.pointer), "cyan")]
    parts += [(sign, json.dumps(old), fg) for sign, old, fg in changed if old is not ABSENT]
    for sign, text, color in parts:
        for line in hanging(sign, printable(text), style):
            yield colored(line, style, fg=color)


def _file(file: FileFix, style: Style, dry_run: bool) -> Iterator[str]:
    path = colored(printable(file.path), style, bold=True)
    if file.error is not None:
        word = colored("error", style, fg="red", bold=True)
        yield f"{path}: {word}: {printable(file.error)}"
        return
    stay = [each for each in file.remaining if each.finding.severity > Severity.NOTE]
    notes = [each.finding for each in file.remaining if each.finding.severity is Severity.NOTE]
    if not (file.applied or stay or notes):
        return
    where = f" → {file.output}" if file.output and file.output != file.path else ""
    done = f"{plural(len(file.applied), 'finding')} {'to repair' if dry_run else 'repaired'}"
    later = len(file.for_new_training)
    if later:
        done += f" ({later} for a new training only)"
    done += f", {plural(len(stay), 'finding')} stay{'s' * (len(stay) == 1)}"
    yield from headed(f"{file.path}{where}", done, style)
    every = [*file.applied, *(each.finding for each in stay), *notes]
    width = min(40, max(columns(_name(finding, file)) for finding in every))

    def head(finding: Finding) -> str:
        return f"  {padded(_name(finding, file), width)}  {finding.code:7}  "

    for finding in file.applied:
        yield from hanging(head(finding), _repair(finding), style)
    for line in _kernels(file, planned=dry_run):
        yield from hanging("  ", line, style)
    yield from (f"  {line}" for line in _commands(file))
    if file.seed is not None and not dry_run:
        yield f"  drawn with --seed {file.seed}"
    for each in stay:
        text = f"{each.finding.severity.value} stays: {shortened(each.finding.message)}"
        yield from hanging(head(each.finding), text, style)
        indent = " " * (width + 13)
        yield from hanging(indent, f"because {printable(each.reason)}", style)
        if each.finding.write:
            yield indent + "".join(to_write(printable(each.finding.write)))
    for finding in notes:
        yield from hanging(head(finding), f"note: {shortened(finding.message)}", style)
    if file.already_there:
        yield "  the result was there already, as this run would have written it"
    if file.other_names:
        links = plural(file.other_names, "other hard link")
        yield f"  the file had {links}, which lead{'s' * (file.other_names == 1)} to what it was"
    if file.verification is not None:
        for line in verified(file.verification):
            yield from hanging("  ", line, style)


def _name(finding: Finding, file: FileFix) -> str:
    """Return the layer of a finding and, in source code, where it stands."""
    place = "" if finding.place is None else f"{finding.place}  "
    return place + (shortened(finding.layer) or whole(file.format))


def _repair(finding: Finding) -> str:
    text = shortened(finding.fix.description if finding.fix is not None else finding.message)
    share, alpha = finding.data.get("noise_share"), finding.data.get("alpha_noise_share")
    if isinstance(share, float) and isinstance(alpha, float):
        before, after = f"{share:.0%}", f"{alpha:.0%}"
        text += f" (as noisy as before: {before})" if before == after else ""
        text += f" (noise: {before} before, {after} now)" if before != after else ""
    return text


def _kernels(file: FileFix, planned: bool) -> Iterator[str]:
    kernels = file.kernels
    verb = "to be drawn anew" if planned else "drawn anew"
    for each in kernels:
        name = f"{shortened(each.layer)} {each.slot.removesuffix('_initializer')}"
        if not each.redrawn:
            continue
        reset = f", {plural(each.slots_reset, 'optimizer slot')} reset" if each.slots_reset else ""
        yield f"{name} {verb}: gain {each.old_gain:.2f} → {each.new_gain:.2f}{reset}"
    for redrawn, word in ((True, verb), (False, "kept")):
        reasons: dict[str, list[str]] = {}
        for each in kernels:
            if each.redrawn == redrawn:
                reasons.setdefault(each.reason, []).append(shortened(each.layer))
        for reason, layers in reasons.items():
            yield f"weights of {', '.join(dict.fromkeys(layers))} {word}: {printable(reason)}"


def _commands(file: FileFix) -> Iterator[str]:
    """Yield what makes kept kernels take their new initializers; a command is never broken."""
    if file.offer is not None:
        layers = dict.fromkeys(each.layer for each in file.kernels if each.looks_untrained)
        yield f"to draw {printable(', '.join(layers))} anew: {printable(file.offer.command)}"
    if any(each.looks_untrained is False for each in file.kernels):
        model = printable(repr(file.output or file.path))
        yield f"to train anew: keras.models.clone_model(keras.models.load_model({model}))"


def verified(verification: Verification) -> Iterator[str]:
    """Yield the result of a comparison in Keras."""
    difference = verification.largest_difference
    line = f"verified in {verification.library}: largest difference of the outputs {difference:g}"
    if verification.left_out:
        names = ", ".join(map(printable, verification.left_out))
        line += f" with the old values of {names}; what their new draw changes was not compared"
    yield line
    for each in verification.gains:
        slot = each.slot.removesuffix("_initializer")
        yield f"measured gain of {shortened(each.layer)} {slot}: {each.gain:.3f}"


def _totals(report: FixReport, style: Style, dry_run: bool) -> list[str]:
    repaired = sum(len(file.applied) for file in report.files)
    later = sum(len(file.for_new_training) for file in report.files)
    stay = sum(each.finding.severity > Severity.NOTE for each in report.remaining)
    changed = sum(file.changed for file in report.files)
    written = any(file.output is not None for file in report.files)
    if repaired:
        verb = "would be repaired" if dry_run else "repaired"
        line = f"{plural(repaired, 'finding')} {verb} in {plural(changed, 'file')}, {stay} left."
    elif stay:
        line = f"Nothing could be repaired, {stay} left."
    else:
        sound = len(report.files) - len(report.errors)
        line = f"Nothing to repair in {plural(sound, 'file')}." if sound else ""
    if not (repaired or dry_run or written or report.errors):
        line += " Nothing was written."
    if later:
        line += (
            f" {later} of the {repaired} take{'s' * (later == 1)} effect only in a new training: "
            "an initializer matters when a layer is built, and the kernels were kept."
        )
    hidden = sum(len(file.hidden) for file in report.files)
    if hidden:
        line += f" {plural(hidden, 'accepted finding')} {'was' if hidden == 1 else 'were'} left."
    if report.errors:
        line += f" {plural(len(report.errors), 'file')} could not be fixed."
    told = [
        *(f for file in report.files for f in file.applied),
        *(r.finding for r in report.remaining),
    ]
    lines = (line.strip(), explanation(told))
    return [part for each in lines if each for part in wrapped(each, style.width)]
