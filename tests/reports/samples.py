"""Reports built by hand for the tests of the formats."""

from __future__ import annotations

from selu_lint.findings import Confidence, Edit, Finding, Fix, Place, Redraw, Related, Severity
from selu_lint.report import IN_SOURCE, FileReport, Report
from selu_lint.reports.descriptions import RuleDescription

GLOROT = Finding(
    code="SELU001",
    name="non-lecun-initializer",
    severity=Severity.ERROR,
    layer="conv",
    message="kernel_initializer is GlorotUniform (gain 0.06); a SELU layer needs LecunNormal",
    data={
        "slot": "kernel_initializer",
        "initializer": "GlorotUniform",
        "gain": 0.0625,
        "fan_in": 9,
    },
    fix=Fix(
        "set LecunNormal",
        edits=(
            Edit(
                "/config/layers/1/config/kernel_initializer/class_name",
                "GlorotUniform",
                "LecunNormal",
            ),
        ),
        redraws=(Redraw("conv", "kernel_initializer", 1 / 9),),
    ),
)
DROPOUT = Finding(
    code="SELU002",
    name="dropout-after-selu",
    severity=Severity.ERROR,
    layer="block/drop_1",
    message="Dropout(0.25) follows SELU of conv; use AlphaDropout",
    data={"rate": 0.25, "after": ["conv"]},
    fix=Fix("replace by AlphaDropout(0.0753)", unsafe="it was called with training=True"),
)
BIAS = Finding(
    code="SELU005",
    name="nonzero-bias-initializer",
    severity=Severity.WARNING,
    layer="conv",
    message="bias_initializer is Ones",
    data={"initializer": "Ones", "gain": float("nan")},
)
OPAQUE = Finding(
    code="SELU901",
    name="opaque-model",
    severity=Severity.NOTE,
    layer="",
    message="the subclassed model Net does not list its layers",
)
HIDDEN = Place(
    12, 9, 13, 20, text='keras.layers.Dense(8, "selu"),', code='Dense(8,"selu")', scope="build"
)
SOURCE = FileReport(
    "train.py",
    format="python",
    findings=(
        Finding(
            "SELU907", "unread-source", Severity.NOTE, "", "line 3 was not read", {"part": "3"}
        ),
        Finding("SELU001", "non-lecun-initializer", Severity.ERROR, "hidden", "no", place=HIDDEN),
    ),
)
NOTEBOOK = FileReport(
    "nb.ipynb",
    format="notebook",
    findings=(
        Finding(
            "SELU002",
            "dropout-after-selu",
            Severity.ERROR,
            "drop",
            "Dropout follows SELU of hidden",
            place=Place(
                40,
                6,
                40,
                18,
                3,
                2,
                5,
                "x = Dropout(0.5)(x)",
                "Dropout(0.5)",
                "build",
                (Related(HIDDEN, "the layer hidden"),),
            ),
            confidence=Confidence.LIKELY,
            assumptions=("`act` keeps its default 'selu'",),
        ),
    ),
    hidden=(Finding("SELU001", "non-lecun-initializer", Severity.ERROR, "a", "no", place=HIDDEN),),
    hidden_reasons=(f"{IN_SOURCE}: an experiment",),
)
SOURCE_REPORT = Report((SOURCE, NOTEBOOK))
CLEAN = FileReport("clean.keras", format="keras-archive", keras_version="3.15.1")
TWO = FileReport(
    "models/two.keras",
    format="keras-archive",
    keras_version="3.15.1",
    findings=(GLOROT, DROPOUT),
    hidden=(BIAS,),
)
ONE = FileReport("one.h5", format="hdf5", keras_version="2.2.4", findings=(BIAS, OPAQUE))
BROKEN = FileReport("broken.keras", error="the zip archive is cut off; copy the file again")
REPORT = Report((CLEAN, TWO, ONE, BROKEN))

RULES = (
    RuleDescription(
        "SELU001",
        "non-lecun-initializer",
        Severity.ERROR,
        True,
        "SELU layer without LecunNormal.\n\nWhat it does\n------------\nIt looks.",
    ),
    RuleDescription(
        "SELU002", "dropout-after-selu", Severity.ERROR, True, "Dropout after SELU.\n\nMore."
    ),
    RuleDescription("SELU005", "nonzero-bias-initializer", Severity.WARNING, True, "Biases."),
    RuleDescription("SELU901", "opaque-model", Severity.NOTE, False, "Unseen."),
)


def report_with_name(name: str) -> Report:
    """A report whose path, layer, message and error all hold ``name``."""
    finding = Finding("SELU002", "dropout-after-selu", Severity.ERROR, name, f"follows {name}")
    return Report(
        (
            FileReport(f"{name}.keras", format="hdf5", findings=(finding,)),
            FileReport(f"{name}.h5", error=f"cannot read {name}"),
        )
    )
