"""What a fix did, as text for people; and what it would change, as a diff."""

from __future__ import annotations

import json
from collections.abc import Iterator

from selu_lint.findings import ABSENT, Edit, Finding
from selu_lint.fixing.fix_report import FileFix, FixReport, Verification
from selu_lint.reports import Style
from selu_lint.reports.text import colored, columns
from selu_lint.wording import plural, printable


def render(report: FixReport, style: Style, dry_run: bool = False) -> str:
    """Return what was repaired in each file, what stays and why, and totals at the end."""
    lines = [line for file in report.files for line in _file(file, style, dry_run)]
    if not style.quiet:
        lines += ([""] if lines else []) + [colored(_totals(report, dry_run), style, bold=True)]
    return "".join(f"{line}\n" for line in lines)


def render_diff(report: FixReport, style: Style) -> str:
    """Return the edits of each file, old and new values by their JSON pointers."""
    lines: list[str] = []
    for file in report.files:
        path = printable(file.path)
        if file.error is not None:
            lines.append(f"{path}: {printable(file.error)}")
        elif file.changed:
            lines += [colored(f"--- {path}", style, bold=True)]
            lines += [colored(f"+++ {path} (fixed)", style, bold=True)]
            lines += [line for edit in file.edits for line in _edit(edit, style)]
            lines += [f"@@ {line}" for line in _kernels(file, planned=True)]
    if not style.quiet:
        lines.append(_totals(report, dry_run=True))
    return "".join(f"{line}\n" for line in lines)


def _edit(edit: Edit, style: Style) -> Iterator[str]:
    yield colored(f"@@ {printable(edit.pointer)}", style, fg="cyan")
    for sign, value, color in (("-", edit.old, "red"), ("+", edit.new, "green")):
        if value is not ABSENT:
            yield colored(f"{sign}{printable(json.dumps(value))}", style, fg=color)


def _file(file: FileFix, style: Style, dry_run: bool) -> Iterator[str]:
    path = colored(printable(file.path), style, bold=True)
    if file.error is not None:
        yield f"{path}: {colored('error', style, fg='red', bold=True)}: {printable(file.error)}"
        return
    stay = [each for each in file.remaining if each.finding.severity.weight > 0]
    if not (file.applied or stay):
        return
    where = f" → {printable(file.output)}" if file.output and file.output != file.path else ""
    done = f"{plural(len(file.applied), 'finding')} {'to repair' if dry_run else 'repaired'}"
    yield f"{path}{where}: {done}, {plural(len(stay), 'finding')} stay{'s' * (len(stay) == 1)}"
    names = [printable(f.layer) or "(model)" for f in file.applied]
    width = min(40, max(map(columns, [*names, *(printable(s.finding.layer) for s in stay), ""])))
    for name, finding in zip(names, file.applied, strict=True):
        yield f"  {_padded(name, width)}  {finding.code}  {_repair(finding)}"
    for line in _kernels(file, planned=dry_run):
        yield f"  {line}"
    if file.seed is not None and not dry_run:
        yield f"  drawn with --seed {file.seed}"
    for each in stay:
        name = _padded(printable(each.finding.layer) or "(model)", width)
        word = f"{each.finding.severity.value} stays"
        yield f"  {name}  {each.finding.code}  {word}: {printable(each.finding.message)}"
        yield f"  {_padded('', width)}           because {printable(each.reason)}"
    if file.already_there:
        yield "  the result was there already, as this run would have written it"
    if file.other_names:
        links = plural(file.other_names, "other hard link")
        yield f"  the file had {links}, which lead{'s' * (file.other_names == 1)} to what it was"
    if file.verification is not None:
        yield from (f"  {line}" for line in verified(file.verification))


def _repair(finding: Finding) -> str:
    text = printable(finding.fix.description if finding.fix is not None else finding.message)
    share, alpha = finding.data.get("noise_share"), finding.data.get("alpha_noise_share")
    if isinstance(share, float) and isinstance(alpha, float):
        text += f" (share of noise {share:.1%} → {alpha:.1%})"
    return text


def _kernels(file: FileFix, planned: bool) -> Iterator[str]:
    kernels = file.kernels
    verb = "to be drawn anew" if planned else "drawn anew"
    for each in kernels:
        name = f"{printable(each.layer)} {each.slot.removesuffix('_initializer')}"
        if not each.redrawn:
            continue
        reset = f", {plural(each.slots_reset, 'optimizer slot')} reset" if each.slots_reset else ""
        yield f"{name} {verb}: gain {each.old_gain:.2f} → {each.new_gain:.2f}{reset}"
    for redrawn, word in ((True, verb), (False, "kept")):
        reasons: dict[str, list[str]] = {}
        for each in kernels:
            if each.redrawn == redrawn:
                reasons.setdefault(each.reason, []).append(printable(each.layer))
        for reason, layers in reasons.items():
            yield f"weights of {', '.join(dict.fromkeys(layers))} {word}: {printable(reason)}"
    if file.offer is not None:
        names = ", ".join(dict.fromkeys(each.layer for each in kernels if each.looks_untrained))
        yield f"to draw {printable(names)} anew: {printable(file.offer.command)}"


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
        yield f"measured gain of {printable(each.layer)} {slot}: {each.gain:.3f}"


def _totals(report: FixReport, dry_run: bool) -> str:
    repaired = sum(len(file.applied) for file in report.files)
    stay = sum(each.finding.severity.weight > 0 for each in report.remaining)
    changed = sum(file.changed for file in report.files)
    verb = "would be repaired" if dry_run else "repaired"
    line = f"{plural(repaired, 'finding')} {verb} in {plural(changed, 'file')}, {stay} left."
    kept = sum(not kernel.redrawn for file in report.files for kernel in file.kernels)
    if kept:
        line += (
            f" {plural(kept, 'kernel')} {'is' if kept == 1 else 'are'} kept: new initializers "
            "take effect only when the layers are built anew."
        )
    if report.errors:
        line += f" {plural(len(report.errors), 'file')} could not be fixed."
    return line


def _padded(text: str, width: int) -> str:
    return text + " " * (width - columns(text))
