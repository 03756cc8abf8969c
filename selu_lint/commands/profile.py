"""``selu-lint profile``."""

from __future__ import annotations

import math
import os
import sys
import tempfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from selu_lint import console
from selu_lint.analysis.inputs import Premise
from selu_lint.code import Code, from_command_line
from selu_lint.commands.options import (
    Failure,
    coloring,
    configuration,
    finder,
    settings,
    styled,
    tell,
    verbose,
)
from selu_lint.config.discovery import Finder
from selu_lint.errors import SeluLintError
from selu_lint.linter import read_model
from selu_lint.model.document import SOURCE_FORMATS, Document
from selu_lint.profiles.profiling import Profile, given_input, profile_document, with_measurements
from selu_lint.settings import Settings
from selu_lint.storage.addresses import redacted
from selu_lint.wording import as_json

if TYPE_CHECKING:
    from selu_lint.profiles.source_profiles import SourceProfiles


@click.command(
    epilog="""
    \b
    Examples:
      selu-lint profile model.keras
      selu-lint profile train.py
      selu-lint profile --plot profile.png model.keras
      selu-lint profile --input mean=0.13,std=0.31 model.keras
      selu-lint profile --measure --data inputs.npy model.keras
    """
)
@click.argument("models", nargs=-1, required=True, metavar="MODEL...", type=click.Path())
@settings("alpha_rate")
@click.option(
    "--measure",
    "measured",
    is_flag=True,
    help="Run the real model on a batch, too, in a process of its own, and show what is seen. "
    "Needs Keras; this executes the model.",
)
@click.option(
    "--trust-code",
    is_flag=True,
    help="Let --measure run what the file names, such as the code of a Lambda layer. Without, only "
    "names known to be harmless are used.",
)
@click.option(
    "--data",
    metavar="FILE.npy",
    type=click.Path(),
    help="Inputs, examples first: their mean and variance per channel are what is predicted from, "
    "and --measure runs the model on them.",
)
@click.option(
    "--input",
    "given",
    metavar="mean=M,std=S",
    help="Mean and standard deviation of the input.  [default: what the model shows of it]",
)
@click.option("--plot", metavar="FILE", help="Draw the profile into a .png, .svg or .html file.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "html"]),
    default="text",
    show_default=True,
    help="Format of the profile.",
)
@click.option("--all", "every", is_flag=True, help="Show layers that change nothing, too.")
@click.option(
    "--fail-on",
    type=click.Choice(["broken", "borderline", "never"]),
    default="never",
    show_default=True,
    help="Exit with 1 if a model does not train by its verdict (broken), or may not (borderline).",
)
@configuration
@coloring
@verbose
@click.pass_context
def profile(
    context: click.Context,
    /,
    models: tuple[str, ...],
    measured: bool,
    trust_code: bool,
    data: str | None,
    given: str | None,
    plot: str | None,
    format_: str,
    every: bool,
    fail_on: str,
    color: str,
    **_: Any,
) -> None:
    """Predict the activations of models, layer by layer, as they are and as `fix` would leave them.

    The verdict stands first: whether a network of this depth trains, or that it is on the
    borderline, or that nothing can be said; then what the input is taken to be. A row for each
    layer that changes something has the gain of its kernel, mean and variance of its output in
    inference and in training, the share of dropout noise, and what SELU layers and dropouts spend
    of the signal. The model is not run, unless --measure is given.
    Of Python code and notebooks, which are not run either, each model with SELU layers is shown.
    package.module:build names code that builds one: it runs, in a process of its own.
    """
    if data is not None and given is not None:
        raise click.UsageError("--data and --input both say what the input is; give one of them")
    if plot is not None and len(models) > 1:
        raise click.UsageError("--plot draws one model")
    source = finder(context)
    options = _Options(measured, trust_code, data, given, plot)
    found = [_profile(model, source, options) for model in models]
    tell(source.notes)
    drawn = [] if plot is None else [plot]
    if format_ == "json":
        data_of = [each.to_dict() for each in found]
        told = data_of[0] if len(found) == 1 else {"version": 1, "profiles": data_of}
        console.write(as_json(told), written=drawn)
    elif format_ == "html":
        from selu_lint.reports import profile_html

        console.write(profile_html.render(found), written=drawn)
    else:
        from selu_lint.reports import profile_text

        style = styled(color)
        text = "\n".join(profile_text.render(each, style, every) for each in found)
        console.write(text, style.color, drawn)
    sys.exit(any(_fails(each, fail_on) for each in found))


