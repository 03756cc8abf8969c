"""``selu-lint profile``."""

from __future__ import annotations

import math
import os
import tempfile
from dataclasses import replace
from pathlib import Path

import click

from selu_lint import console
from selu_lint.analysis.inputs import Premise
from selu_lint.code import from_command_line
from selu_lint.commands.options import Failure, asked, configuration, finder, tell, verbose
from selu_lint.errors import SeluLintError
from selu_lint.linter import read_model
from selu_lint.model.document import Document
from selu_lint.profiles.profiling import Profile, given_input, profile_document, with_measurements
from selu_lint.settings import Settings
from selu_lint.storage.addresses import redacted
from selu_lint.wording import as_json

_SOURCE = ("python", "notebook")


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
@click.argument("model", metavar="MODEL", type=click.Path())
@click.option(
    "--alpha-rate",
    type=click.Choice(["match", "keep"]),
    help="Rate of an AlphaDropout in the fixed model.  [default: match]",
)
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
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Format of the profile.",
)
@configuration
@verbose
def profile(
    model: str,
    alpha_rate: str | None,
    measured: bool,
    trust_code: bool,
    data: str | None,
    given: str | None,
    plot: str | None,
    format_: str,
    config: Path | None,
    isolated: bool,
) -> None:
    """Predict the activations of a model, layer by layer, as it is and as `fix` would leave it.

    A row a layer: the gain of its kernel, mean and variance of its output in inference and in
    training, the share of dropout noise, and what SELU layers and dropouts spend of the signal. The
    verdict says whether a network of this depth trains, or that it is on the borderline, or that
    nothing can be said. What the input is taken to be stands on top. The model is not run, unless
    --measure is given.
    Of Python code and notebooks, which are not run either, each model with SELU layers is shown.
    package.module:build names code that builds one: it runs, in a process of its own.
    """
    if data is not None and given is not None:
        raise click.UsageError("--data and --input both say what the input is; give one of them")
    source = finder(config, isolated, asked(alpha_rate=alpha_rate))
    try:
        settings = source.of(model).settings
    except SeluLintError as error:
        raise Failure.of(error) from None
    tell(source.notes)
    try:
        document = read_model(from_command_line(model), settings)
        if document.code is not None or document.format in _SOURCE:
            _profile_source(document, settings, _premise(data, given), format_, measured or plot)
            return
        result = profile_document(document, settings, _premise(data, given))
        if measured and not os.path.exists(model):
            raise SeluLintError("--measure takes a model on this disk; save this one first")
        if measured:
            result = _measured(result, document, data, settings, trust_code)
        if plot is not None:
            from selu_lint.reports import profile_plot

            profile_plot.write(result, plot)
    except Exception as error:
        raise Failure.of(error, redacted(model)) from None
    if format_ == "json":
        console.write(as_json(result.as_json()))
        return
    from selu_lint.reports import profile_text

    console.write(profile_text.render(result))


def _profile_source(
    document: Document,
    settings: Settings,
    given: Premise | None,
    format_: str,
    unfit: bool | str | None,
) -> None:
    """Write the profiles of the models that source code builds."""
    if unfit:
        raise SeluLintError("--measure and --plot take one model; save it first")
    from selu_lint.profiles.source_profiles import profile_source
    from selu_lint.reports import profile_text

    found = profile_source(document, settings, given)
    if format_ == "json":
        console.write(as_json(found.as_json()))
    else:
        console.write(profile_text.render_source(found))


def _premise(data: str | None, given: str | None) -> Premise | None:
    """Return what was said of the input, by data or by numbers."""
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