_UNMEASURED = "--measure takes a model on this disk; save this one first"


class _Options(NamedTuple):
    """The options of the command with these names."""

    measured: bool
    trust_code: bool
    data: str | None
    given: str | None
    plot: str | None


def _profile(model: str, source: Finder, options: _Options) -> Profile | SourceProfiles:
    """Return the profile of a model, or of the models that source code builds.

    Raises
    ------
    Failure
        If it cannot be read, measured or drawn.
    """
    try:
        settings = source.of(model).settings
    except SeluLintError as error:
        raise Failure.of(error) from None
    named = from_command_line(model)
    try:
        # Code is refused before it runs.
        if options.measured and isinstance(named, Code):
            raise SeluLintError(_UNMEASURED)
        document = read_model(named, settings)
        premise = _premise(options.data, options.given)
        if document.code is not None or document.format in SOURCE_FORMATS:
            if options.measured or options.plot:
                raise SeluLintError("--measure and --plot take one model; save it first")
            from selu_lint.profiles.source_profiles import profile_source

            return profile_source(document, settings, premise)
        result = profile_document(document, settings, premise)
        if options.measured and not os.path.exists(model):
            raise SeluLintError(_UNMEASURED)
        if options.measured:
            result = _measured(result, document, options.data, settings, options.trust_code)
        if options.plot is not None:
            from selu_lint.reports import profile_plot

            profile_plot.write(result, options.plot)
    except Exception as error:
        raise Failure.of(error, redacted(model)) from None
    return result


def _fails(found: Profile | SourceProfiles, fail_on: str) -> bool:
    """Whether the verdict on one of the models makes the command fail."""
    profiles = [found] if isinstance(found, Profile) else [each.profile for each in found.models]
    verdicts = [each.before for each in profiles if each is not None]
    if fail_on == "never":
        return False
    return any(
        each.trains is False or (fail_on == "borderline" and each.borderline) for each in verdicts
    )


def _premise(data: str | None, given: str | None) -> Premise | None:
    """Return what the user says of the input, by data or by numbers."""
    if data is not None:
        from selu_lint.profiles.measurement import moments_of, read_data

        return moments_of(read_data(data))
    if given is None:
        return None
    numbers = {"mean": 0.0, "std": 1.0}
    for part in given.split(","):
        key, _, value = part.strip().partition("=")
        try:
            numbers[key] = float(value) if key in numbers else math.nan
        except ValueError:
            numbers[key] = math.nan
        if math.isnan(numbers[key]):
            raise SeluLintError(f"--input is mean=NUMBER,std=NUMBER, not {given}")
    return given_input(numbers["mean"], numbers["std"])


def _measured(
    result: Profile, document: Document, data: str | None, settings: Settings, trust_code: bool
) -> Profile:
    """Run the model as it is and as fixed, its kernels drawn anew."""
    model = document.path
    console.say(f"running {model} in Keras, as asked by --measure")
    from selu_lint.fixing.fixer import fix
    from selu_lint.profiles.measurement import measured

    taken = {
        path: premise.channels
        for path, premise in result.before.inputs.items()
        if premise.channels is not None
    }
    before = with_measurements(result.before, measured(document, model, data, taken, trust_code))
    with tempfile.TemporaryDirectory() as folder:
        output = os.path.join(folder, "fixed" + os.path.splitext(model)[1])
        report = fix(
            model,
            output=output,
            settings=settings,
            redraw="always",
            seed=0,
            trust_code=trust_code,
        )
        if any(file.error for file in report.files) or not os.path.exists(output):
            console.say("the fixed model was not measured: it could not be written")
            return replace(result, before=before)
        built = bool(report.applied)
        seen = measured(document, output, data, taken, trust_code, built)
        return replace(result, before=before, after=with_measurements(result.after, seen))
